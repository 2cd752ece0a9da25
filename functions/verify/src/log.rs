//! The public log for whoever asks: its files, and the proof that it has a report.

use jiff::{SignedDuration, Timestamp};
use xinzheng_api::log::{LogStanding, READ, REPORT_PROOF};
use xinzheng_domain::IssuedReport;
use xinzheng_runtime::problem::{LOG_PATH_UNKNOWN, LOG_PENDING};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem};
use xinzheng_store::log::Logged;
use xinzheng_store::published_log::{CHECKPOINT, COSIGNED, POLICY};

use crate::App;
use crate::lookup::filed_by_code;

const TEXT: &str = "text/plain; charset=utf-8";
/// By when a report is in the log, or something is wrong.
const SOON: SignedDuration = SignedDuration::from_secs(60);

/// What stands at a path of the log. One GetObject; none for what is no path of a log.
pub(crate) async fn read(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let path = request.path_of(&READ)?.path;
    let found = app.log.read(&path).await?.ok_or(LOG_PATH_UNKNOWN)?;
    Ok(match path.as_str() {
        CHECKPOINT | COSIGNED | POLICY => {
            let text = String::from_utf8_lossy(&found).into_owned();
            HttpResponse::text(200, TEXT, text).header("cache-control", "public, max-age=2")
        }
        _ => HttpResponse::bytes(200, "application/octet-stream", &found)
            .header("cache-control", "public, max-age=31536000, immutable"),
    })
}

/// The proof that the log has a report. One GetItem, then as [`xinzheng_store::published_log::PublishedLog::proof`].
pub(crate) async fn proof(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let filed = filed_by_code(app, &request.path_of(&REPORT_PROOF)?.code, request).await?;
    let proof = match &filed.logged {
        Some(logged) => app.log.proof(logged.index).await?,
        None => None,
    };
    let proof = proof.ok_or(LOG_PENDING)?;
    let text = String::from_utf8_lossy(&proof.to_bytes()).into_owned();
    let name = format!("attachment; filename=\"{}.tlog-proof\"", filed.report.number);
    Ok(HttpResponse::text(200, TEXT, text).header("content-disposition", &name))
}

/// Whether the log has a report, for whoever verifies it. One that should be there and is not raises an alarm.
pub(crate) fn standing(app: &App, report: &IssuedReport, logged: Option<&Logged>, now: Timestamp) -> LogStanding {
    if logged.is_none() && now.duration_since(report.issued_at) > SOON {
        app.metrics.tell(&app.namespace, now, &[("UnloggedReports", 1)]);
        tracing::error!(event = "report-unlogged", number = %report.number, "a report is not in the public log");
    }
    Logged::standing(logged)
}
