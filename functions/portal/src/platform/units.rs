//! `/portal/platform/units`: the source units, and a page for each: how timely it is, what it declared, what it sent, what waits
//! (R6, R7, R8).

use maud::{Markup, html};
use xinzheng_api::backfill::{MATRIX, MatrixRow};
use xinzheng_api::evaluation::Evaluation;
use xinzheng_api::page::UnitListQuery;
use xinzheng_api::timeliness::{TABLE, TimelinessQuery, TimelinessRow};
use xinzheng_api::upload::UploadListQuery;
use xinzheng_api::{manifest, upload};
use xinzheng_domain::UnitCode;
use xinzheng_domain::identity::catalogue::Catalogue;
use xinzheng_runtime::{HttpResponse, Problem};

use super::dashboard::{chosen, evaluation};
use crate::PageRequest;
use crate::chart::matrix;
use crate::elements::badge;
use crate::form::query;
use crate::frame::{self, View};
use crate::unit::{Desk, address_of, reconciliation_table, timeliness_table, uploads_table};

/// All units, with how they did in the chosen months.
pub(crate) async fn list(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let chosen = chosen(asked);
    let api = asked.api();
    let (evaluation, reported) = tokio::join!(evaluation(asked, &chosen), api.ask(&MATRIX, &(), &()));
    let (Evaluation { units: ranked, .. }, reported) = (evaluation?, reported?);
    let content = html! {
        h1 { "数据报送单位" }
        p { "及时率按 " (chosen.text("from")) " 至 " (chosen.text("to")) " 作出的决定计算；点击单位查看时效、对账、报送和待办。" }
        div.scroll tabindex="0" role="region" aria-label="数据报送单位" {
            table {
                thead { tr {
                    th scope="col" { "单位" } th.number scope="col" { "记录" } th.number scope="col" { "迟报" } th.number scope="col" { "及时率" }
                    th.number scope="col" { "逾期未平的清单" } th.number scope="col" { "等待其记录" }
                } }
                tbody {
                    @for unit in Catalogue::get().units.iter().filter_map(|unit| UnitCode::municipal(unit.no)) {
                        @let of_unit = |of: UnitCode| of.responsible() == unit;
                        @let records: u64 = ranked.iter().filter(|one| of_unit(one.unit)).map(|one| one.records).sum();
                        @let late: u64 = ranked.iter().filter(|one| of_unit(one.unit)).map(|one| one.late).sum();
                        @let rows = || reported.rows.iter().filter(|row| of_unit(row.unit));
                        @let overdue: u64 = rows().map(|row| row.manifests.overdue).sum();
                        @let waiting: u64 = rows().map(|row| row.waiting).sum();
                        tr {
                            th scope="row" { a href=(address_of(unit)) { (unit.name()) } }
                            td.number { (records) }
                            td.number { @if late > 0 { (badge("bad", &late.to_string())) } @else { "0" } }
                            td.number { (share(records, late)) }
                            td.number { @if overdue > 0 { (badge("warn", &overdue.to_string())) } @else { "0" } }
                            td.number { (waiting) }
                        }
                    }
                }
            }
        }
    };
    let view = View { title: "数据报送单位", path: "/portal/platform/units", wide: true, ..View::default() };
    Ok(frame::page(asked, &view, content))
}

fn share(records: u64, late: u64) -> String {
    if records == 0 {
        return "—".to_owned();
    }
    format!("{:.1}%", records.saturating_sub(late) as f64 * 100.0 / records as f64)
}

/// One unit, with its offices.
pub(crate) async fn one(asked: &PageRequest<'_>, desk: &Desk) -> Result<HttpResponse, Problem> {
    let Some(unit) = desk.unit() else { return list(asked).await };
    // The months of the page from which somebody comes.
    let chosen = chosen(asked);
    let (from, to) = (chosen.parameter("from")?, chosen.parameter("to")?);
    let span = format!("{} 至 {}", chosen.text("from"), chosen.text("to"));
    let months = TimelinessQuery { unit: Some(unit), from, to };
    let of_unit = UnitListQuery { cursor: None, unit: Some(unit) };
    let sent = UploadListQuery { cursor: None, unit: Some(unit), table: None, month: None, reason: None };
    let api = asked.api();
    let (timeliness, manifests, uploads, reported) = tokio::try_join!(
        api.ask(&TABLE, &(), &months),
        api.ask(&manifest::LIST, &(), &of_unit),
        api.ask(&upload::LIST, &(), &sent),
        api.ask(&MATRIX, &(), &()),
    )?;
    let whose =
        |row: &&MatrixRow| if unit.office().is_some() { row.unit == unit } else { row.unit.responsible() == unit };
    let rows: Vec<MatrixRow> = reported.rows.iter().filter(whose).cloned().collect();
    let waiting: u64 = rows.iter().map(|row| row.waiting).sum();
    let count = |rows: &mut dyn Iterator<Item = &TimelinessRow>| {
        rows.fold((0, 0), |(all, late), row| (all + row.records, late + row.late))
    };
    let (records, late) = count(&mut timeliness.rows.iter());
    // As it is ranked: without its offices.
    let (own_records, own_late) = count(&mut timeliness.rows.iter().filter(|row| row.unit == unit));
    let with_offices = records != own_records;
    let timely = format!("timeliness?{}", query([("from", chosen.text("from")), ("to", chosen.text("to"))]));
    let content = html! {
        h1 { (unit.name()) }
        ul.cards {
            (figure(&desk.address(&timely), &format!("{own_late} / {own_records}"), &format!("条迟报，{span} 作出的决定")))
            @if with_offices {
                (figure(&desk.address(&timely), &format!("{late} / {records}"), "条迟报，连同县区机构"))
            }
            (figure(&desk.address("waiting"), &waiting.to_string(), "条修复、撤销和移出等待其记录，或需与其他单位核对"))
            (figure(&desk.address("work"), "待办", "异议、修复申请和承诺"))
            (figure(&desk.address("records"), "查找", "按文号、代码或名称查找本单位的记录"))
        }
        h2 { "时效" }
        @if timeliness.rows.is_empty() { p { (span) " 没有报送记录。" } } @else { (timeliness_table(&timeliness.rows, desk)) }
        h2 { "各月报送情况" }
        (matrix(&rows, Some(&desk.address("timeliness/records"))))
        h2 { "对账" }
        @if manifests.items.is_empty() { p { "还没有申报清单。" } } @else { (reconciliation_table(&manifests.items, desk)) }
        @if manifests.next.is_some() { p { a href=(desk.address("reconciliation")) { "全部清单" } } }
        h2 #uploads { "最近的报送" }
        @if uploads.page.items.is_empty() { p { "还没有报送文件。" } } @else { (uploads_table(&uploads.page.items, desk, None)) }
        p { a href=(desk.address("uploads")) { "全部报送，可按数据表和月份查找" } }
        p { a href="/portal/platform/units" { "返回全部单位" } }
    };
    let view = View { title: "数据报送单位", path: "/portal/platform/units", wide: true, ..View::default() };
    Ok(frame::page(asked, &view, content))
}

fn figure(address: &str, figure: &str, text: &str) -> Markup {
    html! { li.card { a.figure href=(address) { (figure) } p { (text) } } }
}
