//! The signing certificate as a JSON Web Key (RFC 7517), for whoever checks signatures without us.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use crate::algorithm::Algorithm;
use crate::{Certificates, SignatureError};

impl Certificates {
    /// The key with its certificates: `kty`, its public part, `alg`, `use`, `kid`, `x5c`, `x5t#S256`, and from when until when the
    /// signing certificate is valid as seconds since 1970: `nbf`, `exp`.
    pub fn to_jwk(&self) -> Result<Map<String, Value>, SignatureError> {
        let key = self.public_key();
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let parts = match self.algorithm() {
            Algorithm::EcdsaP256Sha256 => {
                // An uncompressed point: 04, x, y.
                let point = key.get(1..).unwrap_or_default();
                let (x, y) = point.split_at_checked(32).unwrap_or_default();
                json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "x": encode(x), "y": encode(y) })
            }
            Algorithm::RsaSha256 => {
                let (modulus, exponent) = rsa_parts(&key)?;
                json!({ "kty": "RSA", "alg": "RS256", "n": encode(&modulus), "e": encode(&exponent) })
            }
        };
        let thumbprint = encode(&self.thumbprint()?);
        let chain: Vec<String> = self.der()?.iter().map(|der| STANDARD.encode(der)).collect();
        let (from, until) = self.validity()?;
        let said = [
            ("use", json!("sig")),
            ("kid", json!(thumbprint)),
            ("x5t#S256", json!(thumbprint)),
            ("x5c", json!(chain)),
            ("nbf", json!(from.as_second())),
            ("exp", json!(until.as_second())),
        ];
        let said = said.into_iter().map(|(name, value)| (name.to_owned(), value));
        Ok(parts
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), value.clone()))
            .chain(said)
            .collect())
    }
}

/// Modulus and exponent of an RSAPublicKey (RFC 8017, A.1.1), without leading zeros.
pub(crate) fn rsa_parts(der: &[u8]) -> Result<(Vec<u8>, Vec<u8>), SignatureError> {
    use der::asn1::UintRef;
    use der::{Decode, Reader, SliceReader};
    let mut reader = SliceReader::new(der)?;
    let parts = reader.sequence(|reader| {
        let modulus = UintRef::decode(reader)?;
        let exponent = UintRef::decode(reader)?;
        Ok((modulus.as_bytes().to_vec(), exponent.as_bytes().to_vec()))
    })?;
    Ok(parts)
}
