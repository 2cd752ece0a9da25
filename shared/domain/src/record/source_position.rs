//! Which of two revisions is the later one: compared by where they stand in their sources, never by arrival.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The place of a row among all uploads: when its file reached the object store, which upload it was, which row.
///
/// Written so that text order is position order: `2025-07-01T01:02:03.456Z#<batch>#00000012`. A replay of an older
/// upload carries the older position and loses, whenever it is processed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourcePosition(String);

impl SourcePosition {
    /// The position of `row` (from 1) in the upload `batch` stored at `stored_at`.
    pub fn new(stored_at: Timestamp, batch: &str, row: u64) -> Self {
        let millisecond = stored_at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
        Self(format!("{millisecond}#{batch}#{row:010}"))
    }

    /// The position of what a case decided `at` a time: its one row.
    pub fn of_case(at: Timestamp, case: &str) -> Self {
        Self::new(at, case, 1)
    }

    /// A position as it was stored before.
    pub const fn stored(text: String) -> Self {
        Self(text)
    }

    /// When the file was stored, or the case decided, to the millisecond; `None` of a text that is no position.
    pub fn stored_at(&self) -> Option<Timestamp> {
        self.0.split('#').next()?.parse().ok()
    }

    /// The upload batch, or the case.
    pub fn source(&self) -> &str {
        self.0.split('#').nth(1).unwrap_or_default()
    }

    /// The case that decided it; `None` when it stood in an upload.
    pub fn case(&self) -> Option<&str> {
        let source = self.source();
        // Batches are named by digests, cases otherwise.
        let is_batch = source.len() == 32 && source.bytes().all(|byte| byte.is_ascii_hexdigit());
        (!is_batch && !source.is_empty()).then_some(source)
    }

    /// The row in the upload, from 1.
    pub fn row(&self) -> u64 {
        self.0.rsplit('#').next().and_then(|row| row.parse().ok()).unwrap_or_default()
    }

    /// The text whose order is the order of positions.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourcePosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for SourcePosition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SourcePosition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_order_is_position_order() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let ordered = [
            SourcePosition::new(at("2025-07-01T00:00:00Z"), "b", 10),
            SourcePosition::new(at("2025-07-01T00:00:00.5Z"), "a", 2),
            SourcePosition::new(at("2025-07-01T00:00:00.5Z"), "a", 10),
            SourcePosition::new(at("2025-07-01T00:00:00.5Z"), "b", 1),
            SourcePosition::new(at("2025-07-01T00:00:01Z"), "a", 1),
        ];
        assert!(ordered.is_sorted());
        assert_eq!(ordered[1].as_str(), "2025-07-01T00:00:00.500Z#a#0000000002");
    }

    #[test]
    fn a_position_tells_where_it_is() {
        let at: Timestamp = "2025-07-01T00:00:00.5Z".parse().unwrap();
        let batch = "0123456789abcdef0123456789abcdef";
        let (row, decided) = (SourcePosition::new(at, batch, 12), SourcePosition::new(at, "OB-1", 1));
        assert_eq!((row.stored_at(), row.source(), row.case(), row.row()), (Some(at), batch, None, 12));
        assert_eq!(decided.case(), Some("OB-1"));
    }
}
