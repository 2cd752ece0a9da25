//! The log under a table that was taken back to an earlier moment, or is a new one: what is published since cannot be taken back,
//! and the log goes on from there. What is logged once more, because its file was taken in once more, stands in it once.

use std::cmp::Ordering;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use tracing::warn;
use xinzheng_store::StoreError;
use xinzheng_store::log::{Head, PendingEntry, StagedEntry};
use xinzheng_tlog::{Digest, Fact, TILE, Tree, TreeError, edge};

use crate::{App, LogError};

/// Bundles that are read side by side.
const AT_ONCE: usize = 16;

/// A digest, and behind it the place in the log of the entry that has it.
const PLACED: usize = 32 + 8;

/// The entries that were published and that the table did not have: how many entries the log had, in eight bytes, then each digest
/// with its place, in the order of the digests. Forty bytes for an entry, so that a million are looked through in memory.
#[derive(Debug)]
pub(crate) struct Known(Bytes);

impl Known {
    fn of(size: u64, mut placed: Vec<[u8; PLACED]>) -> Self {
        placed.sort_unstable();
        let mut bytes = size.to_be_bytes().to_vec();
        placed.iter().for_each(|one| bytes.extend_from_slice(one));
        Self(bytes.into())
    }

    fn placed(entry: &[u8], place: u64) -> [u8; PLACED] {
        let mut placed = [0; PLACED];
        let (digest, at) = placed.split_at_mut(32);
        digest.copy_from_slice(Digest::of(entry).as_bytes());
        at.copy_from_slice(&place.to_be_bytes());
        placed
    }

    /// How many entries the log had; `None` of what was not kept whole.
    fn size(&self) -> Option<u64> {
        let (size, placed) = self.0.split_first_chunk()?;
        placed.len().is_multiple_of(PLACED).then(|| u64::from_be_bytes(*size))
    }

    /// All of them.
    fn all(&self) -> impl Iterator<Item = [u8; PLACED]> {
        self.0.get(8..).unwrap_or_default().as_chunks().0.iter().copied()
    }

    /// Where an entry stands; where it stands last, of one that stands twice.
    fn place(&self, entry: &[u8]) -> Option<u64> {
        let digest = Digest::of(entry);
        let placed = self.0.get(8..)?;
        let (mut from, mut to) = (0, placed.len() / PLACED);
        let mut found = None;
        while from < to {
            let middle = from.midpoint(to);
            let (known, place) = placed.get(middle * PLACED..(middle + 1) * PLACED)?.split_at_checked(32)?;
            match known.cmp(digest.as_bytes().as_slice()) {
                Ordering::Less => from = middle + 1,
                Ordering::Equal => {
                    found = place.first_chunk().map(|place| u64::from_be_bytes(*place));
                    from = middle + 1;
                }
                Ordering::Greater => to = middle,
            }
        }
        found
    }
}

/// Where that is kept, until the files that came since are taken in once more.
fn known_key(until: Timestamp) -> String {
    format!("log/restored/{until}")
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
        let behind = (number * TILE..).zip(&entries).skip_while(|(place, _)| *place < before);
        behind.clone().for_each(|(_, entry)| name_report(entry));
        Ok::<_, StoreError>(behind.map(|(place, entry)| Known::placed(entry, place)).collect::<Vec<_>>())
    });
    let mut placed = bundles.buffered(AT_ONCE).try_concat().await?;
    if let Some(earlier) = head.and_then(|head| head.restored) {
        // What an earlier restore has not marked yet is still to be marked.
        placed.extend(known(app, earlier).await?.iter().flat_map(|known| known.all()));
    }
    let known = Known::of(size, placed);
    app.staging.put(&known_key(until), "application/octet-stream", known.0, &[]).await?;
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

/// Names a report that was issued, or taken back, since: its subject is to be told.
fn name_report(entry: &[u8]) {
    match Fact::read(entry) {
        Ok(Fact::ReportIssued { number, .. }) => {
            warn!(event = "report-lost", %number, "the table does not know this report")
        }
        Ok(Fact::ReportWithdrawn { number, .. }) => {
            warn!(event = "withdrawal-lost", %number, "the table may not know that this report was taken back");
        }
        _ => {}
    }
}

/// Marks what waits and was in the log before the table was restored; what is left waits for the next head.
pub(crate) async fn without_known(
    app: &App,
    head: Option<&Head>,
    pending: Vec<PendingEntry>,
) -> Result<Vec<PendingEntry>, LogError> {
    let Some(until) = head.and_then(|head| head.restored) else { return Ok(pending) };
    let known = {
        let mut held = app.known.lock().await;
        match held.as_ref().filter(|(of, _)| *of == until) {
            Some((_, known)) => Arc::clone(known),
            None => {
                let known = Arc::new(known(app, until).await?);
                *held = Some((until, Arc::clone(&known)));
                known
            }
        }
    };
    let Some((known, size)) = known.as_ref().as_ref().and_then(|known| Some((known, known.size()?))) else {
        return Ok(pending);
    };
    let (mut marked, mut left): (Vec<StagedEntry>, Vec<PendingEntry>) = (vec![], vec![]);
    for entry in pending {
        match known.place(&entry.entry) {
            Some(place) => marked.push(entry.staged(place)),
            None => left.push(entry),
        }
    }
    stream::iter(marked.iter().map(Ok))
        .try_for_each_concurrent(AT_ONCE, async |entry| app.registry.mark_logged(entry, size, None).await)
        .await?;
    Ok(left)
}

/// What is known of then; `None` when that is forgotten.
async fn known(app: &App, until: Timestamp) -> Result<Option<Known>, LogError> {
    match app.staging.get(&known_key(until)).await {
        Ok(kept) => Ok(Some(Known(kept.bytes))),
        Err(StoreError::NoObject(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found_where_it_stands() {
        for entries in [0, 1, 2, 3, 255, 1000] {
            let entry = |number: u64| format!("entry {number}").into_bytes();
            let known = Known::of(entries, (0..entries).map(|number| Known::placed(&entry(number), number)).collect());
            assert_eq!(known.size(), Some(entries));
            for number in 0..entries {
                assert_eq!(known.place(&entry(number)), Some(number));
            }
            assert_eq!(known.place(&entry(entries)), None);
        }
        let twice = Known::of(9, vec![Known::placed(b"a", 8), Known::placed(b"a", 3)]);
        assert_eq!(twice.place(b"a"), Some(8));
        assert_eq!(Known(Bytes::from_static(b"broken")).size(), None);
        assert_eq!(Known(Bytes::from_static(b"12345678 broken")).size(), None);
    }
}
