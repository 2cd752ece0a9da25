//! What can go wrong when a file is signed.

use thiserror::Error;

/// Why a file could not be signed. No variant carries key material.
#[derive(Debug, Error)]
pub enum SignatureError {
    /// The certificates or the key are not what they should be.
    #[error("the signing configuration cannot be used: {0}")]
    Configuration(String),
    /// What signs is not fit to: the key is another certificate's, or a certificate does not hold.
    #[error("what signs is not fit to: {0}")]
    Unfit(String),
    /// What a certificate is asked for is not what it should be.
    #[error("no certificate can be asked for: {0}")]
    Request(String),
    #[error("the key service failed: {0}")]
    KeyService(String),
    /// The time-stamping authority refused, gave what it should not, or could not be reached.
    #[error("the time-stamping authority failed: {0}")]
    TimestampAuthority(String),
    /// Nobody says whether a certificate is revoked.
    #[error("whether a certificate is revoked is not known: {0}")]
    Revocation(String),
    /// A certificate is revoked: what it signs proves nothing.
    #[error("a certificate is revoked: {0}")]
    Revoked(String),
    /// A file that is to be proven for longer is none that this program signed, or others have added to it.
    #[error("the file is not one that was signed here")]
    Foreign,
    /// A file that was to be proven for decades is not, as who judges files sees it.
    #[error("the file is not proven as it should be: {0}")]
    Unproven(String),
    #[error("the signature cannot be encoded: {0}")]
    Encoding(#[from] der::Error),
    #[error("the signature takes {0} bytes more than were left for it")]
    TooLong(usize),
}
