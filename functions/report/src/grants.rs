//! Grants: a subject lets a third party have reports about it, and sees what became of that (R12).

use jiff::Timestamp;
use xinzheng_api::grant::{GIVE, Grant as ShownGrant, HAD, HadReport, LIST, QUERY, QueryRequest, REPORTS, REVOKE};
use xinzheng_api::{Endpoint, Page};
use xinzheng_domain::audit::Action;
use xinzheng_domain::case::grant::{Asker, Grant, GrantRefusal, Grantee, StandingGrant};
use xinzheng_domain::character::written;
use xinzheng_domain::report::ReportRefusal;
use xinzheng_domain::report::period::{PeriodError, SCOPE_START};
use xinzheng_domain::{Disclosure, DomainId, Period, SubjectId, VerificationCode, china_time};
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::precondition::{self, etag};
use xinzheng_runtime::problem::{GRANT_MISTYPED, GRANT_OVER, GRANT_REVOKED_ALREADY, GRANT_UNKNOWN, VERSION_OUTDATED};
use xinzheng_runtime::randomness::random_wide;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Subject, ThirdParty};
use xinzheng_store::grants::ending;
use xinzheng_store::reports::{AskedBy, UseOfGrant};

use crate::App;
use crate::issue::{Wanted, chosen, issue_for, opened, reported_subject};

/// The most grants of a page.
const LISTED: i32 = 50;

/// As its subject sees it.
fn shown(standing: StandingGrant, now: Timestamp) -> ShownGrant {
    ShownGrant { state: standing.state(now), version: version(&standing), standing }
}

/// It changes once, when it is revoked: its uses are counted beside it.
fn version(grant: &StandingGrant) -> u32 {
    if grant.revoked_at.is_some() { 2 } else { 1 }
}

fn answer<P, Q, B>(endpoint: &Endpoint<P, Q, B, ShownGrant>, grant: &StandingGrant, now: Timestamp) -> HttpResponse {
    HttpResponse::of(endpoint, &shown(grant.clone(), now)).header("etag", etag(version(grant)))
}

/// `POST /grants`: 201 with the grant and its code. One TransactWriteItems.
pub(crate) async fn give(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let wanted = request.body_of(&GIVE)?;
    let now = app.clock.now();
    let today = china_time::date(now);
    if let SubjectId::Person(_) = caller.id {
        // Reports under it name the person as the token does.
        reported_subject(&caller, None)?;
    }
    // Its days may reach as far as the grant lasts: reports under it are of the days that have been.
    let last = china_time::date(wanted.until).max(today);
    let (from, to) = wanted.period.map_or((SCOPE_START, last), |period| (period.from, period.to));
    let period = Period::new(from, to, last).map_err(|error| match error {
        PeriodError::Future => Problem::from(GrantRefusal::Period),
        error => ReportRefusal::from(error).into(),
    })?;
    let domains = wanted.domains.as_deref().map_or_else(|| Ok(DomainId::all().collect()), chosen)?;
    let code = VerificationCode::drawn(random_wide()?);
    let Grantee { name, organisation } = wanted.grantee;
    let grant = Grant {
        code,
        subject: caller.id,
        subject_name: caller.name,
        masked_id_number: caller.masked_id_number,
        grantee: Grantee { name: written(&name).to_owned(), organisation },
        domains,
        period,
        purpose: wanted.purpose,
        until: wanted.until,
        uses: wanted.uses,
        notices: wanted.notices,
        given_at: now,
    };
    grant.check()?;
    let standing = StandingGrant { grant, used: 0, revoked_at: None, held_by: None, party: None };
    let mut response = answer(&GIVE, &standing, now);
    app.registry.give_grant(&standing.grant, &answering(request.actor(&app.address_key), &mut response)).await?;
    Ok(response)
}

/// `GET /grants`: a page of the subject's grants, newest first. One Query, and a GetItem for each.
pub(crate) async fn list(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    let asked = request.query_of(&LIST)?;
    let page = app.registry.grants_of(&caller.id, asked.cursor.as_ref(), LISTED).await?;
    Ok(HttpResponse::of(&LIST, &page.map(|grant| shown(grant, now))))
}

fn unknown() -> Problem {
    tracing::warn!(event = "lookup-failed", by = "grant", "a grant is unknown");
    GRANT_UNKNOWN.into()
}

/// One GetItem; none when the code is mistyped.
async fn with_code(app: &App, text: &str) -> Result<StandingGrant, Problem> {
    let code = VerificationCode::parse(text).map_err(|error| {
        let detail = error.to_string().replace("核验码", "授权码");
        GRANT_MISTYPED.detail(detail)
    })?;
    app.registry.grant(&code).await?.ok_or_else(unknown)
}

/// `POST /grants/{code}/revocation`: from now on it lets nobody query. One GetItem, one
/// TransactWriteItems.
pub(crate) async fn revoke(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let mut standing = with_code(app, &request.path_of(&REVOKE)?.code).await?;
    if standing.grant.subject != caller.id {
        return Err(unknown());
    }
    precondition::expect(request, version(&standing))?;
    if standing.revoked_at.is_some() {
        return Err(GRANT_REVOKED_ALREADY.into());
    }
    let now = app.clock.now();
    standing.revoked_at = Some(now);
    let mut response = answer(&REVOKE, &standing, now);
    if !app
        .registry
        .revoke_grant(&standing.grant, &answering(request.actor(&app.address_key), &mut response), now)
        .await?
    {
        return Err(VERSION_OUTDATED.into());
    }
    Ok(response)
}

/// `POST /grants/{code}/reports`: the third party gets a report within the grant's scope. Refusals are in the subject's
/// access log. One GetItem more than `POST /reports`.
pub(crate) async fn query(app: &App, caller: ThirdParty, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = if request.bytes()?.is_empty() { QueryRequest::default() } else { request.body_of(&QUERY)? };
    let standing = with_code(app, &request.path_of(&QUERY)?.code).await?;
    let now = app.clock.now();
    let grant = &standing.grant;
    let today = china_time::date(now);
    let domains = asked.domains.as_deref().map_or_else(|| Ok(grant.domains.clone()), chosen)?;
    let log = async |refusal: GrantRefusal| {
        let (actor, object) = (request.actor(&app.address_key), ending(&grant.code));
        app.registry.note_refusal(&grant.subject, &actor, now, &object, refusal).await?;
        tracing::info!(third_party = %caller.id, refusal = refusal.code(), "a query under a grant was refused");
        Err(Problem::from(refusal).noted())
    };
    let period = match asked.period {
        Some(period) => Period::new(period.from, period.to, today).map_err(ReportRefusal::from)?,
        None => match grant.period_until(today) {
            Some(period) => period,
            None => return log(GrantRefusal::NotBegun).await,
        },
    };
    if let Err(refusal) = standing.admit(asker(&caller), &period, &domains, now) {
        return log(refusal).await;
    }
    let subject = Subject {
        id: grant.subject,
        name: grant.subject_name.clone(),
        masked_id_number: grant.masked_id_number.clone(),
    };
    // A name is no account: who uses the grant first has it.
    let holder = grant.grantee.organisation.is_none().then_some(caller.id.as_str());
    let party = caller.recipient();
    let asked_by = AskedBy::ThirdParty(UseOfGrant { grant: &grant.code, uses: grant.uses, holder, party: &party });
    match issue_for(
        app,
        subject,
        Wanted { period, domains, purpose: grant.purpose, disclosure: Disclosure::Full },
        asked_by,
        request.actor(&app.address_key),
        now,
    )
    .await
    {
        Err(problem) if problem.is(GRANT_OVER) => {
            // Revoked or spent between the look and the issue.
            let now_standing = app.registry.grant(&grant.code).await?;
            let why = now_standing.and_then(|standing| standing.lasts_for(asker(&caller), now).err());
            log(why.unwrap_or(GrantRefusal::Spent)).await
        }
        issued => issued,
    }
}

/// `GET /authorised-reports`: a page of what the third party had under grants, newest first. It says what was asked for, and nothing
/// of what the reports say: for these the grant's own list is asked, in the subject's audit. One Query, two BatchGetItem.
pub(crate) async fn had(app: &App, caller: ThirdParty, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let (asked, now) = (request.query_of(&HAD)?, app.clock.now());
    let page = app.registry.reports_of_party(&caller.recipient(), asked.cursor.as_ref(), LISTED).await?;
    let page = page.map(|(filed, standing)| HadReport {
        number: filed.report.number.clone(),
        subject: filed.report.subject_name.clone(),
        issued_at: filed.report.issued_at,
        period: filed.report.period,
        purpose: filed.report.purpose,
        domains: filed.report.counts.len(),
        status: filed.told_status(),
        grant: standing.grant.code,
        until: standing.grant.until,
        state: standing.state(now),
    });
    Ok(HttpResponse::of(&HAD, &page))
}

fn asker(caller: &ThirdParty) -> Asker<'_> {
    Asker { account: &caller.id, name: &caller.name, organisation: caller.organisation.as_ref() }
}

/// `GET /grants/{code}/reports`: a page of the reports that the third party had under the grant, with fresh download addresses,
/// as long as the grant lasts; it costs no use. One GetItem, one Query, one BatchGetItem, and a PutItem for the audit.
pub(crate) async fn reports(app: &App, caller: ThirdParty, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let standing = with_code(app, &request.path_of(&REPORTS)?.code).await?;
    let (actor, now, object) = (request.actor(&app.address_key), app.clock.now(), ending(&standing.grant.code));
    let subject = standing.grant.subject;
    if let Err(refusal) = standing.lasts_for(asker(&caller), now) {
        app.registry.note_refusal(&subject, &actor, now, &object, refusal).await?;
        return Err(Problem::from(refusal).noted());
    }
    let asked = request.query_of(&REPORTS)?;
    let page = app.registry.reports_under(&standing.grant.code, asked.cursor.as_ref(), LISTED).await?;
    app.registry.note_access(&subject, &actor, now, Action::GrantReportsRead, &object).await?;
    let mut items = vec![];
    for filed in &page.items {
        items.push(opened(app, &filed.report, &filed.newest()).await?);
    }
    Ok(HttpResponse::of(&REPORTS, &Page { items, next: page.next }))
}
