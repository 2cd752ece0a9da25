//! The version of the API: a header of each answer, and of a request if it likes.

use xinzheng_api::openapi::VERSION;
use xinzheng_api::problem::{API_VERSION_UNKNOWN, Fault};

use crate::http::{HttpRequest, HttpResponse};

/// The header.
const HEADER: &str = "api-version";

/// Refuses a request for a version that there is not; who does not say gets the first.
pub(crate) fn check(request: &HttpRequest) -> Result<(), Fault> {
    match request.has_header(HEADER) {
        true if request.header(HEADER).map(str::trim) != Some(VERSION) => Err(API_VERSION_UNKNOWN),
        _ => Ok(()),
    }
}

impl HttpResponse {
    /// The answer with what the contract says of each: the version that it is of, and who may read it.
    pub(crate) fn by_contract(self, request: &HttpRequest) -> Self {
        self.header(HEADER, VERSION).for_any_origin(request)
    }
}
