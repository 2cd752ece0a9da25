//! Who holds the key: AWS KMS, or this process.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};

use crate::algorithm::Algorithm;
use crate::error::SignatureError;

#[derive(Clone)]
pub struct Signer(Holder);

#[derive(Clone)]
enum Holder {
    KeyService { client: aws_sdk_kms::Client, key: String, algorithm: SigningAlgorithmSpec },
    Elliptic(Arc<EcdsaKeyPair>),
    Rsa(Arc<RsaKeyPair>),
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Holder::KeyService { .. } => "Signer(KMS)",
            Holder::Elliptic(_) => "Signer(P-256)",
            Holder::Rsa(_) => "Signer(RSA)",
        })
    }
}

impl Signer {
    /// A key of KMS, by its id or ARN: `SIGN_VERIFY`, of spec `ECC_NIST_P256` or `RSA_*`.
    pub(crate) fn with_key_service(client: aws_sdk_kms::Client, key: String, algorithm: Algorithm) -> Self {
        let algorithm = match algorithm {
            Algorithm::EcdsaP256Sha256 => SigningAlgorithmSpec::EcdsaSha256,
            Algorithm::RsaSha256 => SigningAlgorithmSpec::RsassaPkcs1V15Sha256,
        };
        Self(Holder::KeyService { client, key, algorithm })
    }

    /// A private key in PKCS#8 PEM (RFC 5958).
    pub(crate) fn with_key(pem: &str, algorithm: Algorithm) -> Result<Self, SignatureError> {
        let wrong = || SignatureError::Configuration("the private key is not one of the certificate's kind".to_owned());
        let key = pem::parse(pem).map_err(|_| wrong())?;
        let der = key.contents();
        let holder = match algorithm {
            Algorithm::EcdsaP256Sha256 => {
                let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der).map_err(|_| wrong())?;
                Holder::Elliptic(Arc::new(key))
            }
            Algorithm::RsaSha256 => Holder::Rsa(Arc::new(RsaKeyPair::from_pkcs8(der).map_err(|_| wrong())?)),
        };
        Ok(Self(holder))
    }

    /// Signs a message whose SHA-256 is `digest`. One Sign of KMS, which gets the digest alone.
    pub(crate) async fn sign(&self, digest: &[u8; 32], message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        let failed = || SignatureError::KeyService("the key at hand cannot sign".to_owned());
        match &self.0 {
            Holder::KeyService { client, key, algorithm } => {
                let signed = client
                    .sign()
                    .key_id(key)
                    .message(Blob::new(digest.as_slice()))
                    .message_type(MessageType::Digest)
                    .signing_algorithm(algorithm.clone())
                    .send()
                    .await
                    .map_err(|error| silent(&error))?;
                let signature = signed.signature.ok_or_else(failed)?;
                Ok(signature.into_inner())
            }
            Holder::Elliptic(key) => {
                let signature = key.sign(&SystemRandom::new(), message).map_err(|_| failed())?;
                Ok(signature.as_ref().to_vec())
            }
            Holder::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(|_| failed())?;
                Ok(signature)
            }
        }
    }
}

/// What the key service refused with, or why it said nothing.
pub(crate) fn silent<E: std::error::Error + ProvideErrorMetadata + 'static>(error: &SdkError<E>) -> SignatureError {
    let said: Vec<&str> = [error.code(), error.message()].into_iter().flatten().collect();
    if !said.is_empty() {
        return SignatureError::KeyService(said.join(": "));
    }
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |cause| cause.source());
    SignatureError::KeyService(causes.map(ToString::to_string).collect::<Vec<_>>().join(": "))
}
