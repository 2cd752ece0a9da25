//! `GET /verify/{code}/document` and `…/content`: the issued document, and the data in it, for whoever holds the code; unless
//! its subject shows the summary alone.

use xinzheng_api::verification::DOCUMENT;
use xinzheng_domain::Disclosure;
use xinzheng_domain::audit::Action;
use xinzheng_domain::file_name;
use xinzheng_runtime::problem::SUMMARY_ONLY;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem};
use xinzheng_store::objects;

use crate::App;
use crate::lookup::filed_by_code;

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The signed PDF.
    Pdf,
    /// The canonical JSON that the code binds.
    Json,
}

/// Sends the caller on to a fresh download address. One GetItem, and a PutItem for the audit of the subject.
pub(crate) async fn opened(app: &App, form: Form, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let filed = filed_by_code(app, &request.path_of(&DOCUMENT)?.code, request).await?;
    let report = &filed.report;
    if report.disclosure != Disclosure::Full {
        return Err(SUMMARY_ONLY.into());
    }
    let (key, name) = match form {
        Form::Pdf => {
            (objects::version_key(&report.content_digest, &filed.newest()), file_name::of_report(&report.number, "pdf"))
        }
        Form::Json => (objects::content_key(&report.content_digest), file_name::of_report(&report.number, "json")),
    };
    let (actor, now) = (request.actor(&app.address_key), app.clock.now());
    app.registry.note_access(&report.subject, &actor, now, Action::ReportOpened, report.number.as_str()).await?;
    let address = app.reports.presigned_download(&key, &name, app.download_valid).await?;
    Ok(HttpResponse::see_other(&address))
}
