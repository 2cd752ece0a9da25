//! An upload that is worked on: which batch it is, who sends it, and where what is read of it goes.

use jiff::Timestamp;
use xinzheng_domain::identity::subject::PersonKey;
use xinzheng_domain::record::upload_key::shown_key;
use xinzheng_domain::{UnitCode, UploadKey, china_time};
use xinzheng_intake::{Confirmed, Receipt, Sender};
use xinzheng_store::batch::BatchId;
use xinzheng_store::versions::StoredVersion;
use xinzheng_tlog::Salt;

use crate::hashing::Hashing;
use crate::outputs::Target;
use crate::{App, IngestError};

pub(crate) struct Upload<'a> {
    pub(crate) app: &'a App,
    pub(crate) batch: &'a BatchId,
    pub(crate) key: &'a str,
    /// Which of the files that were stored under the key.
    pub(crate) version: &'a StoredVersion,
    pub(crate) stored_at: Timestamp,
    /// The batch's salt.
    pub(crate) salt: Salt,
    /// Although it was taken in before.
    pub(crate) again: bool,
    /// How long the parts are in which it is read; `None` of a file that is read whole.
    pub(crate) part_bytes: Option<u64>,
    /// When it was taken in first, where that is known.
    pub(crate) first_taken_in: Option<Timestamp>,
    /// What its receipt says stays, however it is read now.
    pub(crate) as_kept: bool,
}

impl Upload<'_> {
    /// The receipt before anything was read; of what is not read at all it may have no SHA-256.
    pub(crate) fn receipt(&self, key: Option<&UploadKey>, bytes: u64, sha256: Option<String>) -> Receipt {
        Receipt {
            batch: self.batch.to_string(),
            key: shown_key(self.key).into_owned(),
            unit: key.map(|key| key.unit),
            table: key.map(|key| key.table),
            stored_at: self.stored_at,
            processed_at: self.app.clock.now(),
            bytes,
            sha256,
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

    /// The file's size and SHA-256.
    pub(crate) async fn digest(&self) -> Result<(u64, String), IngestError> {
        digest(self.app, self.key, self.version).await
    }
}

/// The size and SHA-256 of a stored file. One GetObject.
pub(crate) async fn digest(app: &App, key: &str, version: &StoredVersion) -> Result<(u64, String), IngestError> {
    let source = app.uploads.open(key, version, None).await?;
    Ok(tokio::task::spawn_blocking(move || Hashing::new(source).finish()).await??)
}

/// Who sends a file, and what for.
pub(crate) fn sender(key: &UploadKey, stored_at: Timestamp, person_key: &PersonKey, confirmed: Confirmed) -> Sender {
    let today = china_time::date(stored_at);
    Sender { unit: key.unit, table: key.table, today, person_key: person_key.clone(), confirmed }
}
