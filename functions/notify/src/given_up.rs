//! Changes that the stream gave up. Lambda keeps the whole invocation as an object (the S3 on-failure destination of the event source
//! mapping), whose event comes by a queue: they are worked on once more, and whoever sends the message again from the dead
//! letters has them worked on again, however long ago the stream has forgotten them.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;
use xinzheng_runtime::queue;
use xinzheng_store::StoreError;
use xinzheng_store::changes::StreamEvent;

use crate::{App, work};

/// An invocation that was given up, as Lambda keeps it in an object.
#[derive(Deserialize)]
struct GivenUp {
    /// The event, as text; not there when the function was never invoked with it.
    #[serde(default)]
    payload: Option<Value>,
}

/// Why changes that were given up could not be worked on.
#[derive(Debug, Error)]
enum GivenUpError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object is none that Lambda keeps, or has no changes in it.
    #[error("object {key} holds no changes: {why}")]
    NoChanges { key: String, why: &'static str },
    /// Some of them still fail; the log says why.
    #[error("{failed} of {all} changes of object {key} fail again")]
    Again { key: String, failed: usize, all: usize },
}

/// Works on messages that tell of changes that were given up. Each change by itself: one that fails keeps no other back.
pub async fn receive(app: &App, messages: SqsEvent) -> SqsBatchResponse {
    queue::work_on(messages, async |objects| {
        for object in objects {
            work_again(app, &object.key).await?;
        }
        Ok::<_, GivenUpError>(())
    })
    .await
}

async fn work_again(app: &App, key: &str) -> Result<(), GivenUpError> {
    let changes = changes(&app.given_up.get(key).await?.bytes);
    let changes = changes.map_err(|why| GivenUpError::NoChanges { key: key.to_owned(), why })?;
    let mut failed = 0;
    for change in &changes.records {
        if let Some(failure) = work(app, std::slice::from_ref(change)).await {
            failure.why.log(change.sequence());
            failed += 1;
        }
    }
    let all = changes.records.len();
    if failed > 0 {
        return Err(GivenUpError::Again { key: key.to_owned(), failed, all });
    }
    tracing::info!(changes = all, "changes that were given up are told");
    Ok(())
}

/// The changes of an object.
fn changes(object: &[u8]) -> Result<StreamEvent, &'static str> {
    let kept: GivenUp = serde_json::from_slice(object).map_err(|_| "it is no invocation that Lambda kept")?;
    let event = match kept.payload {
        None | Some(Value::Null) => return Err("it has no payload"),
        Some(Value::String(text)) => serde_json::from_str(&text),
        Some(event) => serde_json::from_value(event),
    };
    event.map_err(|_| "its payload is no batch of changes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invocation_as_lambda_keeps_it() {
        let kept = include_bytes!("../../../events/given-up-changes.json");
        let changes = changes(kept).unwrap();
        let sequences: Vec<&str> = changes.records.iter().map(|record| record.sequence()).collect();
        assert_eq!(sequences, ["800000000003126276362"]);
        for (object, why) in [
            ("{}", "it has no payload"),
            (r#"{"payload": null}"#, "it has no payload"),
            (r#"{"payload": "[]"}"#, "its payload is no batch of changes"),
            ("no", "it is no invocation that Lambda kept"),
        ] {
            assert_eq!(super::changes(object.as_bytes()).err(), Some(why), "{object}");
        }
    }
}
