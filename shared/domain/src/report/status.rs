//! Whether an issued report still holds (R13).

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::DomainId;

/// The platform took a report back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportWithdrawal {
    /// When.
    #[schemars(with = "crate::calendar_schema::Moment")]
    pub at: Timestamp,
    /// Why, for whoever verifies it.
    pub reason: String,
}

/// A record of a report's scope that is not in it: it reached us after its data-as-of, or came into its scope since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Supplement {
    /// The domain.
    pub domain: DomainId,
    /// The day on which the first such record of the domain reached us, when that was after the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Date>,
}

/// Everything that has happened to a report since it was issued.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportStanding {
    /// The platform took it back.
    pub withdrawal: Option<ReportWithdrawal>,
    /// A record in it was repaired, corrected or withdrawn: in these domains. What it was is not told.
    pub affected: Vec<DomainId>,
    /// Records of its scope that are not in it.
    pub supplemented: Vec<Supplement>,
    /// When a newer report of the same subject, period, domains and purpose was issued.
    pub superseded: Option<Timestamp>,
}

/// What a verification says of a report that was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReportStatus {
    /// It was taken back.
    Withdrawn,
    /// A record in it has changed.
    Affected,
    /// A record of its scope is not in it.
    Supplemented,
    /// There is a newer one.
    Superseded,
    /// It holds.
    Valid,
}

impl ReportStanding {
    /// All that applies, what counts most first; [`ReportStatus::Valid`] alone when nothing does.
    pub fn statuses(&self) -> Vec<ReportStatus> {
        ReportStatus::those(|status| match status {
            ReportStatus::Withdrawn => self.withdrawal.is_some(),
            ReportStatus::Affected => !self.affected.is_empty(),
            ReportStatus::Supplemented => !self.supplemented.is_empty(),
            ReportStatus::Superseded => self.superseded.is_some(),
            ReportStatus::Valid => false,
        })
    }

    /// What counts most: taken back, then affected, supplemented, superseded.
    pub fn status(&self) -> ReportStatus {
        self.statuses().first().copied().unwrap_or(ReportStatus::Valid)
    }
}

impl ReportStatus {
    /// Every status, what counts most first.
    pub const ALL: [Self; 5] = [Self::Withdrawn, Self::Affected, Self::Supplemented, Self::Superseded, Self::Valid];

    /// Those that apply, what counts most first; [`ReportStatus::Valid`] alone when none does.
    pub fn those(applies: impl Fn(Self) -> bool) -> Vec<Self> {
        let found: Vec<Self> = Self::ALL.into_iter().filter(|status| applies(*status)).collect();
        if found.is_empty() { vec![Self::Valid] } else { found }
    }

    /// The stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Superseded => "superseded",
            Self::Supplemented => "supplemented",
            Self::Affected => "affected",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// In a few words, for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Valid => "报告真实，内容至今未变",
            Self::Superseded => "报告真实，已有更新的报告",
            Self::Supplemented => "报告真实，出具后有新归集的记录",
            Self::Affected => "报告真实，所载记录有变化",
            Self::Withdrawn => "报告已被收回",
        }
    }

    /// What it means, for people.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Valid => "报告由本系统出具；截至本次核验，所载记录没有变化，其范围内也没有新归集的记录",
            Self::Superseded => "同一主体已就相同期间、领域和用途取得更新的报告",
            Self::Supplemented => "报告范围内有出具后才归集到的记录，未载入此报告，请向出示人索取新的报告",
            Self::Affected => "所载记录在出具后有修复、更正或撤销，请向出示人索取新的报告",
            Self::Withdrawn => "报告已被收回，不再有效",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_most_comes_first_and_all_that_applies_is_told() {
        use ReportStatus::{Affected, Superseded, Supplemented, Valid, Withdrawn};
        let domain = DomainId::all().next().unwrap();
        let withdrawal = ReportWithdrawal { at: Timestamp::UNIX_EPOCH, reason: "虚构".to_owned() };
        for (withdrawn, affected, supplemented, superseded, expected) in [
            (false, false, false, false, vec![Valid]),
            (false, false, false, true, vec![Superseded]),
            (false, false, true, true, vec![Supplemented, Superseded]),
            (false, true, true, false, vec![Affected, Supplemented]),
            (true, true, true, true, vec![Withdrawn, Affected, Supplemented, Superseded]),
        ] {
            let standing = ReportStanding {
                withdrawal: withdrawn.then(|| withdrawal.clone()),
                affected: affected.then_some(domain).into_iter().collect(),
                supplemented: supplemented.then_some(Supplement { domain, since: None }).into_iter().collect(),
                superseded: superseded.then_some(Timestamp::UNIX_EPOCH),
            };
            assert_eq!((standing.status(), standing.statuses()), (expected[0], expected));
        }
    }
}
