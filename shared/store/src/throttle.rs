//! How often somebody does what anyone may do: counted by the hour for a network, so that nobody fills the registry.

use jiff::Timestamp;
use xinzheng_api::rate_limit::Limit;

use crate::keys;
use crate::table::{Update, Written, below, count, lacks};
use crate::{Registry, StoreError};

/// Seconds of the time that is counted together.
const HOUR: i64 = Limit::WINDOW as i64;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Feedback that is sent.
    Feedback,
    /// Codes and files that there is nothing for.
    LookupsInVain,
}

impl Counted {
    const fn code(self) -> &'static str {
        match self {
            Self::Feedback => "feedback",
            Self::LookupsInVain => "lookups",
        }
    }
}

/// What a count comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttled {
    /// False when there were as many as there may be before; then this was not counted.
    pub within: bool,
    /// How many there may still be.
    pub remaining: u32,
    /// In how many seconds it is counted afresh.
    pub reset: u16,
}

impl Registry {
    /// Counts `more` of them for the network with this mark, unless it had `most` before in this hour. One UpdateItem.
    pub async fn count_of(
        &self,
        counted: Counted,
        network: &str,
        at: Timestamp,
        more: u32,
        most: u32,
    ) -> Result<Throttled, StoreError> {
        let hour = at.as_second().div_euclid(HOUR);
        let update = Update::at(keys::throttle(counted.code(), network, hour))
            .count("expires_at", (hour + 2) * HOUR)
            .add("sent", i64::from(more))
            .when(lacks("sent").or(below("sent", count(most))));
        let reset = u16::try_from((hour + 1) * HOUR - at.as_second()).unwrap_or(u16::MAX);
        Ok(match self.update(update).await? {
            Written::Done(item) => {
                let sent = item.number::<u32>("sent").unwrap_or(most);
                Throttled { within: true, remaining: most.saturating_sub(sent), reset }
            }
            Written::Refused(_) => Throttled { within: false, remaining: 0, reset },
        })
    }
}
