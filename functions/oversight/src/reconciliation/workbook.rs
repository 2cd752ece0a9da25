//! `GET /reconciliations/{id}/workbook`: everything that differs, as a spreadsheet.

use rust_xlsxwriter::{Format, Workbook, XlsxError};
use xinzheng_api::SPREADSHEET;
use xinzheng_api::manifest::WORKBOOK;
use xinzheng_domain::Manifest;
use xinzheng_domain::reconciliation::{Differences, Reconciliation};
use xinzheng_runtime::problem::INTERNAL;
use xinzheng_runtime::{HttpRequest, HttpResponse, Official, Problem};

use super::comparison::compared;
use super::manifests::filed;
use crate::App;

/// As [`one`](super::manifests::one).
pub(crate) async fn workbook(app: &App, reader: Official, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let filed = filed(app, reader, request, (request.path_of(&WORKBOOK)?, request.query_of(&WORKBOOK)?)).await?;
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
