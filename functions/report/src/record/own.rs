//! `GET /records`: a subject's own records, as its reports would show them, with what has become of each.

use jiff::civil::Date;
use xinzheng_api::commitment::SubjectBar;
use xinzheng_api::record::{OWN, OwnRecord, OwnRecords, OwnRecordsQuery, ReportField};
use xinzheng_domain::record::in_force::Belonging;
use xinzheng_domain::record::line::RecordLine;
use xinzheng_domain::record::standing::StandingRecord;
use xinzheng_domain::report::period::SCOPE_START;
use xinzheng_domain::report::{ReportRefusal, Selected};
use xinzheng_domain::{DomainId, Period, ReportContent, SubjectId, china_time, record::publicity};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Subject};
use xinzheng_store::records::Dossier;

use crate::App;
use crate::issue::chosen;

/// The records of a period and of domains. Withdrawn ones, which no report shows, are told apart. One Query.
pub(crate) async fn list(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::of(&OWN, &of_subject(app, &caller.id, request.query_of(&OWN)?).await?))
}

/// What is asked for of a subject's records. One Query.
pub(crate) async fn of_subject(app: &App, subject: &SubjectId, asked: OwnRecordsQuery) -> Result<OwnRecords, Problem> {
    let today = china_time::date(app.clock.now());
    let (from, to) = (asked.from.unwrap_or(SCOPE_START), asked.to.unwrap_or(today));
    let period = Period::new(from, to, today).map_err(ReportRefusal::from)?;
    let domains = if asked.domains.is_empty() { DomainId::all().collect() } else { chosen(&asked.domains)? };
    let Dossier { records, bars, .. } = app.registry.dossier(subject).await?;
    let bars = bars.into_iter().map(SubjectBar::from).collect();
    let (reported, withdrawn): (Vec<_>, Vec<_>) = records.into_iter().partition(StandingRecord::is_reported);
    let of_scope = |standing: &&StandingRecord| {
        domains.contains(&standing.record.domain) && standing.belongs_to(&period).is_some()
    };
    let own = |standing: &StandingRecord| own(standing, today);
    let withdrawn = withdrawn.iter().filter(of_scope).map(own).collect();
    let Selected { records, in_force } = ReportContent::select(reported, &period, &domains);
    let records = records.iter().map(own).collect();
    let in_force = in_force.iter().map(own).collect();
    Ok(OwnRecords { period, records, in_force, withdrawn, bars })
}

/// A record as its subject sees it on this day.
fn own(standing: &StandingRecord, today: Date) -> OwnRecord {
    let record = &standing.record;
    let publicity = publicity::of(record, standing.severity, today);
    let fields = xinzheng_render::fields(standing, None);
    OwnRecord {
        id: record.id,
        kind: record.kind(),
        kind_title: record.kind().title().to_owned(),
        domain: record.domain,
        domain_name: record.domain.name().to_owned(),
        unit: record.unit,
        unit_name: record.unit.name(),
        document: record.document.to_string(),
        decided: record.decided,
        authority: record.authority.name.to_string(),
        fields: fields
            .into_iter()
            .map(|field| ReportField { label: field.label.to_string(), value: field.value.to_string() })
            .collect(),
        repaired_on: standing.repair.as_ref().map(|repair| repair.date),
        withdrawn_on: standing.withdrawal.as_ref().map(|withdrawal| withdrawal.date),
        objected_on: standing.objected,
        marks: RecordLine::of(standing, Belonging::Decided, today).state(),
        severity: publicity.severity,
        severity_title: publicity.severity.title().to_owned(),
        repairable_from: publicity.earliest,
        published_until: publicity.longest,
        publicity_order: publicity.order.to_owned(),
        commitment_asked: publicity::asks_commitment(today),
    }
}
