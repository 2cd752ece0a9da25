//! Manifests (对账单): what a unit says that it sent.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{DocumentNumber, RecordKind, UnitCode};

/// More records than a unit can have made.
pub const MOST_DECLARED: u64 = 100_000_000;

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

impl Manifest<'_> {
    /// What tells it from the unit's others.
    pub const fn id(&self) -> ManifestId {
        ManifestId { kind: self.kind, from: self.from, to: self.to }
    }
}

/// A manifest among those of its unit: `penalty_2025-10-01_2025-10-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManifestId {
    /// 记录类别.
    pub kind: RecordKind,
    /// 期间起.
    pub from: Date,
    /// 期间止, included.
    pub to: Date,
}

impl ManifestId {
    /// Reads the form above.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('_');
        let kind = parts.next().and_then(|code| RecordKind::ALL.into_iter().find(|kind| kind.code() == code))?;
        let (from, to) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        parts.next().is_none().then_some(Self { kind, from, to })
    }
}

impl Serialize for ManifestId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ManifestId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("no id of a manifest"))
    }
}

impl fmt::Display for ManifestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}_{}", self.kind.code(), self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written() {
        let text = "penalty_2025-10-01_2025-10-31";
        assert_eq!(ManifestId::parse(text).map(|id| id.to_string()).as_deref(), Some(text));
        for other in ["", "penalty", "penalty_2025-10-01", "x_2025-10-01_2025-10-31", "penalty_2025-10-01_2025-10-31_x"]
        {
            assert_eq!(ManifestId::parse(other), None, "{other}");
        }
    }
}
