//! `POST /records/{id}/cancellation`: a unit takes a repair, withdrawal or removal back that was wrong (R5).

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;
use xinzheng_domain::record::{Cancellation, MarkKind};
use xinzheng_domain::repair_application::{LONGEST_TEXT, text};
use xinzheng_domain::{DocumentNumber, RecordId, china_time};
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::randomness::random;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Unit, precondition};
use xinzheng_store::cancellations::TakenBack;

use crate::App;

/// What the unit takes back, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    mark: MarkKind,
    cause: String,
    #[serde(default)]
    document: Option<DocumentNumber<'static>>,
    /// Today when it is left out.
    #[serde(default)]
    date: Option<Date>,
}

/// One GetItem, one TransactWriteItems.
pub(crate) async fn cancel(
    app: &App,
    unit: Unit,
    request: &HttpRequest,
    wanted: Wanted,
) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    let today = china_time::date(now);
    let unknown = || Problem::new(404, "record-unknown", "没有这条记录").hint("只能取消本单位记录的修复、撤销和移出");
    let id = RecordId::parse(request.path_parameter("id")).ok_or_else(unknown)?;
    let cause = text(&wanted.cause)
        .map_err(|_| Problem::new(422, "reason-missing", "请写明取消的事由").hint(format!("1 至 {LONGEST_TEXT} 字")))?;
    let date = wanted.date.unwrap_or(today);
    if date > today {
        return Err(Problem::new(422, "date-in-future", "取消日期不能晚于今天"));
    }
    let number = format!("QX-{}-{:013X}", today.strftime("%Y%m%d"), random()? >> 12);
    let cancellation = Cancellation {
        cancels: wanted.mark,
        authority: unit.code.name().into(),
        document: wanted.document,
        date,
        cause: cause.into(),
    };
    let body = json!({ "id": number, "record": id, "mark": wanted.mark, "cancellation": cancellation, "at": now });
    let mut response = HttpResponse::json(200, &body);
    let actor = answering(app.actor(request), &mut response);
    match app.registry.take_back(&id, unit.code, &cancellation, &number, &actor, now).await? {
        TakenBack::Done => {
            tracing::info!(decision = %number, mark = ?wanted.mark, "a mark was taken back");
            Ok(response)
        }
        TakenBack::NoRecord => Err(unknown()),
        TakenBack::NoMark => {
            Err(Problem::new(409, "mark-unknown", format!("此记录没有可以取消的{}", wanted.mark.title()))
                .hint("它可能已被取消，请刷新后再看"))
        }
        TakenBack::Date => Err(Problem::new(422, "date-before-mark", "取消日期不能早于被取消事项的日期")),
        TakenBack::Overtaken => Err(precondition::outdated()),
    }
}
