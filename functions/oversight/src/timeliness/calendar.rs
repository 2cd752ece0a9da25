//! The calendar of working days as data (R20): `GET /config/calendar`, `PUT /config/calendar/{year}`.

use std::collections::BTreeMap;

use jiff::civil::Date;
use xinzheng_api::calendar::{Calendar, CalendarYear, PUT, READ, YearNumber};
use xinzheng_domain::workday::Year;
use xinzheng_domain::{WorkCalendar, china_time};
use xinzheng_runtime::precondition::{self, etag};
use xinzheng_runtime::problem::{CALENDAR_INVALID, VERSION_OUTDATED};
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Problem};
use xinzheng_store::Committed;

use crate::App;

/// Every year that is known, with its days and its version; and until when days can be judged. One Query.
pub(crate) async fn read(app: &App) -> Result<HttpResponse, Problem> {
    let put = app.registry.put_years().await?;
    let calendar = WorkCalendar::state_council();
    let mut years: BTreeMap<i16, CalendarYear> =
        calendar.years().iter().map(|(number, year)| (*number, shown(year, 0))).collect();
    years.extend(put.iter().map(|(number, put)| (*number, shown(&put.year, put.version))));
    let known_until = years.keys().max().and_then(|year| Date::new(*year, 12, 31).ok());
    let today = china_time::date(app.clock.now());
    // From October on: deadlines of December already reach into the next year.
    let warning = known_until.is_none_or(|until| (until - today).get_days() < 92).then(|| {
        "工作日历即将用完，请尽快上传下一年度的日历；在此之前，超出日历的期限暂按周末和固定节假日计算".to_owned()
    });
    let years = years.into_iter().map(|(number, year)| (number.to_string(), year)).collect();
    Ok(HttpResponse::of(&READ, &Calendar { years, known_until, warning }))
}

fn shown(year: &Year, version: u32) -> CalendarYear {
    let Year { weekdays_off, weekends_worked } = year.clone();
    CalendarYear { weekdays_off, weekends_worked, version }
}

/// Puts a year, as the State Council's notice has it. One Query, one TransactWriteItems.
pub(crate) async fn put(app: &App, _operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let year = request.body_of(&PUT)?;
    let YearNumber(number) = request.path_of(&PUT)?.year;
    year.check(number).map_err(|error| CALENDAR_INVALID.detail(error.to_string()))?;
    let before = app.registry.put_years().await?.get(&number).map_or(0, |put| put.version);
    precondition::expect(request, before)?;
    let stepped =
        app.registry.put_year(number, &year, before, &request.actor(&app.address_key), app.clock.now()).await?;
    if stepped == Committed::Overtaken {
        return Err(VERSION_OUTDATED.into());
    }
    tracing::info!(year = number, "a year of the calendar was put");
    Ok(HttpResponse::of(&PUT, &shown(&year, before + 1)).header("etag", etag(before + 1)))
}
