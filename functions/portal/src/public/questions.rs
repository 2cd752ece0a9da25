//! `GET /portal/questions`: published questions and answers.

use maud::html;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::Asked;
use crate::elements::pager;
use crate::form::query;
use crate::frame::{self, View};
use crate::said::Said;

pub(crate) async fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let cursor = query([("cursor", asked.query.text("cursor"))]);
    let answer = asked.api().get(&format!("/questions?{cursor}")).await?;
    let questions = answer.list("questions");
    let content = html! {
        h1 { "咨询与答复" }
        @if questions.is_empty() { p { "还没有公开的咨询。" } }
        @for question in questions {
            section.record {
                h2 { (question.text("question")) }
                p { (question.text("answer")) }
                p.hint { "答复于 " (question.time("answered_at")) }
            }
        }
        (pager("/portal/questions", answer.filled("next")))
        p { "没有找到答案？" a href="/portal/feedback" { "提出咨询" } }
    };
    Ok(frame::page(asked, &View { title: "咨询与答复", path: "/portal/questions", ..View::default() }, content))
}
