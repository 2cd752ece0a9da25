//! `GET /reports/{number}/document`: the report itself, as the signed PDF or as the canonical JSON whose SHA-256 its code
//! binds.

use xinzheng_api::report::DOCUMENT;
use xinzheng_domain::audit::Action;
use xinzheng_domain::file_name;
use xinzheng_runtime::problem::{FORMAT_NOT_ACCEPTABLE, REPORT_UNKNOWN};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Subject};
use xinzheng_store::objects;

use crate::App;

const PDF: &str = "application/pdf";
const JSON: &str = "application/json";

/// Sends the caller on to a fresh download address of the form that it prefers. Two GetItem, and a PutItem for the audit.
pub(crate) async fn document(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let number = request.path_of(&DOCUMENT)?.number;
    let filed = app.registry.report_by_number(&number).await?;
    let filed = filed.filter(|filed| filed.report.subject == caller.id).ok_or(REPORT_UNKNOWN)?;
    let report = &filed.report;
    let (key, file_name) = match request.preferred(&[PDF, JSON]) {
        Some(JSON) => (objects::content_key(&report.content_digest), file_name::of_report(&number, "json")),
        Some(_) => {
            (objects::version_key(&report.content_digest, &filed.newest()), file_name::of_report(&number, "pdf"))
        }
        None => return Err(FORMAT_NOT_ACCEPTABLE.into()),
    };
    let actor = request.actor(&app.address_key);
    app.registry
        .note_access(&caller.id, &actor, app.clock.now(), Action::ReportDownloaded, report.number.as_str())
        .await?;
    let address = app.reports.presigned_download(&key, &file_name, app.download_valid).await?;
    Ok(HttpResponse::see_other(&address).header("vary", "accept"))
}
