//! casework: objections (R15), repair (R5), commitments for domains that annex 1 does not cover (R14, R16), feedback
//! (R17).

mod attach;
mod cancel;
mod case;
mod commit;
mod decide;
mod feedback;
mod follow;
mod repair;
mod severity;
mod submit;

use std::time::Duration;

use xinzheng_api::{attachment, commitment, feedback as feedbacks, objection, record, repair as repairs};
use xinzheng_domain::AddressKey;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::idempotency::once;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::{
    Calendars, Clock, HttpRequest, HttpResponse, Operator, Party, Problem, Subject, Unit, caller, routes,
};
use xinzheng_store::audit::Actor;
use xinzheng_store::{Bucket, Registry};

/// What casework works with.
#[derive(Debug)]
pub struct App {
    registry: Registry,
    clock: Clock,
    address_key: AddressKey,
    calendars: Calendars,
    attachments: Bucket,
    /// How long addresses for uploads and downloads stay valid.
    link_valid: Duration,
}

impl App {
    /// Reads `TABLE_NAME`, `CASEWORK_BUCKET`, `LINK_SECONDS` and the secret of `ADDRESS_KEY_SECRET`.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        let Start { environment, services, secrets, clock, .. } = start;
        Ok(Self {
            registry: services.registry(&environment)?,
            calendars: Calendars::default(),
            attachments: services.bucket(&environment, "CASEWORK_BUCKET")?,
            link_valid: Duration::from_secs(environment.value("LINK_SECONDS")?),
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
    once(&app.registry, &request, app.clock.now(), route(app, &request)).await
}

async fn route(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    routes! { request;
        objection::SUBMIT => submit::submit(app, Subject::try_from(request)?, request).await,
        attachment::ANNOUNCE => attach::announce(app, Subject::try_from(request)?, request).await,
        objection::ATTACHMENT => follow::download(app, Party::try_from(request)?, request).await,
        objection::LIST => follow::list(app, Party::try_from(request)?, request).await,
        objection::READ => follow::one(app, Party::try_from(request)?, request).await,
        objection::ACCEPT => decide::accept(app, Unit::try_from(request)?, request).await,
        objection::DECIDE => decide::decide(app, Unit::try_from(request)?, request).await,
        objection::RETRACT => decide::retract(app, Subject::try_from(request)?, request).await,
        repairs::APPLY => repair::apply(app, Subject::try_from(request)?, request).await,
        repairs::ATTACHMENT => repair::download(app, Party::try_from(request)?, request).await,
        repairs::LIST => repair::list(app, Party::try_from(request)?, request).await,
        repairs::READ => repair::one(app, Party::try_from(request)?, request).await,
        repairs::DECIDE => repair::decide(app, Unit::try_from(request)?, request).await,
        repairs::RETRACT => repair::retract(app, Subject::try_from(request)?, request).await,
        record::CANCEL => cancel::cancel(app, Unit::try_from(request)?, request).await,
        record::CLASSIFY => severity::set(app, Unit::try_from(request)?, request).await,
        feedbacks::SEND => feedback::send(app, request).await,
        feedbacks::OPEN => feedback::open(app, &Operator::try_from(request)?, request).await,
        feedbacks::FOLLOW => feedback::follow(app, request).await,
        feedbacks::ANSWER => feedback::answer(app, &Operator::try_from(request)?, request).await,
        feedbacks::QUESTIONS => feedback::published(app, request).await,
        commitment::UNCOVERED_DOMAINS => Ok(commit::uncovered_domains()),
        commitment::MAKE => commit::make(app, Subject::try_from(request)?, request).await,
        commitment::LIST => commit::list(app, Party::try_from(request)?, request).await,
        commitment::READ => commit::one(app, Party::try_from(request)?, request).await,
        commitment::TRACK => commit::track(app, Unit::try_from(request)?, request).await,
        commitment::LIFT => commit::lift(app, Operator::try_from(request)?, request).await,
    }
}
