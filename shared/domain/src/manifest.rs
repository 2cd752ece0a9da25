//! Manifests (对账单): what a unit says that it sent.

use std::borrow::Cow;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{DocumentNumber, RecordKind, UnitCode};

/// A row of table manifest: how many records of a kind the unit made in a period (R7). Zero counts too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest<'a> {
    /// The unit, or county office, that declares.
    pub unit: UnitCode,
    /// 记录类别.
    pub kind: RecordKind,
    /// 期间起, by decision date.
    pub from: Date,
    /// 期间止, included.
    pub to: Date,
    /// 条数.
    pub count: u64,
    /// 决定书文号清单, when the unit gives it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<DocumentNumber<'a>>,
    /// 备注.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remarks: Option<Cow<'a, str>>,
}
