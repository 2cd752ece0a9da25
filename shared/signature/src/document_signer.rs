//! Who signs, and the signed file.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::anchor::Anchor;
use crate::certificates::Certificates;
use crate::cms::{self, Content};
use crate::error::SignatureError;
use crate::signer::Signer;
use crate::timestamp::{LONGEST_TOKEN, TimestampAuthority};
use crate::update;

/// Who signs: certificates, the key that belongs to the first of them, and who says when.
#[derive(Clone, Debug)]
pub struct DocumentSigner {
    certificates: Certificates,
    signer: Signer,
    timestamps: Option<TimestampAuthority>,
}

impl DocumentSigner {
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
        Ok(Self { certificates, signer, timestamps: None })
    }

    /// The certificates, for whoever checks signatures.
    pub const fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// The same, whose signatures a time-stamping authority stamps.
    #[must_use]
    pub fn stamped_by(self, authority: Option<TimestampAuthority>) -> Self {
        Self { timestamps: authority, ..self }
    }

    /// Signs a file: returns the signed one, of which the unsigned is a prefix. One Sign of the key service, none with a
    /// key at hand; one request to the time-stamping authority, when there is one.
    ///
    /// An authority that fails is told with the file: its signature holds without a token.
    pub async fn sign(
        &self,
        unsigned: Vec<u8>,
        anchor: &Anchor,
        issuer: &str,
        at: Timestamp,
    ) -> Result<Signed, SignatureError> {
        // The structure with a signature of the longest form says how much room is needed.
        let placeholder = vec![0; self.certificates.algorithm().longest_signature()];
        let room = cms::signed_data(&self.certificates, Content::Detached(&[0; 32]), placeholder, None)?.len();
        let room = room + self.timestamps.as_ref().map_or(0, |_| LONGEST_TOKEN + 64);
        let mut update = update::with_gap(unsigned, anchor, issuer, at, room);
        let digest: [u8; 32] = update.digest();
        let content = Content::Detached(&digest);
        let signature = self.signature_of(content).await?;
        let (token, unstamped) = match &self.timestamps {
            None => (None, None),
            Some(authority) => match authority.stamp(&signature).await {
                Ok(token) => (Some(token), None),
                Err(error) => (None, Some(error)),
            },
        };
        update.fill(&cms::signed_data(&self.certificates, content, signature, token.as_deref())?)?;
        Ok(Signed { file: update.into_bytes(), unstamped })
    }

    /// A signature of what says which content it is of.
    pub(crate) async fn signature_of(&self, content: Content<'_>) -> Result<Vec<u8>, SignatureError> {
        let attributes = cms::to_sign(&cms::signed_attributes(&self.certificates, content)?)?;
        let digest: [u8; 32] = Sha256::digest(&attributes).into();
        self.signer.sign(&digest, &attributes).await
    }
}

#[derive(Debug)]
pub struct Signed {
    pub file: Vec<u8>,
    /// Why it has no token of the time-stamping authority that there is.
    pub unstamped: Option<SignatureError>,
}
