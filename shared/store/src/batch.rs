//! Upload batches: one for each uploaded file, from its arrival to its last indexed chunk.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Put, ReturnValue, TransactWriteItem, Update};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use xinzheng_domain::{TableId, UnitCode};

use crate::audit::{Actor, Step};
use crate::keys::{self, PK, SK};
use crate::objections::{Stepped, put, update};
use crate::objects::ChunkName;
use crate::{Registry, StoreError};

/// The id of a batch: the same for the same file under the same key, so that a repeated event is the same batch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BatchId(String);

impl BatchId {
    /// The id of the upload with this key and content: what the object store calls its checksum, or else its entity tag.
    pub fn of(key: &str, content: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update((key.len() as u64).to_be_bytes());
        hash.update(key.as_bytes());
        hash.update(content.trim_matches('"').as_bytes());
        Self(hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    }

    /// The id of an upload whose key and content an earlier one had, after another content was stored under the key: sent
    /// once more, it counts again.
    pub fn of_again(key: &str, content: &str, stored_at: Timestamp) -> Self {
        Self::of(key, &format!("{}@{stored_at}", content.trim_matches('"')))
    }

    /// Parses 32 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        valid.then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for BatchId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// How far a batch has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BatchState {
    /// Intake has begun.
    Processing,
    /// The whole file was refused.
    Refused,
    /// Chunks are written and being indexed.
    Indexing,
    /// Every chunk is indexed.
    Indexed,
}

/// A batch as the registry holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// How far it has come.
    pub state: BatchState,
    /// The key of the uploaded file.
    pub key: String,
    /// When the file reached the object store. Fixed by whoever processes the batch first: all positions rest on it.
    pub stored_at: Timestamp,
    /// The parts that the file is worked on in; `None` before that is known.
    pub parts: Option<u32>,
    /// How long those parts are, in bytes: a replay parts the file as it was parted first.
    pub part_bytes: Option<u64>,
    /// The parts that are read.
    pub parts_done: u32,
    /// The chunks that intake wrote; `None` until it is done.
    pub chunks: Option<u32>,
    /// The chunks that are indexed.
    pub indexed: u32,
    /// Rows that index refused because they are about another unit's records.
    pub conflicts: u64,
}

impl Batch {
    /// True when nothing is left to do.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, BatchState::Refused | BatchState::Indexed)
    }

    /// How much of the work is done, in percent: reading is the first half, indexing the second.
    pub fn progress(&self) -> u8 {
        let half = |done: u32, all: u32| (u64::from(done.min(all)) * 50 / u64::from(all.max(1))) as u8;
        match (self.state, self.chunks, self.parts) {
            (BatchState::Refused | BatchState::Indexed, ..) => 100,
            // Nothing is done before everything is: 100 is said once.
            (_, Some(chunks), _) => (50 + half(self.indexed, chunks)).min(99),
            (_, None, Some(parts)) => half(self.parts_done, parts),
            (_, None, None) => 0,
        }
    }
}

/// What taking in an upload came to.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// The unit; `None` when the key does not name one.
    pub unit: Option<UnitCode>,
    /// The table; `None` when the key does not name one.
    pub table: Option<TableId>,
    /// The chunks written.
    pub chunks: u32,
    /// Rows accepted.
    pub accepted: u64,
    /// Faults of rejected rows, by code.
    pub faults: &'a BTreeMap<String, u64>,
    /// The code of the refusal of the whole file.
    pub refusal: Option<&'a str>,
}

/// How often a transaction that others got in the way of is tried.
const ATTEMPTS: u32 = 20;

impl Registry {
    /// Opens a batch, or finds it as it is when it was opened before. One UpdateItem.
    ///
    /// `stored_at` is kept from the first opening, so that a replay has the same positions.
    pub async fn open_batch(&self, id: &BatchId, key: &str, stored_at: Timestamp) -> Result<Batch, StoreError> {
        let opened = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::batch(id.as_str())))
            .key(SK, keys::text(keys::META))
            .update_expression("SET stored_at = if_not_exists(stored_at, :stored), upload = :upload")
            .expression_attribute_values(":stored", keys::text(keys::instant(stored_at)))
            .expression_attribute_values(":upload", keys::text(key))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(StoreError::service("UpdateItem"))?;
        batch(&opened.attributes.unwrap_or_default())
    }

    /// Notes how many parts the file is worked on in and how long they are; what was noted first stays. One UpdateItem.
    pub async fn part_batch(&self, id: &BatchId, parts: u32, part_bytes: u64) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::batch(id.as_str())))
            .key(SK, keys::text(keys::META))
            .update_expression(
                "SET parts = if_not_exists(parts, :parts), part_bytes = if_not_exists(part_bytes, :bytes)",
            )
            .expression_attribute_values(":parts", keys::count(parts))
            .expression_attribute_values(":bytes", keys::count(part_bytes))
            .send()
            .await
            .map_err(StoreError::service("UpdateItem"))?;
        Ok(())
    }

    /// Notes that a part is read; counted once, however often it is said. One TransactWriteItems.
    pub async fn finish_part(&self, id: &BatchId, part: u32, at: Timestamp) -> Result<(), StoreError> {
        self.count_once(id, keys::part(part), "ADD parts_done :one", &[(":one", 1)], at).await
    }

    /// The batch with this id. One GetItem.
    pub async fn batch(&self, id: &BatchId) -> Result<Option<Batch>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::batch(id.as_str())))
            .key(SK, keys::text(keys::META))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::service("GetItem"))?;
        found.item.map(|item| batch(&item)).transpose()
    }

    /// The batches with these ids, of which there are at most 100. One BatchGetItem.
    pub async fn batches(&self, ids: &[BatchId]) -> Result<HashMap<String, Batch>, StoreError> {
        let mut found = HashMap::new();
        let key = |id: &BatchId| {
            HashMap::from([
                (PK.to_owned(), keys::text(keys::batch(id.as_str()))),
                (SK.to_owned(), keys::text(keys::META)),
            ])
        };
        let unique: std::collections::BTreeSet<&str> = ids.iter().map(BatchId::as_str).collect();
        let keys: Vec<_> = unique.into_iter().filter_map(BatchId::parse).map(|id| key(&id)).collect();
        if keys.is_empty() {
            return Ok(found);
        }
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let mut left = HashMap::from([(self.table.clone(), wanted.map_err(StoreError::service("BatchGetItem"))?)]);
        // DynamoDB may answer a part of what is asked; the rest is asked for again.
        while !left.is_empty() {
            let answered = self.client.batch_get_item().set_request_items(Some(left)).send().await;
            let answered = answered.map_err(StoreError::service("BatchGetItem"))?;
            for item in answered.responses.unwrap_or_default().into_values().flatten() {
                let id = item.get(PK).and_then(|pk| pk.as_s().ok()).and_then(|pk| pk.strip_prefix("BATCH#"));
                if let Some(id) = id {
                    found.insert(id.to_owned(), batch(&item)?);
                }
            }
            left = answered.unprocessed_keys.unwrap_or_default();
        }
        Ok(found)
    }

    /// Notes that intake is done, and what it came to; in the audit once, however often it is said. One
    /// TransactWriteItems; when it was said before an UpdateItem more.
    pub async fn finish_intake(&self, id: &BatchId, outcome: &Outcome<'_>, at: Timestamp) -> Result<(), StoreError> {
        let refused = outcome.refusal.is_some();
        let partition = outcome.unit.map_or_else(|| keys::PLATFORM_AUDIT.to_owned(), keys::unit_audit);
        let step = Step::new(at, "upload.received", id.as_str()).event(json!({
            "batch": id,
            "unit": outcome.unit,
            "table": outcome.table,
            "accepted": outcome.accepted,
            "faults": outcome.faults,
            "refusal": outcome.refusal,
        }));
        for _ in 0..ATTEMPTS {
            let finished = Update::builder()
                .table_name(&self.table)
                .key(PK, keys::text(keys::batch(id.as_str())))
                .key(SK, keys::text(keys::META))
                .update_expression("SET chunks = :chunks, refused = :refused")
                .condition_expression("attribute_not_exists(chunks)")
                .expression_attribute_values(":chunks", keys::count(outcome.chunks))
                .expression_attribute_values(":refused", AttributeValue::Bool(refused));
            let entry = self.entry(&partition, &Actor::system(), &step);
            if self.transact([update(finished)?, put(entry)?]).await? == Stepped::Done {
                return Ok(());
            }
            // It was said before, or index counts a chunk of the batch at this moment.
            if self.batch(id).await?.is_some_and(|batch| batch.chunks.is_some()) {
                return self.finish_again(id, outcome.chunks, refused).await;
            }
        }
        Err(StoreError::Overtaken)
    }

    async fn finish_again(&self, id: &BatchId, chunks: u32, refused: bool) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::batch(id.as_str())))
            .key(SK, keys::text(keys::META))
            .update_expression("SET chunks = :chunks, refused = :refused")
            .expression_attribute_values(":chunks", keys::count(chunks))
            .expression_attribute_values(":refused", AttributeValue::Bool(refused))
            .send()
            .await
            .map_err(StoreError::service("UpdateItem"))?;
        Ok(())
    }

    /// Notes that a chunk is indexed, with the rows in it that were refused; counted once, however often it is said. One
    /// TransactWriteItems.
    pub async fn finish_chunk(
        &self,
        id: &BatchId,
        name: &ChunkName,
        conflicts: u64,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let counts = [(":one", 1), (":conflicts", conflicts)];
        self.count_once(id, keys::chunk(name), "ADD chunks_indexed :one, conflicts :conflicts", &counts, at).await
    }

    /// The marker of a step and the batch's counters change together or not at all.
    async fn count_once(
        &self,
        id: &BatchId,
        step: String,
        counters: &str,
        counts: &[(&str, u64)],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let pk = keys::batch(id.as_str());
        let marker = Put::builder()
            .table_name(&self.table)
            .item(PK, keys::text(&pk))
            .item(SK, keys::text(step))
            .item("indexed_at", keys::text(keys::instant(at)))
            .condition_expression("attribute_not_exists(pk)")
            .build();
        let mut counter = Update::builder()
            .table_name(&self.table)
            .key(PK, keys::text(&pk))
            .key(SK, keys::text(keys::META))
            .update_expression(counters);
        for (name, count) in counts {
            counter = counter.expression_attribute_values(*name, keys::count(count));
        }
        let (marker, counter) = (
            marker.map_err(StoreError::service("TransactWriteItems"))?,
            counter.build().map_err(StoreError::service("TransactWriteItems"))?,
        );
        let sent = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(marker).build())
            .transact_items(TransactWriteItem::builder().update(counter).build())
            .send()
            .await;
        match sent.map_err(|error| error.into_service_error()) {
            Ok(_) => Ok(()),
            Err(TransactWriteItemsError::TransactionCanceledException(cancelled))
                if cancelled.cancellation_reasons().first().and_then(|reason| reason.code())
                    == Some("ConditionalCheckFailed") =>
            {
                Ok(())
            }
            Err(error) => Err(StoreError::service("TransactWriteItems")(error)),
        }
    }
}

fn batch(item: &HashMap<String, AttributeValue>) -> Result<Batch, StoreError> {
    let number = |name: &str| item.get(name).and_then(|v| v.as_n().ok()).and_then(|n| n.parse::<u32>().ok());
    let stored_at = item.get("stored_at").and_then(|v| v.as_s().ok()).and_then(|text| text.parse().ok());
    let refused = item.get("refused").and_then(|v| v.as_bool().ok()).copied().unwrap_or(false);
    let (chunks, indexed) = (number("chunks"), number("chunks_indexed").unwrap_or(0));
    Ok(Batch {
        key: item.get("upload").and_then(|v| v.as_s().ok()).cloned().unwrap_or_default(),
        parts: number("parts"),
        part_bytes: item.get("part_bytes").and_then(|v| v.as_n().ok()).and_then(|n| n.parse().ok()),
        parts_done: number("parts_done").unwrap_or(0),
        conflicts: number("conflicts").map_or(0, u64::from),
        state: match chunks {
            None => BatchState::Processing,
            Some(_) if refused => BatchState::Refused,
            Some(chunks) if indexed >= chunks => BatchState::Indexed,
            Some(_) => BatchState::Indexing,
        },
        stored_at: stored_at.ok_or_else(|| StoreError::Damaged {
            what: "a batch".to_owned(),
            why: "it has no time of storing".to_owned(),
        })?,
        chunks,
        indexed,
    })
}
