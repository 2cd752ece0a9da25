//! ingest: an upload in S3 -> chunks of valid records, a rejections file, a receipt.
//!
//! Everything that is read of an upload is of the version that its event tells of, whatever is stored under its key meanwhile.
//!
//! An upload may come twice, and a run may end anywhere: the batch is found as it was, the same chunks are written
//! again under the same keys, and index takes them as the same rows.
//!
//! A text that is too long for one invocation is parted: the first invocation looks for row ends and writes an order for
//! each part, whose events bring further invocations; whichever finishes the last part closes the batch.

mod closing;
mod gone;
mod hashing;
mod kept;
mod outputs;
mod parts;
mod restored;
mod statement;
mod take_in;
mod upload;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use thiserror::Error;
use xinzheng_domain::identity::subject::PersonKey;
use xinzheng_intake::Limits;
use xinzheng_runtime::Clock;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::queue;
use xinzheng_store::batch::BatchId;
use xinzheng_store::objects::{PARTS, Redrive};
use xinzheng_store::{Bucket, Registry, StoreError};

#[derive(Debug)]
pub struct App {
    uploads: Bucket,
    intake: Bucket,
    registry: Registry,
    person_key: PersonKey,
    clock: Clock,
    chunk_rows: usize,
    part_bytes: u64,
    limits: Limits,
    /// What was stored until then is there once more: its receipt says what it is.
    restored_until: Option<Timestamp>,
}

/// Why an upload could not be worked on; it comes again.
#[derive(Debug, Error)]
pub enum IngestError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the upload was not read: {0}")]
    Source(#[from] std::io::Error),
    /// A thread of work ended before its work.
    #[error("a part of the work was not done: {0}")]
    Work(#[from] tokio::task::JoinError),
    #[error("an output cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the rejections cannot be written: {0}")]
    Csv(String),
    /// The order for a part is not what ingest writes.
    #[error("order {0} is damaged")]
    DamagedOrder(String),
    /// The receipt of a batch is not what ingest writes.
    #[error("the receipt of {0} is damaged")]
    DamagedReceipt(String),
    /// What a receipt tells of is neither among the files nor among the chunks.
    #[error("the file of {0} is lost: its receipt tells of it, and no version of its key has its content")]
    FileLost(BatchId),
    /// What was accepted is refused by the limits and rules of now.
    #[error("the file of {0} was accepted, and is refused now: its receipt stays, and its rows are not taken in again")]
    RefusedNow(BatchId),
}

impl App {
    /// Reads `UPLOADS_BUCKET`, `INTAKE_BUCKET`, `TABLE_NAME`, `CHUNK_ROWS`, `PART_BYTES`, the limits `MAX_TEXT_BYTES`,
    /// `MAX_HELD_BYTES`, `MAX_UNPACKED_BYTES` and `MAX_ROW_BYTES`, `RESTORED_UNTIL` (may be empty), and the secret of
    /// `PERSON_KEY_SECRET`.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        let Start { environment, services, secrets, clock, .. } = start;
        Ok(Self {
            uploads: services.bucket(&environment, "UPLOADS_BUCKET")?,
            intake: services.bucket(&environment, "INTAKE_BUCKET")?,
            registry: services.registry(&environment)?,
            person_key: secrets.person_key()?,
            chunk_rows: environment.value::<usize>("CHUNK_ROWS")?.max(1),
            part_bytes: environment.value::<u64>("PART_BYTES")?.max(1),
            limits: Limits {
                text_bytes: environment.value("MAX_TEXT_BYTES")?,
                held_bytes: environment.value("MAX_HELD_BYTES")?,
                workbook_unpacked_bytes: environment.value("MAX_UNPACKED_BYTES")?,
                row_bytes: environment.value("MAX_ROW_BYTES")?,
            },
            restored_until: environment.moment("RESTORED_UNTIL")?,
            clock,
        })
    }
}

/// Works on a batch of queue messages, each an S3 event of created uploads or of orders for parts.
pub async fn handle(app: &App, event: SqsEvent) -> SqsBatchResponse {
    queue::work_on(event, |objects| async {
        for object in objects {
            if object.bucket == app.intake.name() && Redrive::is_key(&object.key) {
                take_in::take_in_again(app, &object.key).await?;
            } else if object.bucket == app.intake.name() && object.key.starts_with(PARTS) {
                parts::work_on(app, &object.key).await?;
            } else {
                take_in::take_in(app, &object, false).await?;
            }
        }
        Ok::<_, IngestError>(())
    })
    .await
}
