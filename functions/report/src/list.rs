//! `GET /reports` and `GET /reports/{number}`: the subject's own reports; any for the platform, without its file.

use xinzheng_api::page::{Cursor, Page};
use xinzheng_api::report::{ISSUED, IssuedEntry, IssuedQuery, IssuedReports, LIST, ListedReport, OpenedReport, READ};
use xinzheng_domain::audit::Action;
use xinzheng_domain::month::Month;
use xinzheng_domain::{DomainId, ReportStanding, SubjectId, china_time};
use xinzheng_runtime::precondition::etag;
use xinzheng_runtime::problem::{LOOK_REASON_MISSING, MONTH_UNREADABLE, REPORT_UNKNOWN, ROLE_NOT_ALLOWED};
use xinzheng_runtime::sought::sought;
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Party, Problem, Subject};
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

/// A page of the reports that were issued in a month, newest first; about whom stands in the report alone. A Query and a
/// BatchGetItem; where some alone are wanted, up to ten of each until there are enough for a page; and a PutItem for the audit.
pub(crate) async fn issued(app: &App, _operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let (asked, now) = (request.query_of(&ISSUED)?, app.clock.now());
    let month = asked.month.or_else(|| Month::of(china_time::date(now))).ok_or(MONTH_UNREADABLE)?;
    let actor = request.actor(&app.address_key);
    app.registry.note_platform(&actor, now, Action::IssuedReportsListed, &month.to_string()).await?;
    let some = asked.purpose.is_some() || asked.authorised.is_some() || asked.all_domains.is_some();
    let asked = &asked;
    let page = sought(!some, asked.cursor.clone(), LISTED as usize, |from| async move {
        let Page { items, next } = app.registry.reports_issued_in(month, from.as_ref(), LISTED).await?;
        let wanted = items.iter().map(entry).filter(|entry| is_wanted(asked, entry));
        Ok::<_, Problem>(Page { items: wanted.collect(), next })
    });
    Ok(HttpResponse::of(&ISSUED, &IssuedReports { month, page: page.await? }))
}

fn entry(filed: &FiledReport) -> IssuedEntry {
    let report = &filed.report;
    IssuedEntry {
        number: report.number.clone(),
        issued_at: report.issued_at,
        purpose: report.purpose,
        period: report.period,
        domains: report.counts.len(),
        authorised: filed.under_grant,
        told_affected: filed.told_affected,
        withdrawn_at: filed.withdrawal.as_ref().map(|withdrawal| withdrawal.at),
        superseded_at: filed.superseded_at,
    }
}

fn is_wanted(asked: &IssuedQuery, entry: &IssuedEntry) -> bool {
    asked.purpose.is_none_or(|purpose| entry.purpose == purpose)
        && asked.authorised.is_none_or(|authorised| entry.authorised == authorised)
        && asked.all_domains.is_none_or(|all| (entry.domains == DomainId::all().count()) == all)
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
    let (number, reason) = (request.path_of(&READ)?.number, request.query_of(&READ)?.reason);
    let filed = app.registry.report_by_number(&number).await?.ok_or(REPORT_UNKNOWN)?;
    let (actor, now) = (request.actor(&app.address_key), app.clock.now());
    let (report, number) = (&filed.report, number.as_str());
    let report = match reader {
        Party::Subject(caller) if caller.id == report.subject => {
            app.registry.note_access(&report.subject, &actor, now, Action::ReportDownloaded, number).await?;
            opened(app, report, &filed.newest()).await?
        }
        Party::Platform => {
            let (reason, what) = (reason.ok_or(LOOK_REASON_MISSING)?, (Action::ReportRead, number));
            app.registry.note_seen(&report.subject, (&actor, now), what, reason).await?;
            OpenedReport { report: summarised(report, &filed.newest()), download: None }
        }
        Party::Subject(_) => return Err(REPORT_UNKNOWN.into()),
        Party::Unit(_) => return Err(ROLE_NOT_ALLOWED.into()),
    };
    Ok(HttpResponse::of(&READ, &report).header("etag", etag(version(&filed))))
}
