//! What was written into a form that came when its session was over: kept for an hour, encrypted, for the person who wrote it
//! alone, and shown once more after signing in. Nothing is sent on before they have looked at it.

use cookie::{Cookie, SameSite};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use xinzheng_api::page_problem::FORM_NOT_KEPT;
use xinzheng_api::problem::TOKEN_MISSING;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem};

use crate::cookie_cipher::random_text;
use crate::form::Form;
use crate::session::Session;
use crate::{App, PageRequest, sign_in};

/// The purposes that a form, and who was signed in last, are encrypted for.
const FORM: &str = "form";
const LAST: &str = "last";
/// How long a form is kept; and for how many seconds it is known who was signed in: longer than any session.
const KEPT: SignedDuration = SignedDuration::from_hours(1);
const REMEMBERED: i64 = 86_400;

/// What is not kept of a form: what its page says is used for a search alone.
const NEVER_KEPT: [&str; 1] = ["id_number"];

/// A form, where it was sent to and who wrote it.
#[derive(Serialize, Deserialize)]
struct KeptForm {
    until: Timestamp,
    person: String,
    page: String,
    fields: Vec<(String, String)>,
}

/// The cookie that tells who was signed in, once the session is over. It opens nothing.
pub(crate) fn last(app: &App, session: &Session) -> Result<Cookie<'static>, Problem> {
    let encrypted = app.key.encrypt(LAST, &session.person)?;
    Ok(app.cookies.set(app.cookies.last, encrypted, SameSite::Strict, REMEMBERED))
}

/// Who wrote what was sent: who is signed in, or was last.
fn writer(app: &App, request: &HttpRequest, session: Option<&Session>) -> Option<String> {
    match session {
        Some(session) => Some(session.person.clone()),
        None => request.cookie(app.cookies.last).and_then(|encrypted| app.key.decrypt(LAST, encrypted)),
    }
}

/// The fields of a form but those that are never kept.
fn keepable(form: &Form) -> Vec<(String, String)> {
    form.fields().iter().filter(|(name, _)| !NEVER_KEPT.contains(&name.as_str())).cloned().collect()
}

/// Keeps what was sent, and leads to signing in and back to it; `None` when nobody knows who wrote it, or it is too long. One
/// PutItem.
pub(crate) async fn keep(asked: &PageRequest<'_>, page: &str) -> Result<Option<HttpResponse>, Problem> {
    let app = asked.app;
    let Some(person) = writer(app, asked.request, asked.visitor.session.as_ref()) else { return Ok(None) };
    let (name, until) = (random_text()?, app.clock.now() + KEPT);
    let kept = KeptForm { until, person, page: page.to_owned(), fields: keepable(&asked.form) };
    let encrypted = app.key.encrypt(FORM, &kept)?;
    if !app.kept.keep(&name, &encrypted, until).await? {
        return Ok(None);
    }
    Ok(Some(sign_in::lead_to(&format!("/portal/kept/{name}"))))
}

/// `GET /portal/kept/{name}`: the form as it was written, for whoever wrote it; with the page that it was sent to. One GetItem.
pub(crate) async fn resume(asked: &PageRequest<'_>, name: &str) -> Result<(String, Form), Problem> {
    let session = asked.visitor.session.as_ref().ok_or_else(|| Problem::from(TOKEN_MISSING))?;
    let encrypted = asked.app.kept.get(name).await?;
    let kept: Option<KeptForm> = encrypted.and_then(|encrypted| asked.app.key.decrypt(FORM, &encrypted));
    let kept = kept
        .filter(|kept| kept.person == session.person && kept.until > asked.app.clock.now())
        .ok_or_else(|| Problem::from(FORM_NOT_KEPT))?;
    Ok((kept.page, Form::from(kept.fields)))
}
