//! `GET /timeliness/records`: the records behind each number.

use xinzheng_api::timeliness::{RECORDS, TimelyRecord, TimelyRecords};
use xinzheng_domain::audit::Action;
use xinzheng_domain::china_time;
use xinzheng_domain::month::Month;
use xinzheng_runtime::problem::INTERNAL;
use xinzheng_runtime::{HttpRequest, HttpResponse, Official, Problem};

use super::{Whose, judged};
use crate::App;

/// Records that a page of the list is drawn from.
const PAGE: i32 = 200;

/// A page of the records behind a number: of `?month=` and `?unit=`, with `?kind=` of a kind, with `?late=true` the late
/// ones. One Query, at times one for the calendar.
pub(crate) async fn records(app: &App, reader: Official, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&RECORDS)?;
    let now = app.clock.now();
    let this = Month::of(china_time::date(now)).ok_or(INTERNAL)?;
    let month = asked.month.unwrap_or(this);
    let unit = reader.unit(asked.unit)?;
    let (actor, object) = (request.actor(&app.address_key), month.to_string());
    reader.note_unit_read(&app.registry, unit, (&actor, now), Action::TimelyRecordsRead, &object).await?;
    let whose = Whose::of(unit);
    let late = asked.late.unwrap_or(false);
    let calendar = app.calendars.get(&app.registry, now).await?;
    let mut found = app.registry.records_of_unit(whose.municipal, month, asked.cursor.as_ref(), PAGE).await?;
    found.items.retain(|record| {
        !record.withdrawn
            && whose.has(record)
            && asked.kind.is_none_or(|kind| kind == record.kind)
            && (!late || judged(record, &calendar).late)
    });
    let page = found.map(|record| TimelyRecord {
        timeliness: judged(&record, &calendar),
        record: record.id,
        subject: record.subject,
        unit: record.unit,
        kind: record.kind,
        document: record.document,
        decided: record.decided,
        arrived: china_time::date(record.first_stored),
    });
    Ok(HttpResponse::of(&RECORDS, &TimelyRecords { month, page }))
}
