//! verify: anyone checks a report by its code or by the file itself (R13). Public: no token, nothing but what stands on
//! the report. Programs get JSON, people a page.

mod additions;
mod answer;
mod batch;
mod document;
mod english;
mod evidence;
mod living;
mod log;
mod lookup;
mod page;

use std::time::Duration;

use sha2::{Digest, Sha256};
use xinzheng_api::living_code::{self, LivingCodePath};
use xinzheng_api::verification::{CodePath, Verification};
use xinzheng_api::{log as api_log, publication, verification};
use xinzheng_domain::case::living_code::LivingCode;
use xinzheng_domain::sha256::hexadecimal;
use xinzheng_domain::{AddressKey, SubjectId};
use xinzheng_pages::Description;
use xinzheng_runtime::answer_keys::AnswerKeys;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::idempotency::each_time;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::precondition::etag;
use xinzheng_runtime::problem::{INTERNAL, LOOKUP_DIGEST_MISSING};
use xinzheng_runtime::{Clock, HttpRequest, HttpResponse, Metrics, Problem, cross_origin, routes};
use xinzheng_store::published_log::PublishedLog;
use xinzheng_store::{Bucket, Registry};

use crate::answer::{MOST_LINES, Verified};
use crate::document::Form;
use crate::evidence::{Evidence, JWT};

/// What verify works with.
#[derive(Debug)]
pub struct App {
    registry: Registry,
    reports: Bucket,
    clock: Clock,
    address_key: AddressKey,
    answer_keys: AnswerKeys,
    log: PublishedLog,
    /// Where reports are verified.
    verification_base: String,
    /// The description of the API as this deployment serves it.
    description: Description,
    /// How long a download address stays valid.
    download_valid: Duration,
    metrics: Metrics,
    namespace: String,
}

impl App {
    /// Reads `TABLE_NAME`, `REPORTS_BUCKET`, `LOG_BUCKET`, `DOWNLOAD_SECONDS`, `VERIFICATION_BASE_URL`, `OIDC_ISSUER`, `METRICS_NAMESPACE` and the secrets of `ADDRESS_KEY_SECRET`
    /// and `ANSWER_KEYS_SECRET`.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        let Start { environment, services, secrets, clock, metrics, .. } = start;
        Ok(Self {
            registry: services.registry(&environment)?,
            reports: services.bucket(&environment, "REPORTS_BUCKET")?,
            log: PublishedLog { bucket: services.bucket(&environment, "LOG_BUCKET")? },
            download_valid: environment.link_validity("DOWNLOAD_SECONDS")?,
            address_key: secrets.address_key()?,
            answer_keys: secrets.answer_keys()?,
            description: Description::of(environment.text("OIDC_ISSUER")?),
            verification_base: environment.text("VERIFICATION_BASE_URL")?.trim_end_matches('/').to_owned(),
            namespace: environment.text("METRICS_NAMESPACE")?.to_owned(),
            metrics,
            clock,
        })
    }
}

/// Answers a request of one of the function's routes.
pub async fn handle(app: &App, request: HttpRequest) -> HttpResponse {
    let answer = async {
        if let Some(allowed) = cross_origin::preflight(&request) {
            return Ok(allowed);
        }
        let answer = route(app, &request).await.unwrap_or_else(HttpResponse::from);
        // What a GET would answer, without its content (RFC 9110, 9.3.2).
        Ok(if request.route().starts_with("HEAD ") { answer.without_body() } else { answer })
    };
    each_time(&app.registry, &app.address_key, &request, app.clock.now(), answer).await
}

/// What whoever asks wants to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Json,
    Page,
    /// Signed, to be filed.
    Signed,
}

impl Wanted {
    fn by(request: &HttpRequest) -> Self {
        match request.preferred(&["application/json", "text/html", JWT]) {
            Some("text/html") => Self::Page,
            Some(JWT) => Self::Signed,
            _ => Self::Json,
        }
    }
}

async fn route(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let wanted = Wanted::by(request);
    routes! { request;
        verification::BY_CODE | verification::HEAD_BY_CODE => {
            let code = request.path_of(&verification::BY_CODE)?.code;
            present(app, lookup::by_code(app, &code, request).await, wanted, &code, request)
        },
        verification::BY_FILE | verification::HEAD_BY_FILE => by_query(app, request, wanted).await,
        verification::DOCUMENT => page_or_problem(document::opened(app, Form::Pdf, request).await, wanted, request),
        verification::CONTENT => page_or_problem(document::opened(app, Form::Json, request).await, wanted, request),
        api_log::REPORT_PROOF => page_or_problem(log::proof(app, request).await, wanted, request),
        api_log::READ => log::read(app, request).await,
        verification::ADDITIONS => additions::judged(app, request).await,
        verification::BATCH => batch::batch(app, wanted, request).await,
        living_code::LOOK => living::look(app, request, wanted).await,
        publication::DESCRIPTION => app.description.answer(request),
        publication::DOCS => Ok(xinzheng_pages::docs(app.description.issuer())),
        publication::PROBLEMS => Ok(xinzheng_pages::problems()),
        publication::PROBLEM => {
            let path = request.path_of(&publication::PROBLEM)?;
            let found = xinzheng_pages::problem(&path.code)?;
            Ok(if wanted == Wanted::Page { xinzheng_pages::to_problem(&path) } else { found }.header("vary", "accept"))
        },
        publication::SCHEMA => xinzheng_pages::schema(&request.path_of(&publication::SCHEMA)?.file),
        publication::ASSET => xinzheng_pages::asset(&request.path_of(&publication::ASSET)?.file, request),
    }
}

/// By the digest of a file, or by a code; the page that asks for them when there is neither.
async fn by_query(app: &App, request: &HttpRequest, wanted: Wanted) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&verification::BY_FILE)?;
    match (asked.sha256, asked.code) {
        (Some(digest), _) => present(app, lookup::by_file(app, &digest, request).await, wanted, "", request),
        (None, Some(code)) if wanted == Wanted::Page => match lookup::parse_code(&code) {
            Ok(code) => Ok(HttpResponse::see_other(&verification::BY_CODE.address(&CodePath::of(&code), &()))),
            Err(problem) => Ok(match LivingCode::parse(&code) {
                Ok(living) => HttpResponse::see_other(&living_code::LOOK.address(&LivingCodePath::of(&living), &())),
                Err(_) => page::refused(&problem, &code, request),
            }),
        },
        (None, Some(code)) => present(app, lookup::by_code(app, &code, request).await, wanted, &code, request),
        (None, None) if wanted == Wanted::Page => Ok(page::form(request)),
        (None, None) => Err(LOOKUP_DIGEST_MISSING.into()),
    }
}

/// What cannot be opened is told to people on a page.
fn page_or_problem(
    opened: Result<HttpResponse, Problem>,
    wanted: Wanted,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    opened
        .or_else(|problem| if wanted == Wanted::Page { Ok(page::refused(&problem, "", request)) } else { Err(problem) })
}

fn present(
    app: &App,
    found: Result<Verified, Problem>,
    wanted: Wanted,
    asked: &str,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let verified = match found {
        Ok(verified) => verified,
        Err(problem) if wanted == Wanted::Page => return Ok(page::refused(&problem, asked, request)),
        Err(problem) => return Err(problem),
    };
    Ok(match wanted {
        Wanted::Page => {
            let page =
                if english::is_asked(request) && !verified.is_sample() { english::verified } else { page::verified };
            return Ok(page(&verified, request).header("cache-control", freshness(&verified)));
        }
        Wanted::Signed => {
            let answer = verified.for_programs(MOST_LINES);
            let asked = [request.path(), request.query()].join(if request.query().is_empty() { "" } else { "?" });
            let kind = if verified.is_sample() { Evidence::Sample } else { Evidence::Verification };
            return evidence::signed(app, kind, &asked, verified.at, answer);
        }
        Wanted::Json => {
            let said = verified.for_programs(MOST_LINES);
            let tag = weak_etag(&said)?;
            let answer = match request.header("if-none-match") {
                Some(known) if matches(known, &tag) => HttpResponse::text(304, JSON, String::new()),
                _ => HttpResponse::of(&verification::BY_CODE, &said),
            };
            answer.header("cache-control", freshness(&verified)).header("etag", tag)
        }
    }
    .header("vary", "accept"))
}

const JSON: &str = "application/json; charset=utf-8";

/// What is said of a natural person is kept by nobody on the way.
const fn freshness(verified: &Verified) -> &'static str {
    match verified.report.subject {
        SubjectId::Person(_) => "private, max-age=5",
        SubjectId::Organisation(_) => "public, max-age=5",
    }
}

/// The entity tag of what an answer says (RFC 9110, 8.8.3): weak, as each says of another moment that it is so.
fn weak_etag(said: &Verification) -> Result<String, Problem> {
    let timeless = Verification { verified_at: said.issued_at, ..said.clone() };
    let digest = Sha256::digest(serde_json::to_vec(&timeless).map_err(|_| INTERNAL)?);
    Ok(format!("W/{}", etag(hexadecimal(digest.get(..16).unwrap_or_default()))))
}

/// Whether a tag is among those that a request knows.
fn matches(known: &str, tag: &str) -> bool {
    known.split(',').any(|one| one.trim() == "*" || one.trim().trim_start_matches("W/") == tag.trim_start_matches("W/"))
}
