//! `GET /records`: a subject's own records, as its reports would show them, with what has become of each.

use jiff::civil::Date;
use serde_json::{Value, json};
use xinzheng_domain::in_force::Belonging;
use xinzheng_domain::period::SCOPE_START;
use xinzheng_domain::record_line::RecordLine;
use xinzheng_domain::report::{ReportRefusal, Selected};
use xinzheng_domain::standing::StandingRecord;
use xinzheng_domain::{DomainId, Period, ReportContent, china_time, publicity};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Subject};

use crate::App;
use crate::issue::{RequestedDomain, chosen};

/// The records of a period (`?from=&to=`, all when it is left out) and of domains (`?domains=`, numbers or names with commas).
/// Withdrawn ones, which no report shows, are told apart. One Query.
pub(crate) async fn list(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let today = china_time::date(app.clock.now());
    let day = |name: &str, otherwise: Date| match request.query_parameter(name).filter(|text| !text.is_empty()) {
        None => Ok(otherwise),
        Some(text) => text
            .parse()
            .map_err(|_| Problem::new(422, "date-unreadable", "日期应写作 2025-11-03").detail(format!("参数 {name}"))),
    };
    let period = Period::new(day("from", SCOPE_START)?, day("to", today)?, today).map_err(ReportRefusal::from)?;
    let names = request.query_parameters("domains").into_iter().map(str::trim).filter(|name| !name.is_empty());
    let requested =
        |name: &str| name.parse().map_or_else(|_| RequestedDomain::Name(name.to_owned()), RequestedDomain::Number);
    let requested: Vec<RequestedDomain> = names.map(requested).collect();
    let domains = if requested.is_empty() { DomainId::all().collect() } else { chosen(&requested)? };
    let records = app.registry.dossier(&caller.id).await?.records;
    let (shown, withdrawn): (Vec<_>, Vec<_>) = records.into_iter().partition(StandingRecord::is_reported);
    let of_scope =
        |standing: &StandingRecord| domains.contains(&standing.record.domain) && standing.belongs_to(&period).is_some();
    let told = |standing: &StandingRecord| told(standing, today);
    let withdrawn: Vec<Value> = withdrawn.iter().filter(|standing| of_scope(standing)).map(told).collect();
    let Selected { records, in_force } = ReportContent::select(shown, &period, &domains);
    let records: Vec<Value> = records.iter().map(told).collect();
    let in_force: Vec<Value> = in_force.iter().map(told).collect();
    let body = json!({ "period": period, "records": records, "in_force": in_force, "withdrawn": withdrawn });
    Ok(HttpResponse::json(200, &body))
}

fn told(standing: &StandingRecord, today: Date) -> Value {
    let record = &standing.record;
    let publicity = publicity::of(record, standing.severity, today);
    let fields: Vec<Value> = xinzheng_render::fields(standing, None)
        .into_iter()
        .map(|field| json!({ "label": field.label, "value": field.value }))
        .collect();
    json!({
        "id": record.id,
        "kind": record.kind(),
        "kind_title": record.kind().title(),
        "domain": record.domain,
        "domain_name": record.domain.name(),
        "unit": record.unit,
        "unit_name": record.unit.name(),
        "document": record.document,
        "decided": record.decided,
        "authority": record.authority.name,
        "fields": fields,
        "repaired_on": standing.repair.as_ref().map(|repair| repair.date),
        "withdrawn_on": standing.withdrawal.as_ref().map(|withdrawal| withdrawal.date),
        "objected_on": standing.objected,
        "marks": RecordLine::of(standing, Belonging::Decided, today).state(),
        "severity": publicity.severity,
        "severity_title": publicity.severity.title(),
        "repairable_from": publicity.earliest,
        "published_until": publicity.longest,
        "publicity_order": publicity.order,
        "commitment_asked": publicity::asks_commitment(today),
    })
}
