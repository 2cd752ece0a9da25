//! notify: what the table's stream tells of. Entries of the audit are copied to where nobody can change them; those that
//! others are to hear of become events; reports that a changed or new record concerns are told of; whom something concerns is
//! given a notice (R5, R12, R13, R15, R19).
//!
//! At least once: a batch that fails comes again as a whole, and everything here can be done again. Whoever hears an event
//! tells a repetition by its `id`.

mod event_bus;
mod notices;
mod reclassified;

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use xinzheng_domain::{RecordId, SubjectId, china_time};
use xinzheng_runtime::delivery_queue::{DeliveryQueue, DeliveryQueueError};
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::{Clock, Metrics, StreamResponse};
use xinzheng_store::changes::{Change, Event, StreamEvent};
use xinzheng_store::{Bucket, Registry, StoreError, objects};

use crate::event_bus::{EventBus, EventBusError};

/// Subjects whose reports are looked at side by side.
const AT_ONCE: usize = 8;

/// What notify works with.
#[derive(Debug)]
pub struct App {
    registry: Registry,
    audit: Bucket,
    events: EventBus,
    deliveries: DeliveryQueue,
    metrics: Metrics,
    namespace: String,
    clock: Clock,
}

impl App {
    /// Reads `TABLE_NAME`, `AUDIT_BUCKET`, `EVENT_BUS`, `WEBHOOK_QUEUE` and `METRICS_NAMESPACE`.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        let Start { environment, services, clock, metrics, sdk, .. } = start;
        Ok(Self {
            registry: services.registry(&environment)?,
            audit: services.bucket(&environment, "AUDIT_BUCKET")?,
            deliveries: DeliveryQueue::load(&environment, &sdk)?,
            events: EventBus::new(aws_sdk_eventbridge::Client::new(&sdk), environment.text("EVENT_BUS")?),
            namespace: environment.text("METRICS_NAMESPACE")?.to_owned(),
            metrics,
            clock,
        })
    }
}

/// Why a batch failed.
enum Failed {
    Store(StoreError),
    Events(EventBusError),
    Deliveries(DeliveryQueueError),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<DeliveryQueueError> for Failed {
    fn from(error: DeliveryQueueError) -> Self {
        Self::Deliveries(error)
    }
}

impl From<EventBusError> for Failed {
    fn from(error: EventBusError) -> Self {
        Self::Events(error)
    }
}

/// Works on a batch of changes; names its first when something failed.
pub async fn handle(app: &App, batch: StreamEvent) -> StreamResponse {
    let Some(first) = batch.records.first().map(|record| record.sequence().to_owned()) else {
        return StreamResponse::default();
    };
    match work(app, &batch, &first).await {
        Ok(()) => StreamResponse::default(),
        Err(failed) => {
            match failed {
                Failed::Store(error) => tracing::error!(%error, "a batch of changes failed and will come again"),
                Failed::Deliveries(error) => {
                    tracing::error!(%error, "notices could not be sent on their way and will be again");
                }
                Failed::Events(error) => tracing::error!(%error, "events could not be sent and will be again"),
            }
            StreamResponse::failed_from(first)
        }
    }
}

/// A PutObject for each day that has entries of the audit, a PutEvents for every ten events, for each subject with a changed
/// or new record what telling of its reports takes, and what giving notices takes.
async fn work(app: &App, batch: &StreamEvent, first: &str) -> Result<(), Failed> {
    let mut days: BTreeMap<String, String> = BTreeMap::new();
    let mut events: Vec<Event> = vec![];
    let mut subjects: BTreeSet<SubjectId> = BTreeSet::new();
    let mut reclassified: Vec<(SubjectId, RecordId)> = vec![];
    for change in batch.records.iter().filter_map(|record| record.change()) {
        match change {
            Change::Audited { entry, event } => {
                // Of the entry, not of the clock: a repetition writes the same objects, and each day has its own.
                let at = entry.get("at").and_then(|at| at.as_str()?.parse().ok());
                let day = at.map_or_else(|| "undated".to_owned(), |at| china_time::date(at).to_string());
                let lines = days.entry(day).or_default();
                lines.push_str(&entry.to_string());
                lines.push('\n');
                reclassified.extend(reclassified::record_of(&entry));
                events.extend(event);
            }
            Change::Record(subject) => {
                subjects.insert(subject);
            }
            Change::AuditAltered { entry, removed } => {
                app.metrics.tell(&app.namespace, app.clock.now(), &[("AlteredAudit", 1)]);
                tracing::error!(%entry, removed, "an entry of the audit was altered");
            }
            Change::BatchEnded(event) => events.push(event),
        }
    }
    for (day, lines) in days {
        let key = objects::audit_key(&day, first);
        app.audit.put(&key, "application/x-ndjson", lines.into_bytes(), &[]).await?;
    }
    // Telling is an entry of the audit: its event comes by the stream, and so does the report's own change.
    let now = app.clock.now();
    let telling = stream::iter(subjects).map(async |subject| app.registry.tell_of_reports(&subject, now).await);
    telling.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    for (subject, record) in &reclassified {
        reclassified::tell(app, (subject, record), now).await?;
    }
    notices::give(app, batch, now).await?;
    app.events.send(&events).await?;
    Ok(())
}
