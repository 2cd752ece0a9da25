//! A record as it stands: its content in the latest revision, with what has happened to it since.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::record::{ListRemoval, Repair, Withdrawal};
use crate::{Period, Record, SourcePosition};

/// A record with its marks, as the index holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingRecord {
    /// The content of the latest revision.
    pub record: Record<'static>,
    /// The position of that revision.
    pub revision: SourcePosition,
    /// 已修复: stays in the report and is marked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<Repair<'static>>,
    /// 移出名单, when it came by itself and not in the record's own row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removal: Option<ListRemoval<'static>>,
    /// 撤销: leaves the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawal: Option<Withdrawal<'static>>,
    /// 异议处理中: since when an objection to it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objected: Option<Date>,
}

impl StandingRecord {
    /// True when a report of this period is about the record: it was decided in it.
    pub fn is_of(&self, period: &Period) -> bool {
        (period.from()..=period.to()).contains(&self.record.decided)
    }

    /// True when a report shows the record: all but withdrawn ones (scheme, section 3(2)).
    pub const fn is_reported(&self) -> bool {
        self.withdrawal.is_none()
    }
}
