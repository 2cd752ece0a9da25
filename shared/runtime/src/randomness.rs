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

#[cfg(test)]
mod tests {
    #[test]
    fn no_function_waits_for_the_timing_of_the_processor() {
        // By `.cargo/config.toml`, which a build from elsewhere does not read.
        assert!(aws_lc_rs::try_fips_cpu_jitter_entropy().is_err());
    }
}
