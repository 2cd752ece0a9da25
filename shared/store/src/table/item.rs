//! An item as it is read, and where it stands.

use std::collections::HashMap;
use std::str::FromStr;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::StoreError;

/// The name of the partition key.
pub(crate) const PK: &str = "pk";
/// The name of the sort key.
pub(crate) const SK: &str = "sk";
/// The attribute that holds what an item is, as JSON.
pub(crate) const BODY: &str = "body";

/// Attributes as the SDK has them.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// Where an item stands; it is kept where another item or object refers to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    pub(crate) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    pub(crate) fn attributes(&self) -> Attributes {
        HashMap::from([(PK.to_owned(), text(&self.pk)), (SK.to_owned(), text(&self.sk))])
    }
}

/// A text attribute.
pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub(crate) fn count(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A binary attribute.
pub(crate) fn binary(value: Vec<u8>) -> AttributeValue {
    AttributeValue::B(Blob::new(value))
}

/// An instant of fixed width, so that text order is time order.
pub(crate) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// What is kept of a value: its JSON. `what` names it in errors.
pub(crate) fn json(value: &impl Serialize, what: &'static str) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::damaged(what))
}

/// An item, or the attributes of one that were asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Item(pub(crate) Attributes);

impl Item {
    /// A text; `None` when the item has no such text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_s().ok().map(String::as_str)
    }

    /// A number; `None` when the item has no such number, or one that does not fit.
    pub(crate) fn number<N: FromStr>(&self, name: &str) -> Option<N> {
        self.0.get(name)?.as_n().ok()?.parse().ok()
    }

    /// True when the attribute is there and true.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(|value| value.as_bool().ok()).copied().unwrap_or(false)
    }

    /// Bytes; none when the item has no such attribute.
    pub(crate) fn bytes(&self, name: &str) -> &[u8] {
        self.0.get(name).and_then(|value| value.as_b().ok()).map_or(&[], Blob::as_ref)
    }

    /// True when the attribute is there, whatever it is.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A text that parses as something; `None` when it is not there, or does not.
    pub(crate) fn parsed<T: FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// A text that must be there. `what` names the item in errors.
    pub(crate) fn needed(&self, name: &'static str, what: &'static str) -> Result<&str, StoreError> {
        self.text(name).ok_or_else(|| damaged(what, format!("it has no {name}")))
    }

    /// What a text holds as JSON; `None` when the item has no such text.
    pub(crate) fn json<T: DeserializeOwned>(&self, name: &str, what: &'static str) -> Result<Option<T>, StoreError> {
        self.text(name).map(|text| serde_json::from_str(text).map_err(StoreError::damaged(what))).transpose()
    }

    /// What the item's body holds.
    pub(crate) fn body<T: DeserializeOwned>(&self, what: &'static str) -> Result<T, StoreError> {
        self.json(BODY, what)?.ok_or_else(|| damaged(what, "it has no body".to_owned()))
    }

    /// Where it stands.
    pub(crate) fn key(&self) -> Key {
        Key::new(self.pk(), self.sk())
    }

    /// True when it stands at this place.
    pub(crate) fn is_at(&self, place: &Key) -> bool {
        self.pk() == place.pk && self.sk() == place.sk
    }

    /// The partition key.
    pub(crate) fn pk(&self) -> &str {
        self.text(PK).unwrap_or_default()
    }

    /// The sort key.
    pub(crate) fn sk(&self) -> &str {
        self.text(SK).unwrap_or_default()
    }
}

/// An error of something that is not what this program writes.
pub(crate) fn damaged(what: &str, why: impl Into<String>) -> StoreError {
    StoreError::Damaged { what: what.to_owned(), why: why.into() }
}
