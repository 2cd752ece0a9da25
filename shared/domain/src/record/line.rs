//! A record in one line, as a report's list and a verification show it: enough to notice one that was left out or altered.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::record::Details;
use crate::record::in_force::{Belonging, End};
use crate::record::publicity;
use crate::record::standing::StandingRecord;
use crate::{Amount, DomainId, RecordKind};

/// A record in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordLine {
    /// 涉及领域.
    pub domain: DomainId,
    /// 种类.
    pub kind: RecordKind,
    /// 文号 or 案号.
    pub document: String,
    /// The date of the decision, listing or judgment.
    pub decided: Date,
    /// 罚没金额（万元）: fine and confiscation together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// Whether it was decided in the report's period, or before and is in force in it.
    pub belonging: Belonging,
    /// How it stands, in the order in which it is told.
    pub marks: Vec<RecordMark>,
}

/// How a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "mark", rename_all = "kebab-case")]
pub enum RecordMark {
    /// Its measure is in force and has no end yet: 未移出, 未解除.
    InForce,
    /// Its measure is in force through this day: 处罚有效期.
    InForceUntil {
        /// The last day.
        #[schemars(with = "crate::calendar_schema::Day")]
        last: Date,
    },
    /// Its measure has ended: 移出, 解除 or 期满.
    Ended {
        /// On this day: the first on which it does not hold; of a penalty the last on which it does.
        #[schemars(with = "crate::calendar_schema::Day")]
        on: Date,
    },
    /// 已修复.
    Repaired {
        /// 修复日期.
        #[schemars(with = "crate::calendar_schema::Day")]
        on: Date,
    },
    /// 异议处理中.
    Objected {
        /// Since this day.
        #[schemars(with = "crate::calendar_schema::Day")]
        since: Date,
    },
    /// 公示期已满: the longest time for which it may be published is over.
    PublicityOver {
        /// Since this day, the first on which it may not be published.
        #[schemars(with = "crate::calendar_schema::Day")]
        since: Date,
    },
}

impl RecordMark {
    /// In a word or two, for people.
    pub fn title(self, kind: RecordKind) -> String {
        let listing = kind.is_listing();
        match self {
            Self::InForce if listing => "未移出".to_owned(),
            Self::InForce => "未解除".to_owned(),
            Self::InForceUntil { last } => format!("有效至{last}"),
            Self::Ended { on } if listing => format!("{on}移出"),
            Self::Ended { on } if kind == RecordKind::Coercion => format!("{on}解除"),
            Self::Ended { on } => format!("{on}期满"),
            Self::Repaired { .. } => "已修复".to_owned(),
            Self::Objected { .. } => "异议处理中".to_owned(),
            Self::PublicityOver { .. } => "公示期已满".to_owned(),
        }
    }
}

impl RecordLine {
    /// The line of a record as it stands on `day`.
    pub fn of(standing: &StandingRecord, belonging: Belonging, day: Date) -> Self {
        let record = &standing.record;
        let amount = match &record.details {
            Details::Penalty(penalty) => {
                let sums = [penalty.fine, penalty.confiscated].into_iter().flatten();
                sums.map(Amount::fen).reduce(i64::saturating_add).and_then(Amount::from_fen)
            }
            _ => None,
        };
        Self {
            domain: record.domain,
            kind: record.kind(),
            document: record.document.to_string(),
            decided: record.decided,
            amount,
            belonging,
            marks: marks(standing, day),
        }
    }

    /// Its marks in words, with 、 between them; empty when there is none.
    pub fn state(&self) -> String {
        self.marks.iter().map(|mark| mark.title(self.kind)).collect::<Vec<_>>().join("、")
    }
}

fn marks(standing: &StandingRecord, day: Date) -> Vec<RecordMark> {
    let measure = standing.in_force().map(|measure| match measure.end {
        End::Open => RecordMark::InForce,
        End::Ended(on) => RecordMark::Ended { on },
        End::Until(last) if last >= day => RecordMark::InForceUntil { last },
        End::Until(last) => RecordMark::Ended { on: last },
    });
    let repaired = standing.repair.as_ref().map(|repair| RecordMark::Repaired { on: repair.date });
    let objected = standing.objected.map(|since| RecordMark::Objected { since });
    let over = publicity::of(&standing.record, standing.severity, day)
        .longest
        .filter(|last| *last < day && repaired.is_none());
    let over = over.map(|last| RecordMark::PublicityOver { since: last.tomorrow().unwrap_or(last) });
    measure.into_iter().chain(repaired).chain(objected).chain(over).collect()
}
