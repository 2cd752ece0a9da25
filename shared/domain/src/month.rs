//! Months, as oversight counts by them: `2025-11`.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::report::period::SCOPE_START;

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

    /// How many months it lies behind 2022-08.
    pub fn index(self) -> usize {
        let months = 12 * (i32::from(self.0.year()) - i32::from(SCOPE_START.year())) + i32::from(self.0.month())
            - i32::from(SCOPE_START.month());
        usize::try_from(months).unwrap_or_default()
    }

    /// The month after it.
    pub fn next(self) -> Option<Self> {
        self.last_day().tomorrow().ok().map(Self)
    }

    /// The month before it; `None` before the scheme begins.
    pub fn previous(self) -> Option<Self> {
        self.0.yesterday().ok().and_then(Self::of)
    }

    /// Every month from this one to `last`, both included.
    pub fn up_to(self, last: Self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |month| month.next()).take_while(move |month| *month <= last)
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

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("no month"))
    }
}

/// Months in a row, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthRange {
    /// The first.
    pub from: Month,
    /// The last.
    pub to: Month,
}

impl MonthRange {
    /// How many months it has.
    pub fn count(&self) -> usize {
        self.to.index() + 1 - self.from.index()
    }

    /// Adds a month that lies behind all in `ranges`.
    pub fn extend(ranges: &mut Vec<Self>, month: Month) {
        match ranges.last_mut() {
            Some(last) if last.to.next() == Some(month) => last.to = month,
            _ => ranges.push(Self { from: month, to: month }),
        }
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
