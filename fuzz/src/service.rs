//! Functions as they are deployed, with a registry and a store that cannot be reached.

use std::collections::BTreeMap;

use aws_config::{BehaviorVersion, Region};
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use xinzheng_api::openapi::endpoints;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::secrets::Secrets;
use xinzheng_runtime::{Clock, Environment, HttpRequest, HttpResponse, Metrics, Services};
use xinzheng_store::Registry;

/// Where nobody answers.
const NOWHERE: &str = "http://127.0.0.1:1";
/// What stands between the parts of a form.
const BOUNDARY: &str = "b";

/// A visitor of the portal who was shown a form.
#[derive(Debug)]
pub struct Visit {
    cookie: String,
    form_token: String,
}

/// The functions behind the HTTP API.
pub struct Service {
    runtime: Runtime,
    /// What they keep things in.
    pub registry: Registry,
    /// Someone who may send forms.
    pub visit: Visit,
    casework: xinzheng_casework::App,
    notices: xinzheng_notices::App,
    oversight: xinzheng_oversight::App,
    uploads: xinzheng_uploads::App,
    verify: xinzheng_verify::App,
    portal: xinzheng_portal::App,
}

impl Service {
    /// With nothing behind it: what gets past every check fails at once.
    pub fn unreachable() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let variables = [
            ("TABLE_NAME", "registry"),
            ("CASEWORK_BUCKET", "casework"),
            ("UPLOADS_BUCKET", "uploads"),
            ("INTAKE_BUCKET", "intake"),
            ("REPORTS_BUCKET", "reports"),
            ("LOG_BUCKET", "log"),
            ("AUDIT_BUCKET", "audit"),
            ("LINK_SECONDS", "60"),
            ("DOWNLOAD_SECONDS", "60"),
            ("MAX_TEXT_BYTES", "1048576"),
            ("MAX_HELD_BYTES", "1048576"),
            ("MAX_UNPACKED_BYTES", "4194304"),
            ("MAX_ROW_BYTES", "512"),
            ("METRICS_NAMESPACE", "fuzz"),
            ("PORTAL_ORIGIN", NOWHERE),
            ("OIDC_ISSUER", NOWHERE),
            ("OIDC_CLIENT_ID", "portal"),
            ("OBJECT_STORE_ORIGINS", NOWHERE),
            ("WEBHOOK_QUEUE", NOWHERE),
        ];
        let secrets = ["PERSON_KEY_SECRET", "ADDRESS_KEY_SECRET", "PORTAL_KEY_SECRET"];
        let mut secrets = BTreeMap::from(secrets.map(|name| (name.to_owned(), "fuzz".to_owned())));
        secrets.insert("WEBHOOK_KEYS_SECRET".to_owned(), json!({ "active": "1", "1": "fuzz".repeat(8) }).to_string());
        let (app, registry) = runtime.block_on(async {
            let sdk = aws_config::defaults(BehaviorVersion::latest())
                .region(Region::new("cn-north-1"))
                .endpoint_url(NOWHERE)
                .retry_config(RetryConfig::disabled())
                .credentials_provider(Credentials::new("fuzz", "fuzz", None, None, "fuzz"))
                .load()
                .await;
            let start = Start {
                environment: Environment::of(variables.map(|(name, value)| (name.to_owned(), value.to_owned()))),
                services: Services::new(&sdk),
                secrets: Secrets::given(secrets),
                clock: Clock::of(|| jiff::Timestamp::from_second(1_762_135_200).expect("a time")),
                metrics: Metrics::log(),
                sdk,
            };
            let registry = start.services.registry(&start.environment).expect("a table");
            let loaded = (
                xinzheng_casework::App::load(start.clone()).await.expect("casework"),
                xinzheng_notices::App::load(start.clone()).await.expect("notices"),
                xinzheng_oversight::App::load(start.clone()).await.expect("oversight"),
                xinzheng_uploads::App::load(start.clone()).await.expect("uploads"),
                xinzheng_verify::App::load(start.clone()).await.expect("verify"),
                xinzheng_portal::App::load(start).await.expect("portal"),
            );
            (loaded, registry)
        });
        let (casework, notices, oversight, uploads, verify, portal) = app;
        let shown = runtime.block_on(xinzheng_portal::handle(&portal, get_page("scan")));
        let visit = Visit::of(&shown).expect("a page with a form");
        Self { runtime, registry, visit, casework, notices, oversight, uploads, verify, portal }
    }

    /// Runs something to its end.
    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Has a request answered by the function of its route.
    pub fn answer(&self, request: HttpRequest) {
        let route = request.route().to_owned();
        let is_head = route.starts_with("HEAD ");
        let is_of =
            |topics: &[&str]| topics.iter().any(|topic| route.split(' ').nth(1).is_some_and(|p| p.starts_with(topic)));
        let response = self.run(async {
            if is_of(&["/verify", "/openapi", "/schemas", "/assets"]) {
                xinzheng_verify::handle(&self.verify, request).await
            } else if is_of(&["/uploads", "/templates", "/waiting-marks"]) {
                xinzheng_uploads::handle(&self.uploads, request).await
            } else if is_of(&["/notices", "/webhooks"]) {
                xinzheng_notices::handle(&self.notices, request).await
            } else if is_of(&["/timeliness", "/manifests", "/reconciliations", "/evaluation", "/config/calendar"]) {
                xinzheng_oversight::handle(&self.oversight, request).await
            } else {
                xinzheng_casework::handle(&self.casework, request).await
            }
        });
        // To a HEAD there is no content.
        assert!(!is_head || response.body.is_empty());
        if !is_head {
            checked(&response);
        }
    }

    /// Has a page shown; its status.
    pub fn show(&self, request: HttpRequest) -> u16 {
        let response = self.run(xinzheng_portal::handle(&self.portal, request));
        checked(&response);
        response.status_code
    }
}

/// An answer that says what is wrong says so by a problem, and no header or cookie breaks out of its line.
fn checked(response: &HttpResponse) {
    assert!((200..600).contains(&response.status_code), "{}", response.status_code);
    for text in response.headers.values().chain(&response.cookies) {
        assert!(!text.contains(['\r', '\n', '\0']), "{text:?}");
    }
    if response.headers.get("content-type").is_some_and(|kind| kind.starts_with("application/problem+json")) {
        let problem: Value = serde_json::from_str(&response.body).expect("a problem is JSON");
        assert!(problem["type"].is_string() && problem["title"].is_string(), "{problem}");
    }
}

impl Visit {
    fn of(page: &HttpResponse) -> Option<Self> {
        let cookie = page.cookies.first()?.split(';').next()?.to_owned();
        let form_token = page.body.split_once("name=\"csrf\" value=\"")?.1.split('"').next()?.to_owned();
        Some(Self { cookie, form_token })
    }
}

/// Parts of the bytes, a line each, and the rest.
fn lines<const N: usize>(bytes: &[u8]) -> Option<([String; N], &[u8])> {
    let mut rest = bytes;
    let mut lines = [const { String::new() }; N];
    for line in &mut lines {
        let end = rest.iter().position(|&byte| byte == b'\n')?;
        *line = String::from_utf8_lossy(&rest[..end]).into_owned();
        rest = &rest[end + 1..];
    }
    Some((lines, rest))
}

/// A request for one of the API's routes: which, what stands in its path, its query, cookies, claims as JSON, a header, and the
/// body.
pub fn request(bytes: &[u8]) -> Option<HttpRequest> {
    let (&choice, bytes) = bytes.split_first()?;
    let ([parameter, query, cookies, claims, header], body) = lines(bytes)?;
    let endpoints = endpoints();
    let endpoint = &endpoints[usize::from(choice) % endpoints.len()];
    let names = endpoint.path.split('{').skip(1).filter_map(|part| part.split('}').next());
    let parameters: Map<String, Value> = names.map(|name| (name.to_owned(), json!(parameter))).collect();
    let claims: Map<String, Value> = serde_json::from_str(&claims).unwrap_or_default();
    let claims: Map<String, Value> = claims
        .into_iter()
        .map(|(name, value)| (name, json!(value.as_str().map_or_else(|| value.to_string(), str::to_owned))))
        .collect();
    let (name, value) = header.split_once(':').unwrap_or(("accept", "*/*"));
    event(
        (endpoint.method.code(), endpoint.path),
        (&parameter, parameters),
        (&query, &cookies),
        Some(claims),
        &[(name, value), ("content-type", "application/json")],
        body,
    )
}

/// A request for a page, or a form that is sent from one: the page's path, its query, cookies, what the form is said to be, and the
/// form.
pub fn page_request(bytes: &[u8], visit: &Visit) -> Option<HttpRequest> {
    let ([page, query, cookies, kind], body) = lines(bytes)?;
    let own = format!("{}; {cookies}", visit.cookie);
    let is_sent = !kind.is_empty();
    let body = match kind.as_str() {
        "multipart/form-data; boundary=b" => [part("csrf", None, visit.form_token.as_bytes()), body.to_vec()].concat(),
        _ => [b"csrf=", visit.form_token.as_bytes(), b"&", body].concat(),
    };
    let method = if is_sent { "POST" } else { "GET" };
    let parameters = Map::from_iter([("page".to_owned(), json!(page))]);
    let headers = [("content-type", kind.as_str()), ("accept", "text/html")];
    event((method, "/portal/{page+}"), (&page, parameters), (&query, &own), None, &headers, &body)
}

/// A photograph that is sent.
pub fn picture_request(bytes: &[u8], visit: &Visit) -> HttpRequest {
    let body = [
        part("csrf", None, visit.form_token.as_bytes()),
        part("picture", Some("a.jpg"), bytes),
        format!("--{BOUNDARY}--\r\n").into_bytes(),
    ]
    .concat();
    let parameters = Map::from_iter([("page".to_owned(), json!("scan"))]);
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let headers = [("content-type", kind.as_str()), ("accept", "text/html")];
    event(("POST", "/portal/{page+}"), ("scan", parameters), ("", &visit.cookie), None, &headers, &body)
        .expect("a request")
}

fn get_page(page: &str) -> HttpRequest {
    let parameters = Map::from_iter([("page".to_owned(), json!(page))]);
    event(("GET", "/portal/{page+}"), (page, parameters), ("", ""), None, &[("accept", "text/html")], b"")
        .expect("a request")
}

fn part(name: &str, file: Option<&str>, bytes: &[u8]) -> Vec<u8> {
    let file = file.map_or(String::new(), |file| format!("; filename=\"{file}\""));
    let head = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
    [head.as_bytes(), bytes, b"\r\n"].concat()
}

/// A request as the HTTP API passes it on (payload format 2.0); `None` when it would not.
fn event(
    (method, path): (&str, &str),
    (sent, parameters): (&str, Map<String, Value>),
    (query, cookies): (&str, &str),
    claims: Option<Map<String, Value>>,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Option<HttpRequest> {
    let headers: Map<String, Value> = headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let authorizer = claims.map(|claims| json!({ "jwt": { "claims": claims, "scopes": [] } }));
    let event = json!({
        "version": "2.0",
        "routeKey": format!("{method} {path}"),
        "rawPath": format!("/{sent}"),
        "rawQueryString": query,
        "cookies": cookies.split(';').map(str::trim).collect::<Vec<_>>(),
        "headers": headers,
        "pathParameters": parameters,
        "requestContext": {
            "requestId": "fuzz",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "" },
            "authorizer": authorizer,
        },
        "body": STANDARD.encode(body),
        "isBase64Encoded": true,
    });
    serde_json::from_value::<ApiGatewayV2httpRequest>(event).ok().map(HttpRequest::from)
}
