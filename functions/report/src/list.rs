//! `GET /reports` and `GET /reports/{number}`: the subject's own reports; any for the platform, without its file.

use xinzheng_api::page::{Cursor, Page};
use xinzheng_api::report::{LIST, ListedReport, OpenedReport, READ};
use xinzheng_domain::audit::Action;
use xinzheng_domain::{ReportStanding, SubjectId};
use xinzheng_runtime::precondition::etag;
use xinzheng_runtime::problem::{REPORT_UNKNOWN, ROLE_NOT_ALLOWED};
use xinzheng_runtime::{HttpRequest, HttpResponse, Party, Problem, Subject};
use xinzheng_store::records::Dossier;
use xinzheng_store::reports::FiledReport;

use crate::App;
use crate::issue::{opened, summarised};

/// The most reports of a page.
pub(crate) const LISTED: i32 = 50;

/// A page of the subject's reports, newest first, each with how it stands. Two Query, one of them of the records, and a
/// BatchGetItem.
pub(crate) async fn list(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&LIST)?;
    let page = standing_of(app, &caller.id, asked.cursor.as_ref()).await?;
    let page = page.map(|(filed, standing)| ListedReport {
        report: summarised(&filed.report, &filed.newest()),
        status: standing.status(),
        statuses: standing.statuses(),
        meaning: standing.status().meaning().to_owned(),
    });
    Ok(HttpResponse::of(&LIST, &page))
}

/// A page of a subject's reports, newest first, each with how it stands. Two Query, one of them of the records, and a BatchGetItem.
pub(crate) async fn standing_of(
    app: &App,
    subject: &SubjectId,
    cursor: Option<&Cursor>,
) -> Result<Page<(FiledReport, ReportStanding)>, Problem> {
    let page = app.registry.reports_of(subject, cursor, LISTED).await?;
    let dossier = if page.items.is_empty() { Dossier::default() } else { app.registry.dossier(subject).await? };
    Ok(page.map(|filed| {
        let standing = filed.standing(&dossier.records);
        (filed, standing)
    }))
}

/// It changes once, when the platform takes it back.
pub(crate) fn version(filed: &FiledReport) -> u8 {
    if filed.withdrawal.is_some() { 2 } else { 1 }
}

/// One report by its number: for its subject with a fresh download address, which is noted as a download. Another subject's
/// report is as unknown as one that does not exist. Two GetItem, and a PutItem for the audit.
pub(crate) async fn one(app: &App, reader: Party, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    if matches!(reader, Party::Unit(_)) {
        return Err(ROLE_NOT_ALLOWED.into());
    }
    let number = request.path_of(&READ)?.number;
    let filed = app.registry.report_by_number(&number).await?.ok_or(REPORT_UNKNOWN)?;
    let (actor, now) = (request.actor(&app.address_key), app.clock.now());
    let (report, number) = (&filed.report, number.as_str());
    let report = match reader {
        Party::Subject(caller) if caller.id == report.subject => {
            app.registry.note_access(&report.subject, &actor, now, Action::ReportDownloaded, number).await?;
            opened(app, report, &filed.newest()).await?
        }
        Party::Platform => {
            app.registry.note_access(&report.subject, &actor, now, Action::ReportRead, number).await?;
            OpenedReport { report: summarised(report, &filed.newest()), download: None }
        }
        Party::Subject(_) => return Err(REPORT_UNKNOWN.into()),
        Party::Unit(_) => return Err(ROLE_NOT_ALLOWED.into()),
    };
    Ok(HttpResponse::of(&READ, &report).header("etag", etag(version(&filed))))
}
