//! `POST /objections`: a subject objects to one of its records, or to the result of its repair.

use xinzheng_api::objection::{ObjectionPath, READ, SUBMIT};
use xinzheng_domain::RecordId;
use xinzheng_domain::case::objection::{self, Contested, LONGEST_REASON, Objection, ObjectionId, ObjectionState};
use xinzheng_domain::case::repair_application::{RepairApplication, RepairState};
use xinzheng_domain::character::written;
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::problem::{
    OBJECTION_OPEN, REASON_MISSING, RECORD_NOT_REPAIRED, RECORD_UNKNOWN, RECORD_WITHDRAWN, REPAIR_NOT_REFUSED,
    REPORT_UNKNOWN,
};
use xinzheng_runtime::randomness::random;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Subject};
use xinzheng_store::{Committed, Whose};

use crate::follow::{PAGE, answer};
use crate::{App, attach};

/// 201 with the objection, its unit and the last day for the answer. One GetItem (two with a report), at times a
/// Query for the calendar, a GetItem and a
/// GetObject for each attachment, one TransactWriteItems.
pub(crate) async fn submit(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let submission = request.body_of(&SUBMIT)?;
    let now = app.clock.now();
    let reasons = written(&submission.reasons).to_owned();
    if reasons.is_empty() || reasons.chars().count() > LONGEST_REASON {
        return Err(REASON_MISSING.titled("请写明异议的理由").hint(format!("1 至 {LONGEST_REASON} 字")));
    }
    let due = objection::due(now, &*app.calendars.get(&app.registry, now).await?);
    if due.provisional {
        tracing::warn!("the calendar ends");
    }
    let unknown = || RECORD_UNKNOWN.hint("请从报告或记录列表中选择要提出异议的记录");
    let (standing, unit) = app.registry.record(&caller.id, &submission.record).await?.ok_or_else(unknown)?;
    if !standing.is_reported() {
        return Err(RECORD_WITHDRAWN.titled("此记录已撤销，无需提出异议"));
    }
    if submission.contested == Contested::Repair && standing.repair.is_none() {
        return Err(RECORD_NOT_REPAIRED.into());
    }
    let refusal = submission.contested == Contested::RepairRefusal;
    let repaired = standing.repair.is_some();
    if refusal && (repaired || !was_refused(app, &caller, &submission.record).await?) {
        return Err(REPAIR_NOT_REFUSED.into());
    }
    if let Some(number) = &submission.report {
        let filed = app.registry.report_by_number(number).await?;
        if filed.is_none_or(|filed| filed.report.subject != caller.id) {
            return Err(REPORT_UNKNOWN.hint("请核对报告编号，或不填写报告编号"));
        }
    }
    let attachments = attach::checked(app, &caller, &submission.attachments).await?;
    let objection = Objection {
        id: ObjectionId::new(now, random()?),
        subject: caller.id,
        record: submission.record,
        contested: submission.contested,
        document: standing.record.document.to_string(),
        kind: standing.record.kind(),
        domain: standing.record.domain,
        unit,
        reasons,
        attachments,
        report: submission.report,
        submitted_at: now,
        due: due.day,
        provisional: due.provisional,
        state: ObjectionState::Submitted,
        escalated_at: None,
        conclusion: None,
        version: 1,
    };
    let location = READ.address(&ObjectionPath { id: objection.id.clone() }, &());
    let mut response = answer(&SUBMIT, app, &objection).header("location", location);
    match app.registry.submit_objection(&objection, &answering(request.actor(&app.address_key), &mut response)).await? {
        Committed::Done => {
            tracing::info!(objection = %objection.id, unit = %unit, "an objection was submitted");
            Ok(response)
        }
        Committed::Overtaken => Err(OBJECTION_OPEN.into()),
    }
}

/// Whether the last application for the record's repair that was decided was refused. A Query and a BatchGetItem for each page
/// of the subject's applications.
async fn was_refused(app: &App, caller: &Subject, record: &RecordId) -> Result<bool, Problem> {
    let mut cursor = None;
    loop {
        let page = app.registry.repair_applications(Whose::Subject(caller.id), cursor.as_ref(), PAGE).await?;
        // The newest stand first.
        let decided = |application: &&RepairApplication| {
            application.record == *record && matches!(application.state, RepairState::Refused | RepairState::Granted)
        };
        if let Some(last) = page.items.iter().find(decided) {
            return Ok(last.state == RepairState::Refused);
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(false),
        }
    }
}
