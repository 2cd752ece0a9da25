//! `/portal/platform`: how the service does, in numbers and charts (R18).

use std::collections::BTreeMap;

use jiff::ToSpan;
use maud::html;
use serde_json::Value;
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::Asked;
use crate::chart::{Bar, bars, line, matrix};
use crate::elements::{Fields, FormFault};
use crate::form::{Form, query};
use crate::frame::{self, View};
use crate::said::Said;
use crate::unit::workbook_of;

/// How many months are shown unless others are chosen.
const MONTHS: i32 = 12;
/// What is told above the charts, by its measure.
const FIGURES: [(&str, &str); 4] = [
    ("reports", "份报告"),
    ("certificates-replaced", "份证明被替代（按所选领域）"),
    ("verifications", "次核验"),
    ("authorised-queries", "次授权查询"),
];

/// The months that are asked for.
fn months(asked: &Asked<'_>) -> (String, String) {
    let today = china_time::date(asked.app.clock.now());
    let month = |date: jiff::civil::Date| date.strftime("%Y-%m").to_string();
    let from = || month(today.saturating_sub((MONTHS - 1).months())).max("2022-08".to_owned());
    (
        asked.query.filled("from").map_or_else(from, str::to_owned),
        asked.query.filled("to").map_or_else(|| month(today), str::to_owned),
    )
}

/// The count of a measure in a month.
fn total(month: &Value, measure: &str) -> u64 {
    month.list("totals").iter().filter(|total| total.text("measure") == measure).map(|total| total.count("count")).sum()
}

pub(crate) async fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let (from, to) = months(asked);
    let api = asked.api();
    let chosen = query([("from", from.as_str()), ("to", to.as_str())]);
    let path = format!("/evaluation?{chosen}");
    let (evaluation, rows) = tokio::join!(api.get(&path), api.get("/backfill/matrix"));
    let rows = rows?;
    let (evaluation, fault) = match evaluation {
        Ok(evaluation) => (evaluation, None),
        Err(problem) if problem.status() == 422 => (Value::Null, Some(FormFault::of(problem, &[("month", "from")]))),
        Err(problem) => return Err(problem),
    };
    let listed = evaluation.list("months");
    let all = |measure: &str| listed.iter().map(|month| total(month, measure)).sum::<u64>();
    let trend = |measure: &str| -> Vec<(String, u64)> {
        listed.iter().map(|month| (month.text("month").to_owned(), total(month, measure))).collect()
    };
    let mut purposes: BTreeMap<&str, u64> = BTreeMap::new();
    for detail in listed.iter().flat_map(|month| month.list("details")) {
        if let (true, Some(purpose)) = (detail.text("measure") == "reports", detail.filled("purpose_title")) {
            *purposes.entry(purpose).or_default() += detail.count("count");
        }
    }
    let mut purposes: Vec<(&str, u64)> = purposes.into_iter().collect();
    purposes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let by_purpose: Vec<Bar> = purposes
        .iter()
        .map(|(purpose, count)| Bar { name: (*purpose).to_owned(), value: *count as f64, text: format!("{count} 份") })
        .collect();
    let ranking: Vec<Bar> = evaluation
        .list("units")
        .iter()
        .filter_map(|unit| {
            let share = unit.at("in_time").as_f64()?;
            Some(Bar {
                name: format!("{} {}", unit.count("rank"), unit.text("unit_name")),
                value: share,
                text: format!("{:.1}%（{} 条迟报）", share * 100.0, unit.count("late")),
            })
        })
        .collect();
    let (objections, in_time) = (all("answered-objections"), all("objections-in-time"));
    let filled = Form::with([("from", from), ("to", to)]);
    let fields = Fields { form: &filled, fault: fault.as_ref() };
    let content = html! {
        h1 { "总览" }
        (fields.summary())
        form action="/portal/platform" method="get" {
            div.row {
                (fields.input("month", "from", "自", "如 2026-01。", true))
                (fields.input("month", "to", "至", "如 2026-12。", true))
            }
            div.buttons {
                button.quiet type="submit" { "查看" }
                a.button.quiet href={ "/portal/platform/evaluation.xlsx?" (chosen) } { "下载 Excel" }
            }
        }
        ul.cards {
            @for (measure, text) in FIGURES { li.card { span.figure { (all(measure)) } p { (text) } } }
            li.card {
                span.figure { (in_time) " / " (objections) }
                p { "件异议按期反馈，" (all("upheld-objections")) " 件成立" }
            }
            li.card { span.figure { (all("failed-verifications")) } p { "次核验未通过" } }
        }
        div.charts {
            (line("每月出具报告（份）", &trend("reports")))
            (line("每月核验（次）", &trend("verifications")))
            (bars("报告用途", &by_purpose))
            (bars("报送及时率排名", &ranking))
        }
        h2 { "各单位各月报送情况" }
        (matrix(rows.list("rows")))
        h2 { "全部指标" }
        div.scroll tabindex="0" role="region" aria-label="全部指标" {
            table {
                thead { tr { th scope="col" { "指标" } @for month in listed.iter().rev() { th.number scope="col" { (month.text("month")) } } } }
                tbody {
                    @if let Some(first) = listed.first() {
                        @for measure in first.list("totals") {
                            tr {
                                th scope="row" { (measure.text("title")) }
                                @for month in listed.iter().rev() { td.number { (total(month, measure.text("measure"))) } }
                            }
                        }
                    }
                }
            }
        }
    };
    let status = fault.as_ref().map_or(200, FormFault::status);
    let view = View { title: "总览", path: "/portal/platform", wide: true, status, ..View::default() };
    Ok(frame::page(asked, &view, content))
}

/// The same numbers as a spreadsheet.
pub(crate) async fn workbook(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let (from, to) = months(asked);
    let chosen = query([("from", from.as_str()), ("to", to.as_str()), ("format", "xlsx")]);
    let bytes = asked.api().get_file(&format!("/evaluation?{chosen}")).await?;
    Ok(workbook_of(&bytes, "evaluation.xlsx"))
}
