//! The embedded event bus: takes PutEvents as EventBridge does and keeps what it was told.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An event that was sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SentEvent {
    /// Its `detail-type`.
    pub kind: String,
    /// Its `detail`.
    pub detail: Value,
}

/// What the bus was told, oldest first.
#[derive(Clone, Debug, Default)]
pub struct SentEvents {
    events: Arc<Mutex<Vec<SentEvent>>>,
    printed: bool,
    /// Entries whose detail has this text are refused.
    refused: Arc<Mutex<Option<String>>>,
}

/// The most bytes that the entries of a request have together.
const LARGEST: usize = 256 << 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents {
    entries: Vec<BTreeMap<String, Value>>,
}

impl SentEvents {
    /// Events that are printed as they come, a line of JSON each.
    pub(crate) fn printed(printed: bool) -> Self {
        Self { printed, ..Self::default() }
    }

    /// All events, and forgets them.
    pub fn take(&self) -> Vec<SentEvent> {
        std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on entries whose detail has this text are refused; none when there is none.
    pub fn refuse(&self, text: Option<&str>) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = text.map(str::to_owned);
    }

    /// Takes an entry when it has all that EventBridge asks for.
    fn put(&self, entry: &BTreeMap<String, Value>) -> Option<()> {
        let text = |name: &str| entry.get(name)?.as_str();
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if refused.is_some_and(|refused| text("Detail").is_some_and(|detail| detail.contains(&refused))) {
            return None;
        }
        let detail: Value = serde_json::from_str(text("Detail")?).ok()?;
        let (_source, kind) = (text("Source")?, text("DetailType")?.to_owned());
        let event = SentEvent { kind, detail: detail.is_object().then_some(detail)? };
        if self.printed {
            // Whoever read the output may be gone; events are kept all the same.
            let _printed = writeln!(std::io::stdout(), "Event {} {}", event.kind, event.detail);
        }
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        Some(())
    }
}

/// Takes the events of a request; `None` when it is none that EventBridge takes.
pub(crate) fn put(events: &SentEvents, body: &str) -> Option<Value> {
    let request = serde_json::from_str::<PutEvents>(body).ok()?;
    // As EventBridge counts an entry: source, detail-type and detail.
    let size = |entry: &BTreeMap<String, Value>| {
        ["Source", "DetailType", "Detail"]
            .iter()
            .filter_map(|name| entry.get(*name)?.as_str())
            .map(str::len)
            .sum::<usize>()
    };
    let is_too_large = request.entries.iter().map(size).sum::<usize>() > LARGEST;
    if request.entries.is_empty() || request.entries.len() > 10 || is_too_large {
        return None;
    }
    let mut failed = 0;
    let results: Vec<Value> = request
        .entries
        .iter()
        .enumerate()
        .map(|(number, entry)| match events.put(entry) {
            Some(()) => json!({ "EventId": format!("local-{number}") }),
            None => {
                failed += 1;
                json!({ "ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed." })
            }
        })
        .collect();
    Some(json!({ "FailedEntryCount": failed, "Entries": results }))
}
