//! What the table's stream tells of changed items (DynamoDB Streams, in the JSON that Lambda is given).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use xinzheng_domain::{SubjectId, UploadKey};

use crate::keys::{PK, SK};

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
    /// A record of this subject says something else than before.
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
const REPORTED: [&str; 4] = ["content", "repair", "removal", "withdrawal"];

impl StreamRecord {
    /// Where it stands in the stream.
    pub fn sequence(&self) -> &str {
        &self.images.sequence_number
    }

    /// What follows from it.
    pub fn change(&self) -> Option<Change> {
        let new = self.images.new_image.as_ref()?;
        let old = self.images.old_image.as_ref();
        let (pk, sk) = (text(new, PK)?, text(new, SK)?);
        if let Some(whose) = pk.strip_prefix("AUDIT#") {
            return old.is_none().then(|| audited(whose, sk, new));
        }
        if let (Some(subject), true) = (pk.strip_prefix("SUBJECT#"), sk.starts_with("RECORD#")) {
            let old = old.filter(|old| old.contains_key("body"))?;
            let changed = REPORTED.iter().any(|name| old.get(*name) != new.get(*name));
            return changed.then(|| SubjectId::parse(subject).map(Change::Record)).flatten();
        }
        let batch = pk.strip_prefix("BATCH#").filter(|_| sk == "META")?;
        let was_over = old.and_then(ending).is_some();
        let ending = ending(new).filter(|_| !was_over)?;
        let key = text(new, "upload").unwrap_or_default();
        let key = UploadKey::parse(key).ok();
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

fn audited(whose: &str, key: &str, image: &Image) -> Change {
    let mut parts = key.splitn(3, '#');
    let mut part = || parts.next().unwrap_or_default();
    let (at, action, object) = (part(), part(), part());
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
        detail.insert("id".to_owned(), json!(crate::index::digest(&format!("{whose}#{key}"))));
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
        let item = |content: &str, objection: &str| {
            json!({
                "pk": { "S": "SUBJECT#91140403MA0T0001XK" }, "sk": { "S": "RECORD#1" }, "body": { "S": "{}" },
                "content": { "S": content }, "objection": { "S": objection }, "basis": { "B": "AA==" },
            })
        };
        let changed = |new, old| record(new, old).change().is_some();
        assert!(!changed(item("a", "1"), item("a", "2")), "an objection is no change");
        let subject = xinzheng_domain::Uscc::compose("91140403", "MA0T0001").unwrap();
        let of = |content: &str| {
            let mut item = item(content, "");
            item["pk"]["S"] = json!(format!("SUBJECT#{subject}"));
            item
        };
        assert_eq!(record(of("a"), of("b")).change(), Some(Change::Record(SubjectId::Organisation(subject))));
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
