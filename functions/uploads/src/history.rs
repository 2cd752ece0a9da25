//! `GET /records/{id}/history`: every revision of a record and every change to it (R5).

use serde_json::json;
use xinzheng_domain::RecordId;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, cursor};
use xinzheng_store::Page;
use xinzheng_store::history::HistoryStep;

use crate::{App, Reader};

/// The most steps of a page.
const LISTED: i32 = 100;

/// A page of the steps that the reader may see, oldest first; later positions win. One GetItem and one Query.
pub(crate) async fn history(app: &App, reader: Reader, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let unknown = || Problem::new(404, "record-unknown", "没有这条记录").hint("请核对记录编号");
    let id = RecordId::parse(request.path_parameter("id")).ok_or_else(unknown)?;
    let cursor = cursor::of(request)?;
    let Page { items: steps, next } = app.registry.history(&id, cursor.as_ref(), LISTED).await?;
    let steps: Vec<HistoryStep> = steps.into_iter().filter(|step| reader.may_read(step.unit)).collect();
    if steps.is_empty() && cursor.is_none() && next.is_none() {
        return Err(unknown());
    }
    Ok(HttpResponse::json(200, &json!({ "record": id, "steps": steps, "next": next })))
}
