//! A value of a JSON object.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::cell::Cell;
use crate::number::scientific;

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

pub(crate) struct CellVisitor;

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
                // A float that is whole may have lost digits, as one by itself: it shows as one.
                JsonCell::Number(number) if number.fract() == 0.0 => joined.push_str(&scientific(number)),
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

/// Passes over the rest of a list that no column takes.
pub(crate) fn drain<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<JsonCell, A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(JsonCell::Object)
}
