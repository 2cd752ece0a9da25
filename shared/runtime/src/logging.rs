//! Structured logs: one JSON object a line, for CloudWatch.

use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging to standard output at the level of `LOG_LEVEL` (`info` when it is not set). Later calls do nothing.
pub fn start(level: Option<&str>) {
    start_to(level.unwrap_or("info"), "info", std::io::stdout);
}

/// Starts logging at `level`, or at `otherwise` when that is none: a level (`error`, `warn`, `info`, `debug`), or levels by
/// target (`info,aws_sdk_s3=debug`). Later calls do nothing.
pub fn start_to<W>(level: &str, otherwise: &str, to: W)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let targets = [level.to_ascii_lowercase().as_str(), otherwise].into_iter().find_map(|level| level.parse().ok());
    let targets: Targets = targets.unwrap_or_default();
    let lines = tracing_subscriber::fmt::layer().json().with_current_span(true).with_target(false).with_writer(to);
    // A second start would only mean that logging runs already.
    let _already_running = tracing_subscriber::registry().with(lines.with_filter(targets)).try_init();
}
