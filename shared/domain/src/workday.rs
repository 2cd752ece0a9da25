//! Working days by the State Council's calendar, make-up days included (R20).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::civil::{Date, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A working-day calendar for the years that it knows.
#[derive(Clone, Debug)]
pub struct WorkCalendar {
    years: BTreeMap<i16, Year>,
}

/// The days of a year on which people do not do what the weekday says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Year {
    /// Weekdays off.
    #[schemars(with = "BTreeSet<crate::calendar_schema::Day>")]
    pub weekdays_off: BTreeSet<Date>,
    /// Weekend days that are worked.
    #[schemars(with = "BTreeSet<crate::calendar_schema::Day>")]
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

/// A day that is counted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The day.
    pub day: Date,
    /// True when a day on the way is beyond the known calendar: it is counted again when the calendar is there.
    pub provisional: bool,
}

/// A number of working days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workdays {
    /// How many.
    pub count: u32,
    /// True when a day among them is beyond the known calendar.
    pub provisional: bool,
}

/// Why a calendar cannot be read.
#[derive(Debug, Error)]
pub enum WorkCalendarError {
    /// The file is not a calendar.
    #[error("工作日历文件无法解析：{0}")]
    Json(#[from] serde_json::Error),
    /// An entry contradicts itself: a weekend day off, a worked weekday, or a day of another year.
    #[error("工作日历中的{0}不合理")]
    Entry(Date),
}

static STATE_COUNCIL: LazyLock<WorkCalendar> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "part of the program: an empty calendar would count every deadline wrongly")]
    WorkCalendar::parse(include_str!("../data/workdays.json")).expect("the calendar of the program is sound")
});

/// The holidays that fall on the same days each year (全国年节及纪念日放假办法), as month and day: what is off in a year whose
/// calendar is not known yet, beside weekends.
const FIXED: [(i8, i8); 6] = [(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)];

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

    /// Whether people work on `day`; and whether that is provisional, as the day's year is not known: then weekends and the
    /// holidays of every year are off.
    pub fn is_workday(&self, day: Date) -> (bool, bool) {
        match self.years.get(&day.year()) {
            Some(year) if is_weekend(day) => (year.weekends_worked.contains(&day), false),
            Some(year) => (!year.weekdays_off.contains(&day), false),
            None => (!is_weekend(day) && !FIXED.contains(&(day.month(), day.day())), true),
        }
    }

    /// The `count`-th working day after `start`; `start` itself is not counted (民法典第二百零一条: the first day is not
    /// counted in).
    pub fn after(&self, start: Date, count: u32) -> Deadline {
        let mut found = Deadline { day: start, provisional: false };
        let mut left = count;
        while left > 0 {
            // The calendar of dates ends in the year 9999.
            let Ok(next) = found.day.tomorrow() else { break };
            let (works, provisional) = self.is_workday(next);
            found = Deadline { day: next, provisional: found.provisional || provisional };
            left -= u32::from(works);
        }
        found
    }

    /// The number of working days after `start` up to and including `end`; zero when `end` is not later.
    pub fn between(&self, start: Date, end: Date) -> Workdays {
        let mut found = Workdays { count: 0, provisional: false };
        for day in start.series(jiff::Span::new().days(1)).skip(1).take_while(|day| *day <= end) {
            let (works, provisional) = self.is_workday(day);
            found.count += u32::from(works);
            found.provisional |= provisional;
        }
        found
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
            let days = calendar.between(date(year - 1, 12, 31), date(year, 12, 31)).count;
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
            assert_eq!(calendar.after(decided, 7), Deadline { day: due, provisional: false }, "{why}");
            assert_eq!(calendar.between(decided, due), Workdays { count: 7, provisional: false }, "{why}");
        }
    }

    #[test]
    fn a_year_that_is_not_known_is_counted_provisionally_and_again_when_it_is() {
        let calendar = WorkCalendar::state_council();
        for (day, works) in [
            (date(2027, 1, 1), false),
            (date(2027, 1, 2), false),
            (date(2027, 1, 4), true),
            (date(2027, 5, 3), true),
            (date(2027, 10, 1), false),
            (date(2021, 12, 31), true),
        ] {
            assert_eq!(calendar.is_workday(day), (works, true), "{day}");
        }
        let due = calendar.after(date(2026, 12, 30), 5);
        assert_eq!(due, Deadline { day: date(2027, 1, 7), provisional: true });
        let year = Year {
            weekdays_off: [date(2027, 1, 1)].into_iter().collect(),
            weekends_worked: [date(2027, 1, 3)].into_iter().collect(),
        };
        let known = calendar.clone().with(2027, year);
        assert_eq!(known.after(date(2026, 12, 30), 5), Deadline { day: date(2027, 1, 6), provisional: false });
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
