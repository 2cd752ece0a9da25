//! Whether an issued report still holds (R13).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::DomainId;

/// The platform took a report back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportWithdrawal {
    /// When.
    pub at: Timestamp,
    /// Why, for whoever verifies it.
    pub reason: String,
}

/// What a verification says of a report that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportStatus {
    /// It holds.
    Valid,
    /// A newer report of the same subject, period and domains was issued.
    Superseded {
        /// When the newer one was issued.
        at: Timestamp,
    },
    /// A record in it was repaired, corrected or withdrawn since: in these domains. What it was is not told.
    Affected {
        /// The domains.
        domains: Vec<DomainId>,
    },
    /// The platform took it back.
    Withdrawn(ReportWithdrawal),
}

impl ReportStatus {
    /// What counts most: taken back, then affected, then superseded.
    pub fn of(withdrawal: Option<ReportWithdrawal>, affected: Vec<DomainId>, superseded: Option<Timestamp>) -> Self {
        match (withdrawal, superseded) {
            (Some(withdrawal), _) => Self::Withdrawn(withdrawal),
            (None, _) if !affected.is_empty() => Self::Affected { domains: affected },
            (None, Some(at)) => Self::Superseded { at },
            (None, None) => Self::Valid,
        }
    }

    /// The stable code for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Superseded { .. } => "superseded",
            Self::Affected { .. } => "affected",
            Self::Withdrawn(_) => "withdrawn",
        }
    }

    /// What it means, for people.
    pub const fn meaning(&self) -> &'static str {
        match self {
            Self::Valid => "报告真实有效",
            Self::Superseded { .. } => "报告真实，同一主体已就相同期间和领域取得更新的报告",
            Self::Affected { .. } => "报告真实，但所载记录在出具后有修复、更正或撤销，请向出示人索取新的报告",
            Self::Withdrawn(_) => "报告已被收回，不再有效",
        }
    }
}
