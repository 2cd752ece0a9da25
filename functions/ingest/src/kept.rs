//! Receipts as they are kept: with all that a file is known by, so that it is the same file for another table, and as a copy in
//! another bucket.

use serde::{Deserialize, Serialize};
use xinzheng_domain::UploadId;
use xinzheng_intake::{FileRefusal, Receipt};
use xinzheng_store::batch::BatchId;
use xinzheng_store::objects::{self, receipt_key};
use xinzheng_store::versions::StoredVersion;
use xinzheng_tlog::Salt;

use crate::upload::Upload;
use crate::{App, IngestError};

/// A receipt with what its unit needs not be told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptReceipt {
    #[serde(flatten)]
    pub(crate) receipt: Receipt,
    /// The id of the upload: of the file's key, which the receipt has as it is shown, as it may hold an identity number.
    upload: UploadId,
    /// The key itself, once it is known.
    #[serde(skip)]
    object: String,
    /// Which of the files that were stored under the key.
    pub(crate) version: StoredVersion,
    /// The batch's salt.
    pub(crate) salt: Salt,
    /// How long the parts were in which it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) part_bytes: Option<u64>,
}

impl KeptReceipt {
    pub(crate) fn of(upload: &Upload<'_>, receipt: Receipt) -> Self {
        let (object, version) = (upload.key.to_owned(), upload.version.clone());
        let id = UploadId::of(&object);
        Self { receipt, upload: id, object, version, salt: upload.salt, part_bytes: upload.part_bytes }
    }

    /// True when it tells of this version: by its id where both are known, else by the entity tag.
    pub(crate) fn is_of(&self, version: &StoredVersion) -> bool {
        match (&self.version.id, &version.id) {
            (Some(own), Some(id)) => own == id,
            _ => self.version.etag == version.etag,
        }
    }

    /// True of a file that was gone before any of it was read.
    pub(crate) fn is_gone(&self) -> bool {
        self.receipt.refusal.as_ref().is_some_and(|refusal| refusal.code == FileRefusal::Gone.code())
    }

    /// The key of the file.
    pub(crate) fn key(&self) -> &str {
        &self.object
    }

    /// The batch's id.
    pub(crate) fn batch(&self) -> Result<BatchId, IngestError> {
        BatchId::parse(&self.receipt.batch).ok_or_else(|| IngestError::DamagedReceipt(self.receipt.batch.clone()))
    }

    /// Keeps it. One PutObject.
    pub(crate) async fn keep(&self, app: &App) -> Result<(), IngestError> {
        let key = receipt_key(&self.object, &self.batch()?);
        app.intake.put(&key, "application/json", serde_json::to_vec_pretty(self)?, &[]).await?;
        Ok(())
    }

    /// The receipt that lies there. One GetObject; where its key is shown otherwise than it is, a ListObjectsV2 for each thousand
    /// files of the day.
    pub(crate) async fn read(app: &App, key: &str) -> Result<Self, IngestError> {
        let mut kept = Self::parsed(app, key).await?;
        kept.object.clone_from(&kept.receipt.key);
        let (day, mut after) = (kept.object.rfind('/').map_or(0, |end| end + 1), None);
        let prefix = kept.object.get(..day).unwrap_or_default().to_owned();
        while UploadId::of(&kept.object) != kept.upload {
            let page = app.uploads.list(&prefix, after.as_deref()).await?;
            if let Some(file) = page.files.iter().find(|file| UploadId::of(&file.key) == kept.upload) {
                kept.object.clone_from(&file.key);
            }
            match page.next {
                Some(next) => after = Some(next),
                // It is not there any more: its chunks may be.
                None => break,
            }
        }
        Ok(kept)
    }

    async fn parsed(app: &App, key: &str) -> Result<Self, IngestError> {
        let stored = app.intake.get(key).await?;
        let damaged = || objects::parse_receipt_key(key).map_or_else(|| key.to_owned(), |batch| batch.to_string());
        serde_json::from_slice(&stored.bytes).map_err(|_| IngestError::DamagedReceipt(damaged()))
    }

    /// The receipts of the files that were stored under a key. A ListObjectsV2 for each thousand, a GetObject for each.
    pub(crate) async fn all_of(app: &App, key: &str) -> Result<Vec<Self>, IngestError> {
        let (prefix, mut after, mut found) = (objects::receipts_of(key), None, vec![]);
        loop {
            let page = app.intake.list(&prefix, after.as_deref()).await?;
            for file in &page.files {
                // Keys that are shown alike lie together.
                let mut kept = Self::parsed(app, &file.key).await?;
                if kept.upload == UploadId::of(key) {
                    key.clone_into(&mut kept.object);
                    found.push(kept);
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(found),
            }
        }
    }
}
