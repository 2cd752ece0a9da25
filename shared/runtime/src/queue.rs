//! Batches of queue messages that carry S3 events, with partial failures.

use aws_lambda_events::s3::S3Event;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use thiserror::Error;
use xinzheng_store::versions::StoredVersion;

/// An object that was created, as S3 tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectCreated {
    /// The bucket.
    pub bucket: String,
    /// The key, decoded.
    pub key: String,
    /// Which version of the key it is: reads are of this one.
    pub version: StoredVersion,
    /// The size in bytes.
    pub size: u64,
    /// When the object was created.
    pub at: Timestamp,
}

/// Why a message cannot be worked on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MessageError {
    /// Not an S3 event.
    #[error("the message is no S3 event: {0}")]
    NoEvent(String),
    /// A record lacks what every S3 event has.
    #[error("the S3 event lacks {0}")]
    Lacks(&'static str),
}

/// The objects that a message tells of; none for S3's test event.
pub fn objects_created(message: &SqsMessage) -> Result<Vec<ObjectCreated>, MessageError> {
    let body = message.body.as_deref().unwrap_or_default();
    if is_test_event(body) {
        return Ok(vec![]);
    }
    let event: S3Event = serde_json::from_str(body)
        .map_err(|error| MessageError::NoEvent(format!("line {} column {}", error.line(), error.column())))?;
    let mut objects = vec![];
    for record in event.records {
        if !record.event_name.as_deref().unwrap_or_default().starts_with("ObjectCreated:") {
            continue;
        }
        let key = record.s3.object.key.as_deref().ok_or(MessageError::Lacks("a key"))?.replace('+', " ");
        objects.push(ObjectCreated {
            bucket: record.s3.bucket.name.ok_or(MessageError::Lacks("a bucket"))?,
            key: percent_decode_str(&key).decode_utf8().map_err(|_| MessageError::Lacks("a UTF-8 key"))?.into_owned(),
            version: StoredVersion {
                id: record.s3.object.version_id.filter(|id| !id.is_empty() && id != "null"),
                etag: record.s3.object.e_tag.ok_or(MessageError::Lacks("an entity tag"))?.trim_matches('"').to_owned(),
            },
            size: record.s3.object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
            at: Timestamp::from_millisecond(record.event_time.timestamp_millis())
                .map_err(|_| MessageError::Lacks("a time"))?,
        });
    }
    Ok(objects)
}

/// S3 sends `{"Event": "s3:TestEvent", …}` when a notification is set up.
fn is_test_event(body: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(body)
        .is_ok_and(|value| value.get("Event").is_some_and(|e| e == "s3:TestEvent"))
}

/// Works on every message and tells which failed: those come again, and after too many times go to the dead-letter
/// queue. The log says why.
pub async fn work_on<F, Fut, E>(event: SqsEvent, work: F) -> SqsBatchResponse
where
    F: Fn(Vec<ObjectCreated>) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: std::fmt::Display,
{
    let mut response = SqsBatchResponse::default();
    for message in event.records {
        let id = message.message_id.clone().unwrap_or_default();
        let done = match objects_created(&message) {
            Ok(objects) => work(objects).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = done {
            tracing::error!(message = %id, %error, "a message failed and will come again");
            response.add_failure(id);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str) -> SqsMessage {
        serde_json::from_value(serde_json::json!({ "messageId": "1", "body": body })).unwrap()
    }

    #[test]
    fn an_event_as_s3_sends_it() {
        let body = include_str!("../../../events/s3-object-created.json");
        let objects = objects_created(&message(body)).unwrap();
        assert_eq!(objects.len(), 1);
        assert_eq!(objects[0].key, "uploads/tax/coercion/2025-07-01/七月 强制.csv", "keys come encoded");
        assert_eq!(objects[0].at.to_string(), "2025-07-01T02:03:04.567Z");
        assert_eq!(objects[0].size, 1024);
        let version = StoredVersion {
            id: Some("3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY".to_owned()),
            etag: "d41d8cd98f00b204e9800998ecf8427e".to_owned(),
        };
        assert_eq!(objects[0].version, version);
    }

    #[test]
    fn s3s_test_event_is_no_object() {
        let body = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#;
        assert_eq!(objects_created(&message(body)), Ok(vec![]));
    }

    #[test]
    fn what_is_no_event_says_so() {
        for body in ["", "hello", "[]", r#"{"Records":[{}]}"#] {
            assert!(objects_created(&message(body)).is_err(), "{body}");
        }
    }
}
