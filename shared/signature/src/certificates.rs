//! The signing certificate and those that lead to its root (RFC 5280).

use der::pem::LineEnding;
use der::{DecodePem, Encode, EncodePem};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use x509_cert::Certificate;

use crate::algorithm::Algorithm;
use crate::error::SignatureError;
use crate::jwk::rsa_parts;
use crate::revocation::moment;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Certificates of the signature, the signing one first.
#[derive(Clone, Debug)]
pub struct Certificates {
    chain: Vec<Certificate>,
    algorithm: Algorithm,
}

impl Certificates {
    /// Reads PEM. The first certificate must be of an RSA key or of one on P-256.
    pub fn parse(pem: &str) -> Result<Self, SignatureError> {
        let wrong = |why: &str| SignatureError::Configuration(why.to_owned());
        let chain = Self::list(pem)?;
        let first = chain.first().ok_or_else(|| wrong("there is no certificate"))?;
        let algorithm = Algorithm::of(&first.tbs_certificate.subject_public_key_info);
        let algorithm =
            algorithm.ok_or_else(|| wrong("the signing certificate must be of an RSA key or of one on P-256"))?;
        Ok(Self { algorithm, chain })
    }

    /// Reads PEM in which any certificates stand, in any order.
    pub(crate) fn list(pem: &str) -> Result<Vec<Certificate>, SignatureError> {
        // Text around the certificates is let pass, as other programs do.
        let blocks = pem.split_inclusive(END).filter_map(|text| text.find(BEGIN).and_then(|start| text.get(start..)));
        let read: Result<_, _> = blocks.map(Certificate::from_pem).collect();
        read.map_err(|_| SignatureError::Configuration("the certificates are not PEM".to_owned()))
    }

    pub(crate) const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(crate) fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// The most bytes that a signature takes: of a P-256 key in DER, or as long as the RSA key's modulus.
    pub(crate) fn longest_signature(&self) -> Result<usize, SignatureError> {
        match self.algorithm {
            Algorithm::EcdsaP256Sha256 => Ok(72),
            Algorithm::RsaSha256 => Ok(rsa_parts(&self.public_key())?.0.len()),
        }
    }

    /// That a signature of a message is of the signing certificate's key.
    pub(crate) fn assert_signed(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        if self.algorithm.confirms(&self.public_key(), message, signature) {
            return Ok(());
        }
        Err(SignatureError::Unfit("the key is not the one of the certificate".to_owned()))
    }

    /// The bits of the signing certificate's public key.
    pub(crate) fn public_key(&self) -> Vec<u8> {
        let key = self.signing().map(|first| &first.tbs_certificate.subject_public_key_info.subject_public_key);
        key.and_then(|bits| bits.as_bytes()).unwrap_or_default().to_vec()
    }

    /// The certificates in DER, the signing one first.
    pub fn der(&self) -> Result<Vec<Vec<u8>>, SignatureError> {
        Ok(self.chain.iter().map(Encode::to_der).collect::<Result<_, _>>()?)
    }

    /// The certificates as PEM, the signing one first.
    pub fn to_pem(&self) -> Result<String, SignatureError> {
        Ok(self.chain.iter().map(|certificate| certificate.to_pem(LineEnding::LF)).collect::<Result<_, _>>()?)
    }

    /// From when until when the signing certificate is valid.
    pub fn validity(&self) -> Result<(Timestamp, Timestamp), SignatureError> {
        let none = || SignatureError::Configuration("there is no certificate".to_owned());
        validity_of(self.signing().ok_or_else(none)?)
    }

    /// The SHA-256 of the signing certificate.
    pub fn thumbprint(&self) -> Result<[u8; 32], SignatureError> {
        let first = self.chain.first().map(Encode::to_der).transpose()?.unwrap_or_default();
        Ok(Sha256::digest(first).into())
    }

    pub(crate) fn signing(&self) -> Option<&Certificate> {
        self.chain.first()
    }
}

/// From when until when a certificate is valid.
pub(crate) fn validity_of(certificate: &Certificate) -> Result<(Timestamp, Timestamp), SignatureError> {
    let validity = certificate.tbs_certificate.validity;
    Ok((moment(validity.not_before.to_unix_duration())?, moment(validity.not_after.to_unix_duration())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        for pem in ["", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(matches!(Certificates::parse(pem), Err(SignatureError::Configuration(_))), "{pem}");
        }
    }
}
