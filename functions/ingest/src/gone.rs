//! A version of a file that is gone: nobody waits for it any more, and its unit is told.

use serde::Deserialize;
use tracing::{info, warn};
use xinzheng_domain::{UploadId, UploadKey};
use xinzheng_intake::{FileRefusal, Receipt};
use xinzheng_runtime::queue::ObjectCreated;
use xinzheng_store::batch::{Batch, BatchId};
use xinzheng_store::versions::StoredVersion;

use crate::closing::receipt_refusal;
use crate::kept::KeptReceipt;
use crate::upload::Upload;
use crate::{App, IngestError, closing, parts};

/// Closes the batch of a version that is gone with a receipt that says so; what was taken in before stands. Of a file that is
/// worked on in parts each part that was not read is told of.
pub(crate) async fn close(app: &App, object: &ObjectCreated, key: Option<&UploadKey>) -> Result<(), IngestError> {
    let id = batch_of(app, object).await?;
    if app.is_restored(object)
        && KeptReceipt::all_of(app, &object.key).await?.iter().any(|kept| kept.is_of(&object.version))
    {
        info!(batch = %id, "a receipt tells of this file: what became of it is taken from there");
        return Ok(());
    }
    let batch = app.registry.open_batch(&id, &object.key, object.at).await?;
    if batch.chunks.is_some() {
        info!(batch = %id, "this upload was taken in before, and its file is gone since");
        return Ok(());
    }
    if let Some(key) = key {
        app.registry.receive_upload(key.unit, &object.key, batch.stored_at, (&id, &object.version.etag)).await?;
    }
    if let Some(parts) = batch.parts
        && parts::order_again(app, &id, parts).await?
    {
        info!(batch = %id, parts, "the file is gone: its parts say so");
        return Ok(());
    }
    warn!(batch = %id, "the file is gone");
    let (version, stored_at, salt) = (&object.version, batch.stored_at, batch.salt);
    let upload = Upload {
        app,
        batch: &id,
        key: &object.key,
        version,
        stored_at,
        salt,
        again: false,
        part_bytes: None,
        first_taken_in: None,
        as_kept: false,
    };
    let receipt = upload.receipt(key, object.size, None);
    closing::close(&upload, Receipt { refusal: Some(receipt_refusal(&FileRefusal::Gone)), ..receipt }, &[]).await
}

/// True of a batch that was closed because its file was gone.
pub(crate) fn was(batch: &Batch) -> bool {
    #[derive(Deserialize)]
    struct Stated {
        refusal: Option<String>,
    }
    let stated = batch.statement.as_deref().and_then(|statement| serde_json::from_str::<Stated>(statement).ok());
    let codes = [FileRefusal::Gone.code(), FileRefusal::PartlyGone { gone: 0, of: 0 }.code()];
    stated.and_then(|stated| stated.refusal).is_some_and(|refusal| codes.contains(&refusal.as_str()))
}

/// The batch of a file that is sent again after it was gone: one of its own, known by when it was stored; by what was noted when it
/// was first taken in. One GetItem.
pub(crate) async fn sent_again(
    app: &App,
    object: &ObjectCreated,
    version: &StoredVersion,
    (gone, content): (&BatchId, &str),
) -> Result<BatchId, IngestError> {
    let noted = noted(app, object, &version.etag).await?.filter(|noted| noted != gone);
    Ok(noted.unwrap_or_else(|| BatchId::of_again(&object.key, content, object.at)))
}

/// The batch that was opened when the version was still there, which knows its content; or else one by its entity tag. One
/// GetItem.
async fn batch_of(app: &App, object: &ObjectCreated) -> Result<BatchId, IngestError> {
    let noted = noted(app, object, &object.version.etag).await?;
    Ok(noted.unwrap_or_else(|| BatchId::of(&object.key, &object.version.etag)))
}

/// The batch that was noted last under the key, when it was of this entity tag. One GetItem.
async fn noted(app: &App, object: &ObjectCreated, etag: &str) -> Result<Option<BatchId>, IngestError> {
    let known = app.registry.upload(&UploadId::of(&object.key)).await?;
    Ok(known.filter(|known| known.etag.as_deref() == Some(etag)).and_then(|known| known.batch))
}
