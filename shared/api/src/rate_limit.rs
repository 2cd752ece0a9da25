//! What anyone may do so often in an hour, and how headers tell of it (draft-ietf-httpapi-ratelimit-headers).

use xinzheng_domain::case::feedback::MOST_AN_HOUR;

/// What is counted, by network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Codes and files that there is nothing for.
    LookupsInVain,
    /// Feedback that is sent.
    Feedback,
}

impl Limit {
    /// The seconds that are counted together.
    pub const WINDOW: u32 = 3600;

    /// As headers write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LookupsInVain => "lookups-in-vain",
            Self::Feedback => "feedback",
        }
    }

    /// How many there may be in a window. A bank's back office verifies a hundred at once, most of which there are.
    pub const fn quota(self) -> u32 {
        match self {
            Self::LookupsInVain => 300,
            Self::Feedback => MOST_AN_HOUR,
        }
    }
}

/// How much of a limit is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Of which.
    pub limit: Limit,
    /// How many there may still be.
    pub remaining: u16,
    /// In how many seconds it is counted afresh.
    pub reset: u16,
}

impl RateLimit {
    /// The header `RateLimit-Policy`.
    pub fn policy(&self) -> String {
        format!("\"{}\";q={};w={}", self.limit.name(), self.limit.quota(), Limit::WINDOW)
    }

    /// The header `RateLimit`.
    pub fn left(&self) -> String {
        format!("\"{}\";r={};t={}", self.limit.name(), self.remaining, self.reset)
    }
}
