//! oversight: what is late is escalated, once, and seen by the platform (R15, R17).

mod calendar;
mod deadlines;
mod escalations;
mod evaluation;
mod reconcile;
mod timeliness;

use xinzheng_domain::{AddressKey, UnitCode};
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::idempotency::once;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::{Calendars, Clock, HttpRequest, HttpResponse, Metrics, Operator, Problem, Unit, caller};
use xinzheng_store::audit::Actor;
use xinzheng_store::{Bucket, Registry, StoreError};

/// What oversight works with.
#[derive(Debug)]
pub struct App {
    registry: Registry,
    clock: Clock,
    metrics: Metrics,
    namespace: String,
    address_key: AddressKey,
    audit: Bucket,
    calendars: Calendars,
}

impl App {
    /// Reads `TABLE_NAME`, `AUDIT_BUCKET`, `METRICS_NAMESPACE` and the secret of `ADDRESS_KEY_SECRET`.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        let Start { environment, services, secrets, clock, metrics, .. } = start;
        Ok(Self {
            registry: services.registry(&environment)?,
            address_key: secrets.address_key(&environment).await?,
            audit: services.bucket(&environment, "AUDIT_BUCKET")?,
            namespace: environment.text("METRICS_NAMESPACE")?.to_owned(),
            metrics,
            calendars: Calendars::default(),
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

/// Does what is due by the schedule. It can be done at any time and as often as one likes.
pub async fn tick(app: &App) -> Result<(), StoreError> {
    deadlines::remind_of_calendar(app).await?;
    let overdue = deadlines::remind(app).await?;
    let unanswered = deadlines::remind_of_feedback(app).await?;
    let open = reconcile::all(app).await?;
    evaluation::work_out(app).await?;
    let counts = [("OverdueObjections", overdue), ("OverdueFeedback", unanswered), ("OpenReconciliations", open)];
    app.metrics.tell(&app.namespace, app.clock.now(), &counts);
    Ok(())
}

async fn route(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    match request.route() {
        "GET /config/calendar" => calendar::read(app).await,
        "PUT /config/calendar/{year}" => {
            calendar::put(app, &Operator::try_from(request)?, request, request.json()?).await
        }
        "GET /timeliness" => timeliness::tallied(app, Reader::try_from(request)?, request).await,
        "GET /timeliness/records" => timeliness::records(app, Reader::try_from(request)?, request).await,
        "POST /manifests" => reconcile::declare(app, Unit::try_from(request)?, request, request.json()?).await,
        "GET /reconciliations" => reconcile::list(app, Reader::try_from(request)?, request).await,
        "GET /reconciliations/{id}" => reconcile::one(app, Reader::try_from(request)?, request).await,
        "GET /reconciliations/{id}/workbook" => reconcile::workbook(app, Reader::try_from(request)?, request).await,
        "GET /evaluation" => evaluation::read(app, &Operator::try_from(request)?, request).await,
        "POST /evaluation/recount" => {
            evaluation::recount(app, &Operator::try_from(request)?, request, request.json()?).await
        }
        "GET /escalations" => escalations::list(app, &Operator::try_from(request)?, request).await,
        _ => Err(Problem::no_route()),
    }
}

/// Who looks at how units do: a unit at itself and its offices, the platform at all.
pub(crate) enum Reader {
    Unit(UnitCode),
    Platform,
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
