//! How often somebody does what anyone may do: counted by the hour for a network, so that nobody fills the registry.

use jiff::Timestamp;

use crate::keys;
use crate::table::{Update, below, count, lacks};
use crate::{Registry, StoreError};

/// Seconds of the time that is counted together.
const HOUR: i64 = 3600;

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
pub enum Throttled {
    /// It is within the limit.
    Within,
    /// There were as many before; in so many seconds it is counted afresh.
    Beyond(u16),
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
        let is_done = self.update(update).await?.is_done();
        Ok(if is_done {
            Throttled::Within
        } else {
            Throttled::Beyond(u16::try_from((hour + 1) * HOUR - at.as_second()).unwrap_or(u16::MAX))
        })
    }
}
