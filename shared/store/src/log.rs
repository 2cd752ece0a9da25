//! The public log: entries that wait until it has them, its head, and what is marked with their places in it.
//!
//! An entry is put into the transaction that does what it tells, in one of a few partitions by its digest; it is taken away
//! when a head of the log commits to it and whatever it is about was marked. What a head needs lies in one object
//! ([`Staged`]), so that whoever comes after a crash can finish what was begun.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use xinzheng_api::log::LogStanding;
use xinzheng_tlog::{Digest, Fact, Hash};

use crate::table::{
    Item, Key, Put, Update, Written, at_most, count, damaged, is, json, lacks, nothing_there, text, there,
};
use crate::{Bucket, Registry, StoreError, keys};

/// The attributes by which a thing says where in the log it is.
const INDEX: &str = "log_index";
const SIZE: &str = "log_size";
const COSIGNED: &str = "log_cosigned";

/// Where an entry is that the log has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Its place, from 0 on.
    pub index: u64,
    /// The size of a checkpoint that commits to it.
    pub size: u64,
    /// The witnesses that have cosigned that checkpoint; none while fewer have than are asked for.
    pub cosigned_by: Vec<String>,
}

impl Logged {
    /// The same for whoever asks; of what the log does not have yet, that it waits.
    pub fn standing(logged: Option<&Self>) -> LogStanding {
        match logged.cloned() {
            None => LogStanding::Pending,
            Some(Self { index, size, cosigned_by }) => LogStanding::Logged { index, size, cosigned_by },
        }
    }

    /// What an item says of itself; `None` before the log has it.
    pub(crate) fn of(item: &Item) -> Option<Self> {
        let cosigned_by = item.text(COSIGNED).unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        Some(Self { index: item.number(INDEX)?, size: item.number(SIZE)?, cosigned_by })
    }
}

/// An entry that waits.
#[derive(Clone, Debug)]
pub struct PendingEntry {
    /// The entry, as the log will have it.
    pub entry: Vec<u8>,
    place: Key,
    of: Option<Key>,
}

/// An entry that a head commits to, and what is still to be marked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StagedEntry {
    index: u64,
    waits_at: Key,
    of: Option<Key>,
}

impl PendingEntry {
    /// Since when it waits.
    pub fn since(&self) -> Option<Timestamp> {
        keys::pending_since(&self.place)
    }

    /// The same at its place in the log.
    pub fn staged(&self, index: u64) -> StagedEntry {
        StagedEntry { index, waits_at: self.place.clone(), of: self.of.clone() }
    }
}

/// All that a new head needs, beside itself: one object, which is written before the head is moved to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Staged {
    /// The size of the head before.
    pub before: u64,
    /// That the new head goes on from it, as the log writes hashes.
    pub consistency: Vec<String>,
    /// Objects of the log by their keys: tiles and bundles of entries.
    pub objects: Vec<(String, Base64)>,
    /// The entries that it adds.
    pub entries: Vec<StagedEntry>,
}

/// Bytes that are written in base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base64(pub Vec<u8>);

impl Serialize for Base64 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use base64::Engine as _;
        serializer.serialize_str(&base64::engine::general_purpose::STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use base64::Engine as _;
        let text = String::deserialize(deserializer)?;
        base64::engine::general_purpose::STANDARD.decode(text).map(Self).map_err(serde::de::Error::custom)
    }
}

/// The head of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// How many entries it commits to.
    pub size: u64,
    /// The root of their tree.
    pub root: Hash,
    /// The checkpoint, as the log has signed it.
    pub checkpoint: String,
    /// The key of what it needs.
    pub staging: String,
    /// Whether that is done.
    pub finished: bool,
    /// Until when the deployment was restored when the log went on from what was published.
    pub restored: Option<Timestamp>,
}

const WHAT: &str = "the head of the log";
const FINISHED: &str = "finished";
const RESTORED: &str = "restored_until";
const SIZE_OF_HEAD: &str = "size";
const CHECKPOINT: &str = "checkpoint";
const STAGING: &str = "staging";
const ROOT: &str = "root";
const ENTRY: &str = "entry";
/// What an entry is about: an item that is marked.
const OF: &str = "of";

/// How often a mark is tried that a transaction gets in the way of.
const ATTEMPTS: u32 = 6;

impl Registry {
    /// What puts a fact among the entries that wait; `of` is the item that is marked once the log has it. The same fact is the
    /// same item.
    pub(crate) fn to_be_logged(fact: &Fact, of: Option<&Key>) -> Result<Put, StoreError> {
        let entry = fact.entry().map_err(|error| damaged("a fact for the log", error.to_string()))?;
        let place = keys::pending_entry(fact.at(), &Digest::of(&entry).to_string());
        let entry = String::from_utf8(entry).map_err(|_| damaged("a fact for the log", "it is not UTF-8"))?;
        let put = Put::at(&place).text(ENTRY, entry);
        Ok(match of {
            Some(of) => put.text(OF, json(of, "a place")?),
            None => put,
        })
    }

    /// At most `most` entries of each partition that wait, oldest first. A Query for each of [`keys::LOG_SHARDS`] partitions.
    pub async fn pending_entries(&self, most: i32) -> Result<Vec<PendingEntry>, StoreError> {
        let mut found = vec![];
        for shard in 0..keys::LOG_SHARDS {
            for item in self.query(keys::pending_entries(shard)).consistent().page(None, most).await?.items {
                found.push(PendingEntry {
                    entry: item.needed(ENTRY, "an entry that waits")?.as_bytes().to_vec(),
                    place: item.key(),
                    of: item.json(OF, "an entry that waits")?,
                });
            }
        }
        // By time, then by digest: whoever orders them orders them so.
        found.sort_by(|a: &PendingEntry, b| a.place.sk.cmp(&b.place.sk));
        Ok(found)
    }

    /// The head of the log; `None` before its first entry. One GetItem.
    pub async fn log_head(&self) -> Result<Option<Head>, StoreError> {
        let Some(item) = self.get(keys::log_head()).item().await? else { return Ok(None) };
        let root = Hash::parse_hash(item.needed(ROOT, WHAT)?).map_err(|_| damaged(WHAT, "its root"))?;
        Ok(Some(Head {
            size: item.number(SIZE_OF_HEAD).ok_or_else(|| damaged(WHAT, "its size"))?,
            root,
            checkpoint: item.needed(CHECKPOINT, WHAT)?.to_owned(),
            staging: item.needed(STAGING, WHAT)?.to_owned(),
            finished: item.flag(FINISHED),
            restored: item.parsed(RESTORED),
        }))
    }

    /// Moves the head of the log on from the one `before`, whose work must be done; `false` when someone else has moved it. One
    /// UpdateItem.
    pub async fn move_log_head(&self, before: Option<&Head>, next: &Head) -> Result<bool, StoreError> {
        Ok(self.update(moved(before, next)).await?.is_done())
    }

    /// Puts the head of a log on what is published, of a table that was restored; `false` when someone else has moved it. One
    /// UpdateItem.
    pub async fn restore_log_head(
        &self,
        before: Option<&Head>,
        next: &Head,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.update(moved(before, next).instant(RESTORED, until)).await?.is_done())
    }

    /// Notes that what the head needs is done. One UpdateItem.
    pub async fn finish_log_head(&self, head: &Head) -> Result<(), StoreError> {
        let finished = Update::at(keys::log_head())
            .set(FINISHED, aws_sdk_dynamodb::types::AttributeValue::Bool(true))
            .when(is(STAGING, text(&head.staging)));
        // Someone else has finished it and moved on.
        self.update(finished).await?;
        Ok(())
    }

    /// Marks what an entry is about, and takes the entry from those that wait. While too few witnesses have cosigned, it is put
    /// on the list of those that are to be marked again. One UpdateItem when there is something to be marked, one PutItem for
    /// the list, one DeleteItem.
    pub async fn mark_logged(
        &self,
        entry: &StagedEntry,
        size: u64,
        cosigned: Option<&[String]>,
    ) -> Result<(), StoreError> {
        if let Some(of) = &entry.of {
            self.mark(of, entry.index, size, cosigned.unwrap_or_default()).await?;
            if cosigned.is_none() {
                let listed = Put::at(&keys::uncosigned(entry.index)).text(OF, json(of, "a place")?);
                self.put(listed).await?;
            }
        }
        self.delete(&entry.waits_at).await
    }

    /// Whoever is late does not put an earlier checkpoint in the place of a later one.
    async fn mark(&self, of: &Key, index: u64, size: u64, cosigned: &[String]) -> Result<(), StoreError> {
        let is_newer = lacks(SIZE).or(at_most(SIZE, count(size)));
        let marked = Update::at(of.clone()).count(INDEX, index).count(SIZE, size).when(there().and(is_newer));
        let marked = if cosigned.is_empty() { marked } else { marked.text(COSIGNED, cosigned.join(" ")) };
        for turn in 1.. {
            match self.update(marked.clone()).await {
                Ok(Written::Done(_)) => break,
                Ok(Written::Refused(known)) if known.number::<u64>(SIZE).is_some() => break,
                // What it is about is gone, or was never there: the entry stays in the log all the same.
                Ok(Written::Refused(_)) => {
                    tracing::error!(index, "what an entry of the log is about is not there");
                    break;
                }
                // A transaction has the item at this moment.
                Err(StoreError::Service { .. }) if turn < ATTEMPTS => {
                    tokio::time::sleep(std::time::Duration::from_millis(20 << turn)).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Marks again what was marked before enough witnesses had cosigned: at most `most` entries in front of `size`, which these
    /// have cosigned. `true` when there may be more. One Query; an UpdateItem and a DeleteItem for each entry.
    pub async fn mark_cosigned(&self, size: u64, cosigned: &[String], most: i32) -> Result<bool, StoreError> {
        let page = self.query(keys::uncosigned_before(size)).consistent().page(None, most).await?;
        for item in &page.items {
            let index = keys::uncosigned_index(item).ok_or_else(|| damaged("an uncosigned entry", "its index"))?;
            let of: Option<Key> = item.json(OF, "an uncosigned entry")?;
            let of = of.ok_or_else(|| damaged("an uncosigned entry", "what it is about"))?;
            self.mark(&of, index, size, cosigned).await?;
            self.delete(&keys::uncosigned(index)).await?;
        }
        Ok(page.next.is_some())
    }

    /// Keeps what was announced last of the platform's keys, with the entries that tell of it; `false` when someone else was
    /// quicker. One TransactWriteItems.
    pub async fn announce_keys(
        &self,
        before: Option<&str>,
        announced: &str,
        facts: &[Fact],
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let kept = Put::at(&keys::announced_keys()).text("keys", announced).instant("at", at);
        let kept = kept.when(match before {
            None => nothing_there(),
            Some(before) => is("keys", text(before)),
        });
        let entries = facts.iter().map(|fact| Self::to_be_logged(fact, None)).collect::<Result<Vec<_>, _>>()?;
        let transaction = self.transaction().put_when((), kept).put_all(entries);
        Ok(transaction.commit_or_overtaken().await? == crate::Committed::Done)
    }

    /// What was announced last of the platform's keys. One GetItem.
    pub async fn announced_keys(&self) -> Result<Option<String>, StoreError> {
        let kept = self.get(keys::announced_keys()).item().await?;
        Ok(kept.and_then(|item| item.text("keys").map(str::to_owned)))
    }
}

/// The head moved on from the one `before`, whose work must be done.
fn moved(before: Option<&Head>, next: &Head) -> Update {
    let flag = aws_sdk_dynamodb::types::AttributeValue::Bool;
    let unmoved = match before {
        None => nothing_there(),
        Some(before) => is(SIZE_OF_HEAD, count(before.size))
            .and(is(ROOT, text(before.root.to_string())))
            .and(is(FINISHED, flag(true))),
    };
    Update::at(keys::log_head())
        .count(SIZE_OF_HEAD, next.size)
        .text(ROOT, next.root.to_string())
        .text(CHECKPOINT, &next.checkpoint)
        .text(STAGING, &next.staging)
        .set(FINISHED, flag(next.finished))
        .when(unmoved)
}

/// An object that changes, and what tells whether it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaceable {
    /// Its bytes.
    pub bytes: Vec<u8>,
    etag: String,
}

impl Bucket {
    /// Reads an object that is to be replaced; `None` when there is none. One GetObject.
    pub async fn replaceable(&self, key: &str) -> Result<Option<Replaceable>, StoreError> {
        use aws_sdk_s3::operation::get_object::GetObjectError;
        let found = self.client.get_object().bucket(self.name()).key(key).send().await;
        let found = match found.map_err(|error| error.into_service_error()) {
            Ok(found) => found,
            Err(GetObjectError::NoSuchKey(_)) => return Ok(None),
            Err(error) => return Err(StoreError::service("GetObject")(error)),
        };
        let etag = found.e_tag.unwrap_or_default();
        let bytes = found.body.collect().await.map_err(StoreError::service("GetObject"))?.to_vec();
        Ok(Some(Replaceable { bytes, etag }))
    }

    /// Writes an object in place of the one that was read; `false` when that has changed, or has come to be. One PutObject.
    pub async fn replace(
        &self,
        key: &str,
        (content_type, cache_control): (&str, &str),
        bytes: Vec<u8>,
        before: Option<&Replaceable>,
    ) -> Result<bool, StoreError> {
        let put = self.client.put_object().bucket(self.name()).key(key);
        let put = put.content_type(content_type).cache_control(cache_control).body(bytes.into());
        let put = match before {
            None => put.if_none_match("*"),
            Some(before) => put.if_match(&before.etag),
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.raw_response().is_some_and(|raw| matches!(raw.status().as_u16(), 409 | 412)) => {
                Ok(false)
            }
            Err(error) => Err(StoreError::service("PutObject")(error)),
        }
    }

    /// Writes an object that never changes. One PutObject.
    pub async fn put_for_ever(&self, key: &str, content_type: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let put = self.client.put_object().bucket(self.name()).key(key).content_type(content_type);
        let put = put.cache_control("public, max-age=31536000, immutable").body(bytes.into());
        put.send().await.map_err(StoreError::service("PutObject"))?;
        Ok(())
    }

    /// An object's bytes; `None` when there is none. One GetObject.
    pub async fn found(&self, key: &str) -> Result<Option<bytes::Bytes>, StoreError> {
        match self.get(key).await {
            Ok(object) => Ok(Some(object.bytes)),
            Err(StoreError::NoObject(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
