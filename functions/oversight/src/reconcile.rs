//! Reconciliation (R7): `POST /manifests`, `GET /reconciliations…`, and the comparison that the schedule runs.

use std::sync::atomic::{AtomicU64, Ordering};

use futures::{TryStreamExt, stream};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use xinzheng_api::SPREADSHEET;
use xinzheng_api::manifest::{
    DECLARE, LIST, ManifestDeclaration, ManifestDifferences, ManifestPath, READ, ReconciledManifest, WORKBOOK,
};
use xinzheng_api::page::UnitQuery;
use xinzheng_domain::month::Month;
use xinzheng_domain::reconciliation::{self, Differences, Reconciliation, ReconciliationState};
use xinzheng_domain::{Catalogue, Division, DocumentNumber, Manifest, UnitCode, WorkCalendar, china_time};
use xinzheng_runtime::problem::{INTERNAL, MANIFEST_UNKNOWN};
use xinzheng_runtime::{HttpRequest, HttpResponse, Official, Problem, Unit};
use xinzheng_store::Page;
use xinzheng_store::Stepped;
use xinzheng_store::StoreError;
use xinzheng_store::manifests::FiledManifest;

use crate::App;

/// The most manifests of a page.
const PAGE: i32 = 50;
/// The most documents of each kind of difference in an answer; the workbook has all.
const SHOWN: usize = 500;
/// Units that the schedule looks at side by side.
const AT_ONCE: usize = 8;

/// `POST /manifests`: 201 with what the comparison comes to. One UpdateItem, one GetItem, a Query for each month, one
/// TransactWriteItems.
pub(crate) async fn declare(app: &App, unit: Unit, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let declared = request.body_of(&DECLARE)?;
    let now = app.clock.now();
    let ManifestDeclaration { kind, from, to, count, documents, remarks } = declared;
    let manifest = Manifest { unit: unit.code, kind, from, to, count, documents, remarks: remarks.map(Into::into) };
    let forms = Catalogue::get().unit(unit.code.row()).is_some_and(|row| row.kinds.contains(&kind));
    reconciliation::check(&manifest, forms, china_time::date(now))?;
    app.registry.declare(&manifest, request.id(), now).await?;
    let filed = app.registry.manifest(unit.code, &manifest.id()).await?.ok_or(INTERNAL)?;
    let (reconciled, differences) = compared(app, &filed).await?;
    Ok(HttpResponse::of(&DECLARE, &shown(&filed.manifest, Some(&reconciled), Some(&differences))))
}

/// Compares a manifest with what is held, and keeps what it comes to. A Query for each month of its period.
async fn compared(app: &App, filed: &FiledManifest) -> Result<(Reconciliation, Differences), Problem> {
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
    if !unchanged && app.registry.keep_reconciliation(filed, &after, turn, now).await? == Stepped::Overtaken {
        // Another comparison was quicker, or the unit has declared anew: the next one sees it.
        tracing::info!(unit = %manifest.unit, "a comparison was overtaken");
    }
    Ok((after, found))
}

fn shown(
    manifest: &Manifest<'_>,
    reconciled: Option<&Reconciliation>,
    found: Option<&Differences>,
) -> ReconciledManifest {
    let first = |documents: &[String]| documents.iter().take(SHOWN).cloned().collect();
    ReconciledManifest {
        id: manifest.id(),
        unit: manifest.unit,
        unit_name: manifest.unit.name(),
        kind: manifest.kind,
        kind_title: manifest.kind.title().to_owned(),
        from: manifest.from,
        to: manifest.to,
        count: manifest.count,
        by_document: manifest.count == 0 || !manifest.documents.is_empty(),
        state: reconciled.map(|reconciled| reconciled.state),
        state_title: reconciled.map(|reconciled| reconciled.state.title().to_owned()),
        reconciliation: reconciled.cloned(),
        differences: found.map(|found| ManifestDifferences {
            matched: found.matched,
            missing: first(&found.missing),
            unknown: first(&found.unknown),
        }),
    }
}

/// What became of this version of a manifest.
fn compared_already(filed: &FiledManifest) -> Option<&Reconciliation> {
    filed.reconciliation.as_ref().filter(|_| filed.is_compared)
}

/// `GET /reconciliations`: a page of a unit's manifests and what became of them. One Query.
pub(crate) async fn list(app: &App, reader: Official, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&LIST)?;
    let page = app.registry.manifests(reader.unit(asked.unit)?, asked.cursor.as_ref(), PAGE).await?;
    let page = page.map(|filed| shown(&filed.manifest, compared_already(&filed), None));
    Ok(HttpResponse::of(&LIST, &page))
}

/// One GetItem.
async fn filed(
    app: &App,
    reader: Official,
    (path, asked): (ManifestPath, UnitQuery),
) -> Result<FiledManifest, Problem> {
    Ok(app.registry.manifest(reader.unit(asked.unit)?, &path.id).await?.ok_or(MANIFEST_UNKNOWN)?)
}

/// `GET /reconciliations/{id}`: compared now, with what differs. One GetItem, a Query for each month, and a
/// TransactWriteItems when something has changed.
pub(crate) async fn one(app: &App, reader: Official, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let filed = filed(app, reader, (request.path_of(&READ)?, request.query_of(&READ)?)).await?;
    let (reconciled, found) = compared(app, &filed).await?;
    Ok(HttpResponse::of(&READ, &shown(&filed.manifest, Some(&reconciled), Some(&found))))
}

/// `GET /reconciliations/{id}/workbook`: everything that differs, as a spreadsheet. As [`one`].
pub(crate) async fn workbook(app: &App, reader: Official, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let filed = filed(app, reader, (request.path_of(&WORKBOOK)?, request.query_of(&WORKBOOK)?)).await?;
    let (reconciled, found) = compared(app, &filed).await?;
    let bytes = sheet(&filed.manifest, &reconciled, &found).map_err(|error| {
        tracing::error!(%error, "a workbook cannot be written");
        INTERNAL
    })?;
    let name = format!("attachment; filename=\"{}.xlsx\"", filed.manifest.id());
    Ok(HttpResponse::bytes(200, SPREADSHEET, &bytes).header("content-disposition", name))
}

fn sheet(manifest: &Manifest<'_>, reconciled: &Reconciliation, found: &Differences) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let bold = Format::new().set_bold();
    let sheet = book.add_worksheet().set_name("对账结果")?;
    sheet.set_column_width(0, 24)?.set_column_width(1, 44)?;
    let head = [
        ("单位", manifest.unit.name()),
        ("记录类别", manifest.kind.title().to_owned()),
        ("期间", format!("{} 至 {}", manifest.from, manifest.to)),
        ("结果", reconciled.state.title().to_owned()),
        ("申报条数", found.declared.to_string()),
        ("平台条数", found.indexed.to_string()),
    ];
    let mut row = 0;
    for (name, value) in &head {
        sheet.write_string_with_format(row, 0, *name, &bold)?.write_string(row, 1, value)?;
        row += 1;
    }
    row += 1;
    sheet.write_string_with_format(row, 0, "情况", &bold)?.write_string_with_format(row, 1, "文号", &bold)?;
    for (title, documents) in [("平台没有，请补报", &found.missing), ("对账单没有，请核实", &found.unknown)]
    {
        for document in documents {
            row += 1;
            // Written as text, whatever it begins with.
            sheet.write_string(row, 0, title)?.write_string(row, 1, document)?;
        }
    }
    book.save_to_buffer()
}

/// Compares every manifest of every unit and office. A Query for each unit or office, and for each manifest what a comparison
/// takes. Returns how many differ.
pub(crate) async fn all(app: &App) -> Result<u64, StoreError> {
    let calendar = app.calendars.get(&app.registry, app.clock.now()).await?;
    let municipal = Catalogue::get().units.iter().filter_map(|unit| UnitCode::municipal(unit.no));
    let units: Vec<UnitCode> = municipal
        .flat_map(|unit| {
            let office = move |division: Division| UnitCode::parse(&format!("{unit}-{division}"));
            std::iter::once(unit).chain(Division::all().filter_map(office))
        })
        .collect();
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
