//! `GET /records/{id}/history`: every revision of a record and every change to it (R5).

use serde_json::{Value, json};
use xinzheng_domain::RecordId;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::{App, Reader};

/// The steps that the reader may see, oldest first; later positions win. One Query.
pub(crate) async fn history(app: &App, reader: Reader, id: &str) -> Result<HttpResponse, Problem> {
    let unknown = || Problem::new(404, "record-unknown", "没有这条记录").hint("请核对记录编号");
    let id = RecordId::parse(id).ok_or_else(unknown)?;
    let steps = app.registry.history(&id).await?;
    let readable = steps.into_iter().filter(|step| reader.may_read(step.unit));
    let steps: Vec<Value> = readable
        .map(|step| {
            json!({
                "position": step.position,
                "unit": step.unit,
                "stored_at": step.stored_at,
                "batch": step.batch,
                "row": step.row,
                "entry": step.entry,
            })
        })
        .collect();
    if steps.is_empty() {
        return Err(unknown());
    }
    Ok(HttpResponse::json(200, &json!({ "record": id, "steps": steps })))
}
