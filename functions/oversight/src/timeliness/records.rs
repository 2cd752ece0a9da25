//! `GET /timeliness/records`: the records behind each number.

use xinzheng_api::timeliness::{LoggedReceipt, RECORDS, TimelyRecord, TimelyRecords};
use xinzheng_domain::audit::Action;
use xinzheng_domain::china_time;
use xinzheng_domain::month::Month;
use xinzheng_runtime::problem::INTERNAL;
use xinzheng_runtime::{HttpRequest, HttpResponse, Official, Problem};
use xinzheng_store::batch::BatchId;
use xinzheng_store::by_unit::UnitRecord;
use xinzheng_store::log::Logged;

use super::{Whose, judged};
use crate::App;

/// Records that a page of the list is drawn from.
const PAGE: i32 = 200;

/// A page of the records behind a number: of `?month=` and `?unit=`, with `?kind=` of a kind, with `?late=true` the late
/// ones. One Query, at times one for the calendar, and a BatchGetItem for each hundred files with which they came.
pub(crate) async fn records(app: &App, reader: Official, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&RECORDS)?;
    let now = app.clock.now();
    let this = Month::of(china_time::date(now)).ok_or(INTERNAL)?;
    let month = asked.month.unwrap_or(this);
    let unit = reader.unit(asked.unit)?;
    let (actor, object) = (request.actor(&app.address_key), month.to_string());
    reader.note_unit_read(&app.registry, unit, (&actor, now), Action::TimelyRecordsRead, &object).await?;
    let whose = if asked.alone == Some(true) { Whose::alone(unit) } else { Whose::of(unit) };
    let late = asked.late.unwrap_or(false);
    let calendar = app.calendars.get(&app.registry, now).await?;
    let mut found = app.registry.records_of_unit(whose.municipal, month, asked.cursor.as_ref(), PAGE).await?;
    found.items.retain(|record| {
        !record.withdrawn
            && whose.has(record)
            && asked.kind.is_none_or(|kind| kind == record.kind)
            && (!late || judged(record, &calendar).late)
    });
    let batches: Vec<BatchId> = found.items.iter().filter_map(|record| record.first_batch.clone()).collect();
    let batches = app.registry.batches(&batches).await?;
    let receipt = |record: &UnitRecord| {
        let batch = record.first_batch.as_ref()?;
        let log = Logged::standing(batches.get(batch.as_str())?.logged.as_ref());
        Some(LoggedReceipt { batch: batch.to_string(), log })
    };
    let page = found.map(|record| TimelyRecord {
        receipt: receipt(&record),
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
