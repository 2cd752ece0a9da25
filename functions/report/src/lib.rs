//! report: a subject asks for its own special credit report (R9, R10).

mod audit;
mod document;
mod grants;
mod issue;
mod list;
mod records;
mod replay;
mod templates;
mod well_known;
mod withdraw;

use std::time::Duration;

use xinzheng_domain::AddressKey;
use xinzheng_domain::verification_code::CodeKeys;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::idempotency::once;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::{Clock, HttpRequest, HttpResponse, Operator, Problem, Subject, ThirdParty, caller};
use xinzheng_signature::{Seal, TimestampAuthority};
use xinzheng_store::audit::Actor;
use xinzheng_store::{Bucket, Registry};

use crate::audit::Reader;
use crate::templates::Templates;

/// What report works with.
#[derive(Debug)]
pub struct App {
    registry: Registry,
    reports: Bucket,
    code_keys: CodeKeys,
    clock: Clock,
    verification_base: String,
    download_valid: Duration,
    templates: Templates,
    seal: Seal,
    address_key: AddressKey,
}

impl App {
    /// Reads `TABLE_NAME`, `REPORTS_BUCKET`, `VERIFICATION_BASE_URL`, `DOWNLOAD_SECONDS`, `TIMESTAMP_URL` (may be empty)
    /// and the secrets of `CODE_KEYS_SECRET`, `SIGNING_SECRET` and `ADDRESS_KEY_SECRET`.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        let Start { environment, services, secrets, clock, sdk, .. } = start;
        let seal = Seal::parse(&secrets.seal(&environment).await?, &aws_sdk_kms::Client::new(&sdk));
        let authority = environment.text("TIMESTAMP_URL").ok().map(TimestampAuthority::at).transpose();
        let authority = authority.map_err(|_| EnvironmentError::Unreadable("TIMESTAMP_URL".to_owned()))?;
        let wrong = |why| EnvironmentError::Secret { name: "SIGNING_SECRET".to_owned(), why };
        Ok(Self {
            registry: services.registry(&environment)?,
            reports: services.bucket(&environment, "REPORTS_BUCKET")?,
            code_keys: secrets.code_keys(&environment).await?,
            verification_base: environment.text("VERIFICATION_BASE_URL")?.trim_end_matches('/').to_owned(),
            download_valid: Duration::from_secs(environment.value("DOWNLOAD_SECONDS")?),
            templates: Templates::default(),
            seal: seal.map_err(|error| wrong(error.to_string()))?.stamped_by(authority),
            address_key: secrets.address_key(&environment).await?,
            clock,
        })
    }

    /// Who makes a request, as the audit has it.
    fn actor(&self, request: &HttpRequest) -> Actor {
        caller::actor(request, &self.address_key)
    }
}

/// Answers a request of one of the function's routes.
pub async fn handle(app: &App, request: HttpRequest) -> HttpResponse {
    let answer = async { route(app, &request).await.unwrap_or_else(HttpResponse::from) };
    once(&app.registry, &request, app.clock.now(), answer).await
}

async fn route(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    match request.route() {
        "POST /reports" => issue::issue(app, Subject::try_from(request)?, request, request.json()?).await,
        "GET /records" => records::list(app, Subject::try_from(request)?, request).await,
        "GET /reports" => list::list(app, Subject::try_from(request)?, request).await,
        "GET /reports/{number}/document" => document::document(app, Subject::try_from(request)?, request).await,
        "POST /reports/{number}/replay" => {
            replay::replay(app, &Operator::try_from(request)?, request.path_parameter("number")).await
        }
        "GET /.well-known/jwks.json" => well_known::key_set(app),
        "GET /.well-known/certificates.pem" => well_known::certificates(app),
        "POST /grants" => grants::give(app, Subject::try_from(request)?, request, request.json()?).await,
        "GET /grants" => grants::list(app, Subject::try_from(request)?, request).await,
        "POST /grants/{code}/revocation" => grants::revoke(app, Subject::try_from(request)?, request).await,
        "GET /grants/{code}/reports" => grants::reports(app, ThirdParty::try_from(request)?, request).await,
        "POST /grants/{code}/reports" => {
            let caller = ThirdParty::try_from(request)?;
            let asked = if request.bytes()?.is_empty() { grants::QueryRequest::default() } else { request.json()? };
            grants::query(app, caller, request, asked).await
        }
        "GET /access-log" => audit::read(app, Reader::try_from(request)?, request).await,
        "GET /config/report-template" => templates::list(app, &Operator::try_from(request)?, request).await,
        "PUT /config/report-template" => templates::put(app, &Operator::try_from(request)?, request).await,
        "POST /config/report-template/preview" => templates::preview(&Operator::try_from(request)?, &request.bytes()?),
        "GET /config/report-template/{version}" => {
            templates::read(app, &Operator::try_from(request)?, request.path_parameter("version")).await
        }
        "POST /config/report-template/{version}/activation" => {
            templates::activate(app, &Operator::try_from(request)?, request).await
        }
        "GET /reports/{number}" => list::one(app, Reader::try_from(request)?, request).await,
        "POST /reports/{number}/withdrawal" => {
            withdraw::withdraw(app, Operator::try_from(request)?, request, request.json()?).await
        }
        _ => Err(Problem::no_route()),
    }
}
