//! The issuer of tokens, as an OpenID provider is asked: where it is (Discovery 1.0), tokens for a code or for the right to renew
//! them (RFC 6749), and that this right ends (RFC 7009).

use std::time::Duration;

use reqwest::{Response, StatusCode, Url};
use serde::Deserialize;
use tokio::sync::OnceCell;
use xinzheng_api::page_problem::{ISSUER_UNREACHABLE, SIGN_IN_FAILED};
use xinzheng_runtime::Problem;

use crate::App;
use crate::form::query;

/// How long someone who signs out waits for the issuer.
const PATIENCE: Duration = Duration::from_secs(3);

/// The issuer, and what the portal is called there.
#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    /// Where its pages are.
    pub(crate) origin: String,
    endpoints: OnceCell<Endpoints>,
}

/// Where the issuer is asked.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Endpoints {
    issuer: String,
    pub(crate) authorization_endpoint: String,
    token_endpoint: String,
    /// Where sessions at the issuer end (RP-Initiated Logout 1.0, 2.1).
    #[serde(default)]
    pub(crate) end_session_endpoint: Option<String>,
    #[serde(default)]
    revocation_endpoint: Option<String>,
}

/// What the issuer gives (Core 1.0, 3.1.3.3).
#[derive(Deserialize)]
pub(crate) struct Tokens {
    #[serde(default)]
    pub(crate) id_token: String,
    #[serde(default)]
    pub(crate) access_token: String,
    /// With which the next ones are asked for.
    #[serde(default)]
    pub(crate) refresh_token: Option<String>,
    /// Seconds that the access token lasts.
    #[serde(default)]
    pub(crate) expires_in: Option<i64>,
}

impl Issuer {
    pub(crate) fn at(issuer: &str, client_id: &str) -> Self {
        // What is no address has no pages either.
        let origin = Url::parse(issuer).map(|issuer| issuer.origin().ascii_serialization()).unwrap_or_default();
        Self { issuer: issuer.to_owned(), client_id: client_id.to_owned(), origin, endpoints: OnceCell::new() }
    }

    pub(crate) async fn endpoints(&self, app: &App) -> Result<&Endpoints, Problem> {
        let discovered = self.endpoints.get_or_try_init(async || {
            let url = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
            let answer = app.api.client.get(url).send().await.and_then(Response::error_for_status);
            let endpoints: Endpoints = answer.map_err(unreachable)?.json().await.map_err(unreachable)?;
            // An answer about another issuer is none (Discovery, 4.3).
            if endpoints.issuer == self.issuer { Ok(endpoints) } else { Err(refused("the issuer is another")) }
        });
        discovered.await
    }

    /// The tokens for a code that it gave.
    pub(crate) async fn redeem(
        &self,
        app: &App,
        code: &str,
        redirect: &str,
        verifier: &str,
    ) -> Result<Tokens, Problem> {
        let asked = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect),
            ("code_verifier", verifier),
        ];
        let tokens = self.tokens(app, &asked).await?;
        tokens.ok_or_else(|| refused("the issuer did not take the code"))
    }

    /// Further tokens; `None` when it gives none any more.
    pub(crate) async fn renew(&self, app: &App, refresh_token: &str) -> Result<Option<Tokens>, Problem> {
        self.tokens(app, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    async fn tokens(&self, app: &App, asked: &[(&str, &str)]) -> Result<Option<Tokens>, Problem> {
        let endpoints = self.endpoints(app).await?;
        let answer = self.post(app, &endpoints.token_endpoint, asked).send().await.map_err(unreachable)?;
        match answer.status() {
            status if status.is_success() => Ok(Some(answer.json().await.map_err(unreachable)?)),
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Ok(None),
            _ => Err(unreachable(answer.error_for_status().err())),
        }
    }

    /// Tells it that tokens are no longer to be renewed. A failure is logged: whoever signs out has signed out.
    pub(crate) async fn revoke(&self, app: &App, refresh_token: &str) {
        let Ok(Endpoints { revocation_endpoint: Some(address), .. }) = self.endpoints(app).await else { return };
        let asked = [("token", refresh_token), ("token_type_hint", "refresh_token")];
        let answer = self.post(app, address, &asked).timeout(PATIENCE).send().await;
        if let Err(error) = answer.and_then(Response::error_for_status) {
            tracing::warn!(error = %error.without_url(), "the issuer was not told that someone signed out");
        }
    }

    fn post(&self, app: &App, address: &str, asked: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let body = query(asked.iter().copied().chain([("client_id", self.client_id.as_str())]));
        app.api.client.post(address).header("content-type", "application/x-www-form-urlencoded").body(body)
    }
}

/// An address of the issuer with these parameters; it may have some of its own.
pub(crate) fn with_parameters<'v>(address: &str, parameters: impl IntoIterator<Item = (&'v str, &'v str)>) -> String {
    let join = if address.contains('?') { '&' } else { '?' };
    format!("{address}{join}{}", query(parameters))
}

fn unreachable(error: impl Into<Option<reqwest::Error>>) -> Problem {
    let error = error.into().map(reqwest::Error::without_url).map(|error| error.to_string()).unwrap_or_default();
    tracing::error!(error, "the issuer cannot be reached");
    ISSUER_UNREACHABLE.into()
}

/// That signing in failed, and why for the log.
pub(crate) fn refused(why: &str) -> Problem {
    tracing::warn!(why, "signing in failed");
    SIGN_IN_FAILED.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_no_path() {
        for (issuer, origin) in [
            ("https://id.example/realms/city", "https://id.example"),
            ("http://127.0.0.1:8080/dev", "http://127.0.0.1:8080"),
            ("https://id.example", "https://id.example"),
            ("https://id.example/", "https://id.example"),
        ] {
            assert_eq!(Issuer::at(issuer, "portal").origin, origin);
        }
    }
}
