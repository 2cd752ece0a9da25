//! notify: what the table's stream tells of. Entries of the audit are copied to where nobody can change them; those that
//! others are to hear of become events; reports that a changed or new record concerns are told of; whom something concerns is
//! given a notice (R5, R12, R13, R15, R19).
//!
//! At least once: everything here can be done again, and whoever hears an event tells a repetition by its `id`. The change that
//! failed is named, so that those before it are done; a change that fails by itself again and again is kept, and comes once more
//! by a queue (`given_up.rs`).

mod event_bus;
mod failure;
mod given_up;
mod notices;
mod reclassified;

use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use xinzheng_domain::{RecordId, SubjectId, china_time};
use xinzheng_runtime::delivery_queue::DeliveryQueue;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::stream::Halve;
use xinzheng_runtime::{Clock, Metrics, StreamResponse};
use xinzheng_store::changes::{Change, Event, StreamEvent, StreamRecord};
use xinzheng_store::{Bucket, Registry, objects};

use crate::event_bus::EventBus;
use crate::failure::{Earliest, Failed, Failure};
pub use crate::given_up::receive;

/// Subjects whose reports are looked at side by side.
const AT_ONCE: usize = 8;

/// What notify works with.
#[derive(Debug)]
pub struct App {
    registry: Registry,
    audit: Bucket,
    /// Where changes are kept that the stream gave up.
    given_up: Bucket,
    events: EventBus,
    deliveries: DeliveryQueue,
    metrics: Metrics,
    namespace: String,
    clock: Clock,
}

impl App {
    /// Reads `TABLE_NAME`, `AUDIT_BUCKET`, `INTAKE_BUCKET`, `EVENT_BUS`, `WEBHOOK_QUEUE` and `METRICS_NAMESPACE`.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        let Start { environment, services, clock, metrics, sdk, .. } = start;
        Ok(Self {
            registry: services.registry(&environment)?,
            audit: services.bucket(&environment, "AUDIT_BUCKET")?,
            given_up: services.bucket(&environment, "INTAKE_BUCKET")?,
            deliveries: DeliveryQueue::load(&environment, &sdk)?,
            events: EventBus::new(aws_sdk_eventbridge::Client::new(&sdk), environment.text("EVENT_BUS")?),
            namespace: environment.text("METRICS_NAMESPACE")?.to_owned(),
            metrics,
            clock,
        })
    }
}

/// Works on a batch of changes, and names the first that failed: those before it are done, it comes again with those behind it.
/// Errs when it is the first of several, so that the batch comes again in halves: a change that always fails is soon by itself,
/// and those behind it do not share its fate.
pub async fn handle(app: &App, batch: StreamEvent) -> Result<StreamResponse, Halve> {
    let Some(Failure { place, why }) = work(app, &batch.records).await else { return Ok(StreamResponse::default()) };
    let sequence = batch.records.get(place).map(|record| record.sequence().to_owned()).unwrap_or_default();
    why.log(&sequence);
    if place == 0 && batch.records.len() > 1 {
        return Err(Halve { sequence });
    }
    Ok(StreamResponse::failed_from(sequence))
}

/// Entries of the audit of a day that are copied together.
struct Copied {
    /// The first of them in the batch.
    place: usize,
    first: String,
    last: String,
    lines: String,
}

/// A PutObject for each day that has entries of the audit, a PutEvents for every ten events, for each subject with a changed
/// or new record what telling of its reports takes, and what giving notices takes. When something fails, all that is in front
/// of the change that is told is done.
async fn work(app: &App, records: &[StreamRecord]) -> Option<Failure> {
    let mut failed = Earliest::default();
    let mut days: BTreeMap<String, Copied> = BTreeMap::new();
    let mut events: Vec<(usize, Event)> = vec![];
    let mut subjects: BTreeMap<SubjectId, usize> = BTreeMap::new();
    let mut reclassified: Vec<(usize, (SubjectId, RecordId))> = vec![];
    let changes = records.iter().enumerate().filter_map(|(place, record)| Some((place, record, record.change()?)));
    for (place, record, change) in changes {
        match change {
            Change::Audited { entry, event } => {
                // Of the entry, not of the clock: a repetition writes the same objects, and each day has its own.
                let at = entry.get("at").and_then(|at| at.as_str()?.parse().ok());
                let day = at.map_or_else(|| "undated".to_owned(), |at| china_time::date(at).to_string());
                let sequence = record.sequence().to_owned();
                let begun = || Copied { place, first: sequence.clone(), last: String::new(), lines: String::new() };
                let copied = days.entry(day).or_insert_with(begun);
                copied.last = sequence;
                copied.lines.push_str(&entry.to_string());
                copied.lines.push('\n');
                reclassified.extend(reclassified::record_of(&entry).map(|record| (place, record)));
                events.extend(event.map(|event| (place, event)));
            }
            Change::Record(subject) => {
                subjects.entry(subject).or_insert(place);
            }
            Change::AuditAltered { entry, removed } => {
                app.metrics.tell(&app.namespace, app.clock.now(), &[("AlteredAudit", 1)]);
                tracing::error!(%entry, removed, "an entry of the audit was altered");
            }
            Change::BatchEnded(event) => events.push((place, event)),
        }
    }
    for (day, Copied { place, first, last, lines }) in days {
        // Named after all that is in it: a batch that comes again in part takes no entry out of an earlier copy.
        let key = objects::audit_key(&day, &first, &last);
        failed.note(place, app.audit.put(&key, "application/x-ndjson", lines.into_bytes(), &[]).await);
    }
    // Telling is an entry of the audit: its event comes by the stream, and so does the report's own change.
    let now = app.clock.now();
    let wanted = subjects.into_iter().filter(|(_, place)| failed.is_before(*place));
    let wanted: Vec<(SubjectId, usize)> = wanted.collect();
    let telling = stream::iter(wanted)
        .map(async |(subject, place)| (place, app.registry.tell_of_reports(&subject, now).await))
        .buffer_unordered(AT_ONCE);
    for (place, told) in telling.collect::<Vec<_>>().await {
        failed.note(place, told);
    }
    for (place, (subject, record)) in &reclassified {
        if failed.is_before(*place) {
            failed.note(*place, reclassified::tell(app, (subject, record), now).await);
        }
    }
    let mut grants = BTreeMap::new();
    for (place, record) in records.iter().enumerate() {
        if failed.is_before(place) {
            failed.note(place, notices::give(app, record, &mut grants, now).await);
        }
    }
    events.retain(|(place, _)| failed.is_before(*place));
    let (places, events): (Vec<usize>, Vec<Event>) = events.into_iter().unzip();
    if let Err(refused) = app.events.send(&events).await {
        failed.note(places.get(refused.event).copied().unwrap_or(0), Err::<(), _>(Failed::Events(refused)));
    }
    failed.into_failure()
}
