//! The HTTP gateway: the template's routes and authorizer, in the payload format of API Gateway's HTTP API. A route that
//! the template lacks does not exist here either; only the addresses of the token issuer and of the certificate and time-stamping authority are added.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use hyper_util::service::TowerToHyperService;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use xinzheng_runtime::caller::FORWARDED_PROOF;
use xinzheng_runtime::{Clock, HttpRequest, HttpResponse};
use xinzheng_signature::{DocumentSigner, RevokedSerials};
use xinzheng_template::Deployment;

use crate::certificate_authority::{REVOCATION_LIST, STATUS};
use crate::client_credentials;
use crate::connections::{self, Peer};
use crate::ending::{Entrance, Work};
use crate::http_event::HttpEvent;
use crate::issuer::{Issuer, VALID_SECONDS};
use crate::options::Outage;
use crate::sign_in::{self, SignIn};

/// A function behind the gateway.
pub(crate) type HttpFunction = Arc<dyn Fn(HttpRequest) -> BoxFuture<'static, HttpResponse> + Send + Sync>;

/// The largest body that the HTTP API takes, in bytes.
const LARGEST_BODY: usize = 10 << 20;

pub(crate) struct Gateway {
    pub(crate) template: Arc<Deployment>,
    pub(crate) functions: BTreeMap<String, HttpFunction>,
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) clock: Clock,
    pub(crate) requests: AtomicU64,
    /// Who stamps times at `/dev/timestamp`.
    pub(crate) stamping: DocumentSigner,
    /// Who signs the list of certificates that are revoked.
    pub(crate) authority: DocumentSigner,
    /// Who says of a certificate whether it is.
    pub(crate) responder: DocumentSigner,
    /// Whether all three answer nobody.
    pub(crate) authority_fails: Outage,
    /// Where the gateway itself is reached.
    pub(crate) address: String,
    /// Who is signing in.
    pub(crate) sign_in: SignIn,
    /// Functions that answer are finished before the stack ends, also when nobody waits for the answer any more.
    pub(crate) entrance: Entrance,
}

/// Serves the gateway on `listener`.
pub(crate) fn serve(listener: TcpListener, gateway: Gateway, work: Work) {
    let router =
        Router::new().fallback(answer).layer(DefaultBodyLimit::max(LARGEST_BODY)).with_state(Arc::new(gateway));
    connections::serve(listener, TowerToHyperService::new(router), work);
}

async fn answer(State(gateway): State<Arc<Gateway>>, request: axum::extract::Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else {
        return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    if let Some(response) = gateway.issuer_route(&parts, &body) {
        return response;
    }
    if let Some(response) = gateway.authority_route(&parts, &body).await {
        return response;
    }
    // What the portal asks belongs to a request that came before.
    let is_late = |work: &Work| work.is_to_end() && !parts.headers.contains_key(FORWARDED_PROOF);
    let Some(work) = gateway.entrance.come_in().filter(|work| !is_late(work)) else {
        return message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
    };
    let Some(found) = gateway.template.route(parts.method.as_str(), parts.uri.path()) else {
        return message(StatusCode::NOT_FOUND, "Not Found");
    };
    let claims = if found.route.public {
        None
    } else {
        let Some(claims) = bearer(&parts.headers).and_then(|token| gateway.issuer.check(token)) else {
            return message(StatusCode::UNAUTHORIZED, "Unauthorized");
        };
        Some(claims)
    };
    let Some(function) = gateway.functions.get(&found.function.logical_id) else {
        return message(StatusCode::NOT_FOUND, "Not Found");
    };
    let route = format!("{} {}", found.route.method, found.route.path);
    let event = HttpEvent {
        parts: &parts,
        body: &body,
        source: parts.extensions.get().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |Peer(source)| *source),
        route: &route,
        path_parameters: &found.path_parameters,
        claims,
        id: format!("local-{:08}", gateway.requests.fetch_add(1, Ordering::Relaxed)),
        at: gateway.clock.now(),
    };
    let event = event.json();
    match serde_json::from_value::<ApiGatewayV2httpRequest>(event) {
        Ok(event) => match carried_out(function(HttpRequest::from(event)), work).await {
            Ok(response) => written(response),
            // What Lambda answers when a function breaks off.
            Err(_) => message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
        },
        Err(error) => {
            tracing::error!(%error, "an event could not be built");
            message(StatusCode::BAD_REQUEST, "Bad Request")
        }
    }
}

/// Runs a function to its end, whatever becomes of who asked.
fn carried_out(function: BoxFuture<'static, HttpResponse>, work: Work) -> JoinHandle<HttpResponse> {
    tokio::spawn(async move {
        let response = function.await;
        drop(work);
        response
    })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get("authorization")?.to_str().ok()?;
    // HTTP API takes the token with or without the scheme.
    Some(value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("bearer ")).unwrap_or(value).trim())
}

fn message(status: StatusCode, text: &str) -> Response {
    json_response(status, &json!({ "message": text }))
}

fn json_response(status: StatusCode, value: &Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}

fn written(response: HttpResponse) -> Response {
    let body = if response.is_base64_encoded {
        STANDARD.decode(&response.body).map(Body::from).unwrap_or_default()
    } else {
        Body::from(response.body)
    };
    let mut built = Response::builder().status(response.status_code);
    for (name, value) in &response.headers {
        built = built.header(name, value);
    }
    for cookie in &response.cookies {
        built = built.header("set-cookie", cookie);
    }
    built.body(body).unwrap_or_else(|_| message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"))
}

impl Gateway {
    /// The issuer's own addresses: discovery, its key set, signing in, and tokens for anyone who asks (local only).
    /// An issuer has a clock of its own.
    fn issuer_route(&self, parts: &Parts, body: &Bytes) -> Option<Response> {
        let address = self.issuer.address();
        let query = || sign_in::fields(parts.uri.query().unwrap_or_default().as_bytes());
        let kind = parts.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let form = kind.split(';').next().is_some_and(|kind| kind.trim() == "application/x-www-form-urlencoded");
        let sent = sign_in::fields(body);
        Some(match (parts.method.as_str(), parts.uri.path()) {
            ("GET", "/dev/.well-known/openid-configuration") => json_response(
                StatusCode::OK,
                &json!({
                    "issuer": address,
                    "jwks_uri": format!("{address}/keys"),
                    "authorization_endpoint": format!("{address}/authorize"),
                    "token_endpoint": format!("{address}/token"),
                    "revocation_endpoint": format!("{address}/revoke"),
                    "end_session_endpoint": format!("{address}/logout"),
                    "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "code_challenge_methods_supported": ["S256"],
                }),
            ),
            ("GET", "/dev/authorize") => written(SignIn::ask(&query(), &self.address)),
            ("POST", "/dev/authorize") => written(self.sign_in.choose(&sent, &self.address, Timestamp::now())),
            ("GET", "/dev/logout") => written(SignIn::leave(&query(), &self.address)),
            ("POST", "/dev/revoke") => written(self.sign_in.revoke(&sent)),
            ("POST", "/dev/token") if form && sent.get("grant_type").is_some_and(|kind| kind == "refresh_token") => {
                written(self.sign_in.renew(&sent, &self.issuer, Timestamp::now()))
            }
            ("POST", "/dev/token")
                if form && sent.get("grant_type").is_some_and(|kind| kind == "authorization_code") =>
            {
                written(self.sign_in.redeem(&sent, &self.issuer, Timestamp::now()))
            }
            ("POST", "/dev/token")
                if form && sent.get("grant_type").is_some_and(|kind| kind == "client_credentials") =>
            {
                written(client_credentials::token(&sent, &self.issuer, Timestamp::now()))
            }
            ("GET", "/dev/keys") => json_response(StatusCode::OK, &self.issuer.key_set()),
            ("POST", "/dev/token") => match serde_json::from_slice::<Map<String, Value>>(body) {
                Ok(claims) if claims.contains_key("role") => match self.issuer.token(&claims, Timestamp::now()) {
                    Ok(token) => json_response(
                        StatusCode::OK,
                        &json!({ "access_token": token, "token_type": "Bearer", "expires_in": VALID_SECONDS }),
                    ),
                    Err(_) => message(StatusCode::INTERNAL_SERVER_ERROR, "the token could not be signed"),
                },
                _ => message(StatusCode::BAD_REQUEST, "send the token's claims as JSON, at least \"role\""),
            },
            _ => return None,
        })
    }

    /// The authority's addresses: time stamps by the stack's clock (RFC 3161, 3.4), whether a certificate is revoked (RFC 6960,
    /// appendix A), its revocation list. None is ever revoked.
    async fn authority_route(&self, parts: &Parts, body: &[u8]) -> Option<Response> {
        let (none, now) = (RevokedSerials::new(), self.clock.now());
        let (reply, kind) = match (parts.method.as_str(), parts.uri.path()) {
            ("POST" | "GET", "/dev/timestamp" | STATUS | REVOCATION_LIST) if self.authority_fails.is_set() => {
                return Some(message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"));
            }
            ("POST", "/dev/timestamp") => {
                let serial = self.requests.fetch_add(1, Ordering::Relaxed);
                (self.stamping.grant_timestamp(body, now, serial).await, "application/timestamp-reply")
            }
            ("POST", STATUS) => (self.responder.answer_status(body, &none, now).await, "application/ocsp-response"),
            ("GET", REVOCATION_LIST) => (self.authority.revocation_list(&none, now).await, "application/pkix-crl"),
            _ => return None,
        };
        Some(match reply {
            Ok(reply) => {
                let mut response = Response::new(Body::from(reply));
                response.headers_mut().insert("content-type", http::HeaderValue::from_static(kind));
                response
            }
            Err(_) => message(StatusCode::INTERNAL_SERVER_ERROR, "the authority could not answer"),
        })
    }
}
