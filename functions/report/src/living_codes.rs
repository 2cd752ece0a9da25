//! Living codes: a subject makes one, sees how often it was looked at, and ends it. What one shows is worked out at the look
//! (`functions/verify/src/living.rs`).

use jiff::{SignedDuration, Timestamp};
use xinzheng_api::living_code::{END, LIST, LOOK, LivingCodePath, LivingCodeRequest, MAKE, ShownCode};
use xinzheng_domain::DomainId;
use xinzheng_domain::case::living_code::{LivingCode, LivingRefusal, LivingReport, LivingState, StandingLivingReport};
use xinzheng_domain::character::written;
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::problem::{LIVING_CODE_MISTYPED, LIVING_CODE_UNKNOWN};
use xinzheng_runtime::randomness::random_wide;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Subject};

use crate::App;
use crate::issue::{barred, chosen, reported_subject};

/// The most codes of a page.
const LISTED: i32 = 25;

/// As its subject sees it.
fn shown(standing: StandingLivingReport, now: Timestamp) -> ShownCode {
    let path = LOOK.address(&LivingCodePath::of(&standing.report.code), &());
    ShownCode { state: standing.state(now), path, standing }
}

/// `POST /living-codes`: 201 with the code. Whoever has no report has no code. One Query, one TransactWriteItems; another Query for
/// whoever is barred.
pub(crate) async fn make(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let wanted = request.body_of(&MAKE)?;
    let now = app.clock.now();
    let until = ends(&wanted, now)?;
    let domains = wanted.domains.as_deref().map_or_else(|| Ok(DomainId::all().collect()), chosen)?;
    let dossier = app.registry.dossier(&caller.id).await?;
    reported_subject(&caller, dossier.profile.as_ref().map(|(profile, _)| profile))?;
    if !dossier.bars.is_empty() {
        return Err(barred(app, &caller).await?);
    }
    let report = LivingReport {
        code: LivingCode::drawn(random_wide()?),
        subject: caller.id,
        subject_name: caller.name,
        masked_id_number: caller.masked_id_number,
        domains,
        period: wanted.period,
        purpose: wanted.purpose,
        disclosure: wanted.disclosure,
        shown_to: wanted.shown_to.map(|name| written(&name).to_owned()),
        until,
        made_at: now,
    };
    report.check()?;
    let standing = StandingLivingReport { report, looks: 0, last_look: None, ended_at: None };
    let report = standing.report.clone();
    let mut response = HttpResponse::of(&MAKE, &shown(standing, now));
    app.registry.make_living_code(&report, &answering(request.actor(&app.address_key), &mut response)).await?;
    Ok(response)
}

/// When a code that is made now ends.
fn ends(wanted: &LivingCodeRequest, now: Timestamp) -> Result<Timestamp, LivingRefusal> {
    match (wanted.until, wanted.minutes) {
        (Some(until), None) => Ok(until),
        (None, Some(minutes)) => {
            now.checked_add(SignedDuration::from_mins(minutes.into())).map_err(|_| LivingRefusal::Until)
        }
        _ => Err(LivingRefusal::Until),
    }
}

/// `GET /living-codes`: a page of the subject's codes, newest first. One Query, one BatchGetItem.
pub(crate) async fn list(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    let asked = request.query_of(&LIST)?;
    let page = app.registry.living_codes_of(&caller.id, asked.cursor.as_ref(), LISTED).await?;
    Ok(HttpResponse::of(&LIST, &page.map(|standing| shown(standing, now))))
}

/// `POST /living-codes/{code}/end`: from now on it shows nothing; of one that is over anyway nothing changes. One GetItem, one
/// TransactWriteItems.
pub(crate) async fn end(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let code = LivingCode::parse(&request.path_of(&END)?.code).map_err(|_| LIVING_CODE_MISTYPED)?;
    let found = app.registry.living_code(&code).await?;
    let mut standing = found.filter(|found| found.report.subject == caller.id).ok_or(LIVING_CODE_UNKNOWN)?;
    let now = app.clock.now();
    if standing.state(now) != LivingState::Active {
        return Ok(HttpResponse::of(&END, &shown(standing, now)));
    }
    standing.ended_at = Some(now);
    let mut response = HttpResponse::of(&END, &shown(standing.clone(), now));
    let actor = answering(request.actor(&app.address_key), &mut response);
    if app.registry.end_living_code(&standing.report, &actor, now).await? {
        return Ok(response);
    }
    // Another request has ended it meanwhile.
    let ended = app.registry.living_code(&code).await?.ok_or(LIVING_CODE_UNKNOWN)?;
    Ok(HttpResponse::of(&END, &shown(ended, now)))
}
