//! From a table's stream to functions, as Lambda's event source does it: in order, filtered by the template's patterns, a
//! batch again until the function has taken it, or was given it as often as the template says. How far it has come is kept in
//! the data folder.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dynoxide::Database;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use xinzheng_runtime::StreamResponse;
use xinzheng_store::changes::StreamEvent;
use xinzheng_template::StreamSource;

use crate::ending::Work;
use crate::error::StackError;
use crate::state_file;

/// A function behind a stream.
pub(crate) type StreamFunction = Arc<dyn Fn(StreamEvent) -> BoxFuture<'static, StreamResponse> + Send + Sync>;

type Anything = Box<dyn std::error::Error + Send + Sync>;

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
    /// Opens the stream of a local table. Without the file that keeps how far it was told of, all that it holds is told again,
    /// which is everything since the table was made.
    pub(crate) fn open(
        database: &Database,
        table: &str,
        source: StreamSource,
        function: StreamFunction,
        file: PathBuf,
    ) -> Result<Arc<Self>, StackError> {
        let Some((arn, shard)) = shard_of(database, table) else {
            return Err(StackError::Template(format!("{table} has no stream")));
        };
        let position = kept_position(&file)?;
        let is_lost = position.is_none();
        let stream =
            Self { database: database.clone(), arn, shard, source, function, position: Mutex::new(position), file };
        if is_lost && !stream.read(None).map_err(StackError::step("reading the table's stream"))?.is_empty() {
            tracing::warn!(file = %stream.file.display(), "how far the stream was told of is lost: all is told again");
        }
        Ok(Arc::new(stream))
    }

    /// Delivers from now on, until it is to end.
    pub(crate) fn deliver(self: &Arc<Self>, mut work: Work) {
        let stream = Arc::clone(self);
        tokio::spawn(async move {
            while !work.is_to_end() {
                if !stream.step(Some(&work)).await {
                    tokio::select! {
                        () = tokio::time::sleep(PAUSE) => {}
                        () = work.ended() => {}
                    }
                }
            }
        });
    }

    /// Has all that the stream holds be told again.
    pub(crate) async fn rewind(&self) {
        *self.position.lock().await = None;
    }

    /// Delivers until nothing is left.
    pub(crate) async fn drain(&self) {
        while self.step(None).await {}
    }

    /// Deals with the next changes; `false` when there are none. A batch that fails when the work is to end is left for the
    /// next start.
    async fn step(&self, work: Option<&Work>) -> bool {
        // One at a time, as a shard has one reader.
        let mut position = self.position.lock().await;
        let records = match self.read(position.as_deref()) {
            Ok(records) => records,
            Err(error) => {
                tracing::error!(%error, "the table's stream cannot be read");
                return false;
            }
        };
        let Some(last) = records.last().and_then(sequence) else { return false };
        let last = last.to_owned();
        let wanted: Vec<Value> = records.into_iter().filter(|record| self.source.delivers(record)).collect();
        for batch in wanted.chunks(self.source.batch_size as usize) {
            for attempt in 0.. {
                // The very JSON that Lambda would hand over.
                let event = serde_json::from_value::<StreamEvent>(json!({ "Records": batch }));
                let Ok(event) = event else {
                    tracing::error!("a change of the stream cannot be read");
                    break;
                };
                if (self.function)(event).await.is_done() {
                    break;
                }
                if self.source.retries.is_some_and(|most| attempt >= most) {
                    tracing::error!(changes = batch.len(), "changes were given up");
                    break;
                }
                if work.is_some_and(Work::is_to_end) {
                    return false;
                }
                tokio::time::sleep(RETRY).await;
            }
            if let Some(done) = batch.last().and_then(sequence) {
                self.keep(done);
                *position = Some(done.to_owned());
            }
            if work.is_some_and(Work::is_to_end) {
                return false;
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

    fn read(&self, position: Option<&str>) -> Result<Vec<Value>, Anything> {
        let mut wanted = json!({ "StreamArn": self.arn, "ShardId": self.shard, "ShardIteratorType": "TRIM_HORIZON" });
        if let (Some(position), Some(fields)) = (position, wanted.as_object_mut()) {
            fields.insert("ShardIteratorType".to_owned(), json!("AFTER_SEQUENCE_NUMBER"));
            fields.insert("SequenceNumber".to_owned(), json!(position));
        }
        let iterator = self.database.get_shard_iterator(serde_json::from_value(wanted)?)?.shard_iterator;
        let page = json!({ "ShardIterator": iterator, "Limit": PAGE });
        let page = serde_json::to_value(self.database.get_records(serde_json::from_value(page)?)?)?;
        Ok(page.get("Records").and_then(Value::as_array).cloned().unwrap_or_default())
    }
}

/// The names of a table's stream and of its shard; `None` when it has none.
fn shard_of(database: &Database, table: &str) -> Option<(String, String)> {
    let streams = database.list_streams(request(&json!({ "TableName": table }))?).ok()?;
    let streams = serde_json::to_value(streams).ok()?;
    let arn = streams.pointer("/Streams/0/StreamArn")?.as_str()?.to_owned();
    let described = database.describe_stream(request(&json!({ "StreamArn": arn }))?).ok()?;
    let described = serde_json::to_value(described).ok()?;
    let shard = described.pointer("/StreamDescription/Shards/0/ShardId")?.as_str()?.to_owned();
    Some((arn, shard))
}

/// The position in a file; `None` when there is no file.
fn kept_position(file: &Path) -> Result<Option<String>, StackError> {
    match fs::read_to_string(file) {
        // As long as DynamoDB has them.
        Ok(text) if (21..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Ok(_) | Err(_) => Err(StackError::Position(file.to_owned())),
    }
}

fn request<T: serde::de::DeserializeOwned>(json: &Value) -> Option<T> {
    serde_json::from_value(json.clone()).ok()
}

fn sequence(record: &Value) -> Option<&str> {
    record.pointer("/dynamodb/SequenceNumber")?.as_str()
}
