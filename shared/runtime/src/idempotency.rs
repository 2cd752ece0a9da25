//! `Idempotency-Key`: a POST that is sent again with the same key gets the answer that it got, and is not carried out
//! again.
//!
//! An answer of the server's fault is not kept: the request may be sent again. Nor is one that is too long to keep; only
//! previews are, which change nothing.

use std::fmt::Write as _;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tracing::{Instrument, info_span};
use xinzheng_store::Registry;
use xinzheng_store::idempotency::Claimed;

use crate::http::{HttpRequest, HttpResponse};
use crate::problem::Problem;

/// The longest key, in characters.
const LONGEST_KEY: usize = 128;
/// The longest answer that is kept, in bytes; an item has 400 kB.
const LONGEST_ANSWER: usize = 300_000;

/// Carries a request out, once for each key. Two calls more for a POST with a key, none for any other request.
pub async fn once(
    registry: &Registry,
    request: &HttpRequest,
    at: Timestamp,
    handle: impl Future<Output = HttpResponse>,
) -> HttpResponse {
    // Whatever is logged on the way carries the request's id and route.
    let handle = handle.instrument(info_span!("request", id = request.id(), route = request.route()));
    let key = match (request.route().starts_with("POST "), request.header("idempotency-key")) {
        (true, Some(key)) => key,
        _ => return handle.await,
    };
    if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        let hint = format!("请使用 1 至 {LONGEST_KEY} 个可见的 ASCII 字符，例如 UUID");
        return Problem::new(400, "idempotency-key-unreadable", "Idempotency-Key 不符合要求").hint(hint).into();
    }
    let who = ["role", "sub", "subject", "unit"].map(|claim| request.claim(claim).unwrap_or_default());
    // Whoever has no token is told apart by the address.
    let place = if request.claim("role").is_none() { request.source_address() } else { "" };
    let claim =
        digest([request.path().as_bytes(), key.as_bytes(), place.as_bytes()].into_iter().chain(who.map(str::as_bytes)));
    let content = match request.bytes() {
        Ok(bytes) => {
            let version = request.header("if-match").unwrap_or_default();
            digest([bytes.as_slice(), version.as_bytes(), request.query().as_bytes()].into_iter())
        }
        Err(problem) => return problem.into(),
    };
    match registry.claim_request(&claim, &content, at).await {
        Err(error) => Problem::from(error).into(),
        Ok(Claimed::Other) => Problem::new(422, "idempotency-key-reused", "此 Idempotency-Key 已用于内容不同的请求")
            .hint("请为新的请求换一个 Idempotency-Key")
            .into(),
        Ok(Claimed::Running) => HttpResponse::from(
            Problem::new(409, "request-running", "相同的请求正在办理")
                .hint("请稍候再用同一个 Idempotency-Key 查询结果"),
        )
        .header("retry-after", "2"),
        Ok(Claimed::Answered(answer)) => match serde_json::from_str::<HttpResponse>(&answer) {
            Ok(response) => response.header("idempotent-replayed", "true"),
            Err(error) => {
                tracing::error!(%error, "a kept answer cannot be read");
                Problem::internal().into()
            }
        },
        Ok(Claimed::New) => {
            let response = handle.await;
            let answer = serde_json::to_string(&response).ok().filter(|answer| answer.len() <= LONGEST_ANSWER);
            let kept = match answer.filter(|_| response.status_code < 500) {
                Some(answer) => registry.keep_answer(&claim, &answer).await,
                None => registry.release_request(&claim).await,
            };
            if let Err(error) = kept {
                tracing::error!(%error, "an answer could not be kept");
            }
            response
        }
    }
}

/// A digest of parts, each with its length.
fn digest<'a>(parts: impl Iterator<Item = &'a [u8]>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}
