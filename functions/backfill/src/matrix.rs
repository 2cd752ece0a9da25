//! The matrix of units and months since August 2022 (R8): complete, declared zero, partial, missing.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use xinzheng_api::backfill::{MATRIX, Matrix, MatrixCell, MatrixRow as ShownRow};
use xinzheng_domain::audit::Action;
use xinzheng_domain::month::Month;
use xinzheng_domain::reconciliation::{ManifestCounts, ReconciliationState};
use xinzheng_domain::report::completeness::{MonthState, Reported, UnitMonths};
use xinzheng_domain::{Catalogue, UnitCode, china_time, timeliness};
use xinzheng_runtime::{HttpRequest, HttpResponse, Official, Problem};
use xinzheng_store::Page;
use xinzheng_store::StoreError;
use xinzheng_store::manifests::FiledManifest;
use xinzheng_store::matrix::{Cell, MOST_WAITING, MatrixRow};

use crate::App;

/// Units that are looked at side by side.
const AT_ONCE: usize = 4;
/// Months of a unit that are looked at side by side.
const MONTHS_AT_ONCE: usize = 4;

/// Records of a month, and of these the late ones.
#[derive(Clone, Copy, Default)]
struct Counts {
    records: u64,
    late: u64,
}

/// A row for each unit, and for each office that has records, manifests or waiting marks. A Query for each unit and month and
/// thousand records, one for the manifests and one for the waiting marks of each unit and of every office that it may have; a
/// PutItem for each row, and one for what reports say of it.
pub(crate) async fn work_out(app: &App) -> Result<(), StoreError> {
    let now = app.clock.now();
    let today = china_time::date(now);
    let calendar = app.calendars.get(&app.registry, now).await?;
    let calendar = &*calendar;
    let (Some(first), Some(last)) = (Month::first(), Month::of(today)) else { return Ok(()) };
    let units: Vec<UnitCode> = Catalogue::get().units.iter().filter_map(|unit| UnitCode::municipal(unit.no)).collect();
    let reported: BTreeMap<u8, UnitMonths> = stream::iter(units)
        .map(async |unit| {
            let months: Vec<Month> = first.up_to(last).collect();
            let counted: Vec<(Month, BTreeMap<UnitCode, Counts>)> = stream::iter(months)
                .map(async |month| {
                    let mut counts: BTreeMap<UnitCode, Counts> = BTreeMap::new();
                    for record in app.registry.all_records_of_unit(unit, month).await? {
                        let arrived = china_time::date(record.first_stored);
                        let judged = timeliness::judge(record.decided, arrived, calendar);
                        let of_owner = counts.entry(record.unit).or_default();
                        of_owner.records += 1;
                        of_owner.late += u64::from(!record.withdrawn && judged.late);
                    }
                    Ok::<_, StoreError>((month, counts))
                })
                .buffered(MONTHS_AT_ONCE)
                .try_collect()
                .await?;
            let owners: BTreeSet<UnitCode> =
                counted.iter().flat_map(|(_, counts)| counts.keys().copied()).chain([unit]).collect();
            let mut together: Option<UnitMonths> = None;
            for owner in unit.offices().chain([unit]) {
                let (manifests, waiting) =
                    tokio::try_join!(all_manifests(app, owner), app.registry.waiting_marks(owner, None, MOST_WAITING))?;
                let waiting = waiting.items.len() as u64;
                if manifests.is_empty() && waiting == 0 && !owners.contains(&owner) {
                    continue;
                }
                let cells: Vec<Cell> = counted
                    .iter()
                    .map(|(month, counts)| {
                        let Counts { records, late } = counts.get(&owner).copied().unwrap_or_default();
                        let state = state(owner, *month, records, &manifests, today);
                        Cell { month: *month, records, late, state }
                    })
                    .collect();
                let months = UnitMonths(cells.iter().map(|cell| cell.state).collect());
                together = Some(match together {
                    Some(known) => known.with(&months),
                    None => months,
                });
                let manifests = tallied(&manifests);
                let row = MatrixRow { unit: owner, worked_out_at: now, cells, manifests, waiting };
                app.registry.keep_matrix_row(&row).await?;
            }
            Ok::<_, StoreError>((unit.row(), together.unwrap_or_default()))
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    // The last month whose last records are due by now.
    let is_due = |month: &Month| timeliness::judge(month.last_day(), today, calendar).due < today;
    let due_until = first.up_to(last).filter(is_due).last();
    app.registry.keep_reported(&Reported { worked_out_at: now, due_until, units: reported }).await
}

fn tallied(manifests: &[FiledManifest]) -> ManifestCounts {
    let mut counts = ManifestCounts::default();
    for reconciliation in manifests.iter().filter_map(|filed| filed.reconciliation.as_ref()) {
        match reconciliation.state {
            ReconciliationState::Balanced => counts.balanced += 1,
            ReconciliationState::Open => counts.open += 1,
            ReconciliationState::Overdue => counts.overdue += 1,
        }
    }
    counts
}

async fn all_manifests(app: &App, unit: UnitCode) -> Result<Vec<FiledManifest>, StoreError> {
    let (mut all, mut after) = (vec![], None);
    loop {
        let Page { items: manifests, next } = app.registry.manifests(unit, after.as_ref(), 200).await?;
        all.extend(manifests);
        match next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

/// Complete when manifests that balance cover the month for every kind that the unit forms; with no record that is a declared
/// zero. Partial when there is anything at all.
fn state(unit: UnitCode, month: Month, records: u64, manifests: &[FiledManifest], today: Date) -> MonthState {
    let (from, to) = (month.first_day(), month.last_day().min(today));
    let covering = |balanced: bool| {
        let covers = move |filed: &&FiledManifest| {
            let of_month = filed.manifest.from <= from && filed.manifest.to >= to;
            let state = filed.reconciliation.as_ref().map(|reconciliation| reconciliation.state);
            of_month && (!balanced || state == Some(ReconciliationState::Balanced))
        };
        manifests.iter().filter(covers).map(|filed| filed.manifest.kind).collect::<BTreeSet<_>>()
    };
    let kinds = Catalogue::get().unit(unit.row()).map_or(&[][..], |row| row.kinds.as_slice());
    let balanced = covering(true);
    if !kinds.is_empty() && kinds.iter().all(|kind| balanced.contains(kind)) {
        return if records == 0 { MonthState::DeclaredZero } else { MonthState::Complete };
    }
    if records > 0 || !covering(false).is_empty() { MonthState::Partial } else { MonthState::Missing }
}

/// `GET /backfill/matrix`: as it was worked out last; for a unit its own rows. One Query.
pub(crate) async fn read(app: &App, reader: Official, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    if reader == Official::Platform {
        let (actor, now) = (request.actor(&app.address_key), app.clock.now());
        app.registry.note_platform(&actor, now, Action::MatrixRead, "matrix").await?;
    }
    let rows = app.registry.matrix().await?;
    let rows = rows.into_iter().filter(|row| reader.may_read(row.unit)).map(shown).collect();
    Ok(HttpResponse::of(&MATRIX, &Matrix { rows }))
}

fn shown(row: MatrixRow) -> ShownRow {
    let cell = |cell: Cell| MatrixCell { month: cell.month, records: cell.records, late: cell.late, state: cell.state };
    ShownRow {
        unit: row.unit,
        unit_name: row.unit.name(),
        worked_out_at: row.worked_out_at,
        cells: row.cells.into_iter().map(cell).collect(),
        manifests: row.manifests,
        waiting: row.waiting,
    }
}
