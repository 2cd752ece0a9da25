//! The embedded services that messages go through, event bus and queues, at one address: told apart by the operation that a
//! request names, as AWS's are by their addresses.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde::Deserialize;
use serde_json::json;

use crate::event_bus::{self, SentEvents};
use crate::queues::Queues;
use crate::resource_name::resource_name;

/// What the services answer with.
#[derive(Clone)]
struct Services {
    events: SentEvents,
    queues: Arc<Queues>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessage {
    queue_url: String,
    message_body: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ChangeMessageVisibility {
    queue_url: String,
    receipt_handle: String,
    visibility_timeout: u32,
}

/// The services of event bus and queues.
pub(crate) fn router(events: SentEvents, queues: Arc<Queues>) -> Router {
    Router::new().route("/", post(answer)).with_state(Services { events, queues })
}

async fn answer(State(services): State<Services>, headers: HeaderMap, body: String) -> (StatusCode, String) {
    let answer = match headers.get("x-amz-target").and_then(|target| target.to_str().ok()) {
        Some("AWSEvents.PutEvents") => event_bus::put(&services.events, &body),
        Some("AmazonSQS.SendMessage") => send(&services.queues, &body),
        Some("AmazonSQS.ChangeMessageVisibility") => put_off(&services.queues, &body),
        _ => None,
    };
    answer.map_or_else(
        || (StatusCode::BAD_REQUEST, json!({ "__type": "ValidationException" }).to_string()),
        |answer| (StatusCode::OK, answer.to_string()),
    )
}

fn send(queues: &Queues, body: &str) -> Option<serde_json::Value> {
    let SendMessage { queue_url, message_body } = serde_json::from_str(body).ok()?;
    let queue = queues.names().find(|name| resource_name(name) == queue_url)?.to_owned();
    let id = queues.send(&queue, message_body).ok()?;
    Some(json!({ "MessageId": id }))
}

fn put_off(queues: &Queues, body: &str) -> Option<serde_json::Value> {
    let ChangeMessageVisibility { queue_url, receipt_handle, visibility_timeout } = serde_json::from_str(body).ok()?;
    queues.names().find(|name| resource_name(name) == queue_url)?;
    (visibility_timeout <= 43_200).then(|| queues.put_off(&receipt_handle, visibility_timeout))?;
    Some(json!({}))
}
