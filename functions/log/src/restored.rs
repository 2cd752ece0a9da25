//! The log under a table that was taken back to an earlier moment, or is a new one: what is published since cannot be taken back,
//! and the log goes on from there. What is logged once more, because its file was taken in once more, stands in it once.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::warn;
use xinzheng_store::StoreError;
use xinzheng_store::log::{Head, PendingEntry};
use xinzheng_tlog::{Digest, TILE, Tree, TreeError, edge};

use crate::{App, LogError};

/// Bundles that are read side by side.
const AT_ONCE: usize = 16;

/// The entries that were published and that the table did not have, by their digests.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Known {
    /// How many entries the log had.
    size: u64,
    places: BTreeMap<String, u64>,
}

/// Where that is kept, until the files that came since are taken in once more.
fn known_key(until: Timestamp) -> String {
    format!("log/restored/{until}.json")
}

/// Goes on from what is published, once for each time that the deployment was restored; `false` when it did before. Only from what
/// this log's key has signed, whose tiles are those of its root, and which goes on from the head.
///
/// A GetObject of the checkpoint, one for each tile of two edges and for each bundle behind the head; a PutObject, an UpdateItem.
pub(crate) async fn go_on(app: &App, head: Option<&Head>) -> Result<bool, LogError> {
    let Some(until) = app.restored_until else { return Ok(false) };
    if head.is_some_and(|head| head.restored == Some(until)) {
        return Ok(false);
    }
    let Some(published) = app.log.checkpoint().await? else { return Ok(false) };
    if published.signed_by(app.signer.key(), &[]).is_err() {
        return Err(LogError::OtherKey);
    }
    let (size, before) = (published.size(), head.map_or(0, |head| head.size));
    let has_root = async |size: u64, root| {
        let tree: Tree = app.log.tree(edge(size)).await?;
        match tree.root(size) {
            Ok(found) if found == root => Ok(()),
            Ok(_) => Err(LogError::Altered(TreeError::Root)),
            Err(error) => Err(LogError::Altered(error)),
        }
    };
    has_root(size, published.root()).await?;
    if let Some(head) = head {
        has_root(head.size, head.root).await?;
    }
    let bundles = stream::iter(before / TILE..size.div_ceil(TILE)).map(async |number| {
        let entries = app.log.entries(number, size).await?;
        Ok::<_, StoreError>((number * TILE..).zip(entries).collect::<Vec<_>>())
    });
    let entries: Vec<Vec<(u64, Vec<u8>)>> = bundles.buffered(AT_ONCE).try_collect().await?;
    let places = entries.into_iter().flatten().map(|(place, entry)| (Digest::of(&entry).to_string(), place)).collect();
    let json = serde_json::to_vec(&Known { size, places }).map_err(|error| LogError::Staged(error.to_string()))?;
    app.staging.put(&known_key(until), "application/json", json, &[]).await?;
    let next = Head {
        size,
        root: published.root(),
        checkpoint: String::from_utf8_lossy(&published.to_bytes()).into_owned(),
        staging: known_key(until),
        finished: true,
        restored: Some(until),
    };
    let done = app.registry.restore_log_head(head, &next, until).await?;
    warn!(before, size, done, "the log goes on from what is published");
    Ok(true)
}

/// Marks what waits and was in the log before the table was restored; what is left waits for the next head.
pub(crate) async fn without_known(
    app: &App,
    head: Option<&Head>,
    pending: Vec<PendingEntry>,
) -> Result<Vec<PendingEntry>, LogError> {
    let Some(until) = head.and_then(|head| head.restored) else { return Ok(pending) };
    let known = app.known.get_or_try_init(async || known(app, until).await).await?;
    let Some(known) = known else { return Ok(pending) };
    let mut left = vec![];
    for entry in pending {
        match known.places.get(&Digest::of(&entry.entry).to_string()) {
            Some(place) => app.registry.mark_logged(&entry.staged(*place), known.size, None).await?,
            None => left.push(entry),
        }
    }
    Ok(left)
}

/// What is known of then; `None` when that is forgotten.
async fn known(app: &App, until: Timestamp) -> Result<Option<Known>, LogError> {
    match app.staging.get(&known_key(until)).await {
        Ok(kept) => serde_json::from_slice(&kept.bytes).map(Some).map_err(|error| LogError::Staged(error.to_string())),
        Err(StoreError::NoObject(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
