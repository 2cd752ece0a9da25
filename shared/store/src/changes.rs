//! What the table's stream tells of changed items (DynamoDB Streams, in the JSON that Lambda is given).

mod told;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use xinzheng_domain::report::ContentDigest;
use xinzheng_domain::{SubjectId, UploadKey};

pub use self::told::{ReportTold, Told};
use crate::keys::Place;
use crate::lane::Lane;
use crate::table::{BODY, PK, SK};

/// A batch of changes.
#[derive(Debug, Deserialize)]
pub struct StreamEvent {
    /// The changes, in their order.
    #[serde(rename = "Records")]
    pub records: Vec<StreamRecord>,
}

/// A changed item, before and after.
#[derive(Debug, Deserialize)]
pub struct StreamRecord {
    #[serde(rename = "dynamodb")]
    images: Images,
    /// Who changed it, when it was DynamoDB itself.
    #[serde(rename = "userIdentity", default)]
    identity: Option<Identity>,
}

#[derive(Debug, Deserialize)]
struct Identity {
    #[serde(rename = "principalId", default)]
    principal: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Images {
    sequence_number: String,
    #[serde(default)]
    new_image: Option<Image>,
    #[serde(default)]
    old_image: Option<Image>,
}

type Image = BTreeMap<String, Attribute>;

/// An attribute; of its types only those that are looked at.
#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Attribute {
    #[serde(rename = "S", default)]
    text: Option<String>,
    #[serde(rename = "N", default)]
    number: Option<String>,
    #[serde(rename = "BOOL", default)]
    truth: Option<bool>,
}

/// A change that something follows from.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// An entry of the audit, as it is kept; with what others hear of it, when they do.
    Audited {
        /// Partition, time, action, object, who and so on.
        entry: Value,
        /// The event.
        event: Option<Event>,
    },
    /// An entry of the audit is not what was put, or is gone before its time: nothing of this program does that.
    AuditAltered {
        /// Whose it is, when it was put, and what it told.
        entry: String,
        /// True when it is gone.
        removed: bool,
    },
    /// A record of this subject is new, or says something else than before.
    Record(SubjectId),
    /// An upload is indexed, or was refused.
    BatchEnded(Event),
}

/// What others hear.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// `objection.submitted` and so on.
    pub kind: String,
    /// What it says: an object with at least `id`, the same when the event is sent again, and `at`.
    pub detail: Value,
}

/// The attributes of a record that reports rest on.
const REPORTED: [&str; 4] = [BODY, Lane::REPAIR.body, Lane::REMOVAL.body, Lane::WITHDRAWAL.body];

impl StreamRecord {
    /// Where it stands in the stream.
    pub fn sequence(&self) -> &str {
        &self.images.sequence_number
    }

    /// What follows from it.
    pub fn change(&self) -> Option<Change> {
        let (new, old) = (self.images.new_image.as_ref(), self.images.old_image.as_ref());
        let (pk, sk) = self.images.keys()?;
        match (Place::of(pk, sk), new) {
            (Place::Audit { of, at, action, object }, Some(new)) if old.is_none() => {
                Some(audited([of, at, action, object], sk, new))
            }
            (Place::Audit { of, at, action, .. }, _) => {
                // DynamoDB itself removes what has expired.
                let expired = new.is_none() && self.removed_by_expiry();
                let entry = format!("{of} {at} {action}");
                (!expired).then(|| Change::AuditAltered { entry, removed: new.is_none() })
            }
            (Place::Record, Some(new)) => {
                // A mark that came before its record makes none yet.
                let there = new.contains_key(BODY);
                let old = old.filter(|old| old.contains_key(BODY));
                let changed = |old: &Image| REPORTED.iter().any(|name| old.get(*name) != new.get(*name));
                (there && old.is_none_or(changed))
                    .then(|| SubjectId::parse(text(new, "subject")?).map(Change::Record))
                    .flatten()
            }
            (Place::Batch(batch), Some(new)) => {
                let was_over = old.and_then(ending).is_some();
                let ending = ending(new).filter(|_| !was_over)?;
                let key = UploadKey::parse(text(new, "upload").unwrap_or_default()).ok();
                Some(Change::BatchEnded(Event {
                    kind: ending.to_owned(),
                    detail: json!({
                        "id": format!("{batch}#{ending}"),
                        "batch": batch,
                        "unit": key.as_ref().map(|key| key.unit),
                        "table": key.as_ref().map(|key| key.table.code()),
                        "at": text(new, "stored_at"),
                    }),
                }))
            }
            _ => None,
        }
    }

    fn removed_by_expiry(&self) -> bool {
        let service = |identity: &Identity| identity.principal.as_deref() == Some("dynamodb.amazonaws.com");
        self.identity.as_ref().is_some_and(service)
    }
}

impl Images {
    /// Partition and sort key, which both images have.
    fn keys(&self) -> Option<(&str, &str)> {
        let image = self.new_image.as_ref().or(self.old_image.as_ref())?;
        Some((text(image, PK)?, text(image, SK)?))
    }
}

fn text<'i>(image: &'i Image, name: &str) -> Option<&'i str> {
    image.get(name)?.text.as_deref()
}

/// How a batch ended, when it has.
fn ending(image: &Image) -> Option<&'static str> {
    let number = |name: &str| image.get(name)?.number.as_deref()?.parse::<u32>().ok();
    let chunks = number("chunks")?;
    if image.get("refused").and_then(|refused| refused.truth) == Some(true) {
        return Some("upload.refused");
    }
    (number("chunks_indexed").unwrap_or(0) >= chunks).then_some("upload.completed")
}

fn audited([whose, at, action, object]: [&str; 4], key: &str, image: &Image) -> Change {
    let mut entry = Map::from_iter([
        ("of".to_owned(), json!(whose)),
        ("at".to_owned(), json!(at)),
        ("action".to_owned(), json!(action)),
        ("object".to_owned(), json!(object)),
    ]);
    for name in ["role", "actor", "purpose", "address", "result"] {
        if let Some(value) = text(image, name) {
            entry.insert(name.to_owned(), json!(value));
        }
    }
    let event = text(image, "event").and_then(|event| serde_json::from_str::<Map<String, Value>>(event).ok());
    if let Some(event) = &event {
        entry.insert("event".to_owned(), json!(event));
    }
    let event = event.map(|mut detail| {
        // The key of an entry holds who it is about: others get a digest of it.
        detail.insert("id".to_owned(), json!(ContentDigest::of(format!("{whose}#{key}").as_bytes()).to_string()));
        detail.insert("at".to_owned(), json!(at));
        Event { kind: action.to_owned(), detail: Value::Object(detail) }
    });
    Change::Audited { entry: Value::Object(entry), event }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(new: Value, old: Value) -> StreamRecord {
        serde_json::from_value(json!({
            "eventName": "MODIFY",
            "dynamodb": { "SequenceNumber": "1", "NewImage": new, "OldImage": old },
        }))
        .unwrap()
    }

    #[test]
    fn a_record_counts_when_what_reports_say_has_changed() {
        let subject = xinzheng_domain::Uscc::compose("91140403", "MA0T0001").unwrap();
        let item = |body: &str, objection: &str| {
            json!({
                "pk": { "S": "RECORDS#0123456789abcdef" }, "sk": { "S": "RECORD#1" }, "body": { "S": body },
                "subject": { "S": subject.to_string() }, "objection": { "S": objection }, "basis": { "B": "AA==" },
            })
        };
        assert_eq!(record(item("a", "1"), item("a", "2")).change(), None, "an objection is no change");
        let changed = record(item("a", ""), item("b", "")).change();
        assert_eq!(changed, Some(Change::Record(SubjectId::Organisation(subject))));
        let new = record(item("a", ""), Value::Null).change();
        assert_eq!(new, Some(Change::Record(SubjectId::Organisation(subject))), "one that is new counts too");
        let mut waiting = item("", "");
        waiting.as_object_mut().unwrap().remove("body");
        assert_eq!(record(waiting, Value::Null).change(), None, "a mark that waits for its record is none");
    }

    #[test]
    fn an_entry_of_the_audit_that_is_touched_is_told_of() {
        let entry = |result: &str| {
            json!({
                "pk": { "S": "AUDIT#tax#2026-11" }, "sk": { "S": "2026-11-28T00:00:00.000000Z#upload.received#b" },
                "result": { "S": result },
            })
        };
        let told = |images: Value, identity: Value| {
            let record = json!({ "dynamodb": images, "userIdentity": identity });
            serde_json::from_value::<StreamRecord>(record).unwrap().change()
        };
        let altered = |removed| {
            Some(Change::AuditAltered { entry: "tax 2026-11-28T00:00:00.000000Z upload.received".to_owned(), removed })
        };
        let images = json!({ "SequenceNumber": "1", "NewImage": entry("a"), "OldImage": entry("b") });
        assert_eq!(told(images, Value::Null), altered(false));
        let gone = json!({ "SequenceNumber": "1", "OldImage": entry("b") });
        assert_eq!(told(gone.clone(), Value::Null), altered(true));
        assert_eq!(told(gone, json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" })), None, "expired");
        let new = json!({ "SequenceNumber": "1", "NewImage": entry("a") });
        assert!(matches!(told(new, Value::Null), Some(Change::Audited { .. })));
    }

    #[test]
    fn an_upload_ends_once() {
        let item = |chunks: Option<&str>, indexed: &str| {
            let mut item = json!({
                "pk": { "S": "BATCH#b" }, "sk": { "S": "META" }, "chunks_indexed": { "N": indexed },
                "upload": { "S": "uploads/tax/penalty/2025-11-03/a.csv" },
            });
            if let Some(chunks) = chunks {
                item["chunks"] = json!({ "N": chunks });
            }
            item
        };
        let kind = |new, old| match record(new, old).change() {
            Some(Change::BatchEnded(event)) => Some(event.kind),
            other => {
                assert_eq!(other, None);
                None
            }
        };
        assert_eq!(kind(item(None, "1"), item(None, "0")), None);
        assert_eq!(kind(item(Some("2"), "1"), item(Some("2"), "0")), None);
        assert_eq!(kind(item(Some("2"), "2"), item(Some("2"), "1")).as_deref(), Some("upload.completed"));
        assert_eq!(kind(item(Some("2"), "2"), item(Some("2"), "2")), None);
    }
}
