//! Applications for repair: a subject applies with its proof, the unit decides, the record is marked (R5).

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use xinzheng_domain::attachment::AttachmentId;
use xinzheng_domain::record::Repair;
use xinzheng_domain::repair_application::{
    self, RepairApplication, RepairApplicationId, RepairMove, RepairRefusal, RepairState,
};
use xinzheng_domain::{DocumentNumber, RecordId, UnitCode, china_time};
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::precondition::{self, etag};
use xinzheng_runtime::randomness::random;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Subject, Unit, cursor};
use xinzheng_store::Page;
use xinzheng_store::Stepped;
use xinzheng_store::Whose;

use crate::follow::PAGE;
use crate::{App, Party, attach};

/// What the subject sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Application {
    record: RecordId,
    proof: String,
    /// The public commitment.
    #[serde(default)]
    commitment: Option<String>,
    /// Ids that `POST /attachments` gave.
    #[serde(default)]
    attachments: Vec<AttachmentId>,
}

/// What the unit decides.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decision {
    outcome: Outcome,
    reason: String,
    /// With `granted`: the decision's document.
    #[serde(default)]
    repair: Option<GrantedRepair>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    Granted,
    Refused,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantedRepair {
    document: DocumentNumber<'static>,
    date: Date,
    #[serde(default)]
    content: Option<String>,
}

impl GrantedRepair {
    /// The repair, as this unit's.
    pub(crate) fn by(self, unit: UnitCode) -> Repair<'static> {
        Repair {
            authority: unit.name().into(),
            document: self.document,
            date: self.date,
            content: self.content.map(Into::into),
        }
    }
}

pub(crate) fn refused(refusal: &RepairRefusal) -> Problem {
    let (status, code) = match refusal {
        RepairRefusal::Text => (422, "text-missing"),
        RepairRefusal::Commitment => (422, "commitment-missing"),
        RepairRefusal::TooEarly(_) => (409, "publicity-too-short"),
        RepairRefusal::State(_) => (409, "repair-state"),
        RepairRefusal::Repair => (422, "repair-unfit"),
        RepairRefusal::Date => (422, "repair-date"),
    };
    Problem::new(status, code, refusal.to_string())
}

fn described(application: &RepairApplication) -> Value {
    let mut body = json!(application);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("state_title".to_owned(), json!(application.state.title()));
        fields.insert("unit_name".to_owned(), json!(application.unit.name()));
    }
    body
}

fn answer(status: u16, application: &RepairApplication) -> HttpResponse {
    HttpResponse::json(status, &described(application)).header("etag", etag(application.version))
}

/// `POST /repairs`: 201 with the application. Two GetItem, a GetItem and a GetObject for each attachment, one
/// TransactWriteItems.
pub(crate) async fn apply(
    app: &App,
    caller: Subject,
    request: &HttpRequest,
    application: Application,
) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    let proof = repair_application::text(&application.proof).map_err(|refusal| refused(&refusal))?;
    let unknown = || Problem::new(404, "record-unknown", "没有这条记录").hint("请从报告或记录列表中选择要修复的记录");
    let (standing, unit) = app.registry.record(&caller.id, &application.record).await?.ok_or_else(unknown)?;
    if !standing.is_reported() {
        return Err(Problem::new(409, "record-withdrawn", "此记录已撤销，无需修复"));
    }
    if standing.repair.is_some() {
        return Err(Problem::new(409, "record-repaired", "此记录已修复"));
    }
    let today = china_time::date(now);
    repair_application::admit(&standing.record, standing.severity, today).map_err(|refusal| refused(&refusal))?;
    let commitment = repair_application::commitment(application.commitment.as_deref(), today);
    let commitment = commitment.map_err(|refusal| refused(&refusal))?;
    let attachments = attach::checked(app, &caller, &application.attachments).await?;
    let application = RepairApplication {
        id: RepairApplicationId::new(now, random()?),
        subject: caller.id,
        record: application.record,
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
    let mut response = answer(201, &application).header("location", format!("/repairs/{}", application.id));
    match app.registry.apply_for_repair(&application, &answering(app.actor(request), &mut response)).await? {
        Stepped::Done => Ok(response),
        Stepped::Overtaken => {
            Err(Problem::new(409, "repair-open", "此记录已有正在办理的修复申请").hint("请等待办理结果，或先撤回原申请"))
        }
    }
}

/// A page of applications: a subject's own, newest first; those that wait for a unit, oldest first; those of `?unit=` for
/// the platform. One Query, and a GetItem for each.
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
    let Page { items: applications, next } = app.registry.repair_applications(of, cursor.as_ref(), PAGE).await?;
    let applications: Vec<Value> = applications.iter().map(described).collect();
    Ok(HttpResponse::json(200, &json!({ "repairs": applications, "next": next })))
}

async fn named(app: &App, party: &Party, request: &HttpRequest) -> Result<RepairApplication, Problem> {
    let unknown = || Problem::new(404, "repair-unknown", "没有这份修复申请").hint("请核对申请编号");
    let id = RepairApplicationId::parse(request.path_parameter("id")).ok_or_else(unknown)?;
    let application = app.registry.repair_application(&id).await?;
    let may_see = |application: &RepairApplication| match party {
        Party::Subject(subject) => subject.id == application.subject,
        Party::Unit(unit) => unit.may_change(application.unit),
        Party::Platform => true,
    };
    application.filter(may_see).ok_or_else(unknown)
}

/// One application. One GetItem.
pub(crate) async fn one(app: &App, party: Party, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    named(app, &party, request).await.map(|application| answer(200, &application))
}

/// `GET /repairs/{id}/attachments/{attachment}`: sends whoever may see the application on to the file.
pub(crate) async fn attachment(app: &App, party: Party, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let application = named(app, &party, request).await?;
    attach::handed_out(app, &application.subject, &application.attachments, request).await
}

/// `POST /repairs/{id}/decision`. Two GetItem, one TransactWriteItems.
pub(crate) async fn decide(
    app: &App,
    unit: Unit,
    request: &HttpRequest,
    decision: Decision,
) -> Result<HttpResponse, Problem> {
    let by = match decision.outcome {
        Outcome::Granted => RepairMove::Grant,
        Outcome::Refused => RepairMove::Refuse,
    };
    let repair = decision.repair.map(|granted| granted.by(unit.code));
    step(app, &Party::Unit(unit.code), request, by, &decision.reason, repair).await
}

/// `POST /repairs/{id}/retraction`: the subject takes it back. One GetItem, one TransactWriteItems.
pub(crate) async fn retract(app: &App, subject: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    step(app, &Party::Subject(subject), request, RepairMove::Withdraw, "", None).await
}

async fn step(
    app: &App,
    party: &Party,
    request: &HttpRequest,
    by: RepairMove,
    reason: &str,
    repair: Option<Repair<'static>>,
) -> Result<HttpResponse, Problem> {
    let before = named(app, party, request).await?;
    precondition::expect(request, before.version)?;
    let now = app.clock.now();
    if let Some(repair) = &repair {
        let found = app.registry.record(&before.subject, &before.record).await?;
        let (standing, _) = found.ok_or_else(precondition::outdated)?;
        repair_application::dated(repair, &standing.record, china_time::date(now))
            .map_err(|refusal| refused(&refusal))?;
    }
    let after = before.moved(by, now, reason, repair).map_err(|refusal| refused(&refusal))?;
    let mut response = answer(200, &after);
    match app.registry.move_repair(&before, &after, &answering(app.actor(request), &mut response), now).await? {
        Stepped::Done => {
            tracing::info!(application = %after.id, state = ?after.state, "an application for repair was moved");
            Ok(response)
        }
        Stepped::Overtaken => Err(precondition::outdated()),
    }
}
