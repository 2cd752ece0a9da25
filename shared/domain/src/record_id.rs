//! What makes two rows the same record.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use smallvec::SmallVec;

use crate::hex_text::HexText;
use crate::{DocumentNumber, RecordKind, SubjectId, UnitCode};

/// The id of a record: the first 128 bits of a SHA-256 over (kind, responsible unit, document number's key form,
/// subject, list name). The same row sent twice is one record; a changed row is a new revision of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId([u8; 16]);

impl RecordId {
    /// The id of the record that these name. `list` is the list's name for 严重失信主体名单, else `None`.
    ///
    /// County offices send under their municipal unit, so the unit that counts is the responsible one.
    pub fn of(
        kind: RecordKind,
        unit: UnitCode,
        document: &DocumentNumber<'_>,
        subject: &SubjectId,
        list: Option<&str>,
    ) -> Self {
        let mut named: SmallVec<[u8; 512]> = SmallVec::new();
        let subject = subject.text();
        let parts: [&[u8]; 5] = [
            kind.code().as_bytes(),
            unit.municipal_code().as_bytes(),
            &document.key(),
            subject.as_bytes(),
            list.unwrap_or_default().as_bytes(),
        ];
        for part in parts {
            // A length in front keeps ("ab","c") and ("a","bc") apart.
            named.extend_from_slice(&(part.len() as u64).to_be_bytes());
            named.extend_from_slice(part);
        }
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(Sha256::digest(&named)) {
            *to = from;
        }
        Self(id)
    }

    /// Parses 32 hexadecimal digits in lower case.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 32 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        u128::from_str_radix(text, 16).ok().map(|number| Self(number.to_be_bytes()))
    }
}

impl RecordId {
    /// The first 64 bits: enough to tell the records of a file apart.
    pub fn prefix(&self) -> u64 {
        self.0.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
    }

    fn text(&self) -> HexText<32> {
        HexText::of("", &self.0)
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().as_str())
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordId({self})")
    }
}

impl Serialize for RecordId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text().as_str())
    }
}

impl<'de> Deserialize<'de> for RecordId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("not a record id"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Uscc;

    #[test]
    fn the_same_record_from_a_county_office_or_in_another_spelling_is_one() {
        let subject = SubjectId::Organisation(Uscc::compose("91140403", "MA0TE1T1").unwrap());
        let other = SubjectId::Organisation(Uscc::compose("91140403", "MA0TE1T2").unwrap());
        let unit = UnitCode::parse("market-supervision").unwrap();
        let office = UnitCode::parse("market-supervision-140403").unwrap();
        let document = DocumentNumber::parse("晋市监罚〔2024〕12号").unwrap();
        let respelled = DocumentNumber::parse("晋市监罚[2024]12号").unwrap();
        let id = RecordId::of(RecordKind::Penalty, unit, &document, &subject, None);
        assert_eq!(id, RecordId::of(RecordKind::Penalty, office, &respelled, &subject, None));
        assert_eq!(RecordId::parse(&id.to_string()), Some(id));
        assert_ne!(id, RecordId::of(RecordKind::Coercion, unit, &document, &subject, None));
        assert_ne!(id, RecordId::of(RecordKind::Penalty, unit, &document, &other, None));
        assert_ne!(id, RecordId::of(RecordKind::Penalty, unit, &document, &subject, Some("x")));
    }
}
