//! The comparison of manifests with what is held: of one when it is asked for, of all by the schedule.

use std::sync::atomic::{AtomicU64, Ordering};

use futures::{TryStreamExt, stream};
use xinzheng_api::Page;
use xinzheng_domain::month::Month;
use xinzheng_domain::reconciliation::{self, Differences, Reconciliation, ReconciliationState};
use xinzheng_domain::{Catalogue, DocumentNumber, UnitCode, WorkCalendar};
use xinzheng_runtime::Problem;
use xinzheng_store::manifests::FiledManifest;
use xinzheng_store::{Committed, StoreError};

use crate::App;

/// Manifests that are looked at in one go.
const PAGE: i32 = 50;
/// Units that the schedule looks at side by side.
const AT_ONCE: usize = 8;

/// Compares a manifest with what is held, and keeps what it comes to. A Query for each month of its period.
pub(crate) async fn compared(app: &App, filed: &FiledManifest) -> Result<(Reconciliation, Differences), Problem> {
    let now = app.clock.now();
    let calendar = app.calendars.get(&app.registry, now).await?;
    Ok(compare_with(app, filed, &calendar).await?)
}

async fn compare_with(
    app: &App,
    filed: &FiledManifest,
    calendar: &WorkCalendar,
) -> Result<(Reconciliation, Differences), StoreError> {
    let manifest = &filed.manifest;
    let mut held = vec![];
    if let (Some(first), Some(last)) = (Month::of(manifest.from), Month::of(manifest.to)) {
        for month in first.up_to(last) {
            let records = app.registry.all_records_of_unit(manifest.unit.responsible(), month).await?;
            held.extend(records.into_iter().filter(|record| {
                record.unit == manifest.unit
                    && record.kind == manifest.kind
                    && (manifest.from..=manifest.to).contains(&record.decided)
            }));
        }
    }
    // What does not parse was stored by nobody.
    let documents: Vec<DocumentNumber<'_>> =
        held.iter().filter_map(|record| DocumentNumber::parse(record.document.as_str()).ok()).collect();
    let found = reconciliation::compare(manifest, &documents);
    let now = app.clock.now();
    let (after, turn) = Reconciliation::after(filed.reconciliation.as_ref(), &found, now, calendar);
    let unchanged = filed.is_compared
        && filed
            .reconciliation
            .as_ref()
            .is_some_and(|before| *before == Reconciliation { compared_at: before.compared_at, ..after.clone() });
    if !unchanged && app.registry.keep_reconciliation(filed, &after, turn, now).await? == Committed::Overtaken {
        // Another comparison was quicker, or the unit has declared anew: the next one sees it.
        tracing::info!(unit = %manifest.unit, "a comparison was overtaken");
    }
    Ok((after, found))
}

/// Compares every manifest of every unit and office. A Query for each unit or office, and for each manifest what a comparison
/// takes. Returns how many differ.
pub(crate) async fn all(app: &App) -> Result<u64, StoreError> {
    let calendar = app.calendars.get(&app.registry, app.clock.now()).await?;
    let municipal = Catalogue::get().units.iter().filter_map(|unit| UnitCode::municipal(unit.no));
    let units: Vec<UnitCode> = municipal.flat_map(|unit| unit.offices().chain([unit])).collect();
    let open = AtomicU64::new(0);
    stream::iter(units.into_iter().map(Ok))
        .try_for_each_concurrent(AT_ONCE, async |unit| {
            let mut after = None;
            loop {
                let Page { items: manifests, next } = app.registry.manifests(unit, after.as_ref(), PAGE).await?;
                for filed in &manifests {
                    let (reconciled, _) = compare_with(app, filed, &calendar).await?;
                    let differs = reconciled.state != ReconciliationState::Balanced;
                    open.fetch_add(u64::from(differs), Ordering::Relaxed);
                }
                match next {
                    Some(next) => after = Some(next),
                    None => return Ok(()),
                }
            }
        })
        .await?;
    Ok(open.into_inner())
}
