//! Working days by the State Council's calendar, make-up days included (R20).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A working-day calendar for the years that it knows.
#[derive(Clone, Debug)]
pub struct WorkCalendar {
    years: BTreeMap<i16, Year>,
}

/// The days of a year on which people do not do what the weekday says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Year {
    /// Weekdays off.
    pub weekdays_off: BTreeSet<Date>,
    /// Weekend days that are worked.
    pub weekends_worked: BTreeSet<Date>,
}

impl Year {
    /// That every entry is of this year, and of the kind of day that it says.
    pub fn check(&self, number: i16) -> Result<(), WorkCalendarError> {
        let wrong = self
            .weekdays_off
            .iter()
            .find(|day| is_weekend(**day) || day.year() != number)
            .or_else(|| self.weekends_worked.iter().find(|day| !is_weekend(**day) || day.year() != number));
        wrong.map_or(Ok(()), |day| Err(WorkCalendarError::Entry(*day)))
    }
}

#[derive(Deserialize)]
struct CalendarFile {
    years: BTreeMap<i16, Year>,
}

/// Why a day cannot be judged or a calendar not be read.
#[derive(Debug, Error)]
pub enum WorkCalendarError {
    /// The calendar of this year is not known yet: never guessed from weekends.
    #[error("尚无{0}年的工作日历")]
    UnknownYear(i16),
    /// The file is not a calendar.
    #[error("工作日历文件无法解析：{0}")]
    Json(#[from] serde_json::Error),
    /// An entry contradicts itself: a weekend day off, a worked weekday, or a day of another year.
    #[error("工作日历中的{0}不合理")]
    Entry(Date),
}

static STATE_COUNCIL: LazyLock<WorkCalendar> = LazyLock::new(|| {
    // Part of the program; `the_calendar_is_sound` proves that it parses.
    WorkCalendar::parse(include_str!("../data/workdays.json"))
        .unwrap_or_else(|_| WorkCalendar { years: BTreeMap::new() })
});

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

impl WorkCalendar {
    /// The calendar included in the program: 2022 to 2026. Later years are uploaded.
    pub fn state_council() -> &'static Self {
        &STATE_COUNCIL
    }

    /// Reads a calendar file: `{"years": {"2026": {"weekdays_off": [dates], "weekends_worked": [dates]}}}`.
    pub fn parse(json: &str) -> Result<Self, WorkCalendarError> {
        let file: CalendarFile = serde_json::from_str(json)?;
        for (&number, year) in &file.years {
            year.check(number)?;
        }
        Ok(Self { years: file.years })
    }

    /// The calendar with another year, or with another version of one that it knows.
    #[must_use]
    pub fn with(mut self, number: i16, year: Year) -> Self {
        self.years.insert(number, year);
        self
    }

    /// The years that it knows.
    pub const fn years(&self) -> &BTreeMap<i16, Year> {
        &self.years
    }

    /// Whether people work on `day`.
    pub fn is_workday(&self, day: Date) -> Result<bool, WorkCalendarError> {
        let year = self.years.get(&day.year()).ok_or(WorkCalendarError::UnknownYear(day.year()))?;
        Ok(if is_weekend(day) { year.weekends_worked.contains(&day) } else { !year.weekdays_off.contains(&day) })
    }

    /// The `count`-th working day after `start`; `start` itself is not counted (民法典第二百零一条: the first day is not
    /// counted in).
    pub fn after(&self, start: Date, count: u32) -> Result<Date, WorkCalendarError> {
        let mut day = start;
        let mut left = count;
        while left > 0 {
            day = day.tomorrow().map_err(|_| WorkCalendarError::UnknownYear(day.year()))?;
            if self.is_workday(day)? {
                left -= 1;
            }
        }
        Ok(day)
    }

    /// The number of working days after `start` up to and including `end`; zero when `end` is not later.
    pub fn between(&self, start: Date, end: Date) -> Result<u32, WorkCalendarError> {
        let mut day = start;
        let mut count = 0;
        while day < end {
            day = day.tomorrow().map_err(|_| WorkCalendarError::UnknownYear(day.year()))?;
            count += u32::from(self.is_workday(day)?);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_calendar_is_sound() {
        let calendar = WorkCalendar::parse(include_str!("../data/workdays.json")).unwrap();
        assert_eq!(calendar.years.keys().copied().collect::<Vec<_>>(), [2022, 2023, 2024, 2025, 2026]);
        // The State Council's notices leave between 247 and 252 working days a year.
        for year in 2022..=2026 {
            let days = calendar.between(date(year - 1, 12, 31), date(year, 12, 31)).unwrap();
            assert!((247..=252).contains(&days), "{year}: {days}");
        }
    }

    #[test]
    fn seven_working_days_skip_holidays_and_count_make_up_days() {
        let calendar = WorkCalendar::state_council();
        for (decided, due, why) in [
            (date(2025, 7, 1), date(2025, 7, 10), "an ordinary week"),
            (date(2025, 9, 26), date(2025, 10, 13), "National Day, with Sunday the 28th and Saturday the 11th worked"),
            (date(2025, 1, 24), date(2025, 2, 10), "Spring Festival, with the 26th and the 8th worked"),
            (date(2022, 12, 30), date(2023, 1, 11), "across the year"),
        ] {
            assert_eq!(calendar.after(decided, 7).unwrap(), due, "{why}");
            assert_eq!(calendar.between(decided, due).unwrap(), 7, "{why}");
        }
    }

    #[test]
    fn an_unknown_year_is_said_and_not_guessed() {
        let calendar = WorkCalendar::state_council();
        assert!(matches!(calendar.is_workday(date(2027, 1, 4)), Err(WorkCalendarError::UnknownYear(2027))));
        assert!(matches!(calendar.after(date(2026, 12, 30), 5), Err(WorkCalendarError::UnknownYear(2027))));
        assert!(matches!(calendar.is_workday(date(2021, 12, 31)), Err(WorkCalendarError::UnknownYear(2021))));
    }

    #[test]
    fn a_calendar_that_contradicts_itself_is_refused() {
        for json in [
            r#"{"years":{"2027":{"weekdays_off":["2027-01-02"],"weekends_worked":[]}}}"#,
            r#"{"years":{"2027":{"weekdays_off":[],"weekends_worked":["2027-01-04"]}}}"#,
            r#"{"years":{"2027":{"weekdays_off":["2026-01-01"],"weekends_worked":[]}}}"#,
        ] {
            assert!(matches!(WorkCalendar::parse(json), Err(WorkCalendarError::Entry(_))), "{json}");
        }
    }
}
