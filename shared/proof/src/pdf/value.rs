//! Values (ISO 32000-1, 7.3).

use std::collections::BTreeMap;
use std::ops::Range;

/// A value. Two are equal when they mean the same, however they are written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    Integer(i64),
    Real(f64),
    Text(Vec<u8>),
    Name(Vec<u8>),
    Array(Vec<Value>),
    Dictionary(Dictionary),
    /// To the object of this number, of generation 0.
    Reference(u32),
}

/// A dictionary, whose keys each stand there once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Dictionary(pub(crate) BTreeMap<Vec<u8>, Entry>);

/// A value in a dictionary, with where in the file it is written.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) value: Value,
    pub(crate) span: Range<usize>,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Value {
    pub(crate) fn is_name(&self, name: &str) -> bool {
        matches!(self, Self::Name(found) if found == name.as_bytes())
    }

    pub(crate) const fn as_integer(&self) -> Option<i64> {
        if let Self::Integer(number) = self { Some(*number) } else { None }
    }

    pub(crate) fn as_size(&self) -> Option<usize> {
        usize::try_from(self.as_integer()?).ok()
    }

    pub(crate) const fn as_reference(&self) -> Option<u32> {
        if let Self::Reference(number) = self { Some(*number) } else { None }
    }

    pub(crate) const fn as_array(&self) -> Option<&Vec<Self>> {
        if let Self::Array(values) = self { Some(values) } else { None }
    }

    pub(crate) const fn as_dictionary(&self) -> Option<&Dictionary> {
        if let Self::Dictionary(dictionary) = self { Some(dictionary) } else { None }
    }

    pub(crate) const fn as_text(&self) -> Option<&Vec<u8>> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// A number of either kind.
    pub(crate) fn as_number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "places on a page are small")]
            Self::Integer(number) => Some(*number as f64),
            Self::Real(number) => Some(*number),
            _ => None,
        }
    }

    /// Every reference in it.
    pub(crate) fn references(&self, found: &mut Vec<u32>) {
        match self {
            Self::Reference(number) => found.push(*number),
            Self::Array(values) => values.iter().for_each(|value| value.references(found)),
            Self::Dictionary(dictionary) => dictionary.0.values().for_each(|entry| entry.value.references(found)),
            _ => {}
        }
    }
}

impl Dictionary {
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        Some(&self.0.get(key.as_bytes())?.value)
    }

    pub(crate) fn span(&self, key: &str) -> Option<Range<usize>> {
        Some(self.0.get(key.as_bytes())?.span.clone())
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.0.keys().map(Vec::as_slice)
    }

    /// Whether it has no other keys than these.
    pub(crate) fn has_only(&self, keys: &[&str]) -> bool {
        self.keys().all(|key| keys.iter().any(|allowed| allowed.as_bytes() == key))
    }

    /// The keys, but for these, whose values are not the same in both.
    pub(crate) fn differences(&self, other: &Self, but: &[&str]) -> Vec<Vec<u8>> {
        let mut keys: Vec<_> = self.0.keys().chain(other.0.keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.retain(|key| !but.iter().any(|left_out| left_out.as_bytes() == *key));
        keys.into_iter().filter(|key| self.0.get(*key) != other.0.get(*key)).cloned().collect()
    }
}

/// A text string (7.9.2.2) as text: UTF-16 or UTF-8 by its mark, else as Latin letters.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    if let Some(units) = bytes.strip_prefix(&[0xfe, 0xff]) {
        let units = units.chunks_exact(2).filter_map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?)));
        return char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    }
    if let Some(text) = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]) {
        return String::from_utf8_lossy(text).into_owned();
    }
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
