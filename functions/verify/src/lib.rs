//! verify: anyone checks a report by its code or by the file itself (R13). Public: no token, nothing but what stands on
//! the report. Programs get JSON, people a page.

mod answer;
mod batch;
mod document;
mod lookup;
mod page;

use std::time::Duration;

use xinzheng_api::verification::CodePath;
use xinzheng_api::{publication, verification};
use xinzheng_domain::AddressKey;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::idempotency::each_time;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::problem::LOOKUP_DIGEST_MISSING;
use xinzheng_runtime::{Clock, HttpRequest, HttpResponse, Problem, routes};
use xinzheng_store::{Bucket, Registry};

use crate::answer::{MOST_LINES, Verified};
use crate::document::Form;

/// What verify works with.
#[derive(Debug)]
pub struct App {
    registry: Registry,
    reports: Bucket,
    clock: Clock,
    address_key: AddressKey,
    /// How long a download address stays valid.
    download_valid: Duration,
}

impl App {
    /// Reads `TABLE_NAME`, `REPORTS_BUCKET`, `DOWNLOAD_SECONDS` and the secret of `ADDRESS_KEY_SECRET`.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        let Start { environment, services, secrets, clock, .. } = start;
        Ok(Self {
            registry: services.registry(&environment)?,
            reports: services.bucket(&environment, "REPORTS_BUCKET")?,
            download_valid: Duration::from_secs(environment.value("DOWNLOAD_SECONDS")?),
            address_key: secrets.address_key(&environment).await?,
            clock,
        })
    }
}

/// Answers a request of one of the function's routes.
pub async fn handle(app: &App, request: HttpRequest) -> HttpResponse {
    let answer = async {
        let answer = route(app, &request).await.unwrap_or_else(HttpResponse::from);
        // What a GET would answer, without its content (RFC 9110, 9.3.2).
        Ok(if request.route().starts_with("HEAD ") { answer.without_body() } else { answer })
    };
    each_time(&app.registry, &app.address_key, &request, app.clock.now(), answer).await
}

async fn route(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let wants_page = request.preferred(&["application/json", "text/html"]) == Some("text/html");
    routes! { request;
        verification::BY_CODE | verification::HEAD_BY_CODE => {
            let code = request.path_of(&verification::BY_CODE)?.code;
            present(lookup::by_code(app, &code, request).await, wants_page, &code)
        },
        verification::BY_FILE | verification::HEAD_BY_FILE => by_query(app, request, wants_page).await,
        verification::DOCUMENT => page_or_problem(document::opened(app, Form::Pdf, request).await, wants_page),
        verification::CONTENT => page_or_problem(document::opened(app, Form::Json, request).await, wants_page),
        verification::BATCH => batch::batch(app, request).await,
        publication::DESCRIPTION => Ok(xinzheng_pages::openapi()),
        publication::SCHEMA => xinzheng_pages::schema(&request.path_of(&publication::SCHEMA)?.file),
        publication::ASSET => xinzheng_pages::asset(&request.path_of(&publication::ASSET)?.file),
    }
}

/// By the digest of a file, or by a code; the page that asks for them when there is neither.
async fn by_query(app: &App, request: &HttpRequest, wants_page: bool) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&verification::BY_FILE)?;
    match (asked.sha256, asked.code) {
        (Some(digest), _) => present(lookup::by_file(app, &digest, request).await, wants_page, ""),
        (None, Some(code)) if wants_page => match lookup::parse_code(&code) {
            Ok(code) => Ok(HttpResponse::see_other(&verification::BY_CODE.address(&CodePath::of(&code), &()))),
            Err(problem) => Ok(page::refused(&problem, &code)),
        },
        (None, Some(code)) => present(lookup::by_code(app, &code, request).await, false, &code),
        (None, None) if wants_page => Ok(page::form()),
        (None, None) => Err(LOOKUP_DIGEST_MISSING.into()),
    }
}

/// What cannot be opened is told to people on a page.
fn page_or_problem(opened: Result<HttpResponse, Problem>, wants_page: bool) -> Result<HttpResponse, Problem> {
    opened.or_else(|problem| if wants_page { Ok(page::refused(&problem, "")) } else { Err(problem) })
}

fn present(found: Result<Verified, Problem>, wants_page: bool, asked: &str) -> Result<HttpResponse, Problem> {
    match found {
        Ok(verified) if wants_page => Ok(page::verified(&verified)),
        Ok(verified) => Ok(HttpResponse::of(&verification::BY_CODE, &verified.for_programs(MOST_LINES))
            .header("cache-control", "public, max-age=5")
            .header("vary", "accept")),
        Err(problem) if wants_page => Ok(page::refused(&problem, asked)),
        Err(problem) => Err(problem),
    }
}
