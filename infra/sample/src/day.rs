//! The day that the sample is laid around: who starts the stack finds records of the last days, and not of a year ago.

use jiff::Span;
use jiff::civil::{Date, date};
use xinzheng_domain::WorkCalendar;

use crate::SampleError;

/// The day for which the plan is written down, and of which `events/uploads` has the files.
pub const REFERENCE_DAY: Date = date(2025, 11, 3);
/// Days for which there is a sample. What is decided "in the future" by mistake is dated 2099.
const DAYS: std::ops::RangeInclusive<Date> = date(2025, 1, 1)..=date(2098, 12, 31);

/// The day on which the sample is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Today(Date);

impl Today {
    /// An error for a day that there is no sample for.
    pub(crate) fn new(day: Date) -> Result<Self, SampleError> {
        if DAYS.contains(&day) {
            Ok(Self(day))
        } else {
            Err(SampleError::Day { day, from: *DAYS.start(), to: *DAYS.end() })
        }
    }

    /// The day itself.
    pub(crate) const fn date(self) -> Date {
        self.0
    }

    /// A date of the plan, as far from this day as it is from the reference day.
    pub(crate) fn moved(self, date: Date) -> Date {
        let days = REFERENCE_DAY.until(self.0).map_or(0, |span| span.get_days());
        date.saturating_add(Span::new().days(days))
    }

    /// The first day that is at most so many working days before this one.
    pub(crate) fn workdays_ago(self, count: u32) -> Date {
        let mut day = self.0;
        while let Ok(before) = day.yesterday() {
            if WorkCalendar::state_council().between(before, self.0).count > count {
                break;
            }
            day = before;
        }
        day
    }

    /// The same day so many months before; the last of its month where there is none.
    pub(crate) fn months_ago(self, months: i32) -> Date {
        self.0.saturating_sub(Span::new().months(months))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_the_day_of_the_sample() {
        let today = Today::new(date(2026, 10, 12)).unwrap();
        assert_eq!(today.moved(REFERENCE_DAY), date(2026, 10, 12));
        assert_eq!(today.moved(date(2025, 11, 1)), date(2026, 10, 10));
        // A Saturday is worked, the first week of the month is off.
        for (count, day) in [(0, (10, 12)), (1, (10, 10)), (2, (10, 9)), (3, (10, 8)), (4, (9, 30))] {
            assert_eq!(today.workdays_ago(count), date(2026, day.0, day.1), "{count}");
        }
        assert_eq!(Today::new(date(2026, 5, 31)).unwrap().months_ago(3), date(2026, 2, 28));
        assert!(Today::new(date(2024, 12, 31)).is_err());
    }
}
