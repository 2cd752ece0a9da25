//! What can go wrong when a file is signed.

use thiserror::Error;

/// Why a file could not be signed. No variant carries key material.
#[derive(Debug, Error)]
pub enum SignatureError {
    /// The certificates or the key are not what they should be.
    #[error("the signing configuration cannot be used: {0}")]
    Configuration(String),
    #[error("the key service failed: {0}")]
    KeyService(String),
    /// The time-stamping authority refused, gave what it should not, or could not be reached.
    #[error("the time-stamping authority failed: {0}")]
    TimestampAuthority(String),
    #[error("the signature cannot be encoded: {0}")]
    Encoding(#[from] der::Error),
    #[error("the signature takes {0} bytes more than were left for it")]
    TooLong(usize),
}
