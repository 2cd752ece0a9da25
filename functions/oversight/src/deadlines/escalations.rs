//! `GET /escalations`: open objections whose day for an answer has passed, the latest first.

use xinzheng_api::objection::{ESCALATIONS, EscalatedObjection, ObjectionCase};
use xinzheng_domain::audit::Action;
use xinzheng_domain::china_time;
use xinzheng_runtime::problem::INTERNAL;
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Problem};

use crate::App;

/// The most objections of a page.
const PAGE: i32 = 50;

/// A page of overdue objections. One Query, and a GetItem for each; a PutItem for the audit.
pub(crate) async fn list(app: &App, _operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&ESCALATIONS)?;
    let now = app.clock.now();
    let today = china_time::date(now);
    let yesterday = today.yesterday().map_err(|_| INTERNAL)?;
    app.registry.note_platform(&request.actor(&app.address_key), now, Action::EscalationsRead, "objections").await?;
    let due = app.registry.objections_due(yesterday, asked.cursor.as_ref(), PAGE).await?;
    let page = due.map(|(objection, _)| EscalatedObjection {
        days_late: (today - objection.due).get_days(),
        case: ObjectionCase {
            state_title: objection.state.title().to_owned(),
            unit_name: objection.unit.name(),
            domain_name: objection.domain.name().to_owned(),
            overdue: objection.is_overdue(today),
            objection,
        },
    });
    Ok(HttpResponse::of(&ESCALATIONS, &page))
}
