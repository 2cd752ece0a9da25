//! What a valid row of any table becomes: the line of a chunk between intake and index.

use serde::{Deserialize, Serialize};

use crate::SubjectProfile;
use crate::record::{MarkedRecord, Record};

/// A valid row in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", content = "value", rename_all = "kebab-case")]
pub enum Entry {
    /// A row of a record table.
    Record(Box<Record>),
    /// A row of the subject register.
    Subject(Box<SubjectProfile>),
    /// A row of table repair or withdrawal.
    Mark(Box<MarkedRecord>),
}

/// A line of a chunk: an entry and the row that it was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkLine {
    /// The row in the uploaded file, counted from 1 as a spreadsheet does.
    pub row: u64,
    /// The entry.
    #[serde(flatten)]
    pub entry: Entry,
}
