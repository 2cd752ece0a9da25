//! Versions of a report's file: each begins with the bytes of the one before, and proves the same for longer.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::ContentDigest;

/// What a file's signature is proven by (PAdES baseline levels, ETSI EN 319 142-1, 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum SignatureLevel {
    /// The signature alone: for as long as its certificate is valid.
    #[default]
    #[serde(rename = "B-B")]
    BasicB,
    /// With a time stamp of the signature.
    #[serde(rename = "B-T")]
    Timestamped,
    /// With the certificates, what their issuers said of them, and a time stamp over all of it.
    #[serde(rename = "B-LTA")]
    LongTermArchive,
}

impl SignatureLevel {
    /// The standard's name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BasicB => "B-B",
            Self::Timestamped => "B-T",
            Self::LongTermArchive => "B-LTA",
        }
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::BasicB => "电子签名",
            Self::Timestamped => "电子签名，附签名时间戳",
            Self::LongTermArchive => "电子签名，附长期验证资料和存档时间戳",
        }
    }
}

/// Why a version was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// When the report was issued.
    AsIssued,
    /// What could not be had then was added.
    Completed,
    /// A new time stamp was added before the last one's certificate ends.
    Restamped,
}

impl FileKind {
    /// For programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AsIssued => "as-issued",
            Self::Completed => "completed",
            Self::Restamped => "restamped",
        }
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::AsIssued => "出具时的文件",
            Self::Completed => "补加时间戳和验证资料后的文件",
            Self::Restamped => "续加存档时间戳后的文件",
        }
    }
}

/// A version of a report's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileVersion {
    /// Why it was made.
    pub kind: FileKind,
    /// When.
    pub at: Timestamp,
    /// Its SHA-256.
    pub sha256: ContentDigest,
    /// Its size.
    pub bytes: u64,
    /// What it is proven by.
    pub level: SignatureLevel,
    /// Until when its newest time stamp is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamped_until: Option<Timestamp>,
}

/// For how long reports are proven anew.
const PROVEN: SignedDuration = SignedDuration::from_hours(30 * 365 * 24);
/// How often a time stamp is added.
const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);
/// How long before a time stamp ends the next is added at the latest.
const BEFORE_END: SignedDuration = SignedDuration::from_hours(90 * 24);

impl FileVersion {
    /// When the next version is to be made; `None` when thirty years are over.
    pub fn next_due(&self, issued_at: Timestamp) -> Option<Timestamp> {
        let due = match (self.level, self.stamped_until) {
            (SignatureLevel::LongTermArchive, Some(until)) => {
                let yearly = self.at.saturating_add(YEAR).unwrap_or(Timestamp::MAX);
                yearly.min(until.saturating_sub(BEFORE_END).unwrap_or(self.at)).max(self.at)
            }
            _ => self.at,
        };
        let over = issued_at.saturating_add(PROVEN).unwrap_or(Timestamp::MAX);
        (due < over).then_some(due)
    }

    /// What a version is that is made from this one.
    pub const fn next_kind(&self) -> FileKind {
        match self.level {
            SignatureLevel::LongTermArchive => FileKind::Restamped,
            SignatureLevel::BasicB | SignatureLevel::Timestamped => FileKind::Completed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(level: SignatureLevel, at: &str, until: Option<&str>) -> FileVersion {
        FileVersion {
            kind: FileKind::AsIssued,
            at: at.parse().unwrap(),
            sha256: ContentDigest::of(b""),
            bytes: 0,
            level,
            stamped_until: until.map(|until| until.parse().unwrap()),
        }
    }

    #[test]
    fn the_next_version_is_due_a_year_later_or_before_the_stamp_ends() {
        use SignatureLevel::{BasicB, LongTermArchive, Timestamped};
        let issued = "2025-11-03T02:00:00Z";
        for (level, at, until, due) in [
            (BasicB, issued, None, Some(issued)),
            (Timestamped, issued, Some("2035-01-01T00:00:00Z"), Some(issued)),
            (LongTermArchive, issued, Some("2035-01-01T00:00:00Z"), Some("2026-11-03T02:00:00Z")),
            (LongTermArchive, issued, Some("2026-05-01T00:00:00Z"), Some("2026-01-31T00:00:00Z")),
            // A certificate that ends so soon is not asked about again at once and for ever: the next stamp has another.
            (LongTermArchive, issued, Some("2025-12-01T00:00:00Z"), Some(issued)),
            (LongTermArchive, "2055-06-01T00:00:00Z", Some("2065-01-01T00:00:00Z"), None),
        ] {
            let found = version(level, at, until).next_due(issued.parse().unwrap());
            assert_eq!(found, due.map(|due| due.parse().unwrap()), "{level:?} {at} {until:?}");
        }
    }
}
