//! The electronic signature of a report: PAdES baseline B-B (ETSI EN 319 142-1), a detached CMS signature (RFC 5652) over
//! the file, added as an incremental update. The unsigned file stays a prefix of the signed one.
//!
//! With a time-stamping authority it is of level B-T.
//!
//! ```text
//! unsigned file + anchor ─ update ─▶ file with a gap ─ digest ─▶ cms ─ signer (KMS, or a key at hand) ─▶ gap filled
//! ```

mod anchor;
mod certificates;
mod cms;
mod document_signer;
mod error;
mod granting;
mod jwk;
mod signer;
mod timestamp;
mod update;

pub use anchor::Anchor;
pub use certificates::Certificates;
pub use document_signer::{DocumentSigner, Signed};
pub use error::SignatureError;
pub use signer::Signer;
pub use timestamp::TimestampAuthority;
