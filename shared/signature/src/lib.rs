//! The electronic signature of a report: PAdES baseline B-B (ETSI EN 319 142-1), a detached CMS signature (RFC 5652) over
//! the file, added as an incremental update. The unsigned file stays a prefix of the signed one.
//!
//! ```text
//! unsigned file + anchor ─ update ─▶ file with a gap ─ digest ─▶ cms ─ signer (KMS, or a key at hand) ─▶ gap filled
//! ```

mod certificates;
mod cms;
mod jwk;
mod signer;
mod update;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use thiserror::Error;
use xinzheng_render::Anchor;

pub use certificates::Certificates;
pub use signer::Signer;

/// Why a file could not be signed. No variant carries key material.
#[derive(Debug, Error)]
pub enum SignatureError {
    /// The certificates or the key are not what they should be.
    #[error("the signing configuration cannot be used: {0}")]
    Configuration(String),
    /// The key service refused or could not be reached.
    #[error("the key service failed: {0}")]
    KeyService(String),
    /// A structure could not be encoded.
    #[error("the signature cannot be encoded: {0}")]
    Encoding(#[from] der::Error),
    /// The signature is longer than the gap left for it.
    #[error("the signature takes {0} bytes more than were left for it")]
    TooLong(usize),
}

/// Who signs: certificates, and the key that belongs to the first of them.
#[derive(Clone, Debug)]
pub struct Seal {
    certificates: Certificates,
    signer: Signer,
}

impl Seal {
    /// Reads the configuration:
    /// `{"certificates": "<PEM, the signing certificate first>", "private_key": "<PKCS#8 PEM>"}`, or with
    /// `"kms_key_id": "<ARN>"` instead of a key at hand.
    pub fn parse(json: &str, key_service: &aws_sdk_kms::Client) -> Result<Self, SignatureError> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Configuration {
            certificates: String,
            private_key: Option<String>,
            kms_key_id: Option<String>,
        }
        let wrong = |why: &str| SignatureError::Configuration(why.to_owned());
        let Configuration { certificates, private_key, kms_key_id } =
            serde_json::from_str(json).map_err(|_| wrong("it is not JSON with certificates and a key"))?;
        let certificates = Certificates::parse(&certificates)?;
        let signer = match (private_key, kms_key_id) {
            (Some(key), None) => Signer::with_key(&key, certificates.algorithm())?,
            (None, Some(id)) => Signer::with_key_service(key_service.clone(), id, certificates.algorithm()),
            _ => return Err(wrong("give either private_key or kms_key_id")),
        };
        Ok(Self { certificates, signer })
    }

    /// The certificates, for whoever checks signatures.
    pub const fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// Signs a file: returns the signed one, of which the unsigned is a prefix. One Sign of the key service, none with a
    /// key at hand.
    pub async fn sign(
        &self,
        unsigned: Vec<u8>,
        anchor: &Anchor,
        issuer: &str,
        at: Timestamp,
    ) -> Result<Vec<u8>, SignatureError> {
        // The structure with a signature of the longest form says how much room is needed.
        let placeholder = vec![0; self.certificates.algorithm().longest_signature()];
        let room = cms::signed_data(&self.certificates, &[0; 32], placeholder)?.len();
        let mut update = update::with_gap(unsigned, anchor, issuer, at, room);
        let digest: [u8; 32] = update.digest();
        let attributes = cms::signed_attributes(&self.certificates, &digest)?;
        let to_sign: [u8; 32] = Sha256::digest(cms::to_sign(&attributes)?).into();
        let signature = self.signer.sign(&to_sign, &cms::to_sign(&attributes)?).await?;
        let signed = cms::signed_data(&self.certificates, &digest, signature)?;
        update.fill(&signed)?;
        Ok(update.into_bytes())
    }
}
