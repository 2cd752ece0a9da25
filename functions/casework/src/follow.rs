//! `GET /objections…`: the subject's own, the unit's work list, any for the platform.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use xinzheng_domain::objection::Objection;
use xinzheng_domain::{UnitCode, china_time};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem};

use crate::{App, Party, named};

/// The most objections of a page.
pub(crate) const PAGE: i32 = 25;

/// An objection as everyone sees it who may see it.
fn described(app: &App, objection: &Objection) -> Value {
    let mut body = json!(objection);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("state_title".to_owned(), json!(objection.state.title()));
        fields.insert("unit_name".to_owned(), json!(objection.unit.name()));
        fields.insert("domain_name".to_owned(), json!(objection.domain.name()));
        fields.insert("overdue".to_owned(), json!(objection.is_overdue(china_time::date(app.clock.now()))));
    }
    body
}

/// An objection with its entity tag.
pub(crate) fn answer(status: u16, app: &App, objection: &Objection) -> HttpResponse {
    HttpResponse::json(status, &described(app, objection)).header("etag", etag(objection))
}

/// The entity tag of an objection's version.
pub(crate) fn etag(objection: &Objection) -> String {
    format!("\"{}\"", objection.version)
}

/// One objection. One GetItem.
pub(crate) async fn one(app: &App, party: Party, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let objection = named(app, &party, request).await?;
    Ok(answer(200, app, &objection))
}

/// A page of objections: for a subject its own, newest first; for a unit its open ones, those due first before the others;
/// for the platform those of `?unit=`. `?cursor=` goes on where an earlier answer ended. One Query; for a subject a
/// GetItem for each.
pub(crate) async fn list(app: &App, party: Party, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let cursor = request.query_parameter("cursor").map(opened).transpose()?;
    let cursor = cursor.as_deref();
    let (objections, next) = match party {
        Party::Subject(subject) => app.registry.objections_of(&subject.id, cursor, PAGE).await?,
        Party::Unit(unit) => app.registry.due_objections(unit, cursor, PAGE).await?,
        Party::Platform => {
            let unit = request
                .query_parameter("unit")
                .and_then(UnitCode::parse)
                .ok_or_else(|| Problem::new(422, "unit-missing", "请指明单位").hint("在地址中加 ?unit=单位代码"))?;
            app.registry.due_objections(unit, cursor, PAGE).await?
        }
    };
    let objections: Vec<Value> = objections.iter().map(|objection| described(app, objection)).collect();
    let next = next.map(sealed);
    Ok(HttpResponse::json(200, &json!({ "objections": objections, "next": next })))
}

/// The cursor of a sort key to go on behind.
pub(crate) fn sealed(key: String) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

/// The sort key of a cursor.
pub(crate) fn opened(cursor: &str) -> Result<String, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.filter(|text| {
        ["DUE#", "CASE#", "COMMITMENT#", "FEEDBACK#", "REPAIR#"].iter().any(|kind| text.starts_with(kind))
    })
    .ok_or_else(|| Problem::new(422, "cursor-unreadable", "cursor 无法识别").hint("请使用上一页返回的 next"))
}
