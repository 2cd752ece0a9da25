//! The next head: what waits in its order, the tree over it, one object with all that the head needs, and the head moved.

use xinzheng_store::StoreError;
use xinzheng_store::log::{Base64, Head, PendingEntry, Staged};
use xinzheng_tlog::{Resource, SignedCheckpoint, TILE, Tree, bundle, edge, record_hash};

use crate::{App, LogError, published, restored};

/// Makes the next head; `None` when someone else was quicker.
pub(crate) async fn commit(app: &App, head: Option<&Head>, pending: &[PendingEntry]) -> Result<Option<Head>, LogError> {
    if let Err(error) = published::check(app, head).await {
        // Another one of us may have moved the head since it was read; else it was set back.
        let is_overtaken =
            app.registry.log_head().await?.map(|now| now.staging) != head.map(|head| head.staging.clone());
        let goes_on = match error {
            LogError::RolledBack { .. } if !is_overtaken => restored::go_on(app, head).await?,
            _ => is_overtaken,
        };
        return if goes_on { Ok(None) } else { Err(error) };
    }
    let empty = Tree::default().root(0).map_err(LogError::Altered)?;
    let (before, root) = head.map_or((0, empty), |head| (head.size, head.root));
    let (mut tree, mut last) = tokio::try_join!(app.log.tree(edge(before)), last_entries(app, before))?;
    let leaves: Vec<_> = pending.iter().map(|entry| record_hash(&entry.entry)).collect();
    let growth = tree.grow(before, root, &leaves).map_err(LogError::Altered)?;
    let consistency = tree.consistency(growth.size, before).map_err(LogError::Altered)?;
    let mut objects: Vec<(String, Base64)> =
        growth.tiles.into_iter().map(|(tile, bytes)| (Resource::from(tile).path(), Base64(bytes))).collect();
    last.extend(pending.iter().map(|entry| entry.entry.clone()));
    for (number, entries) in (before / TILE..).zip(last.chunks(usize::try_from(TILE).unwrap_or(usize::MAX))) {
        let place = Resource::entries(number, u64::try_from(entries.len()).unwrap_or(TILE));
        objects.push((place.path(), Base64(bundle(entries.iter().map(Vec::as_slice))?)));
    }
    let checkpoint = SignedCheckpoint::sign(&app.signer, growth.size, growth.root)?;
    let staged = Staged {
        before,
        consistency: consistency.iter().map(ToString::to_string).collect(),
        objects,
        entries: (before..).zip(pending).map(|(index, entry)| entry.staged(index)).collect(),
    };
    let json = serde_json::to_vec(&staged).map_err(|error| LogError::Staged(error.to_string()))?;
    let staging = staging_key(growth.size, &json);
    app.staging.put(&staging, "application/json", json, &[]).await?;
    let next = Head {
        size: growth.size,
        root: growth.root,
        checkpoint: String::from_utf8_lossy(&checkpoint.to_bytes()).into_owned(),
        staging,
        finished: false,
        restored: head.and_then(|head| head.restored),
    };
    Ok(app.registry.move_log_head(head, &next).await?.then_some(next))
}

/// The entries of the bundle that is not full in a log of this size.
async fn last_entries(app: &App, size: u64) -> Result<Vec<Vec<u8>>, StoreError> {
    if size.is_multiple_of(TILE) { Ok(vec![]) } else { app.log.entries(size / TILE, size).await }
}

/// Where what a head needs lies: two that are made at once have keys of their own.
fn staging_key(size: u64, json: &[u8]) -> String {
    let digest = xinzheng_tlog::Digest::of(json).to_string();
    format!("log/{size:020}-{}.json", digest.get(..32).unwrap_or_default())
}
