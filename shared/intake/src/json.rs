//! Rows of JSON: objects whose keys are the headers of the standard or their aliases.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use xinzheng_domain::table::Table;

use crate::cell::Cell;
use crate::header::{self, Header, Names, Place};

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

/// Where the values of objects go: the keys of a file's first objects, and every column of the table, whose key may come
/// later.
pub(crate) struct Keys {
    keys: HashMap<String, usize>,
    names: Names,
    places: Vec<Option<usize>>,
    width: usize,
    /// Keys that came later and that the table does not know.
    pub(crate) unknown: BTreeSet<String>,
}

/// The most keys that are told of those that came later.
const MOST_UNKNOWN: usize = 100;

impl Keys {
    /// Gives every column that the header lacks a place behind it.
    pub(crate) fn complete(table: &Table, header: &mut Header) -> Self {
        let keys = header.cells.iter().cloned().zip(0..).collect();
        for (column, place) in table.columns.iter().zip(&mut header.places) {
            if place.is_none() {
                *place = Some(Place::added(&column.header, header.cells.len()));
                header.cells.push(column.header.clone());
            }
        }
        Self {
            keys,
            names: header::names(table),
            places: header.places.iter().map(|place| place.as_ref().map(|place| place.index)).collect(),
            width: header.cells.len(),
            unknown: BTreeSet::new(),
        }
    }

    /// An object's values in the order of the header's cells. Of a key that stands twice the first value counts, and a
    /// second one that differs is put behind all, so that the row's check finds it.
    pub(crate) fn align(&mut self, object: JsonObject) -> Vec<JsonCell> {
        let mut cells = vec![JsonCell::Blank; self.width];
        for (key, value) in object.0 {
            let place = self.keys.get(&key).copied().or_else(|| {
                let column = self.names.get(&header::fold(&key))?;
                self.places.get(*column).copied().flatten()
            });
            match place.and_then(|place| cells.get_mut(place)) {
                Some(cell) if *cell == JsonCell::Blank => *cell = value,
                Some(cell) if *cell == value || value == JsonCell::Blank => {}
                Some(_) => cells.push(value),
                None if self.unknown.len() < MOST_UNKNOWN => {
                    self.unknown.insert(key);
                }
                None => {}
            }
        }
        cells
    }
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
        let values: Vec<JsonCell> = objects[0].0.iter().map(|(_, value)| value.clone()).collect();
        assert_eq!(
            values,
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
    fn keys_that_come_later_find_their_column() {
        let table = xinzheng_domain::TableId::Subject.standard();
        let mut header = header::read(table, &header::names(table), 0, vec!["名称".to_owned(), "x".to_owned()]);
        let mut keys = Keys::complete(table, &mut header);
        let object: JsonObject =
            serde_json::from_str(r#"{"*住所":"街","x":"1","y":"2","名称":"甲","名称":"乙"}"#).unwrap();
        let cells = keys.align(object);
        let address = header.places[table.index_of(xinzheng_domain::Field::Address).unwrap()].as_ref().unwrap().index;
        assert_eq!(cells[address], JsonCell::Text("街".to_owned()));
        assert_eq!(cells[0], JsonCell::Text("甲".to_owned()));
        assert_eq!(cells.len(), header.cells.len() + 1, "the second name is beyond the header");
        assert_eq!(keys.unknown.iter().collect::<Vec<_>>(), ["y"]);
    }

    #[test]
    fn lists_may_be_wrapped() {
        assert_eq!(objects(br#"{"total":1,"data":[{"a":"1"}]}"#).unwrap().len(), 1);
        for text in ["{}", "3", "[1]", r#"{"a":"b"}"#, "", r#"[{"a":1},"#] {
            assert!(objects(text.as_bytes()).is_err(), "{text}");
        }
    }
}
