//! Preconditions (RFC 9110, 13.1.1): a change names the version that it was decided on, so that of two people at once one
//! wins and the other looks again.

use std::fmt::Display;

use crate::http::HttpRequest;
use xinzheng_api::problem::{Problem, VERSION_MISSING, VERSION_OUTDATED};

/// The entity tag of a version.
pub fn etag(version: impl Display) -> String {
    format!("\"{version}\"")
}

/// That the request names this version in `If-Match`.
pub fn expect(request: &HttpRequest, version: impl Display) -> Result<(), Problem> {
    let expected = request.header("if-match").ok_or(VERSION_MISSING)?;
    if expected.trim() == etag(version) { Ok(()) } else { Err(VERSION_OUTDATED.into()) }
}
