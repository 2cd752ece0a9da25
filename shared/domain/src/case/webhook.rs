//! Webhooks (推送): an address of a third party that its notices are sent to, by Standard Webhooks.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::notice::{NoticeId, Recipient};
use crate::sha256::is_hexadecimal;

/// The most webhooks of a third party that are not ended.
pub const MOST: usize = 5;
/// How long a message is tried, and how long a webhook may fail before it is ended.
pub const PATIENCE: SignedDuration = SignedDuration::from_hours(72);

/// The id of a webhook: `WH-<104 bits>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebhookId(String);

impl WebhookId {
    /// An id of these bits.
    pub fn new(bits: u128) -> Self {
        Self(format!("WH-{:026x}", bits >> 24))
    }

    /// Parses an id as it is written.
    pub fn parse(text: &str) -> Option<Self> {
        is_hexadecimal(text.strip_prefix("WH-")?, 26).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebhookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A webhook as it was registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Where messages are sent.
    pub address: String,
    /// Which of the deployment's keys its secret is made of.
    pub key: String,
    /// When it was registered.
    pub registered_at: Timestamp,
}

/// Why a webhook has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookEnd {
    /// Its owner ended it.
    Owner,
    /// Nothing could be delivered for [`PATIENCE`].
    Failing,
    /// Whoever is there said that it is gone (410).
    Gone,
}

impl WebhookEnd {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Failing => "failing",
            Self::Gone => "gone",
        }
    }

    /// What has this code.
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Owner, Self::Failing, Self::Gone].into_iter().find(|end| end.code() == code)
    }
}

/// A webhook with what has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingWebhook {
    /// As it was registered.
    pub webhook: Webhook,
    /// When it ended, and why.
    pub ended: Option<(Timestamp, WebhookEnd)>,
    /// When something was last delivered.
    pub delivered_at: Option<Timestamp>,
    /// Since when every attempt has failed.
    pub failing_since: Option<Timestamp>,
    /// How many attempts in a row have failed.
    pub failures: u32,
    /// Why the last one did: `HTTP 503`, `timeout`, `connection`, `address`.
    pub last_failure: Option<String>,
}

impl StandingWebhook {
    /// True of one that has failed for too long at this time.
    pub fn has_failed_enough(&self, now: Timestamp) -> bool {
        self.failing_since.is_some_and(|since| now.duration_since(since) >= PATIENCE)
    }
}

/// A message on its way to a webhook: what stands in the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Whose webhook it is.
    pub to: Recipient,
    /// To which.
    pub webhook: WebhookId,
    /// The notice that it tells: what comes again has the same.
    pub id: NoticeId,
    /// Since when it is on its way.
    pub since: Timestamp,
    /// The body: the same bytes at each attempt.
    pub body: String,
}

/// Seconds until a message is tried again after so many attempts, from 1: from five seconds to twelve hours.
pub fn backoff(attempts: u32) -> u32 {
    const SECONDS: [u32; 9] = [5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800];
    let place = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    SECONDS.get(place).copied().unwrap_or(43_200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_come_further_apart_and_reach_over_three_days() {
        let waits: Vec<u32> = (1..=14).map(backoff).collect();
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]), "{waits:?}");
        assert_eq!((waits[0], waits[13], backoff(0), backoff(u32::MAX)), (5, 43_200, 5, 43_200));
        let sum: u32 = waits.iter().sum();
        assert!(i64::from(sum) >= PATIENCE.as_secs(), "{sum}");
    }

    #[test]
    fn an_id_is_read_as_it_was_written() {
        let id = WebhookId::new(u128::MAX);
        assert_eq!(WebhookId::parse(id.as_str()), Some(id.clone()));
        assert_eq!(WebhookId::parse("WH-../.."), None);
    }
}
