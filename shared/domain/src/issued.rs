//! A report that was issued: what verification answers from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::period::Period;
use crate::report::{ContentDigest, Counts, ReportContent};
use crate::{DomainId, Purpose, ReportNumber, SubjectId, VerificationCode};

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
    /// The domains that it covers, with the number of records by kind. Kept as pairs: there are up to 39 in every report.
    #[serde(with = "pairs")]
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
    /// SHA-256 of the PDF.
    pub file_digest: ContentDigest,
    /// Size of the PDF in bytes.
    pub file_bytes: u64,
    /// Pages of the PDF.
    pub pages: usize,
    /// How the PDF was made, for making it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rendering: Option<Rendering>,
}

/// What a report was rendered with, beside its content and its template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendering {
    /// The verification address that is printed on it.
    pub verification_url: String,
    /// SHA-256 of the PDF before it was signed; the signed file begins with these bytes.
    pub unsigned_digest: ContentDigest,
    /// The size of the PDF before it was signed, in bytes.
    pub unsigned_bytes: u64,
}

/// How many records of each kind a report has in a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainCount {
    /// The domain.
    pub domain: DomainId,
    /// Kinds with at least one record.
    pub records: Counts,
}

/// Counts as `[[1],[2,{"penalty":3}]]`.
mod pairs {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::{Counts, DomainCount, DomainId};

    #[derive(serde::Serialize, Deserialize)]
    #[serde(untagged)]
    enum Pair {
        None([DomainId; 1]),
        Some(DomainId, Counts),
    }

    pub(super) fn serialize<S: Serializer>(counts: &[DomainCount], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(counts.iter().map(|count| match count.records.is_empty() {
            true => Pair::None([count.domain]),
            false => Pair::Some(count.domain, count.records.clone()),
        }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<DomainCount>, D::Error> {
        let pairs = Vec::<Pair>::deserialize(deserializer)?;
        let count = |pair| match pair {
            Pair::None([domain]) => DomainCount { domain, records: Counts::new() },
            Pair::Some(domain, records) => DomainCount { domain, records },
        };
        Ok(pairs.into_iter().map(count).collect())
    }
}

impl IssuedReport {
    /// The number of records in the report.
    pub fn record_count(&self) -> usize {
        self.counts.iter().flat_map(|count| count.records.values()).sum()
    }

    /// The counts of a report's content, for every chosen domain.
    pub fn counts_of(content: &ReportContent) -> Vec<DomainCount> {
        content.counts().into_iter().map(|(domain, records)| DomainCount { domain, records }).collect()
    }
}
