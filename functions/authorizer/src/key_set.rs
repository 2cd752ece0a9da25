//! The keys of the issuer (RFC 7517), and what they have signed (RFC 7515).

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};
use thiserror::Error;
use tracing::info;

use crate::Refusal;

/// The shortest modulus of an RSA key, in bytes.
const SHORTEST: usize = 256;
/// What tokens are signed by with an RSA key.
const RSA: [(Algorithm, KeyAlgorithm); 3] = [
    (Algorithm::RS256, KeyAlgorithm::RS256),
    (Algorithm::RS384, KeyAlgorithm::RS384),
    (Algorithm::RS512, KeyAlgorithm::RS512),
];
/// What they are signed by with one of P-256.
const ELLIPTIC: [(Algorithm, KeyAlgorithm); 1] = [(Algorithm::ES256, KeyAlgorithm::ES256)];

/// What is wrong with a key set. Says nothing of a key but its id.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum KeySetError {
    #[error("it is not a key set: {{\"keys\": [...]}} in JSON is expected (RFC 7517), as the issuer's jwks_uri has it")]
    Unreadable,
    #[error("it has a private or secret key; those of the issuer's jwks_uri alone belong here")]
    Private,
    #[error("two keys have the kid {0}")]
    Twice(String),
    #[error("none of its keys checks tokens: RSA of 2048 bits and more, or P-256, for signatures, with a kid")]
    NoKey,
}

/// The keys by their ids.
pub(crate) struct KeySet(BTreeMap<String, Key>);

/// A key, and what a token that it signed may name as its algorithm.
struct Key {
    public: DecodingKey,
    algorithms: Vec<Algorithm>,
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl KeySet {
    /// Reads a key set. Keys of other kinds than tokens are checked by here are passed over, as issuers publish them beside.
    pub(crate) fn parse(json: &str) -> Result<Self, KeySetError> {
        let set: Value = serde_json::from_str(json).map_err(|_| KeySetError::Unreadable)?;
        let listed = set.get("keys").and_then(Value::as_array).ok_or(KeySetError::Unreadable)?;
        if listed.iter().any(|key| key.get("d").is_some() || key.get("k").is_some()) {
            return Err(KeySetError::Private);
        }
        let mut keys = BTreeMap::new();
        for (id, key) in listed.iter().filter_map(usable) {
            if keys.insert(id.clone(), key).is_some() {
                return Err(KeySetError::Twice(id));
            }
        }
        if keys.is_empty() {
            return Err(KeySetError::NoKey);
        }
        info!(keys = keys.len(), passed_over = listed.len() - keys.len(), "the key set is read");
        Ok(Self(keys))
    }

    /// The claims of a token that one of the keys signed; whether they hold is not looked at.
    pub(crate) fn verified(&self, token: &str) -> Result<Map<String, Value>, Refusal> {
        // Names that it does not know, "none" among them, are an error.
        let header = decode_header(token).map_err(|_| Refusal::Unreadable)?;
        if header.crit.is_some() {
            return Err(Refusal::Unreadable);
        }
        let key = header.kid.and_then(|id| self.0.get(&id)).ok_or(Refusal::UnknownKey)?;
        if !key.algorithms.contains(&header.alg) {
            return Err(Refusal::Algorithm);
        }
        let mut signature_alone = Validation::new(header.alg);
        signature_alone.required_spec_claims.clear();
        signature_alone.validate_exp = false;
        signature_alone.validate_aud = false;
        let token = decode::<Map<String, Value>>(token, &key.public, &signature_alone);
        token.map(|token| token.claims).map_err(|_| Refusal::Signature)
    }
}

/// A key by which tokens can be checked, with its id.
fn usable(key: &Value) -> Option<(String, Key)> {
    let jwk: Jwk = serde_json::from_value(key.clone()).ok()?;
    let signs = jwk.common.public_key_use.as_ref().is_none_or(|it| *it == PublicKeyUse::Signature);
    let verifies = jwk.common.key_operations.as_ref().is_none_or(|them| them.contains(&KeyOperations::Verify));
    let its = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) if URL_SAFE_NO_PAD.decode(&rsa.n).ok()?.len() >= SHORTEST => &RSA[..],
        AlgorithmParameters::EllipticCurve(point) if point.curve == EllipticCurve::P256 => &ELLIPTIC,
        _ => return None,
    };
    let named = jwk.common.key_algorithm;
    let its = its.iter().filter(|(_, name)| named.is_none_or(|named| named == *name));
    let algorithms: Vec<Algorithm> = its.map(|(algorithm, _)| *algorithm).collect();
    let public = DecodingKey::from_jwk(&jwk).ok()?;
    let id = jwk.common.key_id.clone().filter(|_| signs && verifies && !algorithms.is_empty())?;
    Some((id, Key { public, algorithms }))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;

    use super::*;

    fn rsa() -> EncodingKey {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
        EncodingKey::from_rsa_pem(pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref())).as_bytes()).unwrap()
    }

    fn elliptic() -> EncodingKey {
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        EncodingKey::from_ec_der(der.as_ref())
    }

    /// The public half of a key as its issuer publishes it, changed (`null`: without that).
    fn published(key: &EncodingKey, algorithm: Algorithm, id: &str, changes: &Value) -> Value {
        let mut jwk = serde_json::to_value(Jwk::from_encoding_key(key, algorithm).unwrap()).unwrap();
        jwk["kid"] = json!(id);
        for (name, value) in changes.as_object().unwrap() {
            jwk[name] = value.clone();
        }
        jwk.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        jwk
    }

    fn set(keys: &[Value]) -> Result<KeySet, KeySetError> {
        KeySet::parse(&json!({ "keys": keys }).to_string())
    }

    fn signed(key: &EncodingKey, algorithm: Algorithm, id: Option<&str>) -> String {
        let header = Header { kid: id.map(str::to_owned), ..Header::new(algorithm) };
        encode(&header, &json!({ "role": "unit" }), key).unwrap()
    }

    #[test]
    fn a_key_set_has_public_keys_of_which_some_check_tokens() {
        let (rsa, elliptic) = (rsa(), elliptic());
        let rsa = |changes: Value| published(&rsa, Algorithm::RS256, "a", &changes);
        let point = |changes: Value| published(&elliptic, Algorithm::ES256, "b", &changes);
        let short = URL_SAFE_NO_PAD.encode([0xff; 128]);
        let edwards = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode([1; 32]), "kid": "c" });
        let sm2 = json!({ "kty": "EC", "crv": "SM2", "x": "AA", "y": "AA", "kid": "d" });
        for (keys, usable) in [
            (vec![rsa(json!({})), point(json!({}))], Ok(vec!["a", "b"])),
            (vec![rsa(json!({ "alg": null, "use": "sig", "key_ops": ["verify"] }))], Ok(vec!["a"])),
            // Beside the one that checks tokens.
            (vec![point(json!({})), edwards.clone(), sm2, rsa(json!({ "use": "enc" })), json!(7)], Ok(vec!["b"])),
            (vec![], Err(KeySetError::NoKey)),
            (vec![edwards], Err(KeySetError::NoKey)),
            (vec![rsa(json!({ "kid": null }))], Err(KeySetError::NoKey)),
            (vec![rsa(json!({ "use": "enc" }))], Err(KeySetError::NoKey)),
            (vec![rsa(json!({ "key_ops": ["encrypt"] }))], Err(KeySetError::NoKey)),
            (vec![rsa(json!({ "alg": "PS256" }))], Err(KeySetError::NoKey)),
            (vec![rsa(json!({ "alg": "HS256" }))], Err(KeySetError::NoKey)),
            (vec![rsa(json!({ "n": short }))], Err(KeySetError::NoKey)),
            (vec![point(json!({ "crv": "P-384" }))], Err(KeySetError::NoKey)),
            (vec![rsa(json!({})), point(json!({ "kid": "a" }))], Err(KeySetError::Twice("a".to_owned()))),
            (vec![rsa(json!({})), rsa(json!({ "kid": "e", "d": "AQAB" }))], Err(KeySetError::Private)),
            (vec![rsa(json!({})), json!({ "kty": "oct", "k": "AQAB", "kid": "f" })], Err(KeySetError::Private)),
        ] {
            let read = set(&keys).map(|set| set.0.keys().cloned().collect::<Vec<_>>());
            assert_eq!(read, usable.map(|ids| ids.into_iter().map(str::to_owned).collect()), "{keys:?}");
        }
        for text in ["", "[]", "{}", r#"{"keys": {}}"#, "-----BEGIN PUBLIC KEY-----"] {
            assert_eq!(KeySet::parse(text).err(), Some(KeySetError::Unreadable), "{text}");
        }
    }

    #[test]
    fn a_token_is_of_the_key_that_it_names_and_by_its_algorithm() {
        let (rsa, other, elliptic) = (rsa(), rsa(), elliptic());
        let keys = set(&[
            published(&rsa, Algorithm::RS256, "strict", &json!({})),
            published(&rsa, Algorithm::RS256, "any", &json!({ "alg": null })),
            published(&elliptic, Algorithm::ES256, "point", &json!({})),
        ])
        .unwrap();
        let modulus = published(&rsa, Algorithm::RS256, "strict", &json!({}))["n"].as_str().unwrap().to_owned();
        let good = signed(&rsa, Algorithm::RS256, Some("strict"));
        let [head, body, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
        let encoded = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let operator = encoded(json!({ "role": "operator" }));
        let none = encoded(json!({ "alg": "none", "kid": "strict" }));
        let critical = encoded(json!({ "alg": "RS256", "kid": "strict", "crit": ["b64"], "b64": true }));
        for (token, refusal) in [
            (good.clone(), None),
            (signed(&rsa, Algorithm::RS512, Some("any")), None),
            (signed(&elliptic, Algorithm::ES256, Some("point")), None),
            (signed(&rsa, Algorithm::RS256, Some("gone")), Some(Refusal::UnknownKey)),
            (signed(&rsa, Algorithm::RS256, None), Some(Refusal::UnknownKey)),
            (signed(&rsa, Algorithm::RS512, Some("strict")), Some(Refusal::Algorithm)),
            (signed(&rsa, Algorithm::PS256, Some("any")), Some(Refusal::Algorithm)),
            (signed(&elliptic, Algorithm::ES256, Some("strict")), Some(Refusal::Algorithm)),
            (signed(&rsa, Algorithm::RS256, Some("point")), Some(Refusal::Algorithm)),
            // The public key, which anyone has, as if it were a secret.
            (
                signed(&EncodingKey::from_secret(modulus.as_bytes()), Algorithm::HS256, Some("any")),
                Some(Refusal::Algorithm),
            ),
            (signed(&other, Algorithm::RS256, Some("strict")), Some(Refusal::Signature)),
            (format!("{head}.{operator}.{signature}"), Some(Refusal::Signature)),
            (format!("{head}.{body}."), Some(Refusal::Signature)),
            (format!("{none}.{operator}."), Some(Refusal::Unreadable)),
            (format!("{critical}.{body}.{signature}"), Some(Refusal::Unreadable)),
            (format!("{head}.{body}"), Some(Refusal::Unreadable)),
            ("abc".to_owned(), Some(Refusal::Unreadable)),
            (String::new(), Some(Refusal::Unreadable)),
        ] {
            let found = keys.verified(&token);
            assert_eq!(found.as_ref().err().copied(), refusal, "{token}");
            assert!(refusal.is_some() || found.unwrap()["role"] == "unit");
        }
    }
}
