//! Queues between S3's events and the functions, and of what functions send, as durable as the data folder: a message is a file until a function
//! has taken it.
//!
//! Delivery is at least once and in no fixed order, as with SQS. Tests ask for more of both by [`Faults`].

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{Notify, watch};
use xinzheng_template::QueueDefinition;

use crate::ending::Work;
use crate::error::StackError;
use crate::state_file;

/// A function behind a queue.
pub(crate) type QueueFunction = Arc<dyn Fn(SqsEvent) -> BoxFuture<'static, SqsBatchResponse> + Send + Sync>;

/// How many invocations of a function run at once.
const INVOCATIONS: usize = 4;
/// Times that a message is received when its queue does not say.
const RECEIVES: u32 = 5;

/// What tests do to deliveries on purpose.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Of a hundred messages, how many are delivered a second time after they were taken.
    pub duplicated_percent: u8,
    /// Whether any waiting message may come next, instead of the oldest.
    pub reordered: bool,
    /// The seed of what is left to chance.
    pub seed: u64,
}

/// A message in a queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Message {
    id: String,
    body: String,
    receives: u32,
    #[serde(default)]
    duplicate: bool,
}

/// What a message tells of: an object, as it was written then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ObjectWritten {
    bucket: String,
    key: String,
    etag: String,
    version: String,
}

impl ObjectWritten {
    /// What the message is about among others: the folder of its object, which is one upload's.
    fn concern(&self) -> String {
        self.key.rsplit_once('/').map_or(self.key.as_str(), |(folder, _)| folder).to_owned()
    }
}

impl Message {
    fn object(&self) -> ObjectWritten {
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap_or_default();
        let text = |place: &str| {
            let place = format!("/Records/0/s3/{place}");
            body.pointer(&place).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
        };
        ObjectWritten {
            bucket: text("bucket/name"),
            key: text("object/key"),
            etag: text("object/eTag"),
            version: text("object/versionId"),
        }
    }
}

/// A message that waits, and what it is about.
struct Waiting {
    message: Message,
    object: ObjectWritten,
    concern: String,
}

/// What waits in a queue, and when which concern was last served: a small upload does not wait for all of a large one.
#[derive(Default)]
struct Line {
    waiting: Vec<Waiting>,
    served: BTreeMap<String, u64>,
    turns: u64,
}

impl Line {
    fn of(messages: Vec<Message>) -> Self {
        let mut line = Self::default();
        messages.into_iter().for_each(|message| line.push(message));
        line
    }

    fn push(&mut self, message: Message) {
        let object = message.object();
        let concern = object.concern();
        self.waiting.push(Waiting { message, object, concern });
    }

    /// Puts a new message into the line, and takes the one out that told of the same: who was broken off writes its objects
    /// again, and of each there is one message however often that happens.
    fn renew(&mut self, message: Message) -> Option<Message> {
        let object = message.object();
        let same = |waiting: &Waiting| !object.etag.is_empty() && waiting.object == object;
        let old = self.waiting.iter().position(same).map(|place| self.waiting.remove(place).message);
        self.push(message);
        old
    }

    /// The message whose concern was served the longest time ago, the oldest of those.
    fn next(&mut self) -> Option<Message> {
        let last = |waiting: &Waiting| self.served.get(&waiting.concern).copied().unwrap_or_default();
        let (place, _) = self.waiting.iter().enumerate().min_by_key(|(place, waiting)| (last(waiting), *place))?;
        Some(self.remove(place))
    }

    fn remove(&mut self, place: usize) -> Message {
        let Waiting { message, concern, .. } = self.waiting.remove(place);
        self.turns += 1;
        if self.waiting.iter().any(|other| other.concern == concern) {
            self.served.insert(concern, self.turns);
        } else {
            self.served.remove(&concern);
        }
        message
    }
}

struct Queue {
    definition: QueueDefinition,
    folder: PathBuf,
    line: Mutex<Line>,
    arrived: Notify,
}

/// Every queue of the template.
pub(crate) struct Queues {
    queues: BTreeMap<String, Arc<Queue>>,
    /// Messages that wait or are being worked on, dead letters left out.
    outstanding: watch::Sender<usize>,
    next: AtomicU64,
    faults: Faults,
    chance: Mutex<fastrand::Rng>,
    /// After how long messages that are worked on come again when they fail, where that was asked for.
    put_off: Mutex<BTreeMap<String, Duration>>,
    /// How long a second of that lasts.
    second: Duration,
}

impl Queues {
    /// Opens the queues in `folder`, with the messages that an earlier run left.
    pub(crate) fn open(
        folder: &Path,
        definitions: &[QueueDefinition],
        faults: Faults,
        second: Duration,
    ) -> Result<Arc<Self>, StackError> {
        let mut queues = BTreeMap::new();
        let mut outstanding = 0;
        for definition in definitions {
            let folder = folder.join(&definition.logical_id);
            fs::create_dir_all(&folder).map_err(|error| StackError::unwritable(&folder, error))?;
            let waiting = left_messages(&folder)?;
            let is_dead_letters =
                definitions.iter().any(|other| other.dead_letter.as_ref() == Some(&definition.logical_id));
            if !is_dead_letters {
                outstanding += waiting.len();
            }
            let queue = Queue {
                definition: definition.clone(),
                folder,
                line: Mutex::new(Line::of(waiting)),
                arrived: Notify::new(),
            };
            queues.insert(definition.logical_id.clone(), Arc::new(queue));
        }
        Ok(Arc::new(Self {
            queues,
            outstanding: watch::Sender::new(outstanding),
            next: AtomicU64::new(0),
            faults,
            chance: Mutex::new(fastrand::Rng::with_seed(faults.seed)),
            put_off: Mutex::default(),
            second,
        }))
    }

    /// Sends a message; it is on disk when this returns. Its id.
    pub(crate) fn send(&self, queue: &str, body: String) -> io::Result<String> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let id = format!("{:020}-{number:08}", Timestamp::now().as_nanosecond());
        self.put(queue, Message { id: id.clone(), body, receives: 0, duplicate: false })?;
        Ok(id)
    }

    /// The queues' logical ids.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.queues.keys().map(String::as_str)
    }

    /// Has a message that is being worked on come again after so many seconds when it fails, as SQS does whose visibility was
    /// changed.
    pub(crate) fn put_off(&self, message: &str, seconds: u32) {
        let wait = self.second.saturating_mul(seconds);
        self.put_off.lock().unwrap_or_else(PoisonError::into_inner).insert(message.to_owned(), wait);
    }

    fn put(&self, queue: &str, message: Message) -> io::Result<()> {
        let queue = self.queues.get(queue).ok_or_else(|| io::Error::other(format!("no queue {queue}")))?;
        queue.write(&message)?;
        self.outstanding.send_modify(|count| *count += 1);
        let old = queue.line().renew(message);
        if let Some(old) = old {
            queue.remove(&old);
            self.outstanding.send_modify(|count| *count -= 1);
        }
        queue.arrived.notify_one();
        Ok(())
    }

    /// Delivers the queue's messages to a function from now on, `batch_size` at once, until it is to end: what is with the
    /// function then is finished.
    pub(crate) fn deliver(self: &Arc<Self>, queue: &str, batch_size: u32, function: &QueueFunction, work: &Work) {
        let Some(queue) = self.queues.get(queue) else { return };
        for _ in 0..INVOCATIONS {
            let (queues, queue, function) = (Arc::clone(self), Arc::clone(queue), Arc::clone(function));
            let mut work = work.clone();
            tokio::spawn(async move {
                while !work.is_to_end() {
                    let taken = queues.take(&queue, batch_size as usize);
                    let any = !taken.is_empty();
                    let batch = queues.receive(&queue, taken);
                    if batch.is_empty() && any {
                        continue;
                    }
                    if batch.is_empty() {
                        tokio::select! {
                            () = queue.arrived.notified() => {}
                            () = work.ended() => {}
                        }
                        continue;
                    }
                    // A message may have come for another invocation too.
                    queue.arrived.notify_one();
                    queues.invoke(&queue, batch, &function).await;
                }
            });
        }
    }

    fn take(&self, queue: &Queue, most: usize) -> Vec<Message> {
        let mut line = queue.line();
        let mut batch = vec![];
        while batch.len() < most && !line.waiting.is_empty() {
            if self.faults.reordered {
                let place = self.chance().usize(..line.waiting.len());
                batch.push(line.remove(place));
            } else {
                batch.extend(line.next());
            }
        }
        batch
    }

    /// Counts each message as received, on disk, before anything works on it: one that takes the process down with it comes
    /// no more often than its queue allows. Gives those that may still be worked on.
    fn receive(&self, queue: &Queue, taken: Vec<Message>) -> Vec<Message> {
        let most = queue.definition.max_receive_count.unwrap_or(RECEIVES);
        let mut batch = vec![];
        for mut message in taken {
            if message.receives >= most && self.bury(queue, &message) {
                continue;
            }
            message.receives += 1;
            if let Err(error) = queue.write(&message) {
                tracing::error!(%error, "a message could not be counted as received");
            }
            batch.push(message);
        }
        batch
    }

    /// Puts a message among the dead letters; false when its queue has no place for them.
    fn bury(&self, queue: &Queue, message: &Message) -> bool {
        tracing::error!(queue = %queue.definition.logical_id, message = %message.id, "a message goes to the dead letters");
        let dead = queue.definition.dead_letter.as_ref().and_then(|name| self.queues.get(name));
        match dead.map(|dead| dead.write(message)) {
            Some(Ok(())) => {
                queue.remove(message);
                self.outstanding.send_modify(|count| *count -= 1);
                true
            }
            // Without a place among the dead letters it stays where it is.
            Some(Err(error)) => {
                tracing::error!(%error, "the dead letter could not be written");
                false
            }
            None => false,
        }
    }

    /// Puts what is among the dead letters back into the queue that it came from. How many messages.
    pub(crate) fn redrive(&self, dead_letters: &str) -> io::Result<usize> {
        let unknown = || io::Error::other(format!("{dead_letters} has no dead letters"));
        let is_source = |queue: &&Arc<Queue>| queue.definition.dead_letter.as_deref() == Some(dead_letters);
        let source = self.queues.values().find(is_source).ok_or_else(unknown)?;
        let dead = self.queues.get(dead_letters).ok_or_else(unknown)?;
        let messages = left_messages(&dead.folder).map_err(io::Error::other)?;
        let moved = messages.len();
        for letter in messages {
            self.send(&source.definition.logical_id, letter.body.clone())?;
            dead.remove(&letter);
        }
        Ok(moved)
    }

    async fn invoke(&self, queue: &Arc<Queue>, batch: Vec<Message>, function: &QueueFunction) {
        let failed = match serde_json::from_value::<SqsEvent>(event(queue, &batch)) {
            Ok(event) => tokio::spawn(function(event)).await.map(|response| {
                response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect::<Vec<_>>()
            }),
            Err(error) => {
                tracing::error!(%error, "an event could not be built");
                Ok(batch.iter().map(|message| message.id.clone()).collect())
            }
        };
        // An invocation that broke off failed as a whole.
        let failed = failed.unwrap_or_else(|_| batch.iter().map(|message| message.id.clone()).collect());
        for message in batch {
            if failed.contains(&message.id) {
                self.give_back(queue, message);
            } else {
                self.settle(queue, message);
            }
        }
    }

    fn settle(&self, queue: &Queue, message: Message) {
        if !message.duplicate && self.chance().u8(..100) < self.faults.duplicated_percent {
            queue.line().push(Message { duplicate: true, ..message });
            queue.arrived.notify_one();
            return;
        }
        queue.remove(&message);
        self.outstanding.send_modify(|count| *count -= 1);
    }

    fn give_back(&self, queue: &Arc<Queue>, message: Message) {
        if message.receives >= queue.definition.max_receive_count.unwrap_or(RECEIVES) && self.bury(queue, &message) {
            return;
        }
        let queue = Arc::clone(queue);
        let asked = self.put_off.lock().unwrap_or_else(PoisonError::into_inner).remove(&message.id);
        let wait = asked.unwrap_or_else(|| Duration::from_millis(50 << message.receives.min(6)));
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            queue.line().push(message);
            queue.arrived.notify_one();
        });
    }

    /// How many messages wait or are worked on, as it changes.
    pub(crate) fn outstanding(&self) -> watch::Receiver<usize> {
        self.outstanding.subscribe()
    }

    /// The bodies of the messages in a queue.
    pub(crate) fn bodies(&self, queue: &str) -> Vec<String> {
        let folder = self.queues.get(queue).map(|queue| &queue.folder);
        let files = folder.and_then(|folder| messages_in(folder).ok()).unwrap_or_default();
        // One that is gone meanwhile is none any more.
        files.iter().filter_map(|file| Some(message(&fs::read(file).ok()?)?.body)).collect()
    }

    fn chance(&self) -> std::sync::MutexGuard<'_, fastrand::Rng> {
        self.chance.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn line(&self) -> std::sync::MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, message: &Message) -> PathBuf {
        self.folder.join(format!("{}.json", message.id))
    }

    fn write(&self, message: &Message) -> io::Result<()> {
        state_file::replace(&self.file(message), &serde_json::to_vec(message)?)
    }

    fn remove(&self, message: &Message) {
        if let Err(error) = fs::remove_file(self.file(message)) {
            tracing::warn!(%error, message = %message.id, "a finished message could not be removed and will come again");
        }
    }
}

/// The messages in a folder, oldest first. What an earlier run did not finish writing was never sent, and is removed.
fn left_messages(folder: &Path) -> Result<Vec<Message>, StackError> {
    state_file::remove_unfinished(folder).map_err(|error| StackError::unwritable(folder, error))?;
    let mut messages: Vec<Message> = vec![];
    for file in messages_in(folder).map_err(|error| StackError::damaged(folder, error))? {
        let bytes = fs::read(&file).map_err(|error| StackError::damaged(&file, error))?;
        messages.push(message(&bytes).ok_or_else(|| StackError::damaged(&file, "it is no message"))?);
    }
    messages.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(messages)
}

/// The files of the messages in a folder.
fn messages_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    files
        .filter(|file| file.as_ref().map_or(true, |file| file.extension().is_some_and(|kind| kind == "json")))
        .collect()
}

fn message(bytes: &[u8]) -> Option<Message> {
    serde_json::from_slice(bytes).ok()
}

/// The event that Lambda would get for these messages.
fn event(queue: &Queue, batch: &[Message]) -> serde_json::Value {
    let records: Vec<serde_json::Value> = batch
        .iter()
        .map(|message| {
            json!({
                "messageId": message.id,
                "receiptHandle": message.id,
                "body": message.body,
                "attributes": { "ApproximateReceiveCount": message.receives.to_string() },
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": format!("arn:aws-cn:sqs:local:000000000000:{}", queue.definition.logical_id),
                "awsRegion": "local",
            })
        })
        .collect();
    json!({ "Records": records })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_upload_does_not_wait_for_a_large_one() {
        let message = |key: &str| Message {
            id: key.to_owned(),
            body: json!({ "Records": [{ "s3": { "object": { "key": key } } }] }).to_string(),
            receives: 0,
            duplicate: false,
        };
        let large: Vec<Message> = (0..10).map(|n| message(&format!("chunks/large/{n}.jsonl"))).collect();
        let mut line = Line::of(large);
        assert_eq!(line.next().unwrap().id, "chunks/large/0.jsonl");
        line.push(message("chunks/small/0.jsonl"));
        let order: Vec<String> = std::iter::from_fn(|| line.next()).map(|message| message.id).collect();
        assert_eq!(order[..2], ["chunks/small/0.jsonl", "chunks/large/1.jsonl"]);
        assert_eq!(order.len(), 10);
        assert!(line.served.is_empty(), "nothing is kept of what is done");
    }

    #[test]
    fn what_is_told_again_waits_once() {
        let folder = tempfile::tempdir().unwrap();
        let definition = QueueDefinition {
            logical_id: "Work".to_owned(),
            visibility_seconds: 1,
            max_receive_count: Some(3),
            dead_letter: None,
        };
        let queues =
            Queues::open(folder.path(), std::slice::from_ref(&definition), Faults::default(), Duration::from_secs(1))
                .unwrap();
        let event = |key: &str, etag: &str, time: u32| {
            let s3 = json!({ "bucket": { "name": "b" }, "object": { "key": key, "eTag": etag } });
            json!({ "Records": [{ "s3": s3, "eventTime": time }] }).to_string()
        };
        let (first, again) = (event("chunks/1", "x", 1), event("chunks/1", "x", 2));
        for body in [first, event("chunks/2", "x", 1), event("chunks/1", "y", 1), again.clone()] {
            queues.send("Work", body).unwrap();
        }
        assert_eq!(*queues.outstanding().borrow(), 3);
        assert_eq!(queues.bodies("Work").len(), 3);
        let work = &queues.queues["Work"];
        let taken = queues.take(work, 10);
        assert_eq!(taken.iter().filter(|message| message.body == again).count(), 1, "the latest of both");
        // What is being worked on may have been read before.
        queues.send("Work", again).unwrap();
        assert_eq!(queues.take(work, 10).len(), 1);
        assert_eq!(*queues.outstanding().borrow(), 4);
    }

    #[tokio::test]
    async fn a_message_that_failed_comes_when_it_was_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let definition = QueueDefinition {
            logical_id: "Work".to_owned(),
            visibility_seconds: 180,
            max_receive_count: Some(3),
            dead_letter: None,
        };
        let millisecond = Duration::from_millis(1);
        let queues = Queues::open(folder.path(), std::slice::from_ref(&definition), Faults::default(), millisecond);
        let queues = queues.unwrap();
        let id = queues.send("Work", "one".to_owned()).unwrap();
        let work = &queues.queues["Work"];
        let mut taken = queues.receive(work, queues.take(work, 1));
        queues.put_off(&id, 300);
        let given_back = std::time::Instant::now();
        queues.give_back(work, taken.remove(0));
        while queues.take(work, 1).is_empty() {
            tokio::time::sleep(millisecond).await;
        }
        assert!(given_back.elapsed() >= Duration::from_millis(300), "not before");
        assert!(queues.put_off.lock().unwrap().is_empty(), "nothing is kept of what is done");
    }

    /// Each time the process ends while the message is worked on.
    #[test]
    fn a_message_that_takes_the_process_down_reaches_the_dead_letters() {
        let folder = tempfile::tempdir().unwrap();
        let queue = |logical_id: &str, dead_letter: Option<&str>| QueueDefinition {
            logical_id: logical_id.to_owned(),
            visibility_seconds: 1,
            max_receive_count: dead_letter.map(|_| 3),
            dead_letter: dead_letter.map(str::to_owned),
        };
        let definitions = [queue("Work", Some("Dead")), queue("Dead", None)];
        let open = || Queues::open(folder.path(), &definitions, Faults::default(), Duration::from_secs(1)).unwrap();
        open().send("Work", "poison".to_owned()).unwrap();
        let mut received = 0;
        for _ in 0..10 {
            let queues = open();
            let work = &queues.queues["Work"];
            received += queues.receive(work, queues.take(work, 1)).len();
        }
        assert_eq!(received, 3, "as often as its queue allows");
        assert_eq!(open().bodies("Work"), Vec::<String>::new());
        assert_eq!(open().bodies("Dead"), ["poison"]);
    }

    #[test]
    fn what_was_being_worked_on_waits_again_after_a_start() {
        let folder = tempfile::tempdir().unwrap();
        let definition = QueueDefinition {
            logical_id: "Work".to_owned(),
            visibility_seconds: 3600,
            max_receive_count: Some(3),
            dead_letter: None,
        };
        let open = || {
            Queues::open(folder.path(), std::slice::from_ref(&definition), Faults::default(), Duration::from_secs(1))
        };
        let queues = open().unwrap();
        queues.send("Work", "one".to_owned()).unwrap();
        let work = &queues.queues["Work"];
        assert_eq!(queues.receive(work, queues.take(work, 10)).len(), 1);
        assert!(queues.take(work, 10).is_empty(), "it is worked on");
        // The process ends now, and in the middle of sending another.
        let folder = folder.path().join("Work");
        fs::write(folder.join("2.tmp"), "{\"id\":\"2\",\"bo").unwrap();
        let queues = open().unwrap();
        let again = queues.take(&queues.queues["Work"], 10);
        assert_eq!(again.iter().map(|message| message.body.as_str()).collect::<Vec<_>>(), ["one"]);
        assert!(!folder.join("2.tmp").exists());

        fs::write(folder.join("3.json"), "{\"id\":\"3\",\"bo").unwrap();
        let error = open().err().expect("a message that cannot be read is not passed over").to_string();
        assert!(error.contains("3.json is damaged"), "{error}");
    }
}
