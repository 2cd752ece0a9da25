//! What an entry says: one fact, with nothing that tells whom it is about.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::digest::Digest;

/// The longest entry in bytes, as a bundle states its length in sixteen bits (tlog-tiles).
pub const LONGEST_ENTRY: usize = 0xffff;

/// A fact as the log has it. Its canonical JSON (RFC 8785) is the entry, by the schema `log-entry.schema.json`.
///
/// Digests of what could be guessed are salted; the salt is with whoever may know what they are of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fact {
    /// A report was issued.
    ReportIssued {
        /// Its number.
        number: String,
        /// The SHA-256 of its data (`report.json` in its PDF), which contain a salt.
        content: Digest,
        /// The SHA-256 of its PDF, whose signature nobody can guess.
        file: Digest,
        /// When.
        at: Timestamp,
    },
    /// A further version of a report's file was made: the same report, proven for longer.
    FileAdded {
        /// The report's number.
        number: String,
        /// `completed` or `restamped`.
        version: String,
        /// The SHA-256 of the PDF.
        file: Digest,
        /// When.
        at: Timestamp,
    },
    /// A report was taken back.
    ReportWithdrawn {
        /// Its number.
        number: String,
        /// When.
        at: Timestamp,
    },
    /// A file of a unit was taken in.
    UploadReceived {
        /// The unit or county office that sent it; none for a file that does not say.
        unit: Option<String>,
        /// The table that it is of; none for a file that does not say.
        table: Option<String>,
        /// The salted digest of the batch's id.
        batch: Digest,
        /// The salted digest of the file's SHA-256 (its 32 bytes); none of a file that was not read: it was gone, or too large.
        file: Option<Digest>,
        /// The SHA-256 of the receipt's statement, which contains the salt.
        receipt: Digest,
        /// Rows that were read.
        rows: u64,
        /// Rows that were accepted.
        accepted: u64,
        /// Rows that were returned.
        rejected: u64,
        /// True when the file as a whole was refused.
        refused: bool,
        /// When the object store had it.
        stored_at: Timestamp,
        /// When it had been taken in.
        at: Timestamp,
    },
    /// A unit declared what it decided.
    ManifestDeclared {
        /// The unit or county office.
        unit: String,
        /// Of which kind.
        kind: String,
        /// From this day.
        from: Date,
        /// To this day.
        to: Date,
        /// How many.
        count: u64,
        /// When.
        at: Timestamp,
    },
    /// A version of the report template became that of new reports.
    TemplateActivated {
        /// Which.
        version: String,
        /// When.
        at: Timestamp,
    },
    /// A key is used from now on, or known to have been.
    KeyAnnounced {
        /// What for.
        purpose: KeyPurpose,
        /// What it is called.
        key: String,
        /// The SHA-256 of its certificate (DER), when it has one.
        certificate: Option<Digest>,
        /// When it was announced.
        at: Timestamp,
    },
    /// A key is not used any more.
    KeyRetired {
        /// What for.
        purpose: KeyPurpose,
        /// What it is called.
        key: String,
        /// The SHA-256 of its certificate (DER), when it has one.
        certificate: Option<Digest>,
        /// When that was told.
        at: Timestamp,
    },
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyPurpose {
    /// Signatures of reports.
    ReportSignature,
    /// Verification codes; its name alone is told.
    VerificationCode,
    /// Signed answers of verifications.
    SignedAnswer,
}

/// Why an entry is none.
#[derive(Debug, Error)]
pub enum FactError {
    /// It is not JSON of a known fact.
    #[error("an entry that is no known fact: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// It is not written as RFC 8785 has it, or has something twice.
    #[error("an entry that is not in canonical form")]
    NotCanonical,
    /// It is longer than [`LONGEST_ENTRY`], or a field of it is not as the schema has it.
    #[error("an entry whose {0} is not as the schema has it")]
    Unfit(&'static str),
}

/// The largest number that every reader of JSON has exactly (RFC 8259, section 6).
const LARGEST_NUMBER: u64 = (1 << 53) - 1;

impl Fact {
    /// The entry.
    pub fn entry(&self) -> Result<Vec<u8>, FactError> {
        self.check()?;
        Ok(serde_json_canonicalizer::to_vec(self)?)
    }

    /// Reads an entry; whatever is not written exactly so is none.
    pub fn read(entry: &[u8]) -> Result<Self, FactError> {
        if entry.len() > LONGEST_ENTRY {
            return Err(FactError::Unfit("length"));
        }
        let fact: Self = serde_json::from_slice(entry)?;
        if fact.entry()? != entry { Err(FactError::NotCanonical) } else { Ok(fact) }
    }

    /// What it is called in programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ReportIssued { .. } => "report-issued",
            Self::FileAdded { .. } => "file-added",
            Self::ReportWithdrawn { .. } => "report-withdrawn",
            Self::UploadReceived { .. } => "upload-received",
            Self::ManifestDeclared { .. } => "manifest-declared",
            Self::TemplateActivated { .. } => "template-activated",
            Self::KeyAnnounced { .. } => "key-announced",
            Self::KeyRetired { .. } => "key-retired",
        }
    }

    /// What it is called by people.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::ReportIssued { .. } => "出具报告",
            Self::FileAdded { .. } => "报告文件增加版本",
            Self::ReportWithdrawn { .. } => "收回报告",
            Self::UploadReceived { .. } => "收到报送文件",
            Self::ManifestDeclared { .. } => "申报对账单",
            Self::TemplateActivated { .. } => "启用报告模板",
            Self::KeyAnnounced { .. } => "公布密钥",
            Self::KeyRetired { .. } => "停用密钥",
        }
    }

    /// When it happened, as the platform says: the log's order alone is proven.
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::ReportIssued { at, .. }
            | Self::FileAdded { at, .. }
            | Self::ReportWithdrawn { at, .. }
            | Self::UploadReceived { at, .. }
            | Self::ManifestDeclared { at, .. }
            | Self::TemplateActivated { at, .. }
            | Self::KeyAnnounced { at, .. }
            | Self::KeyRetired { at, .. } => *at,
        }
    }

    /// Whether each field is as the schema has it: nothing else finds a place in the log, a name least of all.
    fn check(&self) -> Result<(), FactError> {
        let fits = |field: &'static str, fits: bool| if fits { Ok(()) } else { Err(FactError::Unfit(field)) };
        match self {
            Self::ReportIssued { number, .. } | Self::ReportWithdrawn { number, .. } => {
                fits("number", is_report_number(number))
            }
            Self::FileAdded { number, version, .. } => {
                fits("number", is_report_number(number))?;
                fits("version", matches!(version.as_str(), "completed" | "restamped"))
            }
            Self::UploadReceived { unit, table, rows, accepted, rejected, .. } => {
                fits("unit", unit.as_deref().is_none_or(is_code))?;
                fits("table", table.as_deref().is_none_or(is_code))?;
                fits("rows", [rows, accepted, rejected].into_iter().all(|count| *count <= LARGEST_NUMBER))
            }
            Self::ManifestDeclared { unit, kind, from, to, count, .. } => {
                fits("unit", is_code(unit))?;
                fits("kind", is_code(kind))?;
                fits("period", from <= to)?;
                fits("count", *count <= LARGEST_NUMBER)
            }
            Self::TemplateActivated { version, .. } => {
                let is_in_place = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
                fits("version", (1..=40).contains(&version.len()) && version.bytes().all(is_in_place))
            }
            Self::KeyAnnounced { key, .. } | Self::KeyRetired { key, .. } => {
                fits("key", (1..=128).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()))
            }
        }
    }
}

/// 报告编号, as it prints: `CZXY-20261129-TT102VAK`.
fn is_report_number(text: &str) -> bool {
    let mut parts = text.split('-');
    let is = |part: Option<&str>, length: usize, fits: fn(u8) -> bool| {
        part.is_some_and(|part| part.len() == length && part.bytes().all(fits))
    };
    let is_drawn = |byte: u8| matches!(byte, b'0'..=b'9' | b'A'..=b'Z') && !b"ILOU".contains(&byte);
    parts.next() == Some("CZXY")
        && is(parts.next(), 8, |byte| byte.is_ascii_digit())
        && is(parts.next(), 8, is_drawn)
        && parts.next().is_none()
}

/// The code of a unit, a table, a kind: `market-supervision`, `market-supervision-140403`.
fn is_code(text: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    text.len() <= 64 && text.split('-').all(is_word)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn issued() -> Fact {
        let at = "2026-11-29T03:00:00Z".parse().unwrap();
        Fact::ReportIssued {
            number: "CZXY-20261129-TT102VAK".to_owned(),
            content: Digest::of(b"c"),
            file: Digest::of(b"f"),
            at,
        }
    }

    #[test]
    fn an_entry_is_read_as_it_was_written_and_in_no_other_form() {
        let entry = issued().entry().unwrap();
        assert_eq!(Fact::read(&entry).unwrap(), issued());
        let text = String::from_utf8(entry).unwrap();
        assert!(text.starts_with(r#"{"at":"2026-11-29T03:00:00Z","content":""#), "{text}");
        let otherwise = [
            text.replace(r#"","content""#, r#"", "content""#),
            text.replace('{', r#"{"subject":"x","#),
            text.replace(r#"{"at""#, r#"{"at":"2026-11-29T03:00:00Z","at""#),
            text.replace("03:00:00Z", "03:00:00+00:00"),
            text.replace("report-issued", "report-made"),
            text.replace("CZXY-20261129-TT102VAK", ""),
            format!("{text}\n"),
            text.to_uppercase(),
        ];
        for entry in otherwise {
            assert!(Fact::read(entry.as_bytes()).is_err(), "{entry}");
        }
    }

    #[test]
    fn what_fits_no_field_is_neither_written_nor_read() {
        let at = "2026-11-29T03:00:00Z".parse().unwrap();
        let withdrawn = |number: &str| Fact::ReportWithdrawn { number: number.to_owned(), at };
        let declared = |unit: &str, to: &str, count| {
            let (unit, from, to) = (unit.to_owned(), "2025-02-01".parse().unwrap(), to.parse().unwrap());
            Fact::ManifestDeclared { unit, kind: "penalty".to_owned(), from, to, count, at }
        };
        for fits in [withdrawn("CZXY-20261129-TT102VAK"), declared("tax-140403", "2025-02-01", LARGEST_NUMBER)] {
            assert_eq!(Fact::read(&fits.entry().unwrap()).unwrap(), fits);
        }
        let unfit = [
            withdrawn("张三 140402199001011234"),
            withdrawn("CZXY-1"),
            withdrawn("CZXY-20261129-TT102VAI"),
            withdrawn("CZXY-20261129-TT102VAK-1"),
            declared("长治市某某公司", "2025-02-28", 1),
            declared("tax--140403", "2025-02-28", 1),
            declared("tax", "2025-01-31", 1),
            declared("tax", "2025-02-28", LARGEST_NUMBER + 1),
            declared("tax", "2025-02-28", u64::MAX),
            Fact::TemplateActivated { version: "二".to_owned(), at },
            Fact::FileAdded {
                number: "CZXY-20261129-TT102VAK".to_owned(),
                version: "whatever".to_owned(),
                file: Digest::of(b"f"),
                at,
            },
        ];
        for fact in unfit {
            assert!(matches!(fact.entry(), Err(FactError::Unfit(_))), "{fact:?}");
            let written = serde_json_canonicalizer::to_vec(&fact).unwrap();
            assert!(Fact::read(&written).is_err(), "{fact:?}");
        }
    }
}
