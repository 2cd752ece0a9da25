//! `GET /objections…`: the subject's own, the unit's work list, any for the platform.

use xinzheng_api::Endpoint;
use xinzheng_api::objection::{ATTACHMENT, LIST, ObjectionCase, READ};
use xinzheng_domain::audit::Action;
use xinzheng_domain::case::objection::Objection;
use xinzheng_domain::china_time;
use xinzheng_runtime::precondition::etag;
use xinzheng_runtime::{HttpRequest, HttpResponse, Party, Problem};
use xinzheng_store::Whose;

use crate::App;
use crate::attach::handed_out;
use crate::case::{Guarded, note_list, whose};

/// The most cases of a page.
pub(crate) const PAGE: i32 = 25;

/// As everyone sees it who may see it.
pub(crate) fn shown(app: &App, objection: Objection) -> ObjectionCase {
    ObjectionCase {
        state_title: objection.state.title().to_owned(),
        unit_name: objection.unit.name(),
        domain_name: objection.domain.name().to_owned(),
        overdue: objection.is_overdue(china_time::date(app.clock.now())),
        objection,
    }
}

/// An objection with its entity tag.
pub(crate) fn answer<P, Q, B>(
    endpoint: &Endpoint<P, Q, B, ObjectionCase>,
    app: &App,
    objection: &Objection,
) -> HttpResponse {
    HttpResponse::of(endpoint, &shown(app, objection.clone())).header("etag", etag(objection.version))
}

/// `GET /objections/{id}`. One GetItem, and a PutItem for the audit.
pub(crate) async fn one(
    app: &App,
    asked: Guarded<Objection, Party>,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    asked.note_read(app, request, Action::ObjectionRead).await?;
    Ok(answer(&READ, app, &asked.case))
}

/// `GET /objections`: for a subject its own, newest first; for a unit its open ones, those due first before the others; for the
/// platform those of `?unit=`. One Query; for a subject a GetItem for each.
pub(crate) async fn list(app: &App, party: Party, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&LIST)?;
    let cursor = asked.cursor.as_ref();
    let of = whose(&party, asked.unit)?;
    note_list(app, &party, request, Action::ObjectionsListed).await?;
    let page = match of {
        Whose::Subject(subject) => app.registry.objections_of(&subject, cursor, PAGE).await?,
        Whose::Unit(unit) => app.registry.due_objections(unit, cursor, PAGE).await?,
    };
    Ok(HttpResponse::of(&LIST, &page.map(|objection| shown(app, objection))))
}

/// `GET /objections/{id}/attachments/{attachment}`: sends whoever may see the objection on to the file. One GetItem, and a
/// PutItem for the audit.
pub(crate) async fn download(
    app: &App,
    asked: Guarded<Objection, Party>,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let wanted = request.path_of(&ATTACHMENT)?.attachment;
    handed_out(app, &asked.case.subject, &asked.case.attachments, &wanted, request).await
}
