//! ingest: an upload in S3 -> chunks of valid records, a rejections file, a receipt.
//!
//! An upload may come twice, and a run may end anywhere: the batch is found as it was, the same chunks are written
//! again under the same keys, and index takes them as the same rows.

use std::fmt::Write as _;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::task::JoinSet;
use tracing::{info, instrument};
use xinzheng_domain::subject::PersonKey;
use xinzheng_domain::{UploadKey, china_time};
use xinzheng_intake::{
    Counts, FileRefusal, Intake, Limits, Receipt, ReceiptRefusal, Rejection, RowOutcome, Sender, rejections_csv,
};
use xinzheng_runtime::Clock;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::queue::{self, ObjectCreated};
use xinzheng_store::batch::BatchId;
use xinzheng_store::{Bucket, Registry, StoreError, objects};

/// How many chunks are on their way to S3 while further rows are read.
const CHUNKS_IN_FLIGHT: usize = 4;

/// What ingest works with.
#[derive(Debug)]
pub struct App {
    uploads: Bucket,
    intake: Bucket,
    registry: Registry,
    person_key: PersonKey,
    clock: Clock,
    chunk_rows: usize,
    limits: Limits,
}

/// Why an upload could not be worked on; it comes again.
#[derive(Debug, Error)]
pub enum IngestError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A chunk could not be written.
    #[error("a chunk was not written: {0}")]
    Chunk(#[from] tokio::task::JoinError),
    /// An output could not be serialised.
    #[error("an output cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    /// The rejections could not be written as CSV.
    #[error("the rejections cannot be written: {0}")]
    Csv(String),
}

impl App {
    /// Reads `UPLOADS_BUCKET`, `INTAKE_BUCKET`, `TABLE_NAME`, `CHUNK_ROWS` and the secret of `PERSON_KEY_SECRET`.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        let Start { environment, services, secrets, clock } = start;
        Ok(Self {
            uploads: services.bucket(&environment, "UPLOADS_BUCKET")?,
            intake: services.bucket(&environment, "INTAKE_BUCKET")?,
            registry: services.registry(&environment)?,
            person_key: secrets.person_key(&environment).await?,
            chunk_rows: environment.value::<usize>("CHUNK_ROWS")?.max(1),
            limits: Limits::default(),
            clock,
        })
    }
}

/// Works on a batch of queue messages, each an S3 event of created uploads.
pub async fn handle(app: &App, event: SqsEvent) -> SqsBatchResponse {
    queue::work_on(event, |objects| async {
        for object in objects {
            ingest(app, &object).await?;
        }
        Ok::<_, IngestError>(())
    })
    .await
}

#[instrument(skip_all, fields(key = %object.key))]
async fn ingest(app: &App, object: &ObjectCreated) -> Result<(), IngestError> {
    let id = BatchId::of(&object.key, &object.etag);
    let batch = app.registry.open_batch(&id, &object.key, object.at).await?;
    if batch.chunks.is_some() {
        info!(batch = %id, "this upload was taken in before");
        return Ok(());
    }
    let bytes = app.uploads.get(&object.key).await?.bytes;
    let upload = Upload { app, id: &id, key: &object.key, stored_at: batch.stored_at, bytes: &bytes };
    let receipt = match UploadKey::parse(&object.key) {
        Ok(key) => upload.take_in(&key).await?,
        Err(error) => {
            let hint = "请按 uploads/<单位代码>/<数据表>/<日期>/<文件名> 的路径上传".to_owned();
            let refusal = ReceiptRefusal { code: error.code().to_owned(), reason: error.to_string(), hint };
            Receipt { refusal: Some(refusal), ..upload.blank_receipt() }
        }
    };
    let json = serde_json::to_vec_pretty(&receipt)?;
    app.intake.put(&objects::receipt_key(&id), "application/json", json, &[]).await?;
    app.registry.finish_intake(&id, receipt.chunks, receipt.refusal.is_some()).await?;
    let Counts { rows, accepted, rejected, blank } = receipt.counts;
    info!(batch = %id, rows, accepted, rejected, blank, refusal = ?receipt.refusal.map(|r| r.code), "taken in");
    Ok(())
}

/// An upload being taken in.
struct Upload<'a> {
    app: &'a App,
    id: &'a BatchId,
    key: &'a str,
    stored_at: Timestamp,
    bytes: &'a [u8],
}

impl Upload<'_> {
    async fn take_in(&self, key: &UploadKey) -> Result<Receipt, IngestError> {
        let receipt = Receipt { unit: Some(key.unit), table: Some(key.table), ..self.blank_receipt() };
        let sender = Sender {
            unit: key.unit,
            table: key.table,
            today: china_time::date(self.stored_at),
            person_key: self.app.person_key.clone(),
        };
        let mut intake = match Intake::open(self.bytes, &key.file, sender, &self.app.limits) {
            Ok(intake) => intake,
            Err(refusal) => return Ok(Receipt { refusal: Some(told(&refusal)), ..receipt }),
        };
        let (chunks, rejections) = self.write_chunks(&mut intake).await?;
        let rejections_key = if rejections.is_empty() { None } else { Some(self.write_rejections(&rejections).await?) };
        Ok(Receipt {
            format: Some(intake.format()),
            encoding: intake.encoding(),
            sheet: intake.sheet().map(str::to_owned),
            unread_sheets: intake.unread_sheets().to_vec(),
            header_row: Some(intake.header_row()),
            unknown_columns: intake.unknown_columns().to_vec(),
            counts: intake.counts(),
            normalisations: intake.normalisations(),
            chunks,
            rejections: rejections_key,
            processed_at: self.app.clock.now(),
            ..receipt
        })
    }

    /// Writes the accepted rows as chunks while further rows are read; returns how many, and the rejections.
    async fn write_chunks(&self, intake: &mut Intake<'_>) -> Result<(u32, Vec<Rejection>), IngestError> {
        let mut rejections = vec![];
        let mut writes: JoinSet<Result<(), StoreError>> = JoinSet::new();
        let (mut number, mut rows, mut chunk) = (0, 0, Vec::new());
        loop {
            let outcome = intake.next();
            let at_end = outcome.is_none();
            match outcome {
                Some(RowOutcome::Accepted(line)) => {
                    serde_json::to_writer(&mut chunk, &line)?;
                    chunk.push(b'\n');
                    rows += 1;
                }
                Some(RowOutcome::Rejected(faults)) => rejections.extend(faults),
                Some(RowOutcome::Blank) | None => {}
            }
            if rows == self.app.chunk_rows || (at_end && rows > 0) {
                if writes.len() == CHUNKS_IN_FLIGHT
                    && let Some(done) = writes.join_next().await
                {
                    done??;
                }
                writes.spawn(self.write_chunk(number, std::mem::take(&mut chunk)));
                (number, rows) = (number + 1, 0);
            }
            if at_end {
                break;
            }
        }
        while let Some(done) = writes.join_next().await {
            done??;
        }
        Ok((number, rejections))
    }

    fn write_chunk(
        &self,
        number: u32,
        lines: Vec<u8>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + 'static {
        let (bucket, key) = (self.app.intake.clone(), objects::chunk_key(self.id, number));
        let stored_at = self.stored_at.to_string();
        async move { bucket.put(&key, "application/jsonl", lines, &[(objects::STORED_AT, &stored_at)]).await }
    }

    async fn write_rejections(&self, rejections: &[Rejection]) -> Result<String, IngestError> {
        let csv = rejections_csv(rejections).map_err(|error| IngestError::Csv(error.to_string()))?;
        let key = objects::rejections_key(self.id);
        self.app.intake.put(&key, "text/csv; charset=utf-8", csv, &[]).await?;
        Ok(key)
    }

    /// The receipt before anything was read.
    fn blank_receipt(&self) -> Receipt {
        let sha256 = Sha256::digest(self.bytes).iter().fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _written = write!(text, "{byte:02x}");
            text
        });
        Receipt {
            batch: self.id.to_string(),
            key: self.key.to_owned(),
            unit: None,
            table: None,
            stored_at: self.stored_at,
            processed_at: self.app.clock.now(),
            bytes: self.bytes.len() as u64,
            sha256,
            refusal: None,
            format: None,
            encoding: None,
            sheet: None,
            unread_sheets: vec![],
            header_row: None,
            unknown_columns: vec![],
            counts: Counts::default(),
            normalisations: vec![],
            chunks: 0,
            rejections: None,
        }
    }
}

fn told(refusal: &FileRefusal) -> ReceiptRefusal {
    ReceiptRefusal { code: refusal.code().to_owned(), reason: refusal.to_string(), hint: refusal.hint().to_owned() }
}
