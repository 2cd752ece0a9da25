//! `GET /timeliness`: how timely units sent their records, by unit or county office, kind and month.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use xinzheng_api::timeliness::{TABLE, TimelinessRow, TimelinessTable};
use xinzheng_domain::audit::Action;
use xinzheng_domain::month::Month;
use xinzheng_domain::timeliness::Timeliness;
use xinzheng_domain::{Catalogue, RecordKind, UnitCode, china_time};
use xinzheng_runtime::problem::{INTERNAL, MONTHS_TOO_MANY};
use xinzheng_runtime::{HttpRequest, HttpResponse, Official, Problem};
use xinzheng_store::by_unit::UnitRecord;

use super::{Whose, judged};
use crate::App;

/// The most months at once: of one unit, and of all of them.
const MOST_MONTHS: usize = 48;
const MOST_MONTHS_OF_ALL: usize = 3;
/// Units whose months are looked at side by side.
const AT_ONCE: usize = 8;

/// How the records of a unit or office, a kind and a month came.
#[derive(Default)]
struct Tally {
    records: u64,
    late: u64,
    back_reports: u64,
    provisional: u64,
    workdays: u64,
    longest: u32,
}

impl Tally {
    fn add(&mut self, judged: Timeliness) {
        self.records += 1;
        self.provisional += u64::from(judged.provisional);
        self.late += u64::from(judged.late);
        if judged.back_report {
            self.back_reports += 1;
        } else {
            self.workdays += u64::from(judged.workdays);
            self.longest = self.longest.max(judged.workdays);
        }
    }

    fn row(&self, (month, unit, kind): (Month, UnitCode, RecordKind)) -> TimelinessRow {
        let timed = self.records - self.back_reports;
        TimelinessRow {
            month,
            unit,
            unit_name: unit.name(),
            county: unit.office().map(|office| office.name().to_owned()),
            kind,
            kind_title: kind.title().to_owned(),
            records: self.records,
            late: self.late,
            back_reports: self.back_reports,
            provisional: self.provisional,
            longest_workdays: self.longest,
            mean_workdays: (timed > 0).then(|| self.workdays as f64 / timed as f64),
        }
    }
}

/// A row for each unit or office, kind and month that has records. For a unit its own and its offices'; for the platform
/// those of `?unit=`, or of all units for up to three months. Withdrawn records do not count. A Query for each unit and
/// month and thousand records, at times one for the calendar.
pub(crate) async fn tallied(app: &App, reader: Official, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&TABLE)?;
    let now = app.clock.now();
    let this = Month::of(china_time::date(now)).ok_or(INTERNAL)?;
    let last = asked.to.unwrap_or(this);
    let first = asked.from.unwrap_or(last);
    let months: Vec<Month> = first.up_to(last).collect();
    let unit = reader.unit_or_all(asked.unit)?;
    let (actor, object) = (request.actor(&app.address_key), format!("{first} {last}"));
    match unit {
        Some(unit) => {
            reader.note_unit_read(&app.registry, unit, (&actor, now), Action::TimelinessRead, &object).await?;
        }
        None => reader.note_read(&app.registry, (&actor, now), Action::TimelinessRead, &object).await?,
    }
    let whose = unit.map(Whose::of);
    let most = if whose.is_some() { MOST_MONTHS } else { MOST_MONTHS_OF_ALL };
    if months.is_empty() || months.len() > most {
        return Err(MONTHS_TOO_MANY
            .titled(format!("一次可查询 1 至 {most} 个月"))
            .hint("请检查 from 和 to；指明 ?unit= 可查询更长的期间"));
    }
    let units: Vec<UnitCode> = match &whose {
        Some(whose) => vec![whose.municipal],
        None => Catalogue::get().units.iter().filter_map(|unit| UnitCode::municipal(unit.no)).collect(),
    };
    let calendar = app.calendars.get(&app.registry, now).await?;
    let wanted: Vec<(UnitCode, Month)> =
        units.iter().flat_map(|unit| months.iter().map(|month| (*unit, *month))).collect();
    let found: Vec<(Month, Vec<UnitRecord>)> = stream::iter(wanted)
        .map(async |(unit, month)| Ok::<_, Problem>((month, app.registry.all_records_of_unit(unit, month).await?)))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let mut tallies: BTreeMap<(Month, UnitCode, RecordKind), Tally> = BTreeMap::new();
    for (month, records) in &found {
        for record in records.iter().filter(|record| !record.withdrawn) {
            if whose.as_ref().is_none_or(|whose| whose.has(record)) {
                let tally = tallies.entry((*month, record.unit, record.kind)).or_default();
                tally.add(judged(record, &calendar));
            }
        }
    }
    let rows = tallies.iter().map(|(of, tally)| tally.row(*of)).collect();
    Ok(HttpResponse::of(&TABLE, &TimelinessTable { from: first, to: last, rows }))
}
