//! What anyone may do, so often in an hour.

use jiff::Timestamp;
use xinzheng_api::problem::{Fault, Problem, TOO_MANY_LOOKUPS, TOO_MUCH_FEEDBACK};
use xinzheng_api::rate_limit::{Limit, RateLimit};
use xinzheng_domain::AddressKey;
use xinzheng_store::Registry;
use xinzheng_store::throttle::{Counted, Throttled};

use crate::caller;
use crate::http::HttpRequest;

/// Counts codes or files that there is nothing for, and says how many more there may be. One UpdateItem.
///
/// # Errors
///
/// `too-many-lookups` when the caller's network had as many as it may in this hour; nothing is to be written then.
pub async fn lookups_in_vain(
    registry: &Registry,
    key: &AddressKey,
    request: &HttpRequest,
    at: Timestamp,
    how_many: u32,
) -> Result<RateLimit, Problem> {
    let limit = (Counted::LookupsInVain, Limit::LookupsInVain, TOO_MANY_LOOKUPS);
    counted(registry, key, request, at, how_many, limit).await
}

/// Counts feedback that is sent, and says how much more there may be. One UpdateItem.
///
/// # Errors
///
/// `too-much-feedback` when the caller's network sent as much as it may in this hour.
pub async fn feedback(
    registry: &Registry,
    key: &AddressKey,
    request: &HttpRequest,
    at: Timestamp,
) -> Result<RateLimit, Problem> {
    counted(registry, key, request, at, 1, (Counted::Feedback, Limit::Feedback, TOO_MUCH_FEEDBACK)).await
}

async fn counted(
    registry: &Registry,
    key: &AddressKey,
    request: &HttpRequest,
    at: Timestamp,
    how_many: u32,
    (counted, limit, fault): (Counted, Limit, Fault),
) -> Result<RateLimit, Problem> {
    let network = key.network_mark(caller::address(request, key));
    let Throttled { within, remaining, reset } =
        registry.count_of(counted, &network, at, how_many, limit.quota()).await?;
    let remaining = u16::try_from(remaining).unwrap_or(u16::MAX);
    let limit = RateLimit { limit, remaining, reset };
    if within { Ok(limit) } else { Err(Problem::from(fault).counted(limit)) }
}
