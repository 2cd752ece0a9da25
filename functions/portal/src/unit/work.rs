//! `/portal/unit/work`: objections, applications for repair and commitments that wait for the unit.

use maud::{Markup, html};
use serde_json::Value;
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::Asked;
use crate::elements::{badge, pager};
use crate::form::{query, segment};
use crate::frame::{self, View};
use crate::said::{Said, state_badge};

pub(crate) async fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let api = asked.api();
    let objections = format!("/objections?{}", query([("cursor", asked.query.text("cursor"))]));
    let repairs = format!("/repairs?{}", query([("cursor", asked.query.text("repairs"))]));
    let commitments = format!("/commitments?{}", query([("cursor", asked.query.text("commitments"))]));
    let (objections, repairs, commitments) =
        tokio::try_join!(api.get(&objections), api.get(&repairs), api.get(&commitments))?;
    let today = china_time::date(asked.app.clock.now()).to_string();
    let content = html! {
        h1 { "待办" }
        h2 { "异议" }
        @let list = objections.list("objections");
        @if list.is_empty() { p { "没有待办的异议。" } } @else { (table(list, "objections", &today)) }
        (pager("/portal/unit/work", objections.filled("next")))
        h2 { "信用修复申请" }
        @let list = repairs.list("repairs");
        @if list.is_empty() { p { "没有待办的修复申请。" } } @else { (table(list, "repairs", &today)) }
        @if let Some(next) = repairs.filled("next") {
            p { a href={ "/portal/unit/work?" (query([("repairs", next)])) } { "更多修复申请" } }
        }
        h2 { "承诺核查" }
        @let list = commitments.list("commitments");
        @if list.is_empty() { p { "没有需要核查的承诺。" } } @else { (table(list, "commitments", &today)) }
        @if let Some(next) = commitments.filled("next") {
            p { a href={ "/portal/unit/work?" (query([("commitments", next)])) } { "更多承诺" } }
        }
    };
    Ok(frame::page(asked, &View { title: "待办", path: "/portal/unit/work", wide: true, ..View::default() }, content))
}

/// Cases, the first due first.
fn table(cases: &[Value], list: &str, today: &str) -> Markup {
    let due = |case: &Value| case.filled("due").or_else(|| case.filled("until")).unwrap_or_default().to_owned();
    html! {
        div.scroll tabindex="0" role="region" aria-label="待办" {
            table {
                thead { tr { th scope="col" { "期限" } th scope="col" { "文号或领域" } th scope="col" { "提交时间" } th scope="col" { "状态" } th scope="col" { "办理" } } }
                tbody {
                    @for case in cases {
                        @let due = due(case);
                        tr {
                            td { (due) @if !due.is_empty() && due.as_str() < today { " " (badge("bad", "已逾期")) } }
                            td { @if list == "commitments" { (case.text("domain")) } @else { (case.text("document")) } }
                            td { @if list == "commitments" { (case.time("made_at")) } @else { (case.time("submitted_at")) } }
                            td { (state_badge(case.text("state"), case.text("state_title"))) }
                            td { a href={ "/portal/unit/work/" (list) "/" (segment(case.text("id"))) } { "查看和办理" } }
                        }
                    }
                }
            }
        }
    }
}
