//! Keys by which answers are signed, so that who has one can file it: JSON Web Signatures (RFC 7515) of ES256.
//!
//! They are not the keys that sign reports: a function that anyone may ask cannot make a report.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use thiserror::Error;
use xinzheng_domain::secrets_by_id::{self, SecretsError};

/// The key that answers are signed by, and the earlier ones.
#[derive(Clone)]
pub struct AnswerKeys {
    active: Arc<AnswerKey>,
    earlier: Vec<Arc<AnswerKey>>,
}

struct AnswerKey {
    pair: EcdsaKeyPair,
    /// The key's thumbprint (RFC 7638).
    id: String,
    public: Map<String, Value>,
}

impl fmt::Debug for AnswerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnswerKeys({})", self.active.id)
    }
}

/// What is wrong with the secret of the answer keys. No variant carries the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AnswerKeyError {
    /// The secrets cannot be read.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// What is to be signed is no JSON.
    #[error("the claims are no JSON")]
    Claims,
    /// A key cannot be made of a secret, or does not sign.
    #[error("a key cannot be used")]
    Key,
}

impl AnswerKeys {
    /// Reads the secret as it is kept: `{"active": "2", "1": "<secret>", "2": "<secret>"}`; `active` names the one that answers
    /// are signed by. The keys are made of the secrets.
    pub fn parse(json: &str) -> Result<Self, AnswerKeyError> {
        let ((_, secret), earlier) = secrets_by_id::parse(json)?;
        let earlier = earlier.iter().rev().map(|(_, secret)| AnswerKey::of(secret).map(Arc::new));
        Ok(Self { active: Arc::new(AnswerKey::of(&secret)?), earlier: earlier.collect::<Result<_, _>>()? })
    }

    /// The public keys as JSON Web Keys (RFC 7517), the present one first.
    pub fn to_jwks(&self) -> impl Iterator<Item = Map<String, Value>> {
        std::iter::once(&self.active).chain(&self.earlier).map(|key| key.public.clone())
    }

    /// Signs claims: the compact form of a JWS (RFC 7515, 7.1), of the type `type_name` (RFC 8725, 3.11).
    pub fn sign(&self, type_name: &str, claims: &impl Serialize) -> Result<String, AnswerKeyError> {
        let part = |json: String| URL_SAFE_NO_PAD.encode(json);
        let head = json!({ "alg": "ES256", "kid": self.active.id, "typ": type_name }).to_string();
        let claims = serde_json::to_string(claims).map_err(|_| AnswerKeyError::Claims)?;
        let message = format!("{}.{}", part(head), part(claims));
        let signature =
            self.active.pair.sign(&SystemRandom::new(), message.as_bytes()).map_err(|_| AnswerKeyError::Key)?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl AnswerKey {
    fn of(secret: &str) -> Result<Self, AnswerKeyError> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        // Of 2^32 numbers of 256 bits one is none of the curve's: then the next is taken.
        let pair = (0_u8..4).find_map(|attempt| {
            let number = hmac::sign(&key, &[b"xinzheng answers P-256".as_slice(), &[attempt]].concat());
            EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, &encoded(number.as_ref())).ok()
        });
        let pair = pair.ok_or(AnswerKeyError::Key)?;
        // An uncompressed point: 04, x, y.
        let point = pair.public_key().as_ref();
        let (x, y) = point.get(1..).and_then(|both| both.split_at_checked(32)).ok_or(AnswerKeyError::Key)?;
        let [x, y] = [x, y].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let id = URL_SAFE_NO_PAD.encode(Sha256::digest(canonical));
        let public = json!({
            "kty": "EC", "crv": "P-256", "x": x, "y": y, "alg": "ES256", "use": "sig", "kid": id,
        });
        let Value::Object(public) = public else { return Err(AnswerKeyError::Key) };
        Ok(Self { pair, id, public })
    }
}

/// A private key of P-256 in DER (RFC 5915).
fn encoded(number: &[u8]) -> Vec<u8> {
    let head = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
    let curve = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    [head.as_slice(), number, &curve].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn what_is_signed_is_checked_by_the_published_key() {
        let keys = AnswerKeys::parse(&format!(r#"{{"active":"2","1":"{SECRET}x","2":"{SECRET}"}}"#)).unwrap();
        let again = AnswerKeys::parse(&format!(r#"{{"active":"2","2":"{SECRET}"}}"#)).unwrap();
        assert_eq!(keys.to_jwks().next(), again.to_jwks().next(), "the same secret makes the same key");
        assert_eq!((keys.to_jwks().count(), again.to_jwks().count()), (2, 1));
        let signed = keys.sign("x+jwt", &json!({ "a": "甲" })).unwrap();
        let parts: Vec<&str> = signed.split('.').collect();
        let [head, claims, signature] = parts[..] else { panic!("{signed}") };
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
        let head: Value = serde_json::from_slice(&decoded(head)).unwrap();
        let key = keys.to_jwks().next().unwrap();
        assert_eq!((&head["alg"], &head["kid"], &head["typ"]), (&json!("ES256"), &key["kid"], &json!("x+jwt")));
        assert_eq!(serde_json::from_slice::<Value>(&decoded(claims)).unwrap(), json!({ "a": "甲" }));
        let point = ["x", "y"].map(|name| decoded(key[name].as_str().unwrap()));
        let point = [&[4][..], &point[0], &point[1]].concat();
        let message = &signed[..signed.rfind('.').unwrap()];
        let checked = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        checked.verify(message.as_bytes(), &decoded(signature)).unwrap();
        assert!(checked.verify(b"x", &decoded(signature)).is_err());
        assert!(!format!("{keys:?}").contains(SECRET));
    }

    #[test]
    fn what_is_no_secret_of_keys_is_refused() {
        for (json, error) in [
            ("x", SecretsError::Json),
            ("{}", SecretsError::NoActive),
            (r#"{"active":"1"}"#, SecretsError::NoActive),
            (r#"{"active":"1","1":"short"}"#, SecretsError::NoActive),
        ] {
            assert_eq!(AnswerKeys::parse(json).err(), Some(AnswerKeyError::Secrets(error)), "{json}");
        }
    }
}
