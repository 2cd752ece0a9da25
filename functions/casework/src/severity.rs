//! `POST /records/{id}/severity`: a unit sets how grave a record of its is, where the rule lets it choose (信用修复管理办法).

use xinzheng_api::record::{CLASSIFY, ClassifiedRecord};
use xinzheng_domain::case::repair_application::{LONGEST_TEXT, text};
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::problem::{REASON_MISSING, RECORD_UNKNOWN, SEVERITY_FIXED, VERSION_OUTDATED};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Unit};
use xinzheng_store::severity::Classified;

use crate::App;

/// One GetItem, one TransactWriteItems.
pub(crate) async fn set(app: &App, unit: Unit, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let (wanted, id) = (request.body_of(&CLASSIFY)?, request.path_of(&CLASSIFY)?.id);
    let hint = || format!("1 至 {LONGEST_TEXT} 字");
    let cause = text(&wanted.cause).map_err(|_| REASON_MISSING.titled("请写明设定的事由").hint(hint()))?;
    let severity = wanted.severity;
    let classified =
        ClassifiedRecord { record: id, severity, severity_title: severity.title().to_owned(), cause: cause.clone() };
    let mut response = HttpResponse::of(&CLASSIFY, &classified);
    let actor = answering(request.actor(&app.address_key), &mut response);
    match app.registry.classify(&id, unit.code, severity, &cause, &actor, app.clock.now()).await? {
        Classified::Done => Ok(response),
        Classified::NoRecord => Err(RECORD_UNKNOWN.hint("只能设定本单位记录的失信程度")),
        Classified::Fixed(choices) => {
            let titles: Vec<_> = choices.iter().map(|severity| severity.title()).collect();
            Err(SEVERITY_FIXED.hint(format!("可以是：{}", titles.join("、"))))
        }
        Classified::Overtaken => Err(VERSION_OUTDATED.into()),
    }
}
