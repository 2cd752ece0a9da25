//! casework: objections (R15), repair (R5), commitments for domains that annex 1 does not cover (R14, R16), feedback
//! (R17).

mod attach;
mod cancel;
mod case;
mod commitment;
mod decide;
mod feedback;
mod follow;
mod repair;
mod severity;
mod subject;
mod submit;

use std::time::Duration;

use xinzheng_api as api;
use xinzheng_domain::AddressKey;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::{Calendars, Clock, HttpRequest, HttpResponse, Operator, Party, Problem, Subject, Unit, routes};
use xinzheng_store::{Bucket, Registry};

use crate::case::Guarded;

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
            link_valid: environment.link_validity("LINK_SECONDS")?,
            address_key: secrets.address_key()?,
            clock,
        })
    }
}

xinzheng_runtime::handle_once!(App, route);

async fn route(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    routes! { request;
        api::objection::SUBMIT => submit::submit(app, Subject::try_from(request)?, request).await,
        api::attachment::ANNOUNCE => attach::announce(app, Subject::try_from(request)?, request).await,
        api::objection::ATTACHMENT =>
            follow::download(app, Guarded::of(app, request, &api::objection::ATTACHMENT).await?, request).await,
        api::objection::LIST => follow::list(app, Party::try_from(request)?, request).await,
        api::objection::READ => follow::one(app, Guarded::of(app, request, &api::objection::READ).await?, request).await,
        api::objection::ACCEPT =>
            decide::accept(app, Guarded::of(app, request, &api::objection::ACCEPT).await?, request).await,
        api::objection::DECIDE =>
            decide::decide(app, Guarded::of(app, request, &api::objection::DECIDE).await?, request).await,
        api::objection::RETRACT =>
            decide::retract(app, Guarded::of(app, request, &api::objection::RETRACT).await?, request).await,
        api::repair::APPLY => repair::apply(app, Subject::try_from(request)?, request).await,
        api::repair::ATTACHMENT =>
            repair::download(app, Guarded::of(app, request, &api::repair::ATTACHMENT).await?, request).await,
        api::repair::LIST => repair::list(app, Party::try_from(request)?, request).await,
        api::repair::READ => repair::one(app, Guarded::of(app, request, &api::repair::READ).await?, request).await,
        api::repair::DECIDE =>
            repair::decide(app, Guarded::of(app, request, &api::repair::DECIDE).await?, request).await,
        api::repair::RETRACT =>
            repair::retract(app, Guarded::of(app, request, &api::repair::RETRACT).await?, request).await,
        api::subject::OBJECTIONS => subject::objections(app, &Operator::try_from(request)?, request).await,
        api::subject::REPAIRS => subject::repairs(app, &Operator::try_from(request)?, request).await,
        api::subject::COMMITMENTS => subject::commitments(app, &Operator::try_from(request)?, request).await,
        api::record::CANCEL => cancel::cancel(app, Unit::try_from(request)?, request).await,
        api::record::CLASSIFY => severity::set(app, Unit::try_from(request)?, request).await,
        api::feedback::SEND => feedback::send(app, request).await,
        api::feedback::OPEN => feedback::open(app, &Operator::try_from(request)?, request).await,
        api::feedback::FOLLOW => feedback::follow(app, request).await,
        api::feedback::ANSWER => feedback::answer(app, &Operator::try_from(request)?, request).await,
        api::feedback::QUESTIONS => feedback::published(app, request).await,
        api::commitment::UNCOVERED_DOMAINS => Ok(commitment::uncovered_domains()),
        api::commitment::MAKE => commitment::make(app, Subject::try_from(request)?, request).await,
        api::commitment::LIST => commitment::list(app, Party::try_from(request)?, request).await,
        api::commitment::READ => commitment::one(app, Guarded::of(app, request, &api::commitment::READ).await?, request).await,
        api::commitment::TRACK =>
            commitment::track(app, Guarded::of(app, request, &api::commitment::TRACK).await?, request).await,
        api::commitment::LIFT =>
            commitment::lift(app, Guarded::of(app, request, &api::commitment::LIFT).await?, request).await,
    }
}
