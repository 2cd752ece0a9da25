//! casework: objections (R15), repair (R5), commitments for domains that annex 1 does not cover (R14, R16), feedback
//! (R17).

mod attach;
mod cancel;
mod commit;
mod decide;
mod feedback;
mod follow;
mod repair;
mod severity;
mod submit;

use std::time::Duration;

use xinzheng_domain::objection::{Objection, ObjectionId};
use xinzheng_domain::{AddressKey, UnitCode};
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::idempotency::once;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::{Calendars, Clock, HttpRequest, HttpResponse, Operator, Problem, Subject, Unit, caller};
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
    let answer = async { route(app, &request).await.unwrap_or_else(HttpResponse::from) };
    once(&app.registry, &request, app.clock.now(), answer).await
}

async fn route(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    match request.route() {
        "POST /objections" => submit::submit(app, Subject::try_from(request)?, request, request.json()?).await,
        "POST /attachments" => attach::announce(app, Subject::try_from(request)?, request, request.json()?).await,
        "GET /objections/{id}/attachments/{attachment}" => {
            attach::download(app, Party::try_from(request)?, request).await
        }
        "GET /objections" => follow::list(app, Party::try_from(request)?, request).await,
        "GET /objections/{id}" => follow::one(app, Party::try_from(request)?, request).await,
        "POST /objections/{id}/acceptance" => decide::accept(app, Unit::try_from(request)?, request).await,
        "POST /objections/{id}/decision" => {
            decide::decide(app, Unit::try_from(request)?, request, request.json()?).await
        }
        "POST /objections/{id}/retraction" => decide::retract(app, Subject::try_from(request)?, request).await,
        "POST /repairs" => repair::apply(app, Subject::try_from(request)?, request, request.json()?).await,
        "GET /repairs/{id}/attachments/{attachment}" => {
            repair::attachment(app, Party::try_from(request)?, request).await
        }
        "GET /repairs" => repair::list(app, Party::try_from(request)?, request).await,
        "GET /repairs/{id}" => repair::one(app, Party::try_from(request)?, request).await,
        "POST /repairs/{id}/decision" => repair::decide(app, Unit::try_from(request)?, request, request.json()?).await,
        "POST /repairs/{id}/retraction" => repair::retract(app, Subject::try_from(request)?, request).await,
        "POST /records/{id}/cancellation" => {
            cancel::cancel(app, Unit::try_from(request)?, request, request.json()?).await
        }
        "POST /records/{id}/severity" => severity::set(app, Unit::try_from(request)?, request, request.json()?).await,
        "POST /feedback" => feedback::send(app, request, request.json()?).await,
        "GET /feedback" => feedback::open(app, &Operator::try_from(request)?, request).await,
        "GET /feedback/{code}" => feedback::follow(app, request).await,
        "POST /feedback/{code}/answer" => {
            feedback::answer(app, Operator::try_from(request)?, request, request.json()?).await
        }
        "GET /questions" => feedback::published(app, request).await,
        "GET /uncovered-domains" => Ok(commit::uncovered_domains()),
        "POST /commitments" => commit::make(app, Subject::try_from(request)?, request, request.json()?).await,
        "GET /commitments" => commit::list(app, Party::try_from(request)?, request).await,
        "GET /commitments/{id}" => commit::one(app, Party::try_from(request)?, request).await,
        "POST /commitments/{id}/steps" => commit::track(app, Unit::try_from(request)?, request, request.json()?).await,
        "POST /commitments/{id}/lifting" => {
            commit::lift(app, Operator::try_from(request)?, request, request.json()?).await
        }
        _ => Err(Problem::no_route()),
    }
}

/// Who has to do with an objection.
enum Party {
    Subject(Subject),
    Unit(UnitCode),
    Platform,
}

impl Party {
    /// True for the subject whose it is, the unit that decides it and its municipal unit, and the platform.
    fn may_see(&self, objection: &Objection) -> bool {
        match self {
            Self::Subject(subject) => subject.id == objection.subject,
            Self::Unit(unit) => unit.may_change(objection.unit),
            Self::Platform => true,
        }
    }
}

impl TryFrom<&HttpRequest> for Party {
    type Error = Problem;

    fn try_from(request: &HttpRequest) -> Result<Self, Problem> {
        if let Ok(subject) = Subject::try_from(request) {
            return Ok(Self::Subject(subject));
        }
        match Operator::try_from(request) {
            Ok(_) => Ok(Self::Platform),
            Err(_) => Unit::try_from(request).map(|unit| Self::Unit(unit.code)),
        }
    }
}

/// The objection that the path names, when the party may see it. Another's is as unknown as one that does not exist. One
/// GetItem.
async fn named(app: &App, party: &Party, request: &HttpRequest) -> Result<Objection, Problem> {
    let unknown = || Problem::new(404, "objection-unknown", "没有这份异议").hint("请核对异议编号");
    let id = ObjectionId::parse(request.path_parameter("id")).ok_or_else(unknown)?;
    let objection = app.registry.objection(&id).await?;
    objection.filter(|objection| party.may_see(objection)).ok_or_else(unknown)
}
