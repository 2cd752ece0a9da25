//! The calendar of working days as data (R20): `GET /config/calendar`, `PUT /config/calendar/{year}`.

use jiff::civil::Date;
use serde_json::{Value, json};
use xinzheng_domain::workday::Year;
use xinzheng_domain::{WorkCalendar, china_time};
use xinzheng_runtime::precondition::{self, etag};
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Problem};
use xinzheng_store::Stepped;

use crate::App;

/// Every year that is known, with its days and its version; and until when days can be judged. One Query.
pub(crate) async fn read(app: &App) -> Result<HttpResponse, Problem> {
    let put = app.registry.put_years().await?;
    let mut years: serde_json::Map<String, Value> = WorkCalendar::state_council()
        .years()
        .iter()
        .map(|(number, year)| (number.to_string(), described(year, 0)))
        .collect();
    for (number, put) in &put {
        years.insert(number.to_string(), described(&put.year, put.version));
    }
    let known_until = years.keys().filter_map(|year| year.parse::<i16>().ok()).max();
    let known_until = known_until.and_then(|year| Date::new(year, 12, 31).ok());
    let today = china_time::date(app.clock.now());
    // From October on: deadlines of December already reach into the next year.
    let warning = known_until
        .is_none_or(|until| (until - today).get_days() < 92)
        .then_some("工作日历即将用完，请尽快上传下一年度的日历；在此之前，超出日历的期限暂按周末和固定节假日计算");
    let body = json!({ "years": years, "known_until": known_until, "warning": warning });
    Ok(HttpResponse::json(200, &body))
}

fn described(year: &Year, version: u32) -> Value {
    json!({ "weekdays_off": year.weekdays_off, "weekends_worked": year.weekends_worked, "version": version })
}

/// Puts a year, as the State Council's notice has it. One Query, one TransactWriteItems.
pub(crate) async fn put(
    app: &App,
    _operator: &Operator,
    request: &HttpRequest,
    year: Year,
) -> Result<HttpResponse, Problem> {
    let number = request.path_parameter("year").parse::<i16>().ok().filter(|year| (2022..=2200).contains(year));
    let number = number.ok_or_else(|| Problem::new(404, "year-unknown", "年份应为 2022 至 2200"))?;
    year.check(number).map_err(|error| {
        Problem::new(422, "calendar-invalid", "工作日历不合理")
            .detail(error.to_string())
            .hint("weekdays_off 只列放假的周一至周五，weekends_worked 只列上班的周六、周日，都应属于这一年")
    })?;
    let before = app.registry.put_years().await?.get(&number).map_or(0, |put| put.version);
    precondition::expect(request, before)?;
    let stepped = app.registry.put_year(number, &year, before, &app.actor(request), app.clock.now()).await?;
    if stepped == Stepped::Overtaken {
        return Err(precondition::outdated());
    }
    tracing::info!(year = number, "a year of the calendar was put");
    Ok(HttpResponse::json(200, &described(&year, before + 1)).header("etag", etag(before + 1)))
}
