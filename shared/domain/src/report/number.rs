//! Report numbers: what people call a report by.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::report::verification_code::{CROCKFORD, read_symbol};
use crate::{china_time, typed};

/// A report's number: `CZXY` + the China date of issue + eight random Crockford base32 characters,
/// `CZXY-20251103-7K3M9QXT`.
///
/// It is drawn, not counted, so that issuing needs no shared counter and numbers tell nobody how many reports there
/// are; the store refuses a number that is taken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReportNumber(String);

/// What stands before the last character of a sample's number, and of no report's.
const SAMPLE: &str = "-EXAMP1E";

impl ReportNumber {
    /// The number for a report issued at `issued_at`, from 40 random bits (the low bits of `random`). It is never a
    /// [sample's](Self::is_sample): what would end as those do begins with 0 instead.
    pub fn new(issued_at: Timestamp, random: u64) -> Self {
        let date = china_time::date(issued_at).strftime("%Y%m%d");
        let symbols = (0..8).rev().map(|place| {
            let symbol = (random >> (5 * place)) & 31;
            CROCKFORD.get(symbol as usize).map_or('0', |&c| char::from(c))
        });
        let drawn = Self(format!("CZXY-{date}-{}", symbols.collect::<String>()));
        if drawn.is_sample() { Self(drawn.0.replace(SAMPLE, "-0XAMP1E")) } else { drawn }
    }

    /// The number of the sample with this number, of this day.
    pub(crate) fn sample(issued_at: Timestamp, number: u8) -> Self {
        let date = china_time::date(issued_at).strftime("%Y%m%d");
        Self(format!("CZXY-{date}{SAMPLE}{number}"))
    }

    /// True of a number that no report ever has: `CZXY-20251103-EXAMP1E1`.
    pub fn is_sample(&self) -> bool {
        self.0.contains(SAMPLE)
    }

    /// Parses a number as people type and paste it, as codes are read ([`VerificationCode::parse`](crate::VerificationCode::parse)).
    pub fn parse(text: &str) -> Option<Self> {
        typed::pieces(text).iter().find_map(|piece| Self::read(piece))
    }

    fn read(piece: &[char]) -> Option<Self> {
        let (prefix, rest) = piece.split_at_checked(4)?;
        let (date, random) = rest.split_at_checked(8)?;
        let is_ours = prefix.iter().zip("CZXY".chars()).all(|(found, ours)| found.to_ascii_uppercase() == ours);
        if !is_ours || !date.iter().all(char::is_ascii_digit) || random.len() != 8 {
            return None;
        }
        let symbols: Option<String> = random
            .iter()
            .map(|c| read_symbol(*c).and_then(|value| CROCKFORD.get(usize::from(value))).map(|&c| char::from(c)))
            .collect();
        Some(Self(format!("CZXY-{}-{}", date.iter().collect::<String>(), symbols?)))
    }

    /// The number as printed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReportNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ReportNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ReportNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("not a report number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_report_has_the_number_of_a_sample() {
        let issued: Timestamp = "2025-11-02T16:30:00Z".parse().unwrap();
        let bits = "EXAMP1E7".chars().fold(0, |bits, c| (bits << 5) | u64::from(read_symbol(c).unwrap()));
        let number = ReportNumber::new(issued, bits);
        assert_eq!(number.as_str(), "CZXY-20251103-0XAMP1E7");
        let sample = ReportNumber::sample(issued, 7);
        assert_eq!(sample.as_str(), "CZXY-20251103-EXAMP1E7");
        assert!(sample.is_sample() && !number.is_sample());
        assert_eq!(ReportNumber::parse(sample.as_str()), Some(sample));
    }

    #[test]
    fn a_number_parses_as_it_prints() {
        let issued: Timestamp = "2025-11-02T16:30:00Z".parse().unwrap();
        let number = ReportNumber::new(issued, 0x12_3456_789a);
        assert!(number.as_str().starts_with("CZXY-20251103-"), "the date is China's: {number}");
        assert_eq!(ReportNumber::parse(number.as_str()), Some(number.clone()));
        for typed in [number.as_str().to_lowercase(), number.as_str().replace('-', ""), format!("报告编号：{number}。")]
        {
            assert_eq!(ReportNumber::parse(&typed), Some(number.clone()), "{typed}");
        }
        for text in ["", "CZXY-20251103-", "CZXY-2025-12345678", "CZXY-20251103-1234567U", "XX-20251103-12345678"] {
            assert_eq!(ReportNumber::parse(text), None, "{text}");
        }
    }
}
