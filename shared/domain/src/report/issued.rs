//! A report that was issued: what verification answers from.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::file_version::{FileKind, FileVersion, SignatureLevel};
use crate::report::period::Period;
use crate::report::{ContentDigest, DomainCount};
use crate::{DomainId, Purpose, ReportNumber, SubjectId, VerificationCode};

/// What whoever holds a report's code is shown: what its subject chose when it asked for the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Disclosure {
    /// A line for each record, and the document itself.
    #[default]
    Full,
    /// The summary alone: domains, kinds and counts.
    Summary,
}

impl Disclosure {
    /// True of what is shown unless the subject says otherwise.
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full)
    }
}

/// What is kept of an issued report beside its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedReport {
    /// The report's number.
    pub number: ReportNumber,
    /// Its verification code.
    pub code: VerificationCode,
    /// The id of the key that the code was made with.
    pub code_key: String,
    /// Whom it was issued to.
    pub subject: SubjectId,
    /// The name as on the report.
    pub subject_name: String,
    /// The identity number with its middle hidden, for natural persons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked_id_number: Option<String>,
    /// The period that it covers.
    pub period: Period,
    /// The domains that it covers, with the number of records and measures by kind. Kept in few bytes: there are up to 39 in
    /// every report, and mostly nothing in them.
    #[serde(with = "compact")]
    pub counts: Vec<DomainCount>,
    /// What it was asked for.
    pub purpose: Purpose,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Up to when the data are taken into account.
    pub data_as_of: Timestamp,
    /// The template's version.
    pub template: String,
    /// SHA-256 of the canonical content; the code binds it, and the files are stored under it.
    pub content_digest: ContentDigest,
    /// SHA-256 of the PDF as it was issued.
    pub file_digest: ContentDigest,
    /// Its size in bytes.
    pub file_bytes: u64,
    /// What it is proven by.
    #[serde(default)]
    pub file_level: SignatureLevel,
    /// Until when its time stamp is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamped_until: Option<Timestamp>,
    /// Pages of the PDF.
    pub pages: usize,
    /// What whoever holds the code is shown.
    #[serde(default, skip_serializing_if = "Disclosure::is_full")]
    pub disclosure: Disclosure,
    /// Its domains whose data were not complete when it was issued; `None` when that was not known.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "few_bytes")]
    pub incomplete: Option<Vec<DomainId>>,
}

impl IssuedReport {
    /// The PDF as it was issued.
    pub const fn as_issued(&self) -> FileVersion {
        FileVersion {
            kind: FileKind::AsIssued,
            at: self.issued_at,
            sha256: self.file_digest,
            bytes: self.file_bytes,
            level: self.file_level,
            stamped_until: self.stamped_until,
        }
    }
}

/// What a report was rendered with, beside its content and its template; kept beside its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendering {
    /// The verification address that is printed on it.
    pub verification_url: String,
    /// SHA-256 of the signing certificate that is printed on it; `None` on reports that show none.
    pub certificate: Option<ContentDigest>,
    /// SHA-256 of the PDF before it was signed; the signed file begins with these bytes.
    pub unsigned_digest: ContentDigest,
    /// The size of the PDF before it was signed, in bytes.
    pub unsigned_bytes: u64,
}

/// Domains as `1-9,12`.
mod few_bytes {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use super::{DomainId, compact};

    #[expect(clippy::ref_option, reason = "serde asks for it")]
    pub(super) fn serialize<S: Serializer>(domains: &Option<Vec<DomainId>>, serializer: S) -> Result<S::Ok, S::Error> {
        match domains {
            Some(domains) => serializer.serialize_str(&compact::ranges(domains.iter().map(|domain| domain.number()))),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<DomainId>>, D::Error> {
        let Some(ranges) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        compact::domains(&ranges).map(Some).ok_or_else(|| de::Error::custom("no numbers of domains"))
    }
}

/// Counts as `{"domains":"1-39","records":{"2":{"penalty":3}},"in_force":{}}`.
mod compact {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    use super::{DomainCount, DomainId};
    use crate::report::Counts;

    #[derive(Serialize, Deserialize)]
    struct Compact {
        /// Numbers and ranges of numbers.
        domains: String,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        records: BTreeMap<u8, Counts>,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        in_force: BTreeMap<u8, Counts>,
    }

    pub(super) fn ranges(numbers: impl Iterator<Item = u8>) -> String {
        let mut ranges: Vec<(u8, u8)> = vec![];
        for number in numbers {
            match ranges.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
                _ => ranges.push((number, number)),
            }
        }
        let written = |(first, last): &(u8, u8)| {
            if first == last { first.to_string() } else { format!("{first}-{last}") }
        };
        ranges.iter().map(written).collect::<Vec<_>>().join(",")
    }

    pub(super) fn domains(ranges: &str) -> Option<Vec<DomainId>> {
        let mut domains = vec![];
        for range in ranges.split(',').filter(|range| !range.is_empty()) {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            for number in first.parse::<u8>().ok()?..=last.parse().ok()? {
                domains.push(DomainId::from_number(number)?);
            }
        }
        Some(domains)
    }

    pub(super) fn serialize<S: Serializer>(counts: &[DomainCount], serializer: S) -> Result<S::Ok, S::Error> {
        let found = |of: fn(&DomainCount) -> &Counts| {
            let some = counts.iter().filter(|count| !of(count).is_empty());
            some.map(|count| (count.domain.number(), of(count).clone())).collect()
        };
        let domains = ranges(counts.iter().map(|count| count.domain.number()));
        let (records, in_force) = (found(|count| &count.records), found(|count| &count.in_force));
        Compact { domains, records, in_force }.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<DomainCount>, D::Error> {
        let Compact { domains: written, mut records, mut in_force } = Compact::deserialize(deserializer)?;
        let domains = domains(&written).ok_or_else(|| de::Error::custom("no numbers of domains"))?;
        let take = |of: &mut BTreeMap<u8, Counts>, domain: DomainId| of.remove(&domain.number()).unwrap_or_default();
        let mut count =
            |domain| DomainCount { domain, records: take(&mut records, domain), in_force: take(&mut in_force, domain) };
        Ok(domains.into_iter().map(&mut count).collect())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn ranges_are_read_as_they_are_written() {
            for (numbers, written) in [(vec![1, 2, 3, 5, 39], "1-3,5,39"), (vec![4], "4"), ((1..=39).collect(), "1-39")]
            {
                assert_eq!(ranges(numbers.iter().copied()), written);
                let read: Vec<u8> = domains(written).unwrap().into_iter().map(DomainId::number).collect();
                assert_eq!(read, numbers);
            }
            for strange in ["0", "40", "a", "1-", "38-40"] {
                assert_eq!(domains(strange), None, "{strange}");
            }
        }
    }
}

impl IssuedReport {
    /// The number of records in the report that were decided in its period.
    pub fn record_count(&self) -> usize {
        self.counts.iter().flat_map(|count| count.records.values()).sum()
    }

    /// The number of measures in the report that were decided before its period and are in force in it.
    pub fn in_force_count(&self) -> usize {
        self.counts.iter().flat_map(|count| count.in_force.values()).sum()
    }
}
