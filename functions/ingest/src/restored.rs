//! Files that are there once more: for a table that does not know them any more, or as copies in another bucket. What they are and when
//! they arrived is what their receipts say, not what the store says of the new objects.

use jiff::Timestamp;
use tracing::{info, instrument, warn};
use xinzheng_domain::{UploadId, UploadKey};
use xinzheng_intake::Receipt;
use xinzheng_runtime::queue::ObjectCreated;
use xinzheng_store::StoreError;
use xinzheng_store::batch::{Batch, BatchId};
use xinzheng_store::objects::chunks_of;
use xinzheng_store::versions::{StoredHead, StoredVersion};

use crate::kept::KeptReceipt;
use crate::upload::{Upload, digest};
use crate::{App, IngestError, closing, take_in};

impl App {
    /// True of an object of the time until which the deployment was restored.
    pub(crate) fn is_restored(&self, object: &ObjectCreated) -> bool {
        self.restored_until.is_some_and(|until| object.at <= until)
    }
}

/// Takes a stored file in as the receipt says that tells of this version, or, in a bucket whose versions no receipt knows, as every
/// receipt says that tells of the same content under its key; `false` when there is none: it was never taken in.
///
/// A ListObjectsV2 and a GetObject for each receipt of the key, a ListObjectVersions; a GetObject of the file when neither its
/// entity tag nor its SHA-256 is known.
pub(crate) async fn as_received(
    app: &App,
    object: &ObjectCreated,
    head: &StoredHead,
    again: bool,
) -> Result<bool, IngestError> {
    let mut known = KeptReceipt::all_of(app, &object.key).await?;
    // What is there is not what was gone.
    known.retain(|kept| !kept.is_gone());
    if known.is_empty() {
        return Ok(false);
    }
    if let Some(same) = known.iter().position(|kept| kept.version.id.is_some() && kept.version == head.version) {
        take_in(app, known.swap_remove(same), Some((head, again))).await?;
        return Ok(true);
    }
    let versions = app.uploads.versions_of(&object.key).await?;
    if known.iter().any(|kept| kept.version.id.is_some() && versions.contains(&kept.version)) {
        // The receipts are of this bucket: it is another file, behind those that they tell of.
        for kept in known {
            take_in(app, kept, None).await?;
        }
        return Ok(false);
    }
    let etag = &head.version.etag;
    let alike = known.iter().find(|kept| kept.version.etag == *etag);
    let sha256 = match head.sha256.clone().or_else(|| alike.and_then(|kept| kept.receipt.sha256.clone())) {
        // Copies of files that were put in parts have other entity tags.
        None if alike.is_none() => Some(digest(app, &object.key, &head.version).await?.1),
        known => known,
    };
    known.retain(|kept| kept.version.etag == *etag || (sha256.is_some() && kept.receipt.sha256 == sha256));
    let found = !known.is_empty();
    for kept in known {
        take_in(app, kept, Some((head, again))).await?;
    }
    Ok(found)
}

/// Takes in what a receipt tells of, as it was taken in first: the same batch, the same time, the same salt. `found` is the file, and
/// whether it is taken in although it is known; else it is looked for.
///
/// Where no version of the key has the content any more, the chunks that were made of it do.
#[instrument(skip_all, fields(batch = kept.receipt.batch))]
pub(crate) async fn take_in(
    app: &App,
    kept: KeptReceipt,
    found: Option<(&StoredHead, bool)>,
) -> Result<(), IngestError> {
    let id = kept.batch()?;
    let (key, stored_at) = (kept.key().to_owned(), kept.receipt.stored_at);
    let parsed = UploadKey::parse(&key);
    let is_known = app.registry.batch(&id).await?.as_ref().is_some_and(Batch::is_closed);
    let (head, again) = match found {
        Some((head, again)) => (Some(head.clone()), again),
        // Of a file that was partly gone its chunks are what was read.
        None if is_known || kept.receipt.chunks == 0 || kept.receipt.refusal.is_some() => (None, false),
        None => (find(app, &kept).await?, false),
    };
    let version = head.as_ref().map_or(&kept.version, |head| &head.version).clone();
    let batch = app.registry.open_batch_again(&id, &key, (stored_at, kept.salt)).await?;
    if let Ok(parsed) = &parsed {
        if app.registry.upload(&UploadId::of(&key)).await?.is_none() {
            // Whichever of its files comes first, it stands in its unit's list by the one that was sent first.
            let all = KeptReceipt::all_of(app, &key).await?;
            let first = all.iter().map(|kept| kept.receipt.stored_at).min().unwrap_or(stored_at);
            app.registry.announce_upload(parsed.unit, &key, first).await?;
        }
        app.registry.receive_upload(parsed.unit, &key, batch.stored_at, (&id, &version.etag)).await?;
        app.registry.note_sent(&parsed.sent_name(), &id, batch.stored_at).await?;
    }
    if is_known && !again {
        return Ok(());
    }
    let upload = Upload {
        app,
        batch: &id,
        key: &key,
        version: &version,
        stored_at: batch.stored_at,
        salt: batch.salt,
        again: true,
        part_bytes: kept.part_bytes,
        first_taken_in: batch.taken_in_at.or(Some(kept.receipt.processed_at)),
        as_kept: true,
    };
    if kept.receipt.chunks == 0 {
        info!("of this file nothing was handed on");
        return closing::note(&upload, kept.receipt).await;
    }
    let read = match &head {
        None => Err(StoreError::VersionGone.into()),
        Some(head) => {
            let object = received(app, &kept, &version, batch.stored_at);
            // It is parted as it was parted first.
            let part_bytes = kept.part_bytes.unwrap_or(u64::MAX);
            take_in::read(&upload, &object, (parsed, head), Some(part_bytes)).await
        }
    };
    match read {
        Err(IngestError::Store(StoreError::VersionGone)) => from_chunks(&upload, kept).await,
        done => done,
    }
}

/// The file as its event told of it.
fn received(app: &App, kept: &KeptReceipt, version: &StoredVersion, at: Timestamp) -> ObjectCreated {
    let (bucket, key) = (app.uploads.name().to_owned(), kept.key().to_owned());
    ObjectCreated { bucket, key, version: version.clone(), size: kept.receipt.bytes, at }
}

/// The version that a receipt tells of: the same one, or another with its entity tag, or with its content. One
/// ListObjectVersions for each thousand versions of the key, one HeadObject; a HeadObject and a GetObject for each version where
/// no entity tag is the same.
async fn find(app: &App, kept: &KeptReceipt) -> Result<Option<StoredHead>, IngestError> {
    let mut versions = app.uploads.versions_of(kept.key()).await?;
    versions.sort_by_key(|version| *version != kept.version);
    let (alike, others): (Vec<_>, Vec<_>) = versions.into_iter().partition(|version| version.etag == kept.version.etag);
    for version in &alike {
        if let Some(head) = looked_at(app, kept.key(), version).await? {
            return Ok(Some(head));
        }
    }
    let Some(wanted) = &kept.receipt.sha256 else { return Ok(None) };
    for version in &others {
        let Some(head) = looked_at(app, kept.key(), version).await? else { continue };
        let sha256 = match &head.sha256 {
            Some(sha256) => sha256.clone(),
            None => digest(app, kept.key(), version).await?.1,
        };
        if sha256 == *wanted {
            return Ok(Some(head));
        }
    }
    Ok(None)
}

async fn looked_at(app: &App, key: &str, version: &StoredVersion) -> Result<Option<StoredHead>, StoreError> {
    match app.uploads.look_at(key, version).await {
        Err(StoreError::VersionGone) => Ok(None),
        head => head.map(Some),
    }
}

/// Hands on once more what was handed on of a file, which is itself not there. A ListObjectsV2 for each thousand chunks; a
/// GetObject and a PutObject for each.
async fn from_chunks(upload: &Upload<'_>, kept: KeptReceipt) -> Result<(), IngestError> {
    let intake = &upload.app.intake;
    let (prefix, mut after, mut chunks) = (chunks_of(upload.batch), None, vec![]);
    loop {
        let page = intake.list(&prefix, after.as_deref()).await?;
        chunks.extend(page.files.into_iter().map(|file| file.key));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    // More than it names are of another way to cut the same rows.
    if chunks.len() < kept.receipt.chunks as usize {
        return Err(IngestError::FileLost(BatchId::clone(upload.batch)));
    }
    warn!(chunks = chunks.len(), "the file is gone: its chunks are indexed");
    if let Some(part_bytes) = kept.part_bytes {
        let parts = u32::try_from(kept.receipt.rejected_objects.len()).unwrap_or(u32::MAX);
        upload.app.registry.part_batch(upload.batch, parts, part_bytes).await?;
    }
    for key in &chunks {
        let chunk = intake.get(key).await?;
        let metadata: Vec<(&str, &str)> =
            chunk.metadata.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        intake.put(key, "application/jsonl", chunk.bytes, &metadata).await?;
    }
    let chunks = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
    closing::note(upload, Receipt { chunks, ..kept.receipt }).await
}
