//! `POST /reports/{number}/withdrawal`: the platform takes a report back, and whoever verifies it learns why (R13).

use xinzheng_api::report::{WITHDRAW, WithdrawnReport};
use xinzheng_domain::character::written;
use xinzheng_domain::{ReportStatus, ReportWithdrawal};
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::precondition::{self, etag};
use xinzheng_runtime::problem::{REASON_MISSING, REPORT_UNKNOWN, REPORT_WITHDRAWN, VERSION_OUTDATED};
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Problem};
use xinzheng_store::Committed;

use crate::App;
use crate::list::version;

/// The longest reason, in characters.
const LONGEST: usize = 500;

/// Two GetItem, one TransactWriteItems.
pub(crate) async fn withdraw(app: &App, operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let wanted = request.body_of(&WITHDRAW)?;
    let reason = written(&wanted.reason).to_owned();
    if reason.is_empty() || reason.chars().count() > LONGEST {
        return Err(REASON_MISSING.titled("请写明收回的原因").hint(format!("1 至 {LONGEST} 字")));
    }
    let number = request.path_of(&WITHDRAW)?.number;
    let filed = app.registry.report_by_number(&number).await?.ok_or(REPORT_UNKNOWN)?;
    precondition::expect(request, version(&filed))?;
    if filed.withdrawal.is_some() {
        return Err(REPORT_WITHDRAWN.into());
    }
    let withdrawal = ReportWithdrawal { at: app.clock.now(), reason };
    let withdrawn =
        WithdrawnReport { number: number.clone(), status: ReportStatus::Withdrawn, withdrawal: withdrawal.clone() };
    let mut response = HttpResponse::of(&WITHDRAW, &withdrawn).header("etag", etag(2));
    let actor = answering(request.actor(&app.address_key), &mut response);
    if app.registry.withdraw_report(&filed.report, &withdrawal, &actor).await? == Committed::Overtaken {
        return Err(VERSION_OUTDATED.into());
    }
    tracing::info!(%number, operator = %operator.id, "a report was taken back");
    Ok(response)
}
