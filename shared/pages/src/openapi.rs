//! The description of the HTTP API (OpenAPI 3.1): `GET /openapi.json`.

use xinzheng_runtime::HttpResponse;

/// The description as JSON; its source is `openapi.yaml`.
pub const OPENAPI: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// Answers with the description. Browsers of other sites may read it.
pub fn openapi() -> HttpResponse {
    HttpResponse::text(200, "application/json; charset=utf-8", OPENAPI.to_owned())
        .header("cache-control", "public, max-age=3600")
}
