//! What is said of a file.

use jiff::Timestamp;
use serde::Serialize;

use crate::additions::Additions;
use crate::reason::Reason;

/// A judgement, complete: whoever reads it needs nothing else to know why.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
    pub verdict: Verdict,
    /// Why, what counts most first.
    pub reasons: Vec<Reason>,
    /// The moment that it was made for.
    pub at: Timestamp,
    pub document: Document,
    pub signature: Signature,
    pub certification: Certification,
    /// The signature's first, then the document's, the oldest first.
    pub time_stamps: Vec<TimeStamp>,
    pub revocation: Revocation,
    /// None of a signature that is not valid, or leads to nobody who is pinned.
    pub level: Option<Level>,
    pub additions: Additions,
}

/// What is to be thought of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As it was issued.
    Genuine,
    /// As it was issued, and extended with what proves it for longer.
    GenuineWithProofsAdded,
    /// Not as it was issued, or not so that it can be told.
    Altered,
    /// The signature cannot be put down to anyone who is pinned.
    NotOurs,
    Unsigned,
    /// No PDF, a broken one, or signed in a way that is not known here.
    Unreadable,
}

impl Verdict {
    pub const fn is_genuine(self) -> bool {
        matches!(self, Self::Genuine | Self::GenuineWithProofsAdded)
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Genuine => "真实",
            Self::GenuineWithProofsAdded => "真实，附有长期证明",
            Self::Altered => "已被改动",
            Self::NotOurs => "不是可信机构签署",
            Self::Unsigned => "没有签名",
            Self::Unreadable => "无法判断",
        }
    }

    pub const fn code(self) -> &'static str {
        match self {
            Self::Genuine => "genuine",
            Self::GenuineWithProofsAdded => "genuine-with-proofs-added",
            Self::Altered => "altered",
            Self::NotOurs => "not-ours",
            Self::Unsigned => "unsigned",
            Self::Unreadable => "unreadable",
        }
    }
}

/// What was read.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Document {
    pub bytes: usize,
    /// The SHA-256 of the file.
    pub sha256: String,
    /// How much of it the certifying signature is of.
    pub signed_bytes: Option<usize>,
    /// The SHA-256 of that part: what the file was when it was signed.
    pub signed_sha256: Option<String>,
    /// What the file was when it was signed, and after each update behind that: any of these may be what was issued.
    pub revisions: Vec<Revision>,
    pub pages: Option<usize>,
    /// The report's number in the title.
    pub number: Option<String>,
    pub data: Option<EmbeddedData>,
}

/// A part of a file that it begins with, up to an end of file in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Revision {
    pub bytes: usize,
    pub sha256: String,
}

/// The data of a report, as they are embedded in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EmbeddedData {
    pub name: String,
    pub bytes: usize,
    /// The content digest.
    pub sha256: String,
    /// The report's number in the data.
    pub number: Option<String>,
    /// Whether that is the one in the title.
    pub has_number_of_title: bool,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Signature {
    pub state: SignatureState,
    pub signer: Option<Signer>,
    pub chain: Chain,
    /// When the signature existed at the latest: what its certificate is judged by.
    pub moment: Option<Timestamp>,
    /// Whether a time stamp of a pinned authority proves that moment; else it is that of the judgement.
    pub is_moment_proven: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureState {
    #[default]
    None,
    /// It is of these bytes, by the key of its certificate.
    Valid,
    Broken,
    /// It cannot be judged here.
    Unsupported,
}

/// Where a certificate leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Chain {
    /// To a pinned certificate, valid at the moment.
    Pinned,
    #[default]
    NotPinned,
    OutOfTime,
    /// The certificate is not for this purpose.
    OtherPurpose,
    /// It cannot be judged here.
    Unsupported,
}

/// By which certificate something was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signer {
    pub name: String,
    pub issuer: String,
    /// The SHA-256 of the certificate.
    pub sha256: String,
    pub not_before: Option<Timestamp>,
    pub not_after: Option<Timestamp>,
}

/// That nothing may be changed (DocMDP, P = 1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Certification {
    pub is_in_signature: bool,
    pub is_in_catalog: bool,
    /// What may be changed: 1 is nothing.
    pub permissions: Option<i64>,
}

#[derive(Clone, Debug, Serialize)]
pub struct TimeStamp {
    pub of: Stamped,
    pub state: TimeStampState,
    pub time: Option<Timestamp>,
    pub authority: Option<Signer>,
}

/// What a time stamp is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stamped {
    Signature,
    Document,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeStampState {
    /// Of a pinned authority.
    Valid,
    /// By an authority that is not pinned, or not any more: it proves no time.
    NotPinned,
    /// It is not of what it should be.
    Broken,
    /// It cannot be judged here: who changed it, if anyone did, cannot be told.
    Unsupported,
}

/// Whether the signing certificate, or one that it rests on, was taken back. From what the file has; nobody is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Revocation {
    Good {
        by: RevocationSource,
        /// As of when.
        as_of: Timestamp,
    },
    Revoked {
        at: Timestamp,
    },
    #[default]
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationSource {
    Crl,
    Ocsp,
}

/// The baseline level of PAdES (ETSI EN 319 142-1) that is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Level {
    #[serde(rename = "B-B")]
    B,
    #[serde(rename = "B-T")]
    T,
    #[serde(rename = "B-LT")]
    Lt,
    #[serde(rename = "B-LTA")]
    Lta,
}

impl Level {
    pub const fn code(self) -> &'static str {
        match self {
            Self::B => "B-B",
            Self::T => "B-T",
            Self::Lt => "B-LT",
            Self::Lta => "B-LTA",
        }
    }
}
