//! oversight: what is late is escalated, once, and seen by the platform (R15, R17); days that have come are told of (R5, R12).

mod deadlines;
mod ended_grants;
mod evaluation;
mod reconciliation;
mod repairable;
mod search;
mod timeliness;

use xinzheng_api as api;
use xinzheng_domain::AddressKey;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::{
    Calendars, Clock, HttpRequest, HttpResponse, Metrics, Official, Operator, Problem, Unit, routes,
};
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
            address_key: secrets.address_key()?,
            audit: services.bucket(&environment, "AUDIT_BUCKET")?,
            namespace: environment.text("METRICS_NAMESPACE")?.to_owned(),
            metrics,
            calendars: Calendars::default(),
            clock,
        })
    }
}

xinzheng_runtime::handle_once!(App, route);

/// Does what is due by the schedule. It can be done at any time and as often as one likes.
pub async fn tick(app: &App) -> Result<(), StoreError> {
    let calendar = deadlines::remind_of_calendar(app).await?;
    let overdue = deadlines::remind(app).await?;
    let unanswered = deadlines::remind_of_feedback(app).await?;
    let open = reconciliation::comparison::all(app).await?;
    ended_grants::tell(app).await?;
    repairable::tell(app).await?;
    evaluation::recount::work_out(app).await?;
    let counts = [
        ("OverdueObjections", overdue),
        ("OverdueFeedback", unanswered),
        ("OpenReconciliations", open),
        ("CalendarDaysLeft", calendar),
    ];
    app.metrics.tell(&app.namespace, app.clock.now(), &counts);
    Ok(())
}

async fn route(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    routes! { request;
        api::calendar::READ => timeliness::calendar::read(app).await,
        api::calendar::PUT => timeliness::calendar::put(app, &Operator::try_from(request)?, request).await,
        api::timeliness::TABLE => timeliness::table::tallied(app, Official::try_from(request)?, request).await,
        api::timeliness::RECORDS => timeliness::records::records(app, Official::try_from(request)?, request).await,
        api::record::SEARCH => search::search(app, Official::try_from(request)?, request).await,
        api::manifest::DECLARE => reconciliation::manifests::declare(app, Unit::try_from(request)?, request).await,
        api::manifest::LIST => reconciliation::manifests::list(app, Official::try_from(request)?, request).await,
        api::manifest::READ => reconciliation::manifests::one(app, Official::try_from(request)?, request).await,
        api::manifest::WORKBOOK => reconciliation::workbook::workbook(app, Official::try_from(request)?, request).await,
        api::evaluation::READ => evaluation::months::read(app, &Operator::try_from(request)?, request).await,
        api::evaluation::RECOUNT => evaluation::recount::recount(app, &Operator::try_from(request)?, request).await,
        api::objection::ESCALATIONS => deadlines::escalations::list(app, &Operator::try_from(request)?, request).await,
    }
}
