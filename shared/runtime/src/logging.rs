//! Structured logs: one JSON object a line, for CloudWatch.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging to standard output at the level of `LOG_LEVEL` (`info` when it is not set). Later calls do nothing.
pub fn start(level: Option<&str>) {
    start_to(level.unwrap_or("info"), "info", std::io::stdout);
}

/// Starts logging at `level`, or at `otherwise` when that is none: a level (`error`, `warn`, `info`, `debug`) of the program's own
/// crates, or levels by target (`info,aws_sdk_s3=debug`). Later calls do nothing.
///
/// By a level alone other crates tell nothing below `info`: the SDK's own debugging quotes requests with signatures and what is
/// sent in them.
pub fn start_to<W>(level: &str, otherwise: &str, to: W)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let targets = [level, otherwise].into_iter().find_map(targets).unwrap_or_default();
    let lines = tracing_subscriber::fmt::layer().json().with_current_span(true).with_target(false).with_writer(to);
    // A second start would only mean that logging runs already.
    let _already_running = tracing_subscriber::registry().with(lines.with_filter(targets)).try_init();
}

/// What a level, or levels by target, let through; `None` when it is neither.
pub fn targets(level: &str) -> Option<Targets> {
    match level.parse::<LevelFilter>() {
        Ok(own) => Some(Targets::new().with_default(own.min(LevelFilter::INFO)).with_target("xinzheng", own)),
        // A word alone would be taken for a target.
        Err(_) if level.contains('=') => level.to_ascii_lowercase().parse().ok(),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn a_level_is_that_of_the_programs_own_crates() {
        for (level, own, others) in [
            ("DEBUG", Level::DEBUG, Level::INFO),
            ("trace", Level::TRACE, Level::INFO),
            ("info", Level::INFO, Level::INFO),
            ("warn", Level::WARN, Level::WARN),
        ] {
            let targets = targets(level).unwrap();
            let most = |target: &str| {
                let all = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];
                all.into_iter().find(|level| targets.would_enable(target, level))
            };
            assert_eq!(
                (most("xinzheng_store::reports"), most("aws_sigv4::sign")),
                (Some(own), Some(others)),
                "{level}"
            );
        }
        assert!(targets("info,aws_sdk_s3=debug").unwrap().would_enable("aws_sdk_s3::client", &Level::DEBUG));
        assert!(targets("loud").is_none());
    }
}
