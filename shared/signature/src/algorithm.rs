//! What kinds of keys sign, and how.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use der::Any;
use der::oid::ObjectIdentifier;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ELLIPTIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");

/// How signatures are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// ECDSA on P-256 with SHA-256 (FIPS 186-5).
    EcdsaP256Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017).
    RsaSha256,
}

impl Algorithm {
    /// How this key signs; `None` when it is neither an RSA key nor one on P-256.
    pub(crate) fn of(key: &SubjectPublicKeyInfoOwned) -> Option<Self> {
        let curve = key.algorithm.parameters.as_ref().and_then(|parameters| parameters.decode_as().ok());
        match (key.algorithm.oid, curve) {
            (RSA, _) => Some(Self::RsaSha256),
            (ELLIPTIC, Some(P256)) => Some(Self::EcdsaP256Sha256),
            _ => None,
        }
    }

    /// What signatures are called in certificates and what is signed (RFC 5754, RFC 5758).
    pub(crate) fn identifier(self) -> AlgorithmIdentifierOwned {
        match self {
            Self::EcdsaP256Sha256 => AlgorithmIdentifierOwned { oid: ECDSA_WITH_SHA256, parameters: None },
            Self::RsaSha256 => AlgorithmIdentifierOwned { oid: SHA256_WITH_RSA, parameters: Some(Any::null()) },
        }
    }

    /// Whether a signature of a message is of the key with these bits.
    pub(crate) fn confirms(self, public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let rules: &'static dyn VerificationAlgorithm = match self {
            Self::EcdsaP256Sha256 => &ECDSA_P256_SHA256_ASN1,
            Self::RsaSha256 => &RSA_PKCS1_2048_8192_SHA256,
        };
        UnparsedPublicKey::new(rules, public_key).verify(message, signature).is_ok()
    }
}
