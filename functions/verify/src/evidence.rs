//! Answers that are evidence: what a verification says, signed, so that who has it can file it (RFC 7515, RFC 7519).

use jiff::Timestamp;
use serde::Serialize;
use xinzheng_runtime::problem::INTERNAL;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::App;

/// The media type of signed answers.
pub(crate) const JWT: &str = "application/jwt";
/// What a signed answer is, so that it is taken for nothing else (RFC 8725, 3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// Of reports.
    Verification,
    /// Of a sample, which is no evidence of anything.
    Sample,
}

impl Evidence {
    const fn kind(self) -> &'static str {
        match self {
            Self::Verification => "xinzheng-verification+jwt",
            Self::Sample => "xinzheng-sample+jwt",
        }
    }
}

/// What is signed.
#[derive(Serialize)]
struct Claims<'a, T> {
    /// Who says it: where reports are verified.
    iss: &'a str,
    /// When, in seconds since 1970.
    iat: i64,
    /// What was asked: the path, or the batch.
    sub: &'a str,
    /// The answer, as JSON has it.
    #[serde(flatten)]
    answer: T,
}

/// The answer, signed.
pub(crate) fn signed(
    app: &App,
    kind: Evidence,
    asked: &str,
    at: Timestamp,
    answer: impl Serialize,
) -> Result<HttpResponse, Problem> {
    let claims = Claims { iss: &app.verification_base, iat: at.as_second(), sub: asked, answer };
    let signed = app.answer_keys.sign(kind.kind(), &claims).map_err(|error| {
        tracing::error!(%error, "an answer is not signed");
        Problem::from(INTERNAL)
    })?;
    // It says what was so at a moment: nobody is given another's.
    Ok(HttpResponse::text(200, JWT, signed).header("cache-control", "private, no-store").header("vary", "accept"))
}
