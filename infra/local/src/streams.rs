//! From a table's stream to functions, as Lambda's event source does it: in order, filtered by the template's patterns, a
//! batch again until the function has taken it. How far it has come is kept in the data folder.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dynoxide::Database;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use xinzheng_runtime::StreamResponse;
use xinzheng_store::changes::StreamEvent;
use xinzheng_template::StreamSource;

use crate::state_file;

/// A function behind a stream.
pub(crate) type StreamFunction = Arc<dyn Fn(StreamEvent) -> BoxFuture<'static, StreamResponse> + Send + Sync>;

/// How long the stream is left alone when it has nothing new.
const PAUSE: Duration = Duration::from_millis(50);
/// How long a batch that failed waits.
const RETRY: Duration = Duration::from_millis(200);
/// The most changes that are looked at in one go.
const PAGE: usize = 1000;

/// A table's stream and the function behind it.
pub(crate) struct TableStream {
    database: Database,
    arn: String,
    shard: String,
    source: StreamSource,
    function: StreamFunction,
    /// The sequence number of the last change that was dealt with; with the file that keeps it.
    position: Mutex<Option<String>>,
    file: PathBuf,
}

impl TableStream {
    /// Opens the stream of a local table; `None` when it has none.
    pub(crate) fn open(
        database: &Database,
        table: &str,
        source: StreamSource,
        function: StreamFunction,
        file: PathBuf,
    ) -> Option<Arc<Self>> {
        let streams = database.list_streams(request(&json!({ "TableName": table }))?).ok()?;
        let streams = serde_json::to_value(streams).ok()?;
        let arn = streams.pointer("/Streams/0/StreamArn")?.as_str()?.to_owned();
        let described = database.describe_stream(request(&json!({ "StreamArn": arn }))?).ok()?;
        let described = serde_json::to_value(described).ok()?;
        let shard = described.pointer("/StreamDescription/Shards/0/ShardId")?.as_str()?.to_owned();
        let position = Mutex::new(fs::read_to_string(&file).ok());
        Some(Arc::new(Self { database: database.clone(), arn, shard, source, function, position, file }))
    }

    /// Delivers from now on.
    pub(crate) fn deliver(self: &Arc<Self>) {
        let stream = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                if !stream.step().await {
                    tokio::time::sleep(PAUSE).await;
                }
            }
        });
    }

    /// Delivers until nothing is left.
    pub(crate) async fn drain(&self) {
        while self.step().await {}
    }

    /// Deals with the next changes; `false` when there are none.
    async fn step(&self) -> bool {
        // One at a time, as a shard has one reader.
        let mut position = self.position.lock().await;
        let Some(records) = self.read(position.as_deref()) else { return false };
        let Some(last) = records.last().and_then(sequence) else { return false };
        let last = last.to_owned();
        let wanted: Vec<Value> = records.into_iter().filter(|record| self.source.delivers(record)).collect();
        for batch in wanted.chunks(self.source.batch_size as usize) {
            loop {
                // The very JSON that Lambda would hand over.
                let event = serde_json::from_value::<StreamEvent>(json!({ "Records": batch }));
                let Ok(event) = event else {
                    tracing::error!("a change of the stream cannot be read");
                    break;
                };
                if (self.function)(event).await.is_done() {
                    break;
                }
                tokio::time::sleep(RETRY).await;
            }
            if let Some(done) = batch.last().and_then(sequence) {
                self.keep(done);
                *position = Some(done.to_owned());
            }
        }
        self.keep(&last);
        *position = Some(last);
        true
    }

    fn keep(&self, position: &str) {
        if let Err(error) = state_file::replace(&self.file, position.as_bytes()) {
            tracing::error!(%error, "the place in the stream could not be kept");
        }
    }

    fn read(&self, position: Option<&str>) -> Option<Vec<Value>> {
        let mut wanted = json!({ "StreamArn": self.arn, "ShardId": self.shard, "ShardIteratorType": "TRIM_HORIZON" });
        if let (Some(position), Some(fields)) = (position, wanted.as_object_mut()) {
            fields.insert("ShardIteratorType".to_owned(), json!("AFTER_SEQUENCE_NUMBER"));
            fields.insert("SequenceNumber".to_owned(), json!(position));
        }
        let iterator = self.database.get_shard_iterator(request(&wanted)?).ok()?.shard_iterator?;
        let page = self.database.get_records(request(&json!({ "ShardIterator": iterator, "Limit": PAGE }))?).ok()?;
        let page = serde_json::to_value(page).ok()?;
        page.get("Records")?.as_array().cloned()
    }
}

fn request<T: serde::de::DeserializeOwned>(json: &Value) -> Option<T> {
    serde_json::from_value(json.clone()).ok()
}

fn sequence(record: &Value) -> Option<&str> {
    record.pointer("/dynamodb/SequenceNumber")?.as_str()
}
