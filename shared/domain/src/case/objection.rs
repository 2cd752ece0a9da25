//! Objections (异议申诉): a subject contests a record or the result of a repair; the responsible unit verifies it and
//! answers within five working days (R15; scheme, section 5(3)).

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::case::attachment::Attachment;
use crate::character::written;
use crate::record::{Repair, Withdrawal};
use crate::workday::{Deadline, WorkCalendar};
use crate::{DomainId, RecordId, RecordKind, ReportNumber, SubjectId, UnitCode, china_time};

/// Working days that the responsible unit has.
pub const WORKDAYS: u32 = 5;
/// The longest reasons, of either side, in characters.
pub const LONGEST_REASON: usize = 2000;

/// Where an objection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectionState {
    /// 已提交.
    Submitted,
    /// 已受理: the unit is verifying it.
    Accepted,
    /// 异议成立.
    Upheld,
    /// 异议不成立.
    Rejected,
    /// 已撤回, by the subject.
    Withdrawn,
}

/// What someone does with an objection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectionMove {
    /// The unit takes it up.
    Accept,
    /// The unit finds it right.
    Uphold,
    /// The unit finds it wrong.
    Reject,
    /// The subject takes it back.
    Withdraw,
}

/// Every move that there is; all others are refused.
pub const TRANSITIONS: [(ObjectionState, ObjectionMove, ObjectionState); 7] = {
    use ObjectionMove::{Accept, Reject, Uphold, Withdraw};
    use ObjectionState::{Accepted, Rejected, Submitted, Upheld, Withdrawn};
    [
        (Submitted, Accept, Accepted),
        (Submitted, Uphold, Upheld),
        (Submitted, Reject, Rejected),
        (Submitted, Withdraw, Withdrawn),
        (Accepted, Uphold, Upheld),
        (Accepted, Reject, Rejected),
        (Accepted, Withdraw, Withdrawn),
    ]
};

impl ObjectionState {
    /// Where a move leads; `None` when it is not allowed here.
    pub fn after(self, step: ObjectionMove) -> Option<Self> {
        TRANSITIONS.into_iter().find(|(from, by, _)| (*from, *by) == (self, step)).map(|(.., to)| to)
    }

    /// True while it waits for the unit.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Submitted | Self::Accepted)
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Submitted => "已提交",
            Self::Accepted => "已受理，核实中",
            Self::Upheld => "异议成立",
            Self::Rejected => "异议不成立",
            Self::Withdrawn => "已撤回",
        }
    }
}

/// What is contested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Contested {
    /// The record's content.
    Record,
    /// The result of its repair.
    Repair,
    /// That its repair was refused (scheme, section 5(2)).
    RepairRefusal,
}

impl Contested {
    /// True when upholding an objection to this may change that: a record's content, or its repair.
    pub const fn may_end_in(self, remedy: &Remedy) -> bool {
        match (self, remedy) {
            (_, Remedy::Withdrawal(_) | Remedy::Correction(_)) => true,
            (Self::Repair, Remedy::Repair(_) | Remedy::RepairCancelled {}) => true,
            (Self::RepairRefusal, Remedy::Repair(_)) => true,
            (Self::Record, Remedy::Repair(_) | Remedy::RepairCancelled {})
            | (Self::RepairRefusal, Remedy::RepairCancelled {}) => false,
        }
    }
}

/// The id of an objection: `YY-<date>-<52 random bits>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ObjectionId(String);

impl ObjectionId {
    /// A new id, of the China date of its submission and random bits.
    pub fn new(at: Timestamp, random: u64) -> Self {
        Self(format!("YY-{}-{:013X}", china_time::date(at).strftime("%Y%m%d"), random >> 12))
    }

    /// Parses an id as it is written.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, random) = text.strip_prefix("YY-")?.split_once('-')?;
        let digits = date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
        let hex = random.len() == 13 && random.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b));
        (digits && hex).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the unit changes when it upholds an objection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Remedy {
    /// The record is withdrawn.
    #[schemars(title = "WithdrawalRemedy")]
    Withdrawal(Withdrawal<'static>),
    /// The record is corrected: a JSON merge patch (RFC 7396) of its content.
    #[schemars(title = "CorrectionRemedy")]
    Correction(#[schemars(with = "MergePatch")] serde_json::Value),
    /// The record is repaired so: what its repair was is corrected, or its refusal ends.
    #[schemars(title = "RepairRemedy")]
    Repair(Repair<'static>),
    /// Its repair is taken back.
    #[schemars(title = "RepairCancelledRemedy", with = "Nothing")]
    RepairCancelled {},
}

/// What of a record is corrected: a JSON merge patch (RFC 7396) of its content.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "of the schema alone: programs that make clients want names")]
struct MergePatch(serde_json::Map<String, serde_json::Value>);

/// Nothing more is to be said.
#[derive(JsonSchema)]
struct Nothing {}

/// How an objection ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Conclusion {
    /// When.
    #[schemars(with = "crate::calendar_schema::Moment")]
    pub at: Timestamp,
    /// Why; empty when the subject took it back without a word.
    pub reason: String,
    /// What was changed, when it was upheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
}

/// An objection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Objection {
    /// Its id.
    pub id: ObjectionId,
    /// Whose it is.
    pub subject: SubjectId,
    /// The record that it is about.
    pub record: RecordId,
    /// What of it is contested.
    pub contested: Contested,
    /// The record's document number.
    pub document: String,
    /// The record's kind.
    pub kind: RecordKind,
    /// The record's domain.
    pub domain: DomainId,
    /// The unit, or county office, that the record came from: it decides.
    pub unit: UnitCode,
    /// Why the subject objects.
    pub reasons: String,
    /// What the subject sent with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// The report from which it objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportNumber>,
    /// When it was submitted.
    #[schemars(with = "crate::calendar_schema::Moment")]
    pub submitted_at: Timestamp,
    /// The last day for the answer.
    #[schemars(with = "crate::calendar_schema::Day")]
    pub due: Date,
    /// True when it was counted beyond the known calendar: it is counted again when that is there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
    /// Where it stands.
    pub state: ObjectionState,
    /// When the platform was told that its answer is late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<crate::calendar_schema::Moment>")]
    pub escalated_at: Option<Timestamp>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conclusion: Option<Conclusion>,
    /// How often it was changed; its entity tag.
    pub version: u32,
}

/// Why a move is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ObjectionRefusal {
    /// The state does not allow it.
    #[error("异议目前“{}”，不能进行此操作", .0.title())]
    State(ObjectionState),
    /// A reason is missing or too long.
    #[error("请写明理由，1 至 {LONGEST_REASON} 字")]
    Reason,
    /// Upholding must say what is corrected or withdrawn, and nothing else may.
    #[error("认定异议成立时应当写明更正或撤销的内容；其他处理不应写")]
    Remedy,
    /// What is changed is not what was contested.
    #[error("所作处理与异议的对象不符：修复结果可以更正或取消，不予修复可以改为准予，记录可以更正或撤销")]
    OtherRemedy,
}

/// The last day for an answer to what came at `submitted_at`.
pub fn due(submitted_at: Timestamp, calendar: &WorkCalendar) -> Deadline {
    calendar.after(china_time::date(submitted_at), WORKDAYS)
}

impl Objection {
    /// The objection after a move.
    pub fn moved(
        &self,
        step: ObjectionMove,
        at: Timestamp,
        reason: &str,
        remedy: Option<Remedy>,
    ) -> Result<Self, ObjectionRefusal> {
        let state = self.state.after(step).ok_or(ObjectionRefusal::State(self.state))?;
        let reason = written(reason);
        let decides = matches!(step, ObjectionMove::Uphold | ObjectionMove::Reject);
        if reason.chars().count() > LONGEST_REASON || (decides && reason.is_empty()) {
            return Err(ObjectionRefusal::Reason);
        }
        if remedy.is_some() != (step == ObjectionMove::Uphold) {
            return Err(ObjectionRefusal::Remedy);
        }
        if remedy.as_ref().is_some_and(|remedy| !self.contested.may_end_in(remedy)) {
            return Err(ObjectionRefusal::OtherRemedy);
        }
        let conclusion = (!state.is_open()).then(|| Conclusion { at, reason: reason.to_owned(), remedy });
        Ok(Self { state, conclusion, version: self.version + 1, ..self.clone() })
    }

    /// The objection after the platform was told that it is late. Its state stays: the unit still has to answer.
    #[must_use]
    pub fn escalated(&self, at: Timestamp) -> Self {
        Self { escalated_at: Some(at), version: self.version + 1, ..self.clone() }
    }

    /// The objection with its last day counted anew; `None` when that was counted for certain, or can't be yet.
    pub fn recounted(&self, calendar: &WorkCalendar) -> Option<Self> {
        let Deadline { day, provisional } = due(self.submitted_at, calendar);
        let counts = self.provisional && (!provisional || day != self.due);
        counts.then(|| Self { due: day, provisional, version: self.version + 1, ..self.clone() })
    }

    /// True when the answer is late on `today`.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.state.is_open() && today > self.due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [ObjectionState; 5] = [
        ObjectionState::Submitted,
        ObjectionState::Accepted,
        ObjectionState::Upheld,
        ObjectionState::Rejected,
        ObjectionState::Withdrawn,
    ];
    const MOVES: [ObjectionMove; 4] =
        [ObjectionMove::Accept, ObjectionMove::Uphold, ObjectionMove::Reject, ObjectionMove::Withdraw];

    #[test]
    fn what_is_closed_stays_closed_and_each_move_leads_to_one_state() {
        for state in STATES {
            for step in MOVES {
                let to: Vec<_> =
                    TRANSITIONS.into_iter().filter(|(from, by, _)| (*from, *by) == (state, step)).collect();
                assert!(to.len() <= 1, "{state:?} {step:?}");
                if !state.is_open() {
                    assert_eq!(state.after(step), None, "{state:?} {step:?}");
                }
            }
        }
        assert_eq!(ObjectionState::Accepted.after(ObjectionMove::Accept), None, "taken up once");
    }

    #[test]
    fn the_answer_is_due_after_five_working_days() {
        for (submitted, expected) in [
            // A Monday; the next Monday.
            ("2025-11-03T02:00:00Z", "2025-11-10"),
            // A Friday night in China is still Friday.
            ("2025-11-07T15:59:59Z", "2025-11-14"),
            // Before the National Day week, with 2025-09-28 and 2025-10-11 worked.
            ("2025-09-26T02:00:00Z", "2025-10-10"),
        ] {
            let due = due(submitted.parse().unwrap(), WorkCalendar::state_council());
            assert_eq!((due.day.to_string().as_str(), due.provisional), (expected, false), "{submitted}");
        }
        assert!(due("2030-01-01T00:00:00Z".parse().unwrap(), WorkCalendar::state_council()).provisional);
    }

    #[test]
    fn ids_parse_as_they_are_made() {
        let id = ObjectionId::new("2025-11-03T02:00:00Z".parse().unwrap(), u64::MAX);
        assert_eq!(id.as_str(), "YY-20251103-FFFFFFFFFFFFF");
        assert_eq!(ObjectionId::parse(id.as_str()), Some(id));
        for text in ["", "YY-", "YY-20251103-fffffffffffff", "YY-2025-11-03", "XX-20251103-FFFFFFFFFFFFF"] {
            assert_eq!(ObjectionId::parse(text), None, "{text}");
        }
    }
}
