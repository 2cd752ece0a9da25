//! Randomness of the operating system, for what is drawn: ids, codes, numbers.

use xinzheng_api::problem::{INTERNAL, Problem};

/// 64 random bits; a fault of ours when there are none.
pub fn random() -> Result<u64, Problem> {
    getrandom::u64().map_err(|error| {
        tracing::error!(%error, "no randomness");
        INTERNAL.into()
    })
}

/// 128 random bits.
pub fn random_wide() -> Result<u128, Problem> {
    Ok(u128::from(random()?) << 64 | u128::from(random()?))
}
