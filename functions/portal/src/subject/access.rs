//! `/portal/my/access`: who did what with the subject's data (R19).

use maud::html;
use xinzheng_api::access_log::{self, AccessLogQuery};
use xinzheng_api::page::Cursor;
use xinzheng_domain::audit::{Role, StepResult, Why};
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::audit_entry::{object, who};
use crate::elements::{badge, pager};
use crate::frame::{self, View};

pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let query = AccessLogQuery { cursor: asked.query.parameter("cursor")?, ..AccessLogQuery::default() };
    let log = asked.api().ask(&access_log::READ, &(), &query).await?;
    let content = html! {
        h1 { "谁看过我的数据" }
        @if log.page.items.is_empty() { p { "还没有。" } } @else {
            ul.log {
                @for entry in &log.page.items {
                    li {
                        p {
                            strong { (who(entry)) } " " (entry.action.title())
                            @if entry.result == StepResult::Refused { " " (badge("bad", "被拒绝")) }
                        }
                        p.hint {
                            (china_time::display(entry.at)) " · " (object(entry))
                            @match entry.why() {
                                Some(Why::For(purpose)) => { " · 用途：" (purpose.title()) },
                                Some(why) => { " · " (why.title()) },
                                None => {},
                            }
                            @if let (Some(Role::Anyone), Some(mark)) = (entry.role.known(), &entry.address) { " · 来源标记 " (mark) }
                        }
                    }
                }
            }
        }
        (pager("/portal/my/access", log.page.next.as_ref().map(Cursor::as_str)))
        p.hint { "此处保存 " (log.kept_since) " 以来的记录；" (log.older) "。" }
    };
    Ok(frame::page(asked, &View { title: "谁看过我的数据", path: "/portal/my/access", ..View::default() }, content))
}
