//! The end of intake: the rejections file, the receipt, and the batch's count of chunks.

use tracing::{info, warn};
use xinzheng_domain::sha256::parse_sha256;
use xinzheng_intake::{Counts, FileRefusal, Receipt, ReceiptRefusal, RejectedRow, rejections_csv, rejections_header};
use xinzheng_store::ChunkName;
use xinzheng_store::batch::IntakeResult;
use xinzheng_store::objects;

use crate::IngestError;
use crate::kept::KeptReceipt;
use crate::outputs::PartResult;
use crate::statement;
use crate::upload::Upload;

/// Writes the rejections file and the receipt of what the parts of a file came to, and notes that intake is done.
pub(crate) async fn close(upload: &Upload<'_>, receipt: Receipt, results: &[PartResult]) -> Result<(), IngestError> {
    let mut reading = results.first().map(|result| result.reading.clone()).unwrap_or_default();
    results.iter().skip(1).for_each(|result| reading.add(&result.reading));
    let rejections = if results.iter().any(|result| result.rejected > 0) {
        Some(write_rejections(upload, results).await?)
    } else {
        None
    };
    let gone = results.iter().filter(|result| result.gone).count();
    let partly = (gone > 0).then(|| receipt_refusal(&FileRefusal::PartlyGone { gone, of: results.len() }));
    let read_at = results.iter().filter_map(|result| result.read_at).max();
    let receipt = Receipt {
        refusal: receipt.refusal.or(partly),
        reading,
        chunks: results.iter().map(|result| result.chunks).sum(),
        rejected_objects: results.iter().map(|result| result.rejected).collect(),
        rejections,
        // Of two that close at once both say the same.
        processed_at: upload.first_taken_in.or(read_at).unwrap_or_else(|| upload.app.clock.now()),
        ..receipt
    };
    let receipt = if upload.as_kept { as_kept(upload, receipt).await? } else { receipt };
    let kept = KeptReceipt::of(upload, receipt);
    kept.keep(upload.app).await?;
    note(upload, kept.receipt).await
}

/// What the receipt of a file says stays, whatever limits and rules are now: its digest is in the public log. What is read now
/// is its chunks and rejections alone. One GetObject.
async fn as_kept(upload: &Upload<'_>, read: Receipt) -> Result<Receipt, IngestError> {
    let kept = KeptReceipt::read(upload.app, &objects::receipt_key(upload.key, upload.batch)).await?.receipt;
    if kept.refusal.is_none() && read.refusal.is_some() {
        return Err(IngestError::RefusedNow(upload.batch.clone()));
    }
    let (then, now) = (kept.reading.counts, read.reading.counts);
    if then != now {
        warn!(event = "read-otherwise", batch = %upload.batch, ?then, ?now, "a file is read otherwise than it was");
    }
    let Receipt { chunks, rejected_objects, rejections, .. } = read;
    Ok(Receipt { chunks, rejected_objects, rejections, ..kept })
}

/// Notes in the registry that intake is done, as a receipt says.
pub(crate) async fn note(upload: &Upload<'_>, receipt: Receipt) -> Result<(), IngestError> {
    let damaged = || IngestError::DamagedOrder(receipt.batch.clone());
    let result = IntakeResult {
        unit: receipt.unit,
        table: receipt.table,
        chunks: receipt.chunks,
        accepted: receipt.reading.counts.accepted,
        faults: &receipt.reading.faults,
        refusal: receipt.refusal.as_ref().map(|refusal| refusal.code.as_str()),
        rows: receipt.reading.counts.rows,
        rejected: receipt.reading.counts.rejected,
        stored_at: receipt.stored_at,
        file: receipt.sha256.as_deref().map(|sha256| parse_sha256(sha256).ok_or_else(damaged)).transpose()?,
        statement: &statement::of(&receipt, upload.salt)?,
        salt: upload.salt,
    };
    upload.app.registry.finish_intake(upload.batch, &result, receipt.processed_at).await?;
    // Index was quicker: what it has to tell, it could not while there was no receipt.
    if receipt.chunks > 0
        && let Some(batch) = upload.app.registry.batch(upload.batch).await?
        && batch.is_all_indexed()
    {
        upload.app.intake.tell_effects(upload.batch, &batch).await?;
    }
    let Counts { rows, accepted, rejected, blank } = receipt.reading.counts;
    let refusal = receipt.refusal.map(|refusal| refusal.code);
    info!(batch = %upload.batch, rows, accepted, rejected, blank, ?refusal, "taken in");
    Ok(())
}

/// A refusal as the receipt tells it.
pub(crate) fn receipt_refusal(refusal: &FileRefusal) -> ReceiptRefusal {
    ReceiptRefusal {
        code: refusal.code().to_owned(),
        reason: refusal.to_string(),
        hint: refusal.hint().to_owned(),
        looks_like: refusal.looks_like(),
    }
}

async fn write_rejections(upload: &Upload<'_>, results: &[PartResult]) -> Result<String, IngestError> {
    let bucket = &upload.app.intake;
    let key = objects::rejections_key(upload.batch);
    let csv_error = |error: csv::Error| IngestError::Csv(error.to_string());
    let mut file = bucket.writer(&key, "text/csv; charset=utf-8");
    file.write(&rejections_header().map_err(csv_error)?).await?;
    for (part, result) in (0..).zip(results) {
        for number in 0..result.rejected {
            let name = ChunkName { part, number };
            let rows = bucket.get(&objects::rejected_rows_key(upload.batch, name)).await?.bytes;
            for line in rows.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
                let row: RejectedRow = serde_json::from_slice(line)?;
                file.write(&rejections_csv(&row.faults).map_err(csv_error)?).await?;
            }
        }
    }
    file.finish().await?;
    Ok(key)
}
