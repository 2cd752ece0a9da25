//! Reconciliation (R7): `POST /manifests`, `GET /reconciliations…`, and the comparison that the schedule runs.

use std::sync::atomic::{AtomicU64, Ordering};

use futures::{TryStreamExt, stream};
use jiff::civil::Date;
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use serde::Deserialize;
use serde_json::{Value, json};
use xinzheng_domain::manifest::ManifestId;
use xinzheng_domain::month::Month;
use xinzheng_domain::reconciliation::{self, Differences, ManifestRefusal, Reconciliation, ReconciliationState};
use xinzheng_domain::{Catalogue, Division, DocumentNumber, Manifest, RecordKind, UnitCode, WorkCalendar, china_time};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Unit, cursor};
use xinzheng_store::Page;
use xinzheng_store::Stepped;
use xinzheng_store::StoreError;
use xinzheng_store::manifests::FiledManifest;

use crate::{App, Reader};

/// The most manifests of a page.
const PAGE: i32 = 50;
/// The most documents of each kind of difference in an answer; the workbook has all.
const SHOWN: usize = 500;
/// Units that the schedule looks at side by side.
const AT_ONCE: usize = 8;

/// What a unit declares.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Declaration {
    kind: RecordKind,
    from: Date,
    to: Date,
    count: u64,
    #[serde(default)]
    documents: Vec<DocumentNumber<'static>>,
    #[serde(default)]
    remarks: Option<String>,
}

/// `POST /manifests`: 201 with what the comparison comes to. One UpdateItem, one GetItem, a Query for each month, one
/// TransactWriteItems.
pub(crate) async fn declare(
    app: &App,
    unit: Unit,
    request: &HttpRequest,
    declared: Declaration,
) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    let Declaration { kind, from, to, count, documents, remarks } = declared;
    let manifest = Manifest { unit: unit.code, kind, from, to, count, documents, remarks: remarks.map(Into::into) };
    let forms = Catalogue::get().unit(unit.code.row()).is_some_and(|row| row.kinds.contains(&kind));
    reconciliation::check(&manifest, forms, china_time::date(now)).map_err(|refusal| {
        let code = match refusal {
            ManifestRefusal::Kind => "kind-not-permitted",
            ManifestRefusal::Period => "manifest-period",
            ManifestRefusal::Documents => "manifest-documents",
        };
        Problem::new(422, code, refusal.to_string())
    })?;
    app.registry.declare(&manifest, request.id(), now).await?;
    let filed = app.registry.manifest(unit.code, &manifest.id()).await?.ok_or_else(Problem::internal)?;
    let (reconciled, differences) = compared(app, &filed).await?;
    Ok(HttpResponse::json(201, &described(&filed.manifest, Some(&reconciled), Some(&differences))))
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

fn described(manifest: &Manifest<'_>, reconciled: Option<&Reconciliation>, found: Option<&Differences>) -> Value {
    let shown = |documents: &[String]| documents.iter().take(SHOWN).cloned().collect::<Vec<_>>();
    json!({
        "id": manifest.id().to_string(),
        "unit": manifest.unit,
        "unit_name": manifest.unit.name(),
        "kind": manifest.kind,
        "kind_title": manifest.kind.title(),
        "from": manifest.from,
        "to": manifest.to,
        "count": manifest.count,
        "by_document": manifest.count == 0 || !manifest.documents.is_empty(),
        "state": reconciled.map(|reconciled| reconciled.state),
        "state_title": reconciled.map(|reconciled| reconciled.state.title()),
        "reconciliation": reconciled,
        "differences": found.map(|found| json!({
            "matched": found.matched,
            "missing": shown(&found.missing),
            "unknown": shown(&found.unknown),
        })),
    })
}

fn unit_of(reader: &Reader, request: &HttpRequest) -> Result<UnitCode, Problem> {
    let asked = match request.query_parameter("unit") {
        None => None,
        Some(code) => Some(UnitCode::parse(code).ok_or_else(|| Problem::new(422, "unit-unknown", "单位代码不存在"))?),
    };
    match (reader, asked) {
        (Reader::Unit(unit), None) => Ok(*unit),
        (Reader::Unit(unit), Some(asked)) if !unit.may_change(asked) => {
            Err(Problem::new(403, "unit-not-yours", "不能查看其他单位的情况"))
        }
        (_, Some(asked)) => Ok(asked),
        (Reader::Platform, None) => {
            Err(Problem::new(422, "unit-missing", "请指明单位").hint("在地址中加 ?unit=单位代码"))
        }
    }
}

/// What became of this version of a manifest.
fn compared_already(filed: &FiledManifest) -> Option<&Reconciliation> {
    filed.reconciliation.as_ref().filter(|_| filed.is_compared)
}

/// `GET /reconciliations`: a page of a unit's manifests and what became of them. One Query.
pub(crate) async fn list(app: &App, reader: Reader, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let unit = unit_of(&reader, request)?;
    let cursor = cursor::of(request)?;
    let Page { items: manifests, next } = app.registry.manifests(unit, cursor.as_ref(), PAGE).await?;
    let listed: Vec<Value> =
        manifests.iter().map(|filed| described(&filed.manifest, compared_already(filed), None)).collect();
    Ok(HttpResponse::json(200, &json!({ "reconciliations": listed, "next": next })))
}

async fn named(app: &App, reader: &Reader, request: &HttpRequest) -> Result<FiledManifest, Problem> {
    let unknown = || Problem::new(404, "manifest-unknown", "没有这份对账单").hint("请核对编号和单位");
    let unit = unit_of(reader, request)?;
    let id = ManifestId::parse(request.path_parameter("id")).ok_or_else(unknown)?;
    app.registry.manifest(unit, &id).await?.ok_or_else(unknown)
}

/// `GET /reconciliations/{id}`: compared now, with what differs. One GetItem, a Query for each month, and a
/// TransactWriteItems when something has changed.
pub(crate) async fn one(app: &App, reader: Reader, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let filed = named(app, &reader, request).await?;
    let (reconciled, found) = compared(app, &filed).await?;
    Ok(HttpResponse::json(200, &described(&filed.manifest, Some(&reconciled), Some(&found))))
}

/// `GET /reconciliations/{id}/workbook`: everything that differs, as a spreadsheet. As [`one`].
pub(crate) async fn workbook(app: &App, reader: Reader, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let filed = named(app, &reader, request).await?;
    let (reconciled, found) = compared(app, &filed).await?;
    let bytes = sheet(&filed.manifest, &reconciled, &found).map_err(|error| {
        tracing::error!(%error, "a workbook cannot be written");
        Problem::internal()
    })?;
    let name = format!("attachment; filename=\"{}.xlsx\"", filed.manifest.id());
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(HttpResponse::bytes(200, kind, &bytes).header("content-disposition", name))
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
