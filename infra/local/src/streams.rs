//! From a table's stream to functions, as Lambda's event source does it: in order, filtered by the template's patterns, a
//! batch again from the change on that the function names, in halves after an error, until it was given it as often as the
//! template says; then it is kept where the template says. How far it has come is kept in the data folder.

use std::collections::VecDeque;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dynoxide::Database;
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use xinzheng_runtime::StreamResponse;
use xinzheng_store::changes::StreamEvent;
use xinzheng_template::StreamSource;

use crate::ending::Work;
use crate::error::StackError;
use crate::state_file;

/// A function behind a stream; it may fail as a whole.
pub(crate) type StreamFunction =
    Arc<dyn Fn(StreamEvent) -> BoxFuture<'static, Result<StreamResponse, String>> + Send + Sync>;
/// Keeps what was given up: the invocation as Lambda tells of it, with its changes.
pub(crate) type GivenUp = Arc<dyn Fn(Value) -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

type Anything = Box<dyn std::error::Error + Send + Sync>;

/// How long the stream is left alone when it has nothing new.
const PAUSE: Duration = Duration::from_millis(50);
/// The most changes that are looked at in one go.
const PAGE: usize = 1000;

/// A table's stream and the function behind it.
pub(crate) struct TableStream {
    database: Database,
    arn: String,
    shard: String,
    source: StreamSource,
    function: StreamFunction,
    given_up: GivenUp,
    /// How long a batch that failed waits.
    retry: Duration,
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
        (function, given_up): (StreamFunction, GivenUp),
        (file, retry): (PathBuf, Duration),
    ) -> Result<Arc<Self>, StackError> {
        let Some((arn, shard)) = shard_of(database, table) else {
            return Err(StackError::Template(format!("{table} has no stream")));
        };
        let position = kept_position(&file)?;
        let is_lost = position.is_none();
        let (database, position) = (database.clone(), Mutex::new(position));
        let stream = Self { database, arn, shard, source, function, given_up, retry, position, file };
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

    /// Keeps the stream from being delivered as long as the guard is held.
    pub(crate) async fn held(&self) -> impl Drop {
        self.position.lock().await
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
            if !self.work_off(batch, &mut position, work).await {
                return false;
            }
        }
        self.keep(&last);
        *position = Some(last);
        true
    }

    /// Has a batch worked on as Lambda does: behind the changes that are done the rest comes again, after an error of the function in
    /// halves, and what fails too often is given up. `false` when the work is to end before that.
    async fn work_off(&self, batch: &[Value], position: &mut Option<String>, work: Option<&Work>) -> bool {
        let mut pieces = VecDeque::from([(batch, 0)]);
        while let Some((piece, attempt)) = pieces.pop_front() {
            // The very JSON that Lambda would hand over. A function that cannot read it fails as a whole.
            let event = serde_json::from_value::<StreamEvent>(json!({ "Records": piece }));
            let answer = match event {
                Ok(event) => (self.function)(event).await,
                Err(error) => Err(error.to_string()),
            };
            let (done, left) = match &answer {
                Ok(response) => piece.split_at(response.failed().map_or(piece.len(), |failed| {
                    piece.iter().position(|change| sequence(change) == Some(failed)).unwrap_or(0)
                })),
                Err(_) => piece.split_at(0),
            };
            if let Some(last) = done.last().and_then(sequence) {
                self.keep(last);
                *position = Some(last.to_owned());
            }
            if left.is_empty() {
                continue;
            }
            if work.is_some_and(Work::is_to_end) {
                return false;
            }
            if !done.is_empty() {
                pieces.push_front((left, 0));
            } else if answer.is_err() && self.source.halves && left.len() > 1 {
                // A batch that is halved was not tried once more.
                let (first, second) = left.split_at(left.len() / 2);
                pieces.push_front((second, attempt));
                pieces.push_front((first, attempt));
            } else if self.source.retries.is_some_and(|most| attempt >= most) && self.give_up(left).await {
                if let Some(last) = left.last().and_then(sequence) {
                    self.keep(last);
                    *position = Some(last.to_owned());
                }
            } else {
                tokio::time::sleep(self.retry).await;
                pieces.push_front((left, attempt + 1));
            }
        }
        !work.is_some_and(Work::is_to_end)
    }

    /// Gives changes up to where the template says; false when that failed.
    async fn give_up(&self, changes: &[Value]) -> bool {
        tracing::error!(changes = changes.len(), "changes were given up");
        let ends = |change: Option<&Value>| change.and_then(sequence).unwrap_or_default().to_owned();
        let invocation = json!({
            "requestContext": { "requestId": "LOCAL", "functionArn": "local", "condition": "RetryAttemptsExhausted" },
            "responseContext": { "statusCode": 200, "executedVersion": "$LATEST" },
            "version": "1.0",
            "timestamp": Timestamp::now().to_string(),
            "DDBStreamBatchInfo": {
                "shardId": self.shard, "streamArn": self.arn, "batchSize": changes.len(),
                "startSequenceNumber": ends(changes.first()), "endSequenceNumber": ends(changes.last()),
            },
            "payload": json!({ "Records": changes }).to_string(),
        });
        match (self.given_up)(invocation).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "what was given up could not be kept");
                false
            }
        }
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
