//! uploads: what a unit's clerk does with files over HTTP: announce one, follow it, get back what was rejected, try a
//! file out, fetch an empty table; and the history of a record (R4, R5).

mod announce;
mod check;
mod follow;
mod history;
mod marked;
mod templates;

use std::time::Duration;

use xinzheng_domain::{AddressKey, UnitCode};
use xinzheng_intake::Limits;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::idempotency::once;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::{Clock, HttpRequest, HttpResponse, Operator, Problem, Unit};
use xinzheng_store::{Bucket, Registry};

/// What uploads works with.
#[derive(Debug)]
pub struct App {
    uploads: Bucket,
    intake: Bucket,
    registry: Registry,
    clock: Clock,
    address_key: AddressKey,
    /// How long addresses for uploads and downloads stay valid.
    valid: Duration,
    limits: Limits,
}

impl App {
    /// Reads `UPLOADS_BUCKET`, `INTAKE_BUCKET`, `TABLE_NAME`, `LINK_SECONDS` and the limits `MAX_TEXT_BYTES`,
    /// `MAX_HELD_BYTES`, `MAX_UNPACKED_BYTES` and `MAX_ROW_BYTES`, and the secret of `ADDRESS_KEY_SECRET`.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        let Start { environment, services, secrets, clock, .. } = start;
        Ok(Self {
            uploads: services.bucket(&environment, "UPLOADS_BUCKET")?,
            intake: services.bucket(&environment, "INTAKE_BUCKET")?,
            registry: services.registry(&environment)?,
            valid: Duration::from_secs(environment.value("LINK_SECONDS")?),
            limits: Limits {
                text_bytes: environment.value("MAX_TEXT_BYTES")?,
                held_bytes: environment.value("MAX_HELD_BYTES")?,
                workbook_unpacked_bytes: environment.value("MAX_UNPACKED_BYTES")?,
                row_bytes: environment.value("MAX_ROW_BYTES")?,
            },
            address_key: secrets.address_key(&environment).await?,
            clock,
        })
    }
}

/// Answers a request of one of the function's routes.
pub async fn handle(app: &App, request: HttpRequest) -> HttpResponse {
    let answer = async { route(app, &request).await.unwrap_or_else(HttpResponse::from) };
    once(&app.registry, &request, app.clock.now(), answer).await
}

async fn route(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let id = request.path_parameter("id");
    match request.route() {
        "POST /uploads" => announce::announce(app, Unit::try_from(request)?, request.json()?).await,
        "POST /uploads/check" => check::check(app, Unit::try_from(request)?, request).await,
        "GET /uploads" => follow::list(app, Reader::try_from(request)?, request).await,
        "GET /uploads/{id}" => follow::one(app, Reader::try_from(request)?, id).await,
        "GET /uploads/{id}/rejections" => follow::rejections(app, Reader::try_from(request)?, id, request).await,
        "GET /uploads/{id}/effects" => follow::effects(app, Reader::try_from(request)?, id, request).await,
        "GET /waiting-marks" => follow::waiting(app, Reader::try_from(request)?, request).await,
        "GET /templates/{file}" => templates::empty_table(request),
        "GET /records/{id}/history" => history::history(app, Reader::try_from(request)?, request).await,
        _ => Err(Problem::no_route()),
    }
}

/// Who may look at what units sent: the unit itself, a municipal unit at what its offices sent, the platform.
enum Reader {
    Unit(UnitCode),
    Platform,
}

impl Reader {
    /// True when it may look at what `owner` sent.
    fn may_read(&self, owner: UnitCode) -> bool {
        match self {
            Self::Unit(unit) => unit.may_change(owner),
            Self::Platform => true,
        }
    }
}

impl TryFrom<&HttpRequest> for Reader {
    type Error = Problem;

    fn try_from(request: &HttpRequest) -> Result<Self, Problem> {
        match Operator::try_from(request) {
            Ok(_) => Ok(Self::Platform),
            Err(_) => Unit::try_from(request).map(|unit| Self::Unit(unit.code)),
        }
    }
}
