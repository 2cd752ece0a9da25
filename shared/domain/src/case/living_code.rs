//! Living codes (信用码): a subject shows one, and whoever scans it sees for a time how the subject's report stands at that moment.

use std::fmt;

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::character::written;
use crate::report::period::{Period, SCOPE_START};
use crate::report::verification_code::{Shift, Symbols, VerificationCodeError, characters, drawn, grouped, parsed};
use crate::{Disclosure, DomainId, Purpose, SubjectId};

/// The longest that a code holds, in days.
pub const LONGEST_DAYS: i64 = 31;
/// The longest name of whom it is shown to, in characters.
const LONGEST_NAME: usize = 100;
/// What tells the check character of living codes from that of verification codes.
const SHIFT: Shift = 0b1_0110;

/// What is scanned: 100 random bits and a check character, written like a verification code and never one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LivingCode(Symbols);

impl LivingCode {
    /// A code of random bits: the lower 100 of `random`.
    pub fn drawn(random: u128) -> Self {
        Self(drawn(random, SHIFT))
    }

    /// Parses a code as people type and paste it, as a verification code is.
    ///
    /// # Errors
    ///
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Self, VerificationCodeError> {
        parsed(text, SHIFT).map(Self)
    }

    /// The 21 characters without groups, for keys.
    pub fn compact(&self) -> String {
        characters(&self.0).collect()
    }
}

impl fmt::Display for LivingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        grouped(&self.0, f)
    }
}

impl fmt::Debug for LivingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LivingCode({self})")
    }
}

impl Serialize for LivingCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LivingCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Of which days a look tells: it rolls on to the day of the look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RollingPeriod {
    /// Since 2022-08-01.
    #[default]
    All,
    /// 近三年.
    ThreeYears,
    /// 近一年.
    OneYear,
}

impl RollingPeriod {
    /// Every such period.
    pub const ALL: [Self; 3] = [Self::All, Self::ThreeYears, Self::OneYear];

    /// The stable code used in JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::ThreeYears => "three-years",
            Self::OneYear => "one-year",
        }
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::All => "2022年8月1日以来",
            Self::ThreeYears => "近三年",
            Self::OneYear => "近一年",
        }
    }

    /// The days up to `today`, the same day of the first year included; none before the scheme's first.
    pub fn until(self, today: Date) -> Option<Period> {
        let years = match self {
            Self::All => return Period::new(SCOPE_START, today, today).ok(),
            Self::ThreeYears => 3,
            Self::OneYear => 1,
        };
        let from = today.saturating_sub(Span::new().years(years));
        Period::new(from.max(SCOPE_START), today, today).ok()
    }
}

/// What a subject shows by a living code, as it chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LivingReport {
    /// What is scanned.
    pub code: LivingCode,
    /// Whose it is.
    pub subject: SubjectId,
    /// The name of a natural person, as the identity provider vouched for it when the code was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_name: Option<String>,
    /// The identity number of a natural person with its middle hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked_id_number: Option<String>,
    /// Of which domains.
    pub domains: Vec<DomainId>,
    /// Of which days.
    pub period: RollingPeriod,
    /// What for.
    pub purpose: Purpose,
    /// Whether records are told one by one.
    #[serde(default)]
    pub disclosure: Disclosure,
    /// To whom it is shown, for whoever looks: another would be shown a code that was passed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_to: Option<String>,
    /// Until when: at that moment it is over.
    #[schemars(with = "crate::calendar_schema::Moment")]
    pub until: Timestamp,
    /// When it was made.
    #[schemars(with = "crate::calendar_schema::Moment")]
    pub made_at: Timestamp,
}

/// The same with what has become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StandingLivingReport {
    /// As it was chosen.
    #[serde(flatten)]
    pub report: LivingReport,
    /// How often it was looked at.
    pub looks: u32,
    /// When last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<crate::calendar_schema::Moment>")]
    pub last_look: Option<Timestamp>,
    /// When the subject ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<crate::calendar_schema::Moment>")]
    pub ended_at: Option<Timestamp>,
}

/// Whether a code still shows anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LivingState {
    /// It does.
    Active,
    /// The subject ended it.
    Ended,
    /// Its time is over.
    Expired,
}

/// Why a code is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LivingRefusal {
    /// Its end is in the past, or further off than [`LONGEST_DAYS`].
    #[error("信用码的截止时间应在今后 {LONGEST_DAYS} 天以内")]
    Until,
    /// A name that is too long.
    #[error("出示对象不超过 {LONGEST_NAME} 字")]
    ShownTo,
    /// A name that is empty, or nothing but what cannot be seen.
    #[error("出示对象是空的：不指明对象的，请不填此项")]
    ShownToNobody,
}

impl LivingReport {
    /// Checks what the subject chose.
    ///
    /// # Errors
    ///
    /// What does not do.
    pub fn check(&self) -> Result<(), LivingRefusal> {
        let longest = jiff::SignedDuration::from_hours(24 * LONGEST_DAYS);
        if self.until <= self.made_at || self.until.duration_since(self.made_at) > longest {
            return Err(LivingRefusal::Until);
        }
        match self.shown_to.as_deref() {
            None => Ok(()),
            Some(name) if written(name).is_empty() => Err(LivingRefusal::ShownToNobody),
            Some(name) if written(name) == name && name.chars().count() <= LONGEST_NAME => Ok(()),
            Some(_) => Err(LivingRefusal::ShownTo),
        }
    }
}

impl StandingLivingReport {
    /// Whether it still shows anything.
    pub fn state(&self, now: Timestamp) -> LivingState {
        // What was over cannot be ended any more.
        if self.ended_at.is_some_and(|ended| ended < self.report.until) {
            LivingState::Ended
        } else if now >= self.report.until {
            LivingState::Expired
        } else {
            LivingState::Active
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{Uscc, VerificationCode};

    #[test]
    fn a_living_code_is_never_a_verification_code() {
        for random in [0, 1, 7, u128::MAX, 0x1234_5678_9abc_def0_1234_5678] {
            let (living, other) = (LivingCode::drawn(random), VerificationCode::drawn(random));
            assert_ne!(living.to_string(), other.to_string());
            assert_eq!(VerificationCode::parse(&living.to_string()), Err(VerificationCodeError::Check));
            assert_eq!(LivingCode::parse(&other.to_string()), Err(VerificationCodeError::Check));
            let address = format!("https://credit.example.cn/living/{}", living.to_string().to_lowercase());
            assert_eq!(LivingCode::parse(&address), Ok(living));
        }
    }

    #[test]
    fn every_single_error_and_every_exchange_is_noticed() {
        let code = LivingCode::drawn(0x5f3_a1b7_de2a_94c3_f8d6_e7a1);
        for place in 0..21 {
            for value in (0..32).filter(|&value| value != code.0[place]) {
                let mut wrong = code;
                wrong.0[place] = value;
                assert_eq!(LivingCode::parse(&wrong.to_string()), Err(VerificationCodeError::Check));
            }
            for other in (0..place).filter(|&other| code.0[other] != code.0[place]) {
                let mut wrong = code;
                wrong.0.swap(place, other);
                assert_eq!(LivingCode::parse(&wrong.to_string()), Err(VerificationCodeError::Check));
            }
        }
    }

    #[test]
    fn a_period_rolls_on_to_the_day_of_the_look() {
        for (period, today, from) in [
            (RollingPeriod::All, date(2025, 11, 3), date(2022, 8, 1)),
            (RollingPeriod::All, date(2031, 1, 1), date(2022, 8, 1)),
            (RollingPeriod::ThreeYears, date(2025, 11, 3), date(2022, 11, 3)),
            (RollingPeriod::ThreeYears, date(2025, 7, 1), date(2022, 8, 1)),
            (RollingPeriod::OneYear, date(2025, 11, 3), date(2024, 11, 3)),
            (RollingPeriod::OneYear, date(2028, 2, 29), date(2027, 2, 28)),
        ] {
            let found = period.until(today).unwrap();
            assert_eq!((found.from(), found.to()), (from, today), "{period:?} {today}");
        }
    }

    #[test]
    fn what_a_subject_may_show_has_bounds() {
        let made_at: Timestamp = "2025-11-03T02:00:00Z".parse().unwrap();
        let given = |minutes: i64, shown_to: Option<&str>| {
            let report = LivingReport {
                code: LivingCode::drawn(7),
                subject: SubjectId::Organisation(Uscc::compose("91140403", "MA0TE1T1").unwrap()),
                subject_name: None,
                masked_id_number: None,
                domains: vec![DomainId::from_number(1).unwrap()],
                period: RollingPeriod::All,
                purpose: Purpose::Commercial,
                disclosure: Disclosure::Full,
                shown_to: shown_to.map(str::to_owned),
                until: made_at + jiff::SignedDuration::from_mins(minutes),
                made_at,
            };
            let check = report.check();
            let standing = StandingLivingReport { report, looks: 0, last_look: None, ended_at: None };
            (check, standing.state(made_at))
        };
        assert_eq!(given(30, None), (Ok(()), LivingState::Active));
        assert_eq!(given(30, Some("虚构银行")), (Ok(()), LivingState::Active));
        assert_eq!(given(31 * 24 * 60, None).0, Ok(()));
        assert_eq!(given(31 * 24 * 60 + 1, None).0, Err(LivingRefusal::Until));
        assert_eq!(given(0, None).0, Err(LivingRefusal::Until));
        assert_eq!(given(-1, None), (Err(LivingRefusal::Until), LivingState::Expired));
        assert_eq!(given(30, Some("")).0, Err(LivingRefusal::ShownToNobody));
        assert_eq!(given(30, Some(" ")).0, Err(LivingRefusal::ShownToNobody));
        assert_eq!(given(30, Some(&"长".repeat(100))).0, Ok(()));
        assert_eq!(given(30, Some(&"长".repeat(101))).0, Err(LivingRefusal::ShownTo));
    }
}
