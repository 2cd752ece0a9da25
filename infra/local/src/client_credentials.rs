//! Tokens for systems at the local issuer: client credentials (RFC 6749, 4.4), where clients say who they are instead of proving it:
//! `subject:<USCC>`, `unit:<code>`, `third-party:<name>` or `operator:<name>`, with any secret.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use xinzheng_runtime::HttpResponse;

use crate::issuer::{Issuer, VALID_SECONDS};
use crate::sign_in::Fields;

/// `POST /dev/token` with `grant_type=client_credentials`.
pub(crate) fn token(sent: &Fields, issuer: &Issuer, now: Timestamp) -> HttpResponse {
    let client = sent.get("client_id").map(String::as_str).unwrap_or_default();
    let has_secret = sent.get("client_secret").is_some_and(|secret| !secret.is_empty());
    let claims = client.split_once(':').filter(|_| has_secret).and_then(|(role, who)| claims(role, who));
    let Some(claims) = claims else {
        return HttpResponse::json(401, &json!({ "error": "invalid_client" }));
    };
    match issuer.token(&claims, now) {
        Ok(token) => {
            let answer = json!({ "access_token": token, "token_type": "Bearer", "expires_in": VALID_SECONDS });
            HttpResponse::json(200, &answer)
        }
        Err(_) => HttpResponse::json(500, &json!({ "error": "server_error" })),
    }
}

fn claims(role: &str, who: &str) -> Option<Map<String, Value>> {
    let named = match role {
        "subject" | "unit" => role,
        "third-party" | "operator" => "name",
        _ => return None,
    };
    let claims = json!({ "role": role, named: who, "sub": format!("{role}:{who}") });
    claims.as_object().cloned()
}
