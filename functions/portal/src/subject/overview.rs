//! `/portal/my`: what there is, in a glance.

use maud::html;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::Asked;
use crate::actions;
use crate::frame::{self, View};
use crate::said::Said;

/// How many of the latest steps are shown.
const LATEST: usize = 5;

pub(crate) async fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let api = asked.api();
    let (records, reports, objections, repairs, access) = tokio::try_join!(
        api.get("/records"),
        api.get("/reports"),
        api.get("/objections"),
        api.get("/repairs"),
        api.get("/access-log"),
    )?;
    let in_force = records.list("in_force").len();
    let records = records.list("records");
    let repaired = records.iter().filter(|record| record.filled("repaired_on").is_some()).count();
    let holding = reports.list("reports").iter().filter(|report| report.text("status") == "valid").count();
    let under_way = |list: &[serde_json::Value]| {
        list.iter().filter(|case| matches!(case.text("state"), "submitted" | "accepted")).count()
    };
    let cases = under_way(objections.list("objections")) + under_way(repairs.list("repairs"));
    // What the first page of a list does not hold is not counted: then it is at least so many.
    let more_reports = reports.filled("next").is_some();
    let more_cases = objections.filled("next").is_some() || repairs.filled("next").is_some();
    let steps = access.list("steps");
    let content = html! {
        h1 { "我的信用" }
        ul.cards {
            li.card {
                h2 { "记录" }
                span.figure { (records.len()) }
                p {
                    @if records.is_empty() { "条，未查询到违法违规记录。" } @else { "条，其中 " (repaired) " 条已修复。" }
                    @if in_force > 0 { "另有此前作出、仍有效的措施 " (in_force) " 项。" }
                }
                p { a href="/portal/my/records" { "查看记录" } }
            }
            li.card {
                h2 { "报告" }
                span.figure { (at_least(holding, more_reports)) }
                p { "份内容至今未变。" }
                p { a href="/portal/my/reports" { "查看报告" } }
            }
            li.card {
                h2 { "办理中" }
                span.figure { (at_least(cases, more_cases)) }
                p { "件异议或修复申请。" }
                p { a href="/portal/my/cases" { "查看办理情况" } }
            }
        }
        p { a.button href="/portal/my/request" { "开具报告" } }
        h2 { "最近谁看过我的数据" }
        @if steps.is_empty() { p { "还没有。" } }
        ul {
            @for step in steps.iter().take(LATEST) {
                li { (step.time("at")) " " (actions::by(step)) "：" (actions::action(step)) }
            }
        }
        p { a href="/portal/my/access" { "全部" } }
    };
    Ok(frame::page(asked, &View { title: "我的信用", path: "/portal/my", ..View::default() }, content))
}

/// A count, or that there may be more.
fn at_least(count: usize, more: bool) -> String {
    if more { format!("{count}+") } else { count.to_string() }
}
