//! uploads: what a unit's clerk does with files over HTTP: announce one, follow it, get back what was rejected, try a
//! file out, fetch an empty table (R4).

mod announce;
mod check;
mod empty_table;
mod follow;
mod marked;

use std::time::Duration;

use xinzheng_api::log as api_log;
use xinzheng_api::upload;
use xinzheng_api::upload::Confirmation;
use xinzheng_domain::AddressKey;
use xinzheng_intake::{Confirmed, Limits};
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::{Clock, HttpRequest, HttpResponse, Official, Problem, Unit, routes};
use xinzheng_store::published_log::PublishedLog;
use xinzheng_store::{Bucket, Registry};

/// What uploads works with.
#[derive(Debug)]
pub struct App {
    uploads: Bucket,
    intake: Bucket,
    log: PublishedLog,
    registry: Registry,
    clock: Clock,
    address_key: AddressKey,
    /// How long addresses for uploads and downloads stay valid.
    valid: Duration,
    limits: Limits,
}

impl App {
    /// Reads `UPLOADS_BUCKET`, `INTAKE_BUCKET`, `LOG_BUCKET`, `TABLE_NAME`, `LINK_SECONDS` and the limits `MAX_TEXT_BYTES`,
    /// `MAX_HELD_BYTES`, `MAX_UNPACKED_BYTES` and `MAX_ROW_BYTES`, and the secret of `ADDRESS_KEY_SECRET`.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        let Start { environment, services, secrets, clock, .. } = start;
        Ok(Self {
            uploads: services.bucket(&environment, "UPLOADS_BUCKET")?,
            intake: services.bucket(&environment, "INTAKE_BUCKET")?,
            log: PublishedLog { bucket: services.bucket(&environment, "LOG_BUCKET")? },
            registry: services.registry(&environment)?,
            valid: environment.link_validity("LINK_SECONDS")?,
            limits: Limits {
                text_bytes: environment.value("MAX_TEXT_BYTES")?,
                held_bytes: environment.value("MAX_HELD_BYTES")?,
                workbook_unpacked_bytes: environment.value("MAX_UNPACKED_BYTES")?,
                row_bytes: environment.value("MAX_ROW_BYTES")?,
            },
            address_key: secrets.address_key()?,
            clock,
        })
    }
}

xinzheng_runtime::handle_once!(App, route);

async fn route(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    routes! { request;
        upload::ANNOUNCE => announce::announce(app, Unit::try_from(request)?, request).await,
        upload::CHECK => check::check(app, Unit::try_from(request)?, request).await,
        upload::LIST => follow::list(app, Official::try_from(request)?, request).await,
        upload::READ => follow::one(app, Official::try_from(request)?, request).await,
        upload::REJECTIONS => follow::rejections(app, Official::try_from(request)?, request).await,
        upload::EFFECTS => follow::effects(app, Official::try_from(request)?, request).await,
        api_log::UPLOAD_PROOF => follow::proof(app, Official::try_from(request)?, request).await,
        upload::WAITING => follow::waiting(app, Official::try_from(request)?, request).await,
        upload::EMPTY_TABLE => empty_table::empty_table(request),
    }
}

/// What a clerk says of a file, as intake takes it.
pub(crate) fn confirmed(said: &[Confirmation]) -> Confirmed {
    Confirmed { columns: said.contains(&Confirmation::Columns), origin: said.contains(&Confirmation::Origin) }
}
