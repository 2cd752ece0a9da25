//! `/portal/my/access`: who did what with the subject's data (R19).

use maud::html;
use xinzheng_domain::audit::Why;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::Asked;
use crate::actions;
use crate::elements::{badge, pager};
use crate::form::query;
use crate::frame::{self, View};
use crate::said::Said;

pub(crate) async fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let cursor = query([("cursor", asked.query.text("cursor"))]);
    let answer = asked.api().get(&format!("/access-log?{cursor}")).await?;
    let steps = answer.list("steps");
    let content = html! {
        h1 { "谁看过我的数据" }
        @if steps.is_empty() { p { "还没有。" } } @else {
            ul.log {
                @for step in steps {
                    li {
                        p {
                            strong { (actions::by(step)) } " " (actions::action(step))
                            @if step.text("result") == "refused" { " " (badge("bad", "被拒绝")) }
                        }
                        p.hint {
                            (step.time("at")) " · " (step.text("object"))
                            @match actions::why(step) {
                                Some(Why::For(purpose)) => { " · 用途：" (purpose.title()) },
                                Some(why) => { " · " (why.title()) },
                                None => {},
                            }
                        }
                    }
                }
            }
        }
        (pager("/portal/my/access", answer.filled("next")))
        @if let Some(since) = answer.filled("kept_since") {
            p.hint { "此处保存 " (since) " 以来的记录；" (answer.text("older")) "。" }
        }
    };
    Ok(frame::page(asked, &View { title: "谁看过我的数据", path: "/portal/my/access", ..View::default() }, content))
}
