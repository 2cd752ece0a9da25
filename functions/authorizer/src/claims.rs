//! The claims of a token whose signature holds (RFC 7519, 4.1).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};
use xinzheng_api::token::Claim;

use crate::Refusal;

/// By how many seconds an issuer's clock may be ahead.
const AHEAD: f64 = 5.0;

/// Of whom tokens have to be, and for whom.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) issuer: String,
    pub(crate) audience: String,
}

impl Expected {
    /// That a token with these claims holds at this time.
    pub(crate) fn check(&self, claims: &Map<String, Value>, now: Timestamp) -> Result<(), Refusal> {
        if claims.get("iss").and_then(Value::as_str) != Some(&self.issuer) {
            return Err(Refusal::Issuer);
        }
        // What names an audience is not asked for its client.
        let audience = claims.get("aud").filter(|audience| !audience.is_null()).or_else(|| claims.get("client_id"));
        let is_ours = |audience: &Value| audience.as_str() == Some(&self.audience);
        if !audience.is_some_and(|it| is_ours(it) || it.as_array().is_some_and(|them| them.iter().any(is_ours))) {
            return Err(Refusal::Audience);
        }
        let now = now.as_duration().as_secs_f64();
        if !claims.get("exp").and_then(Value::as_f64).is_some_and(|expiry| now < expiry) {
            return Err(Refusal::Expired);
        }
        let has_come = |claim: &Value| claim.as_f64().is_some_and(|time| time <= now + AHEAD);
        if !["nbf", "iat"].iter().filter_map(|name| claims.get(*name)).all(has_come) {
            return Err(Refusal::NotYet);
        }
        Ok(())
    }
}

/// The claims that functions look at, as the JWT authorizer hands them on: each a text, lists in brackets. What is an object, and what
/// says nothing, is none.
pub(crate) fn texts(claims: &Map<String, Value>) -> BTreeMap<&'static str, String> {
    let named = Claim::ALL.iter().map(|claim| claim.name());
    named.filter_map(|name| Some((name, text(claims.get(name)?)?))).collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Array(items) => Some(format!("[{}]", items.iter().filter_map(text).collect::<Vec<_>>().join(" "))),
        Value::Object(_) | Value::Null => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_762_128_000;

    #[test]
    fn a_token_holds_by_its_issuer_audience_and_times() {
        let expected = Expected { issuer: "https://i".to_owned(), audience: "xinzheng".to_owned() };
        let good = json!({ "iss": "https://i", "aud": "xinzheng", "exp": NOW + 1, "nbf": NOW, "iat": NOW });
        for (changes, held) in [
            (json!({}), Ok(())),
            (json!({ "iss": null }), Err(Refusal::Issuer)),
            (json!({ "iss": "https://i/" }), Err(Refusal::Issuer)),
            (json!({ "iss": ["https://i"] }), Err(Refusal::Issuer)),
            (json!({ "aud": ["other", "xinzheng"] }), Ok(())),
            (json!({ "aud": ["other"] }), Err(Refusal::Audience)),
            (json!({ "aud": [] , "client_id": "xinzheng" }), Err(Refusal::Audience)),
            (json!({ "aud": "other", "client_id": "xinzheng" }), Err(Refusal::Audience)),
            (json!({ "aud": null }), Err(Refusal::Audience)),
            (json!({ "aud": null, "client_id": "xinzheng" }), Ok(())),
            (json!({ "aud": null, "client_id": "other" }), Err(Refusal::Audience)),
            (json!({ "aud": { "xinzheng": 1 } }), Err(Refusal::Audience)),
            (json!({ "exp": NOW }), Err(Refusal::Expired)),
            (json!({ "exp": NOW as f64 + 0.5 }), Ok(())),
            (json!({ "exp": null }), Err(Refusal::Expired)),
            (json!({ "exp": "4000000000" }), Err(Refusal::Expired)),
            (json!({ "nbf": NOW + 5 }), Ok(())),
            (json!({ "nbf": NOW + 6 }), Err(Refusal::NotYet)),
            (json!({ "iat": NOW + 6 }), Err(Refusal::NotYet)),
            (json!({ "iat": "soon" }), Err(Refusal::NotYet)),
        ] {
            let mut claims = good.as_object().unwrap().clone();
            for (name, value) in changes.as_object().unwrap() {
                // Of these a null stands for none.
                claims.insert(name.clone(), value.clone());
                claims.retain(|_, value| !value.is_null());
            }
            assert_eq!(expected.check(&claims, Timestamp::from_second(NOW).unwrap()), held, "{changes}");
        }
    }

    #[test]
    fn functions_see_their_claims_as_texts_and_no_others() {
        let claims = json!({
            "role": "unit", "unit": ["tax", "audit"], "exp": NOW, "sub": null, "name": { "family": "虚构" },
            "email": "a@example.invalid", "masked_id_number": true,
        });
        let texts = texts(claims.as_object().unwrap());
        let seen: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let expected = [("exp", "1762128000"), ("masked_id_number", "true"), ("role", "unit"), ("unit", "[tax audit]")];
        assert_eq!(seen, expected);
    }
}
