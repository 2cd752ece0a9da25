//! Uploads as their units see them: announced, received, worked on.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use xinzheng_domain::record::upload_key::shown_key;
use xinzheng_domain::{UnitCode, UploadId};

use crate::batch::BatchId;
use crate::table::{Cursor, Item, Key, Page, Put, Update, Written, at_most, damaged, instant, lacks, text};
use crate::{Registry, StoreError, keys};

/// When the file was stored that was received last.
const RECEIVED: &str = "received_at";
/// Its entity tag.
const ETAG: &str = "etag";

/// An upload of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// The file's key.
    pub key: String,
    /// When it was announced, or else received: its place in the unit's list.
    pub listed_at: Timestamp,
    /// The batch of the file that was received last under this key; `None` before one was.
    pub batch: Option<BatchId>,
    /// The entity tag of that file.
    pub etag: Option<String>,
}

impl Registry {
    /// Notes an upload that a unit is about to make. One UpdateItem, one PutItem.
    pub async fn announce_upload(&self, unit: UnitCode, key: &str, at: Timestamp) -> Result<Upload, StoreError> {
        self.note_upload(unit, key, at, None).await
    }

    /// Notes that a file was received under a key; one that was stored before the one that is noted changes nothing. One
    /// UpdateItem, one PutItem.
    pub async fn receive_upload(
        &self,
        unit: UnitCode,
        key: &str,
        stored_at: Timestamp,
        (batch, etag): (&BatchId, &str),
    ) -> Result<Upload, StoreError> {
        self.note_upload(unit, key, stored_at, Some((batch, etag))).await
    }

    async fn note_upload(
        &self,
        unit: UnitCode,
        key: &str,
        at: Timestamp,
        batch: Option<(&BatchId, &str)>,
    ) -> Result<Upload, StoreError> {
        let (id, shown) = (UploadId::of(key), shown_key(key));
        let noted = Update::at(keys::upload(id.as_str())).first("listed_at", text(instant(at))).text("upload", &*shown);
        let noted = match batch {
            None => noted,
            Some((batch, etag)) => noted
                .text("batch_id", batch.as_str())
                .text(ETAG, etag)
                .instant(RECEIVED, at)
                .when(lacks(RECEIVED).or(at_most(RECEIVED, text(instant(at))))),
        };
        let (Written::Done(item) | Written::Refused(item)) = self.update(noted).await?;
        let upload = upload(&item)?;
        let listed = Put::at(&keys::listed_upload(unit, upload.listed_at, id.as_str()))
            .text("upload", &*shown)
            .instant("listed_at", upload.listed_at);
        let listed = match &upload.batch {
            None => listed,
            Some(batch) => listed.text("batch_id", batch.as_str()),
        };
        self.put(listed).await?;
        Ok(upload)
    }

    /// Notes which batch was sent last under a file's name; one that was stored before the last changes nothing. One
    /// UpdateItem.
    pub async fn note_sent(&self, name: &str, batch: &BatchId, at: Timestamp) -> Result<(), StoreError> {
        let noted = Update::at(keys::sent_name(UploadId::of(name).as_str()))
            .text("batch_id", batch.as_str())
            .instant("sent_at", at)
            .when(lacks("sent_at").or(at_most("sent_at", text(instant(at)))));
        self.update(noted).await?;
        Ok(())
    }

    /// The batch that was sent last under a file's name, and when it was stored. One GetItem.
    pub async fn last_sent(&self, name: &str) -> Result<Option<(BatchId, Timestamp)>, StoreError> {
        let item = self.get(keys::sent_name(UploadId::of(name).as_str())).item().await?;
        Ok(item.and_then(|item| item.text("batch_id").and_then(BatchId::parse).zip(item.parsed("sent_at"))))
    }

    /// The upload with this id. One GetItem.
    pub async fn upload(&self, id: &UploadId) -> Result<Option<Upload>, StoreError> {
        self.get(keys::upload(id.as_str())).item().await?.map(|item| upload(&item)).transpose()
    }

    /// Of the uploads with these ids those that there are, by id. One BatchGetItem for each hundred.
    pub async fn uploads(&self, ids: &[UploadId]) -> Result<HashMap<UploadId, Upload>, StoreError> {
        let places: BTreeSet<&str> = ids.iter().map(UploadId::as_str).collect();
        let places: Vec<Key> = places.into_iter().map(keys::upload).collect();
        let found = self.get_all(&places).await?;
        let mut uploads = HashMap::new();
        for item in &found {
            if let Some(id) = keys::upload_of(item).and_then(UploadId::parse) {
                uploads.insert(id, upload(item)?);
            }
        }
        Ok(uploads)
    }

    /// A page of a unit's uploads, newest first; behind `cursor` when it is given. One Query.
    pub async fn uploads_of(
        &self,
        unit: UnitCode,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<Upload>, StoreError> {
        self.query(keys::uploads_of(unit)).newest_first().page(cursor, most).await?.try_map(|item| upload(&item))
    }
}

fn upload(item: &Item) -> Result<Upload, StoreError> {
    let key = item.needed("upload", "an upload")?.to_owned();
    Ok(Upload {
        id: UploadId::of(&key),
        listed_at: item.parsed("listed_at").ok_or_else(|| damaged("an upload", "it has no time"))?,
        batch: item.text("batch_id").and_then(BatchId::parse),
        etag: item.text(ETAG).map(str::to_owned),
        key,
    })
}
