//! Whom a row is about: a subject of the register or a made-up natural person.

use xinzheng_domain::identity::subject::SubjectType;
use xinzheng_domain::{CitizenId, Uscc};

use crate::SampleError;
use crate::row::Row;
use crate::subjects::Registered;

/// The names of the natural persons.
const PEOPLE: [&str; 5] = ["甲某", "乙某", "丙某", "丁某", "戊某"];

/// Whom a row is about.
#[derive(Clone, Debug)]
pub(crate) struct Party {
    pub(crate) name: String,
    pub(crate) subject_type: SubjectType,
    pub(crate) place: String,
    uscc: Option<Uscc>,
    representative: Option<String>,
    id_number: Option<String>,
}

impl Party {
    /// A subject of the register.
    pub(crate) fn registered(subject: &Registered) -> Self {
        Self {
            name: subject.name.clone(),
            subject_type: subject.subject_type(),
            place: format!("{}{}", subject.division.name(), subject.place),
            uscc: Some(subject.uscc),
            representative: Some(subject.representative.clone()),
            id_number: None,
        }
    }

    /// One of the natural persons, counted round. All were "born" on 1900-01-01: nobody alive has such a number.
    pub(crate) fn person(number: usize) -> Result<Self, SampleError> {
        let place = number % PEOPLE.len();
        let name = PEOPLE.get(place).copied().unwrap_or_default();
        let id = CitizenId::compose(&format!("14040319000101{:03}", place + 1))
            .map_err(|error| SampleError::NotWhole(error.to_string()))?;
        Ok(Self {
            name: name.to_owned(),
            subject_type: SubjectType::NaturalPerson,
            place: "潞州区虚构街".to_owned(),
            uscc: None,
            representative: None,
            id_number: Some(id.expose().to_owned()),
        })
    }

    /// The subject columns of a record row.
    pub(crate) fn row(&self) -> Row {
        let row = Row::default()
            .text("name", &self.name)
            .text("subject_type", self.subject_type.title())
            .some("uscc", self.uscc.map(|uscc| uscc.to_string()))
            .some("legal_representative", self.representative.clone());
        match &self.id_number {
            None => row,
            Some(number) => row.text("id_type", "身份证").text("id_number", number),
        }
    }
}
