//! Upload batches: one for each uploaded file, from its arrival to its last indexed chunk.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use xinzheng_domain::audit::Action;
use xinzheng_domain::record::effect::{DoubtKind, EffectKind};
use xinzheng_domain::record::upload_key::shown_key;
use xinzheng_domain::sha256::{hexadecimal, is_hexadecimal};
use xinzheng_domain::{EffectCounts, RowCount, TableId, UnitCode};
use xinzheng_tlog::{Fact, Salt};

use crate::audit::{Actor, AuditOf, Step};
use crate::chunk_name::ChunkName;
use crate::log::Logged;
use crate::table::{Cancelled, Item, Key, Put, Update, Written, count, damaged, instant, lacks, text};
use crate::{Registry, StoreError, keys};

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
        Self(hexadecimal(hash.finalize().iter().take(16)))
    }

    /// The id of an upload whose key and content an earlier one had, after another content was stored under the key: sent
    /// once more, it counts again.
    pub fn of_again(key: &str, content: &str, stored_at: Timestamp) -> Self {
        Self::of(key, &format!("{}@{stored_at}", content.trim_matches('"')))
    }

    /// Parses 32 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        is_hexadecimal(text, 32).then(|| Self(text.to_owned()))
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
    /// How many rows came to what, of the chunks that are indexed.
    pub effects: EffectCounts,
    /// When what it came to was noted; `None` before that.
    pub taken_in_at: Option<Timestamp>,
    /// What was returned of it, by the code of the reason: how many faults of rows, or 1 for the whole file.
    pub returned_for: BTreeMap<String, u64>,
    /// What keeps digests in the public log from being guessed; fixed by whoever opens the batch.
    pub salt: Salt,
    /// What the platform states of having taken the file in, once it has: the text whose digest the public log has.
    pub statement: Option<String>,
    /// Where in the public log that is; `None` before it is.
    pub logged: Option<Logged>,
}

impl Batch {
    /// True when nothing is left to do.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, BatchState::Refused | BatchState::Indexed)
    }

    /// True when every chunk is indexed: also those of a file of which not all could be read.
    pub fn is_all_indexed(&self) -> bool {
        self.chunks.is_some_and(|chunks| self.indexed >= chunks)
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
pub struct IntakeResult<'a> {
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
    /// Rows read.
    pub rows: u64,
    /// Rows returned.
    pub rejected: u64,
    /// When the file reached the object store.
    pub stored_at: Timestamp,
    /// The SHA-256 of the file; `None` of one that was not read.
    pub file: Option<[u8; 32]>,
    /// What the platform states of having taken it in.
    pub statement: &'a str,
    /// The batch's salt.
    pub salt: Salt,
}

/// How often a transaction that others got in the way of is tried.
const ATTEMPTS: u32 = 20;

#[derive(Clone, Copy, Debug)]
enum Failed {
    /// It was said before.
    Said,
    /// It is noted already.
    Noted,
}

impl Registry {
    /// Opens a batch, or finds it as it is when it was opened before. One UpdateItem.
    ///
    /// `stored_at` is kept from the first opening, so that a replay has the same positions.
    pub async fn open_batch(&self, id: &BatchId, key: &str, stored_at: Timestamp) -> Result<Batch, StoreError> {
        let salt =
            Salt::random().map_err(|error| StoreError::Service { operation: "getrandom", source: error.into() })?;
        self.open_batch_again(id, key, (stored_at, salt)).await
    }

    /// Opens a batch that another table had, with the time and the salt that it had there. One UpdateItem.
    pub async fn open_batch_again(
        &self,
        id: &BatchId,
        key: &str,
        (stored_at, salt): (Timestamp, Salt),
    ) -> Result<Batch, StoreError> {
        let opened = Update::at(keys::batch(id.as_str()));
        let opened = opened.first("stored_at", text(instant(stored_at))).text("upload", shown_key(key));
        let opened = opened.first(SALT, text(salt.to_string()));
        let (Written::Done(item) | Written::Refused(item)) = self.update(opened).await?;
        batch(&item)
    }

    /// Notes how many parts the file is worked on in and how long they are; what was noted first stays. One UpdateItem.
    pub async fn part_batch(&self, id: &BatchId, parts: u32, part_bytes: u64) -> Result<(), StoreError> {
        let noted = Update::at(keys::batch(id.as_str()));
        self.update(noted.first("parts", count(parts)).first("part_bytes", count(part_bytes))).await?;
        Ok(())
    }

    /// Notes that a part is read; counted once, however often it is said. One TransactWriteItems.
    pub async fn finish_part(&self, id: &BatchId, part: u32, at: Timestamp) -> Result<(), StoreError> {
        let counted = Update::at(keys::batch(id.as_str())).add("parts_done", 1);
        self.count_once(keys::part(id.as_str(), part), counted, at).await
    }

    /// The batch with this id. One GetItem.
    pub async fn batch(&self, id: &BatchId) -> Result<Option<Batch>, StoreError> {
        self.get(keys::batch(id.as_str())).item().await?.map(|item| batch(&item)).transpose()
    }

    /// The batches with these ids. One BatchGetItem for each hundred.
    pub async fn batches(&self, ids: &[BatchId]) -> Result<HashMap<String, Batch>, StoreError> {
        let unique: BTreeSet<&str> = ids.iter().map(BatchId::as_str).collect();
        let places: Vec<Key> = unique.into_iter().map(keys::batch).collect();
        let found = self.get_all(&places).await?;
        let pair = |item: &Item| Ok((keys::batch_of(item).unwrap_or_default().to_owned(), batch(item)?));
        found.iter().map(pair).collect()
    }

    /// Notes that intake is done, and what it came to; in the audit and for the public log once, however often it is said. One
    /// TransactWriteItems; when it was said before an UpdateItem more.
    pub async fn finish_intake(
        &self,
        id: &BatchId,
        result: &IntakeResult<'_>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let audit = result.unit.map_or(AuditOf::Platform, AuditOf::Unit);
        let step = Step::new(at, Action::UploadReceived, id.as_str()).event(json!({
            "batch": id,
            "unit": result.unit,
            "table": result.table,
            "accepted": result.accepted,
            "faults": result.faults,
            "refusal": result.refusal,
        }));
        let logged = Self::to_be_logged(&received(id, result, at), Some(&keys::batch(id.as_str())))?;
        let mut returned_for = result.faults.clone();
        returned_for.extend(result.refusal.map(|refusal| (refusal.to_owned(), 1)));
        let finished = Update::at(keys::batch(id.as_str()))
            .count("chunks", result.chunks)
            .set("refused", AttributeValue::Bool(result.refusal.is_some()));
        for _ in 0..ATTEMPTS {
            let first = finished
                .clone()
                .text(STATEMENT, result.statement)
                .text(TAKEN_IN, instant(at))
                .text(RETURNED_FOR, json!(returned_for).to_string())
                .when(lacks("chunks"));
            let transaction = self
                .transaction()
                .update_when(Failed::Said, first)
                .put_when(Failed::Noted, self.entry(&audit, &Actor::system(), &step))
                .put(logged.clone());
            match transaction.commit().await {
                Ok(()) => return Ok(()),
                Err(Cancelled::Failed(_)) => {
                    self.update(finished).await?;
                    return Ok(());
                }
                // Index counts a chunk of the batch at this moment.
                Err(Cancelled::Conflict) => {}
                Err(Cancelled::Store(error)) => return Err(error),
            }
        }
        Err(StoreError::Overtaken)
    }

    /// Notes that a chunk is indexed, with what its rows came to; counted once, however often it is said. One
    /// TransactWriteItems.
    pub async fn finish_chunk(
        &self,
        id: &BatchId,
        name: ChunkName,
        effects: &EffectCounts,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let counted = Update::at(keys::batch(id.as_str())).add("chunks_indexed", 1);
        let counted = effects.iter().fold(counted, |counted, (of, rows)| counted.add(attribute(*of), rows));
        self.count_once(keys::chunk(id.as_str(), name), counted, at).await
    }

    /// The marker of a step and the batch's counters change together or not at all.
    async fn count_once(&self, marker: Key, counted: Update, at: Timestamp) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS {
            let marker = Put::new_at(&marker).instant("indexed_at", at);
            match self.transaction().put_when(Failed::Said, marker).update(counted.clone()).commit().await {
                Ok(()) | Err(Cancelled::Failed(_)) => return Ok(()),
                Err(Cancelled::Conflict) => {}
                Err(Cancelled::Store(error)) => return Err(error),
            }
        }
        Err(StoreError::Overtaken)
    }
}

/// The attribute that counts rows of which this is said.
const fn attribute(of: RowCount) -> &'static str {
    match of {
        RowCount::Effect(EffectKind::New) => "rows_new",
        RowCount::Effect(EffectKind::Changed) => "rows_changed",
        RowCount::Effect(EffectKind::Unchanged) => "rows_unchanged",
        RowCount::Effect(EffectKind::Superseded) => "rows_superseded",
        RowCount::Effect(EffectKind::Waiting) => "rows_waiting",
        RowCount::Effect(EffectKind::Conflict) => "rows_conflict",
        RowCount::Effect(EffectKind::Contradicts) => "rows_contradicts",
        RowCount::Effect(EffectKind::BeforeDecision) => "rows_before_decision",
        RowCount::Effect(EffectKind::NothingCancelled) => "rows_nothing_cancelled",
        RowCount::Effect(EffectKind::TwiceInFile) => "rows_twice_in_file",
        RowCount::Doubt(DoubtKind::NameDiffers) => "rows_name_differs",
        RowCount::Doubt(DoubtKind::NameOfAnother) => "rows_name_of_another",
        RowCount::Doubt(DoubtKind::TwoRegisters) => "rows_two_registers",
    }
}

/// The salt of a batch.
const SALT: &str = "log_salt";
/// When what a batch came to was noted.
const TAKEN_IN: &str = "taken_in_at";
/// How much of a batch was returned for what.
const RETURNED_FOR: &str = "returned_for";
/// What is stated of a batch.
const STATEMENT: &str = "statement";

/// What the public log says of a file that was taken in.
fn received(id: &BatchId, result: &IntakeResult<'_>, at: Timestamp) -> Fact {
    Fact::UploadReceived {
        unit: result.unit.map(|unit| unit.to_string()),
        table: result.table.map(|table| table.code().to_owned()),
        batch: result.salt.digest(id.as_str().as_bytes()),
        file: result.file.map(|file| result.salt.digest(&file)),
        receipt: xinzheng_tlog::Digest::of(result.statement.as_bytes()),
        rows: result.rows,
        accepted: result.accepted,
        rejected: result.rejected,
        refused: result.refusal.is_some(),
        stored_at: result.stored_at,
        at,
    }
}

fn batch(item: &Item) -> Result<Batch, StoreError> {
    let (chunks, indexed) = (item.number("chunks"), item.number("chunks_indexed").unwrap_or(0));
    let counts = RowCount::all().filter_map(|of| Some((of, item.number(attribute(of))?)));
    Ok(Batch {
        key: item.text("upload").unwrap_or_default().to_owned(),
        parts: item.number("parts"),
        part_bytes: item.number("part_bytes"),
        parts_done: item.number("parts_done").unwrap_or(0),
        effects: counts.collect(),
        salt: item.parsed(SALT).ok_or_else(|| damaged("a batch", "it has no salt"))?,
        taken_in_at: item.parsed(TAKEN_IN),
        returned_for: item.text(RETURNED_FOR).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default(),
        statement: item.text(STATEMENT).map(str::to_owned),
        logged: Logged::of(item),
        state: match chunks {
            None => BatchState::Processing,
            Some(_) if item.flag("refused") => BatchState::Refused,
            Some(chunks) if indexed >= chunks => BatchState::Indexed,
            Some(_) => BatchState::Indexing,
        },
        stored_at: item.parsed("stored_at").ok_or_else(|| damaged("a batch", "it has no time of storing"))?,
        chunks,
        indexed,
    })
}
