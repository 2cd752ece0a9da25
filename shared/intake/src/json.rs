//! Rows of JSON: objects whose keys are the headers of the standard or their aliases.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::cell::Cell;

/// A value of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum JsonCell {
    /// No value, or null.
    #[default]
    Blank,
    /// Text; a whole number with all its digits; lists joined by 、; 是 and 否.
    Text(String),
    /// A number with a fraction or an exponent.
    Number(f64),
    /// An object, which no column takes.
    Object,
}

impl JsonCell {
    /// The value as intake's cell.
    pub(crate) fn cell(&self) -> Cell<'_> {
        match self {
            Self::Blank => Cell::Text(""),
            Self::Text(text) if text.contains(char::REPLACEMENT_CHARACTER) => Cell::Undecodable(text),
            Self::Text(text) => Cell::Text(text),
            Self::Number(number) => Cell::Number(*number),
            Self::Object => Cell::Fault("{…}".into()),
        }
    }
}

impl<'de> Deserialize<'de> for JsonCell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = JsonCell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<JsonCell, E> {
        Ok(JsonCell::Blank)
    }

    fn visit_bool<E>(self, value: bool) -> Result<JsonCell, E> {
        Ok(JsonCell::Text(if value { "是" } else { "否" }.to_owned()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<JsonCell, E> {
        Ok(JsonCell::Text(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<JsonCell, E> {
        Ok(JsonCell::Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<JsonCell, E> {
        Ok(JsonCell::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<JsonCell, E> {
        Ok(JsonCell::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<JsonCell, A::Error> {
        let (mut joined, mut first) = (String::new(), true);
        while let Some(cell) = seq.next_element::<JsonCell>()? {
            if !first {
                joined.push('、');
            }
            first = false;
            match cell {
                JsonCell::Object => return drain(seq),
                cell => joined.push_str(&cell.cell().display()),
            }
        }
        Ok(JsonCell::Text(joined))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonCell, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(JsonCell::Object)
    }
}

fn drain<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<JsonCell, A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(JsonCell::Object)
}

/// An object: keys and values as they stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct JsonObject(pub(crate) Vec<(String, JsonCell)>);

impl<'de> Deserialize<'de> for JsonObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = JsonObject;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonObject, A::Error> {
                let mut entries = vec![];
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(JsonObject(entries))
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// A file of JSON: a list of objects, or an object that holds one list of objects (as `{"data": […]}`).
pub(crate) fn objects(bytes: &[u8]) -> Result<Vec<JsonObject>, serde_json::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum File {
        Rows(Vec<JsonObject>),
        Wrapped(std::collections::BTreeMap<String, Wrapped>),
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Wrapped {
        Rows(Vec<JsonObject>),
        Other(IgnoredAny),
    }
    // Said once more without alternatives, so that an error names its place.
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'[') {
        return serde_json::from_slice(bytes);
    }
    match serde_json::from_slice::<File>(bytes)? {
        File::Rows(rows) => Ok(rows),
        File::Wrapped(fields) => {
            let lists = fields.into_values().filter_map(|field| match field {
                Wrapped::Rows(rows) => Some(rows),
                Wrapped::Other(_) => None,
            });
            lists.max_by_key(Vec::len).ok_or_else(|| serde::de::Error::custom("no list of objects"))
        }
    }
}

/// The keys of all objects, in the order in which they first stand.
pub(crate) fn keys<'o>(objects: impl IntoIterator<Item = &'o JsonObject>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let mut keys = vec![];
    for (key, _) in objects.into_iter().flat_map(|object| &object.0) {
        if seen.insert(key.as_str()) {
            keys.push(key.clone());
        }
    }
    keys
}

/// An object's values in the order of `keys`; a key that `keys` lacks is put behind them when it has a value, so that
/// the row's check finds it.
pub(crate) fn align(object: JsonObject, keys: &[String]) -> Vec<JsonCell> {
    let mut cells = vec![JsonCell::Blank; keys.len()];
    for (key, value) in object.0 {
        match keys.iter().position(|known| *known == key).and_then(|index| cells.get_mut(index)) {
            Some(cell) if *cell == JsonCell::Blank => *cell = value,
            _ if value == JsonCell::Blank => {}
            _ => cells.push(value),
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_cells() {
        let json = r#"[{"a":"文","b":140402199001011234,"c":1.5,"d":true,"e":null,"f":["警告","罚款"],"g":{"x":1}}]"#;
        let objects = objects(json.as_bytes()).unwrap();
        let keys = keys(&objects);
        assert_eq!(keys, ["a", "b", "c", "d", "e", "f", "g"]);
        let text = |text: &str| JsonCell::Text(text.to_owned());
        assert_eq!(
            align(objects[0].clone(), &keys),
            [
                text("文"),
                text("140402199001011234"),
                JsonCell::Number(1.5),
                text("是"),
                JsonCell::Blank,
                text("警告、罚款"),
                JsonCell::Object
            ]
        );
    }

    #[test]
    fn lists_may_be_wrapped() {
        assert_eq!(objects(br#"{"total":1,"data":[{"a":"1"}]}"#).unwrap().len(), 1);
        for text in ["{}", "3", "[1]", r#"{"a":"b"}"#, "", r#"[{"a":1},"#] {
            assert!(objects(text.as_bytes()).is_err(), "{text}");
        }
    }
}
