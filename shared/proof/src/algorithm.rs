//! Digests and signatures by their object identifiers (RFC 5754, RFC 5758).

use aws_lc_rs::digest as hash;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};
use der::Tag;
use der::asn1::ObjectIdentifier;
use der::{Decode, Tagged};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA_512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const ELLIPTIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ECDSA_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA_512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
const SM2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");
const SHA_1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
pub(crate) const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA_512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

/// Why a signature does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SignatureFault {
    /// This algorithm is not known here: nothing can be said.
    Unsupported(String),
    /// It is not of this key and message.
    Wrong,
}

/// The digest of these bytes one after the other; none of an algorithm that is not accepted.
pub(crate) fn digest(algorithm: &AlgorithmIdentifierOwned, parts: &[&[u8]]) -> Option<Vec<u8>> {
    let algorithm = match algorithm.oid {
        SHA_256 => &hash::SHA256,
        SHA_384 => &hash::SHA384,
        SHA_512 => &hash::SHA512,
        _ => return None,
    };
    Some(digested(algorithm, parts))
}

/// The same where a digest only says which certificate is meant, not what it is like.
pub(crate) fn naming_digest(algorithm: ObjectIdentifier, bytes: &[u8]) -> Option<Vec<u8>> {
    if algorithm == SHA_1 {
        return Some(digested(&hash::SHA1_FOR_LEGACY_USE_ONLY, &[bytes]));
    }
    digest(&AlgorithmIdentifierOwned { oid: algorithm, parameters: None }, &[bytes])
}

fn digested(algorithm: &'static hash::Algorithm, parts: &[&[u8]]) -> Vec<u8> {
    let mut context = hash::Context::new(algorithm);
    parts.iter().for_each(|part| context.update(part));
    context.finish().as_ref().to_vec()
}

/// The SHA-256 of bytes in hexadecimal digits.
pub(crate) fn sha_256(bytes: &[u8]) -> String {
    hexadecimal(&digested(&hash::SHA256, &[bytes]))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of what grows.
#[derive(Clone)]
pub(crate) struct Running(hash::Context);

impl Default for Running {
    fn default() -> Self {
        Self(hash::Context::new(&hash::SHA256))
    }
}

impl Running {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Of all that there was until now.
    pub(crate) fn so_far(&self) -> String {
        hexadecimal(self.0.clone().finish().as_ref())
    }
}

/// Whether the parameters are absent or NULL, as those of all these algorithms are.
pub(crate) fn has_no_parameters(algorithm: &AlgorithmIdentifierOwned) -> bool {
    algorithm.parameters.as_ref().is_none_or(|any| any.tag() == Tag::Null && any.value().is_empty())
}

/// Verifies a signature. `digest` is the algorithm that a CMS names apart from that of the signature.
pub(crate) fn verify(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: &AlgorithmIdentifierOwned,
    digest: Option<&AlgorithmIdentifierOwned>,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureFault> {
    let unsupported = |oid: ObjectIdentifier| SignatureFault::Unsupported(oid.to_string());
    let curve = key.algorithm.parameters.as_ref().and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    if curve == Some(SM2) || key.algorithm.oid == SM2 {
        return Err(SignatureFault::Unsupported("SM2".to_owned()));
    }
    let hash = match algorithm.oid {
        RSA_SHA_256 | ECDSA_SHA_256 => SHA_256,
        RSA_SHA_384 | ECDSA_SHA_384 => SHA_384,
        RSA_SHA_512 | ECDSA_SHA_512 => SHA_512,
        RSA => digest.ok_or(SignatureFault::Wrong)?.oid,
        other => return Err(unsupported(other)),
    };
    let is_rsa = !matches!(algorithm.oid, ECDSA_SHA_256 | ECDSA_SHA_384 | ECDSA_SHA_512);
    let fits = has_no_parameters(algorithm)
        && is_rsa == (key.algorithm.oid == RSA)
        && digest.is_none_or(|digest| digest.oid == hash && has_no_parameters(digest));
    if !fits {
        return Err(SignatureFault::Wrong);
    }
    let rules: &'static dyn VerificationAlgorithm = match (key.algorithm.oid, curve, hash) {
        (RSA, _, SHA_256) => &RSA_PKCS1_2048_8192_SHA256,
        (RSA, _, SHA_384) => &RSA_PKCS1_2048_8192_SHA384,
        (RSA, _, SHA_512) => &RSA_PKCS1_2048_8192_SHA512,
        (ELLIPTIC, Some(P256), SHA_256) => &ECDSA_P256_SHA256_ASN1,
        (ELLIPTIC, Some(P256), SHA_384) => &ECDSA_P256_SHA384_ASN1,
        (ELLIPTIC, Some(P256), SHA_512) => &ECDSA_P256_SHA512_ASN1,
        (ELLIPTIC, Some(P384), SHA_256) => &ECDSA_P384_SHA256_ASN1,
        (ELLIPTIC, Some(P384), SHA_384) => &ECDSA_P384_SHA384_ASN1,
        (ELLIPTIC, Some(P384), SHA_512) => &ECDSA_P384_SHA512_ASN1,
        (key, ..) => return Err(unsupported(curve.unwrap_or(key))),
    };
    let key = key.subject_public_key.as_bytes().ok_or(SignatureFault::Wrong)?;
    UnparsedPublicKey::new(rules, key).verify(message, signature).map_err(|_| SignatureFault::Wrong)
}

/// What is signed in a certificate, revocation list or OCSP response: the first of its three parts, as it is written.
pub(crate) fn signed_part(der: &[u8]) -> Option<Vec<u8>> {
    let parts = Vec::<der::Any>::from_der(der).ok()?;
    der::Encode::to_der(parts.first()?).ok()
}
