//! A request as the HTTP API hands it to a function: payload format 2.0.

use std::collections::BTreeMap;
use std::net::IpAddr;

use axum::body::Bytes;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::COOKIE;
use http::request::Parts;
use jiff::Timestamp;
use serde_json::{Value, json};

/// What an event tells of a request.
pub(crate) struct HttpEvent<'r> {
    pub(crate) parts: &'r Parts,
    pub(crate) body: &'r Bytes,
    /// Where it comes from: any address of loopback.
    pub(crate) source: IpAddr,
    /// Its route, such as `GET /verify/{code}`.
    pub(crate) route: &'r str,
    pub(crate) path_parameters: &'r BTreeMap<String, String>,
    /// Of its token, when the route asks for one.
    pub(crate) claims: Option<BTreeMap<String, String>>,
    pub(crate) id: String,
    pub(crate) at: Timestamp,
}

impl HttpEvent<'_> {
    pub(crate) fn json(self) -> Value {
        let uri = &self.parts.uri;
        let query = uri.query().unwrap_or_default();
        let headers = headers(&self.parts.headers);
        let (body, is_base64) = match std::str::from_utf8(self.body) {
            Ok(text) => (text.to_owned(), false),
            Err(_) => (STANDARD.encode(self.body), true),
        };
        let mut event = json!({
            "version": "2.0",
            "routeKey": self.route,
            "rawPath": uri.path(),
            "rawQueryString": query,
            "headers": headers,
            "cookies": cookies(&self.parts.headers),
            "queryStringParameters": query_parameters(query),
            "pathParameters": self.path_parameters,
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "local",
                "domainName": "127.0.0.1",
                "domainPrefix": "127",
                "http": {
                    "method": self.parts.method.as_str(),
                    "path": uri.path(),
                    "protocol": "HTTP/1.1",
                    "sourceIp": self.source.to_string(),
                    "userAgent": headers.get("user-agent").map_or("", String::as_str),
                },
                "requestId": self.id,
                "routeKey": self.route,
                "stage": "$default",
                "time": self.at.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
                "timeEpoch": self.at.as_millisecond(),
            },
            "body": body,
            "isBase64Encoded": is_base64,
        });
        if let (Some(claims), Some(Value::Object(context))) = (self.claims, event.get_mut("requestContext")) {
            context.insert("authorizer".to_owned(), json!({ "jwt": { "claims": claims, "scopes": null } }));
        }
        event
    }
}

/// The headers without cookies, those that came several times with commas between.
fn headers(sent: &HeaderMap) -> BTreeMap<String, String> {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in sent.iter().filter(|(name, _)| *name != COOKIE) {
        add(&mut headers, name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
    }
    headers
}

/// The HTTP API takes cookies out of the headers.
fn cookies(sent: &HeaderMap) -> Vec<String> {
    let headers = sent.get_all(COOKIE).into_iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    headers.flat_map(|header| header.split(';').map(|cookie| cookie.trim().to_owned()).collect::<Vec<_>>()).collect()
}

/// The parameters of a query, those that came several times with commas between.
fn query_parameters(query: &str) -> BTreeMap<String, String> {
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        add(&mut parameters, &name, &value);
    }
    parameters
}

fn add(all: &mut BTreeMap<String, String>, name: &str, value: &str) {
    all.entry(name.to_owned())
        .and_modify(|known| *known = format!("{known},{value}"))
        .or_insert_with(|| value.to_owned());
}
