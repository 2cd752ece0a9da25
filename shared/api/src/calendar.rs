//! The calendar of working days as data (R20).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::audit::Role::Platform;
use xinzheng_domain::calendar_schema::Day;
use xinzheng_domain::workday::Year;

use crate::endpoint::{Endpoint, Topic};
use crate::parameter::{Parameter, parameters};
use crate::problem::{Fault, YEAR_UNKNOWN};

/// The calendar.
pub const READ: Endpoint<(), (), (), Calendar> =
    Endpoint::get("/config/calendar", Topic::Oversight, "The calendar of working days")
.about("By year: working days that are off, weekend days that are worked, by the State Council's order; until when days can be judged");

/// Puts a year.
pub const PUT: Endpoint<YearPath, (), Year, CalendarYear> =
    Endpoint::put("/config/calendar/{year}", Topic::Oversight, "Put a year of the calendar")
.about("Puts the year in its place as a whole, on the `etag` of what it replaces; days that were counted provisionally are counted again by the schedule")
        .callers(&[Platform])
        .guarded()
        .problems(&[404, 422]);

parameters! {
    /// Which year.
    pub struct YearPath {
        /// From 2022 to 2200.
        pub year: YearNumber,
    }
}

/// A year that the calendar may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transparent)]
pub struct YearNumber(#[schemars(range(min = 2022, max = 2200))] pub i16);

impl Parameter for YearNumber {
    const UNREADABLE: Fault = YEAR_UNKNOWN;

    fn read(text: &str) -> Option<Self> {
        text.parse().ok().filter(|year| (2022..=2200).contains(year)).map(Self)
    }

    fn write(&self) -> String {
        self.0.to_string()
    }
}

/// Every year that is known.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Calendar {
    /// By number.
    pub years: BTreeMap<String, CalendarYear>,
    /// The last day that can be judged.
    #[schemars(with = "Option<Day>")]
    pub known_until: Option<Date>,
    /// That the calendar ends soon, for people.
    pub warning: Option<String>,
}

/// How a year differs from five days of work and two days off a week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CalendarYear {
    /// Weekdays off.
    #[schemars(with = "BTreeSet<Day>")]
    pub weekdays_off: BTreeSet<Date>,
    /// Weekend days that are worked.
    #[schemars(with = "BTreeSet<Day>")]
    pub weekends_worked: BTreeSet<Date>,
    /// Its entity tag; 0: it comes with the program.
    pub version: u32,
}
