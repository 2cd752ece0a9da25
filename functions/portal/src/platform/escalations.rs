//! `/portal/platform/escalations`: objections whose answer is late, of all units.

use maud::html;
use xinzheng_api::Cursor;
use xinzheng_api::objection::ESCALATIONS;
use xinzheng_api::page::ListQuery;
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::elements::{badge, pager, state_badge};
use crate::frame::{self, View};
use crate::unit::address_of;

pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let query = ListQuery { cursor: asked.query.parameter("cursor")? };
    let late = asked.api().ask(&ESCALATIONS, &(), &query).await?;
    let content = html! {
        h1 { "督办" }
        p { "超过 5 个工作日没有反馈的异议，每件只催办一次，在此列出直到办结。" }
        @if late.items.is_empty() { div.notice.done { p { strong { "没有逾期的异议。" } } } } @else {
            div.scroll tabindex="0" role="region" aria-label="逾期的异议" {
                table {
                    thead { tr {
                        th scope="col" { "期限" } th.number scope="col" { "逾期天数" } th scope="col" { "责任单位" } th scope="col" { "文号" }
                        th scope="col" { "编号" } th scope="col" { "状态" } th scope="col" { "催办时间" }
                    } }
                    tbody {
                        @for one in &late.items {
                            @let objection = &one.case.objection;
                            tr {
                                td { (objection.due) }
                                td.number { (badge("bad", &one.days_late.to_string())) }
                                td { a href=(address_of(objection.unit)) { (one.case.unit_name) } }
                                td { a href={ (address_of(objection.unit)) "/work/objections/" (objection.id) } { (objection.document) } }
                                td { (objection.id) }
                                td { (state_badge(objection.state, &one.case.state_title)) }
                                td { @if let Some(at) = objection.escalated_at { (china_time::display(at)) } @else { "今日内" } }
                            }
                        }
                    }
                }
            }
        }
        (pager("/portal/platform/escalations", late.next.as_ref().map(Cursor::as_str)))
    };
    Ok(frame::page(
        asked,
        &View { title: "督办", path: "/portal/platform/escalations", wide: true, ..View::default() },
        content,
    ))
}
