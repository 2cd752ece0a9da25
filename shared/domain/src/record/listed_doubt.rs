//! Rows that two units should look at together, as they find them in their lists.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar_schema::Moment;
use crate::record::effect::DoubtKind;
use crate::{UnitCode, Uscc};

/// A row whose subject is doubtful.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListedDoubt {
    /// What is doubtful.
    pub doubt: DoubtKind,
    /// The code that the row has.
    pub subject: Uscc,
    /// The name that it has.
    pub name: String,
    /// The record's document number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// The code that the register has for that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<Uscc>,
    /// The units that are told.
    pub units: Vec<UnitCode>,
    /// When it was last sent.
    #[schemars(with = "Moment")]
    pub since: Timestamp,
}
