//! backfill: what was uploaded and never processed is found and driven again (R8); what of each unit and month is complete,
//! declared zero, partial or missing.

mod drive;
mod matrix;
mod pages;
mod progress;

use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;
use xinzheng_api::backfill as api;
use xinzheng_domain::AddressKey;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::{Calendars, Clock, HttpRequest, HttpResponse, Metrics, Official, Operator, Problem, routes};
use xinzheng_store::{Bucket, Registry, StoreError};

/// What backfill works with.
#[derive(Debug)]
pub struct App {
    registry: Registry,
    uploads: Bucket,
    intake: Bucket,
    clock: Clock,
    address_key: AddressKey,
    /// How long a run may go on before it leaves the rest to the next.
    budget: Duration,
    /// Where inventories of the bucket of uploads lie, when they are made.
    inventories: Option<Bucket>,
    /// Until when the deployment is restored: what receipts tell of is looked for once.
    restored_until: Option<Timestamp>,
    calendars: Calendars,
    metrics: Metrics,
    namespace: String,
}

/// Why a run ended before its time; the next one goes on from where it was.
#[derive(Debug, Error)]
pub enum BackfillError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An order could not be written.
    #[error("an order cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

impl App {
    /// Reads `TABLE_NAME`, `UPLOADS_BUCKET`, `INTAKE_BUCKET`, `INVENTORY`,
    /// `INVENTORY_BUCKET`, `RUN_SECONDS`, `RESTORED_UNTIL` (may be empty), `METRICS_NAMESPACE` and the secret of `ADDRESS_KEY_SECRET`.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        let Start { environment, services, secrets, clock, metrics, .. } = start;
        Ok(Self {
            registry: services.registry(&environment)?,
            uploads: services.bucket(&environment, "UPLOADS_BUCKET")?,
            intake: services.bucket(&environment, "INTAKE_BUCKET")?,
            address_key: secrets.address_key()?,
            budget: Duration::from_secs(environment.value("RUN_SECONDS")?),
            inventories: match environment.text("INVENTORY")? {
                "Off" => None,
                _ => Some(services.bucket(&environment, "INVENTORY_BUCKET")?),
            },
            restored_until: environment.moment("RESTORED_UNTIL")?,
            calendars: Calendars::default(),
            namespace: environment.text("METRICS_NAMESPACE")?.to_owned(),
            metrics,
            clock,
        })
    }
}

xinzheng_runtime::handle_once!(App, route);

/// Drives again what was missed, then works out the matrix, and tells that it has come to its end. Two at once: the second does
/// nothing.
pub async fn tick(app: &App) -> Result<(), BackfillError> {
    drive::run(app).await?;
    matrix::work_out(app).await?;
    app.metrics.tell(&app.namespace, app.clock.now(), &[("BackfillRuns", 1)]);
    Ok(())
}

async fn route(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    routes! { request;
        api::PROGRESS => progress::read(app, &Operator::try_from(request)?, request).await,
        api::MATRIX => matrix::read(app, Official::try_from(request)?, request).await,
    }
}
