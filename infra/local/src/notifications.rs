//! The notifications of the template's buckets: which queue hears of which created objects.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use xinzheng_runtime::Clock;
use xinzheng_template::Deployment;

use crate::object_store::{CreatedObject, Listener};
use crate::queues::Queues;
use crate::resource_name::resource_name;

/// Passes created objects on to the queues that the template's notifications name, in the very JSON that S3 sends.
pub(crate) fn notifications(template: &Arc<Deployment>, queues: &Arc<Queues>, clock: &Clock) -> Listener {
    let queues = Arc::clone(queues);
    told(template, clock, move |queue, event| {
        if let Err(error) = queues.send(queue, event) {
            tracing::error!(%error, queue, "an event could not be queued");
        }
    })
}

/// Tells of created objects what S3 tells: to which queue of the template, and the JSON.
pub(crate) fn told(
    template: &Arc<Deployment>,
    clock: &Clock,
    tell: impl Fn(&str, String) + Send + Sync + 'static,
) -> Listener {
    let (template, clock) = (Arc::clone(template), clock.clone());
    let sequencer = AtomicU64::new(0);
    Arc::new(move |object: CreatedObject| {
        let bucket = template.buckets().iter().find(|bucket| resource_name(&bucket.logical_id) == object.bucket);
        for notification in bucket.into_iter().flat_map(|bucket| &bucket.notifications) {
            let created = matches!(notification.event.as_str(), "s3:ObjectCreated:*" | "s3:ObjectCreated:Put");
            let prefix = notification.prefix.as_deref().unwrap_or_default();
            let suffix = notification.suffix.as_deref().unwrap_or_default();
            if created && object.key.starts_with(prefix) && object.key.ends_with(suffix) {
                let event = s3_event(&object, clock.now(), sequencer.fetch_add(1, Ordering::Relaxed));
                tell(&notification.queue, event);
            }
        }
    })
}

/// Characters that S3 leaves as they are in an event's key.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/').remove(b' ');

fn s3_event(object: &CreatedObject, at: Timestamp, sequencer: u64) -> String {
    let key = utf8_percent_encode(&object.key, PLAIN).to_string().replace(' ', "+");
    let mut told = json!({
        "key": key, "size": object.size, "eTag": object.etag, "sequencer": format!("{sequencer:016X}"),
    });
    if let (Some(version), Some(told)) = (&object.version, told.as_object_mut()) {
        told.insert("versionId".to_owned(), json!(version));
    }
    json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "cn-north-1",
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "eventName": "ObjectCreated:Put",
        "userIdentity": { "principalId": "AWS:LOCAL" },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": { "x-amz-request-id": "LOCAL", "x-amz-id-2": "LOCAL" },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "local",
            "bucket": {
                "name": object.bucket,
                "ownerIdentity": { "principalId": "LOCAL" },
                "arn": format!("arn:aws-cn:s3:::{}", object.bucket),
            },
            "object": told,
        },
    }] })
    .to_string()
}
