//! What functions do by the template's schedules.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use crate::ending::Work;
use crate::error::StackError;

/// A function that runs by a schedule; what went wrong as text.
pub(crate) type ScheduledFunction = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// The functions that run by a schedule, by their binaries.
#[derive(Default)]
pub(crate) struct Schedules(BTreeMap<String, ScheduledFunction>);

impl Schedules {
    pub(crate) fn add(&mut self, binary: &str, function: ScheduledFunction) {
        self.0.insert(binary.to_owned(), function);
    }

    /// Runs each once a minute from now on until it is to end, whatever the template's hours are: it does nothing when nothing is due.
    pub(crate) fn run_each_minute(&self, work: &Work) {
        for (name, function) in self.0.clone() {
            let mut work = work.clone();
            tokio::spawn(async move {
                let mut minutes = tokio::time::interval(Duration::from_secs(60));
                // The first tick of an interval comes at once.
                minutes.tick().await;
                loop {
                    tokio::select! {
                        _ = minutes.tick() => {}
                        () = work.ended() => return,
                    }
                    if let Err(error) = function().await {
                        tracing::error!(%error, function = name, "what is scheduled failed");
                    }
                }
            });
        }
    }

    /// Runs each once, now.
    pub(crate) async fn run(&self) -> Result<(), StackError> {
        for function in self.0.values() {
            function().await.map_err(|why| StackError::Step { step: "running what is scheduled", why })?;
        }
        Ok(())
    }
}
