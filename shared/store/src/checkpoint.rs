//! The checkpoint of the run over all uploads, with its lease: one run at a time, and the next goes on where it was.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::index::INDEX_SCHEMA;
use crate::table::{BODY, Item, Update, Written, below, instant, lacks, text};
use crate::{Registry, StoreError, keys};

/// How far a run has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Which pass over all uploads it is, from 1.
    pub pass: u64,
    /// The last key that was seen; `None` when the next run begins a pass.
    pub after: Option<String>,
    /// Uploads seen in this pass.
    pub seen: u64,
    /// Uploads driven again in this pass.
    pub driven: u64,
    /// When this pass began.
    pub started_at: Option<Timestamp>,
    /// When the last pass was finished.
    pub finished_at: Option<Timestamp>,
    /// Uploads seen in the last pass.
    pub last_seen: Option<u64>,
    /// Uploads driven again in the last pass.
    pub last_driven: Option<u64>,
    /// The version of the index that this pass brings everything up to: it drives every upload again. `None` when it drives
    /// only what was missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reindexing: Option<u32>,
    /// The version of the index that the last such pass brought everything up to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_schema: Option<u32>,
    /// Until when the deployment is restored, of a pass that goes over the receipts: what they tell of and the table does not know is
    /// taken in again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restoring: Option<Timestamp>,
    /// The same of the last such pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<Timestamp>,
    /// Where a pass over an inventory is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<InventoryPlace>,
    /// Until when a run has it to itself.
    #[serde(skip)]
    pub leased_until: Option<Timestamp>,
}

/// A place in an inventory of the bucket of uploads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryPlace {
    /// The key of its manifest.
    pub manifest: String,
    /// Which of its files, from 0.
    pub file: usize,
    /// How many rows of that file are done.
    pub row: usize,
}

impl Checkpoint {
    /// The checkpoint after another page of a listing; `next` is the key to go on behind, `None` at the end of a pass.
    #[must_use]
    pub fn gone_on(self, seen: u64, driven: u64, next: Option<String>, at: Timestamp) -> Self {
        let (seen, driven) = (self.seen + seen, self.driven + driven);
        match next {
            Some(_) => Self { seen, driven, after: next, ..self },
            None => Self {
                seen,
                driven,
                after: None,
                finished_at: Some(at),
                last_seen: Some(seen),
                last_driven: Some(driven),
                // What a new table has of receipts, it has by this version.
                index_schema: self.reindexing.or(self.index_schema).or(self.restoring.map(|_| INDEX_SCHEMA)),
                reindexing: None,
                restored: self.restoring.or(self.restored),
                restoring: None,
                inventory: None,
                ..self
            },
        }
    }

    /// True while a pass is under way.
    pub const fn under_way(&self) -> bool {
        self.after.is_some() || self.inventory.is_some()
    }

    /// The checkpoint of a run that begins now: where the last one stopped, or a new pass.
    fn begun(self, at: Timestamp, restored_until: Option<Timestamp>) -> Self {
        if self.under_way() {
            return self;
        }
        let restoring = restored_until.filter(|until| self.restored != Some(*until));
        let reindexing = (self.index_schema != Some(INDEX_SCHEMA) && restoring.is_none()).then_some(INDEX_SCHEMA);
        Self { pass: self.pass + 1, seen: 0, driven: 0, started_at: Some(at), reindexing, restoring, ..self }
    }
}

/// The attribute that says until when a run has the checkpoint to itself.
const LEASED: &str = "leased_until";
const WHAT: &str = "a checkpoint";

impl Registry {
    /// Takes the lease until `until`; `None` when another run has it. `restored_until`: until when the deployment is restored. One
    /// UpdateItem.
    pub async fn lease_backfill(
        &self,
        now: Timestamp,
        until: Timestamp,
        restored_until: Option<Timestamp>,
    ) -> Result<Option<Checkpoint>, StoreError> {
        let free = lacks(LEASED).or(below(LEASED, text(instant(now))));
        match self.update(Update::at(keys::backfill()).instant(LEASED, until).when(free)).await? {
            Written::Done(item) => Ok(Some(kept(&item)?.begun(now, restored_until))),
            Written::Refused(_) => Ok(None),
        }
    }

    /// Keeps a checkpoint; gives the lease back when the run is `over`. One UpdateItem.
    pub async fn keep_checkpoint(&self, checkpoint: &Checkpoint, over: bool) -> Result<(), StoreError> {
        let kept = Update::at(keys::backfill()).body(checkpoint, WHAT)?;
        self.update(if over { kept.remove(LEASED) } else { kept }).await?;
        Ok(())
    }

    /// The checkpoint as it stands. One GetItem.
    pub async fn checkpoint(&self) -> Result<Checkpoint, StoreError> {
        let item = self.get(keys::backfill()).item().await?.unwrap_or_default();
        Ok(Checkpoint { leased_until: item.parsed(LEASED), ..kept(&item)? })
    }
}

fn kept(item: &Item) -> Result<Checkpoint, StoreError> {
    Ok(item.json(BODY, WHAT)?.unwrap_or_default())
}
