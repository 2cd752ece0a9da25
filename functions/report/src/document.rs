//! `GET /reports/{number}/document`: the report itself, as the signed PDF or as the canonical JSON whose SHA-256 its code
//! binds.

use xinzheng_domain::ReportNumber;
use xinzheng_domain::audit::Action;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Subject};
use xinzheng_store::objects;

use crate::App;

const PDF: &str = "application/pdf";
const JSON: &str = "application/json";

/// Sends the caller on to a fresh download address of the form that it prefers. Two GetItem, and a PutItem for the audit.
pub(crate) async fn document(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let unknown = || Problem::new(404, "report-unknown", "没有这份报告").hint("请核对报告编号");
    let number = ReportNumber::parse(request.path_parameter("number")).ok_or_else(unknown)?;
    let filed = app.registry.report_by_number(&number).await?;
    let report = filed.filter(|filed| filed.report.subject == caller.id).ok_or_else(unknown)?.report;
    let (key, file_name) = match request.preferred(&[PDF, JSON]) {
        Some(JSON) => (objects::content_key(&report.content_digest), format!("{number}.json")),
        Some(_) => (objects::pdf_key(&report.content_digest), format!("{number}.pdf")),
        None => {
            return Err(Problem::new(406, "format-unknown", "没有所要的格式")
                .hint("Accept 可用 application/pdf 或 application/json"));
        }
    };
    let actor = app.actor(request);
    app.registry
        .note_access(&caller.id, &actor, app.clock.now(), Action::ReportDownloaded, report.number.as_str())
        .await?;
    let address = app.reports.presigned_download(&key, &file_name, app.download_valid).await?;
    Ok(HttpResponse::see_other(&address).header("vary", "accept"))
}
