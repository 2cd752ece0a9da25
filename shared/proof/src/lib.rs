//! Whether a report is as it was issued: judged by the file alone, offline, without the service that issued it.
//!
//! A report is a PDF with a PAdES signature (ETSI EN 319 142-1) that certifies it: nothing may be added but what
//! proves it for longer, which are a security store and document time stamps. [`judge`] reads a file, verifies its
//! signature and time stamps against pinned certificates, and looks at every byte behind what was signed.
//!
//! ```
//! use xinzheng_proof::{Trust, Verdict, judge};
//!
//! let judgement = judge(b"no PDF", &Trust::nobody(), jiff::Timestamp::now());
//! assert_eq!(judgement.verdict, Verdict::Unreadable);
//! ```
//!
//! It is strict: what readers may understand differently is not understood, and what is not understood is a change.
//! Nothing panics on any bytes; files above [`LARGEST`] are not read, and what is decompressed is bounded.

mod additions;
mod algorithm;
mod certificate;
mod certified;
mod chain;
mod cms;
mod contents;
mod covered;
mod judge;
mod judgement;
mod path;
mod pdf;
mod reason;
mod revocation;
mod time_stamp;
mod trust;

pub use additions::{Additions, AdditionsKind, Change, Changed};
pub use chain::{ChainFault, signing_chain};
pub use judge::{LARGEST, judge};
pub use judgement::{
    Certification, Chain, Document, EmbeddedData, Judgement, Level, Revision, Revocation, RevocationSource, Signature,
    SignatureState, Signer, Stamped, TimeStamp, TimeStampState, Verdict,
};
pub use reason::{Reason, ReasonCode};
pub use trust::{Trust, TrustError};
