//! report: a subject asks for its own special credit report (R9, R10).

mod announce;
mod audit;
mod document;
mod grants;
mod issue;
mod list;
mod living_codes;
mod prolong;
mod record;
mod replay;
mod seal;
mod subject;
mod templates;
mod well_known;
mod withdraw;

use std::time::Duration;

use xinzheng_api as api;
use xinzheng_domain::AddressKey;
use xinzheng_domain::identity::subject::PersonKey;
use xinzheng_domain::report::verification_code::CodeKeys;
use xinzheng_runtime::answer_keys::AnswerKeys;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::idempotency::{each_time, once};
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::{
    Clock, HttpRequest, HttpResponse, Metrics, Official, Operator, Party, Problem, Subject, ThirdParty, routes,
};
use xinzheng_signature::TimestampAuthority;
use xinzheng_store::{Bucket, Registry};

use crate::seal::Seal;
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
    person_key: PersonKey,
    metrics: Metrics,
    namespace: String,
    answer_keys: AnswerKeys,
    secrets_read_at: jiff::Timestamp,
}

impl App {
    /// Reads `TABLE_NAME`, `REPORTS_BUCKET`, `VERIFICATION_BASE_URL`, `DOWNLOAD_SECONDS`, `METRICS_NAMESPACE`,
    /// `TIMESTAMP_URL` (may be empty) and the secrets of `CODE_KEYS_SECRET`, `ANSWER_KEYS_SECRET`, `SIGNING_SECRET`, `ADDRESS_KEY_SECRET` and
    /// `PERSON_KEY_SECRET`. It starts with a seal that is not fit, and issues nothing; one that runs refuses such a one.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        let Start { environment, services, secrets, clock, metrics, sdk } = start;
        let authority = environment.text("TIMESTAMP_URL").ok().map(TimestampAuthority::at).transpose();
        let authority = authority.map_err(|_| EnvironmentError::Unreadable("TIMESTAMP_URL".to_owned()))?;
        let key_service = aws_sdk_kms::Client::new(&sdk);
        let seal = Seal::of(secrets.signing_configuration()?, &key_service, authority, clock.now()).await;
        if let Some(why) = seal.fault().filter(|_| secrets.are_read_again()) {
            // Reports go on to be signed as they were.
            return Err(EnvironmentError::Secret { name: "SIGNING_SECRET".to_owned(), why });
        }
        let app = Self {
            registry: services.registry(&environment)?,
            reports: services.bucket(&environment, "REPORTS_BUCKET")?,
            code_keys: secrets.code_keys()?,
            verification_base: environment.text("VERIFICATION_BASE_URL")?.trim_end_matches('/').to_owned(),
            download_valid: environment.link_validity("DOWNLOAD_SECONDS")?,
            templates: Templates::default(),
            seal,
            address_key: secrets.address_key()?,
            person_key: secrets.person_key()?,
            answer_keys: secrets.answer_keys()?,
            namespace: environment.text("METRICS_NAMESPACE")?.to_owned(),
            secrets_read_at: secrets.read_at(),
            metrics,
            clock,
        };
        // Before any is used; the schedule does it again when this fails.
        if let Err(error) = announce::announce(&app).await {
            tracing::error!(%error, "the public log is not told of the keys yet");
        }
        Ok(app)
    }
}

pub use prolong::tick;

/// Answers a request of one of the function's routes.
pub async fn handle(app: &App, request: HttpRequest) -> HttpResponse {
    let (answer, now) = (route(app, &request), app.clock.now());
    if api::subject::IDENTIFY.is(request.route()) {
        // It changes nothing, and of an identity number not even a digest is kept.
        return each_time(&app.registry, &app.address_key, &request, now, answer).await;
    }
    once(&app.registry, &app.address_key, &request, now, answer).await
}

async fn route(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    routes! { request;
        api::report::ISSUE => issue::issue(app, Subject::try_from(request)?, request).await,
        api::report::LIST => list::list(app, Subject::try_from(request)?, request).await,
        api::report::ISSUED => list::issued(app, &Operator::try_from(request)?, request).await,
        api::report::READ => list::one(app, Party::try_from(request)?, request).await,
        api::report::DOCUMENT => document::document(app, Subject::try_from(request)?, request).await,
        api::report::WITHDRAW => withdraw::withdraw(app, &Operator::try_from(request)?, request).await,
        api::report::REPLAY => replay::replay(app, &Operator::try_from(request)?, request).await,
        api::record::OWN => record::own::list(app, Subject::try_from(request)?, request).await,
        api::record::HISTORY => record::history::history(app, Official::try_from(request)?, request).await,
        api::publication::KEY_SET => well_known::key_set(app),
        api::publication::CERTIFICATES => well_known::certificates(app),
        api::grant::GIVE => grants::give(app, Subject::try_from(request)?, request).await,
        api::grant::LIST => grants::list(app, Subject::try_from(request)?, request).await,
        api::grant::REVOKE => grants::revoke(app, Subject::try_from(request)?, request).await,
        api::grant::HAD => grants::had(app, ThirdParty::try_from(request)?, request).await,
        api::grant::REPORTS => grants::reports(app, ThirdParty::try_from(request)?, request).await,
        api::grant::QUERY => grants::query(app, ThirdParty::try_from(request)?, request).await,
        api::subject::IDENTIFY => subject::identify(app, &Operator::try_from(request)?, request).await,
        api::subject::RECORDS => subject::records(app, &Operator::try_from(request)?, request).await,
        api::subject::REPORTS => subject::reports(app, &Operator::try_from(request)?, request).await,
        api::subject::GRANTS => subject::grants(app, &Operator::try_from(request)?, request).await,
        api::living_code::MAKE => living_codes::make(app, Subject::try_from(request)?, request).await,
        api::living_code::LIST => living_codes::list(app, Subject::try_from(request)?, request).await,
        api::living_code::END => living_codes::end(app, Subject::try_from(request)?, request).await,
        api::access_log::READ => audit::read(app, Party::try_from(request)?, request).await,
        api::report_template::LIST => templates::list(app, &Operator::try_from(request)?, request).await,
        api::report_template::FILE => templates::put(app, &Operator::try_from(request)?, request).await,
        api::report_template::PREVIEW => templates::preview(&Operator::try_from(request)?, &request.json_bytes()?),
        api::report_template::READ => templates::read(app, &Operator::try_from(request)?, request).await,
        api::report_template::ACTIVATE => templates::activate(app, &Operator::try_from(request)?, request).await,
    }
}
