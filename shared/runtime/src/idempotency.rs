//! `Idempotency-Key`: a POST that is sent again with the same key gets the answer that it got, and is not carried out
//! again.
//!
//! The answer to what is done in a transaction is kept by that transaction ([`answering`]), so that a request which is
//! broken off at any moment is done once. An answer of the server's fault is not kept, nor that there were too many: the
//! request may be sent again. Nor is one that is too long to keep; only previews are, which change nothing.

use jiff::Timestamp;
use tracing::{Instrument, info_span};
use xinzheng_domain::AddressKey;
use xinzheng_store::Registry;
use xinzheng_store::audit::Actor;
use xinzheng_store::idempotency::Claimed;

use crate::http::{HttpRequest, HttpResponse};
use crate::idempotency_key::{KEY, claim, digest};
use crate::randomness::random_wide;
use crate::{api_version, refusals};
use xinzheng_api::problem::{self, Problem};

/// The longest answer that is kept, in bytes; an item has 400 kB.
const LONGEST_ANSWER: usize = 300_000;

/// Carries a request out, once for each key. Two calls more for a POST with a key, none for any other request.
///
/// A refusal of whoever has a token that holds is noted in the audit. One PutItem.
pub async fn once(
    registry: &Registry,
    address_key: &AddressKey,
    request: &HttpRequest,
    at: Timestamp,
    handle: impl Future<Output = Result<HttpResponse, Problem>>,
) -> HttpResponse {
    // On the heap: what a request does is large, and each function around it would hold it once more.
    let handle = answer_of(registry, address_key, request, at, Box::pin(handle));
    let is_keyed = request.route().starts_with("POST ") && request.has_header(KEY);
    let response = match api_version::check(request) {
        Err(fault) => fault.into(),
        Ok(()) if is_keyed => kept(registry, request, at, handle).await,
        Ok(()) => handle.await,
    };
    response.secure(request).by_contract(request)
}

/// Defines `handle` of a function: it answers a request of one of its routes, [`once`]. The app has `registry`, `address_key` and
/// `clock`.
#[macro_export]
macro_rules! handle_once {
    ($app:ty, $route:ident) => {
        /// Answers a request of one of the function's routes.
        pub async fn handle(app: &$app, request: $crate::HttpRequest) -> $crate::HttpResponse {
            let answer = $route(app, &request);
            $crate::idempotency::once(&app.registry, &app.address_key, &request, app.clock.now(), answer).await
        }
    };
}

/// Carries out a request that changes nothing, so that no answer to it is kept and a key says nothing. No call.
pub async fn each_time(
    registry: &Registry,
    address_key: &AddressKey,
    request: &HttpRequest,
    at: Timestamp,
    handle: impl Future<Output = Result<HttpResponse, Problem>>,
) -> HttpResponse {
    let response = match api_version::check(request) {
        Err(fault) => fault.into(),
        Ok(()) => Box::pin(answer_of(registry, address_key, request, at, handle)).await,
    };
    response.secure(request).by_contract(request)
}

/// The answer, or the problem as one. Whatever is logged on the way carries the request's id and route.
async fn answer_of(
    registry: &Registry,
    address_key: &AddressKey,
    request: &HttpRequest,
    at: Timestamp,
    handle: impl Future<Output = Result<HttpResponse, Problem>>,
) -> HttpResponse {
    let handle = async {
        match handle.await {
            Ok(response) => response,
            Err(problem) => {
                refusals::note(registry, address_key, request, at, &problem).await;
                problem.into()
            }
        }
    };
    handle.instrument(info_span!("request", id = request.id(), route = request.route())).await
}

/// The answer that a request with a key got, or gets now.
async fn kept(
    registry: &Registry,
    request: &HttpRequest,
    at: Timestamp,
    handle: impl Future<Output = HttpResponse>,
) -> HttpResponse {
    let Some(claim) = claim(request) else {
        return problem::IDEMPOTENCY_KEY_UNREADABLE.into();
    };
    let content = match request.bytes() {
        Ok(bytes) => {
            let version = request.header("if-match").unwrap_or_default();
            digest([bytes.as_slice(), version.as_bytes(), request.query().as_bytes()].into_iter())
        }
        Err(problem) => return problem.into(),
    };
    match registry.claim_request(&claim, &content, at).await {
        Err(error) => Problem::from(error).into(),
        Ok(Claimed::Other) => problem::IDEMPOTENCY_KEY_REUSED.into(),
        Ok(Claimed::Running) => Problem::from(problem::REQUEST_RUNNING).retry_after(2).into(),
        Ok(Claimed::Answered(answer)) => match serde_json::from_str::<HttpResponse>(&answer) {
            Ok(response) => response.header("idempotent-replayed", "true"),
            Err(error) => {
                tracing::error!(%error, "a kept answer cannot be read");
                problem::INTERNAL.into()
            }
        },
        Ok(Claimed::New) => {
            let response = handle.await;
            if response.kept {
                return response;
            }
            let is_kept = response.status_code < 500 && response.status_code != 429 && !response.secret;
            let kept = match written(&response).filter(|_| is_kept) {
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

/// 128 bits that are drawn for a request: the same when it is sent again with its `Idempotency-Key`, for work whose answer is
/// not kept.
///
/// # Errors
///
/// When there is no randomness.
pub fn drawn_for(request: &HttpRequest) -> Result<u128, Problem> {
    let of_key = claim(request).and_then(|claim| u128::from_str_radix(claim.get(..32)?, 16).ok());
    of_key.map_or_else(random_wide, Ok)
}

/// Lets the work of `actor` keep `response`, its answer, when the request came with a key.
pub fn answering(mut actor: Actor, response: &mut HttpResponse) -> Actor {
    actor.answer = actor.request.as_ref().and_then(|_| written(response));
    response.kept = actor.answer.is_some();
    actor
}

/// A response as it is kept; `None` when it is too long for it.
fn written(response: &HttpResponse) -> Option<String> {
    serde_json::to_string(response).ok().filter(|answer| answer.len() <= LONGEST_ANSWER)
}
