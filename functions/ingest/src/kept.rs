//! Receipts as they are kept: with all that a file is known by, so that it is the same file for another table, and as a copy in
//! another bucket.

use serde::{Deserialize, Serialize};
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
    /// The key of the file; the receipt has it as it is shown.
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
        Self { receipt, object, version, salt: upload.salt, part_bytes: upload.part_bytes }
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

    /// The receipt that lies there. One GetObject.
    pub(crate) async fn read(app: &App, key: &str) -> Result<Self, IngestError> {
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
                found.extend(Some(Self::read(app, &file.key).await?).filter(|kept| kept.object == key));
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(found),
            }
        }
    }
}
