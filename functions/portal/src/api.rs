//! The HTTP API, asked with the token of whoever is signed in: the pages can do nothing that a client could not.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use xinzheng_api::Endpoint;
use xinzheng_api::endpoint::Method;
use xinzheng_api::link::UploadAddress;
use xinzheng_api::page_problem::{API_UNREACHABLE, FILE_TOO_LARGE, FORM_REVIEW};
use xinzheng_api::parameter::Parameters;
use xinzheng_api::problem::{INTERNAL, REQUEST_RUNNING, TOKEN_MISSING};
use xinzheng_domain::AddressKey;
use xinzheng_domain::sha256::hexadecimal;
use xinzheng_runtime::caller::{FORWARDED_ADDRESS, FORWARDED_PROOF};
use xinzheng_runtime::{HttpRequest, Problem};

use crate::page_words;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often, and after how long, a form is sent on again while the same one is being dealt with: who sends it twice has one answer.
const AGAIN: u32 = 10;
const BETWEEN: Duration = Duration::from_millis(500);
/// The largest file that is passed on, in bytes: a function's answer has 6 MB, a third of it lost to base64.
const LARGEST_FILE: u64 = 4_400_000;

/// A client of the API and of the object store's addresses that it gives.
#[derive(Debug)]
pub(crate) struct Api {
    origin: String,
    pub(crate) client: Client,
}

/// An answer of the API, with the version that a change has to name.
#[derive(Debug)]
pub(crate) struct Versioned<A> {
    pub(crate) answer: A,
    pub(crate) etag: String,
}

/// The API as one visitor asks it.
#[derive(Clone, Copy)]
pub(crate) struct ApiClient<'a> {
    pub(crate) api: &'a Api,
    /// Empty for someone who is not signed in.
    pub(crate) token: &'a str,
    pub(crate) address: &'a str,
    pub(crate) address_key: &'a AddressKey,
    /// True when nothing is changed, since the form has to be looked at once more first.
    pub(crate) review: bool,
}

impl Api {
    /// The API at this origin.
    pub(crate) fn at(origin: &str) -> Result<Self, reqwest::Error> {
        // The local stack has no certificates: to make ready for those of others can be spared.
        let is_plain = origin.starts_with("http://");
        let client = if is_plain { Client::builder().tls_certs_only([]) } else { xinzheng_roots::client() };
        let client = client.timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
        Ok(Self { origin: origin.to_owned(), client: client.build()? })
    }

    /// A file at an address that the API gave; a problem when it is too large to be shown.
    pub(crate) async fn file(&self, url: &str) -> Result<Vec<u8>, Problem> {
        let answer = self.client.get(url).send().await.and_then(Response::error_for_status).map_err(unreachable)?;
        if answer.content_length().is_none_or(|bytes| bytes > LARGEST_FILE) {
            return Err(FILE_TOO_LARGE.into());
        }
        Ok(answer.bytes().await.map_err(unreachable)?.to_vec())
    }

    /// Puts a file where an announcement says.
    pub(crate) async fn put_file(&self, to: &UploadAddress, bytes: Vec<u8>) -> Result<(), Problem> {
        let mut request = self.client.put(&to.url).body(bytes);
        for (name, value) in &to.headers {
            // The client itself says where it goes and how long it is.
            if !matches!(name.to_ascii_lowercase().as_str(), "host" | "content-length") {
                request = request.header(name, value);
            }
        }
        request.send().await.and_then(Response::error_for_status).map_err(unreachable)?;
        Ok(())
    }
}

impl ApiClient<'_> {
    /// Reads an endpoint.
    pub(crate) async fn ask<P: Parameters, Q: Parameters, A: DeserializeOwned>(
        &self,
        endpoint: &Endpoint<P, Q, (), A>,
        path: &P,
        query: &Q,
    ) -> Result<A, Problem> {
        Ok(self.ask_versioned(endpoint, path, query).await?.answer)
    }

    /// The same, with the version of what was read.
    pub(crate) async fn ask_versioned<P: Parameters, Q: Parameters, A: DeserializeOwned>(
        &self,
        endpoint: &Endpoint<P, Q, (), A>,
        path: &P,
        query: &Q,
    ) -> Result<Versioned<A>, Problem> {
        self.receive(self.api.client.get(self.url(&endpoint.address(path, query)))).await
    }

    /// Asks for a change that needs no version, once however often the form is sent as it is (`once`). A form that was gone back
    /// to and filled in otherwise asks for something else.
    pub(crate) async fn submit<P: Parameters, B: Serialize, A: DeserializeOwned>(
        &self,
        endpoint: &Endpoint<P, (), B, A>,
        path: &P,
        body: &B,
        once: &str,
    ) -> Result<A, Problem> {
        self.change(endpoint, path, body, once, "").await
    }

    /// The same on the version that it was decided on (an `ETag`; none when it is empty).
    pub(crate) async fn change<P: Parameters, B: Serialize, A: DeserializeOwned>(
        &self,
        endpoint: &Endpoint<P, (), B, A>,
        path: &P,
        body: &B,
        once: &str,
        version: &str,
    ) -> Result<A, Problem> {
        self.reviewed()?;
        let url = self.url(&endpoint.address(path, &()));
        let body = serde_json::to_string(body).map_err(|error| {
            tracing::error!(%error, "a request cannot be written");
            INTERNAL
        })?;
        let mut left = AGAIN;
        loop {
            let request = match endpoint.description.method {
                Method::Put => self.api.client.put(&url),
                Method::Get | Method::Head | Method::Post => self.api.client.post(&url),
            };
            let mut request = versioned(request, version);
            if !once.is_empty() {
                request = request.header("idempotency-key", key(once, &body));
            }
            let request = request.header("content-type", "application/json").body(body.clone());
            match self.receive(request).await {
                Err(problem) if problem.is(REQUEST_RUNNING) && left > 0 => {
                    left -= 1;
                    tokio::time::sleep(BETWEEN).await;
                }
                received => return Ok(received?.answer),
            }
        }
    }

    /// Sends a file's bytes to an endpoint that takes them as its body.
    pub(crate) async fn send_file<Q: Parameters, A: DeserializeOwned>(
        &self,
        endpoint: &Endpoint<(), Q, (), A>,
        query: &Q,
        bytes: Vec<u8>,
    ) -> Result<A, Problem> {
        let request = self.api.client.post(self.url(&endpoint.address(&(), query)));
        let request = request.header("content-type", "application/octet-stream").body(bytes);
        Ok(self.receive(request).await?.answer)
    }

    /// A file that an endpoint answers with.
    pub(crate) async fn file_of<P: Parameters, Q: Parameters, A>(
        &self,
        endpoint: &Endpoint<P, Q, (), A>,
        path: &P,
        query: &Q,
    ) -> Result<Vec<u8>, Problem> {
        self.get_file(&endpoint.address(path, query)).await
    }

    /// Where an endpoint leads to.
    pub(crate) async fn way_to<P: Parameters, A>(
        &self,
        endpoint: &Endpoint<P, (), (), A>,
        path: &P,
    ) -> Result<String, Problem> {
        self.redirect(&endpoint.address(path, &())).await
    }

    async fn receive<A: DeserializeOwned>(&self, request: RequestBuilder) -> Result<Versioned<A>, Problem> {
        let answer = self.sent(request).await?;
        if !answer.status().is_success() {
            return Err(problem(answer).await);
        }
        let etag = answer.headers().get("etag").and_then(|etag| etag.to_str().ok()).unwrap_or_default().to_owned();
        let answer = serde_json::from_slice(&answer.bytes().await.map_err(unreachable)?).map_err(|error| {
            // Serde's own text can quote values: the place is enough to find the fault.
            tracing::error!(line = error.line(), column = error.column(), "an answer is not what the contract says");
            INTERNAL
        })?;
        Ok(Versioned { answer, etag })
    }

    /// Puts a text of JSON in its place, as it stands.
    pub(crate) async fn put_text<B, A: DeserializeOwned>(
        &self,
        endpoint: &Endpoint<(), (), B, A>,
        text: &str,
    ) -> Result<A, Problem> {
        self.reviewed()?;
        let request = self.api.client.put(self.url(&endpoint.address(&(), &())));
        let request = request.header("content-type", "application/json").body(text.to_owned());
        Ok(self.receive(request).await?.answer)
    }

    /// A file that a POST of a text of JSON answers with.
    pub(crate) async fn post_text_for_file<B>(
        &self,
        endpoint: &Endpoint<(), (), B, ()>,
        text: &str,
    ) -> Result<Vec<u8>, Problem> {
        let request = self.api.client.post(self.url(&endpoint.address(&(), &())));
        let request = request.header("content-type", "application/json");
        let answer = self.sent(request.body(text.to_owned())).await?;
        if answer.status().is_success() {
            return Ok(answer.bytes().await.map_err(unreachable)?.to_vec());
        }
        Err(problem(answer).await)
    }

    /// A file that a GET answers with.
    pub(crate) async fn get_file(&self, path: &str) -> Result<Vec<u8>, Problem> {
        let answer = self.sent(self.api.client.get(self.url(path))).await?;
        if answer.status().is_success() {
            return Ok(answer.bytes().await.map_err(unreachable)?.to_vec());
        }
        Err(problem(answer).await)
    }

    /// Where a GET leads to.
    pub(crate) async fn redirect(&self, path: &str) -> Result<String, Problem> {
        let answer = self.sent(self.api.client.get(self.url(path))).await?;
        let location = answer.headers().get("location").and_then(|location| location.to_str().ok()).map(str::to_owned);
        match location {
            Some(location) if answer.status().is_redirection() => Ok(location),
            _ => Err(problem(answer).await),
        }
    }

    /// That a form may change something: not when it came after its time, and is shown once more.
    fn reviewed(&self) -> Result<(), Problem> {
        if self.review { Err(FORM_REVIEW.into()) } else { Ok(()) }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.api.origin)
    }

    async fn sent(&self, request: RequestBuilder) -> Result<Response, Problem> {
        let mut headers = HeaderMap::new();
        let proof = self.address_key.vouch(self.address);
        for (name, value) in [(FORWARDED_ADDRESS, self.address), (FORWARDED_PROOF, proof.as_str())] {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        let request = request.headers(headers).header("accept", "application/json, */*;q=0.5");
        let request = if self.token.is_empty() { request } else { request.bearer_auth(self.token) };
        request.send().await.map_err(unreachable)
    }
}

/// The idempotency key of a form's mark and what it sent.
fn key(once: &str, body: &str) -> String {
    hexadecimal(digest(&SHA256, format!("{once} {body}").as_bytes()).as_ref())
}

fn versioned(request: RequestBuilder, version: &str) -> RequestBuilder {
    if version.is_empty() { request } else { request.header("if-match", version) }
}

/// The address itself may hold what no log should: it is left out.
fn unreachable(error: reqwest::Error) -> Problem {
    tracing::error!(error = %error.without_url(), "the API cannot be reached");
    API_UNREACHABLE.into()
}

/// What the API says is wrong.
async fn problem(answer: Response) -> Problem {
    let status = answer.status();
    // The HTTP API's own answer, before any function is asked: 401, or 403 where a function of ours has refused the token. Functions that
    // answer so send a problem.
    let media = answer.headers().get(CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
    let is_problem = media.starts_with("application/problem+json");
    if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN && !is_problem {
        return TOKEN_MISSING.titled("登录已过期，请重新登录");
    }
    let again = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    let problem: Problem = answer.json().await.unwrap_or_else(|_| {
        tracing::error!(%status, "an answer that is no problem");
        INTERNAL.into()
    });
    let problem = page_words::said(problem);
    match again {
        Some(seconds) => problem.retry_after(seconds),
        None => problem,
    }
}

impl<'a> ApiClient<'a> {
    /// As this visitor asks.
    pub(crate) fn of(app: &'a crate::App, request: &'a HttpRequest, token: &'a str, review: bool) -> Self {
        Self { api: &app.api, token, address: request.source_address(), address_key: &app.address_key, review }
    }
}

#[cfg(test)]
mod tests {
    use http::Response as Answer;
    use xinzheng_api::problem::{Fault, ROLE_NOT_ALLOWED};

    use super::*;

    #[tokio::test]
    async fn who_is_not_let_in_by_the_http_api_is_to_sign_in_again() {
        let forbidden = serde_json::to_string(&Problem::from(ROLE_NOT_ALLOWED)).unwrap();
        let cases: [(u16, &str, &str, Fault); 5] = [
            (401, "application/json", r#"{"message":"Unauthorized"}"#, TOKEN_MISSING),
            // Of a token that our own authorizer refuses.
            (403, "application/json", r#"{"message":"Forbidden"}"#, TOKEN_MISSING),
            (403, "", "", TOKEN_MISSING),
            (403, "application/problem+json; charset=utf-8", &forbidden, ROLE_NOT_ALLOWED),
            (500, "application/json", r#"{"message":"Internal Server Error"}"#, INTERNAL),
        ];
        for (status, media, body, expected) in cases {
            let answer = Answer::builder().status(status).header("content-type", media).body(body.to_owned()).unwrap();
            let problem = problem(Response::from(answer)).await;
            assert!(problem.is(expected), "{status} {media}: {problem:?}");
        }
    }
}
