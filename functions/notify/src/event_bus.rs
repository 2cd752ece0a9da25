//! The event bus (Amazon EventBridge) that others listen to.

use std::time::Duration;

use aws_sdk_eventbridge::error::SdkError;
use aws_sdk_eventbridge::operation::put_events::PutEventsError;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use xinzheng_store::changes::Event;

/// The most events of a call.
const MOST: usize = 10;
/// The source of all events.
const SOURCE: &str = "xinzheng";
/// How often an event is sent that is refused.
const ATTEMPTS: u32 = 3;
/// How long it waits before it is sent again; twice as long each time.
const PAUSE: Duration = Duration::from_millis(100);

/// A bus, by its name or ARN.
#[derive(Clone, Debug)]
pub(crate) struct EventBus {
    client: aws_sdk_eventbridge::Client,
    name: String,
}

/// An event that was not taken, and all before it were.
#[derive(Debug)]
pub(crate) struct Refused {
    /// Which, of those that were to be sent.
    pub(crate) event: usize,
    why: String,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.why)
    }
}

impl EventBus {
    pub(crate) fn new(client: aws_sdk_eventbridge::Client, name: &str) -> Self {
        Self { client, name: name.to_owned() }
    }

    /// Sends events: `detail-type` is the event's kind, `detail` what it says with its `id` and time. One PutEvents for
    /// every ten; one more, of those alone that were refused, up to twice. Behind the ten of which one is still refused
    /// nothing is sent.
    pub(crate) async fn send(&self, events: &[Event]) -> Result<(), Refused> {
        let numbered: Vec<(usize, &Event)> = events.iter().enumerate().collect();
        for ten in numbered.chunks(MOST) {
            let mut refused = self.put(ten).await;
            for attempt in 1..ATTEMPTS {
                if refused.is_empty() {
                    break;
                }
                tokio::time::sleep(PAUSE.saturating_mul(1 << (attempt - 1))).await;
                let left: Vec<(usize, &Event)> = ten
                    .iter()
                    .filter(|(number, _)| refused.iter().any(|refused| refused.event == *number))
                    .copied()
                    .collect();
                refused = self.put(&left).await;
            }
            if let Some(first) = refused.into_iter().min_by_key(|refused| refused.event) {
                return Err(first);
            }
        }
        Ok(())
    }

    /// Those of at most ten events that were not taken. One PutEvents; one for each when the call was refused as a whole.
    async fn put(&self, events: &[(usize, &Event)]) -> Vec<Refused> {
        match self.call(events).await {
            Ok(refused) => refused,
            // One that is too large has all others refused with it.
            Err(error) if events.len() > 1 && is_refusal(&error) => {
                let mut refused = vec![];
                for event in events {
                    let one = std::slice::from_ref(event);
                    refused.extend(self.call(one).await.unwrap_or_else(|error| all(one, error)));
                }
                refused
            }
            Err(error) => all(events, error),
        }
    }

    async fn call(&self, events: &[(usize, &Event)]) -> Result<Vec<Refused>, SdkError<PutEventsError>> {
        let entry = |(_, event): &(usize, &Event)| {
            PutEventsRequestEntry::builder()
                .event_bus_name(&self.name)
                .source(SOURCE)
                .detail_type(&event.kind)
                .detail(event.detail.to_string())
                .build()
        };
        let entries: Vec<PutEventsRequestEntry> = events.iter().map(entry).collect();
        let sent = self.client.put_events().set_entries(Some(entries)).send().await?;
        // Answers stand in the order of the entries.
        let answered = events.iter().zip(sent.entries());
        let refused = answered.filter_map(|((number, _), answer)| {
            let code = answer.error_code()?;
            Some(Refused { event: *number, why: format!("not taken: {code}") })
        });
        Ok(refused.collect())
    }
}

/// True when the service has answered that it does not take the call; else it is worth trying once more as it is.
fn is_refusal(error: &SdkError<PutEventsError>) -> bool {
    error.raw_response().is_some_and(|response| response.status().is_client_error())
}

fn all(events: &[(usize, &Event)], error: SdkError<PutEventsError>) -> Vec<Refused> {
    let why = error.into_service_error().to_string();
    events.iter().map(|(number, _)| Refused { event: *number, why: why.clone() }).collect()
}
