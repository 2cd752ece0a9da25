//! `/portal/unit/timeliness`: how timely the unit's records came, down to each of them (R6).

use jiff::ToSpan;
use maud::html;
use xinzheng_domain::{RecordKind, china_time};
use xinzheng_runtime::{HttpResponse, Problem};

use crate::Asked;
use crate::elements::{Fields, FormFault, badge, pager};
use crate::form::{Form, query};
use crate::frame::{self, View};
use crate::said::Said;

/// How many months are shown unless others are chosen.
const MONTHS: i32 = 12;

/// Numbers by month and kind.
pub(crate) async fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let today = china_time::date(asked.app.clock.now());
    let month = |date: jiff::civil::Date| date.strftime("%Y-%m").to_string();
    let from = asked
        .query
        .filled("from")
        .map_or_else(|| month(today.saturating_sub((MONTHS - 1).months())).max("2022-08".to_owned()), str::to_owned);
    let to = asked.query.filled("to").map_or_else(|| month(today), str::to_owned);
    let path = format!("/timeliness?{}", query([("from", from.as_str()), ("to", to.as_str())]));
    let (answer, fault) = match asked.api().get(&path).await {
        Ok(answer) => (answer, None),
        Err(problem) if problem.status() == 422 => {
            (serde_json::Value::Null, Some(FormFault::of(problem, &[("month", "from")])))
        }
        Err(problem) => return Err(problem),
    };
    let rows = answer.list("rows");
    let (records, late) =
        rows.iter().fold((0, 0), |(all, late), row| (all + row.count("records"), late + row.count("late")));
    let filled = Form::with([("from", from), ("to", to)]);
    let fields = Fields { form: &filled, fault: fault.as_ref() };
    let content = html! {
        h1 { "时效" }
        p { "决定作出后 7 个工作日内报送。迟报的记录点击数字可以逐条查看；更正和重复报送不另计。" }
        (fields.summary())
        form action="/portal/unit/timeliness" method="get" {
            div.row {
                (fields.input("month", "from", "自", "如 2026-01。", true))
                (fields.input("month", "to", "至", "如 2026-12。", true))
            }
            button.quiet type="submit" { "查询" }
        }
        p { "共 " strong { (records) } " 条，迟报 " strong { (late) } " 条。" }
        @if !rows.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="时效" {
                table {
                    thead { tr {
                        th scope="col" { "月份" } th scope="col" { "单位" } th scope="col" { "类别" }
                        th.number scope="col" { "记录" } th.number scope="col" { "迟报" }
                        th.number scope="col" { "平均工作日" } th.number scope="col" { "最长" }
                    } }
                    tbody {
                        @for row in rows.iter().rev() {
                            @let place = query([("month", row.text("month")), ("unit", row.text("unit")), ("kind", row.text("kind"))]);
                            tr {
                                td { (row.text("month")) }
                                td { (row.text("unit_name")) }
                                td { (row.text("kind_title")) }
                                td.number { a href={ "/portal/unit/timeliness/records?" (place) } { (row.count("records")) } }
                                td.number {
                                    @if row.count("late") > 0 {
                                        a href={ "/portal/unit/timeliness/records?" (place) "&late=true" } { (row.count("late")) }
                                    } @else { "0" }
                                }
                                td.number { @if let Some(mean) = row.at("mean_workdays").as_f64() { (format!("{mean:.1}")) } @else { "—" } }
                                td.number { (row.count("longest_workdays")) }
                            }
                        }
                    }
                }
            }
        }
    };
    let status = fault.as_ref().map_or(200, FormFault::status);
    let view = View { title: "时效", path: "/portal/unit/timeliness", wide: true, status, ..View::default() };
    Ok(frame::page(asked, &view, content))
}

/// The records behind a number.
pub(crate) async fn records(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let given = &asked.query;
    let place = query(["month", "unit", "kind", "late"].map(|name| (name, given.text(name))));
    let cursor = query([("cursor", given.text("cursor"))]);
    let answer = asked.api().get(&format!("/timeliness/records?{place}&{cursor}")).await?;
    let kind = RecordKind::ALL.into_iter().find(|kind| kind.code() == given.text("kind"));
    let content = html! {
        h1 { (answer.text("month")) " " (kind.map_or("记录", RecordKind::title)) @if given.text("late") == "true" { "：迟报" } }
        div.scroll tabindex="0" role="region" aria-label="记录" {
            table {
                thead { tr {
                    th scope="col" { "文号" } th scope="col" { "决定日期" } th scope="col" { "首次报送" } th scope="col" { "期限" }
                    th.number scope="col" { "工作日" } th scope="col" { "判断" }
                } }
                tbody {
                    @for record in answer.list("records") {
                        @let judged = record.at("timeliness");
                        tr {
                            td { a href={ "/portal/unit/records/" (record.text("record")) } { (record.text("document")) } }
                            td { (record.text("decided")) }
                            td { (record.text("arrived")) }
                            td { (judged.text("due")) }
                            td.number { (judged.count("workdays")) }
                            td {
                                @if judged.yes("late") { (badge("bad", "迟报")) } @else { (badge("good", "✓ 及时")) }
                                @if judged.yes("provisional") { " " (badge("soft", "暂算，待日历")) }
                                @if judged.yes("back_report") { " 补录" }
                            }
                        }
                    }
                }
            }
        }
        (pager(&format!("/portal/unit/timeliness/records?{place}"), answer.filled("next")))
        p { a href="/portal/unit/timeliness" { "返回时效" } }
    };
    Ok(frame::page(
        asked,
        &View { title: "时效明细", path: "/portal/unit/timeliness", wide: true, ..View::default() },
        content,
    ))
}
