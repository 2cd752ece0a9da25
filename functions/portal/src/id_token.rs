//! What the issuer says of who signed in, and to whom it says so (OpenID Connect Core 1.0, 3.1.3.7).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;

/// How far the issuer's clock may be behind, in seconds.
const SKEW: i64 = 60;

/// Of an id token what is looked at.
#[derive(Deserialize)]
pub(crate) struct IdToken {
    iss: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    nonce: String,
}

/// For whom a token is: one, or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl IdToken {
    /// Reads the claims. Their signature is not checked: the token came from the issuer itself over TLS (3.1.3.7, 6).
    pub(crate) fn read(token: &str) -> Option<Self> {
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
        serde_json::from_slice(&claims).ok()
    }

    /// An error that says what is wrong, unless the token is this issuer's, for this client, for this sign-in, and holds.
    pub(crate) fn check(&self, issuer: &str, client: &str, nonce: &str, now: Timestamp) -> Result<(), &'static str> {
        let others = match &self.aud {
            Audience::One(one) => one != client,
            // Of several the one that asked has to be named besides.
            Audience::Several(several) => {
                !several.iter().any(|one| one == client) || (several.len() > 1 && self.azp.is_none())
            }
        };
        if self.iss != issuer {
            Err("the id token is another issuer's")
        } else if others || self.azp.as_ref().is_some_and(|party| party != client) {
            Err("the id token is for another client")
        } else if self.exp.saturating_add(SKEW) <= now.as_second() {
            Err("the id token holds no longer")
        } else if self.nonce != nonce {
            Err("the nonce is another")
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn checked(changed: &Value) -> Result<(), &'static str> {
        let mut claims = json!({ "iss": "https://id.example", "aud": "portal", "exp": 1_000_060, "nonce": "n" });
        for (name, value) in changed.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let token = format!("e30.{}.", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let read = IdToken::read(&token).ok_or("it cannot be read")?;
        read.check("https://id.example", "portal", "n", Timestamp::from_second(1_000_000).unwrap())
    }

    #[test]
    fn a_token_is_the_issuers_for_this_client_and_this_sign_in() {
        for good in [
            json!({}),
            json!({ "aud": ["portal"] }),
            json!({ "aud": ["api", "portal"], "azp": "portal" }),
            json!({ "azp": "portal", "sub": "x" }),
            json!({ "exp": 999_990 }),
        ] {
            assert_eq!(checked(&good), Ok(()), "{good}");
        }
        for (bad, why) in [
            (json!({ "iss": "https://id.example/" }), "the id token is another issuer's"),
            (json!({ "aud": "other" }), "the id token is for another client"),
            (json!({ "aud": [] }), "the id token is for another client"),
            (json!({ "aud": ["api", "portal"] }), "the id token is for another client"),
            (json!({ "azp": "other" }), "the id token is for another client"),
            (json!({ "exp": 999_940 }), "the id token holds no longer"),
            (json!({ "exp": i64::MIN }), "the id token holds no longer"),
            (json!({ "nonce": "" }), "the nonce is another"),
            (json!({ "nonce": null }), "it cannot be read"),
            (json!({ "exp": null }), "it cannot be read"),
            (json!({ "aud": null }), "it cannot be read"),
            (json!({ "iss": null }), "it cannot be read"),
        ] {
            assert_eq!(checked(&bad), Err(why), "{bad}");
        }
        for token in ["", "a", "a.b.c", "e30.e30."] {
            assert!(IdToken::read(token).is_none(), "{token}");
        }
    }
}
