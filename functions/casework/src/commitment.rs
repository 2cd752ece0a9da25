//! Commitments: a subject makes them, the unit tracks them, a false one bars the subject until the platform decides
//! otherwise (R14, R16).

use xinzheng_api::Endpoint;
use xinzheng_api::commitment::{
    CommitmentCase, CommitmentOutcome, CommitmentPath, LIFT, LIST, MAKE, READ, TRACK, UNCOVERED_DOMAINS,
    UncoveredDomain as Uncovered, UncoveredDomains,
};
use xinzheng_domain::audit::Action;
use xinzheng_domain::case::commitment::{
    self, Commitment, CommitmentId, CommitmentMove, CommitmentRefusal, CommitmentState, UncoveredDomain,
};
use xinzheng_domain::china_time;
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::precondition::{self, etag};
use xinzheng_runtime::problem::{DOMAIN_NOT_OPEN, VERSION_OUTDATED};
use xinzheng_runtime::randomness::random;
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Party, Problem, Subject, Unit};
use xinzheng_store::Committed;

use crate::App;
use crate::case::{Guarded, note_list, whose};
use crate::follow::PAGE;

/// As everyone sees it who may see it.
pub(crate) fn shown(commitment: Commitment) -> CommitmentCase {
    CommitmentCase { state_title: commitment.state.title().to_owned(), unit_name: commitment.unit.name(), commitment }
}

fn answer<P, Q, B>(endpoint: &Endpoint<P, Q, B, CommitmentCase>, commitment: &Commitment) -> HttpResponse {
    HttpResponse::of(endpoint, &shown(commitment.clone())).header("etag", etag(commitment.version))
}

/// `GET /uncovered-domains`. No call.
pub(crate) fn uncovered_domains() -> HttpResponse {
    let domains = UncoveredDomain::all()
        .iter()
        .map(|domain| Uncovered { name: domain.name.clone(), unit: domain.unit, unit_name: domain.unit.name() })
        .collect();
    HttpResponse::of(&UNCOVERED_DOMAINS, &UncoveredDomains { domains }).header("cache-control", "public, max-age=3600")
}

/// `POST /commitments`: 201 with the commitment. One TransactWriteItems.
pub(crate) async fn make(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let wanted = request.body_of(&MAKE)?;
    let now = app.clock.now();
    let domain = UncoveredDomain::all().iter().find(|domain| domain.name == wanted.domain.trim());
    let domain = domain.ok_or(DOMAIN_NOT_OPEN)?;
    let text = commitment::text(&wanted.text)?;
    if wanted.until <= china_time::date(now) {
        return Err(CommitmentRefusal::Until.into());
    }
    let commitment = Commitment {
        id: CommitmentId::new(now, random()?),
        subject: caller.id,
        domain: domain.name.clone(),
        unit: domain.unit,
        text,
        until: wanted.until,
        made_at: now,
        state: CommitmentState::Made,
        steps: vec![],
        version: 1,
    };
    let location = READ.address(&CommitmentPath { id: commitment.id.clone() }, &());
    let mut response = answer(&MAKE, &commitment).header("location", location);
    app.registry.make_commitment(&commitment, &answering(request.actor(&app.address_key), &mut response)).await?;
    Ok(response)
}

/// `GET /commitments`: a subject's own, those that a unit tracks, those of `?unit=` for the platform. One Query, and a GetItem
/// for each.
pub(crate) async fn list(app: &App, party: Party, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&LIST)?;
    let of = whose(&party, asked.unit)?;
    note_list(app, &party, request, Action::CommitmentsListed).await?;
    let page = app.registry.commitments(of, asked.cursor.as_ref(), PAGE).await?;
    Ok(HttpResponse::of(&LIST, &page.map(shown)))
}

/// `GET /commitments/{id}`. One GetItem, and a PutItem for the audit.
pub(crate) async fn one(
    app: &App,
    asked: Guarded<Commitment, Party>,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    asked.note_read(app, request, Action::CommitmentRead).await?;
    Ok(answer(&READ, &asked.case))
}

/// `POST /commitments/{id}/steps`: the unit notes a check or the outcome, with its evidence. One GetItem, one
/// TransactWriteItems.
pub(crate) async fn track(
    app: &App,
    asked: Guarded<Commitment, Unit>,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let finding = request.body_of(&TRACK)?;
    let by = match finding.outcome {
        CommitmentOutcome::Checked => CommitmentMove::Check,
        CommitmentOutcome::Kept => CommitmentMove::Keep,
        CommitmentOutcome::Broken => CommitmentMove::Break,
        CommitmentOutcome::False => CommitmentMove::Falsify,
    };
    step(app, &asked.case, (&TRACK, request), by, &finding.evidence).await
}

/// `POST /commitments/{id}/lifting`: the platform lifts the bar, with its reason. One GetItem, one TransactWriteItems.
pub(crate) async fn lift(
    app: &App,
    asked: Guarded<Commitment, Operator>,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let lifting = request.body_of(&LIFT)?;
    step(app, &asked.case, (&LIFT, request), CommitmentMove::Lift, &lifting.reason).await
}

async fn step<P, B>(
    app: &App,
    before: &Commitment,
    (endpoint, request): (&Endpoint<P, (), B, CommitmentCase>, &HttpRequest),
    by: CommitmentMove,
    evidence: &str,
) -> Result<HttpResponse, Problem> {
    precondition::expect(request, before.version)?;
    let (now, actor) = (app.clock.now(), request.actor(&app.address_key));
    let after = before.moved(by, now, &actor.name, evidence)?;
    let mut response = answer(endpoint, &after);
    let actor = answering(actor, &mut response);
    match app.registry.move_commitment(before, &after, by, &actor, now).await? {
        Committed::Done => {
            tracing::info!(commitment = %after.id, state = ?after.state, "a commitment was moved");
            Ok(response)
        }
        Committed::Overtaken => Err(VERSION_OUTDATED.into()),
    }
}
