//! What anyone may do, so often in an hour.

use jiff::Timestamp;
use xinzheng_api::problem::{Fault, Problem, TOO_MANY_LOOKUPS, TOO_MUCH_FEEDBACK};
use xinzheng_domain::AddressKey;
use xinzheng_domain::case::feedback::MOST_AN_HOUR;
use xinzheng_store::Registry;
use xinzheng_store::throttle::{Counted, Throttled};

use crate::caller;
use crate::http::HttpRequest;

/// How many codes and files that there is nothing for a network may look up in an hour. A bank's back office asks for a
/// hundred at once, most of which there are.
pub const MOST_LOOKUPS_IN_VAIN: u32 = 300;

/// Counts codes or files that there is nothing for. One UpdateItem.
///
/// # Errors
///
/// `too-many-lookups` when the caller's network had [`MOST_LOOKUPS_IN_VAIN`] in this hour; nothing is to be written then.
pub async fn lookups_in_vain(
    registry: &Registry,
    key: &AddressKey,
    request: &HttpRequest,
    at: Timestamp,
    how_many: u32,
) -> Result<(), Problem> {
    let limit = (Counted::LookupsInVain, MOST_LOOKUPS_IN_VAIN, TOO_MANY_LOOKUPS);
    counted(registry, key, request, at, how_many, limit).await
}

/// Counts feedback that is sent. One UpdateItem.
///
/// # Errors
///
/// `too-much-feedback` when the caller's network sent [`MOST_AN_HOUR`] in this hour.
pub async fn feedback(
    registry: &Registry,
    key: &AddressKey,
    request: &HttpRequest,
    at: Timestamp,
) -> Result<(), Problem> {
    counted(registry, key, request, at, 1, (Counted::Feedback, MOST_AN_HOUR, TOO_MUCH_FEEDBACK)).await
}

async fn counted(
    registry: &Registry,
    key: &AddressKey,
    request: &HttpRequest,
    at: Timestamp,
    how_many: u32,
    (counted, most, fault): (Counted, u32, Fault),
) -> Result<(), Problem> {
    let network = key.network_mark(caller::address(request, key));
    match registry.count_of(counted, &network, at, how_many, most).await? {
        Throttled::Within => Ok(()),
        Throttled::Beyond(seconds) => Err(Problem::from(fault).retry_after(seconds)),
    }
}
