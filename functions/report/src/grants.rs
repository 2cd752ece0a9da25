//! Grants: a subject lets a third party have reports about it, and sees what became of that (R12).

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use xinzheng_domain::audit::Action;
use xinzheng_domain::grant::{Asker, Grant, GrantRefusal, Grantee, StandingGrant};
use xinzheng_domain::period::{PeriodError, SCOPE_START};
use xinzheng_domain::report::ReportRefusal;
use xinzheng_domain::{Disclosure, DomainId, Period, Purpose, SubjectId, VerificationCode, china_time};
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::precondition::{self, etag};
use xinzheng_runtime::randomness::random_wide;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Subject, ThirdParty, cursor};
use xinzheng_store::Page;
use xinzheng_store::grants::ending;
use xinzheng_store::reports::AskedBy;

use crate::App;
use crate::issue::{
    RequestedDomain, RequestedPeriod, Wanted, chosen, described as described_report, issue_for, reported_subject,
};

/// The most grants of a page.
const LISTED: i32 = 50;

/// What a subject grants. Without domains: all; without a period: from 2022-08-01 to today.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantRequest {
    grantee: Grantee,
    #[serde(default)]
    domains: Option<Vec<RequestedDomain>>,
    #[serde(default)]
    period: Option<RequestedPeriod>,
    purpose: Purpose,
    until: Timestamp,
    uses: u32,
}

/// What of the grant's scope the third party asks for; all of it when it does not say.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueryRequest {
    #[serde(default)]
    domains: Option<Vec<RequestedDomain>>,
    #[serde(default)]
    period: Option<RequestedPeriod>,
}

fn refused(refusal: GrantRefusal) -> Problem {
    let status = match refusal {
        GrantRefusal::Grantee | GrantRefusal::Uses | GrantRefusal::Until | GrantRefusal::Period => 422,
        _ => 403,
    };
    Problem::new(status, refusal.code(), refusal.to_string())
}

fn described(grant: &StandingGrant, now: Timestamp) -> Value {
    let mut body = json!(grant);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("state".to_owned(), json!(grant.state(now)));
        fields.insert("version".to_owned(), json!(version(grant)));
    }
    body
}

/// It changes once, when it is revoked: its uses are counted beside it.
fn version(grant: &StandingGrant) -> u8 {
    if grant.revoked_at.is_some() { 2 } else { 1 }
}

fn answer(status: u16, grant: &StandingGrant, now: Timestamp) -> HttpResponse {
    HttpResponse::json(status, &described(grant, now)).header("etag", etag(version(grant)))
}

/// `POST /grants`: 201 with the grant and its code. One TransactWriteItems.
pub(crate) async fn give(
    app: &App,
    caller: Subject,
    request: &HttpRequest,
    wanted: GrantRequest,
) -> Result<HttpResponse, Problem> {
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
        PeriodError::Future => refused(GrantRefusal::Period),
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
        grantee: Grantee { name: name.trim().to_owned(), organisation },
        domains,
        period,
        purpose: wanted.purpose,
        until: wanted.until,
        uses: wanted.uses,
        given_at: now,
    };
    grant.check().map_err(refused)?;
    let standing = StandingGrant { grant, used: 0, revoked_at: None, held_by: None };
    let mut response = answer(201, &standing, now);
    app.registry.give_grant(&standing.grant, &answering(app.actor(request), &mut response)).await?;
    Ok(response)
}

/// `GET /grants`: a page of the subject's grants, newest first. One Query, and a GetItem for each.
pub(crate) async fn list(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    let cursor = cursor::of(request)?;
    let Page { items: grants, next } = app.registry.grants_of(&caller.id, cursor.as_ref(), LISTED).await?;
    let grants: Vec<Value> = grants.iter().map(|grant| described(grant, now)).collect();
    Ok(HttpResponse::json(200, &json!({ "grants": grants, "next": next })))
}

fn unknown() -> Problem {
    tracing::warn!(event = "lookup-failed", by = "grant", "a grant is unknown");
    Problem::new(404, "grant-unknown", "没有这项授权").hint("请核对授权码")
}

/// One GetItem; none when the code is mistyped.
async fn named(app: &App, text: &str) -> Result<StandingGrant, Problem> {
    let code = VerificationCode::parse(text).map_err(|error| {
        let detail = error.to_string().replace("核验码", "授权码");
        Problem::new(404, "grant-mistyped", "授权码有误").detail(detail).hint("请核对授权码")
    })?;
    app.registry.grant(&code).await?.ok_or_else(unknown)
}

/// `POST /grants/{code}/revocation`: from now on it lets nobody query. One GetItem, one
/// TransactWriteItems.
pub(crate) async fn revoke(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let mut standing = named(app, request.path_parameter("code")).await?;
    if standing.grant.subject != caller.id {
        return Err(unknown());
    }
    precondition::expect(request, version(&standing))?;
    if standing.revoked_at.is_some() {
        return Err(Problem::new(409, "grant-revoked", "此授权已撤回"));
    }
    let now = app.clock.now();
    standing.revoked_at = Some(now);
    let mut response = answer(200, &standing, now);
    if !app.registry.revoke_grant(&standing.grant, &answering(app.actor(request), &mut response), now).await? {
        return Err(precondition::outdated());
    }
    Ok(response)
}

/// `POST /grants/{code}/reports`: the third party gets a report within the grant's scope. Refusals are in the subject's
/// access log. One GetItem more than `POST /reports`.
pub(crate) async fn query(
    app: &App,
    caller: ThirdParty,
    request: &HttpRequest,
    asked: QueryRequest,
) -> Result<HttpResponse, Problem> {
    let standing = named(app, request.path_parameter("code")).await?;
    let now = app.clock.now();
    let grant = &standing.grant;
    let today = china_time::date(now);
    let domains = asked.domains.as_deref().map_or_else(|| Ok(grant.domains.clone()), chosen)?;
    let log = async |refusal: GrantRefusal| {
        let (actor, object) = (app.actor(request), ending(&grant.code));
        app.registry.note_refusal(&grant.subject, &actor, now, &object, refusal).await?;
        tracing::info!(third_party = %caller.id, refusal = refusal.code(), "a query under a grant was refused");
        Err(refused(refusal))
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
    let asked_by = AskedBy::ThirdParty { grant: &grant.code, uses: grant.uses, holder };
    match issue_for(
        app,
        subject,
        Wanted { period, domains, purpose: grant.purpose, disclosure: Disclosure::Full },
        asked_by,
        app.actor(request),
        now,
    )
    .await
    {
        Err(problem) if problem.kind().ends_with(":grant-over") => {
            // Revoked or spent between the look and the issue.
            let now_standing = app.registry.grant(&grant.code).await?;
            let why = now_standing.and_then(|standing| standing.lasts_for(asker(&caller), now).err());
            log(why.unwrap_or(GrantRefusal::Spent)).await
        }
        issued => issued,
    }
}

fn asker(caller: &ThirdParty) -> Asker<'_> {
    Asker { account: &caller.id, name: &caller.name, organisation: caller.organisation.as_ref() }
}

/// `GET /grants/{code}/reports`: a page of the reports that the third party had under the grant, with fresh download addresses,
/// as long as the grant lasts; it costs no use. One GetItem, one Query, one BatchGetItem, and a PutItem for the audit.
pub(crate) async fn reports(app: &App, caller: ThirdParty, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let standing = named(app, request.path_parameter("code")).await?;
    let (actor, now, object) = (app.actor(request), app.clock.now(), ending(&standing.grant.code));
    let subject = standing.grant.subject;
    if let Err(refusal) = standing.lasts_for(asker(&caller), now) {
        app.registry.note_refusal(&subject, &actor, now, &object, refusal).await?;
        return Err(refused(refusal));
    }
    let cursor = cursor::of(request)?;
    let Page { items, next } = app.registry.reports_under(&standing.grant.code, cursor.as_ref(), LISTED).await?;
    app.registry.note_access(&subject, &actor, now, Action::GrantReportsRead, &object).await?;
    let mut reports = vec![];
    for filed in &items {
        reports.push(described_report(app, &filed.report).await?);
    }
    Ok(HttpResponse::json(200, &json!({ "reports": reports, "next": next })))
}
