//! The electronic signature of a report: PAdES (ETSI EN 319 142-1), a detached CMS signature (RFC 5652) over the file, added as an
//! incremental update. The unsigned file stays a prefix of the signed one.
//!
//! Without a time-stamping authority it is of level B-B. With one it is of B-LTA: a second update has the certificates, what their
//! issuers said of them, and a time stamp over the whole file. Later ones prolong it: each is a further version of the file, of
//! which the ones before are prefixes.
//!
//! ```text
//! unsigned file + anchor ─ certification ─▶ file with a gap ─ digest ─▶ cms ─ signer (KMS, or a key at hand) ─▶ gap filled
//!     ─ evidence (revocation) ─ archiving ─▶ file with a gap ─ digest ─▶ timestamp ─▶ gap filled
//! ```

mod algorithm;
mod anchor;
mod answer;
mod answering;
mod archiving;
mod certificate_request;
mod certificates;
mod certification;
mod cms;
mod document_signer;
mod error;
mod evidence;
mod fitness;
mod granting;
mod jwk;
mod key_history;
mod publication;
mod revision;
mod revocation;
mod signer;
mod timestamp;
mod update;

pub use anchor::Anchor;
pub use answering::RevokedSerials;
pub use certificate_request::{KeyPlace, certificate_request};
pub use certificates::Certificates;
pub use document_signer::{DocumentSigner, Prolonged, Signed};
pub use error::SignatureError;
pub use key_history::{EarlierKey, KeyHistory, rotated};
pub use signer::Signer;
pub use timestamp::TimestampAuthority;
