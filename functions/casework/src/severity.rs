//! `POST /records/{id}/severity`: a unit sets how grave a record of its is, where the rule lets it choose (信用修复管理办法).

use serde::Deserialize;
use serde_json::json;
use xinzheng_domain::RecordId;
use xinzheng_domain::publicity::Severity;
use xinzheng_domain::repair_application::{LONGEST_TEXT, text};
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Unit, precondition};
use xinzheng_store::severity::Classified;

use crate::App;

/// How grave, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    severity: Severity,
    cause: String,
}

/// One GetItem, one TransactWriteItems.
pub(crate) async fn set(app: &App, unit: Unit, request: &HttpRequest, wanted: Wanted) -> Result<HttpResponse, Problem> {
    let unknown = || Problem::new(404, "record-unknown", "没有这条记录").hint("只能设定本单位记录的失信程度");
    let id = RecordId::parse(request.path_parameter("id")).ok_or_else(unknown)?;
    let cause = text(&wanted.cause)
        .map_err(|_| Problem::new(422, "reason-missing", "请写明设定的事由").hint(format!("1 至 {LONGEST_TEXT} 字")))?;
    let severity = wanted.severity;
    let body = json!({ "record": id, "severity": severity, "severity_title": severity.title(), "cause": cause });
    let mut response = HttpResponse::json(200, &body);
    let actor = answering(app.actor(request), &mut response);
    match app.registry.classify(&id, unit.code, severity, &cause, &actor, app.clock.now()).await? {
        Classified::Done => Ok(response),
        Classified::NoRecord => Err(unknown()),
        Classified::Fixed(choices) => {
            let titles: Vec<_> = choices.iter().map(|severity| severity.title()).collect();
            Err(Problem::new(409, "severity-fixed", "按现行规定，此记录的失信程度不能这样设定")
                .hint(format!("可以是：{}", titles.join("、"))))
        }
        Classified::Overtaken => Err(precondition::outdated()),
    }
}
