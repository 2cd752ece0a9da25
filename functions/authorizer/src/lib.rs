//! authorizer: says whether a request's token holds, by a key set that was given to it; for deployments whose API Gateway cannot ask
//! the issuer (`docs/deploy-china.md`). It checks what the JWT authorizer of an HTTP API checks, and functions see the same claims.

mod claims;
mod key_set;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tracing::info;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::{Clock, Metrics};

use crate::claims::Expected;
use crate::key_set::KeySet;

/// What the authorizer works with.
#[derive(Debug)]
pub struct App {
    keys: KeySet,
    expected: Expected,
    clock: Clock,
    metrics: Metrics,
    namespace: String,
}

impl App {
    /// Reads `TOKEN_ISSUER`, `TOKEN_AUDIENCE`, `METRICS_NAMESPACE` and the key set of `TOKEN_KEYS_SECRET`.
    ///
    /// # Errors
    ///
    /// When one of them is missing, or the key set has no key that a token can be checked by, or more than public keys.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        let Start { environment, secrets, clock, metrics, .. } = start;
        let wrong = |why: String| EnvironmentError::Secret { name: "TOKEN_KEYS_SECRET".to_owned(), why };
        let keys = KeySet::parse(secrets.token_keys()?).map_err(|error| wrong(error.to_string()))?;
        let expected = Expected {
            issuer: environment.text("TOKEN_ISSUER")?.to_owned(),
            audience: environment.text("TOKEN_AUDIENCE")?.to_owned(),
        };
        Ok(Self { keys, expected, clock, metrics, namespace: environment.text("METRICS_NAMESPACE")?.to_owned() })
    }
}

/// What API Gateway asks: payload format 2.0, of which nothing but the token is looked at.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizerRequest {
    /// The header `Authorization`, alone in a list. API Gateway itself refuses a request that has none.
    #[serde(default)]
    identity_source: Option<Vec<String>>,
}

/// What it is answered: the simple form.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizerAnswer {
    /// Whether the request goes on to its function; else it is answered 403.
    is_authorized: bool,
    /// The claims that functions look at, as texts: `requestContext.authorizer.lambda` of their events.
    context: BTreeMap<&'static str, String>,
}

/// Why a token is refused; says nothing of what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
enum Refusal {
    #[error("there is no token")]
    Missing,
    #[error("the token cannot be read")]
    Unreadable,
    #[error("no key of the key set has the token's kid")]
    UnknownKey,
    #[error("the token's algorithm is not its key's")]
    Algorithm,
    #[error("the signature is not of the key")]
    Signature,
    #[error("another issuer's")]
    Issuer,
    #[error("for another audience")]
    Audience,
    #[error("expired")]
    Expired,
    #[error("not valid yet")]
    NotYet,
}

/// Answers whether a request may go on.
pub async fn handle(app: &App, request: AuthorizerRequest) -> AuthorizerAnswer {
    match checked(app, &request) {
        Ok(context) => AuthorizerAnswer { is_authorized: true, context },
        Err(refusal) => {
            info!(why = %refusal, "a token is refused");
            // The issuer may sign with a new key, which nobody has told us.
            if refusal == Refusal::UnknownKey {
                app.metrics.tell(&app.namespace, app.clock.now(), &[("UnknownTokenKeys", 1)]);
            }
            AuthorizerAnswer::default()
        }
    }
}

fn checked(app: &App, request: &AuthorizerRequest) -> Result<BTreeMap<&'static str, String>, Refusal> {
    let header = request.identity_source.iter().flatten().next().map_or("", String::as_str);
    let claims = app.keys.verified(token(header)?)?;
    app.expected.check(&claims, app.clock.now())?;
    Ok(claims::texts(&claims))
}

/// The token of the header, with or without its scheme, as the JWT authorizer takes it.
fn token(header: &str) -> Result<&str, Refusal> {
    let header = header.trim();
    let bare = match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => header,
    };
    if bare.is_empty() || bare.eq_ignore_ascii_case("bearer") { Err(Refusal::Missing) } else { Ok(bare) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_comes_with_or_without_its_scheme() {
        for (header, expected) in [
            ("Bearer a.b.c", Ok("a.b.c")),
            ("bearer  a.b.c ", Ok("a.b.c")),
            ("a.b.c", Ok("a.b.c")),
            ("Basic YTpi", Ok("Basic YTpi")),
            ("Bearer", Err(Refusal::Missing)),
            ("Bearer ", Err(Refusal::Missing)),
            ("", Err(Refusal::Missing)),
        ] {
            assert_eq!(token(header), expected, "{header}");
        }
    }

    #[test]
    fn a_question_is_read_and_answered_as_api_gateway_has_it() {
        for (question, header) in [
            (
                json!({ "version": "2.0", "identitySource": ["Bearer a"], "headers": { "authorization": "b" } }),
                Some("Bearer a"),
            ),
            (json!({ "version": "2.0", "identitySource": null }), None),
            (json!({ "version": "2.0" }), None),
        ] {
            let request: AuthorizerRequest = serde_json::from_value(question).unwrap();
            assert_eq!(request.identity_source.iter().flatten().next().map(String::as_str), header);
        }
        let refused = serde_json::to_value(AuthorizerAnswer::default()).unwrap();
        assert_eq!(refused, json!({ "isAuthorized": false, "context": {} }));
        let context = BTreeMap::from([("role", "unit".to_owned())]);
        let let_in = serde_json::to_value(AuthorizerAnswer { is_authorized: true, context }).unwrap();
        assert_eq!(let_in, json!({ "isAuthorized": true, "context": { "role": "unit" } }));
    }
}
