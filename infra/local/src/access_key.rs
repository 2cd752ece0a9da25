//! The access key of the embedded services. It is drawn anew at each start and known to the stack's own clients alone: what
//! is not signed with it is refused, so that no web page and no other program reaches what the services keep.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::{constant_time, hmac};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::json;
use xinzheng_domain::sha256::hexadecimal;

use crate::error::StackError;
use crate::secrets::random;

/// The largest body that a service takes, in bytes: that of DynamoDB.
const LARGEST_BODY: usize = 16 << 20;
/// How far a signature's time may be from now.
const SKEW: Duration = Duration::from_mins(15);
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// What of a request has to be signed, so that a signature serves no other.
const SIGNED: [&str; 3] = ["host", "x-amz-date", "x-amz-target"];

/// An access key: its id, and the secret that requests are signed with.
#[derive(Clone)]
pub(crate) struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccessKey({})", self.id)
    }
}

impl AccessKey {
    /// Draws a key.
    pub(crate) fn draw() -> Result<Self, StackError> {
        Ok(Self { id: random()?, secret: random()? })
    }

    /// A service that is reached with this key alone.
    pub(crate) fn guard(&self, service: Router) -> Router {
        service.layer(middleware::from_fn_with_state(self.clone(), admit))
    }

    /// True when a request without a query, whose body this is, is signed with this key (Signature Version 4).
    fn has_signed(&self, head: &Parts, body: &[u8], now: Timestamp) -> bool {
        let header = |name: &str| head.headers.get(name)?.to_str().ok();
        let Some(signature) = header("authorization").and_then(Signature::parse) else { return false };
        let at = header("x-amz-date").unwrap_or_default();
        let Some(scope) = signature.scope_of(&self.id).filter(|_| head.uri.query().is_none()) else { return false };
        let is_timely = instant(at).is_some_and(|at| now.duration_since(at).unsigned_abs() <= SKEW);
        let is_of_day = scope.split('/').next().is_some_and(|day| !day.is_empty() && at.starts_with(day));
        if !is_timely || !is_of_day || !SIGNED.iter().all(|name| signature.signs(name)) {
            return false;
        }
        self.signature(head, body, scope, signature.names).is_some_and(|own| {
            constant_time::verify_slices_are_equal(own.as_bytes(), signature.value.as_bytes()).is_ok()
        })
    }

    /// The signature of a request, by the headers with these names; `None` when one of them is not there.
    fn signature(&self, head: &Parts, body: &[u8], scope: &str, names: &str) -> Option<String> {
        let headers: Option<String> = names.split(';').map(|name| signed_header(&head.headers, name)).collect();
        let (method, path, headers) = (&head.method, head.uri.path(), headers?);
        let canonical = format!("{method}\n{path}\n\n{headers}\n{names}\n{}", hexadecimal(&sha256(body)));
        let at = head.headers.get("x-amz-date")?.to_str().ok()?;
        let signed = format!("{ALGORITHM}\n{at}\n{scope}\n{}", hexadecimal(&sha256(canonical.as_bytes())));
        let secret = format!("AWS4{}", self.secret).into_bytes();
        let key = scope.split('/').fold(secret, |key, part| hmac_sha256(&key, part.as_bytes()));
        Some(hexadecimal(&hmac_sha256(&key, signed.as_bytes())))
    }
}

/// The parts of a header `authorization`.
struct Signature<'h> {
    /// Id and scope of the key, with slashes between.
    credential: &'h str,
    /// Names of the headers that are signed, with semicolons between.
    names: &'h str,
    value: &'h str,
}

impl<'h> Signature<'h> {
    fn parse(header: &'h str) -> Option<Self> {
        let mut parts = header.strip_prefix(ALGORITHM)?.split(',').map(str::trim);
        let credential = parts.next()?.strip_prefix("Credential=")?;
        let names = parts.next()?.strip_prefix("SignedHeaders=")?;
        let value = parts.next()?.strip_prefix("Signature=")?;
        Some(Self { credential, names, value })
    }

    /// The scope, when it is one of the key with this id.
    fn scope_of(&self, id: &str) -> Option<&'h str> {
        self.credential.strip_prefix(id)?.strip_prefix('/')
    }

    fn signs(&self, name: &str) -> bool {
        self.names.split(';').any(|signed| signed == name)
    }
}

/// A header as its line is signed.
fn signed_header(sent: &HeaderMap, name: &str) -> Option<String> {
    let values: Option<Vec<String>> = sent
        .get_all(name)
        .into_iter()
        .map(|value| Some(value.to_str().ok()?.split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect();
    let values = values.filter(|values| !values.is_empty())?;
    Some(format!("{name}:{}\n", values.join(",")))
}

async fn admit(State(key): State<AccessKey>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    // Before the body is read.
    if !head.headers.contains_key("authorization") {
        return refusal();
    }
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else { return refusal() };
    if !key.has_signed(&head, &body, Timestamp::now()) {
        return refusal();
    }
    next.run(Request::from_parts(head, Body::from(body))).await
}

fn refusal() -> Response {
    let told = json!({
        "__type": "com.amazon.coral.service#UnrecognizedClientException",
        "message": "The request is not signed with the access key of this stack.",
    });
    let mut response = Response::new(Body::from(Bytes::from(told.to_string())));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/x-amz-json-1.0"));
    response
}

/// The instant of a header `x-amz-date`: `20251103T020000Z`.
fn instant(text: &str) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?).ok()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

fn hmac_sha256(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), bytes).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: &str = "20250101/cn-north-1/dynamodb/aws4_request";
    const NAMES: &str = "host;x-amz-date;x-amz-target";

    fn signed(key: &AccessKey, names: &str, body: &str) -> Parts {
        let request = http::Request::post("/")
            .header("host", "127.0.0.1:4000")
            .header("x-amz-date", "20250101T120000Z")
            .header("x-amz-target", "DynamoDB_20120810.GetItem");
        let (mut head, ()) = request.body(()).unwrap().into_parts();
        let signature = key.signature(&head, body.as_bytes(), SCOPE, names).unwrap();
        let header = format!("{ALGORITHM} Credential={}/{SCOPE}, SignedHeaders={names}, Signature={signature}", key.id);
        head.headers.insert("authorization", header.parse().unwrap());
        head
    }

    #[test]
    fn a_signature_serves_its_own_request_for_a_while() {
        let key = AccessKey { id: "AKID".to_owned(), secret: "secret".to_owned() };
        let now: Timestamp = "2025-01-01T12:10:00Z".parse().unwrap();
        let is_admitted = |head: &Parts, body: &str, now| key.has_signed(head, body.as_bytes(), now);
        let head = signed(&key, NAMES, "{}");
        assert!(is_admitted(&head, "{}", now));
        assert!(!is_admitted(&head, "{\"a\":1}", now), "another body");
        assert!(!is_admitted(&head, "{}", "2025-01-01T12:16:00Z".parse().unwrap()), "later");
        assert!(!is_admitted(&head, "{}", "2025-01-01T11:40:00Z".parse().unwrap()), "earlier");
        let changed = |name: &'static str, value: &str| {
            let mut head = signed(&key, NAMES, "{}");
            head.headers.insert(name, value.parse().unwrap());
            head
        };
        for (name, value) in [
            ("x-amz-target", "DynamoDB_20120810.Scan"),
            ("x-amz-date", "20250101T120001Z"),
            ("host", "another"),
            ("authorization", "AWS4-HMAC-SHA256"),
            ("authorization", ""),
        ] {
            assert!(!is_admitted(&changed(name, value), "{}", now), "{name}: {value}");
        }
        let mut asked = signed(&key, NAMES, "{}");
        asked.uri = "/?X-Amz-Signature=".parse().unwrap();
        assert!(!is_admitted(&asked, "{}", now), "a query");
        assert!(!is_admitted(&signed(&key, "host;x-amz-date", "{}"), "{}", now), "its target is not signed");
        for other in [("AKID", "guessed"), ("AKID2", "secret")] {
            let other = AccessKey { id: other.0.to_owned(), secret: other.1.to_owned() };
            assert!(!is_admitted(&signed(&other, NAMES, "{}"), "{}", now), "another key");
        }
    }

    /// `post-vanilla` of the vendor's test suite.
    #[test]
    fn a_signature_is_the_vendors() {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned();
        let key = AccessKey { id: "AKIDEXAMPLE".to_owned(), secret };
        let request =
            http::Request::post("/").header("host", "example.amazonaws.com").header("x-amz-date", "20150830T123600Z");
        let (head, ()) = request.body(()).unwrap().into_parts();
        let signature = key.signature(&head, b"", "20150830/us-east-1/service/aws4_request", "host;x-amz-date");
        let known = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
        assert_eq!(signature.as_deref(), Some(known));
    }
}
