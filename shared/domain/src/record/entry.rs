//! What a valid row of any table becomes: the line of a chunk between intake and index.

use serde::{Deserialize, Serialize};

use crate::SubjectProfile;
use crate::manifest::Manifest;
use crate::record::{MarkedRecord, Record};

/// A valid row in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", content = "value", rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "boxes would be an allocation for each row of a file")]
pub enum Entry<'a> {
    /// A row of a record table.
    Record(Record<'a>),
    /// A row of the subject register.
    Subject(SubjectProfile<'a>),
    /// A row of table repair, withdrawal or removal.
    Mark(MarkedRecord<'a>),
    /// A row of table manifest.
    Manifest(Manifest<'a>),
}

/// What sets the rows of a workbook's worksheets apart: more than a worksheet can have.
pub const ROWS_OF_A_SHEET: u64 = 100_000_000;

/// A line of a chunk: an entry and the row that it was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkLine<'a> {
    /// The row in the uploaded file, counted from 1 as a spreadsheet does; in the second worksheet with data and
    /// further ones [`ROWS_OF_A_SHEET`] more for each worksheet before.
    pub row: u64,
    /// The entry.
    #[serde(flatten)]
    pub entry: Entry<'a>,
}
