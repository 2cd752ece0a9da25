//! The calendar of working days: years that the platform has put, over those that come with the program (R20).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;
use xinzheng_domain::WorkCalendar;
use xinzheng_domain::workday::Year;

use crate::audit::{Actor, Step};
use crate::keys;
use crate::objections::{Stepped, put};
use crate::{Registry, StoreError};

/// The most years that were ever put: more than the program will live.
const MOST: i32 = 200;

/// A year that the platform has put.
#[derive(Clone, Debug)]
pub struct PutYear {
    /// Its days.
    pub year: Year,
    /// How often it was put.
    pub version: u32,
}

impl Registry {
    /// The years that the platform has put. One Query.
    pub async fn put_years(&self) -> Result<BTreeMap<i16, PutYear>, StoreError> {
        let (items, _) = self.listed(keys::CALENDAR, keys::YEARS, None, MOST, true).await?;
        let mut years = BTreeMap::new();
        for item in items {
            let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str);
            let number = text(keys::SK).trim_start_matches(keys::YEARS).parse().ok();
            let version = item.get("version").and_then(|version| version.as_n().ok()?.parse().ok());
            let (Some(number), Some(version)) = (number, version) else {
                return Err(StoreError::Damaged { what: "a year".to_owned(), why: "it has no number".to_owned() });
            };
            let year = serde_json::from_str(text("body")).map_err(StoreError::damaged("a year"))?;
            years.insert(number, PutYear { year, version });
        }
        Ok(years)
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
    ) -> Result<Stepped, StoreError> {
        let body = serde_json::to_string(year).map_err(StoreError::damaged("a year"))?;
        let item = self
            .put_of(keys::CALENDAR, &keys::year(number))
            .item("body", keys::text(body))
            .item("version", keys::count(before + 1));
        let item = match before {
            0 => item.condition_expression("attribute_not_exists(pk)"),
            _ => item
                .condition_expression("version = :before")
                .expression_attribute_values(":before", keys::count(before)),
        };
        let object = number.to_string();
        let step = Step::new(at, "calendar.put", &object).event(json!({ "year": number }));
        let mut writes = vec![put(item)?];
        writes.extend(self.entries(None, actor, &step)?);
        self.transact(writes).await
    }
}
