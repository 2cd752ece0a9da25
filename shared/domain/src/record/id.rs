//! What makes two rows the same record.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::hex_text::HexText;
use crate::sha256::is_hexadecimal;
use crate::{DocumentNumber, RecordKind, SubjectId, UnitCode};

/// The id of a record: 64 bits of a SHA-256 over its subject, then 64 bits of one over kind, responsible unit, document
/// number's key form and list name. The same row sent twice is one record; a changed row is a new revision of it.
///
/// The first half alone tells where a subject's records are kept, so that a record is found by its id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId([u8; 16]);

/// The half of a record's id that all records of a subject have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WhoseRecords([u8; 8]);

impl WhoseRecords {
    /// The half of this subject.
    pub fn of(subject: &SubjectId) -> Self {
        Self(half(&Sha256::digest(subject.text().as_bytes())))
    }
}

impl fmt::Display for WhoseRecords {
    /// 16 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HexText::<16>::of("", &self.0).as_str())
    }
}

/// The first 64 bits of a digest.
fn half(digest: &[u8]) -> [u8; 8] {
    digest.first_chunk().copied().unwrap_or_default()
}

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
        let mut named = Sha256::new();
        let document = document.key();
        let parts = [kind.code(), unit.municipal_code(), list.unwrap_or_default()].map(str::as_bytes);
        for part in parts.into_iter().chain([document.as_slice()]) {
            // A length in front keeps ("ab","c") and ("a","bc") apart.
            named.update((part.len() as u64).to_be_bytes());
            named.update(part);
        }
        Self::joined(WhoseRecords::of(subject), half(&named.finalize()))
    }

    fn joined(WhoseRecords(whose): WhoseRecords, which: [u8; 8]) -> Self {
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(whose.into_iter().chain(which)) {
            *to = from;
        }
        Self(id)
    }

    /// The id of another listing under the same document number, after the subject was removed from the list: of the day on
    /// which it was listed again.
    #[must_use]
    pub fn listed_again(&self, on: Date) -> Self {
        let mut named = Sha256::new();
        named.update(self.0);
        named.update(on.to_string());
        Self::joined(self.whose(), half(&named.finalize()))
    }

    /// The half that all records of its subject have.
    pub fn whose(&self) -> WhoseRecords {
        WhoseRecords(half(&self.0))
    }

    /// Parses 32 hexadecimal digits in lower case.
    pub fn parse(text: &str) -> Option<Self> {
        if !is_hexadecimal(text, 32) {
            return None;
        }
        u128::from_str_radix(text, 16).ok().map(|number| Self(number.to_be_bytes()))
    }
}

impl RecordId {
    /// 64 bits of both halves: enough to tell the records of a file apart.
    pub fn folded(&self) -> u64 {
        let number = u128::from_be_bytes(self.0);
        (number ^ (number >> 64)) as u64
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

    #[test]
    fn an_id_tells_whose_records_it_is_among() {
        let unit = UnitCode::parse("market-supervision").unwrap();
        let subjects =
            ["MA0TE1T1", "MA0TE1T2"].map(|body| SubjectId::Organisation(Uscc::compose("91140403", body).unwrap()));
        let ids = |subject: &SubjectId| {
            ["甲1号", "甲2号"].map(|text| {
                RecordId::of(RecordKind::Penalty, unit, &DocumentNumber::parse(text).unwrap(), subject, None)
            })
        };
        let [one, other] = subjects;
        for id in ids(&one) {
            assert_eq!(id.whose(), WhoseRecords::of(&one));
            assert_eq!(id.to_string().get(..16), Some(id.whose().to_string().as_str()));
        }
        assert!(ids(&other).iter().all(|id| id.whose() != WhoseRecords::of(&one)));
        let mut folded: Vec<u64> = ids(&one).iter().chain(&ids(&other)).map(RecordId::folded).collect();
        folded.sort_unstable();
        folded.dedup();
        assert_eq!(folded.len(), 4);
    }
}
