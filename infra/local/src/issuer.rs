//! The local token issuer and the check of tokens as the HTTP API's JWT authorizer does it: signature, issuer,
//! audience, expiry.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use pem::{EncodeConfig, LineEnding, Pem};
use serde_json::{Map, Value, json};

use crate::error::StackError;
use crate::state_file;

/// The id of the issuer's only key.
const KEY_ID: &str = "local-1";
/// Whom tokens are for.
pub(crate) const AUDIENCE: &str = "xinzheng-local";
/// How long a token holds that a program asks for, in seconds.
pub(crate) const VALID_SECONDS: i64 = 3600;

/// The local issuer: on AWS the city's identity provider stands here.
pub struct Issuer {
    issuer: String,
    signing: EncodingKey,
    checking: DecodingKey,
    modulus: String,
    exponent: String,
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Issuer({})", self.issuer)
    }
}

impl Issuer {
    /// The issuer at this address, with the key in `file`; a new key when there is none.
    pub(crate) fn load(file: &Path, issuer: String) -> Result<Self, StackError> {
        let damaged = |why: &str| StackError::damaged(file, why);
        let pem = match fs::read_to_string(file) {
            Ok(pem) => pem,
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(StackError::damaged(file, error)),
            Err(_) => {
                let pem = new_key()?;
                state_file::write(file, pem.as_bytes())?;
                pem
            }
        };
        let der = pem::parse(&pem).map_err(|_| damaged("it is not PEM"))?;
        let pair = KeyPair::from_pkcs8(der.contents()).map_err(|_| damaged("it is not an RSA key"))?;
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let modulus = encode(pair.public_key().modulus().big_endian_without_leading_zero());
        let exponent = encode(pair.public_key().exponent().big_endian_without_leading_zero());
        Ok(Self {
            issuer,
            signing: EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| damaged("it is not an RSA key"))?,
            checking: DecodingKey::from_rsa_components(&modulus, &exponent)
                .map_err(|_| damaged("it is not an RSA key"))?,
            modulus,
            exponent,
        })
    }

    /// An access token with these claims, valid for an hour from `now`. The issuer, audience and times are put in.
    pub fn token(&self, claims: &Map<String, Value>, now: Timestamp) -> Result<String, jsonwebtoken::errors::Error> {
        self.token_for(AUDIENCE, claims, now, VALID_SECONDS)
    }

    /// A token for an audience, such as an id token for a client, valid for so many seconds.
    pub(crate) fn token_for(
        &self,
        audience: &str,
        claims: &Map<String, Value>,
        now: Timestamp,
        seconds: i64,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let mut all = claims.clone();
        all.insert("iss".to_owned(), json!(self.issuer));
        all.insert("aud".to_owned(), json!(audience));
        all.insert("iat".to_owned(), json!(now.as_second()));
        all.insert("exp".to_owned(), json!(now.as_second() + seconds));
        all.entry("sub").or_insert_with(|| json!("local"));
        let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, &all, &self.signing)
    }

    /// The claims of a token, as texts, when it is signed by this issuer's key, for this audience, and not expired.
    pub(crate) fn check(&self, token: &str) -> Option<BTreeMap<String, String>> {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.validate_nbf = true;
        validation.leeway = 0;
        let token = jsonwebtoken::decode::<Map<String, Value>>(token, &self.checking, &validation).ok()?;
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Some(token.claims.into_iter().map(|(name, value)| (name, text(value))).collect())
    }

    /// The issuer's address.
    pub fn address(&self) -> &str {
        &self.issuer
    }

    /// The public key as a JWK set (RFC 7517).
    pub(crate) fn key_set(&self) -> Value {
        json!({ "keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID, "n": self.modulus, "e": self.exponent,
        }] })
    }
}

fn new_key() -> Result<String, StackError> {
    let unspecified = |error: aws_lc_rs::error::Unspecified| StackError::NoRandomness(error.to_string());
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(unspecified)?;
    let der = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair).map_err(unspecified)?;
    let lines = EncodeConfig::new().set_line_ending(LineEnding::LF);
    Ok(pem::encode_config(&Pem::new("PRIVATE KEY", der.as_ref()), lines))
}
