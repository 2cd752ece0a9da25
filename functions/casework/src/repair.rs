//! Applications for repair: a subject applies with its proof, the unit decides, the record is marked (R5).

use xinzheng_api::Endpoint;
use xinzheng_api::objection::GrantedRepair;
use xinzheng_api::repair::{APPLY, ATTACHMENT, DECIDE, LIST, READ, RETRACT, RepairCase, RepairOutcome, RepairPath};
use xinzheng_domain::audit::Action;
use xinzheng_domain::case::repair_application::{
    self, RepairApplication, RepairApplicationId, RepairMove, RepairState,
};
use xinzheng_domain::record::Repair;
use xinzheng_domain::{UnitCode, china_time};
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::precondition::{self, etag};
use xinzheng_runtime::problem::{RECORD_REPAIRED, RECORD_UNKNOWN, RECORD_WITHDRAWN, REPAIR_OPEN, VERSION_OUTDATED};
use xinzheng_runtime::randomness::random;
use xinzheng_runtime::{HttpRequest, HttpResponse, Party, Problem, Subject, Unit};
use xinzheng_store::Committed;

use crate::App;
use crate::attach;
use crate::case::{Guarded, note_list, whose};
use crate::follow::PAGE;

/// A repair as this unit's.
pub(crate) fn granted_by(unit: UnitCode, granted: GrantedRepair) -> Repair<'static> {
    Repair {
        authority: unit.name().into(),
        document: granted.document,
        date: granted.date,
        content: granted.content.map(Into::into),
    }
}

/// As everyone sees it who may see it.
pub(crate) fn shown(application: RepairApplication) -> RepairCase {
    RepairCase { state_title: application.state.title().to_owned(), unit_name: application.unit.name(), application }
}

fn answer<P, Q, B>(endpoint: &Endpoint<P, Q, B, RepairCase>, application: &RepairApplication) -> HttpResponse {
    HttpResponse::of(endpoint, &shown(application.clone())).header("etag", etag(application.version))
}

/// `POST /repairs`: 201 with the application. Two GetItem, a GetItem and a GetObject for each attachment, one
/// TransactWriteItems.
pub(crate) async fn apply(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let wanted = request.body_of(&APPLY)?;
    let now = app.clock.now();
    let proof = repair_application::text(&wanted.proof)?;
    let unknown = || RECORD_UNKNOWN.hint("请从报告或记录列表中选择要修复的记录");
    let (standing, unit) = app.registry.record(&caller.id, &wanted.record).await?.ok_or_else(unknown)?;
    if !standing.is_reported() {
        return Err(RECORD_WITHDRAWN.titled("此记录已撤销，无需修复"));
    }
    if standing.repair.is_some() {
        return Err(RECORD_REPAIRED.into());
    }
    let today = china_time::date(now);
    repair_application::admit(&standing.record, standing.severity, today)?;
    let commitment = repair_application::commitment(wanted.commitment.as_deref(), today)?;
    let attachments = attach::checked(app, &caller, &wanted.attachments).await?;
    let application = RepairApplication {
        id: RepairApplicationId::new(now, random()?),
        subject: caller.id,
        record: wanted.record,
        document: standing.record.document.to_string(),
        domain: standing.record.domain,
        unit,
        proof,
        commitment,
        attachments,
        submitted_at: now,
        state: RepairState::Submitted,
        decision: None,
        version: 1,
    };
    let location = READ.address(&RepairPath { id: application.id.clone() }, &());
    let mut response = answer(&APPLY, &application).header("location", location);
    match app
        .registry
        .apply_for_repair(&application, &answering(request.actor(&app.address_key), &mut response))
        .await?
    {
        Committed::Done => Ok(response),
        Committed::Overtaken => Err(REPAIR_OPEN.into()),
    }
}

/// `GET /repairs`: a subject's own, newest first; those that wait for a unit, oldest first; those of `?unit=` for the platform.
/// One Query, and a GetItem for each.
pub(crate) async fn list(app: &App, party: Party, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&LIST)?;
    let of = whose(&party, asked.unit)?;
    note_list(app, &party, request, Action::RepairsListed).await?;
    let page = app.registry.repair_applications(of, asked.cursor.as_ref(), PAGE).await?;
    Ok(HttpResponse::of(&LIST, &page.map(shown)))
}

/// `GET /repairs/{id}`. One GetItem, and a PutItem for the audit.
pub(crate) async fn one(
    app: &App,
    asked: Guarded<RepairApplication, Party>,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    asked.note_read(app, request, Action::RepairRead).await?;
    Ok(answer(&READ, &asked.case))
}

/// `GET /repairs/{id}/attachments/{attachment}`: sends whoever may see the application on to the file.
pub(crate) async fn download(
    app: &App,
    asked: Guarded<RepairApplication, Party>,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let wanted = request.path_of(&ATTACHMENT)?.attachment;
    attach::handed_out(app, &asked.case.subject, &asked.case.attachments, &wanted, request).await
}

/// `POST /repairs/{id}/decision`. Two GetItem, one TransactWriteItems.
pub(crate) async fn decide(
    app: &App,
    asked: Guarded<RepairApplication, Unit>,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (decision, unit) = (request.body_of(&DECIDE)?, asked.caller);
    let by = match decision.outcome {
        RepairOutcome::Granted => RepairMove::Grant,
        RepairOutcome::Refused => RepairMove::Refuse,
    };
    let repair = decision.repair.map(|granted| granted_by(unit.code, granted));
    step(app, &asked.case, (&DECIDE, request), by, &decision.reason, repair).await
}

/// `POST /repairs/{id}/retraction`: the subject takes it back. One GetItem, one TransactWriteItems.
pub(crate) async fn retract(
    app: &App,
    asked: Guarded<RepairApplication, Subject>,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    step(app, &asked.case, (&RETRACT, request), RepairMove::Withdraw, "", None).await
}

async fn step<P, B>(
    app: &App,
    before: &RepairApplication,
    (endpoint, request): (&Endpoint<P, (), B, RepairCase>, &HttpRequest),
    by: RepairMove,
    reason: &str,
    repair: Option<Repair<'static>>,
) -> Result<HttpResponse, Problem> {
    precondition::expect(request, before.version)?;
    let now = app.clock.now();
    if let Some(repair) = &repair {
        let found = app.registry.record(&before.subject, &before.record).await?;
        let (standing, _) = found.ok_or(VERSION_OUTDATED)?;
        repair_application::dated(repair, &standing.record, china_time::date(now))?;
    }
    let after = before.moved(by, now, reason, repair)?;
    let mut response = answer(endpoint, &after);
    match app
        .registry
        .move_repair(before, &after, &answering(request.actor(&app.address_key), &mut response), now)
        .await?
    {
        Committed::Done => {
            tracing::info!(application = %after.id, state = ?after.state, "an application for repair was moved");
            Ok(response)
        }
        Committed::Overtaken => Err(VERSION_OUTDATED.into()),
    }
}
