//! The description of the HTTP API (OpenAPI 3.1): `GET /openapi.json`.

use xinzheng_api::openapi::DESCRIPTION;
use xinzheng_runtime::HttpResponse;

/// Answers with the description. Browsers of other sites may read it.
pub fn openapi() -> HttpResponse {
    HttpResponse::text(200, "application/json; charset=utf-8", DESCRIPTION.to_owned())
        .header("cache-control", "public, max-age=3600")
}
