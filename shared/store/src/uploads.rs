//! Uploads as their units see them: announced, received, worked on.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use xinzheng_domain::UnitCode;

use crate::batch::BatchId;
use crate::keys::{self, PK, SK};
use crate::{Registry, StoreError};

/// The id of an upload: what its unit asks for it by. It follows from the file's key, so that a file that came without
/// being announced has one too.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UploadId(String);

impl UploadId {
    /// The id of the upload with this key.
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    }

    /// Parses 32 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        BatchId::parse(text).map(|id| Self(id.as_str().to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for UploadId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

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
}

impl Registry {
    /// Notes an upload that a unit is about to make. One UpdateItem, one PutItem.
    pub async fn announce_upload(&self, unit: UnitCode, key: &str, at: Timestamp) -> Result<Upload, StoreError> {
        self.note_upload(unit, key, at, None).await
    }

    /// Notes that a file was received under a key. One UpdateItem, one PutItem.
    pub async fn receive_upload(
        &self,
        unit: UnitCode,
        key: &str,
        stored_at: Timestamp,
        batch: &BatchId,
    ) -> Result<Upload, StoreError> {
        self.note_upload(unit, key, stored_at, Some(batch)).await
    }

    async fn note_upload(
        &self,
        unit: UnitCode,
        key: &str,
        at: Timestamp,
        batch: Option<&BatchId>,
    ) -> Result<Upload, StoreError> {
        let id = UploadId::of(key);
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::upload(id.as_str())))
            .key(SK, keys::text(keys::META))
            .expression_attribute_values(":at", keys::text(keys::instant(at)))
            .expression_attribute_values(":key", keys::text(key))
            .return_values(ReturnValue::AllNew);
        update = match batch {
            None => update.update_expression("SET listed_at = if_not_exists(listed_at, :at), upload = :key"),
            Some(batch) => update
                .update_expression("SET listed_at = if_not_exists(listed_at, :at), upload = :key, batch_id = :batch")
                .expression_attribute_values(":batch", keys::text(batch.as_str())),
        };
        let noted = update.send().await.map_err(StoreError::service("UpdateItem"))?;
        let upload = upload(&noted.attributes.unwrap_or_default())?;
        let mut listed = self
            .client
            .put_item()
            .table_name(&self.table)
            .item(PK, keys::text(keys::unit(unit)))
            .item(SK, keys::text(keys::listed_upload(upload.listed_at, id.as_str())))
            .item("upload", keys::text(key))
            .item("listed_at", keys::text(keys::instant(upload.listed_at)));
        if let Some(batch) = &upload.batch {
            listed = listed.item("batch_id", keys::text(batch.as_str()));
        }
        listed.send().await.map_err(StoreError::service("PutItem"))?;
        Ok(upload)
    }

    /// Notes which batch was sent last under a file's name; one that was stored before the last changes nothing. One
    /// UpdateItem.
    pub async fn note_sent(&self, name: &str, batch: &BatchId, at: Timestamp) -> Result<(), StoreError> {
        let noted = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::upload(UploadId::of(name).as_str())))
            .key(SK, keys::text(keys::NAME))
            .update_expression("SET batch_id = :batch, sent_at = :at")
            .condition_expression("attribute_not_exists(sent_at) OR sent_at <= :at")
            .expression_attribute_values(":batch", keys::text(batch.as_str()))
            .expression_attribute_values(":at", keys::text(keys::instant(at)))
            .send()
            .await;
        match noted.map_err(|error| error.into_service_error()) {
            Ok(_) | Err(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
            Err(error) => Err(StoreError::service("UpdateItem")(error)),
        }
    }

    /// The batch that was sent last under a file's name, and when it was stored. One GetItem.
    pub async fn last_sent(&self, name: &str) -> Result<Option<(BatchId, Timestamp)>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::upload(UploadId::of(name).as_str())))
            .key(SK, keys::text(keys::NAME))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::service("GetItem"))?;
        let Some(item) = found.item else { return Ok(None) };
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
        let batch = text("batch_id").and_then(|id| BatchId::parse(id));
        Ok(batch.zip(text("sent_at").and_then(|at| at.parse().ok())))
    }

    /// The upload with this id. One GetItem.
    pub async fn upload(&self, id: &UploadId) -> Result<Option<Upload>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::upload(id.as_str())))
            .key(SK, keys::text(keys::META))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::service("GetItem"))?;
        found.item.map(|item| upload(&item)).transpose()
    }

    /// A page of a unit's uploads, newest first; behind `after` when it is given. Returns the key to go on with. One Query.
    pub async fn uploads_of(
        &self,
        unit: UnitCode,
        after: Option<&str>,
        most: i32,
    ) -> Result<(Vec<Upload>, Option<String>), StoreError> {
        let (items, next) = self.listed(&keys::unit(unit), "UPLOAD#", after, most, false).await?;
        Ok((items.iter().map(upload).collect::<Result<_, _>>()?, next))
    }
}

fn upload(item: &HashMap<String, AttributeValue>) -> Result<Upload, StoreError> {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
    let damaged = |why: &str| StoreError::Damaged { what: "an upload".to_owned(), why: format!("it has no {why}") };
    let key = text("upload").ok_or_else(|| damaged("key"))?.clone();
    Ok(Upload {
        id: UploadId::of(&key),
        listed_at: text("listed_at").and_then(|at| at.parse().ok()).ok_or_else(|| damaged("time"))?,
        batch: text("batch_id").and_then(|batch| BatchId::parse(batch)),
        key,
    })
}
