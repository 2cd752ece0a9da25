//! The forty made-up subjects of the register (`data/subjects.json`).

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;
use xinzheng_domain::identity::subject::{RegisterType, RegistrationStatus, SubjectType};
use xinzheng_domain::{Division, Uscc};

/// A subject that can ask for a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleSubject {
    /// 统一社会信用代码.
    pub uscc: Uscc,
    /// 名称.
    pub name: String,
    /// What a report about it shows, where that is something special; else empty.
    pub note: &'static str,
}

/// A subject with what its register row says.
#[derive(Clone, Debug)]
pub(crate) struct Registered {
    pub(crate) uscc: Uscc,
    pub(crate) name: String,
    pub(crate) register_type: RegisterType,
    pub(crate) division: Division,
    pub(crate) representative: String,
    pub(crate) established: Date,
    pub(crate) status: RegistrationStatus,
    pub(crate) place: String,
    pub(crate) role: Role,
    pub(crate) note: String,
}

impl Registered {
    /// 行政相对人类别, as record tables name it.
    pub(crate) const fn subject_type(&self) -> SubjectType {
        match self.register_type {
            RegisterType::IndividualBusiness => SubjectType::IndividualBusiness,
            _ => SubjectType::Organisation,
        }
    }
}

/// What a subject is there for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Role {
    /// Records of all five kinds; only the rows that the plan names.
    EveryKind,
    /// No record at all.
    WithoutRecords,
    /// Registered in another city now.
    MovedOut,
    /// Whatever is drawn.
    #[default]
    Any,
}

#[derive(Deserialize)]
struct SubjectLine {
    name: String,
    #[serde(rename = "type")]
    register_type: String,
    /// The division in the code: where the subject was first registered.
    first: String,
    division: Division,
    representative: String,
    established: Date,
    status: String,
    place: String,
    #[serde(default)]
    role: Role,
    #[serde(default)]
    note: String,
}

static REGISTER: LazyLock<Vec<Registered>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "part of the program: a sample without its subjects would prove nothing")]
    let lines: Vec<SubjectLine> =
        serde_json::from_str(include_str!("../data/subjects.json")).expect("the sample's subjects are JSON");
    #[expect(clippy::expect_used, reason = "part of the program, like the lines themselves")]
    let registered = |(number, line)| registered(number, line).expect("each line of subjects.json is a subject");
    (1..).zip(lines).map(registered).collect()
});

fn registered(number: u32, line: SubjectLine) -> Option<Registered> {
    let register_type = RegisterType::from_title(&line.register_type)?;
    Some(Registered {
        uscc: compose(register_type, &line.first, &format!("XN1{number:05}"))?,
        name: line.name,
        register_type,
        division: line.division,
        representative: line.representative,
        established: line.established,
        status: RegistrationStatus::from_title(&line.status)?,
        place: line.place,
        role: line.role,
        note: line.note,
    })
}

/// A made-up code. Organisation codes start with XN or XM, which no authority gives out.
pub(crate) fn compose(register_type: RegisterType, division: &str, organisation: &str) -> Option<Uscc> {
    let kind = match register_type {
        RegisterType::Enterprise => "91",
        RegisterType::IndividualBusiness => "92",
        RegisterType::FarmersCooperative => "93",
        RegisterType::PublicInstitution => "12",
        RegisterType::SocialOrganisation => "52",
    };
    Uscc::compose(&format!("{kind}{division}"), organisation)
}

/// Every subject with its register row.
pub(crate) fn register() -> &'static [Registered] {
    &REGISTER
}

/// The subject of this role.
pub(crate) fn with_role(role: Role) -> Option<&'static Registered> {
    register().iter().find(|subject| subject.role == role)
}

fn sample_subject(subject: &'static Registered) -> SampleSubject {
    SampleSubject { uscc: subject.uscc, name: subject.name.clone(), note: &subject.note }
}

fn of_role(role: Role) -> SampleSubject {
    match with_role(role) {
        Some(subject) => sample_subject(subject),
        // `every_role_is_there` proves it for the data that the program includes; no input leads here.
        None => unreachable!("subjects.json names a subject for {role:?}"),
    }
}

/// The subject with records of all five kinds over several domains, one of them repaired.
pub fn subject_with_every_kind() -> SampleSubject {
    of_role(Role::EveryKind)
}

/// The subject without any record.
pub fn subject_without_records() -> SampleSubject {
    of_role(Role::WithoutRecords)
}

/// The subject whose registration status is 迁出: its report is to be had elsewhere (R2).
pub fn subject_moved_out() -> SampleSubject {
    of_role(Role::MovedOut)
}

/// All forty subjects, in the register's order.
pub fn subjects() -> Vec<SampleSubject> {
    register().iter().map(sample_subject).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_register_is_whole() {
        let lines: Vec<serde_json::Value> = serde_json::from_str(include_str!("../data/subjects.json")).unwrap();
        assert_eq!((lines.len(), register().len()), (40, 40), "no line is left out");
        let codes: BTreeSet<Uscc> = subjects().iter().map(|subject| subject.uscc).collect();
        assert_eq!(codes.len(), 40, "no code twice");
        for subject in register() {
            assert!(subject.name.contains("虚构") || subject.name.contains("示例"), "{} looks real", subject.name);
            assert!(Division::parse(subject.uscc.first_division()).is_some(), "{}", subject.name);
        }
    }

    #[test]
    fn every_role_is_there() {
        assert_eq!(subject_with_every_kind().name, "长治市虚构〇一商贸有限公司");
        assert_eq!(subject_without_records().note, "没有任何记录");
        assert_eq!(with_role(Role::MovedOut).unwrap().status, RegistrationStatus::MovedOut);
    }
}
