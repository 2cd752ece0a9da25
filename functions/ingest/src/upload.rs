//! An upload from its event to its receipt, or to the orders for its parts.

use std::fmt::Write as _;

use jiff::Timestamp;
use tracing::{info, instrument};
use xinzheng_domain::subject::PersonKey;
use xinzheng_domain::{UnitCode, UploadKey, china_time};
use xinzheng_intake::{Confirmed, FileRefusal, Intake, Receipt, ReceiptRefusal, Sender};
use xinzheng_runtime::queue::ObjectCreated;
use xinzheng_store::batch::{Batch, BatchId};
use xinzheng_store::objects::{self, ObjectReader, Redrive};

use crate::outputs::{self, Hashing, Target};
use crate::{App, IngestError, closing, parts};

/// An upload that is worked on.
pub(crate) struct Upload<'a> {
    pub(crate) app: &'a App,
    pub(crate) batch: &'a BatchId,
    pub(crate) key: &'a str,
    pub(crate) stored_at: Timestamp,
    /// Although it was taken in before.
    pub(crate) again: bool,
}

/// Takes in the file that an order names, although it may have been taken in before: the same chunks are written again, and
/// their events bring index what it missed.
pub(crate) async fn take_in_again(app: &App, order: &str) -> Result<(), IngestError> {
    let stored = app.intake.get(order).await?;
    let Redrive { key, etag, size, at } =
        serde_json::from_slice(&stored.bytes).map_err(|_| IngestError::DamagedOrder(order.to_owned()))?;
    let bucket = app.uploads.name().to_owned();
    take_in(app, &ObjectCreated { bucket, key, etag, size, at }, true).await
}

/// `again`: although its chunks were written before.
#[instrument(skip_all, fields(key = %object.key))]
pub(crate) async fn take_in(app: &App, object: &ObjectCreated, again: bool) -> Result<(), IngestError> {
    if object.size == 0 && object.key.ends_with('/') {
        // What consoles make when somebody creates a folder.
        return Ok(());
    }
    let key = UploadKey::parse(&object.key);
    let (id, batch) = opened(app, object, key.as_ref().ok()).await?;
    let upload = Upload { app, batch: &id, key: &object.key, stored_at: batch.stored_at, again };
    if let Ok(key) = &key {
        app.registry.receive_upload(key.unit, &object.key, batch.stored_at, &id).await?;
    }
    if batch.chunks.is_some() && !again {
        info!(batch = %id, "this upload was taken in before");
        return Ok(());
    }
    match key {
        Ok(key) => match batch.part_bytes.unwrap_or(app.part_bytes) {
            part_bytes if object.size > part_bytes => upload.in_parts(&key, part_bytes).await,
            _ => upload.in_one(&key).await,
        },
        Err(error) => {
            let hint = "请按 uploads/<单位代码>/<数据表>/<日期>/<文件名> 的路径上传".to_owned();
            let refusal = ReceiptRefusal { code: error.code().to_owned(), reason: error.to_string(), hint };
            let (bytes, sha256) = upload.digest().await?;
            let receipt = Receipt { refusal: Some(refusal), ..upload.receipt(None, bytes, &sha256) };
            closing::close(&upload, receipt, &[]).await
        }
    }
}

/// The batch of an upload. The same content under the same key is the same batch, however often it is stored, unless another
/// file of its name was sent in between: what was sent last counts, also when it equals an earlier file.
async fn opened(app: &App, object: &ObjectCreated, key: Option<&UploadKey>) -> Result<(BatchId, Batch), IngestError> {
    // An entity tag says what the content is only where the store neither encrypts with keys of its own nor was given parts.
    let content = app.uploads.checksum(&object.key).await?.unwrap_or_else(|| object.etag.clone());
    let mut id = BatchId::of(&object.key, &content);
    let mut batch = app.registry.open_batch(&id, &object.key, object.at).await?;
    let Some(name) = key.map(UploadKey::sent_name) else { return Ok((id, batch)) };
    if batch.stored_at != object.at {
        let last = app.registry.last_sent(&name).await?;
        if last.is_some_and(|(sent, at)| sent != id && at <= object.at) {
            id = BatchId::of_again(&object.key, &content, object.at);
            batch = app.registry.open_batch(&id, &object.key, object.at).await?;
        }
    }
    app.registry.note_sent(&name, &id, batch.stored_at).await?;
    Ok((id, batch))
}

impl Upload<'_> {
    /// The receipt before anything was read.
    pub(crate) fn receipt(&self, key: Option<&UploadKey>, bytes: u64, sha256: &str) -> Receipt {
        Receipt {
            batch: self.batch.to_string(),
            key: self.key.to_owned(),
            unit: key.map(|key| key.unit),
            table: key.map(|key| key.table),
            stored_at: self.stored_at,
            processed_at: self.app.clock.now(),
            bytes,
            sha256: sha256.to_owned(),
            refusal: None,
            reading: xinzheng_intake::Reading::default(),
            chunks: 0,
            rejected_objects: vec![],
            rejections: None,
            effects: None,
        }
    }

    pub(crate) fn target(&self, part: u32, unit: UnitCode) -> Target {
        Target {
            unit,
            bucket: self.app.intake.clone(),
            batch: self.batch.clone(),
            part,
            stored_at: self.stored_at,
            chunk_rows: self.app.chunk_rows,
        }
    }

    async fn digest(&self) -> Result<(u64, String), IngestError> {
        let source = self.app.uploads.open(self.key, None).await?;
        let (bytes, hash) = tokio::task::spawn_blocking(move || Hashing::new(source).finish()).await??;
        Ok((bytes, hexadecimal(&hash)))
    }

    /// Reads the file in this invocation.
    async fn in_one(&self, key: &UploadKey) -> Result<(), IngestError> {
        let source = self.app.uploads.open(self.key, None).await?;
        let (told, digest) = tokio::sync::oneshot::channel();
        let (file, limits) = (key.file.clone(), self.app.limits);
        let sender = sender(key, self.stored_at, &self.app.person_key, confirmed(&source));
        let read = outputs::write(&self.target(0, key.unit), move |read| {
            let mut source = Hashing::new(source);
            let result = Intake::open(&mut source, &file, &sender, &limits).and_then(read);
            // Refused or not, the receipt names the whole file.
            if told.send(source.finish()?).is_err() {
                return Err(std::io::Error::other("nobody waits for the digest").into());
            }
            result
        })
        .await?;
        let (bytes, hash) = digest.await.map_err(|_| std::io::Error::other("the file was not read to its end"))?;
        let receipt = self.receipt(Some(key), bytes, &hexadecimal(&hash));
        match read {
            Ok(result) => closing::close(self, receipt, &[result]).await,
            Err(refusal) => closing::close(self, Receipt { refusal: Some(described(&refusal)), ..receipt }, &[]).await,
        }
    }

    /// Looks where the file can be parted, and orders the parts; a file that cannot be parted is read here.
    async fn in_parts(&self, key: &UploadKey, part_bytes: u64) -> Result<(), IngestError> {
        let source = self.app.uploads.open(self.key, None).await?;
        let (file, limits) = (key.file.clone(), self.app.limits);
        let sender = sender(key, self.stored_at, &self.app.person_key, confirmed(&source));
        let planned = tokio::task::spawn_blocking(move || {
            let mut source = Hashing::new(source);
            let planned = match Intake::open(&mut source, &file, &sender, &limits) {
                Ok(intake) => intake.parts(part_bytes),
                // Told in full by the reading itself.
                Err(_) => Ok(None),
            }?;
            Ok::<_, std::io::Error>((planned, source.finish()?))
        });
        let (planned, (bytes, hash)) = planned.await??;
        match planned {
            Some((layout, planned)) if planned.len() > 1 && bytes <= self.app.limits.text_bytes => {
                let receipt = self.receipt(Some(key), bytes, &hexadecimal(&hash));
                parts::order(self, receipt, &layout, &planned, part_bytes).await
            }
            _ if bytes > self.app.limits.text_bytes => {
                let refusal = described(&FileRefusal::TooLarge(self.app.limits.text_bytes));
                let receipt = self.receipt(Some(key), bytes, &hexadecimal(&hash));
                closing::close(self, Receipt { refusal: Some(refusal), ..receipt }, &[]).await
            }
            _ => self.in_one(key).await,
        }
    }
}

/// Who sends a file, and what for.
pub(crate) fn sender(key: &UploadKey, stored_at: Timestamp, person_key: &PersonKey, confirmed: Confirmed) -> Sender {
    let today = china_time::date(stored_at);
    Sender { unit: key.unit, table: key.table, today, person_key: person_key.clone(), confirmed }
}

/// What the clerk said of a file when it was uploaded.
fn confirmed(file: &ObjectReader) -> Confirmed {
    file.metadata.get(objects::CONFIRMED).map_or_else(Confirmed::default, |said| Confirmed::parse(said))
}

/// A refusal as the receipt tells it.
pub(crate) fn described(refusal: &FileRefusal) -> ReceiptRefusal {
    ReceiptRefusal { code: refusal.code().to_owned(), reason: refusal.to_string(), hint: refusal.hint().to_owned() }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}
