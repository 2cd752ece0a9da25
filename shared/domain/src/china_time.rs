//! Time as the scheme counts it: calendar dates of China (UTC+8, no daylight saving).

use jiff::civil::Date;
use jiff::{Timestamp, tz};

/// UTC+8.
pub const CHINA: tz::Offset = tz::offset(8);

/// The calendar date in China at `instant`.
pub fn date(instant: Timestamp) -> Date {
    CHINA.to_datetime(instant).date()
}

/// `instant` as people in China read it, to the second: `2025-07-01 09:30:00`.
pub fn display(instant: Timestamp) -> String {
    CHINA.to_datetime(instant).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `date` as official documents write it: `2025年7月1日`.
pub fn long_date(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

/// The first instant of `date` in China; `None` beyond the times that can be told.
pub fn midnight(date: Date) -> Option<Timestamp> {
    CHINA.to_timestamp(date.at(0, 0, 0, 0)).ok()
}

/// The last second of `date` in China; `None` beyond the times that can be told.
pub fn end_of(date: Date) -> Option<Timestamp> {
    CHINA.to_timestamp(date.at(23, 59, 59, 0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_turns_at_four_in_the_afternoon_utc() {
        let before: Timestamp = "2025-06-30T15:59:59Z".parse().unwrap();
        let after: Timestamp = "2025-06-30T16:00:00Z".parse().unwrap();
        assert_eq!(date(before).to_string(), "2025-06-30");
        assert_eq!(date(after).to_string(), "2025-07-01");
        assert_eq!(display(after), "2025-07-01 00:00:00");
        assert_eq!(long_date(date(after)), "2025年7月1日");
        assert_eq!(end_of(date(before)), Some(before));
    }
}
