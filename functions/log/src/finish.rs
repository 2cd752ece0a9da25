//! What a head needs, done: tiles and bundles, the checkpoint with what witnesses say of it, and marks. All of it can be done
//! again, and by several at once.

use futures::{TryStreamExt, stream};
use xinzheng_store::log::{Head, Staged};
use xinzheng_store::published_log::{CHECKPOINT, COSIGNED};
use xinzheng_tlog::{Hash, Policy, SignedCheckpoint};

use crate::witnesses::{Known, PATIENCE};
use crate::{App, LogError, published};

/// How many entries are marked side by side.
const AT_ONCE: usize = 16;
/// How many entries are marked again in one go.
const AGAIN: i32 = 500;

/// Does what a head needs.
pub(crate) async fn finish(app: &App, head: &Head) -> Result<(), LogError> {
    let staged = app.staging.get(&head.staging).await?;
    let staged: Staged = serde_json::from_slice(&staged.bytes).map_err(|error| LogError::Staged(error.to_string()))?;
    let checkpoint = SignedCheckpoint::parse(head.checkpoint.as_bytes())?;
    let consistency: Result<Vec<Hash>, _> = staged.consistency.iter().map(|hash| Hash::parse_hash(hash)).collect();
    let known =
        Known { before: staged.before, consistency: consistency.map_err(|error| LogError::Staged(error.to_string()))? };
    // Witnesses are asked while the rest is written; who does not answer by then delays nothing but its cosignature.
    let mut round = app.witnesses.ask(&checkpoint, &known);
    let objects = staged.objects.into_iter().map(|(key, bytes)| (key, bytes.0)).collect();
    published::put(app, objects).await?;
    let witnesses = app.witnesses.keys();
    let policy = Policy::written(app.signer.key(), &app.address, witnesses, app.witnesses.threshold());
    tokio::try_join!(published::publish(app, CHECKPOINT, &checkpoint), published::policy(app, policy))?;
    let answered = round.so_far(&checkpoint).await;
    let cosigned = app.witnesses.enough(&answered, app.signer.key());
    if cosigned.as_ref().is_some_and(|by| !by.is_empty()) {
        publish_cosigned(app, &answered).await?;
    }
    stream::iter(staged.entries.iter().map(Ok))
        .try_for_each_concurrent(AT_ONCE, async |entry| {
            app.registry.mark_logged(entry, head.size, cosigned.as_deref()).await
        })
        .await?;
    app.registry.finish_log_head(head).await?;
    // What is left is about cosignatures alone: the schedule comes back to it.
    let complete = round.rest(app, answered, None).await;
    publish_cosigned(app, &complete).await?;
    mark_cosigned(app, &complete).await
}

/// Publishes a checkpoint with what witnesses say of it: as one that proofs may rest on when they are enough, and as the
/// newest. In this order, so that what is relied on never goes back.
async fn publish_cosigned(app: &App, checkpoint: &SignedCheckpoint) -> Result<(), LogError> {
    if app.witnesses.enough(checkpoint, app.signer.key()).is_some_and(|by| !by.is_empty()) {
        published::publish(app, COSIGNED, checkpoint).await?;
    }
    published::publish(app, CHECKPOINT, checkpoint).await
}

/// Offers the checkpoint of a head that is finished to the witnesses that have not cosigned it; how many of them still have not.
pub(crate) async fn offer_again(app: &App, head: &Head) -> Result<usize, LogError> {
    let Some(checkpoint) = app.log.checkpoint().await?.filter(|published| published.size() == head.size) else {
        return Ok(0);
    };
    let missing = |checkpoint: &SignedCheckpoint| {
        app.witnesses.keys().len() - app.witnesses.cosigned(checkpoint, app.signer.key()).len()
    };
    if missing(&checkpoint) == 0 {
        mark_cosigned(app, &checkpoint).await?;
        return Ok(0);
    }
    let known = Known { before: head.size, consistency: vec![] };
    let round = app.witnesses.ask(&checkpoint, &known);
    let complete = round.rest(app, checkpoint, Some(PATIENCE)).await;
    publish_cosigned(app, &complete).await?;
    mark_cosigned(app, &complete).await?;
    Ok(missing(&complete))
}

/// Marks again what was marked before enough witnesses had cosigned. A Query when there is nothing.
async fn mark_cosigned(app: &App, checkpoint: &SignedCheckpoint) -> Result<(), LogError> {
    let Some(cosigned) = app.witnesses.enough(checkpoint, app.signer.key()).filter(|by| !by.is_empty()) else {
        return Ok(());
    };
    while app.registry.mark_cosigned(checkpoint.size(), &cosigned, AGAIN).await? {}
    Ok(())
}
