//! log: entries that wait -> the public log, which nobody can rewrite without being seen.
//!
//! A head is moved by one conditional write, to a head whose work lies in one object that was written before. Whoever comes
//! next finishes that work before anything else, so that a crash at any call loses nothing and puts nothing in twice; two
//! that run at once do the same work, and one of them moves the head on.

mod commit;
mod finish;
mod published;
mod restored;
mod witnesses;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use thiserror::Error;
use tokio::sync::Mutex;
use tracing::{error, info, instrument};
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::{Clock, Metrics, StreamResponse};
use xinzheng_store::changes::StreamEvent;
use xinzheng_store::log::Head;
use xinzheng_store::published_log::PublishedLog;
use xinzheng_store::{Bucket, Registry, StoreError};
use xinzheng_tlog::{BundleError, CheckpointError, LogSigner, TreeError};

use crate::witnesses::Witnesses;

/// The most entries of each partition that a head takes up.
const MOST: i32 = 500;
/// How long a run begins another head: less than the function may take.
const GOES_ON: Duration = Duration::from_secs(30);

/// What log works with.
#[derive(Debug)]
pub struct App {
    registry: Registry,
    /// What anyone may read.
    log: PublishedLog,
    /// What a head needs, until that is done.
    staging: Bucket,
    signer: LogSigner,
    witnesses: Witnesses,
    /// Where the log is read.
    address: String,
    /// Until when the deployment is restored.
    restored_until: Option<Timestamp>,
    /// What is known of the time before a restore, once it was looked at: of which.
    known: Mutex<Option<(Timestamp, Arc<Option<restored::Known>>)>>,
    clock: Clock,
    metrics: Metrics,
    namespace: String,
}

impl App {
    /// Reads `TABLE_NAME`, `LOG_BUCKET`, `INTAKE_BUCKET`, `LOG_ORIGIN`, `LOG_URL`, `WITNESS_URLS`, `WITNESS_KEYS`,
    /// `WITNESS_THRESHOLD`, `RESTORED_UNTIL` (may be empty), `METRICS_NAMESPACE` and the secret of `LOG_KEY_SECRET`.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        let Start { environment, services, secrets, clock, metrics, .. } = start;
        Ok(Self {
            registry: services.registry(&environment)?,
            log: PublishedLog { bucket: services.bucket(&environment, "LOG_BUCKET")? },
            staging: services.bucket(&environment, "INTAKE_BUCKET")?,
            signer: secrets.log_signer(&environment)?,
            witnesses: Witnesses::load(&environment)?,
            address: environment.text("LOG_URL")?.trim_end_matches('/').to_owned(),
            namespace: environment.text("METRICS_NAMESPACE")?.to_owned(),
            restored_until: environment.moment("RESTORED_UNTIL")?,
            known: Mutex::default(),
            clock,
            metrics,
        })
    }
}

/// Why the log does not go on. What waits, waits on.
#[derive(Debug, Error)]
pub enum LogError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is published is ahead of the head: the registry was set back, or the log has two writers of different tables.
    #[error("what is published has {published} entries, the head {head}: the head was set back")]
    RolledBack {
        /// Entries of the published checkpoint.
        published: u64,
        /// Entries of the head.
        head: u64,
    },
    /// What is published of the same size has another root, or the tiles are not those of the head.
    #[error("what is published is not what the head commits to: {0}")]
    Altered(TreeError),
    /// What is published is signed by another key: the secret was exchanged, or another log writes to the bucket.
    #[error("what is published is not signed by this log's key")]
    OtherKey,
    /// What is kept as a checkpoint is none.
    #[error("a checkpoint of the log: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// An entry that cannot be put into a bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// What was staged cannot be read.
    #[error("what a head needs cannot be read: {0}")]
    Staged(String),
}

/// Told of entries that wait. The events say no more than that there are some: what waits is read.
pub async fn handle(app: &App, batch: StreamEvent) -> StreamResponse {
    let Some(first) = batch.records.first().map(|record| record.sequence().to_owned()) else {
        return StreamResponse::default();
    };
    match run(app).await {
        Ok(_) => StreamResponse::default(),
        Err(error) => {
            error!(%error, event = "log-failed", "the log does not go on");
            StreamResponse::failed_from(first)
        }
    }
}

/// By the schedule: finishes what a crash has left, takes up what nobody was told of, and offers the checkpoint to witnesses
/// that have not cosigned it. Tells how many entries there are, how long the oldest has
/// waited, and how many witnesses have not cosigned.
pub async fn tick(app: &App) -> Result<(), LogError> {
    let (now, waits) = (app.clock.now(), app.registry.pending_entries(1).await?);
    let oldest = waits.first().and_then(|entry| entry.since()).map_or(0, |since| now.duration_since(since).as_secs());
    let behind = u64::try_from(oldest).unwrap_or(0);
    let done = run(app).await;
    let head = app.registry.log_head().await?;
    let silent = match head.as_ref().filter(|_| done.is_ok()) {
        Some(head) => finish::offer_again(app, head).await?,
        None => 0,
    };
    let entries = head.map_or(0, |head| head.size);
    let failed = u64::from(done.is_err());
    let silent = u64::try_from(silent).unwrap_or(u64::MAX);
    let counts = [
        ("LogEntries", entries),
        ("LogBehindSeconds", behind),
        ("LogFailures", failed),
        ("LogWitnessesMissing", silent),
    ];
    app.metrics.tell(&app.namespace, now, &counts);
    done.map(|_| ())
}

/// Finishes the head and takes up what waits, until nothing does or it has gone on for long. How many entries were added.
///
/// A GetItem and four Query when nothing waits. For a head: a GetObject of the checkpoint, at most four of tiles and a bundle,
/// a PutObject, one UpdateItem; then a GetObject, a PutObject for each tile and bundle, a GetObject and a PutObject for the
/// checkpoint and as much again when witnesses have cosigned it, an UpdateItem and a DeleteItem for each entry, and one
/// UpdateItem.
#[instrument(skip_all)]
pub async fn run(app: &App) -> Result<u64, LogError> {
    let (began, mut added) = (Instant::now(), 0);
    loop {
        let head = app.registry.log_head().await?;
        if let Some(head) = head.as_ref().filter(|head| !head.finished) {
            finish::finish(app, head).await?;
        }
        let pending = restored::without_known(app, head.as_ref(), app.registry.pending_entries(MOST).await?).await?;
        if pending.is_empty() || began.elapsed() > GOES_ON {
            return Ok(added);
        }
        // What was finished is finished.
        let head = head.map(|head| Head { finished: true, ..head });
        if let Some(next) = commit::commit(app, head.as_ref(), &pending).await? {
            added += next.size - head.map_or(0, |head| head.size);
            info!(size = next.size, entries = pending.len(), "the log has grown");
            finish::finish(app, &next).await?;
        }
    }
}
