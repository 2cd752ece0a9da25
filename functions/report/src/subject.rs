//! A subject's affairs as the platform looks at them, each look in the subject's audit and in the platform's with what it was for:
//! who it is, its records, its reports and grants without what would open or use them.

use xinzheng_api::commitment::SubjectBar;
use xinzheng_api::record::OwnRecordsQuery;
use xinzheng_api::subject::{
    GRANTS, IDENTIFY, IdentifiedSubject, IdentityDocument, RECORDS, REPORTS, SeenGrant, SeenReport, WantedSubject,
};
use xinzheng_domain::audit::{Action, LookReason};
use xinzheng_domain::case::grant::StandingGrant;
use xinzheng_domain::record::table::SharingStandard;
use xinzheng_domain::{CitizenId, SubjectId};
use xinzheng_runtime::problem::{
    IDENTITY_DOCUMENT_UNKNOWN, IDENTITY_NUMBER_UNREADABLE, LOOK_REASON_MISSING, REPORT_UNKNOWN, SUBJECT_NOT_NAMED,
};
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Problem};
use xinzheng_store::grants::ending;

use crate::App;
use crate::issue::counted;
use crate::list::{LISTED, standing_of};
use crate::record::own::of_subject;

/// Notes a look, before anything is shown. One TransactWriteItems.
async fn note(
    app: &App,
    subject: &SubjectId,
    request: &HttpRequest,
    action: Action,
    reason: LookReason,
) -> Result<(), Problem> {
    let (actor, now) = (request.actor(&app.address_key), app.clock.now());
    Ok(app.registry.note_look(subject, &actor, now, action, reason).await?)
}

/// `POST /subjects/identification`: who a subject is, and what bars it. One TransactWriteItems and one Query; two GetItem more
/// when it is named by a report.
pub(crate) async fn identify(app: &App, _: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let wanted: WantedSubject = request.json_with_identity_number()?;
    let reason = wanted.reason.ok_or(LOOK_REASON_MISSING)?;
    let id = named(app, &wanted).await?;
    note(app, &id, request, Action::SubjectIdentified, reason).await?;
    let dossier = app.registry.dossier(&id).await?;
    let newest = dossier.records.last().map(|standing| &standing.record.subject);
    let profile = dossier.profile.map(|(profile, _)| profile);
    let subject = IdentifiedSubject {
        subject: id,
        name: profile
            .as_ref()
            .map(|profile| &profile.name)
            .or(newest.map(|subject| &subject.name))
            .map(ToString::to_string),
        masked_id_number: newest.and_then(|subject| subject.masked_id_number.as_ref()).map(ToString::to_string),
        registration: profile.map(|profile| profile.status.title().to_owned()),
        records: dossier.records.len(),
        bars: dossier.bars.into_iter().map(SubjectBar::from).collect(),
    };
    Ok(HttpResponse::of(&IDENTIFY, &subject))
}

/// Whom one of the four names. Two GetItem for a report.
async fn named(app: &App, wanted: &WantedSubject) -> Result<SubjectId, Problem> {
    match wanted {
        WantedSubject { subject: Some(id), id_number: None, document: None, report: None, .. } => Ok(*id),
        WantedSubject { subject: None, id_number: Some(number), document: None, report: None, .. } => {
            let number = number.expose().trim().to_ascii_uppercase();
            let number =
                CitizenId::parse(&number).map_err(|error| IDENTITY_NUMBER_UNREADABLE.detail(error.to_string()))?;
            Ok(SubjectId::person(&number, &app.person_key))
        }
        WantedSubject { subject: None, id_number: None, document: Some(document), report: None, .. } => {
            let IdentityDocument { kind, number } = document;
            let number = number.expose().trim();
            let kinds = SharingStandard::get().codes("id-type");
            // That of a resident identity card is an identity number.
            let kind = kinds.iter().skip(1).find(|known| *known == kind.trim());
            let kind =
                kind.ok_or_else(|| IDENTITY_DOCUMENT_UNKNOWN.detail(kinds.get(1..).unwrap_or_default().join("、")))?;
            if !(5..=30).contains(&number.len()) || !number.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Err(IDENTITY_NUMBER_UNREADABLE.detail("应为5至30位字母或数字"));
            }
            Ok(SubjectId::person_with_document(kind, number, &app.person_key))
        }
        WantedSubject { subject: None, id_number: None, document: None, report: Some(number), .. } => {
            Ok(app.registry.report_by_number(number).await?.ok_or(REPORT_UNKNOWN)?.report.subject)
        }
        _ => Err(SUBJECT_NOT_NAMED.into()),
    }
}

/// `GET /subjects/{subject}/records`. One TransactWriteItems and one Query.
pub(crate) async fn records(app: &App, _: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let (subject, asked) = (request.path_of(&RECORDS)?.subject, request.query_of(&RECORDS)?);
    note(app, &subject, request, Action::RecordsRead, asked.reason).await?;
    let asked = OwnRecordsQuery { from: asked.from, to: asked.to, domains: asked.domains };
    Ok(HttpResponse::of(&RECORDS, &of_subject(app, &subject, asked).await?))
}

/// `GET /subjects/{subject}/reports`: a page, newest first, each with how it stands. One TransactWriteItems, two Query, one of
/// them of the records, and a BatchGetItem.
pub(crate) async fn reports(app: &App, _: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let (subject, asked) = (request.path_of(&REPORTS)?.subject, request.query_of(&REPORTS)?);
    note(app, &subject, request, Action::ReportsListed, asked.reason).await?;
    let page = standing_of(app, &subject, asked.cursor.as_ref()).await?;
    let page = page.map(|(filed, standing)| SeenReport {
        number: filed.report.number.clone(),
        issued_at: filed.report.issued_at,
        period: filed.report.period,
        purpose: filed.report.purpose,
        summary: counted(&filed.report),
        disclosure: filed.report.disclosure,
        status: standing.status(),
        statuses: standing.statuses(),
        meaning: standing.status().meaning().to_owned(),
    });
    Ok(HttpResponse::of(&REPORTS, &page))
}

/// `GET /subjects/{subject}/grants`: a page, newest first. One TransactWriteItems, one Query, one BatchGetItem.
pub(crate) async fn grants(app: &App, _: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let (subject, asked) = (request.path_of(&GRANTS)?.subject, request.query_of(&GRANTS)?);
    note(app, &subject, request, Action::GrantsListed, asked.reason).await?;
    let now = app.clock.now();
    let page = app.registry.grants_of(&subject, asked.cursor.as_ref(), LISTED).await?;
    let page = page.map(|standing| {
        let state = standing.state(now);
        let StandingGrant { grant, used, revoked_at, .. } = standing;
        SeenGrant {
            code_ending: ending(&grant.code),
            grantee: grant.grantee,
            domains: grant.domains,
            period: grant.period,
            purpose: grant.purpose,
            given_at: grant.given_at,
            until: grant.until,
            uses: grant.uses,
            used,
            revoked_at,
            state,
        }
    });
    Ok(HttpResponse::of(&GRANTS, &page))
}
