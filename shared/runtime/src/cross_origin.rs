//! What browsers are told of answers that pages of any origin may read (CORS). The functions say it themselves: the HTTP API's
//! own configuration would say it of every route, and take what functions say away.

use std::sync::LazyLock;

use xinzheng_api::endpoint::Description;
use xinzheng_api::openapi::endpoints;

use crate::http::{HttpRequest, HttpResponse};

/// What pages may send beside what any page may.
const REQUEST_HEADERS: &str = "accept, api-version, content-type, idempotency-key, if-none-match";
/// What pages may read beside what any page may.
const ANSWER_HEADERS: &str = "api-version, content-disposition, etag, ratelimit, ratelimit-policy, retry-after";
/// For how many seconds a browser need not ask again.
const MAX_AGE: &str = "86400";

static OPEN: LazyLock<Vec<Description>> =
    LazyLock::new(|| endpoints().into_iter().filter(|endpoint| endpoint.any_origin).collect());

/// The answer to a browser that asks what pages of other origins may do at a path (`OPTIONS`); `None` of any other request.
pub fn preflight(request: &HttpRequest) -> Option<HttpResponse> {
    let path = request.route().strip_prefix("OPTIONS ")?;
    let methods: Vec<&str> =
        OPEN.iter().filter(|endpoint| endpoint.path == path).map(|endpoint| endpoint.method.code()).collect();
    let allowed = HttpResponse::text(204, "text/plain; charset=utf-8", String::new())
        .header("access-control-allow-origin", "*")
        .header("access-control-allow-methods", methods.join(", "))
        .header("access-control-allow-headers", REQUEST_HEADERS)
        .header("access-control-max-age", MAX_AGE);
    (!methods.is_empty()).then_some(allowed)
}

impl HttpResponse {
    /// The answer, which pages of any origin may read where its endpoint says so; never a page.
    pub(crate) fn for_any_origin(self, request: &HttpRequest) -> Self {
        let is_page = self.headers.get("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        let is_open = request
            .route()
            .split_once(' ')
            .is_some_and(|(method, path)| OPEN.iter().any(|open| open.method.code() == method && open.path == path));
        if is_page || !is_open || self.headers.contains_key("location") {
            return self;
        }
        self.header("access-control-allow-origin", "*").header("access-control-expose-headers", ANSWER_HEADERS)
    }
}
