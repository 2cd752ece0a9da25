//! The period that a report covers (scheme, sections 4(3) and 4(4)).

use jiff::civil::{Date, date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The first day that the scheme covers. For days up to 2022-07-31 the old way of asking applies (scheme, section 4(4)).
pub const SCOPE_START: Date = date(2022, 8, 1);

/// A period of whole days, both ends included, inside the scheme's scope and not in the future.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Period {
    /// The first day.
    #[schemars(with = "crate::calendar_schema::Day")]
    from: Date,
    /// The last day.
    #[schemars(with = "crate::calendar_schema::Day")]
    to: Date,
}

/// Why two dates are not a period that a report can cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PeriodError {
    /// The start lies before 2022-08-01.
    #[error("起始日期早于2022年8月1日；2022年7月31日前的有无违法违规记录证明按原途径查询")]
    BeforeScope,
    /// The end lies before the start.
    #[error("截止日期早于起始日期")]
    EndBeforeStart,
    /// An end lies after today.
    #[error("查询期间不能包含今天之后的日期")]
    Future,
}

impl Period {
    /// The period `from..=to` as asked for on `today` (China date).
    pub fn new(from: Date, to: Date, today: Date) -> Result<Self, PeriodError> {
        if to < from {
            return Err(PeriodError::EndBeforeStart);
        }
        if from < SCOPE_START {
            return Err(PeriodError::BeforeScope);
        }
        if to > today {
            return Err(PeriodError::Future);
        }
        Ok(Self { from, to })
    }

    /// The first day.
    pub const fn from(&self) -> Date {
        self.from
    }

    /// The last day.
    pub const fn to(&self) -> Date {
        self.to
    }

    /// True when `day` lies in the period.
    pub fn contains(&self, day: Date) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_lies_between_the_scopes_start_and_today() {
        let today = date(2025, 11, 3);
        let day = |text: &str| text.parse::<Date>().unwrap();
        for (from, to, expected) in [
            ("2022-08-01", "2025-11-03", Ok(())),
            ("2025-11-03", "2025-11-03", Ok(())),
            ("2022-07-31", "2025-11-03", Err(PeriodError::BeforeScope)),
            ("2024-01-01", "2025-11-04", Err(PeriodError::Future)),
            ("2025-12-01", "2025-12-02", Err(PeriodError::Future)),
            ("2025-11-02", "2025-11-01", Err(PeriodError::EndBeforeStart)),
            ("2022-07-02", "2022-07-01", Err(PeriodError::EndBeforeStart)),
        ] {
            assert_eq!(Period::new(day(from), day(to), today).map(|_| ()), expected, "{from}..{to}");
        }
    }
}
