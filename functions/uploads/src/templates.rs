//! `GET /templates/{table}.xlsx`: an empty table. Public: it says nothing that the standard does not.

use base64::Engine;
use xinzheng_domain::{TableId, UnitCode};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem};

/// `unit` in the address narrows lists and domains to that unit's. No call.
pub(crate) fn empty_table(request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let file = request.path_parameter("file");
    let table = file.strip_suffix(".xlsx").and_then(TableId::parse).ok_or_else(|| {
        let names: Vec<String> = TableId::ALL.iter().map(|table| format!("{table}.xlsx")).collect();
        Problem::new(404, "table-unknown", "没有这个数据表").hint(format!("可选：{}", names.join("、")))
    })?;
    let unit = match request.query_parameter("unit") {
        None => None,
        Some(code) => Some(UnitCode::parse(code).ok_or_else(|| Problem::new(422, "unit-unknown", "单位代码不存在"))?),
    };
    let workbook = xinzheng_forms::blank_table(table, unit).map_err(|error| {
        tracing::error!(%error, %table, "an empty table cannot be written");
        Problem::internal()
    })?;
    let response = HttpResponse::text(
        200,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        base64::engine::general_purpose::STANDARD.encode(workbook),
    );
    let response = response
        .header("content-disposition", format!("attachment; filename=\"{table}.xlsx\""))
        .header("cache-control", "public, max-age=3600");
    Ok(HttpResponse { is_base64_encoded: true, ..response })
}
