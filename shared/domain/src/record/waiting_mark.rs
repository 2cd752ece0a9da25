//! Repairs, withdrawals and removals that wait for their record, as their unit finds them in its list.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar_schema::{Day, Moment};
use crate::record::MarkKind;
use crate::{RecordId, RecordKind};

/// A mark whose document number matches no record yet, or that does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitingMark {
    /// The id that the record would have.
    pub record: RecordId,
    /// What it is.
    pub mark: MarkKind,
    /// The kind of record.
    pub kind: RecordKind,
    /// The record's document number, as the row has it.
    pub document: String,
    /// When the row was stored.
    #[schemars(with = "Moment")]
    pub since: Timestamp,
    /// Document numbers of the subject's records that may be meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meant: Vec<String>,
    /// The document number of the mark itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Its date.
    #[schemars(with = "Day")]
    pub date: Date,
    /// Why it does not count although its record has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_force: Option<String>,
}
