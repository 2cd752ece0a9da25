//! `POST /uploads/check`: what would become of a file, without anything being stored.

use std::ops::ControlFlow;

use xinzheng_api::upload::{CHECK, CheckedFile, RefusedFile};
use xinzheng_domain::china_time;
use xinzheng_domain::identity::subject::PersonKey;
use xinzheng_intake::{Intake, Limits, OpenError, Rejection, RowOutcome, Sender};
use xinzheng_runtime::problem::{BODY_TOO_LARGE, INTERNAL, MEDIA_TYPE_UNSUPPORTED};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Unit};

use crate::{App, confirmed};

/// The largest file that is tried out: what the HTTP API passes on of a binary body.
const LARGEST: usize = 4 << 20;
/// What a file may be sent as: types that the HTTP API hands over byte for byte. Without a type it is the first (RFC 9110, 8.3).
const MEDIA: [&str; 3] = [
    "application/octet-stream",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.ms-excel",
];
/// The most faults that are told.
const TOLD: usize = 500;

/// The body is the file; `table` and `file` in the address say what it is. No call.
pub(crate) async fn check(app: &App, caller: Unit, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&CHECK)?;
    assert_whole(request)?;
    let bytes = request.bytes()?;
    if bytes.len() > LARGEST {
        let hint = format!("试检的文件不超过 {LARGEST} 字节，更大的文件请直接上传");
        return Err(BODY_TOO_LARGE.titled("文件过大").hint(hint));
    }
    let sender = Sender {
        unit: caller.code,
        table: asked.table,
        today: china_time::date(app.clock.now()),
        // Nothing of what it makes leaves this function.
        person_key: PersonKey::new("nothing is stored"),
        confirmed: confirmed(&asked.confirmed),
    };
    let limits = app.limits;
    let checked = tokio::task::spawn_blocking(move || read(&bytes, &asked.file, &sender, &limits));
    checked.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a check broke off");
        Err(INTERNAL.into())
    })
}

/// That the file came as it was sent: of a text the HTTP API replaces what is no UTF-8, such as GB 18030.
fn assert_whole(request: &HttpRequest) -> Result<(), Problem> {
    let Some(sent) = request.media_type() else { return Ok(()) };
    if MEDIA.contains(&sent.as_str()) {
        return Ok(());
    }
    let detail = format!("Content-Type 是 {sent}");
    let hint =
        "请以 Content-Type: application/octet-stream 发送文件本身；以文本类型发送的，GB 18030 等编码的字节会在途中丢失";
    Err(MEDIA_TYPE_UNSUPPORTED.detail(detail).hint(hint))
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
        Ok(reading) => {
            let checked = CheckedFile::Read { reading, rejections: faults, rejections_not_shown: untold };
            Ok(HttpResponse::of(&CHECK, &checked))
        }
        Err(OpenError::Refused(refusal)) => {
            let refusal = RefusedFile {
                code: refusal.code().to_owned(),
                reason: refusal.to_string(),
                hint: refusal.hint().to_string(),
                looks_like: refusal.looks_like(),
            };
            Ok(HttpResponse::of(&CHECK, &CheckedFile::Refused { refusal }))
        }
        Err(OpenError::Source(error)) => {
            tracing::error!(%error, "a check could not read its own memory");
            Err(INTERNAL.into())
        }
    }
}
