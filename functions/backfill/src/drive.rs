//! The run over all uploads: from the checkpoint on, page by page, until the end or until the time is over.

use futures::{StreamExt, TryStreamExt, stream};
use jiff::SignedDuration;
use tracing::info;
use xinzheng_domain::UploadId;
use xinzheng_store::batch::{Batch, BatchId};
use xinzheng_store::objects::{Redrive, StoredFile, parse_receipt_key};

use crate::pages::Pages;
use crate::{App, BackfillError};

/// Uploads of this age that are not closed were missed, or broke off: their messages would have come long ago.
const SETTLED: SignedDuration = SignedDuration::from_mins(30);
/// Orders that are written side by side.
const AT_ONCE: usize = 8;
/// The most orders of a run: ingest works them off before the next.
const MOST_ORDERS: u64 = 2_000;
/// The most orders of a run of a pass in which each file is ordered once, however long ingest takes.
const MOST_ORDERED_ONCE: u64 = 20_000;

/// One UpdateItem for the lease; for a page of a thousand uploads a ListObjectsV2, twenty BatchGetItem and an UpdateItem for the
/// checkpoint; a PutObject for each upload that is driven again. A pass that brings the index up to a new version drives
/// every upload again, and looks at no batch. A pass over receipts lists them, and looks at their batches.
pub(crate) async fn run(app: &App) -> Result<(), BackfillError> {
    let started = app.clock.now();
    let until = started + SignedDuration::try_from(app.budget).unwrap_or(SignedDuration::from_mins(1));
    // A run that broke off is over when its time would have been, and a little more.
    let Some(mut checkpoint) =
        app.registry.lease_backfill(started, until + SignedDuration::from_secs(30), app.restored_until).await?
    else {
        info!("another run is under way");
        return Ok(());
    };
    let mut pages = Pages::begin(app, &mut checkpoint).await?;
    let mut orders = 0;
    loop {
        let page = pages.next(app, &checkpoint).await?;
        let is_once = checkpoint.restoring.is_some() || checkpoint.reindexing.is_some();
        let most = if is_once { MOST_ORDERED_ONCE } else { MOST_ORDERS };
        let driven = if checkpoint.restoring.is_some() {
            unknown(app, &page.files).await?
        } else if checkpoint.reindexing.is_some() {
            page.files.iter().cloned().map(stored).collect()
        } else {
            missed(app, &page.files).await?.into_iter().map(stored).collect()
        };
        stream::iter(driven.iter().map(Ok))
            .try_for_each_concurrent(AT_ONCE, async |(batch, order)| {
                let json = serde_json::to_vec(order)?;
                app.intake.put(&Redrive::key(batch), "application/json", json, &[]).await?;
                info!(%batch, "driven again");
                Ok::<_, BackfillError>(())
            })
            .await?;
        orders += driven.len() as u64;
        let now = app.clock.now();
        checkpoint = page.gone_on(checkpoint, driven.len() as u64, now);
        let over = !checkpoint.under_way() || now >= until || orders >= most;
        app.registry.keep_checkpoint(&checkpoint, over).await?;
        if over {
            return Ok(());
        }
    }
}

/// The order to take in a file as it is stored.
fn stored(file: StoredFile) -> (BatchId, Redrive) {
    (BatchId::of(&file.key, &file.etag), Redrive::Stored(file))
}

/// The orders to take in the files of receipts whose batches are not known, or not closed.
async fn unknown(app: &App, receipts: &[StoredFile]) -> Result<Vec<(BatchId, Redrive)>, BackfillError> {
    let of_receipt = |file: &StoredFile| Some((parse_receipt_key(&file.key)?, file.key.clone()));
    let told: Vec<(BatchId, String)> = receipts.iter().filter_map(of_receipt).collect();
    let ids: Vec<BatchId> = told.iter().map(|(id, _)| id.clone()).collect();
    let batches = app.registry.batches(&ids).await?;
    let open = |id: &BatchId| !batches.get(id.as_str()).is_some_and(Batch::is_closed);
    let unknown = told.into_iter().filter(|(id, _)| open(id));
    Ok(unknown.map(|(id, receipt)| (id, Redrive::Received(receipt))).collect())
}

/// The files whose batches were never opened, or are not closed although they are old enough.
async fn missed(app: &App, files: &[StoredFile]) -> Result<Vec<StoredFile>, BackfillError> {
    let settled = app.clock.now() - SETTLED;
    let old: Vec<StoredFile> = files.iter().filter(|file| file.at <= settled).cloned().collect();
    let hundreds: Vec<Vec<StoredFile>> = old.chunks(100).map(<[_]>::to_vec).collect();
    let found: Vec<Vec<StoredFile>> = stream::iter(hundreds)
        .map(async |files| {
            let uploads: Vec<UploadId> = files.iter().map(|file| UploadId::of(&file.key)).collect();
            let received = app.registry.uploads(&uploads).await?;
            // A batch is known by its content, which a listing does not tell: by the entity tag alone where nothing else was known.
            let batch_of = |file: &StoredFile, id: &UploadId| {
                let of_file = received.get(id).filter(|upload| upload.etag.as_ref() == Some(&file.etag));
                of_file.and_then(|upload| upload.batch.clone()).unwrap_or_else(|| BatchId::of(&file.key, &file.etag))
            };
            let ids: Vec<BatchId> = files.iter().zip(&uploads).map(|(file, id)| batch_of(file, id)).collect();
            let batches = app.registry.batches(&ids).await?;
            let open = |id: &BatchId| !batches.get(id.as_str()).is_some_and(Batch::is_closed);
            let missed = files.into_iter().zip(&ids).filter(|(_, id)| open(id)).map(|(file, _)| file);
            Ok::<_, BackfillError>(missed.collect())
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(found.into_iter().flatten().collect())
}
