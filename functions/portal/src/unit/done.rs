//! `/portal/unit/work/done`: what the unit has decided, the latest first; each case with its page.

use futures::future::try_join_all;
use maud::html;
use xinzheng_api::access_log::{AccessLogQuery, AuditEntry, READ};
use xinzheng_domain::audit::{Action, StepResult};
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use super::desk::Desk;
use crate::PageRequest;
use crate::audit_entry::who;
use crate::form::segment;
use crate::frame::{self, View};

/// What ends a case, and under which address its page is.
const DECISIONS: [(Action, &str); 7] = [
    (Action::ObjectionUpheld, "objections"),
    (Action::ObjectionRejected, "objections"),
    (Action::RepairGranted, "repairs"),
    (Action::RepairRefused, "repairs"),
    (Action::CommitmentKept, "commitments"),
    (Action::CommitmentBroken, "commitments"),
    (Action::CommitmentFalse, "commitments"),
];

/// The decisions that the unit's audit has.
pub(crate) async fn page(asked: &PageRequest<'_>, desk: &Desk) -> Result<HttpResponse, Problem> {
    let api = asked.api();
    let of = |action| AccessLogQuery { unit: desk.unit(), action: Some(action), ..AccessLogQuery::default() };
    let logs = try_join_all(DECISIONS.map(|(action, list)| {
        let query = of(action);
        async move { Ok::<_, Problem>((list, api.ask(&READ, &(), &query).await?)) }
    }))
    .await?;
    let kept_since = logs.first().map(|(_, log)| log.kept_since);
    let more = logs.iter().any(|(_, log)| log.page.next.is_some());
    let mut done: Vec<(&str, &AuditEntry)> =
        logs.iter().flat_map(|(list, log)| log.page.items.iter().map(move |entry| (*list, entry))).collect();
    done.retain(|(_, entry)| entry.result == StepResult::Done);
    done.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.at));
    let content = html! {
        (desk.heading("已办结"))
        @if done.is_empty() { p { "还没有办结的事项。" } } @else {
            div.scroll tabindex="0" role="region" aria-label="已办结" {
                table {
                    thead { tr { th scope="col" { "办结时间" } th scope="col" { "结果" } th scope="col" { "编号" } th scope="col" { "办理单位" } } }
                    tbody {
                        @for (list, entry) in &done {
                            tr {
                                td { (china_time::display(entry.at)) }
                                td { (entry.action.title()) }
                                td { a href=(desk.address(&format!("work/{list}/{}", segment(&entry.object)))) { (entry.object) } }
                                td { (who(entry)) }
                            }
                        }
                    }
                }
            }
        }
        @if more { p.hint { "各类只列出最近的一页，更早的见操作记录。" } }
        @if let Some(day) = kept_since { p.hint { "此处有 " (day) " 以来的记录。" } }
        (desk.back("work", "待办"))
    };
    let path = desk.tab("/portal/unit/work");
    Ok(frame::page(asked, &View { title: "已办结", path, wide: true, ..View::default() }, content))
}
