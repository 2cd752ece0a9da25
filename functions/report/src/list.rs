//! `GET /reports` and `GET /reports/{number}`: the subject's own reports, each with a fresh download address.

use serde_json::json;
use xinzheng_domain::ReportNumber;
use xinzheng_runtime::{HttpResponse, Problem, Subject};

use crate::App;
use crate::issue::described;

/// The most reports listed.
const LISTED: u16 = 50;

/// The subject's newest reports, newest first. One Query.
pub(crate) async fn list(app: &App, caller: Subject) -> Result<HttpResponse, Problem> {
    let mut reports = vec![];
    for report in app.registry.reports_of(&caller.id, LISTED).await? {
        reports.push(described(app, &report).await?);
    }
    Ok(HttpResponse::json(200, &json!({ "reports": reports })))
}

/// One report by its number. Two GetItem. Another subject's report is as unknown as one that does not exist.
pub(crate) async fn one(app: &App, caller: Subject, number: &str) -> Result<HttpResponse, Problem> {
    let unknown = || Problem::new(404, "report-unknown", "没有这份报告").hint("请核对报告编号");
    let number = ReportNumber::parse(number).ok_or_else(unknown)?;
    let report = app.registry.report_by_number(&number).await?;
    let filed = report.filter(|filed| filed.report.subject == caller.id).ok_or_else(unknown)?;
    Ok(HttpResponse::json(200, &described(app, &filed.report).await?))
}
