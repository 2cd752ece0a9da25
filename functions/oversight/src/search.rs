//! `GET /records/search`: a unit's records by whom they are about or by their document number.

use std::collections::BTreeMap;

use xinzheng_api::record::{FoundRecord, FoundRecords, SEARCH};
use xinzheng_domain::audit::Action;
use xinzheng_domain::month::Month;
use xinzheng_domain::{DocumentNumber, Record, RecordId, SubjectId, UnitCode, china_time};
use xinzheng_runtime::problem::{INTERNAL, LOOK_REASON_MISSING, SEARCH_NOT_NAMED, SUBJECT_UNKNOWN};
use xinzheng_runtime::{HttpRequest, HttpResponse, Official, Problem};
use xinzheng_store::by_unit::UnitRecord;

use crate::App;

/// The most records of an answer.
const MOST: usize = 100;
/// How many months are looked through for a number that names no year, and how many behind the year that it names: a decision may
/// be dated in the next one.
const MONTHS: usize = 12;
const BEHIND: usize = 2;

/// By exactly one of `document`, `subject` and `name`. Of a subject one Query (and a GetItem for a name); of a number a Query for
/// each month of its year, two more behind it, and for each thousand records of a month.
pub(crate) async fn search(app: &App, reader: Official, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&SEARCH)?;
    let unit = reader.unit(asked.unit)?;
    let (actor, now) = (request.actor(&app.address_key), app.clock.now());
    let by = match (&asked.document, &asked.subject, &asked.name) {
        (Some(_), None, None) => "document",
        (None, Some(_), None) => "subject",
        (None, None, Some(_)) => "name",
        _ => return Err(SEARCH_NOT_NAMED.into()),
    };
    let reason = match (reader, by) {
        (Official::Platform, "subject" | "name") => Some(asked.reason.ok_or(LOOK_REASON_MISSING)?),
        _ => None,
    };
    if reason.is_none() {
        reader.note_unit_read(&app.registry, unit, (&actor, now), Action::RecordsSearched, by).await?;
    }
    let subject = match (asked.subject, &asked.name) {
        (None, Some(name)) => {
            let named = app.registry.subject_named(name.trim()).await?.map(SubjectId::Organisation);
            let unknown = || SUBJECT_UNKNOWN.hint("登记名册中没有这个名称；请核对全称，或改用代码、文号查找");
            Some(named.ok_or_else(unknown)?)
        }
        (subject, _) => subject,
    };
    if let (Some(subject), Some(reason)) = (&subject, reason) {
        let object = unit.to_string();
        app.registry.note_seen(subject, (&actor, now), (Action::RecordsSearched, &object), reason).await?;
    }
    let found = match (subject, asked.document) {
        (Some(subject), _) => of_subject(app, unit, &subject).await?,
        (None, Some(document)) => by_document(app, unit, document.trim()).await?,
        (None, None) => vec![],
    };
    let more = found.len() > MOST;
    let items = found.into_iter().take(MOST).collect();
    Ok(HttpResponse::of(&SEARCH, &FoundRecords { items, more }))
}

/// A unit sees its own records, and as the municipal unit those of its offices.
fn is_of(unit: UnitCode, owner: UnitCode) -> bool {
    unit.may_change(owner)
}

async fn of_subject(app: &App, unit: UnitCode, subject: &SubjectId) -> Result<Vec<FoundRecord>, Problem> {
    let dossier = app.registry.dossier(subject).await?;
    let mut found: Vec<FoundRecord> = dossier
        .records
        .iter()
        .filter(|standing| is_of(unit, standing.record.unit))
        .map(|standing| shown(&standing.record, standing.withdrawal.is_some()))
        .collect();
    found.sort_by_key(|record| std::cmp::Reverse(record.decided));
    Ok(found)
}

fn shown(record: &Record<'_>, withdrawn: bool) -> FoundRecord {
    FoundRecord {
        id: record.id,
        subject: record.subject.id,
        subject_name: Some(record.subject.name.to_string()),
        kind: record.kind(),
        kind_title: record.kind().title().to_owned(),
        document: record.document.to_string(),
        decided: record.decided,
        unit: record.unit,
        unit_name: record.unit.name(),
        withdrawn,
    }
}

/// The year that a document number names: 〔2025〕.
fn year_of(document: &str) -> Option<i16> {
    let open = document.find(['〔', '[', '（', '(', '【'])?;
    let digits: String = document.get(open..)?.chars().skip(1).take(4).collect();
    digits.parse().ok().filter(|year| (2000..2200).contains(year))
}

/// The months in which a number may have been decided, the newest first.
fn months_of(document: &str, first: Month, last: Month) -> Vec<Month> {
    let all: Vec<Month> = first.up_to(last).collect();
    let months: Vec<Month> = match year_of(document) {
        Some(year) => {
            let within = all.iter().filter(|month| month.first_day().year() == year).copied();
            let behind = all.iter().filter(|month| month.first_day().year() > year).take(BEHIND).copied();
            within.chain(behind).collect()
        }
        None => all.iter().rev().take(MONTHS).rev().copied().collect(),
    };
    months.into_iter().rev().collect()
}

async fn by_document(app: &App, unit: UnitCode, document: &str) -> Result<Vec<FoundRecord>, Problem> {
    let today = china_time::date(app.clock.now());
    let (first, last) = (Month::first().ok_or(INTERNAL)?, Month::of(today).ok_or(INTERNAL)?);
    let sought = DocumentNumber::parse(document).map_err(|error| SEARCH_NOT_NAMED.detail(error.to_string()))?.key();
    // As it is spelled by whoever looks for it, and also a part of it.
    let fits = |record: &UnitRecord| {
        let number = DocumentNumber::parse(record.document.as_str());
        number.is_ok_and(|number| number.key().windows(sought.len()).any(|part| part == sought.as_slice()))
    };
    let mut found: BTreeMap<RecordId, UnitRecord> = BTreeMap::new();
    for month in months_of(document, first, last) {
        let records = app.registry.all_records_of_unit(unit.responsible(), month).await?;
        let own = records.into_iter().filter(|record| is_of(unit, record.unit) && fits(record));
        found.extend(own.map(|record| (record.id, record)));
        if found.len() > MOST {
            break;
        }
    }
    let mut found: Vec<FoundRecord> = found
        .into_values()
        .map(|record| FoundRecord {
            id: record.id,
            subject: record.subject,
            subject_name: None,
            kind: record.kind,
            kind_title: record.kind.title().to_owned(),
            document: record.document,
            decided: record.decided,
            unit: record.unit,
            unit_name: record.unit.name(),
            withdrawn: record.withdrawn,
        })
        .collect();
    found.sort_by_key(|record| std::cmp::Reverse(record.decided));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_looked_for_in_its_year_and_the_first_months_behind_it() {
        let month = |text: &str| Month::parse(text).unwrap();
        let told = |document| -> Vec<String> {
            months_of(document, month("2022-08"), month("2026-03")).iter().map(Month::to_string).collect()
        };
        let of_2025 = told("晋市监罚〔2025〕12号");
        assert_eq!((of_2025.len(), of_2025[0].as_str(), of_2025[13].as_str()), (14, "2026-02", "2025-01"));
        assert_eq!(
            told("市监罚（2022）1"),
            ["2023-02", "2023-01", "2022-12", "2022-11", "2022-10", "2022-09", "2022-08"]
        );
        assert_eq!(told("12号").len(), 12);
        assert!(told("罚〔1999〕1号").len() == 12, "no year that there can be");
    }
}
