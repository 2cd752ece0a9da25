//! Applications for repair (信用修复申请): beside what units send by file, a subject applies with its proof, and the unit
//! decides (R5).

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::case::attachment::Attachment;
use crate::character::written;
use crate::record::Repair;
use crate::record::publicity::Severity;
use crate::{DomainId, Record, RecordId, SubjectId, UnitCode, china_time, record::publicity};

/// The longest text of either side, in characters.
pub const LONGEST_TEXT: usize = 2000;

/// Where an application stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RepairState {
    /// 已提交.
    Submitted,
    /// 准予修复.
    Granted,
    /// 不予修复.
    Refused,
    /// 已撤回, by the subject.
    Withdrawn,
}

/// What someone does with an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RepairMove {
    /// The unit grants it.
    Grant,
    /// The unit refuses it.
    Refuse,
    /// The subject takes it back.
    Withdraw,
}

/// Every move that there is; all others are refused.
pub const TRANSITIONS: [(RepairState, RepairMove, RepairState); 3] = [
    (RepairState::Submitted, RepairMove::Grant, RepairState::Granted),
    (RepairState::Submitted, RepairMove::Refuse, RepairState::Refused),
    (RepairState::Submitted, RepairMove::Withdraw, RepairState::Withdrawn),
];

impl RepairState {
    /// Where a move leads; `None` when it is not allowed here.
    pub fn after(self, step: RepairMove) -> Option<Self> {
        TRANSITIONS.into_iter().find(|(from, by, _)| (*from, *by) == (self, step)).map(|(.., to)| to)
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Submitted => "已提交",
            Self::Granted => "准予修复",
            Self::Refused => "不予修复",
            Self::Withdrawn => "已撤回",
        }
    }
}

/// The id of an application: `XF-<date>-<52 random bits>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RepairApplicationId(String);

impl RepairApplicationId {
    /// A new id, of the China date and random bits.
    pub fn new(at: Timestamp, random: u64) -> Self {
        Self(format!("XF-{}-{:013X}", china_time::date(at).strftime("%Y%m%d"), random >> 12))
    }

    /// Parses an id as it is written.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, random) = text.strip_prefix("XF-")?.split_once('-')?;
        let digits = date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
        let hex = random.len() == 13 && random.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b));
        (digits && hex).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RepairApplicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An application for repair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RepairApplication {
    /// Its id.
    pub id: RepairApplicationId,
    /// Whose it is.
    pub subject: SubjectId,
    /// The record to be repaired.
    pub record: RecordId,
    /// The record's document number.
    pub document: String,
    /// The record's domain.
    pub domain: DomainId,
    /// The unit, or county office, that the record came from: it decides.
    pub unit: UnitCode,
    /// How the subject has made good, and its proof.
    pub proof: String,
    /// Its public commitment (公开承诺), where the rule in force asks for one (信用修复管理办法, order 36).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment: Option<String>,
    /// The files that it sent as proof.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// When it was submitted.
    #[schemars(with = "crate::calendar_schema::Moment")]
    pub submitted_at: Timestamp,
    /// Where it stands.
    pub state: RepairState,
    /// When and why it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<RepairDecision>,
    /// How often it was changed; its entity tag.
    pub version: u32,
}

/// The unit's decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RepairDecision {
    /// When.
    #[schemars(with = "crate::calendar_schema::Moment")]
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// The repair, when it was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<Repair<'static>>,
}

/// Why an application or a move is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RepairRefusal {
    /// No text, or too long a one.
    #[error("请写明内容，1 至 {LONGEST_TEXT} 字")]
    Text,
    /// The rule in force asks for a public commitment, and there is none.
    #[error("申请信用修复应当作出公开承诺")]
    Commitment,
    /// The record has not been public long enough; holds the first day.
    #[error("尚未达到最短公示期，{0} 起可以申请")]
    TooEarly(Date),
    /// The state does not allow it.
    #[error("修复申请目前“{}”，不能进行此操作", .0.title())]
    State(RepairState),
    /// Granting must name the decision's document, and nothing else may.
    #[error("准予修复时应当写明决定文书；其他处理不应写")]
    Repair,
    /// Repaired before it was decided to be.
    #[error("修复日期不能早于记录的决定日期或晚于今天")]
    Date,
}

/// A text without spaces around it, of an allowed length.
pub fn text(text: &str) -> Result<String, RepairRefusal> {
    let text = written(text);
    let length = text.chars().count();
    if length == 0 || length > LONGEST_TEXT { Err(RepairRefusal::Text) } else { Ok(text.to_owned()) }
}

/// The commitment of an application on `today`: without spaces around it; `None` only where none is asked for.
pub fn commitment(sent: Option<&str>, today: Date) -> Result<Option<String>, RepairRefusal> {
    match sent.map(written).filter(|sent| !sent.is_empty()) {
        Some(sent) => text(sent).map(Some),
        None if publicity::asks_commitment(today) => Err(RepairRefusal::Commitment),
        None => Ok(None),
    }
}

/// Whether a record can have been repaired on the day that a repair says, seen from `today`.
pub fn dated(repair: &Repair<'_>, record: &Record<'_>, today: Date) -> Result<(), RepairRefusal> {
    if (record.decided..=today).contains(&repair.date) { Ok(()) } else { Err(RepairRefusal::Date) }
}

/// Whether a record, of which its unit has `set` how grave it is, can be repaired on `today`.
pub fn admit(record: &Record<'_>, set: Option<Severity>, today: Date) -> Result<(), RepairRefusal> {
    let earliest = publicity::of(record, set, today).earliest;
    if today < earliest { Err(RepairRefusal::TooEarly(earliest)) } else { Ok(()) }
}

impl RepairApplication {
    /// The application after a move.
    pub fn moved(
        &self,
        step: RepairMove,
        at: Timestamp,
        reason: &str,
        repair: Option<Repair<'static>>,
    ) -> Result<Self, RepairRefusal> {
        let state = self.state.after(step).ok_or(RepairRefusal::State(self.state))?;
        if repair.is_some() != (step == RepairMove::Grant) {
            return Err(RepairRefusal::Repair);
        }
        let reason = if step == RepairMove::Withdraw { String::new() } else { text(reason)? };
        let decision = Some(RepairDecision { at, reason, repair });
        Ok(Self { state, decision, version: self.version + 1, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_is_decided_once() {
        for (state, step, to) in TRANSITIONS {
            assert_eq!(state.after(step), Some(to));
            for again in [RepairMove::Grant, RepairMove::Refuse, RepairMove::Withdraw] {
                assert_eq!(to.after(again), None);
            }
        }
    }
}
