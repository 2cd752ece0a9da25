//! Rows of JSON: objects whose keys are the headers of the standard or their aliases.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use xinzheng_domain::record::table::Table;

use crate::amount::AmountUnit;
use crate::header::{self, Header, Place};
use crate::json_cell::{CellVisitor, JsonCell, drain};

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

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<JsonObject, A::Error> {
                JsonObject::of(map)
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

impl JsonObject {
    fn of<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut entries = vec![];
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Self(entries))
    }
}

/// A list of objects in a file, with the key under which it stands; none for a file that is the list.
pub(crate) type List = (Option<String>, Vec<JsonObject>);

/// The most objects of a file that is held whole: as many as a worksheet has rows.
pub(crate) const MOST_OBJECTS: usize = 1 << 20;
/// How deep lists are looked for in objects: {"data": {"list": […]}}.
const DEEPEST: usize = 4;

/// Why a file of JSON has no rows.
#[derive(Debug)]
pub(crate) enum JsonFault {
    Damaged(serde_json::Error),
    /// It parses, and has no list of objects.
    NoList,
    /// It has more objects than are held.
    TooMany,
}

/// A file of JSON: a list of objects, or an object that holds lists of objects (as `{"data": […]}`), also deeper. What stands in
/// a list and is no object becomes one without known keys, so that it is counted.
pub(crate) fn lists(bytes: &[u8]) -> Result<Vec<List>, JsonFault> {
    let mut found = Found::default();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = Lists { found: &mut found, key: None, depth: 0 }.deserialize(&mut reader).and_then(|_| reader.end());
    match read {
        _ if found.objects > MOST_OBJECTS => Err(JsonFault::TooMany),
        Err(error) => Err(JsonFault::Damaged(error)),
        Ok(()) if found.lists.is_empty() => Err(JsonFault::NoList),
        Ok(()) => Ok(found.lists),
    }
}

#[derive(Default)]
struct Found {
    lists: Vec<List>,
    objects: usize,
}

/// Looks for lists of objects in a value.
struct Lists<'f> {
    found: &'f mut Found,
    key: Option<String>,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Lists<'_> {
    /// A value that is neither a list nor an object.
    type Value = Option<JsonCell>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Lists<'_> {
    type Value = Option<JsonCell>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects, or an object that holds one")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let (mut objects, mut any) = (vec![], false);
        while let Some(element) = seq.next_element::<Element>()? {
            self.found.objects += 1;
            if self.found.objects > MOST_OBJECTS {
                return Err(serde::de::Error::custom("too many objects"));
            }
            any |= element.is_object;
            objects.push(element.object);
        }
        // A list of texts is no table; an empty one has no rows.
        if any || objects.is_empty() {
            self.found.lists.push((self.key, objects));
        }
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let before = self.found.lists.len();
        let mut entries = vec![];
        while let Some(key) = map.next_key::<String>()? {
            if self.depth == DEEPEST {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let inner = Lists { found: self.found, key: Some(key.clone()), depth: self.depth + 1 };
            if let Some(cell) = map.next_value_seed(inner)? {
                entries.push((key, cell));
            }
        }
        // An object by itself where others have a list.
        if self.depth > 0 && self.found.lists.len() == before && entries.len() >= 2 {
            self.found.objects += 1;
            self.found.lists.push((self.key, vec![JsonObject(entries)]));
        }
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Some(JsonCell::Blank))
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        CellVisitor.visit_bool(value).map(Some)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
        CellVisitor.visit_u64(value).map(Some)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Self::Value, E> {
        CellVisitor.visit_i64(value).map(Some)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        CellVisitor.visit_f64(value).map(Some)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Self::Value, E> {
        CellVisitor.visit_str(value).map(Some)
    }
}

/// An element of a list: an object, or another value under a key that no column has.
struct Element {
    object: JsonObject,
    is_object: bool,
}

impl Element {
    fn other(cell: JsonCell) -> Self {
        Self { object: JsonObject(vec![(String::new(), cell)]), is_object: false }
    }
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ElementVisitor;
        impl<'de> Visitor<'de> for ElementVisitor {
            type Value = Element;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Element, A::Error> {
                Ok(Element { object: JsonObject::of(map)?, is_object: true })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Element, A::Error> {
                drain(seq).map(Element::other)
            }

            fn visit_unit<E>(self) -> Result<Element, E> {
                Ok(Element::other(JsonCell::Object))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Element, E> {
                Ok(Element::other(JsonCell::Text(value.to_string())))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Element, E> {
                Ok(Element::other(JsonCell::Text(value.to_string())))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Element, E> {
                Ok(Element::other(JsonCell::Text(value.to_string())))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Element, E> {
                Ok(Element::other(JsonCell::Number(value)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Element, E> {
                Ok(Element::other(JsonCell::Text(value.to_owned())))
            }
        }
        deserializer.deserialize_any(ElementVisitor)
    }
}

/// The keys of all objects, in the order in which they first stand: those that name a column of the table, and a bounded
/// number of others.
pub(crate) fn keys<'o>(table: &'static Table, objects: impl IntoIterator<Item = &'o JsonObject>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let (mut keys, mut others) = (vec![], 0);
    for (key, _) in objects.into_iter().flat_map(|object| &object.0) {
        if seen.contains(key.as_str()) {
            continue;
        }
        let known = header::column_of(table, key).is_some();
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
    table: &'static Table,
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
            table,
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
            if key.is_empty() {
                // Stands beyond the header, so that the row's check finds it.
                cells.push(value);
                continue;
            }
            let place = match self.keys.get(&key) {
                Some(&place) => Some((place, true)),
                None => header::column_of(self.table, &key).and_then(|(column, unit)| {
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
        let keys = keys(xinzheng_domain::TableId::Penalty.standard(), &objects);
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
        let mixed = lists(br#"{"data":{"list":[{"a":"1"},null,3]},"total":1}"#).unwrap();
        assert_eq!((mixed.len(), mixed[0].1.len()), (1, 3), "what is no object is counted");
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
