//! A certificate is asked for (PKCS#10, RFC 2986), by a request that the key has signed, wherever that is held.

use std::str::FromStr;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, RsaKeyPair};
use der::asn1::{BitString, OctetString, SetOfVec};
use der::oid::ObjectIdentifier;
use der::pem::LineEnding;
use der::{Decode, Encode, EncodePem};
use sha2::{Digest, Sha256};
use x509_cert::attr::Attribute;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{KeyUsage, KeyUsages};
use x509_cert::name::Name;
use x509_cert::request::{CertReq, CertReqInfo, ExtensionReq, Version};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use crate::algorithm::Algorithm;
use crate::error::SignatureError;
use crate::signer::{Signer, silent};

const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");

/// Where the key is that a certificate is asked for.
#[derive(Clone, Copy)]
pub enum KeyPlace<'k> {
    /// In KMS: who asks it, and the key's id or ARN.
    KeyService(&'k aws_sdk_kms::Client, &'k str),
    /// At hand: PKCS#8 PEM (RFC 5958).
    AtHand(&'k str),
}

/// The request for a certificate that lets a key sign documents (`digitalSignature`, `nonRepudiation`), as PEM. One GetPublicKey and
/// one Sign of the key service, none with a key at hand.
///
/// `subject` is a distinguished name as RFC 4514 writes it, such as `CN=…,O=…,C=CN`.
///
/// # Errors
///
/// [`SignatureError::Request`] when it is none, or the key is neither an RSA key nor one on P-256; [`SignatureError::KeyService`] when
/// the key service refuses.
pub async fn certificate_request(subject: &str, key: KeyPlace<'_>) -> Result<String, SignatureError> {
    let subject = Name::from_str(subject).ok().filter(|name| !name.0.is_empty());
    let subject =
        subject.ok_or_else(|| wrong("the subject is no distinguished name such as CN=Reports,O=A city,C=CN"))?;
    let (public_key, signer) = opened(key).await?;
    let algorithm =
        Algorithm::of(&public_key).ok_or_else(|| wrong("the key is neither an RSA key nor one on P-256"))?;
    let usage = KeyUsage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation);
    let usage = Extension { extn_id: KEY_USAGE, critical: true, extn_value: OctetString::new(usage.to_der()?)? };
    let attributes = SetOfVec::try_from(vec![Attribute::try_from(ExtensionReq(vec![usage]))?])?;
    let info = CertReqInfo { version: Version::V1, subject, public_key, attributes };
    let message = info.to_der()?;
    let signature = signer(algorithm)?.sign(&Sha256::digest(&message).into(), &message).await?;
    let bits = info.public_key.subject_public_key.as_bytes().unwrap_or_default();
    if !algorithm.confirms(bits, &message, &signature) {
        return Err(wrong("what the key has signed is not confirmed by its public part"));
    }
    let request = CertReq { info, algorithm: algorithm.identifier(), signature: BitString::from_bytes(&signature)? };
    Ok(request.to_pem(LineEnding::LF)?)
}

fn wrong(why: &str) -> SignatureError {
    SignatureError::Request(why.to_owned())
}

/// The public part of a key, and how it signs when it is of this kind.
async fn opened(
    key: KeyPlace<'_>,
) -> Result<(SubjectPublicKeyInfoOwned, impl FnOnce(Algorithm) -> Result<Signer, SignatureError>), SignatureError> {
    let der = match key {
        KeyPlace::KeyService(client, id) => {
            let told = client.get_public_key().key_id(id).send().await;
            let told = told.map_err(|error| silent(&error))?;
            told.public_key.ok_or_else(|| SignatureError::KeyService("it gives no public key".to_owned()))?.into_inner()
        }
        KeyPlace::AtHand(pem) => public_part(pem)?,
    };
    let public_key = SubjectPublicKeyInfoOwned::from_der(&der)?;
    let signer = move |algorithm| match key {
        KeyPlace::KeyService(client, id) => Ok(Signer::with_key_service(client.clone(), id.to_owned(), algorithm)),
        KeyPlace::AtHand(pem) => Signer::with_key(pem, algorithm),
    };
    Ok((public_key, signer))
}

/// The public part of a key at hand, as a SubjectPublicKeyInfo.
fn public_part(pem: &str) -> Result<Vec<u8>, SignatureError> {
    let unreadable = || wrong("the key is not PKCS#8 PEM of an RSA key or of one on P-256");
    let key = pem::parse(pem).map_err(|_| unreadable())?;
    let encoded: Result<PublicKeyX509Der<'_>, _> =
        match EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.contents()) {
            Ok(key) => key.public_key().as_der(),
            Err(_) => RsaKeyPair::from_pkcs8(key.contents()).map_err(|_| unreadable())?.public_key().as_der(),
        };
    Ok(encoded.map_err(|_| unreadable())?.as_ref().to_vec())
}
