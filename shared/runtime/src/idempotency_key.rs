//! The key of a request that may be sent again, and the hash by which the registry knows the request.

use sha2::{Digest, Sha256};
use xinzheng_api::token::Claim;
use xinzheng_domain::sha256::hexadecimal;

use crate::http::HttpRequest;

/// The header with the key.
pub(crate) const KEY: &str = "idempotency-key";
/// The longest key, in characters.
const LONGEST_KEY: usize = 128;

/// A hash of who sends a request, where, and its key; `None` when it has no key or one that cannot be read.
pub(crate) fn claim(request: &HttpRequest) -> Option<String> {
    let key = request.header(KEY).filter(|_| request.route().starts_with("POST "))?;
    if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let who =
        [Claim::Role, Claim::Id, Claim::Subject, Claim::Unit].map(|claim| request.claim(claim).unwrap_or_default());
    // Whoever has no token is told apart by the address.
    let place = if request.claim(Claim::Role).is_none() { request.source_address() } else { "" };
    let parts = [request.path(), key, place].into_iter().chain(who);
    Some(digest(parts.map(str::as_bytes)))
}

/// A digest of parts, each with its length.
pub(crate) fn digest<'a>(parts: impl Iterator<Item = &'a [u8]>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    hexadecimal(&digest.finalize())
}
