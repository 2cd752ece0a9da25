//! Records whose first day of repair has come: their subjects are told, each once (R5).
//!
//! A record waits for as many months as its class has (`publicity.json`), so that those whose day is today were decided on one
//! of a few days: the index by unit and month finds them without looking at any other. A record that arrived after its first
//! day is told of with the run after its arrival, when its day is less than [`LATE_DAYS`] past; others are not told of, and say
//! in the subject's list since when they can be repaired.

use std::time::{Duration, Instant};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use xinzheng_domain::record::publicity;
use xinzheng_domain::{Catalogue, UnitCode, china_time};
use xinzheng_store::by_unit::UnitRecord;
use xinzheng_store::repairable::RepairableProgress;
use xinzheng_store::{Committed, StoreError};

use crate::App;

/// Days after its first day on which a record that has just arrived is told of, and that a schedule which stood still makes up.
const LATE_DAYS: i64 = 31;
/// How long before the run it may have been stored to count as just arrived: the way to the registry takes time.
const ON_THE_WAY: SignedDuration = SignedDuration::from_hours(24);
/// A run ends with the unit during which it has told of so many, and goes on with the next run.
const MOST: usize = 1000;
/// The same after so long: a function may take five minutes.
const GOES_ON: Duration = Duration::from_secs(120);

/// Looks through the days since the last run, unit by unit. One GetItem when today is done. For a day: for each unit and class a
/// Query for each month that the [`LATE_DAYS`] before are of, a GetItem for each record whose day has come and a TransactWriteItems for each that is
/// told of; a PutItem.
pub(crate) async fn tell(app: &App) -> Result<(), StoreError> {
    let (now, began) = (app.clock.now(), Instant::now());
    let today = china_time::date(now);
    let yesterday = today.yesterday().unwrap_or(today);
    let first_time = RepairableProgress { through: yesterday, units: 0, arrived: now };
    let mut progress = app.registry.repairable_progress().await?.unwrap_or(first_time);
    let earliest = today.saturating_sub(SignedDuration::from_hours(24 * LATE_DAYS));
    if progress.through < earliest {
        progress = RepairableProgress { through: earliest, units: 0, ..progress };
    }
    let units: Vec<UnitCode> = Catalogue::get().units.iter().filter_map(|unit| UnitCode::municipal(unit.no)).collect();
    let mut told = 0;
    while progress.through < today {
        let Ok(day) = progress.through.tomorrow() else { return Ok(()) };
        for unit in units.iter().skip(progress.units) {
            told += of_unit(app, *unit, day, progress.arrived, now).await?;
            progress.units += 1;
            if told >= MOST || began.elapsed() > GOES_ON {
                tracing::info!(told, %day, units = progress.units, "the rest is looked through with the next run");
                return app.registry.keep_repairable_progress(&progress).await;
            }
        }
        progress = RepairableProgress { through: day, units: 0, arrived: progress.arrived };
        if day == today {
            progress.arrived = now;
        }
        app.registry.keep_repairable_progress(&progress).await?;
    }
    Ok(())
}

/// Tells of a unit's records; how many.
async fn of_unit(
    app: &App,
    unit: UnitCode,
    day: Date,
    arrived: Timestamp,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut told = 0;
    let arrived = arrived.saturating_sub(ON_THE_WAY).unwrap_or(arrived);
    for months in publicity::waits(day) {
        // Some days of a longer month have the same day in a shorter one.
        let latest = publicity::after(day, -months).saturating_add(SignedDuration::from_hours(24 * 3)).min(day);
        let from = publicity::after(day, -months).saturating_sub(SignedDuration::from_hours(24 * LATE_DAYS));
        for record in app.registry.records_decided(unit, from, latest).await? {
            let first = publicity::after(record.decided, months);
            let is_due = first == day || (first < day && record.first_stored >= arrived);
            if is_due && !record.withdrawn && of_record(app, &record, first, day, now).await? {
                told += 1;
            }
        }
    }
    Ok(told)
}

/// Tells of a record when it waits until this day, and not for a later one, and is not repaired; whether that was new.
async fn of_record(app: &App, record: &UnitRecord, first: Date, day: Date, now: Timestamp) -> Result<bool, StoreError> {
    let Some((standing, owner)) = app.registry.record(&record.subject, &record.id).await? else { return Ok(false) };
    let earliest = publicity::of(&standing.record, standing.severity, day).earliest;
    if earliest != first || standing.repair.is_some() || !standing.is_reported() {
        return Ok(false);
    }
    let done = app.registry.tell_repairable(&record.subject, &record.id, owner, first, now).await?;
    Ok(done == Committed::Done)
}
