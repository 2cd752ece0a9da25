//! `GET /objections…`: the subject's own, the unit's work list, any for the platform.

use serde_json::{Value, json};
use xinzheng_domain::objection::Objection;
use xinzheng_domain::{UnitCode, china_time};
use xinzheng_runtime::precondition::etag;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, cursor};
use xinzheng_store::Page;

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
    HttpResponse::json(status, &described(app, objection)).header("etag", etag(objection.version))
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
    let due = async |unit| {
        let cursor = cursor::of(request)?;
        app.registry.due_objections(unit, cursor.as_ref(), PAGE).await.map_err(Problem::from)
    };
    let Page { items: objections, next } = match party {
        Party::Subject(subject) => {
            let cursor = cursor::of(request)?;
            app.registry.objections_of(&subject.id, cursor.as_ref(), PAGE).await?
        }
        Party::Unit(unit) => due(unit).await?,
        Party::Platform => {
            let unit = request
                .query_parameter("unit")
                .and_then(UnitCode::parse)
                .ok_or_else(|| Problem::new(422, "unit-missing", "请指明单位").hint("在地址中加 ?unit=单位代码"))?;
            due(unit).await?
        }
    };
    let objections: Vec<Value> = objections.iter().map(|objection| described(app, objection)).collect();
    Ok(HttpResponse::json(200, &json!({ "objections": objections, "next": next })))
}
