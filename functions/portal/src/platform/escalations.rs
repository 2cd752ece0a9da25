//! `/portal/platform/escalations`: objections whose answer is late, of all units.

use maud::html;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::Asked;
use crate::elements::{badge, pager};
use crate::form::query;
use crate::frame::{self, View};
use crate::said::{Said, state_badge};

pub(crate) async fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let cursor = query([("cursor", asked.query.text("cursor"))]);
    let answer = asked.api().get(&format!("/escalations?{cursor}")).await?;
    let objections = answer.list("objections");
    let content = html! {
        h1 { "督办" }
        p { "超过 5 个工作日没有反馈的异议，每件只催办一次，在此列出直到办结。" }
        @if objections.is_empty() { div.notice.done { p { strong { "没有逾期的异议。" } } } } @else {
            div.scroll tabindex="0" role="region" aria-label="逾期的异议" {
                table {
                    thead { tr {
                        th scope="col" { "期限" } th.number scope="col" { "逾期天数" } th scope="col" { "责任单位" } th scope="col" { "文号" }
                        th scope="col" { "编号" } th scope="col" { "状态" } th scope="col" { "催办时间" }
                    } }
                    tbody {
                        @for objection in objections {
                            tr {
                                td { (objection.text("due")) }
                                td.number { (badge("bad", &objection.count("days_late").to_string())) }
                                td { (objection.text("unit_name")) }
                                td { (objection.text("document")) }
                                td { (objection.text("id")) }
                                td { (state_badge(objection.text("state"), objection.text("state_title"))) }
                                td { @if objection.filled("escalated_at").is_some() { (objection.time("escalated_at")) } @else { "今日内" } }
                            }
                        }
                    }
                }
            }
        }
        (pager("/portal/platform/escalations", answer.filled("next")))
    };
    Ok(frame::page(
        asked,
        &View { title: "督办", path: "/portal/platform/escalations", wide: true, ..View::default() },
        content,
    ))
}
