//! The public log as anyone may read it: checkpoints, tiles, bundles of entries, and the proofs that are made of them.

use bytes::Bytes;
use xinzheng_tlog::{Proof, Resource, SignedCheckpoint, TILE, Tile, Tree, entries};

use crate::table::damaged;
use crate::{Bucket, StoreError};

/// The key of the newest checkpoint.
pub const CHECKPOINT: &str = "checkpoint";
/// The key of the newest checkpoint that enough witnesses have cosigned.
pub const COSIGNED: &str = "cosigned";
/// The key of the policy by which proofs of the log are judged.
pub const POLICY: &str = "policy";

const WHAT: &str = "the public log";

/// The bucket of the public log.
#[derive(Clone, Debug)]
pub struct PublishedLog {
    /// The bucket.
    pub bucket: Bucket,
}

impl PublishedLog {
    /// What stands at a path of the log; `None` when nothing does, or it is no path of a log. One GetObject.
    pub async fn read(&self, path: &str) -> Result<Option<Bytes>, StoreError> {
        let is_known = matches!(path, COSIGNED | POLICY) || Resource::parse(path).is_ok();
        if is_known { self.bucket.found(path).await } else { Ok(None) }
    }

    /// The newest checkpoint; `None` before the first entry. One GetObject.
    pub async fn checkpoint(&self) -> Result<Option<SignedCheckpoint>, StoreError> {
        self.checkpoint_at(CHECKPOINT).await
    }

    async fn checkpoint_at(&self, key: &str) -> Result<Option<SignedCheckpoint>, StoreError> {
        let Some(bytes) = self.bucket.found(key).await? else { return Ok(None) };
        SignedCheckpoint::parse(&bytes).map(Some).map_err(|error| damaged(WHAT, error.to_string()))
    }

    /// Reads these tiles. One GetObject for each, at once; two for one that is full by now.
    pub async fn tree(&self, tiles: Vec<Tile>) -> Result<Tree, StoreError> {
        let read = tiles.into_iter().map(async |tile| Ok::<_, StoreError>((tile, self.whole(tile.into()).await?)));
        let mut tree = Tree::default();
        for (tile, bytes) in futures::future::try_join_all(read).await? {
            tree.add(tile, bytes.to_vec()).map_err(|error| damaged(WHAT, error.to_string()))?;
        }
        Ok(tree)
    }

    /// The entries of a bundle in a log of this size. One GetObject; two when it is full by now.
    pub async fn entries(&self, number: u64, size: u64) -> Result<Vec<Vec<u8>>, StoreError> {
        let width = size.saturating_sub(number.saturating_mul(TILE)).min(TILE);
        let bytes = self.whole(Resource::entries(number, width)).await?;
        let found = entries(&bytes).map_err(|error| damaged(WHAT, error.to_string()))?;
        let wanted = usize::try_from(width).unwrap_or(usize::MAX);
        if found.len() < wanted {
            return Err(damaged(WHAT, "a bundle has too few entries"));
        }
        Ok(found.into_iter().take(wanted).map(<[u8]>::to_vec).collect())
    }

    /// A partial tile or bundle, or the full one that came in its place.
    async fn whole(&self, resource: Resource) -> Result<Bytes, StoreError> {
        if let Some(found) = self.bucket.found(&resource.path()).await? {
            return Ok(found);
        }
        match self.bucket.found(&resource.full().path()).await? {
            Some(found) => Ok(found),
            None => Err(damaged(WHAT, format!("{} is not there", resource.path()))),
        }
    }

    /// The proof of the entry at a place, by a checkpoint that enough witnesses have cosigned when there is one that has it;
    /// `None` when no checkpoint has it yet. At most two GetObject for the checkpoint, one for the bundle and at most one for
    /// each level of tiles and the edge, at once.
    pub async fn proof(&self, index: u64) -> Result<Option<Proof>, StoreError> {
        let mut found = None;
        for key in [COSIGNED, CHECKPOINT] {
            found = self.checkpoint_at(key).await?.filter(|checkpoint| checkpoint.size() > index);
            if found.is_some() {
                break;
            }
        }
        let Some(checkpoint) = found else { return Ok(None) };
        let size = checkpoint.size();
        let wrong = |error: xinzheng_tlog::TreeError| damaged(WHAT, error.to_string());
        let needed = Tree::needed_for_inclusion(size, index).map_err(wrong)?;
        let (tree, entries) = tokio::try_join!(self.tree(needed), self.entries(index / TILE, size))?;
        let place = usize::try_from(index % TILE).unwrap_or(usize::MAX);
        let entry = entries.into_iter().nth(place).ok_or_else(|| damaged(WHAT, "an entry is missing"))?;
        let path = tree.inclusion(size, index).map_err(wrong)?;
        // What does not hold is given to nobody.
        if !xinzheng_tlog::included(&path, size, checkpoint.root(), index, &entry) {
            return Err(damaged(WHAT, "tiles or entries are not those that the checkpoint commits to"));
        }
        Ok(Some(Proof { entry, index, path, checkpoint }))
    }
}
