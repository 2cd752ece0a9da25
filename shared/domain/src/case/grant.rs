//! Grants (授权查询): a subject lets a third party have a report about it, within limits (R12; scheme, section 4(2)).

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::case::notice::Recipient;
use crate::character::written;
use crate::report::period::Period;
use crate::{DomainId, Purpose, SubjectId, Uscc, VerificationCode};

/// The most uses of a grant.
pub const MOST_USES: u32 = 100;
/// The longest that a grant is good for, in days.
pub const LONGEST_DAYS: i64 = 366;
/// The longest name of a third party, in characters.
const LONGEST_NAME: usize = 100;

/// Whom a subject lets query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grantee {
    /// Its name.
    #[schemars(length(min = 1, max = 100))]
    pub name: String,
    /// Its 统一社会信用代码, for agencies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Uscc>,
}

impl Grantee {
    /// True for the third party of this name and code: the code decides where the grant names one, else the name.
    pub fn is(&self, name: &str, organisation: Option<&Uscc>) -> bool {
        match &self.organisation {
            Some(own) => organisation == Some(own),
            None => self.name == written(name),
        }
    }
}

/// A grant as the subject gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Grant {
    /// What the third party shows: 100 random bits and a check character, like a verification code.
    pub code: VerificationCode,
    /// Whose it is.
    pub subject: SubjectId,
    /// The name of a natural person, as the identity provider vouched for it when the grant was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_name: Option<String>,
    /// The identity number of a natural person with its middle hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked_id_number: Option<String>,
    /// To whom.
    pub grantee: Grantee,
    /// For which domains.
    pub domains: Vec<DomainId>,
    /// For which period.
    pub period: Period,
    /// For what.
    pub purpose: Purpose,
    /// Until when.
    #[schemars(with = "crate::calendar_schema::Moment")]
    pub until: Timestamp,
    /// How many reports.
    pub uses: u32,
    /// Whether the third party is told, until the grant ends, that something became of the reports that it had under it:
    /// that, and never what.
    #[serde(default)]
    pub notices: bool,
    /// When it was given.
    #[schemars(with = "crate::calendar_schema::Moment")]
    pub given_at: Timestamp,
}

/// A grant with what has become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StandingGrant {
    /// As it was given.
    #[serde(flatten)]
    pub grant: Grant,
    /// How many reports were issued under it.
    pub used: u32,
    /// When the subject revoked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<crate::calendar_schema::Moment>")]
    pub revoked_at: Option<Timestamp>,
    /// The account that used it first, of one that names its grantee by name alone: it is that account's from then on.
    #[serde(skip)]
    pub held_by: Option<String>,
    /// The third party that used it first, as a recipient of notices.
    #[serde(skip)]
    pub party: Option<Recipient>,
}

/// Who wants to use a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker<'a> {
    /// Its account at the identity provider.
    pub account: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its 统一社会信用代码, when the identity provider vouches for one.
    pub organisation: Option<&'a Uscc>,
}

/// Whether a grant still lets query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GrantState {
    /// It does.
    Active,
    /// The subject revoked it.
    Revoked,
    /// Its time is over.
    Expired,
    /// All its uses are used.
    Spent,
}

/// Why a grant is not given, or does not let query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum GrantRefusal {
    /// No name, or one that is too long.
    #[error("请写明被授权方名称，1 至 {LONGEST_NAME} 字")]
    Grantee,
    /// Fewer than one use, or more than [`MOST_USES`].
    #[error("授权次数应为 1 至 {MOST_USES} 次")]
    Uses,
    /// Its end is in the past, or further off than [`LONGEST_DAYS`].
    #[error("授权截止时间应在今后 {LONGEST_DAYS} 天以内")]
    Until,
    /// Its days lie behind its end.
    #[error("授权的期间不能晚于授权截止日")]
    Period,
    /// It is another third party's.
    #[error("此授权不是授予您的")]
    NotYours,
    /// It names its grantee by name alone, and another account of that name has used it.
    #[error("此授权已由同名的另一账号使用，请主体以统一社会信用代码重新授权")]
    Held,
    /// The first of its days is still to come.
    #[error("授权的期间尚未开始")]
    NotBegun,
    /// The subject revoked it.
    #[error("授权已被主体撤回")]
    Revoked,
    /// Its time is over.
    #[error("授权已过期")]
    Expired,
    /// All its uses are used.
    #[error("授权次数已用完")]
    Spent,
    /// Domains or days that it does not cover.
    #[error("超出授权的领域或期间")]
    Beyond,
}

impl GrantRefusal {
    /// Every refusal.
    pub const ALL: [Self; 11] = [
        Self::Grantee,
        Self::Uses,
        Self::Until,
        Self::Period,
        Self::NotYours,
        Self::Held,
        Self::NotBegun,
        Self::Revoked,
        Self::Expired,
        Self::Spent,
        Self::Beyond,
    ];

    /// The refusal with this code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.code() == code)
    }

    /// The stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Grantee => "grantee-missing",
            Self::Uses => "grant-uses",
            Self::Until => "grant-until",
            Self::Period => "grant-period",
            Self::NotYours => "grant-not-yours",
            Self::Held => "grant-held",
            Self::NotBegun => "grant-not-begun",
            Self::Revoked => "grant-revoked",
            Self::Expired => "grant-expired",
            Self::Spent => "grant-spent",
            Self::Beyond => "grant-exceeded",
        }
    }

    /// For the subject, who is not the one that was refused.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Grantee => "被授权方名称不合规定",
            Self::Uses => "授权次数不合规定",
            Self::Until => "授权截止时间不合规定",
            Self::Period => "授权的期间晚于授权截止日",
            Self::NotYours => "授权给了别的机构",
            Self::Held => "授权已由同名的另一账号使用",
            Self::NotBegun => "授权的期间尚未开始",
            Self::Revoked => "授权已撤回",
            Self::Expired => "授权已过期",
            Self::Spent => "授权次数已用完",
            Self::Beyond => "超出授权的领域或期间",
        }
    }
}

impl Grant {
    /// Its days up to `today`; `None` when the first of them is still to come.
    pub fn period_until(&self, today: Date) -> Option<Period> {
        Period::new(self.period.from(), self.period.to().min(today), today).ok()
    }

    /// Checks what the subject chose.
    pub fn check(&self) -> Result<(), GrantRefusal> {
        let name = self.grantee.name.chars().count();
        let days = self.until.duration_since(self.given_at).as_hours() / 24;
        if written(&self.grantee.name) != self.grantee.name || name == 0 || name > LONGEST_NAME {
            Err(GrantRefusal::Grantee)
        } else if self.uses == 0 || self.uses > MOST_USES {
            Err(GrantRefusal::Uses)
        } else if self.until <= self.given_at || days > LONGEST_DAYS {
            Err(GrantRefusal::Until)
        } else {
            Ok(())
        }
    }
}

impl StandingGrant {
    /// Whether it still lets query.
    pub fn state(&self, now: Timestamp) -> GrantState {
        if self.revoked_at.is_some() {
            GrantState::Revoked
        } else if now > self.grant.until {
            GrantState::Expired
        } else if self.used >= self.grant.uses {
            GrantState::Spent
        } else {
            GrantState::Active
        }
    }

    /// Whether it is a third party's, and lasts: then that third party sees the reports that were issued under it.
    pub fn lasts_for(&self, asker: Asker<'_>, now: Timestamp) -> Result<(), GrantRefusal> {
        if !self.grant.grantee.is(asker.name, asker.organisation) {
            return Err(GrantRefusal::NotYours);
        }
        if self.held_by.as_ref().is_some_and(|holder| holder != asker.account) {
            return Err(GrantRefusal::Held);
        }
        match self.state(now) {
            GrantState::Active | GrantState::Spent => Ok(()),
            GrantState::Revoked => Err(GrantRefusal::Revoked),
            GrantState::Expired => Err(GrantRefusal::Expired),
        }
    }

    /// Whom to tell that something became of a report under it: nobody without the subject's consent, and nobody once it is
    /// revoked or its time is over. One that is spent goes on.
    pub fn told(&self, now: Timestamp) -> Option<&Recipient> {
        let lasts = matches!(self.state(now), GrantState::Active | GrantState::Spent);
        self.party.as_ref().filter(|_| self.grant.notices && lasts)
    }

    /// Whether it lets a third party have a report of this scope now.
    pub fn admit(
        &self,
        asker: Asker<'_>,
        period: &Period,
        domains: &[DomainId],
        now: Timestamp,
    ) -> Result<(), GrantRefusal> {
        self.lasts_for(asker, now)?;
        if self.state(now) == GrantState::Spent {
            return Err(GrantRefusal::Spent);
        }
        let covered = self.grant.period.contains(period.from())
            && self.grant.period.contains(period.to())
            && domains.iter().all(|domain| self.grant.domains.contains(domain));
        if covered { Ok(()) } else { Err(GrantRefusal::Beyond) }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn standing() -> StandingGrant {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let today = date(2025, 11, 3);
        StandingGrant {
            grant: Grant {
                code: VerificationCode::drawn(7),
                subject: SubjectId::Organisation(Uscc::compose("91140403", "MA0TE1T1").unwrap()),
                subject_name: None,
                masked_id_number: None,
                grantee: Grantee { name: "虚构银行".to_owned(), organisation: None },
                domains: vec![DomainId::from_number(1).unwrap(), DomainId::from_number(18).unwrap()],
                period: Period::new(date(2024, 1, 1), date(2025, 1, 1), today).unwrap(),
                purpose: Purpose::Financial,
                until: at("2025-12-01T00:00:00Z"),
                uses: 2,
                notices: false,
                given_at: at("2025-11-03T02:00:00Z"),
            },
            used: 0,
            revoked_at: None,
            held_by: None,
            party: None,
        }
    }

    #[test]
    fn a_third_party_is_told_with_consent_and_until_the_grant_ends() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (now, later) = (at("2025-11-04T00:00:00Z"), at("2025-12-01T00:00:01Z"));
        let party = Recipient::third_party("bank-1", None);
        let used = StandingGrant { party: Some(party.clone()), used: 1, ..standing() };
        assert_eq!(used.told(now), None, "without consent");
        let with_consent = |standing: StandingGrant| {
            let grant = Grant { notices: true, ..standing.grant.clone() };
            StandingGrant { grant, ..standing }
        };
        assert_eq!(with_consent(standing()).told(now), None, "nobody has used it");
        assert_eq!(with_consent(used.clone()).told(now), Some(&party));
        assert_eq!(with_consent(StandingGrant { used: 2, ..used.clone() }).told(now), Some(&party), "it is spent");
        assert_eq!(with_consent(used.clone()).told(later), None, "its time is over");
        assert_eq!(with_consent(StandingGrant { revoked_at: Some(now), ..used }).told(now), None, "it is revoked");
    }

    #[test]
    fn a_grant_lets_query_within_its_limits_and_no_further() {
        let period = |from, to| Period::new(from, to, date(2025, 11, 3)).unwrap();
        let (whole, inside) = (period(date(2024, 1, 1), date(2025, 1, 1)), period(date(2024, 3, 1), date(2024, 4, 1)));
        let beyond = period(date(2024, 1, 1), date(2025, 1, 2));
        let domain = |number| DomainId::from_number(number).unwrap();
        let now = "2025-11-04T00:00:00Z";
        let cases = [
            (standing(), "虚构银行", &whole, vec![domain(1), domain(18)], now, Ok(())),
            (standing(), " 虚构银行 ", &inside, vec![domain(18)], now, Ok(())),
            (standing(), "另一银行", &whole, vec![domain(1)], now, Err(GrantRefusal::NotYours)),
            (standing(), "虚构银行", &beyond, vec![domain(1)], now, Err(GrantRefusal::Beyond)),
            (standing(), "虚构银行", &whole, vec![domain(2)], now, Err(GrantRefusal::Beyond)),
            (standing(), "虚构银行", &whole, vec![domain(1)], "2025-12-01T00:00:01Z", Err(GrantRefusal::Expired)),
            (
                StandingGrant { used: 2, ..standing() },
                "虚构银行",
                &whole,
                vec![domain(1)],
                now,
                Err(GrantRefusal::Spent),
            ),
            (
                StandingGrant { revoked_at: Some(now.parse().unwrap()), ..standing() },
                "虚构银行",
                &whole,
                vec![domain(1)],
                now,
                Err(GrantRefusal::Revoked),
            ),
        ];
        for (grant, name, period, domains, now, expected) in cases {
            assert_eq!(
                grant.admit(
                    Asker { account: "bank-1", name, organisation: None },
                    period,
                    &domains,
                    now.parse().unwrap()
                ),
                expected,
                "{name} {period:?}"
            );
        }
    }

    #[test]
    fn a_code_decides_where_the_grant_names_one() {
        let code = Uscc::compose("91140403", "MA0TE1T1").unwrap();
        let other = Uscc::compose("91140403", "MA0TE1T2").unwrap();
        let grantee = Grantee { name: "虚构银行".to_owned(), organisation: Some(code) };
        assert!(grantee.is("改了名的银行", Some(&code)));
        assert!(!grantee.is("虚构银行", Some(&other)) && !grantee.is("虚构银行", None));
    }

    #[test]
    fn what_a_subject_may_give_has_bounds() {
        let given = |change: &dyn Fn(&mut Grant)| {
            let mut grant = standing().grant;
            change(&mut grant);
            grant.check()
        };
        assert_eq!(given(&|_| {}), Ok(()));
        assert_eq!(given(&|grant| grant.uses = 0), Err(GrantRefusal::Uses));
        assert_eq!(given(&|grant| grant.uses = 101), Err(GrantRefusal::Uses));
        assert_eq!(given(&|grant| grant.until = grant.given_at), Err(GrantRefusal::Until));
        assert_eq!(given(&|grant| grant.until = "2027-01-01T00:00:00Z".parse().unwrap()), Err(GrantRefusal::Until));
        assert_eq!(given(&|grant| grant.grantee.name = " ".to_owned()), Err(GrantRefusal::Grantee));
    }
}
