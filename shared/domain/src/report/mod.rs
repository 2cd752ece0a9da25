//! The content of a special credit report (专项信用报告) and its canonical form.

pub mod basis;
pub mod completeness;
pub mod file_version;
pub mod issued;
pub mod number;
pub mod period;
pub mod purpose;
pub mod salt;
pub mod sample;
pub mod status;
pub mod verification_code;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::identity::subject::{RegisterType, RegistrationStatus};
use crate::record::in_force::Belonging;
use crate::record::standing::StandingRecord;
use crate::report::completeness::{Completeness, DomainCompleteness};
use crate::report::period::{Period, PeriodError};
use crate::report::salt::ContentSalt;
use crate::sha256::parse_sha256;
use crate::{DomainId, Purpose, RecordKind, ReportNumber, SubjectId, SubjectProfile};

/// Everything that a report says, before it is set on pages: the input of rendering and of the code.
///
/// Its canonical JSON (RFC 8785) is what the verification code binds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportContent {
    /// The report's number.
    pub number: ReportNumber,
    /// Keeps the digest of the content from being guessed.
    pub salt: ContentSalt,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Up to when the data are taken into account.
    pub data_as_of: Timestamp,
    /// Whom it is about, as registered at issue.
    pub subject: ReportSubject,
    /// The period that the subject chose.
    pub period: Period,
    /// The domains that the subject chose, in annex 1's order.
    pub domains: Vec<DomainId>,
    /// What it is asked for.
    pub purpose: Purpose,
    /// The version of the template that its wording comes from (R11).
    pub template: String,
    /// The records that were decided in the period, by domain in annex 1's order, then newest first.
    pub records: Vec<StandingRecord>,
    /// Measures that were decided before the period and are in force on a day of it (期前作出、期间内仍有效), in the same order.
    #[serde(default)]
    pub in_force: Vec<StandingRecord>,
    /// How complete the data of its domains are; `None` when that was not worked out yet.
    #[serde(default)]
    pub completeness: Option<Completeness>,
}

/// A subject's records that belong to a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    /// Decided in its period.
    pub records: Vec<StandingRecord>,
    /// Decided before, and in force on a day of it.
    pub in_force: Vec<StandingRecord>,
}

/// The subject as a report names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportSubject {
    /// The key.
    pub id: SubjectId,
    /// 名称, as registered at issue.
    pub name: String,
    /// What the register says; `None` for natural persons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<ReportRegistration>,
    /// The identity number with its middle hidden, for natural persons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked_id_number: Option<String>,
}

/// What a report tells of a subject's registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRegistration {
    /// 主体类型.
    pub register_type: RegisterType,
    /// 法定代表人.
    pub legal_representative: String,
    /// 登记机关.
    pub authority: String,
    /// 登记状态.
    pub status: RegistrationStatus,
    /// 住所.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

impl From<&SubjectProfile<'_>> for ReportSubject {
    fn from(profile: &SubjectProfile) -> Self {
        Self {
            id: SubjectId::Organisation(profile.uscc),
            name: profile.name.clone().into_owned(),
            registration: Some(ReportRegistration {
                register_type: profile.register_type,
                legal_representative: profile.legal_representative.clone().into_owned(),
                authority: profile.authority.clone().into_owned(),
                status: profile.status,
                address: profile.address.clone().map(Cow::into_owned),
            }),
            masked_id_number: None,
        }
    }
}

/// The SHA-256 of a report's canonical JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ContentDigest([u8; 32]);

impl ContentDigest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// A digest as it is written: 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        parse_sha256(text).map(Self)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for ContentDigest {
    fn from(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

impl fmt::Display for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentDigest({self})")
    }
}

impl Serialize for ContentDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContentDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("not a SHA-256"))
    }
}

/// How many records of each kind a domain has.
pub type Counts = BTreeMap<RecordKind, usize>;

/// How many records of each kind a report has in a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainCount {
    /// The domain.
    pub domain: DomainId,
    /// Kinds with at least one record that was decided in the period.
    pub records: Counts,
    /// Kinds with at least one measure that was decided before and is in force in it.
    pub in_force: Counts,
}

impl DomainCount {
    /// True when there is neither.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.in_force.is_empty()
    }
}

impl ReportContent {
    /// The canonical JSON of the content (RFC 8785): sorted keys, no spaces.
    pub fn canonical_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json_canonicalizer::to_vec(self)
    }

    /// The digest of the canonical JSON.
    pub fn digest(&self) -> Result<ContentDigest, serde_json::Error> {
        self.canonical_json().map(|json| ContentDigest::of(&json))
    }

    /// All records that it shows, in its order: by domain, those of the period before those that are in force.
    pub fn all(&self) -> impl Iterator<Item = (Belonging, &StandingRecord)> {
        in_order(&self.domains, &self.records, &self.in_force)
    }

    /// True when it shows no record and no measure.
    pub const fn is_empty(&self) -> bool {
        self.records.is_empty() && self.in_force.is_empty()
    }

    /// The chosen domains with the number of records and measures by kind: an entry for every chosen domain, also with none.
    pub fn counts(&self) -> Vec<DomainCount> {
        counted(&self.domains, self.all())
    }

    /// Puts records into report order and leaves out what a report does not show: withdrawn records, and those of other
    /// domains, or of other days and not in force. Order: annex 1's domains, newest first, kind, id.
    pub fn select(records: Vec<StandingRecord>, period: &Period, domains: &[DomainId]) -> Selected {
        let mut selected = Selected::default();
        for standing in records {
            if !standing.is_reported() || !domains.contains(&standing.record.domain) {
                continue;
            }
            match standing.belongs_to(period) {
                Some(Belonging::Decided) => selected.records.push(standing),
                Some(Belonging::InForce) => selected.in_force.push(standing),
                None => {}
            }
        }
        for records in [&mut selected.records, &mut selected.in_force] {
            records.sort_by(|a, b| {
                let key = |s: &StandingRecord| {
                    (s.record.domain, std::cmp::Reverse(s.record.decided), s.record.kind(), s.record.id)
                };
                key(a).cmp(&key(b))
            });
        }
        selected
    }

    /// How complete the data of a domain are; `None` when that is not known.
    pub fn completeness_of(&self, domain: DomainId) -> Option<&DomainCompleteness> {
        self.completeness.as_ref()?.domains.iter().find(|found| found.domain == domain)
    }

    /// The domains whose data are not complete; `None` when that is not known.
    pub fn incomplete(&self) -> Option<Vec<DomainId>> {
        self.completeness.as_ref()?.incomplete()
    }
}

impl Selected {
    /// All of them, in a report's order: by domain, those of the period before those that are in force.
    pub fn all<'s>(&'s self, domains: &'s [DomainId]) -> impl Iterator<Item = (Belonging, &'s StandingRecord)> {
        in_order(domains, &self.records, &self.in_force)
    }

    /// The chosen domains with the number of records and measures by kind, as a report has them.
    pub fn counts(&self, domains: &[DomainId]) -> Vec<DomainCount> {
        counted(domains, self.all(domains))
    }
}

fn in_order<'s>(
    domains: &'s [DomainId],
    records: &'s [StandingRecord],
    in_force: &'s [StandingRecord],
) -> impl Iterator<Item = (Belonging, &'s StandingRecord)> {
    domains.iter().flat_map(move |&domain| {
        let of = move |standing: &&StandingRecord| standing.record.domain == domain;
        let decided = records.iter().filter(of).map(|standing| (Belonging::Decided, standing));
        decided.chain(in_force.iter().filter(of).map(|standing| (Belonging::InForce, standing)))
    })
}

fn counted<'s>(domains: &[DomainId], all: impl Iterator<Item = (Belonging, &'s StandingRecord)>) -> Vec<DomainCount> {
    let none = |domain| DomainCount { domain, records: Counts::new(), in_force: Counts::new() };
    let mut counts: BTreeMap<DomainId, DomainCount> = domains.iter().map(|&domain| (domain, none(domain))).collect();
    for (belonging, standing) in all {
        let domain = standing.record.domain;
        let count = counts.entry(domain).or_insert_with(|| none(domain));
        let of_belonging = match belonging {
            Belonging::Decided => &mut count.records,
            Belonging::InForce => &mut count.in_force,
        };
        *of_belonging.entry(standing.record.kind()).or_default() += 1;
    }
    counts.into_values().collect()
}

/// Why a report is refused, with what the subject can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ReportRefusal {
    /// The subject is not in the register at all.
    #[error("未查询到该主体的登记信息")]
    UnknownSubject,
    /// The subject has moved its registration out of Changzhi (scheme, section 4(4)).
    #[error("该主体注册地不在长治市行政区域内，可由其注册地的专项信用报告替代")]
    RegisteredElsewhere,
    /// The period is none that a report can cover.
    #[error(transparent)]
    Period(#[from] PeriodError),
    /// A domain that annex 1 does not have.
    #[error("所选领域不在39个领域之内")]
    UnknownDomain,
    /// No domain chosen.
    #[error("至少选择一个领域")]
    NoDomain,
}

impl ReportRefusal {
    /// The stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownSubject => "subject-unknown",
            Self::RegisteredElsewhere => "subject-registered-elsewhere",
            Self::Period(PeriodError::BeforeScope) => "period-before-scope",
            Self::Period(PeriodError::EndBeforeStart) => "period-end-before-start",
            Self::Period(PeriodError::Future) => "period-in-future",
            Self::UnknownDomain => "domain-unknown",
            Self::NoDomain => "domain-missing",
        }
    }

    /// What the subject can do about it.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::UnknownSubject => "请核对统一社会信用代码；新登记的主体请在登记信息归集后再试",
            Self::RegisteredElsewhere => "请向注册地的信用网站申请专项信用报告",
            Self::Period(PeriodError::BeforeScope) => {
                "请将起始日期改为2022年8月1日或以后；更早的证明请向原出具单位申请"
            }
            Self::Period(PeriodError::EndBeforeStart) => "请检查起止日期是否填反",
            Self::Period(PeriodError::Future) => "请将截止日期改为今天或以前",
            Self::UnknownDomain => "请从39个领域中选择",
            Self::NoDomain => "不填领域即为全部39个领域",
        }
    }
}

/// Whether the register lets this subject have a report (scheme, section 3(1)).
///
/// Deregistered and revoked subjects may: their period's records are still asked for. A subject that the register does
/// not know and whose code was first given out in another city is taken to be registered there.
pub fn admit<'p>(
    id: &SubjectId,
    profile: Option<&'p SubjectProfile<'static>>,
) -> Result<&'p SubjectProfile<'static>, ReportRefusal> {
    let Some(profile) = profile else {
        let from_here = id.uscc().is_none_or(|uscc| uscc.first_division().starts_with("1404"));
        return Err(if from_here { ReportRefusal::UnknownSubject } else { ReportRefusal::RegisteredElsewhere });
    };
    match profile.status {
        RegistrationStatus::MovedOut => Err(ReportRefusal::RegisteredElsewhere),
        RegistrationStatus::Active
        | RegistrationStatus::Deregistered
        | RegistrationStatus::Revoked
        | RegistrationStatus::MovedIn => Ok(profile),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{Division, Uscc};

    fn profile(status: RegistrationStatus) -> SubjectProfile<'static> {
        SubjectProfile {
            uscc: Uscc::compose("91140403", "MA0TE1T1").unwrap(),
            name: "长治市虚构商贸有限公司".into(),
            register_type: RegisterType::Enterprise,
            legal_representative: "甲某".into(),
            authority: "长治市市场监督管理局".into(),
            division: Division::parse("140403").unwrap(),
            established: date(2020, 1, 1),
            status,
            address: None,
        }
    }

    #[test]
    fn subjects_registered_here_have_reports() {
        let here = SubjectId::Organisation(Uscc::compose("91140403", "MA0TE1T1").unwrap());
        let elsewhere = SubjectId::Organisation(Uscc::compose("91110105", "MA0TE1T1").unwrap());
        for (id, status, expected) in [
            (here, Some(RegistrationStatus::Active), Ok(())),
            (here, Some(RegistrationStatus::Deregistered), Ok(())),
            (here, Some(RegistrationStatus::Revoked), Ok(())),
            (here, Some(RegistrationStatus::MovedOut), Err(ReportRefusal::RegisteredElsewhere)),
            (here, None, Err(ReportRefusal::UnknownSubject)),
            (elsewhere, None, Err(ReportRefusal::RegisteredElsewhere)),
            // The register decides where a subject is now; the code only says where it began.
            (elsewhere, Some(RegistrationStatus::Active), Ok(())),
        ] {
            let profile = status.map(profile);
            assert_eq!(admit(&id, profile.as_ref()).map(|_| ()), expected, "{id} {status:?}");
        }
    }
}
