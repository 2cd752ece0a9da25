//! Requests and responses of the HTTP API (payload format 2.0).

use std::borrow::Cow;
use std::collections::BTreeMap;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use base64::Engine;
use cookie::Cookie;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use xinzheng_api::problem::{self, Fault, Problem};
use xinzheng_api::rate_limit::RateLimit;
use xinzheng_api::token::Claim;

use crate::json_body;

/// A request that the HTTP API passed on, its token already checked by the authorizer.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    event: ApiGatewayV2httpRequest,
}

impl From<ApiGatewayV2httpRequest> for HttpRequest {
    fn from(event: ApiGatewayV2httpRequest) -> Self {
        Self { event }
    }
}

/// The parameters of a query.
type Pairs<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

impl HttpRequest {
    /// The route that matched, as the template writes it: `POST /reports`.
    pub fn route(&self) -> &str {
        self.event.route_key.as_deref().unwrap_or_default()
    }

    /// A path parameter, when the route has one of this name.
    pub fn path_parameter(&self, name: &str) -> Option<&str> {
        self.event.path_parameters.get(name).map(String::as_str)
    }

    /// Every value of a query parameter, as the query has them: the HTTP API itself joins them with commas, and what it makes of
    /// them cannot be told from commas that were sent.
    pub fn query_parameters(&self, name: &str) -> Vec<Cow<'_, str>> {
        let pairs = form_urlencoded::parse(self.query().as_bytes());
        pairs.filter(|(known, _)| known == name).map(|(_, value)| value).collect()
    }

    /// A claim of the checked token: API Gateway itself hands on all of its claims, our own authorizer those that are looked at.
    pub fn claim(&self, claim: Claim) -> Option<&str> {
        let authorizer = self.event.request_context.authorizer.as_ref()?;
        let text = match &authorizer.jwt {
            Some(jwt) => jwt.claims.get(claim.name()).map(String::as_str),
            None => authorizer.fields.get(claim.name()).and_then(Value::as_str),
        };
        // Claims come as texts, JSON's null too: what is empty says nothing.
        text.map(str::trim).filter(|value| !value.is_empty() && *value != "null")
    }

    /// A header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.event.headers.get(name)?.to_str().ok()
    }

    /// The media type of the body without its parameters, in lower case; `None` when it is not told.
    pub fn media_type(&self) -> Option<String> {
        let sent = self.header("content-type")?.split(';').next()?.trim().to_ascii_lowercase();
        Some(sent).filter(|media| !media.is_empty())
    }

    /// True when a header of this name came, whether or not it can be read as text.
    pub fn has_header(&self, name: &str) -> bool {
        self.event.headers.contains_key(name)
    }

    /// A cookie, by its name.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let sent = self.event.cookies.iter().flatten();
        let mut cookies = sent.flat_map(|cookies| Cookie::split_parse(cookies.as_str())).flatten();
        cookies.find(|cookie| cookie.name() == name)?.value_raw()
    }

    /// The query as it was sent, without the question mark.
    pub fn query(&self) -> &str {
        self.event.raw_query_string.as_deref().unwrap_or_default()
    }

    /// Which of these media types the caller prefers (RFC 9110, 12.5.1); the first when it does not say, `None` when it
    /// takes none of them.
    pub fn preferred<'t>(&self, offered: &[&'t str]) -> Option<&'t str> {
        let Some(accept) = self.header("accept").filter(|accept| !accept.trim().is_empty()) else {
            return offered.first().copied();
        };
        let mut best: Option<(&'t str, u16, u8)> = None;
        for &media in offered {
            let quality =
                accept.split(',').filter_map(|range| quality_of(range, media)).max_by_key(|(_, exact)| *exact);
            if let Some((quality, exact)) = quality.filter(|(quality, _)| *quality > 0)
                && best.is_none_or(|(_, known, known_exact)| (quality, exact) > (known, known_exact))
            {
                best = Some((media, quality, exact));
            }
        }
        best.map(|(media, ..)| media)
    }

    /// The path, as it was sent.
    pub fn path(&self) -> &str {
        self.event.raw_path.as_deref().unwrap_or_default()
    }

    /// Path and query, as they came.
    pub fn path_and_query(&self) -> String {
        self.path_with(|pairs| pairs)
    }

    /// Path and query with one parameter as it is given here, or without it.
    pub fn path_with_parameter(&self, name: &str, value: Option<&str>) -> String {
        self.path_with(|pairs| {
            let others = pairs.into_iter().filter(|(known, _)| known != name);
            others.chain(value.map(|value| (name.into(), value.to_owned().into()))).collect()
        })
    }

    fn path_with<'a>(&'a self, change: impl FnOnce(Pairs<'a>) -> Pairs<'a>) -> String {
        let pairs = change(form_urlencoded::parse(self.query().as_bytes()).collect());
        if pairs.is_empty() {
            return self.path().to_owned();
        }
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("{}?{query}", self.path())
    }

    /// The address that the request came from; empty when the HTTP API does not say.
    pub fn source_address(&self) -> &str {
        self.event.request_context.http.source_ip.as_deref().unwrap_or_default()
    }

    /// The id that the HTTP API gave the request.
    pub fn id(&self) -> &str {
        self.event.request_context.request_id.as_deref().unwrap_or_default()
    }

    /// The body as it was sent. Of one that was sent as text, bytes that are no UTF-8 are lost on the way: each is U+FFFD.
    pub fn bytes(&self) -> Result<Vec<u8>, Problem> {
        let body = self.event.body.as_deref().unwrap_or_default();
        if !self.event.is_base64_encoded {
            return Ok(body.as_bytes().to_vec());
        }
        base64::engine::general_purpose::STANDARD
            .decode(body)
            .map_err(|_| problem::BODY_UNREADABLE.titled("请求内容无法读取"))
    }

    /// The body as it was sent, for whoever parses it as JSON; a problem when it is too large or nested too deep for that, or has
    /// an identity number in it, which cannot be hidden in what is kept as it stands.
    pub fn json_bytes(&self) -> Result<Vec<u8>, Problem> {
        let bytes = self.bytes()?;
        json_body::check(&bytes)?;
        if json_body::has_identity_number(&bytes) {
            return Err(problem::IDENTITY_NUMBER_WITHIN.into());
        }
        Ok(bytes)
    }

    /// The body as JSON of this shape, with an identity number that is in it: for whoever makes an id of it at once, and keeps, logs
    /// and answers nothing else. A problem that says where it is not of the shape.
    pub fn json_with_identity_number<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        json_body::read_as_sent(&self.bytes()?)
    }

    /// The body as JSON of this shape, identity numbers in its texts hidden; a problem that says where it is not.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        json_body::read(&self.bytes()?)
    }
}

/// The quality in thousandths that a range of an Accept header gives a media type, and how exactly it names it.
fn quality_of(range: &str, media: &str) -> Option<(u16, u8)> {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next()?;
    let (kind, _) = media.split_once('/')?;
    let exact = match name.split_once('/')? {
        ("*", "*") => 0,
        (of, "*") if of.eq_ignore_ascii_case(kind) => 1,
        _ if name.eq_ignore_ascii_case(media) => 2,
        _ => return None,
    };
    let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |text| text.parse::<f32>().ok())?;
    Some(((quality.clamp(0.0, 1.0) * 1000.0) as u16, exact))
}

/// A response to the HTTP API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpResponse {
    /// The status.
    pub status_code: u16,
    /// Headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body: text, or base64.
    pub body: String,
    /// True when the body is base64.
    #[serde(default)]
    pub is_base64_encoded: bool,
    /// Cookies that are set, each as the value of a `Set-Cookie` header.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<String>,
    /// True when the work that it answers has kept it for the same request again.
    #[serde(skip)]
    pub kept: bool,
    /// True when it holds a secret: it is not kept, and the request, sent again, is carried out again and comes to the same.
    #[serde(skip)]
    pub secret: bool,
}

impl HttpResponse {
    /// A JSON response. Never cached unless a `cache-control` is set.
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        match serde_json::to_string(body) {
            Ok(body) => Self::text(status, "application/json; charset=utf-8", body),
            Err(error) => {
                tracing::error!(%error, "a response cannot be written");
                problem::INTERNAL.into()
            }
        }
    }

    /// A text response of this content type.
    pub fn text(status: u16, content_type: &str, body: String) -> Self {
        let headers =
            [("content-type", content_type), ("cache-control", "no-store"), ("x-content-type-options", "nosniff")];
        Self {
            status_code: status,
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body,
            is_base64_encoded: false,
            cookies: vec![],
            kept: false,
            secret: false,
        }
    }

    /// A response of bytes of this content type.
    pub fn bytes(status: u16, content_type: &str, body: &[u8]) -> Self {
        let body = base64::engine::general_purpose::STANDARD.encode(body);
        Self { is_base64_encoded: true, ..Self::text(status, content_type, body) }
    }

    /// The response without its content, as to a HEAD.
    #[must_use]
    pub fn without_body(self) -> Self {
        Self { body: String::new(), is_base64_encoded: false, ..self }
    }

    /// Sends the caller on to another address, with GET (RFC 9110, 15.4.4).
    pub fn see_other(address: &str) -> Self {
        Self::text(303, "text/plain; charset=utf-8", String::new()).header("location", address)
    }

    /// The response with a cookie more.
    #[must_use]
    pub fn cookie(mut self, cookie: Cookie<'_>) -> Self {
        self.cookies.push(cookie.to_string());
        self
    }

    /// The response with another header, or another value of it.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.insert(name.to_owned(), value.into());
        self
    }

    /// Tells a browser that came by TLS to come by nothing else from now on (RFC 6797): for two years.
    pub fn secure(self, request: &HttpRequest) -> Self {
        // The HTTP API says how it was reached.
        if request.header("x-forwarded-proto") == Some("https") {
            self.header("strict-transport-security", "max-age=63072000")
        } else {
            self
        }
    }

    /// Tells when it can be asked again, and what is left of the limit that it counted towards, where the problem says so.
    pub fn retry_after(self, problem: &Problem) -> Self {
        let told = match problem.seconds_to_retry() {
            Some(seconds) => self.header("retry-after", seconds.to_string()),
            None => self,
        };
        match problem.limit() {
            Some(limit) => told.counted(&limit),
            None => told,
        }
    }

    /// Tells what is left of the limit that it counted towards.
    #[must_use]
    pub fn counted(self, limit: &RateLimit) -> Self {
        self.header("ratelimit-policy", limit.policy()).header("ratelimit", limit.left())
    }
}

impl From<Problem> for HttpResponse {
    fn from(problem: Problem) -> Self {
        // A problem is text and numbers: it always serialises.
        let body = serde_json::to_string(&problem).unwrap_or_default();
        Self::text(problem.status(), "application/problem+json; charset=utf-8", body).retry_after(&problem)
    }
}

impl From<Fault> for HttpResponse {
    fn from(fault: Fault) -> Self {
        Problem::from(fault).into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn claims_are_the_same_from_api_gateway_and_from_our_own_authorizer() {
        let claims = json!({ "role": "unit", "unit": " tax ", "sub": "null", "name": "", "organisation": "[a b]" });
        let of = |authorizer: Value| {
            let event = json!({ "requestContext": { "http": { "method": "GET" }, "authorizer": authorizer } });
            let request = HttpRequest::from(serde_json::from_value::<ApiGatewayV2httpRequest>(event).unwrap());
            Claim::ALL.map(|claim| request.claim(claim).map(str::to_owned))
        };
        let seen = of(json!({ "jwt": { "claims": claims, "scopes": null } }));
        assert_eq!(seen, of(json!({ "lambda": claims })));
        let seen: Vec<_> = seen.iter().flatten().collect();
        assert_eq!(seen, ["unit", "tax", "[a b]"]);
        // Ours sends texts alone; what is none is no claim.
        assert_eq!(of(json!({ "lambda": { "role": ["unit"], "sub": 7, "name": null } })), of(json!({})));
        assert_eq!(of(Value::Null), of(json!({ "lambda": null })));
    }
}
