//! Commitments: a subject makes them, the unit tracks them, a false one bars the subject until the platform decides
//! otherwise (R14, R16).

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use xinzheng_domain::commitment::{
    self, Commitment, CommitmentId, CommitmentMove, CommitmentRefusal, CommitmentState, UncoveredDomain,
};
use xinzheng_domain::{UnitCode, china_time};
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::precondition::{self, etag};
use xinzheng_runtime::randomness::random;
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Problem, Subject, Unit, cursor};
use xinzheng_store::Page;
use xinzheng_store::Stepped;
use xinzheng_store::Whose;

use crate::follow::PAGE;
use crate::{App, Party};

/// What a subject commits itself to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommitmentRequest {
    domain: String,
    text: String,
    until: Date,
}

/// What the unit found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Finding {
    outcome: Outcome,
    evidence: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    /// A check that decides nothing yet.
    Checked,
    Kept,
    Broken,
    False,
}

/// Why the platform lifts a bar.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lifting {
    reason: String,
}

fn refused(refusal: &CommitmentRefusal) -> Problem {
    let (status, code) = match refusal {
        CommitmentRefusal::Domain => (422, "domain-not-open"),
        CommitmentRefusal::Text => (422, "text-missing"),
        CommitmentRefusal::Until => (422, "until-past"),
        CommitmentRefusal::State(_) => (409, "commitment-state"),
    };
    Problem::new(status, code, refusal.to_string())
}

fn described(commitment: &Commitment) -> Value {
    let mut body = json!(commitment);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("state_title".to_owned(), json!(commitment.state.title()));
        fields.insert("unit_name".to_owned(), json!(commitment.unit.name()));
    }
    body
}

fn answer(status: u16, commitment: &Commitment) -> HttpResponse {
    HttpResponse::json(status, &described(commitment)).header("etag", etag(commitment.version))
}

/// `GET /uncovered-domains`: for what subjects may commit themselves. No call.
pub(crate) fn uncovered_domains() -> HttpResponse {
    let domains: Vec<Value> = UncoveredDomain::all()
        .iter()
        .map(|domain| json!({ "name": domain.name, "unit": domain.unit, "unit_name": domain.unit.name() }))
        .collect();
    HttpResponse::json(200, &json!({ "domains": domains })).header("cache-control", "public, max-age=3600")
}

/// `POST /commitments`: 201 with the commitment. One TransactWriteItems.
pub(crate) async fn make(
    app: &App,
    caller: Subject,
    request: &HttpRequest,
    wanted: CommitmentRequest,
) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    let domain = UncoveredDomain::all().iter().find(|domain| domain.name == wanted.domain.trim());
    let domain = domain.ok_or_else(|| refused(&CommitmentRefusal::Domain).hint("可承诺的领域见 /uncovered-domains"))?;
    let text = commitment::text(&wanted.text).map_err(|refusal| refused(&refusal))?;
    if wanted.until <= china_time::date(now) {
        return Err(refused(&CommitmentRefusal::Until));
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
    let mut response = answer(201, &commitment).header("location", format!("/commitments/{}", commitment.id));
    app.registry.make_commitment(&commitment, &answering(app.actor(request), &mut response)).await?;
    Ok(response)
}

/// A page of commitments: a subject's own, those that a unit tracks, those of `?unit=` for the platform. One Query, and a
/// GetItem for each.
pub(crate) async fn list(app: &App, party: Party, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let cursor = cursor::of(request)?;
    let of = match party {
        Party::Subject(subject) => Whose::Subject(subject.id),
        Party::Unit(unit) => Whose::Unit(unit),
        Party::Platform => {
            let unit = request.query_parameter("unit").and_then(UnitCode::parse);
            Whose::Unit(
                unit.ok_or_else(|| Problem::new(422, "unit-missing", "请指明单位").hint("在地址中加 ?unit=单位代码"))?,
            )
        }
    };
    let Page { items: commitments, next } = app.registry.commitments(of, cursor.as_ref(), PAGE).await?;
    let commitments: Vec<Value> = commitments.iter().map(described).collect();
    Ok(HttpResponse::json(200, &json!({ "commitments": commitments, "next": next })))
}

async fn named(app: &App, party: &Party, request: &HttpRequest) -> Result<Commitment, Problem> {
    let unknown = || Problem::new(404, "commitment-unknown", "没有这份承诺").hint("请核对承诺编号");
    let id = CommitmentId::parse(request.path_parameter("id")).ok_or_else(unknown)?;
    let commitment = app.registry.commitment(&id).await?;
    let may_see = |commitment: &Commitment| match party {
        Party::Subject(subject) => subject.id == commitment.subject,
        Party::Unit(unit) => unit.may_change(commitment.unit),
        Party::Platform => true,
    };
    commitment.filter(may_see).ok_or_else(unknown)
}

/// One commitment. One GetItem.
pub(crate) async fn one(app: &App, party: Party, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    named(app, &party, request).await.map(|commitment| answer(200, &commitment))
}

/// `POST /commitments/{id}/steps`: the unit notes a check or the outcome, with its evidence. One GetItem, one
/// TransactWriteItems.
pub(crate) async fn track(
    app: &App,
    unit: Unit,
    request: &HttpRequest,
    finding: Finding,
) -> Result<HttpResponse, Problem> {
    let by = match finding.outcome {
        Outcome::Checked => CommitmentMove::Check,
        Outcome::Kept => CommitmentMove::Keep,
        Outcome::Broken => CommitmentMove::Break,
        Outcome::False => CommitmentMove::Falsify,
    };
    step(app, &Party::Unit(unit.code), request, by, &finding.evidence).await
}

/// `POST /commitments/{id}/lifting`: the platform lifts the bar, with its reason. One GetItem, one TransactWriteItems.
pub(crate) async fn lift(
    app: &App,
    _operator: Operator,
    request: &HttpRequest,
    lifting: Lifting,
) -> Result<HttpResponse, Problem> {
    step(app, &Party::Platform, request, CommitmentMove::Lift, &lifting.reason).await
}

async fn step(
    app: &App,
    party: &Party,
    request: &HttpRequest,
    by: CommitmentMove,
    evidence: &str,
) -> Result<HttpResponse, Problem> {
    let before = named(app, party, request).await?;
    precondition::expect(request, before.version)?;
    let (now, actor) = (app.clock.now(), app.actor(request));
    let after = before.moved(by, now, &actor.name, evidence).map_err(|refusal| refused(&refusal))?;
    let mut response = answer(200, &after);
    let actor = answering(actor, &mut response);
    match app.registry.move_commitment(&before, &after, by, &actor, now).await? {
        Stepped::Done => {
            tracing::info!(commitment = %after.id, state = ?after.state, "a commitment was moved");
            Ok(response)
        }
        Stepped::Overtaken => Err(precondition::outdated()),
    }
}
