//! `POST /reports/{number}/withdrawal`: the platform takes a report back, and whoever verifies it learns why (R13).

use serde::Deserialize;
use serde_json::json;
use xinzheng_domain::{ReportNumber, ReportWithdrawal};
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::precondition::{self, etag};
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Problem};
use xinzheng_store::Stepped;

use crate::App;
use crate::list::version;

/// Why a report is taken back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithdrawalRequest {
    reason: String,
}

/// The longest reason, in characters.
const LONGEST: usize = 500;

/// Two GetItem, one TransactWriteItems.
pub(crate) async fn withdraw(
    app: &App,
    operator: Operator,
    request: &HttpRequest,
    wanted: WithdrawalRequest,
) -> Result<HttpResponse, Problem> {
    let unknown = || Problem::new(404, "report-unknown", "没有这份报告").hint("请核对报告编号");
    let reason = wanted.reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > LONGEST {
        return Err(Problem::new(422, "reason-missing", "请写明收回的原因").hint(format!("1 至 {LONGEST} 字")));
    }
    let number = ReportNumber::parse(request.path_parameter("number")).ok_or_else(unknown)?;
    let filed = app.registry.report_by_number(&number).await?.ok_or_else(unknown)?;
    precondition::expect(request, version(&filed))?;
    if filed.withdrawal.is_some() {
        return Err(Problem::new(409, "report-withdrawn", "此报告已收回"));
    }
    let withdrawal = ReportWithdrawal { at: app.clock.now(), reason };
    let body = json!({ "number": number, "status": "withdrawn", "withdrawal": withdrawal });
    let mut response = HttpResponse::json(200, &body).header("etag", etag(2));
    let actor = answering(app.actor(request), &mut response);
    if app.registry.withdraw_report(&filed.report, &withdrawal, &actor).await? == Stepped::Overtaken {
        return Err(precondition::outdated());
    }
    tracing::info!(%number, operator = %operator.id, "a report was taken back");
    Ok(response)
}
