//! The calendar of working days: years that the platform has put, over those that come with the program (R20).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;
use xinzheng_domain::WorkCalendar;
use xinzheng_domain::audit::Action;
use xinzheng_domain::workday::Year;

use crate::audit::{Actor, AuditOf, Step};
use crate::table::{Committed, Put, count, damaged, is, nothing_there};
use crate::{Registry, StoreError, keys};

/// A year that the platform has put.
#[derive(Clone, Debug)]
pub struct PutYear {
    /// Its days.
    pub year: Year,
    /// How often it was put.
    pub version: u32,
}

#[derive(Clone, Copy, Debug)]
enum Failed {
    /// The year is not of this version any more.
    Version,
    /// It is noted already.
    Noted,
}

impl Registry {
    /// The years that the platform has put. One Query.
    pub async fn put_years(&self) -> Result<BTreeMap<i16, PutYear>, StoreError> {
        let mut years = BTreeMap::new();
        for item in self.query(keys::years()).all().await? {
            let (Some(number), Some(version)) = (keys::year_of(&item), item.number("version")) else {
                return Err(damaged("a year", "it has no number"));
            };
            years.insert(number, PutYear { year: item.body("a year")?, version });
        }
        Ok(years)
    }

    /// Notes that the calendar of a year is not put yet, for the platform to hear of; once for each time. One PutItem.
    pub async fn note_missing_calendar(&self, year: i16, at: Timestamp) -> Result<(), StoreError> {
        let object = year.to_string();
        let step = Step::new(at, Action::CalendarMissing, &object).event(json!({ "year": year }));
        self.put(self.entry(&AuditOf::Platform, &Actor::system(), &step)).await?;
        Ok(())
    }

    /// The whole calendar. One Query.
    pub async fn calendar(&self) -> Result<WorkCalendar, StoreError> {
        let years = self.put_years().await?.into_iter();
        Ok(years.fold(WorkCalendar::state_council().clone(), |calendar, (number, put)| calendar.with(number, put.year)))
    }

    /// Puts a year in place of its version `before` (0: none was put). `Overtaken` when that is not its version any more. One
    /// TransactWriteItems, with the platform's audit.
    pub async fn put_year(
        &self,
        number: i16,
        year: &Year,
        before: u32,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Committed, StoreError> {
        let item = Put::at(&keys::year(number)).body(year, "a year")?.count("version", before + 1);
        let item = item.when(match before {
            0 => nothing_there(),
            _ => is("version", count(before)),
        });
        let object = number.to_string();
        let step = Step::new(at, Action::CalendarPut, &object).event(json!({ "year": number }));
        let transaction = self.transaction().put_when(Failed::Version, item);
        transaction.put_all_when(Failed::Noted, self.entries(None, actor, &step)).commit_or_overtaken().await
    }
}
