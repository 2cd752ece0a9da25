//! portal: the pages that people see: anyone, subjects, units, the platform. Server-rendered, working without scripts and
//! better with them.
//!
//! It reads no data itself: it asks the HTTP API with the token of whoever is signed in, so that a page can do nothing that
//! the token does not permit. A session is an encrypted cookie around a token that lasts for minutes and is
//! renewed; of the registry it sees the list of ended sessions alone.

mod api;
mod audit_entry;
mod chart;
mod cookie_cipher;
mod cookies;
mod display;
mod elements;
mod form;
mod frame;
mod id_token;
mod issuer;
mod kept_form;
mod page_words;
mod platform;
mod public;
mod qr;
mod session;
mod sign_in;
mod sign_out;
mod subject;
mod unit;
mod visitor;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use tracing::{Instrument, info_span};
use xinzheng_api::page_problem::{FORM_REVIEW, FORM_STALE, PAGE_UNKNOWN};
use xinzheng_api::problem::TOKEN_MISSING;
use xinzheng_domain::AddressKey;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::sessions::{EndedSessions, KeptForms};
use xinzheng_runtime::{Clock, HttpRequest, HttpResponse, Problem};

use crate::api::{Api, ApiClient};
use crate::cookie_cipher::CookieCipher;
use crate::cookies::Cookies;
use crate::form::Form;
use crate::frame::View;
use crate::issuer::Issuer;
use crate::visitor::{NewCookie, Visitor};

/// What the portal works with.
#[derive(Debug)]
pub struct App {
    api: Api,
    key: CookieCipher,
    address_key: AddressKey,
    cookies: Cookies,
    clock: Clock,
    /// Where the pages are, without a slash at the end.
    origin: String,
    /// Where browsers put files to: origins with spaces between.
    object_store: String,
    issuer: Issuer,
    ended: EndedSessions,
    kept: KeptForms,
}

impl App {
    /// Reads `TABLE_NAME`, `PORTAL_ORIGIN`, `OIDC_ISSUER`, `OIDC_CLIENT_ID`, `OBJECT_STORE_ORIGINS` (may be empty: then
    /// `UPLOADS_DOMAIN` and `CASEWORK_DOMAIN`) and the secrets of `PORTAL_KEY_SECRET` and `ADDRESS_KEY_SECRET`.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        let Start { environment, services, secrets, clock, .. } = start;
        let origin = environment.text("PORTAL_ORIGIN")?.to_owned();
        let secret = secrets.portal_key()?;
        let object_store = match environment.text("OBJECT_STORE_ORIGINS") {
            Ok(origins) => origins.to_owned(),
            Err(_) => {
                format!(
                    "https://{} https://{}",
                    environment.text("UPLOADS_DOMAIN")?,
                    environment.text("CASEWORK_DOMAIN")?
                )
            }
        };
        let unreadable = |name: &str| EnvironmentError::Unreadable(name.to_owned());
        Ok(Self {
            api: Api::at(&origin).map_err(|_| unreadable("PORTAL_ORIGIN"))?,
            key: CookieCipher::new(secret).ok_or_else(|| unreadable("PORTAL_KEY_SECRET"))?,
            address_key: secrets.address_key()?,
            cookies: Cookies::at(&origin),
            issuer: Issuer::at(environment.text("OIDC_ISSUER")?, environment.text("OIDC_CLIENT_ID")?),
            ended: EndedSessions::of(&services, &environment)?,
            kept: KeptForms::of(&services, &environment)?,
            object_store,
            origin,
            clock,
        })
    }
}

/// A page that is asked for.
pub(crate) struct PageRequest<'a> {
    pub(crate) app: &'a App,
    pub(crate) request: &'a HttpRequest,
    pub(crate) visitor: Visitor,
    /// The query of the address.
    pub(crate) query: Form,
    /// What a POST sent; empty for a GET.
    pub(crate) form: Form,
    /// True when the form came after its time: it is shown once more, as it was filled in, and nothing is sent on.
    pub(crate) review: bool,
}

impl PageRequest<'_> {
    /// The API, as the visitor may ask it.
    pub(crate) fn api(&self) -> ApiClient<'_> {
        ApiClient::of(
            self.app,
            self.request,
            self.visitor.session.as_ref().map_or("", |session| session.token.as_str()),
            self.review,
        )
    }

    /// True when a script asks, not a person.
    pub(crate) fn wants_json(&self) -> bool {
        self.request.preferred(&["text/html", "application/json"]) == Some("application/json")
    }
}

/// Answers a request of one of the function's routes.
pub async fn handle(app: &App, request: HttpRequest) -> HttpResponse {
    let span = info_span!("request", id = request.id(), route = request.route());
    answer(app, &request).instrument(span).await.secure(&request)
}

async fn answer(app: &App, request: &HttpRequest) -> HttpResponse {
    let mut asked = match Box::pin(Visitor::of(app, request)).await {
        Ok(visitor) => {
            let query = Form::of(request.query());
            PageRequest { app, request, visitor, query, form: Form::default(), review: false }
        }
        Err(problem) => return problem.into(),
    };
    let response = match Box::pin(dispatch(&mut asked)).await {
        Ok(response) => response,
        Err(problem) => Box::pin(without_page(&asked, &problem)).await,
    };
    match asked.visitor.new_cookie.take() {
        // Signing out, and signing in again, say themselves what becomes of the session.
        Some(NewCookie::Session(cookie)) if response.cookies.is_empty() => response.cookie(cookie),
        // Only a page with a form sets a cookie for someone who is not signed in.
        Some(NewCookie::Visit(cookie)) if response.body.contains("name=\"csrf\"") => response.cookie(cookie),
        _ => response,
    }
}

/// Why there is no page: as a page, or for a script as JSON. Who is not signed in, or not any more, signs in and comes back, to
/// what they had written if it was a form.
async fn without_page(asked: &PageRequest<'_>, problem: &Problem) -> HttpResponse {
    if asked.wants_json() {
        return problem.clone().into();
    }
    if problem.status() == 401 {
        if asked.request.route().starts_with("GET ") {
            return sign_in::lead(asked);
        }
        match kept_form::keep(asked, asked.request.path_parameter("page").unwrap_or_default()).await {
            Ok(Some(way)) => return way,
            Ok(None) => {}
            Err(problem) => return frame::problem(asked, &problem),
        }
    }
    frame::problem(asked, problem)
}

async fn dispatch(asked: &mut PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let request = asked.request;
    match request.route() {
        "GET /" => return public::home::page(asked),
        "GET /portal" | "GET /portal/" => return sign_in::home(asked),
        "GET /favicon.ico" => return Ok(HttpResponse::see_other("/assets/icon.svg")),
        _ => {}
    }
    let page = request.path_parameter("page").unwrap_or_default().to_owned();
    if let Some(page) = page.strip_suffix('/').filter(|_| request.route().starts_with("GET ")) {
        // Some write addresses with a slash behind them.
        let page: Vec<_> = page.split('/').map(form::segment).collect();
        let query = if request.query().is_empty() { String::new() } else { format!("?{}", request.query()) };
        return Ok(HttpResponse::see_other(&format!("/portal/{}{query}", page.join("/"))));
    }
    let path: Vec<&str> = page.split('/').collect();
    if request.route().starts_with("POST ") {
        asked.form = Form::read(request).await?;
        asked.review = !is_fresh(asked)?;
        if path.as_slice() == ["sign-out"] {
            return sign_out::end(asked).await;
        }
        return post(asked, &path).await;
    }
    match path.as_slice() {
        ["home"] => sign_in::home(asked),
        ["sign-in"] => sign_in::begin(asked).await,
        ["callback"] => sign_in::finish(asked).await,
        ["session"] => session::told(asked),
        ["display"] => Ok(display::choose(asked)),
        ["kept", name] => {
            let (page, form) = kept_form::resume(asked, name).await?;
            (asked.form, asked.review) = (form, true);
            let mut shown = match post(asked, &page.split('/').collect::<Vec<_>>()).await {
                Err(problem) if problem.is(FORM_REVIEW) => {
                    let undone = elements::undone(asked, &page).ok_or(problem)?;
                    return Ok(frame::page(asked, &View { title: FORM_REVIEW.title, ..View::default() }, undone));
                }
                shown => shown?,
            };
            // That it is shown once more is no fault of whoever wrote it.
            if shown.status_code == FORM_REVIEW.status {
                shown.status_code = 200;
            }
            Ok(shown)
        }
        ["guide"] => public::guide::page(asked),
        ["domains"] => public::domains::page(asked),
        ["questions"] => public::questions::page(asked).await,
        ["feedback"] => public::feedback::page(asked),
        ["feedback", code] => public::feedback::follow(asked, code).await,
        ["scan"] => public::scan::page(asked),
        ["query"] => public::authorised_query::page(asked).await,
        ["my", rest @ ..] => subject::get(asked, rest).await,
        ["unit", rest @ ..] => unit::get(asked, rest).await,
        ["platform", rest @ ..] => platform::get(asked, rest).await,
        _ => Err(no_page()),
    }
}

/// What a form asks for, under its page.
async fn post(asked: &PageRequest<'_>, path: &[&str]) -> Result<HttpResponse, Problem> {
    match path {
        ["feedback"] => public::feedback::send(asked).await,
        ["scan"] => public::scan::read(asked),
        ["my", rest @ ..] => subject::post(asked, rest).await,
        ["unit", rest @ ..] => unit::post(asked, rest).await,
        ["platform", rest @ ..] => platform::post(asked, rest).await,
        ["query"] => public::authorised_query::send(asked).await,
        _ => Err(no_page()),
    }
}

/// That there is no such page.
pub(crate) fn no_page() -> Problem {
    PAGE_UNKNOWN.into()
}

/// True when a form comes from a page of ours that this visitor was shown: by the token of its session or cookie. False when it comes
/// from a page of ours, as the browser itself says, that was shown before the session ended or another began.
///
/// # Errors
///
/// When it comes from elsewhere, or nobody says from where.
fn is_fresh(asked: &PageRequest<'_>) -> Result<bool, Problem> {
    let (origin, site) = (asked.request.header("origin"), asked.request.header("sec-fetch-site"));
    let own = asked.app.origin.as_str();
    if origin.is_some_and(|origin| origin != own) || site.is_some_and(|site| !["same-origin", "none"].contains(&site)) {
        return Err(FORM_STALE.into());
    }
    let (sent, expected) = (asked.form.text("csrf").as_bytes(), asked.visitor.form_token.as_bytes());
    if verify_slices_are_equal(sent, expected).is_ok() {
        return Ok(true);
    }
    match asked.visitor.session {
        // A script is told; it cannot show the form once more.
        None if asked.wants_json() => Err(TOKEN_MISSING.into()),
        Some(_) if asked.wants_json() => Err(FORM_STALE.into()),
        _ if origin.is_some() || site == Some("same-origin") => Ok(false),
        _ => Err(FORM_STALE.into()),
    }
}
