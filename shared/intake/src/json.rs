//! Rows of JSON: objects whose keys are the headers of the standard or their aliases.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use xinzheng_domain::table::Table;

use crate::amount::AmountUnit;
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
    /// Different values for one key or column, joined for showing.
    Several(String),
}

impl JsonCell {
    /// The value as intake's cell.
    pub(crate) fn cell(&self) -> Cell<'_> {
        match self {
            Self::Blank => Cell::Text(""),
            Self::Text(text) if text.contains(char::REPLACEMENT_CHARACTER) => Cell::Undecodable(text),
            Self::Text(text) => Cell::Text(text),
            Self::Number(number) => Cell::Float(*number),
            Self::Object => Cell::Fault("{…}".into()),
            Self::Several(values) => Cell::Several(values.as_str().into()),
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

/// A list of objects in a file, with the key under which it stands; none for a file that is the list.
pub(crate) type List = (Option<String>, Vec<JsonObject>);

/// A file of JSON: a list of objects, or an object that holds lists of objects (as `{"data": […]}`).
pub(crate) fn lists(bytes: &[u8]) -> Result<Vec<List>, serde_json::Error> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'[') {
        return Ok(vec![(None, serde_json::from_slice(bytes)?)]);
    }
    let Wrapped(lists) = serde_json::from_slice(bytes)?;
    if lists.is_empty() {
        return Err(serde::de::Error::custom("no list of objects"));
    }
    Ok(lists)
}

/// The lists of objects that an object holds.
struct Wrapped(Vec<List>);

impl<'de> Deserialize<'de> for Wrapped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Field {
            Rows(Vec<JsonObject>),
            Other(IgnoredAny),
        }
        struct WrappedVisitor;
        impl<'de> Visitor<'de> for WrappedVisitor {
            type Value = Wrapped;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of objects, or an object that holds one")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Wrapped, A::Error> {
                let mut lists = vec![];
                while let Some((key, field)) = map.next_entry()? {
                    if let Field::Rows(rows) = field {
                        lists.push((Some(key), rows));
                    }
                }
                Ok(Wrapped(lists))
            }
        }
        deserializer.deserialize_map(WrappedVisitor)
    }
}

/// The keys of all objects, in the order in which they first stand: those that name a column of the table, and a bounded
/// number of others.
pub(crate) fn keys<'o>(names: &Names, objects: impl IntoIterator<Item = &'o JsonObject>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let (mut keys, mut others) = (vec![], 0);
    for (key, _) in objects.into_iter().flat_map(|object| &object.0) {
        if seen.contains(key.as_str()) {
            continue;
        }
        let known = header::column_of(names, key).is_some();
        if known || others < MOST_UNKNOWN {
            others += usize::from(!known);
            seen.insert(key.as_str());
            keys.push(key.clone());
        }
    }
    keys
}

/// Where the values of objects go: the keys of a file's first objects, and every column of the table, whose key may come
/// later.
pub(crate) struct Keys {
    keys: HashMap<String, usize>,
    names: &'static Names,
    /// For each column of the table its cell, and the unit of its amounts.
    places: Vec<Option<(usize, AmountUnit)>>,
    width: usize,
    /// Keys that came later and that the table does not know.
    pub(crate) unknown: BTreeSet<String>,
}

/// The most keys that are told of those that came later.
const MOST_UNKNOWN: usize = 100;

impl Keys {
    /// Gives every column that the header lacks a place behind it.
    pub(crate) fn complete(table: &'static Table, header: &mut Header) -> Self {
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
            places: header.places.iter().map(|place| place.as_ref().map(|place| (place.index, place.unit))).collect(),
            width: header.cells.len(),
            unknown: BTreeSet::new(),
        }
    }

    /// An object's values in the order of the header's cells. Of a key that stands twice, and of two keys for one column,
    /// values that differ are put together, so that the row's check finds them.
    pub(crate) fn align(&mut self, object: JsonObject) -> Vec<JsonCell> {
        let mut cells = vec![JsonCell::Blank; self.width];
        for (key, value) in object.0 {
            let place = match self.keys.get(&key) {
                Some(&place) => Some((place, true)),
                None => header::column_of(self.names, &key).and_then(|(column, unit)| {
                    let (place, stated) = self.places.get(column).copied().flatten()?;
                    // A key that comes late and states another unit would be read in the wrong one.
                    Some((place, unit.is_none_or(|unit| unit == stated)))
                }),
            };
            let Some((cell, fits)) = place.and_then(|(place, fits)| Some((cells.get_mut(place)?, fits))) else {
                if self.unknown.len() < MOST_UNKNOWN {
                    self.unknown.insert(key);
                }
                continue;
            };
            if value == JsonCell::Blank || (fits && *cell == value) {
                continue;
            }
            *cell = if fits && *cell == JsonCell::Blank {
                value
            } else {
                JsonCell::Several(format!("{}；{key}：{}", cell.cell().display(), value.cell().display()))
            };
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
        let (_, objects) = lists(json.as_bytes()).unwrap().remove(0);
        let keys = keys(header::names(xinzheng_domain::TableId::Penalty.standard()), &objects);
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
        let mut header = header::read(table, header::names(table), 0, vec!["名称".to_owned(), "x".to_owned()]);
        let mut keys = Keys::complete(table, &mut header);
        let object: JsonObject =
            serde_json::from_str(r#"{"*住所":"街","x":"1","y":"2","名称":"甲","名称":"乙"}"#).unwrap();
        let cells = keys.align(object);
        let address = header.places[table.index_of(xinzheng_domain::Field::Address).unwrap()].as_ref().unwrap().index;
        assert_eq!(cells[address], JsonCell::Text("街".to_owned()));
        assert_eq!(cells[0], JsonCell::Several("甲；名称：乙".to_owned()), "a row with two names is a fault");
        assert_eq!(keys.unknown.iter().collect::<Vec<_>>(), ["y"]);
    }

    #[test]
    fn lists_may_be_wrapped() {
        let found = lists(br#"{"total":1,"data":[{"a":"1"}],"more":[{"a":"2"},{"a":"3"}],"codes":[1]}"#).unwrap();
        let found: Vec<_> = found.iter().map(|(key, objects)| (key.as_deref(), objects.len())).collect();
        assert_eq!(found, [(Some("data"), 1), (Some("more"), 2)]);
        for text in ["{}", "3", "[1]", r#"{"a":"b"}"#, "", r#"[{"a":1},"#] {
            assert!(lists(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_late_key_with_another_unit_is_a_fault() {
        let table = xinzheng_domain::TableId::Penalty.standard();
        let mut header = header::read(table, header::names(table), 0, vec!["罚款金额（万元）".to_owned()]);
        let mut keys = Keys::complete(table, &mut header);
        let object: JsonObject = serde_json::from_str(r#"{"罚款金额（元）":"5000"}"#).unwrap();
        assert_eq!(keys.align(object)[0], JsonCell::Several("；罚款金额（元）：5000".to_owned()));
    }
}
