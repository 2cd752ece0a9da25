//! Files in parts: orders, and the work on each.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::{info, instrument};
use xinzheng_domain::UploadKey;
use xinzheng_intake::{Intake, Layout, Part, Receipt};
use xinzheng_store::batch::BatchId;
use xinzheng_store::versions::StoredVersion;
use xinzheng_store::{StoreError, objects};
use xinzheng_tlog::Salt;

use crate::outputs::{self, PartResult};
use crate::upload::{Upload, sender};
use crate::{App, IngestError, closing};

/// An order to work on a part of a file: everything that the work needs to know.
#[derive(Serialize, Deserialize)]
struct Order {
    /// Where the file is; the receipt has it as it is shown.
    key: String,
    /// Which of the files that were stored under the key: every part is of this one.
    version: StoredVersion,
    /// The file's receipt before its rows were read.
    receipt: Receipt,
    layout: Layout,
    part: Part,
    of: u32,
    /// Although the part was read before: its chunks are written again.
    #[serde(default)]
    again: bool,
    /// The batch's salt.
    salt: Salt,
    /// How long the parts are.
    part_bytes: u64,
    /// When the file was taken in first, where that is told by its receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_taken_in: Option<Timestamp>,
    /// What its receipt says stays.
    #[serde(default)]
    as_kept: bool,
}

/// Writes the order for each part. Written again after a crash, orders are the same and work that is done is not done
/// twice.
pub(crate) async fn order(
    upload: &Upload<'_>,
    receipt: Receipt,
    layout: &Layout,
    parts: &[Part],
    part_bytes: u64,
) -> Result<(), IngestError> {
    let of = u32::try_from(parts.len()).unwrap_or(u32::MAX);
    upload.app.registry.part_batch(upload.batch, of, part_bytes).await?;
    for (number, &part) in (0..).zip(parts) {
        let (receipt, layout, again) = (receipt.clone(), layout.clone(), upload.again);
        let (key, version, salt) = (upload.key.to_owned(), upload.version.clone(), upload.salt);
        let (first_taken_in, as_kept) = (upload.first_taken_in, upload.as_kept);
        let order = Order { key, version, receipt, layout, part, of, again, salt, part_bytes, first_taken_in, as_kept };
        let json = serde_json::to_vec(&order)?;
        upload.app.intake.put(&objects::part_key(upload.batch, number), "application/json", json, &[]).await?;
    }
    info!(batch = %upload.batch, parts = of, "parted");
    Ok(())
}

/// Writes the orders for the parts of a file once more, as they are: of a file that is gone, each part that was not read is told
/// of as such. `false` when one of them is forgotten. A GetObject and a PutObject for each.
pub(crate) async fn order_again(app: &App, batch: &BatchId, parts: u32) -> Result<bool, IngestError> {
    for number in 0..parts {
        let key = objects::part_key(batch, number);
        match app.intake.get(&key).await {
            Ok(order) => app.intake.put(&key, "application/json", order.bytes, &[]).await?,
            Err(StoreError::NoObject(_)) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

/// Works on the part that an order names; closes the batch when it was the last.
#[instrument(skip_all, fields(order = %key))]
pub(crate) async fn work_on(app: &App, key: &str) -> Result<(), IngestError> {
    let damaged = || IngestError::DamagedOrder(key.to_owned());
    let (batch, number) = objects::parse_part_key(key).ok_or_else(damaged)?;
    let order: Order = serde_json::from_slice(&app.intake.get(key).await?.bytes).map_err(|_| damaged())?;
    let (file_key, version) = (order.key, order.version);
    let (stored_at, salt, again) = (order.receipt.stored_at, order.salt, order.again);
    let (part_bytes, first_taken_in) = (Some(order.part_bytes), order.first_taken_in);
    let as_kept = order.as_kept;
    let (id, key, version) = (&batch, file_key.as_str(), &version);
    let upload = Upload { app, batch: id, key, version, stored_at, salt, again, part_bytes, first_taken_in, as_kept };
    let upload_key = UploadKey::parse(&file_key).map_err(|_| damaged())?;
    let result_key = objects::part_result_key(&batch, number);
    let is_read = app.intake.has(&result_key).await?;
    if again || !is_read {
        let range = (order.part.start, order.part.end);
        let result = match app.uploads.open(upload.key, upload.version, Some(range)).await {
            Ok(source) => {
                let confirmed = order.layout.confirmed();
                let sender = sender(&upload_key, upload.stored_at, &app.person_key, confirmed);
                let (limits, layout, part) = (app.limits, order.layout, order.part);
                let read = outputs::write(&upload.target(number, upload_key.unit), move |read| {
                    read(Intake::resume(source, layout, part, &sender, &limits))
                })
                .await?;
                let result = read.map_err(|_| damaged())?;
                Some(PartResult { read_at: Some(app.clock.now()), ..result })
            }
            // What was read of it before stands.
            Err(StoreError::VersionGone) if is_read => None,
            Err(StoreError::VersionGone) => {
                Some(PartResult { gone: true, read_at: Some(app.clock.now()), ..PartResult::default() })
            }
            Err(error) => return Err(error.into()),
        };
        if let Some(result) = result {
            app.intake.put(&result_key, "application/json", serde_json::to_vec(&result)?, &[]).await?;
        }
    }
    app.registry.finish_part(&batch, number, app.clock.now()).await?;
    let state = app.registry.batch(&batch).await?.ok_or_else(damaged)?;
    if state.parts_done < order.of || state.chunks.is_some() {
        return Ok(());
    }
    let mut results = vec![];
    for number in 0..order.of {
        let stored = app.intake.get(&objects::part_result_key(&batch, number)).await?;
        results.push(serde_json::from_slice::<PartResult>(&stored.bytes)?);
    }
    // Two last parts at once both come here: what they write is the same.
    closing::close(&upload, order.receipt, &results).await
}
