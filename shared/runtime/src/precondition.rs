//! Preconditions (RFC 9110, 13.1.1): a change names the version that it was decided on, so that of two people at once one
//! wins and the other looks again.

use std::fmt::Display;

use crate::http::HttpRequest;
use crate::problem::Problem;

/// The entity tag of a version.
pub fn etag(version: impl Display) -> String {
    format!("\"{version}\"")
}

/// That the request names this version in `If-Match`.
pub fn expect(request: &HttpRequest, version: impl Display) -> Result<(), Problem> {
    let expected = request.header("if-match").ok_or_else(|| {
        Problem::new(428, "version-missing", "请指明所依据的版本").hint("在 If-Match 中填入查询时得到的 ETag")
    })?;
    if expected.trim() == etag(version) { Ok(()) } else { Err(outdated()) }
}

/// That what is to be changed has changed since it was looked at.
pub fn outdated() -> Problem {
    Problem::new(412, "version-outdated", "内容已有变化").hint("请重新查看后再办理")
}
