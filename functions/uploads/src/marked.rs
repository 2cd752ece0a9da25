//! The rejected rows of an upload as a marked workbook, made when it is first asked for.

use xinzheng_forms::{FormError, MarkedTable};
use xinzheng_intake::{Receipt, RejectedRow};
use xinzheng_runtime::Problem;
use xinzheng_runtime::problem::{INTERNAL, REJECTIONS_TOO_MANY};
use xinzheng_store::batch::BatchId;
use xinzheng_store::{ChunkName, objects};

use crate::App;

/// The most rejected rows that are put into a workbook; beyond, CSV serves.
const MOST_ROWS: u64 = 100_000;

/// The key of the workbook, which has a worksheet with what the accepted rows came to once that is known. One HeadObject; the first time a GetObject for every 2,000 rejected rows and one PutObject.
pub(crate) async fn marked(app: &App, batch: &BatchId, receipt: &Receipt) -> Result<String, Problem> {
    let rejected = receipt.reading.counts.rejected;
    if rejected > MOST_ROWS {
        let detail = format!("共 {rejected} 行被退回，超过电子表格的 {MOST_ROWS} 行上限");
        return Err(REJECTIONS_TOO_MANY.detail(detail));
    }
    let key = objects::marked_key(batch, receipt.effects.is_some());
    if app.intake.has(&key).await? {
        return Ok(key);
    }
    let title = receipt.table.map_or("数据表", |table| table.standard().title.as_str());
    let mut table = MarkedTable::new(title, &receipt.reading.headers);
    for (part, &count) in (0..).zip(&receipt.rejected_objects) {
        for number in 0..count {
            let stored = app.intake.get(&objects::rejected_rows_key(batch, ChunkName { part, number })).await?;
            for line in stored.bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
                let row: RejectedRow = serde_json::from_slice(line).map_err(|error| {
                    tracing::error!(%batch, part, number, column = error.column(), "a rejected row is damaged");
                    Problem::from(INTERNAL)
                })?;
                table.push(&row).map_err(unwritable)?;
            }
        }
    }
    let effects = receipt.effects.clone().unwrap_or_default();
    let workbook = table.finish(&effects.rows, effects.listed).map_err(unwritable)?;
    let kind = xinzheng_api::SPREADSHEET;
    app.intake.put(&key, kind, workbook, &[]).await?;
    Ok(key)
}

fn unwritable(error: FormError) -> Problem {
    tracing::error!(%error, "rejected rows cannot be written");
    INTERNAL.into()
}
