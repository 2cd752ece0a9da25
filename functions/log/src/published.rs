//! What anyone may read of the log: tiles, bundles of entries, the checkpoint, and by which keys it is checked.

use futures::future::try_join_all;
use xinzheng_store::log::Head;
use xinzheng_store::published_log::POLICY;
use xinzheng_tlog::{SignedCheckpoint, TreeError};

use crate::{App, LogError};

/// It changes: nobody keeps it for longer than it takes to read the rest.
const CHANGES: (&str, &str) = ("text/plain; charset=utf-8", "public, max-age=2");
const BYTES: &str = "application/octet-stream";

/// Writes tiles and bundles. A PutObject for each.
pub(crate) async fn put(app: &App, objects: Vec<(String, Vec<u8>)>) -> Result<(), LogError> {
    try_join_all(objects.into_iter().map(async |(key, bytes)| app.log.bucket.put_for_ever(&key, BYTES, bytes).await))
        .await?;
    Ok(())
}

/// Whether what is published is what the head commits to, or older: a head that is behind was set back,
/// and a log whose key was exchanged is another log. A GetObject.
pub(crate) async fn check(app: &App, head: Option<&Head>) -> Result<(), LogError> {
    let Some(published) = app.log.checkpoint().await? else { return Ok(()) };
    if published.signed_by(app.signer.key(), &[]).is_err() {
        return Err(LogError::OtherKey);
    }
    let (size, root) = head.map_or((0, None), |head| (head.size, Some(head.root)));
    if published.size() > size {
        return Err(LogError::RolledBack { published: published.size(), head: size });
    }
    if published.size() == size && root.is_some_and(|root| root != published.root()) {
        return Err(LogError::Altered(TreeError::Root));
    }
    Ok(())
}

/// Publishes a checkpoint under a key: in place of a smaller one, or of the same with fewer cosignatures. Whoever is late
/// publishes nothing. A GetObject and a PutObject; again when others publish at the same time.
pub(crate) async fn publish(app: &App, key: &str, checkpoint: &SignedCheckpoint) -> Result<(), LogError> {
    loop {
        let known = app.log.bucket.replaceable(key).await?;
        if let Some(known) = &known {
            let published = SignedCheckpoint::parse(&known.bytes)?;
            if published.size() > checkpoint.size() || known.bytes == checkpoint.to_bytes() {
                return Ok(());
            }
            if published.size() == checkpoint.size() && published.signatures() >= checkpoint.signatures() {
                return Ok(());
            }
        }
        if app.log.bucket.replace(key, CHANGES, checkpoint.to_bytes(), known.as_ref()).await? {
            return Ok(());
        }
    }
}

/// Publishes by which keys proofs are judged, when that has changed. A GetObject, and a PutObject when it has.
pub(crate) async fn policy(app: &App, text: String) -> Result<(), LogError> {
    let known = app.log.bucket.replaceable(POLICY).await?;
    if known.as_ref().is_some_and(|known| known.bytes == text.as_bytes()) {
        return Ok(());
    }
    // Another one of us writes the same.
    app.log.bucket.replace(POLICY, CHANGES, text.into_bytes(), known.as_ref()).await?;
    Ok(())
}
