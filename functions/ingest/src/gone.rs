//! A version of a file that is gone: nobody waits for it any more, and its unit is told.

use tracing::{info, warn};
use xinzheng_domain::{UploadId, UploadKey};
use xinzheng_intake::{FileRefusal, Receipt};
use xinzheng_runtime::queue::ObjectCreated;
use xinzheng_store::batch::BatchId;

use crate::closing::receipt_refusal;
use crate::upload::Upload;
use crate::{App, IngestError, closing, parts};

/// Closes the batch of a version that is gone with a receipt that says so; what was taken in before stands. Of a file that is
/// worked on in parts each part that was not read is told of.
pub(crate) async fn close(app: &App, object: &ObjectCreated, key: Option<&UploadKey>) -> Result<(), IngestError> {
    let id = batch_of(app, object).await?;
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
    let upload = Upload { app, batch: &id, key: &object.key, version, stored_at, salt, again: false };
    let receipt = upload.receipt(key, object.size, None);
    closing::close(&upload, Receipt { refusal: Some(receipt_refusal(&FileRefusal::Gone)), ..receipt }, &[]).await
}

/// The batch that was opened when the version was still there, which knows its content; or else one by its entity tag. One
/// GetItem.
async fn batch_of(app: &App, object: &ObjectCreated) -> Result<BatchId, IngestError> {
    let known = app.registry.upload(&UploadId::of(&object.key)).await?;
    let known = known.filter(|known| known.etag.as_deref() == Some(object.version.etag.as_str()));
    Ok(known.and_then(|known| known.batch).unwrap_or_else(|| BatchId::of(&object.key, &object.version.etag)))
}
