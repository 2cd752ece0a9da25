//! `POST /uploads/check`: what would become of a file, without anything being stored.

use std::ops::ControlFlow;

use serde_json::json;
use xinzheng_domain::subject::PersonKey;
use xinzheng_domain::{TableId, china_time};
use xinzheng_intake::{Confirmed, Intake, Limits, OpenError, Rejection, RowOutcome, Sender};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Unit};

use crate::App;

/// The largest file that is tried out: what the HTTP API passes on of a binary body.
const LARGEST: usize = 4 << 20;
/// The most faults that are told.
const TOLD: usize = 500;

/// The body is the file; `table` and `file` in the address say what it is. No call.
pub(crate) async fn check(app: &App, caller: Unit, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let parameter = |name: &str| {
        let missing = || Problem::new(422, "parameter-missing", format!("缺少参数 {name}"));
        request.query_parameter(name).map(str::to_owned).ok_or_else(missing)
    };
    let table =
        TableId::parse(&parameter("table")?).ok_or_else(|| Problem::new(422, "table-unknown", "没有这个数据表"))?;
    let file = parameter("file")?;
    let bytes = request.bytes()?;
    if bytes.len() > LARGEST {
        let hint = format!("试检的文件不超过 {LARGEST} 字节，更大的文件请直接上传");
        return Err(Problem::new(413, "body-too-large", "文件过大").hint(hint));
    }
    let sender = Sender {
        unit: caller.code,
        table,
        today: china_time::date(app.clock.now()),
        // Nothing of what it makes leaves this function.
        person_key: PersonKey::new("nothing is stored"),
        confirmed: Confirmed::parse(request.query_parameter("confirmed").unwrap_or_default()),
    };
    let limits = app.limits;
    let checked = tokio::task::spawn_blocking(move || read(&bytes, &file, &sender, &limits));
    checked.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a check broke off");
        Err(Problem::internal())
    })
}

fn read(bytes: &[u8], file: &str, sender: &Sender, limits: &Limits) -> Result<HttpResponse, Problem> {
    let mut faults: Vec<Rejection> = vec![];
    let mut untold = 0_usize;
    let reading = Intake::open(bytes, file, sender, limits).and_then(|intake| {
        intake.read(&mut |outcome| {
            if let RowOutcome::Rejected(row) = outcome {
                let room = TOLD.saturating_sub(faults.len());
                untold += row.faults.len().saturating_sub(room);
                faults.extend(row.faults.into_iter().take(room));
            }
            ControlFlow::Continue(())
        })
    });
    match reading {
        Ok(reading) => Ok(HttpResponse::json(
            200,
            &json!({ "reading": reading, "rejections": faults, "rejections_not_shown": untold }),
        )),
        Err(OpenError::Refused(refusal)) => Ok(HttpResponse::json(
            200,
            &json!({
                "refusal": { "code": refusal.code(), "reason": refusal.to_string(), "hint": refusal.hint() },
            }),
        )),
        Err(OpenError::Source(error)) => {
            tracing::error!(%error, "a check could not read its own memory");
            Err(Problem::internal())
        }
    }
}
