//! The metrics that functions tell, kept for whoever asks.

use std::sync::{Arc, Mutex, PoisonError};

use xinzheng_runtime::Metrics;

/// Metrics that were told, as lines of the log.
#[derive(Clone, Default)]
pub(crate) struct MetricsLog(Arc<Mutex<Vec<String>>>);

impl MetricsLog {
    /// What functions tell theirs to.
    pub(crate) fn metrics(&self) -> Metrics {
        let told = self.clone();
        Metrics::of(move |line| told.lines().push(line.to_owned()))
    }

    /// All lines, and forgets them.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines())
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
