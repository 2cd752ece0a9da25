//! `POST /records/{id}/cancellation`: a unit takes a repair, withdrawal or removal back that was wrong (R5).

use xinzheng_api::record::{CANCEL, CancelledMark};
use xinzheng_domain::case::repair_application::{LONGEST_TEXT, text};
use xinzheng_domain::china_time;
use xinzheng_domain::record::Cancellation;
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::problem::{
    DATE_BEFORE_MARK, DATE_IN_FUTURE, MARK_UNKNOWN, REASON_MISSING, RECORD_UNKNOWN, VERSION_OUTDATED,
};
use xinzheng_runtime::randomness::random;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Unit};
use xinzheng_store::cancellations::TakenBack;

use crate::App;

/// One GetItem, one TransactWriteItems.
pub(crate) async fn cancel(app: &App, unit: Unit, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let (wanted, id) = (request.body_of(&CANCEL)?, request.path_of(&CANCEL)?.id);
    let now = app.clock.now();
    let today = china_time::date(now);
    let hint = || format!("1 至 {LONGEST_TEXT} 字");
    let cause = text(&wanted.cause).map_err(|_| REASON_MISSING.titled("请写明取消的事由").hint(hint()))?;
    let date = wanted.date.unwrap_or(today);
    if date > today {
        return Err(DATE_IN_FUTURE.into());
    }
    let number = format!("QX-{}-{:013X}", today.strftime("%Y%m%d"), random()? >> 12);
    let cancellation = Cancellation {
        cancels: wanted.mark,
        authority: unit.code.name().into(),
        document: wanted.document,
        date,
        cause: cause.into(),
    };
    let cancelled = CancelledMark {
        id: number.clone(),
        record: id,
        mark: wanted.mark,
        cancellation: cancellation.clone(),
        at: now,
    };
    let mut response = HttpResponse::of(&CANCEL, &cancelled);
    let actor = answering(request.actor(&app.address_key), &mut response);
    match app.registry.take_back(&id, unit.code, &cancellation, &number, &actor, now).await? {
        TakenBack::Done => {
            tracing::info!(decision = %number, mark = ?wanted.mark, "a mark was taken back");
            Ok(response)
        }
        TakenBack::NoRecord => Err(RECORD_UNKNOWN.hint("只能取消本单位记录的修复、撤销和移出")),
        TakenBack::NoMark => Err(MARK_UNKNOWN.titled(format!("此记录没有可以取消的{}", wanted.mark.title()))),
        TakenBack::Date => Err(DATE_BEFORE_MARK.into()),
        TakenBack::Overtaken => Err(VERSION_OUTDATED.into()),
    }
}
