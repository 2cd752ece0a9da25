//! `GET /reports` and `GET /reports/{number}`: the subject's own reports; any for the platform, without its file.

use serde_json::{Value, json};
use xinzheng_domain::ReportNumber;
use xinzheng_domain::audit::Action;
use xinzheng_runtime::precondition::etag;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Subject, cursor};
use xinzheng_store::Page;
use xinzheng_store::records::Dossier;
use xinzheng_store::reports::FiledReport;

use crate::App;
use crate::audit::Reader;
use crate::issue::{described, summarised};

/// The most reports of a page.
const LISTED: i32 = 50;

/// A page of the subject's reports, newest first, each with how it stands. Two Query, one of them of the records, and a
/// BatchGetItem.
pub(crate) async fn list(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let cursor = cursor::of(request)?;
    let Page { items: reports, next } = app.registry.reports_of(&caller.id, cursor.as_ref(), LISTED).await?;
    let dossier = if reports.is_empty() { Dossier::default() } else { app.registry.dossier(&caller.id).await? };
    let told = |filed: FiledReport| {
        let standing = filed.standing(&dossier.records);
        let mut told = summarised(&filed.report);
        if let Some(fields) = told.as_object_mut() {
            fields.insert("status".to_owned(), json!(standing.status()));
            fields.insert("statuses".to_owned(), json!(standing.statuses()));
            fields.insert("meaning".to_owned(), json!(standing.status().meaning()));
        }
        told
    };
    let reports: Vec<Value> = reports.into_iter().map(told).collect();
    Ok(HttpResponse::json(200, &json!({ "reports": reports, "next": next })))
}

/// It changes once, when the platform takes it back.
pub(crate) fn version(filed: &FiledReport) -> u8 {
    if filed.withdrawal.is_some() { 2 } else { 1 }
}

/// One report by its number: for its subject with a fresh download address, which is noted as a download. Another subject's
/// report is as unknown as one that does not exist. Two GetItem, and a PutItem for the audit.
pub(crate) async fn one(app: &App, reader: Reader, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let unknown = || Problem::new(404, "report-unknown", "没有这份报告").hint("请核对报告编号");
    if matches!(reader, Reader::Unit(_)) {
        return Err(Problem::role_not_allowed());
    }
    let number = ReportNumber::parse(request.path_parameter("number")).ok_or_else(unknown)?;
    let filed = app.registry.report_by_number(&number).await?.ok_or_else(unknown)?;
    let (actor, now) = (app.actor(request), app.clock.now());
    let (report, number) = (&filed.report, number.as_str());
    let body = match reader {
        Reader::Subject(caller) if caller.id == report.subject => {
            app.registry.note_access(&report.subject, &actor, now, Action::ReportDownloaded, number).await?;
            described(app, report).await?
        }
        Reader::Platform => {
            app.registry.note_platform(&actor, now, Action::ReportRead, number).await?;
            summarised(report)
        }
        Reader::Subject(_) => return Err(unknown()),
        Reader::Unit(_) => return Err(Problem::role_not_allowed()),
    };
    Ok(HttpResponse::json(200, &body).header("etag", etag(version(&filed))))
}
