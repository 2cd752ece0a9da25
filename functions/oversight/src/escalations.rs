//! `GET /escalations`: open objections whose day for an answer has passed, the latest first.

use serde_json::{Value, json};
use xinzheng_domain::audit::Action;
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Problem, cursor};
use xinzheng_store::Page;

use crate::App;

/// The most objections of a page.
const PAGE: i32 = 50;

/// A page of overdue objections. One Query, and a GetItem for each; a PutItem for the audit.
pub(crate) async fn list(app: &App, _operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let cursor = cursor::of(request)?;
    let now = app.clock.now();
    let today = china_time::date(now);
    let Ok(yesterday) = today.yesterday() else { return Err(Problem::internal()) };
    app.registry.note_platform(&app.actor(request), now, Action::EscalationsRead, "objections").await?;
    let Page { items: due, next } = app.registry.objections_due(yesterday, cursor.as_ref(), PAGE).await?;
    let objections: Vec<Value> = due
        .iter()
        .map(|(objection, _)| {
            let mut body = json!(objection);
            if let Some(fields) = body.as_object_mut() {
                fields.insert("state_title".to_owned(), json!(objection.state.title()));
                fields.insert("unit_name".to_owned(), json!(objection.unit.name()));
                fields.insert("days_late".to_owned(), json!((today - objection.due).get_days()));
            }
            body
        })
        .collect();
    Ok(HttpResponse::json(200, &json!({ "objections": objections, "next": next })))
}
