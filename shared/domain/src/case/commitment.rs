//! Commitments (主动承诺): for domains that annex 1 does not cover, a subject states itself that it has no violations; the
//! unit tracks it, and a false one bars the subject from 信用代证 (R14, R16; scheme, section 2(1)).

use std::fmt;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::character::written;
use crate::{SubjectId, UnitCode, china_time};

/// The longest text of either side, in characters.
pub const LONGEST_TEXT: usize = 2000;

/// Where a commitment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CommitmentState {
    /// 履约中: the unit tracks it.
    Made,
    /// 已履约.
    Kept,
    /// 未履约.
    Broken,
    /// 虚假承诺: bars the subject.
    False,
    /// A false one whose bar the platform lifted.
    Lifted,
}

/// What someone does with a commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CommitmentMove {
    /// The unit notes a check.
    Check,
    /// The unit finds it kept.
    Keep,
    /// The unit finds it broken.
    Break,
    /// The unit finds it false.
    Falsify,
    /// The platform lifts the bar.
    Lift,
}

/// Every move that there is; all others are refused.
pub const TRANSITIONS: [(CommitmentState, CommitmentMove, CommitmentState); 6] = {
    use CommitmentMove::{Break, Check, Falsify, Keep, Lift};
    use CommitmentState::{Broken, False, Kept, Lifted, Made};
    [
        (Made, Check, Made),
        (Made, Keep, Kept),
        (Made, Break, Broken),
        (Made, Falsify, False),
        // What was thought to be kept can turn out to be false.
        (Kept, Falsify, False),
        (False, Lift, Lifted),
    ]
};

impl CommitmentState {
    /// Where a move leads; `None` when it is not allowed here.
    pub fn after(self, step: CommitmentMove) -> Option<Self> {
        TRANSITIONS.into_iter().find(|(from, by, _)| (*from, *by) == (self, step)).map(|(.., to)| to)
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Made => "履约中",
            Self::Kept => "已履约",
            Self::Broken => "未履约",
            Self::False => "虚假承诺",
            Self::Lifted => "虚假承诺，限制已解除",
        }
    }
}

/// A domain that annex 1 does not cover.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UncoveredDomain {
    /// Its name.
    pub name: String,
    /// The unit that tracks commitments in it.
    pub unit: UnitCode,
}

static UNCOVERED: LazyLock<Vec<UncoveredDomain>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct List {
        domains: Vec<UncoveredDomain>,
    }
    #[expect(clippy::expect_used, reason = "part of the program: without its domains nobody could commit themselves")]
    let list: List = serde_json::from_str(include_str!("../../data/uncovered-domains.json"))
        .expect("the uncovered domains are JSON");
    list.domains
});

impl UncoveredDomain {
    /// The domains for which subjects may commit themselves.
    pub fn all() -> &'static [Self] {
        &UNCOVERED
    }
}

/// The id of a commitment: `CN-<date>-<52 random bits>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommitmentId(String);

impl CommitmentId {
    /// A new id, of the China date and random bits.
    pub fn new(at: Timestamp, random: u64) -> Self {
        Self(format!("CN-{}-{:013X}", china_time::date(at).strftime("%Y%m%d"), random >> 12))
    }

    /// Parses an id as it is written.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, random) = text.strip_prefix("CN-")?.split_once('-')?;
        let digits = date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
        let hex = random.len() == 13 && random.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b));
        (digits && hex).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CommitmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A step in a commitment's life: a check, an outcome, the lifting of a bar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommitmentStep {
    /// What was done.
    pub step: CommitmentMove,
    /// When.
    #[schemars(with = "crate::calendar_schema::Moment")]
    pub at: Timestamp,
    /// By whom: a unit's code, or the platform's person.
    pub by: String,
    /// What was found, with the evidence.
    pub evidence: String,
}

/// A commitment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Commitment {
    /// Its id.
    pub id: CommitmentId,
    /// Whose it is.
    pub subject: SubjectId,
    /// The uncovered domain.
    pub domain: String,
    /// The unit that tracks it.
    pub unit: UnitCode,
    /// What the subject states.
    pub text: String,
    /// Until when it binds.
    #[schemars(with = "crate::calendar_schema::Day")]
    pub until: Date,
    /// When it was made.
    #[schemars(with = "crate::calendar_schema::Moment")]
    pub made_at: Timestamp,
    /// Where it stands.
    pub state: CommitmentState,
    /// What was done since, oldest first.
    pub steps: Vec<CommitmentStep>,
    /// How often it was changed; its entity tag.
    pub version: u32,
}

/// That a subject cannot use 信用代证.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// The commitment that was found false.
    pub commitment: CommitmentId,
    /// Its domain.
    pub domain: String,
    /// The unit that found it false.
    pub unit: UnitCode,
    /// Since when.
    pub since: Timestamp,
    /// What was found.
    pub evidence: String,
}

/// Why a commitment or a move is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CommitmentRefusal {
    /// Not one of the uncovered domains.
    #[error("该领域不在可承诺的领域之内")]
    Domain,
    /// No text, or too long a one.
    #[error("请写明内容，1 至 {LONGEST_TEXT} 字")]
    Text,
    /// A term in the past.
    #[error("承诺期限应在今天以后")]
    Until,
    /// The state does not allow it.
    #[error("承诺目前“{}”，不能进行此操作", .0.title())]
    State(CommitmentState),
}

/// A text without spaces around it, of an allowed length.
pub fn text(text: &str) -> Result<String, CommitmentRefusal> {
    let text = written(text);
    let length = text.chars().count();
    if length == 0 || length > LONGEST_TEXT { Err(CommitmentRefusal::Text) } else { Ok(text.to_owned()) }
}

impl Commitment {
    /// The commitment after a move.
    pub fn moved(
        &self,
        step: CommitmentMove,
        at: Timestamp,
        by: &str,
        evidence: &str,
    ) -> Result<Self, CommitmentRefusal> {
        let state = self.state.after(step).ok_or(CommitmentRefusal::State(self.state))?;
        let mut after = Self { state, version: self.version + 1, ..self.clone() };
        after.steps.push(CommitmentStep { step, at, by: by.to_owned(), evidence: text(evidence)? });
        Ok(after)
    }

    /// The bar that a false commitment is.
    pub fn bar(&self) -> Option<Bar> {
        let found = self.steps.iter().rfind(|step| step.step == CommitmentMove::Falsify)?;
        (self.state == CommitmentState::False).then(|| Bar {
            commitment: self.id.clone(),
            domain: self.domain.clone(),
            unit: self.unit,
            since: found.at,
            evidence: found.evidence.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DomainId;

    #[test]
    fn the_list_of_uncovered_domains_is_sound() {
        assert!(!UncoveredDomain::all().is_empty());
        for domain in UncoveredDomain::all() {
            assert!(DomainId::from_name(&domain.name).is_none(), "{} is covered", domain.name);
        }
    }

    #[test]
    fn only_a_false_commitment_bars_and_only_the_platform_lifts() {
        use CommitmentMove::{Break, Check, Falsify, Keep, Lift};
        use CommitmentState::{Broken, False, Kept, Lifted, Made};
        for state in [Made, Kept, Broken, False, Lifted] {
            for step in [Check, Keep, Break, Falsify, Lift] {
                let to = state.after(step);
                assert_eq!(to == Some(False), step == Falsify && matches!(state, Made | Kept), "{state:?} {step:?}");
                assert_eq!(to == Some(Lifted), step == Lift && state == False, "{state:?} {step:?}");
                if matches!(state, Broken | Lifted) {
                    assert_eq!(to, None, "{state:?} is the end");
                }
            }
        }
    }
}
