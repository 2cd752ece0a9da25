//! Structured logs: one JSON object a line, for CloudWatch.

use tracing_subscriber::EnvFilter;

/// Starts logging to standard output at the level of `LOG_LEVEL` (`info` when it is not set). Later calls do nothing.
pub fn start(level: Option<&str>) {
    let filter =
        EnvFilter::try_new(level.unwrap_or("info").to_ascii_lowercase()).unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber =
        tracing_subscriber::fmt().json().with_env_filter(filter).with_current_span(true).with_target(false).finish();
    // A second start would only mean that logging runs already.
    let _already_running = tracing::subscriber::set_global_default(subscriber);
}
