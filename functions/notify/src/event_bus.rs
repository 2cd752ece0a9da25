//! The event bus (Amazon EventBridge) that others listen to.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use xinzheng_store::changes::Event;

/// The most events of a call.
const MOST: usize = 10;
/// The source of all events.
const SOURCE: &str = "xinzheng";

/// A bus, by its name or ARN.
#[derive(Clone, Debug)]
pub(crate) struct EventBus {
    client: aws_sdk_eventbridge::Client,
    name: String,
}

/// Why events were not taken.
#[derive(Debug)]
pub(crate) struct EventBusError(String);

impl std::fmt::Display for EventBusError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl EventBus {
    pub(crate) fn new(client: aws_sdk_eventbridge::Client, name: &str) -> Self {
        Self { client, name: name.to_owned() }
    }

    /// Sends events: `detail-type` is the event's kind, `detail` what it says with its `id` and time. One PutEvents for
    /// every ten.
    pub(crate) async fn send(&self, events: &[Event]) -> Result<(), EventBusError> {
        for events in events.chunks(MOST) {
            let entry = |event: &Event| {
                PutEventsRequestEntry::builder()
                    .event_bus_name(&self.name)
                    .source(SOURCE)
                    .detail_type(&event.kind)
                    .detail(event.detail.to_string())
                    .build()
            };
            let entries: Vec<PutEventsRequestEntry> = events.iter().map(entry).collect();
            let sent = self.client.put_events().set_entries(Some(entries)).send().await;
            let sent = sent.map_err(|error| EventBusError(error.into_service_error().to_string()))?;
            if sent.failed_entry_count() > 0 {
                let codes: Vec<&str> = sent.entries().iter().filter_map(|entry| entry.error_code()).collect();
                return Err(EventBusError(format!("not taken: {}", codes.join(", "))));
            }
        }
        Ok(())
    }
}
