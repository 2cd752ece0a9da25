//! `GET /subjects/{subject}/objections`, `…/repairs`, `…/commitments`: a subject's cases as the platform looks at them, each look in
//! the subject's audit and in the platform's with what it was for.

use xinzheng_api::endpoint::Endpoint;
use xinzheng_api::page::{Cursor, Page};
use xinzheng_api::subject::{COMMITMENTS, LookQuery, OBJECTIONS, REPAIRS, SubjectPath};
use xinzheng_domain::SubjectId;
use xinzheng_domain::audit::Action;
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Problem};
use xinzheng_store::Whose;

use crate::follow::PAGE;
use crate::{App, commitment, follow, repair};

/// Whose list is looked at, and where it goes on: noted before anything is shown. One TransactWriteItems.
async fn noted<A>(
    app: &App,
    endpoint: &Endpoint<SubjectPath, LookQuery, (), Page<A>>,
    request: &HttpRequest,
    action: Action,
) -> Result<(SubjectId, Option<Cursor>), Problem> {
    let (subject, asked) = (request.path_of(endpoint)?.subject, request.query_of(endpoint)?);
    let (actor, now) = (request.actor(&app.address_key), app.clock.now());
    app.registry.note_look(&subject, &actor, now, action, asked.reason).await?;
    Ok((subject, asked.cursor))
}

/// A page, newest first. One TransactWriteItems, one Query, one BatchGetItem.
pub(crate) async fn objections(app: &App, _: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let (subject, cursor) = noted(app, &OBJECTIONS, request, Action::ObjectionsListed).await?;
    let page = app.registry.objections_of(&subject, cursor.as_ref(), PAGE).await?;
    Ok(HttpResponse::of(&OBJECTIONS, &page.map(|objection| follow::shown(app, objection))))
}

/// The same of applications for repair.
pub(crate) async fn repairs(app: &App, _: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let (subject, cursor) = noted(app, &REPAIRS, request, Action::RepairsListed).await?;
    let page = app.registry.repair_applications(Whose::Subject(subject), cursor.as_ref(), PAGE).await?;
    Ok(HttpResponse::of(&REPAIRS, &page.map(repair::shown)))
}

/// The same of commitments.
pub(crate) async fn commitments(app: &App, _: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let (subject, cursor) = noted(app, &COMMITMENTS, request, Action::CommitmentsListed).await?;
    let page = app.registry.commitments(Whose::Subject(subject), cursor.as_ref(), PAGE).await?;
    Ok(HttpResponse::of(&COMMITMENTS, &page.map(commitment::shown)))
}
