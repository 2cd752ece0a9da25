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
        let body = match self.body.is_empty() {
            true => None,
            // Bytes that are no UTF-8 are lost.
            false if is_text(headers.get("content-type")) => Some(String::from_utf8_lossy(self.body).into_owned()),
            false => Some(STANDARD.encode(self.body)),
        };
        let is_base64 = !self.body.is_empty() && !is_text(headers.get("content-type"));
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

/// Whether the HTTP API hands a body of this content type over as text: `text/*`, JSON, XML and JavaScript by these very names. All
/// else, forms and bodies without a type too, it hands over as base64. AWS does not document which: it was measured
/// (github.com/ministackorg/ministack, pull request 766).
fn is_text(content_type: Option<&String>) -> bool {
    let media = content_type.map(String::as_str).unwrap_or_default().split(';').next().unwrap_or_default();
    let media = media.trim().to_ascii_lowercase();
    media.starts_with("text/")
        || ["application/json", "application/xml", "application/javascript"].contains(&media.as_str())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn event(content_type: Option<&str>, body: &'static [u8]) -> Value {
        let request = http::Request::post("/uploads/check?table=penalty");
        let request = content_type.into_iter().fold(request, |request, kind| request.header("content-type", kind));
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let event = HttpEvent {
            parts: &parts,
            body: &Bytes::from_static(body),
            source: IpAddr::from([127, 0, 0, 1]),
            route: "POST /uploads/check",
            path_parameters: &BTreeMap::new(),
            claims: None,
            id: "1".to_owned(),
            at: Timestamp::UNIX_EPOCH,
        };
        event.json()
    }

    #[test]
    fn the_content_type_decides_how_a_body_is_handed_over() {
        // 中 in GB 18030.
        let bytes = b"\xd6\xd0";
        for (content_type, body, is_base64) in [
            (Some("text/csv"), "\u{fffd}\u{fffd}", false),
            (Some("Text/Plain; charset=gb18030"), "\u{fffd}\u{fffd}", false),
            (Some("application/json"), "\u{fffd}\u{fffd}", false),
            (Some("application/xml"), "\u{fffd}\u{fffd}", false),
            (Some("application/octet-stream"), "1tA=", true),
            (Some("application/x-www-form-urlencoded"), "1tA=", true),
            (Some("application/problem+json"), "1tA=", true),
            (Some("multipart/form-data; boundary=text/plain"), "1tA=", true),
            (None, "1tA=", true),
        ] {
            let event = event(content_type, bytes);
            assert_eq!(
                (&event["body"], &event["isBase64Encoded"]),
                (&json!(body), &json!(is_base64)),
                "{content_type:?}"
            );
        }
        let empty = event(Some("application/octet-stream"), b"");
        assert_eq!((&empty["body"], &empty["isBase64Encoded"]), (&Value::Null, &json!(false)));
    }
}
