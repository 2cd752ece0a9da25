//! Grants: a subject lets a third party have reports about it, and sees what became of that (R12).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use xinzheng_domain::grant::{Grant, GrantRefusal, Grantee, StandingGrant};
use xinzheng_domain::period::SCOPE_START;
use xinzheng_domain::report::ReportRefusal;
use xinzheng_domain::{DomainId, Period, Purpose, VerificationCode, china_time};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Subject, ThirdParty};
use xinzheng_store::reports::AskedBy;

use crate::App;
use crate::issue::{RequestedDomain, RequestedPeriod, chosen, issue_for, random};

/// The most grants, and steps of the access log, of an answer.
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
        GrantRefusal::Grantee | GrantRefusal::Uses | GrantRefusal::Until => 422,
        _ => 403,
    };
    Problem::new(status, refusal.code(), refusal.to_string())
}

fn described(grant: &StandingGrant, now: Timestamp) -> Value {
    let mut body = json!(grant);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("state".to_owned(), json!(grant.state(now)));
    }
    body
}

/// `POST /grants`: 201 with the grant and its code. One TransactWriteItems.
pub(crate) async fn give(app: &App, caller: Subject, request: GrantRequest) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    let today = china_time::date(now);
    let (from, to) = request.period.map_or((SCOPE_START, today), |period| (period.from, period.to));
    let period = Period::new(from, to, today).map_err(ReportRefusal::from)?;
    let domains = request.domains.as_deref().map_or_else(|| Ok(DomainId::all().collect()), chosen)?;
    let code = VerificationCode::drawn(u128::from(random()?) << 64 | u128::from(random()?));
    let Grantee { name, organisation } = request.grantee;
    let grant = Grant {
        code,
        subject: caller.id,
        subject_name: caller.name,
        masked_id_number: caller.masked_id_number,
        grantee: Grantee { name: name.trim().to_owned(), organisation },
        domains,
        period,
        purpose: request.purpose,
        until: request.until,
        uses: request.uses,
        given_at: now,
    };
    grant.check().map_err(refused)?;
    app.registry.give_grant(&grant).await?;
    let standing = StandingGrant { grant, used: 0, revoked_at: None };
    Ok(HttpResponse::json(201, &described(&standing, now)))
}

/// `GET /grants`: the subject's newest grants. One Query, and a GetItem for each.
pub(crate) async fn list(app: &App, caller: Subject) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    let grants = app.registry.grants_of(&caller.id, LISTED).await?;
    let grants: Vec<Value> = grants.iter().map(|grant| described(grant, now)).collect();
    Ok(HttpResponse::json(200, &json!({ "grants": grants })))
}

fn unknown() -> Problem {
    tracing::warn!(event = "lookup-failed", by = "grant", "a grant is unknown");
    Problem::new(404, "grant-unknown", "没有这项授权").hint("请核对授权码")
}

/// One GetItem; none when the code is mistyped.
async fn named(app: &App, text: &str) -> Result<StandingGrant, Problem> {
    let code = VerificationCode::parse(text).map_err(|error| {
        Problem::new(404, "grant-mistyped", "授权码有误").detail(error.to_string()).hint("请核对授权码")
    })?;
    app.registry.grant(&code).await?.ok_or_else(unknown)
}

/// `POST /grants/{code}/revocation`: from now on it lets nobody query. Said again, it stays as it is. One GetItem, one
/// TransactWriteItems.
pub(crate) async fn revoke(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let mut standing = named(app, request.path_parameter("code")).await?;
    if standing.grant.subject != caller.id {
        return Err(unknown());
    }
    let now = app.clock.now();
    if app.registry.revoke_grant(&standing.grant, now).await? {
        standing.revoked_at = Some(now);
    }
    Ok(HttpResponse::json(200, &described(&standing, now)))
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
    let period = match asked.period {
        Some(period) => Period::new(period.from, period.to, china_time::date(now)).map_err(ReportRefusal::from)?,
        None => grant.period,
    };
    let domains = asked.domains.as_deref().map_or_else(|| Ok(grant.domains.clone()), chosen)?;
    let log = async |refusal: GrantRefusal| {
        app.registry.note_refusal(&grant.subject, &grant.code, &caller.name, refusal.code(), now).await?;
        tracing::info!(third_party = %caller.id, refusal = refusal.code(), "a query under a grant was refused");
        Err(refused(refusal))
    };
    if let Err(refusal) = standing.admit(&caller.name, caller.organisation.as_ref(), &period, &domains, now) {
        return log(refusal).await;
    }
    let subject = Subject {
        id: grant.subject,
        name: grant.subject_name.clone(),
        masked_id_number: grant.masked_id_number.clone(),
    };
    let asked_by = AskedBy::ThirdParty { name: &caller.name, grant: &grant.code, uses: grant.uses };
    match issue_for(app, subject, period, domains, grant.purpose, asked_by, now).await {
        Err(problem) if problem.kind().ends_with(":grant-over") => {
            // Revoked or spent between the look and the issue.
            let now_standing = app.registry.grant(&grant.code).await?;
            let revoked = now_standing.is_some_and(|standing| standing.revoked_at.is_some());
            log(if revoked { GrantRefusal::Revoked } else { GrantRefusal::Spent }).await
        }
        issued => issued,
    }
}

/// `GET /access-log`: who has looked at the subject's data, newest first; `cursor` goes on. One Query.
pub(crate) async fn access_log(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let unreadable = || Problem::new(422, "cursor-unreadable", "cursor 无法识别").hint("请使用上一页返回的 next");
    let opened = |cursor: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| unreadable())?;
        String::from_utf8(bytes).ok().filter(|key| key.split('#').count() >= 3).ok_or_else(unreadable)
    };
    let cursor = request.query_parameter("cursor").map(opened).transpose()?;
    let (steps, next) = app.registry.access_log(&caller.id, cursor.as_deref(), LISTED).await?;
    let next = next.map(|next| URL_SAFE_NO_PAD.encode(next));
    Ok(HttpResponse::json(200, &json!({ "steps": steps, "next": next })))
}
