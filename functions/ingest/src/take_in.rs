//! An upload from its event to its receipt, or to the orders for its parts.

use tracing::{info, instrument};
use xinzheng_domain::record::upload_key::UploadKeyError;
use xinzheng_domain::{UploadId, UploadKey};
use xinzheng_intake::{Confirmed, FileRefusal, Intake, Receipt, ReceiptRefusal};
use xinzheng_runtime::queue::ObjectCreated;
use xinzheng_store::StoreError;
use xinzheng_store::batch::{Batch, BatchId};
use xinzheng_store::objects::{self, Redrive, StoredFile};
use xinzheng_store::versions::{ObjectReader, StoredHead, StoredVersion};

use crate::closing::receipt_refusal;
use crate::hashing::Hashing;
use crate::kept::KeptReceipt;
use crate::upload::{Upload, sender};
use crate::{App, IngestError, closing, gone, outputs, parts, restored};

/// Takes in the file that an order names, although it may have been taken in before: the same chunks are written again, and
/// their events bring index what it missed.
pub(crate) async fn take_in_again(app: &App, order: &str) -> Result<(), IngestError> {
    let stored = app.intake.get(order).await?;
    match serde_json::from_slice(&stored.bytes).map_err(|_| IngestError::DamagedOrder(order.to_owned()))? {
        Redrive::Stored(StoredFile { key, etag, size, at }) => {
            let (bucket, version) = (app.uploads.name().to_owned(), StoredVersion { id: None, etag });
            take_in(app, &ObjectCreated { bucket, key, version, size, at }, true).await
        }
        Redrive::Received(receipt) => restored::take_in(app, KeptReceipt::read(app, &receipt).await?, None).await,
    }
}

/// `again`: although its chunks were written before.
///
/// The log tells the upload by its id: names of files may be names of people.
#[instrument(skip_all, fields(upload = UploadId::of(&object.key).as_str()))]
pub(crate) async fn take_in(app: &App, object: &ObjectCreated, again: bool) -> Result<(), IngestError> {
    if object.size == 0 && object.key.ends_with('/') {
        // What consoles make when somebody creates a folder.
        return Ok(());
    }
    let key = UploadKey::parse(&object.key);
    let Some(head) = looked_at(app, object).await? else { return gone::close(app, object, key.as_ref().ok()).await };
    if app.is_restored(object) && restored::as_received(app, object, &head, again).await? {
        return Ok(());
    }
    let (id, batch) = opened(app, object, &head, key.as_ref().ok()).await?;
    let (version, stored_at, salt) = (&head.version, batch.stored_at, batch.salt);
    let (key_text, part_bytes, first_taken_in) = (object.key.as_str(), None, batch.taken_in_at);
    let upload = Upload {
        app,
        batch: &id,
        key: key_text,
        version,
        stored_at,
        salt,
        again,
        part_bytes,
        first_taken_in,
        as_kept: false,
    };
    if let Ok(key) = &key {
        app.registry.receive_upload(key.unit, &object.key, batch.stored_at, (&id, &version.etag)).await?;
    }
    if batch.chunks.is_some() && !again {
        info!(batch = %id, "this upload was taken in before");
        return Ok(());
    }
    match read(&upload, object, (key, &head), batch.part_bytes).await {
        // Since it was looked at.
        Err(IngestError::Store(StoreError::VersionGone)) => {
            gone::close(app, object, UploadKey::parse(&object.key).as_ref().ok()).await
        }
        done => done,
    }
}

/// The version that an event or an order tells of; `None` when it is gone. One HeadObject; a ListObjectVersions and a HeadObject
/// more when it is not the newest and its id is not known.
async fn looked_at(app: &App, object: &ObjectCreated) -> Result<Option<StoredHead>, StoreError> {
    match app.uploads.look_at(&object.key, &object.version).await {
        Err(StoreError::VersionGone) => match app.uploads.find_version(&object.key, &object.version).await? {
            Some(found) => app.uploads.look_at(&object.key, &found).await.map(Some),
            None => Ok(None),
        },
        head => head.map(Some),
    }
}

/// Reads a file that is there, or refuses it before.
pub(crate) async fn read(
    upload: &Upload<'_>,
    object: &ObjectCreated,
    (key, head): (Result<UploadKey, UploadKeyError>, &StoredHead),
    part_bytes: Option<u64>,
) -> Result<(), IngestError> {
    let most = upload.app.limits.text_bytes;
    if object.size > most {
        // The event says so: nobody waits until it is read.
        let refusal = Some(receipt_refusal(&FileRefusal::TooLarge(most)));
        let receipt = upload.receipt(key.as_ref().ok(), object.size, head.sha256.clone());
        return closing::close(upload, Receipt { refusal, ..receipt }, &[]).await;
    }
    match key {
        Ok(key) => match part_bytes.unwrap_or(upload.app.part_bytes) {
            part_bytes if object.size > part_bytes => in_parts(upload, &key, part_bytes).await,
            _ => in_one(upload, &key).await,
        },
        Err(error) => {
            let hint = "请按 uploads/<单位代码>/<数据表>/<日期>/<文件名> 的路径上传".to_owned();
            let refusal =
                ReceiptRefusal { code: error.code().to_owned(), reason: error.to_string(), hint, looks_like: None };
            let (bytes, sha256) = upload.digest().await?;
            let receipt = Receipt { refusal: Some(refusal), ..upload.receipt(None, bytes, Some(sha256)) };
            closing::close(upload, receipt, &[]).await
        }
    }
}

/// The batch of an upload. The same content under the same key is the same batch, however often it is stored, unless another
/// file of its name was sent in between: what was sent last counts, also when it equals an earlier file.
async fn opened(
    app: &App,
    object: &ObjectCreated,
    head: &StoredHead,
    key: Option<&UploadKey>,
) -> Result<(BatchId, Batch), IngestError> {
    // An entity tag says what the content is only where the store neither encrypts with keys of its own nor was given parts. By
    // what no unit has, backfill finds it by nothing else.
    let content = head.checksum.clone().filter(|_| key.is_some()).unwrap_or_else(|| head.version.etag.clone());
    let mut id = BatchId::of(&object.key, &content);
    let mut batch = app.registry.open_batch(&id, &object.key, object.at).await?;
    let Some(name) = key.map(UploadKey::sent_name) else { return Ok((id, batch)) };
    if gone::was(&batch) {
        // The same file, sent again since.
        id = gone::sent_again(app, object, &head.version, (&id, &content)).await?;
        batch = app.registry.open_batch(&id, &object.key, object.at).await?;
    } else if batch.stored_at != object.at {
        let last = app.registry.last_sent(&name).await?;
        if last.is_some_and(|(sent, at)| sent != id && at <= object.at) {
            id = BatchId::of_again(&object.key, &content, object.at);
            batch = app.registry.open_batch(&id, &object.key, object.at).await?;
        }
    }
    app.registry.note_sent(&name, &id, batch.stored_at).await?;
    Ok((id, batch))
}

/// Reads the file in this invocation.
async fn in_one(upload: &Upload<'_>, key: &UploadKey) -> Result<(), IngestError> {
    let source = upload.app.uploads.open(upload.key, upload.version, None).await?;
    let (told, digest) = tokio::sync::oneshot::channel();
    let (file, limits) = (key.file.clone(), upload.app.limits);
    let sender = sender(key, upload.stored_at, &upload.app.person_key, confirmed(&source));
    let read = outputs::write(&upload.target(0, key.unit), move |read| {
        let mut source = Hashing::new(source);
        let result = Intake::open(&mut source, &file, &sender, &limits).and_then(read);
        // Refused or not, the receipt names the whole file.
        if told.send(source.finish()?).is_err() {
            return Err(std::io::Error::other("nobody waits for the digest").into());
        }
        result
    })
    .await?;
    let (bytes, sha256) = digest.await.map_err(|_| std::io::Error::other("the file was not read to its end"))?;
    let receipt = upload.receipt(Some(key), bytes, Some(sha256));
    match read {
        Ok(result) => closing::close(upload, receipt, &[result]).await,
        Err(refusal) => {
            closing::close(upload, Receipt { refusal: Some(receipt_refusal(&refusal)), ..receipt }, &[]).await
        }
    }
}

/// Looks where the file can be parted, and orders the parts; a file that cannot be parted is read here.
async fn in_parts(upload: &Upload<'_>, key: &UploadKey, part_bytes: u64) -> Result<(), IngestError> {
    let source = upload.app.uploads.open(upload.key, upload.version, None).await?;
    let (file, limits) = (key.file.clone(), upload.app.limits);
    let sender = sender(key, upload.stored_at, &upload.app.person_key, confirmed(&source));
    let planned = tokio::task::spawn_blocking(move || {
        let mut source = Hashing::new(source);
        let planned = match Intake::open(&mut source, &file, &sender, &limits) {
            Ok(intake) => intake.parts(part_bytes),
            // Told in full by the reading itself.
            Err(_) => Ok(None),
        }?;
        Ok::<_, std::io::Error>((planned, source.finish()?))
    });
    let (planned, (bytes, sha256)) = planned.await??;
    match planned {
        Some((layout, planned)) if planned.len() > 1 && bytes <= upload.app.limits.text_bytes => {
            let receipt = upload.receipt(Some(key), bytes, Some(sha256));
            parts::order(upload, receipt, &layout, &planned, part_bytes).await
        }
        _ if bytes > upload.app.limits.text_bytes => {
            let refusal = receipt_refusal(&FileRefusal::TooLarge(upload.app.limits.text_bytes));
            let receipt = upload.receipt(Some(key), bytes, Some(sha256));
            closing::close(upload, Receipt { refusal: Some(refusal), ..receipt }, &[]).await
        }
        _ => in_one(upload, key).await,
    }
}

/// What the clerk said of a file when it was uploaded.
fn confirmed(file: &ObjectReader) -> Confirmed {
    file.metadata.get(objects::CONFIRMED).map_or_else(Confirmed::default, |said| Confirmed::parse(said))
}
