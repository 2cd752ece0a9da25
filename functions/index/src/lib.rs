//! index: a chunk in S3 -> items in DynamoDB.
//!
//! Run twice, in another order or broken off half way and run again, the registry ends the same: each entry is one
//! conditional write, its place in the history is a key of its own, and the chunk is counted as indexed once, after its last entry.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use thiserror::Error;
use tracing::{info, instrument};
use xinzheng_domain::{ChunkLine, SourcePosition};
use xinzheng_runtime::Clock;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::queue;
use xinzheng_store::batch::BatchId;
use xinzheng_store::index::Applied;
use xinzheng_store::{Bucket, Registry, StoreError, objects};

/// How many entries are on their way to DynamoDB at once.
const WRITES_IN_FLIGHT: usize = 32;

/// What index works with.
#[derive(Debug)]
pub struct App {
    intake: Bucket,
    registry: Registry,
    clock: Clock,
}

/// Why a chunk could not be indexed; it comes again.
#[derive(Debug, Error)]
pub enum IndexError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The chunk is not what ingest writes.
    #[error("chunk {key} is damaged: {why}")]
    Damaged {
        /// The chunk's key.
        key: String,
        /// What is wrong, without any of its content.
        why: String,
    },
}

impl App {
    /// Reads `INTAKE_BUCKET` and `TABLE_NAME`.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        let Start { environment, services, clock, .. } = start;
        Ok(Self {
            intake: services.bucket(&environment, "INTAKE_BUCKET")?,
            registry: services.registry(&environment)?,
            clock,
        })
    }
}

/// Works on a batch of queue messages, each an S3 event of created chunks.
pub async fn handle(app: &App, event: SqsEvent) -> SqsBatchResponse {
    queue::work_on(event, |objects| async {
        for object in objects {
            index(app, &object.key).await?;
        }
        Ok::<_, IndexError>(())
    })
    .await
}

#[instrument(skip_all, fields(key = %key))]
async fn index(app: &App, key: &str) -> Result<(), IndexError> {
    let damaged = |why: String| IndexError::Damaged { key: key.to_owned(), why };
    let (batch, name) = objects::parse_chunk_key(key).ok_or_else(|| damaged("its key is no chunk's".to_owned()))?;
    let chunk = app.intake.get(key).await?;
    let stored_at: Timestamp = chunk
        .metadata
        .get(objects::STORED_AT)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| damaged("it does not say when its upload was stored".to_owned()))?;
    let mut lines: Vec<ChunkLine<'static>> = vec![];
    for (place, line) in (1..).zip(chunk.bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty())) {
        lines.push(
            serde_json::from_slice(line)
                .map_err(|error| damaged(format!("line {place} does not parse at column {}", error.column())))?,
        );
    }
    let entries = lines.len();
    app.registry.note_history(&lines, &batch, stored_at).await?;
    // Gathered first: a closure over lines that borrow nothing is still asked for every lifetime they could have.
    let writes: Vec<_> = lines.into_iter().map(|line| apply(app, line, &batch, stored_at)).collect();
    let (written, refused) = stream::iter(writes)
        .buffer_unordered(WRITES_IN_FLIGHT)
        .try_fold((0_u64, 0_u64), async |(written, refused), applied| {
            Ok((written + u64::from(applied == Applied::Written), refused + u64::from(applied == Applied::Refused)))
        })
        .await?;
    app.registry.finish_chunk(&batch, &name, refused, app.clock.now()).await?;
    info!(batch = %batch, chunk = %name, entries, written, refused, "indexed");
    Ok(())
}

async fn apply(
    app: &App,
    line: ChunkLine<'static>,
    batch: &BatchId,
    stored_at: Timestamp,
) -> Result<Applied, StoreError> {
    let position = SourcePosition::new(stored_at, batch.as_str(), line.row);
    app.registry.apply(&line.entry, &position, stored_at).await
}
