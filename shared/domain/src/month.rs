//! Months, as oversight counts by them: `2025-11`.

use std::fmt;

use jiff::civil::Date;
use serde::{Serialize, Serializer};

use crate::period::SCOPE_START;

/// A month from 2022-08 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(Date);

impl Month {
    /// The month of a day; `None` before the scheme begins.
    pub fn of(day: Date) -> Option<Self> {
        let first = day.first_of_month();
        (first >= SCOPE_START).then_some(Self(first))
    }

    /// Reads `2025-11`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 7 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        digits.then(|| format!("{text}-01").parse().ok()).flatten().and_then(Self::of)
    }

    /// The first month of the scheme.
    pub fn first() -> Option<Self> {
        Self::of(SCOPE_START)
    }

    /// Its first day.
    pub const fn first_day(self) -> Date {
        self.0
    }

    /// Its last day.
    pub fn last_day(self) -> Date {
        self.0.last_of_month()
    }

    /// Every month from this one to `last`, both included.
    pub fn up_to(self, last: Self) -> impl Iterator<Item = Self> {
        let next = |month: &Self| month.0.last_of_month().tomorrow().ok().map(Self);
        std::iter::successors(Some(self), next).take_while(move |month| *month <= last)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m"))
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_run_over_the_year() {
        let months: Vec<String> = Month::parse("2022-11")
            .unwrap()
            .up_to(Month::parse("2023-02").unwrap())
            .map(|month| month.to_string())
            .collect();
        assert_eq!(months, ["2022-11", "2022-12", "2023-01", "2023-02"]);
        for text in ["2022-07", "2022-13", "2022-1", "2022/11", "2022-11-01", ""] {
            assert_eq!(Month::parse(text), None, "{text}");
        }
    }
}
