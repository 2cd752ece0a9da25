//! `GET /templates/{table}.xlsx`: an empty table. Public: it says nothing that the standard does not.

use xinzheng_api::SPREADSHEET;
use xinzheng_api::upload::EMPTY_TABLE;
use xinzheng_domain::TableId;
use xinzheng_domain::file_name::disposition;
use xinzheng_runtime::problem::{INTERNAL, TABLE_FILE_UNKNOWN};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem};

/// `unit` in the address narrows lists and domains to that unit's. No call.
pub(crate) fn empty_table(request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let file = request.path_of(&EMPTY_TABLE)?.file;
    let table = file.strip_suffix(".xlsx").and_then(TableId::parse).ok_or_else(|| {
        let names: Vec<String> = TableId::ALL.iter().map(|table| format!("{table}.xlsx")).collect();
        TABLE_FILE_UNKNOWN.hint(format!("可选：{}", names.join("、")))
    })?;
    let workbook = xinzheng_forms::empty_table(table, request.query_of(&EMPTY_TABLE)?.unit).map_err(|error| {
        tracing::error!(%error, %table, "an empty table cannot be written");
        INTERNAL
    })?;
    let name = format!("{}-模板.xlsx", table.standard().title);
    Ok(HttpResponse::bytes(200, SPREADSHEET, &workbook)
        .header("content-disposition", disposition("attachment", &name))
        .header("cache-control", "public, max-age=3600"))
}
