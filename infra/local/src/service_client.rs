//! The HTTP API of a running service, asked with somebody's token: by the command line, and by the people of the sample.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use reqwest::{Client, RequestBuilder, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use thiserror::Error;
use xinzheng_api::Endpoint;
use xinzheng_api::link::UploadAddress;
use xinzheng_api::parameter::Parameters;
use xinzheng_api::problem::Problem;
use xinzheng_domain::sha256::hexadecimal;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a connection may take.
const CONNECTING: Duration = Duration::from_secs(10);

/// Why a service did not do what it was asked for.
#[derive(Debug, Error)]
pub(crate) enum ServiceError {
    /// A token must not go over the network in the clear.
    #[error("{0} is not an address over HTTPS or on this machine")]
    Address(String),
    /// Nobody answers, or the answer broke off.
    #[error("the service cannot be reached: {0}")]
    Unreachable(String),
    /// It says no, and why.
    #[error("{}", told(.0))]
    Refused(Box<Problem>),
    /// The token is not taken: it is not the service's, or has expired.
    #[error("the token is not taken: it has expired, or is not one of this service")]
    Token,
    /// Somebody has to be asked as.
    #[error("put an access token of the service into {0}")]
    TokenMissing(&'static str),
    /// An answer that is not as the contract says.
    #[error("an answer is not what the API says: {0}")]
    Answer(String),
}

/// A problem in a line.
fn told(problem: &Problem) -> String {
    let parts = [Some(problem.title()), problem.detail_text(), problem.hint_text()];
    let said: Vec<&str> = parts.into_iter().flatten().collect();
    format!("{} ({})", said.join("；"), problem.code())
}

/// A service, and who asks it.
#[derive(Clone, Debug)]
pub(crate) struct ServiceClient {
    client: Client,
    origin: String,
    token: Option<String>,
}

/// An answer with its version, which a change has to name.
#[derive(Debug)]
pub(crate) struct Versioned<A> {
    pub(crate) answer: A,
    pub(crate) etag: String,
}

impl ServiceClient {
    /// The service at an address over HTTPS, or on this machine; asked as nobody in particular.
    pub(crate) fn at(address: &str) -> Result<Self, ServiceError> {
        let wrong = || ServiceError::Address(address.to_owned());
        let url = Url::parse(address).map_err(|_| wrong())?;
        let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let is_plain = url.scheme() == "http";
        if url.scheme() != "https" && !(is_plain && is_here) {
            return Err(wrong());
        }
        let redirects = reqwest::redirect::Policy::none();
        let mut client = Client::builder().timeout(PATIENCE).connect_timeout(CONNECTING).redirect(redirects);
        if is_plain {
            // Nothing that is asked has a certificate, so that reading the system's roots can be spared.
            client = client.tls_certs_only([]);
        }
        let client = client.build().map_err(|error| ServiceError::Unreachable(error.to_string()))?;
        Ok(Self { client, origin: address.trim_end_matches('/').to_owned(), token: None })
    }

    /// The same, asked by whoever has this token.
    pub(crate) fn with_token(&self, token: String) -> Self {
        Self { token: Some(token), ..self.clone() }
    }

    /// The same, asked by nobody in particular.
    pub(crate) fn anybody(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    /// The same, asked by whoever has the token in this variable of the environment; without one, by somebody with these claims, to
    /// whom the local stack gives a token.
    pub(crate) async fn signed_in(
        &self,
        variable: &'static str,
        claims: &Map<String, Value>,
    ) -> Result<Self, ServiceError> {
        match std::env::var(variable).ok().filter(|token| !token.trim().is_empty()) {
            Some(token) => Ok(self.with_token(token.trim().to_owned())),
            None if self.is_local() => self.as_somebody(claims).await,
            None => Err(ServiceError::TokenMissing(variable)),
        }
    }

    /// The same, asked by somebody to whom the local stack's issuer gives a token with these claims.
    pub(crate) async fn as_somebody(&self, claims: &Map<String, Value>) -> Result<Self, ServiceError> {
        let answer: Value = read(self.client.post(self.url("/dev/token")).json(claims)).await?.answer;
        let token = answer.get("access_token").and_then(Value::as_str);
        let token = token.ok_or_else(|| ServiceError::Answer("no token".to_owned()))?;
        Ok(self.with_token(token.to_owned()))
    }

    /// True when the service is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.origin.starts_with("http://")
    }

    /// Reads an endpoint.
    pub(crate) async fn ask<P: Parameters, Q: Parameters, A: DeserializeOwned>(
        &self,
        endpoint: &Endpoint<P, Q, (), A>,
        path: &P,
        query: &Q,
    ) -> Result<A, ServiceError> {
        Ok(self.ask_version(endpoint, path, query).await?.answer)
    }

    /// Reads an endpoint, with the version that a change has to name.
    pub(crate) async fn ask_version<P: Parameters, Q: Parameters, A: DeserializeOwned>(
        &self,
        endpoint: &Endpoint<P, Q, (), A>,
        path: &P,
        query: &Q,
    ) -> Result<Versioned<A>, ServiceError> {
        read(self.signed(self.client.get(self.url(&endpoint.address(path, query))))).await
    }

    /// Does something, once however often it is asked for with the same mark (`once`), on the version that it was decided on
    /// where the endpoint needs one.
    pub(crate) async fn submit<P: Parameters, B: Serialize, A: DeserializeOwned>(
        &self,
        endpoint: &Endpoint<P, (), B, A>,
        path: &P,
        body: &B,
        (once, version): (&str, Option<&str>),
    ) -> Result<Versioned<A>, ServiceError> {
        let request = self.client.post(self.url(&endpoint.address(path, &()))).header("idempotency-key", once);
        let request = match version {
            Some(version) => request.header("if-match", version),
            None => request,
        };
        read(self.signed(request).json(body)).await
    }

    /// Puts a file where an announcement says.
    pub(crate) async fn put_file(&self, to: &UploadAddress, bytes: Vec<u8>) -> Result<(), ServiceError> {
        let mut request = self.client.put(&to.url).body(bytes);
        for (name, value) in &to.headers {
            // The client itself says where it goes and how long it is.
            if !matches!(name.to_ascii_lowercase().as_str(), "host" | "content-length") {
                request = request.header(name, value);
            }
        }
        let sent = request.send().await.and_then(Response::error_for_status);
        sent.map(|_| ()).map_err(unreachable)
    }

    /// The file at an address that the service gave.
    pub(crate) async fn file(&self, url: &str) -> Result<Vec<u8>, ServiceError> {
        let answer = self.client.get(url).send().await.and_then(Response::error_for_status).map_err(unreachable)?;
        Ok(answer.bytes().await.map_err(unreachable)?.to_vec())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

async fn read<A: DeserializeOwned>(request: RequestBuilder) -> Result<Versioned<A>, ServiceError> {
    let answer = request.header("accept", "application/json").send().await.map_err(unreachable)?;
    let status = answer.status();
    let etag = answer.headers().get("etag").and_then(|etag| etag.to_str().ok()).unwrap_or_default().to_owned();
    let bytes = answer.bytes().await.map_err(unreachable)?;
    if !status.is_success() {
        return Err(match serde_json::from_slice::<Problem>(&bytes) {
            Ok(problem) => ServiceError::Refused(Box::new(problem)),
            // The gateway's own answer, before any function is asked.
            Err(_) if status.as_u16() == 401 => ServiceError::Token,
            Err(_) => ServiceError::Answer(format!("status {status}")),
        });
    }
    // Serde's own text can quote values: the place is enough to find the fault.
    let answer = serde_json::from_slice(&bytes)
        .map_err(|error| ServiceError::Answer(format!("line {}, column {}", error.line(), error.column())))?;
    Ok(Versioned { answer, etag })
}

/// The address itself may hold what nobody else should see: it is left out.
fn unreachable(error: reqwest::Error) -> ServiceError {
    let error = error.without_url();
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
    ServiceError::Unreachable(format!("{error}{cause}"))
}

/// The SHA-256 of bytes, in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(digest(&SHA256, bytes).as_ref())
}
