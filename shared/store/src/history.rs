//! The history of records: every revision and every change, by source position.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use jiff::Timestamp;
use serde_json::value::RawValue;
use xinzheng_domain::{ChunkLine, Entry, RecordId, SourcePosition, UnitCode};

use crate::batch::BatchId;
use crate::keys::{self, PK, SK};
use crate::{Registry, StoreError};

/// The most items that a BatchWriteItem takes.
const MOST_ITEMS: usize = 25;

/// A step in the history of a record.
#[derive(Clone, Debug)]
pub struct HistoryStep {
    /// Where it stood among all uploads: later positions win.
    pub position: SourcePosition,
    /// The unit, or county office, that sent it.
    pub unit: UnitCode,
    /// When its file reached the object store.
    pub stored_at: Timestamp,
    /// The batch of its file.
    pub batch: String,
    /// The row in that file.
    pub row: u64,
    /// What was sent: a record, or a change to one, as JSON.
    pub entry: Box<RawValue>,
}

/// The record that an entry is about, and who sent it; `None` for entries that are about none.
fn about(entry: &Entry<'_>) -> Option<(RecordId, UnitCode)> {
    match entry {
        Entry::Record(record) => Some((record.id, record.unit)),
        Entry::Mark(marked) => Some((marked.id, marked.unit)),
        Entry::Subject(_) | Entry::Manifest(_) => None,
    }
}

impl Registry {
    /// Notes the lines of a chunk in the histories of their records. The same lines noted again are the same items. One
    /// BatchWriteItem for every 25.
    pub async fn note_history(
        &self,
        lines: &[ChunkLine<'_>],
        batch: &BatchId,
        stored_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut requests = vec![];
        for line in lines {
            let Some((record, unit)) = about(&line.entry) else { continue };
            let position = SourcePosition::new(stored_at, batch.as_str(), line.row);
            let entry = serde_json::to_string(&line.entry).map_err(StoreError::damaged("a line of a chunk"))?;
            let put = PutRequest::builder()
                .item(PK, keys::text(keys::record(&record)))
                .item(SK, keys::text(position.as_str()))
                .item("unit", keys::text(unit.to_string()))
                .item("stored_at", keys::text(keys::instant(stored_at)))
                .item("batch", keys::text(batch.as_str()))
                .item("line", keys::count(line.row))
                .item("body", keys::text(entry))
                .build()
                .map_err(StoreError::service("BatchWriteItem"))?;
            requests.push(WriteRequest::builder().put_request(put).build());
        }
        for requests in requests.chunks(MOST_ITEMS) {
            let mut left = HashMap::from([(self.table.clone(), requests.to_vec())]);
            // DynamoDB may take a part of a batch; the rest is sent until all is taken.
            while !left.is_empty() {
                let sent = self.client.batch_write_item().set_request_items(Some(left)).send().await;
                left = sent.map_err(StoreError::service("BatchWriteItem"))?.unprocessed_items.unwrap_or_default();
            }
        }
        Ok(())
    }

    /// A page of the steps of a record's history, oldest first; behind `after` when it is given. Returns the key to go on
    /// with. One Query.
    pub async fn history(
        &self,
        record: &RecordId,
        after: Option<&str>,
        most: i32,
    ) -> Result<(Vec<HistoryStep>, Option<String>), StoreError> {
        let (items, next) = self.listed(&keys::record(record), keys::POSITIONS, after, most, true).await?;
        Ok((items.iter().map(step).collect::<Result<_, _>>()?, next))
    }
}

fn step(item: &HashMap<String, AttributeValue>) -> Result<HistoryStep, StoreError> {
    let damaged =
        |why: &str| StoreError::Damaged { what: "a step of a history".to_owned(), why: format!("it has no {why}") };
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).ok_or_else(|| damaged(name));
    Ok(HistoryStep {
        position: SourcePosition::stored(text(SK)?.clone()),
        unit: UnitCode::parse(text("unit")?).ok_or_else(|| damaged("unit"))?,
        stored_at: text("stored_at")?.parse().map_err(|_| damaged("time"))?,
        batch: text("batch")?.clone(),
        row: item.get("line").and_then(|n| n.as_n().ok()).and_then(|n| n.parse().ok()).ok_or_else(|| damaged("row"))?,
        entry: serde_json::from_str(text("body")?).map_err(StoreError::damaged("a step of a history"))?,
    })
}
