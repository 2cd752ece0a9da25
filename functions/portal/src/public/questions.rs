//! `GET /portal/questions`: published questions and answers.

use maud::html;
use xinzheng_api::Cursor;
use xinzheng_api::feedback::QUESTIONS;
use xinzheng_api::page::ListQuery;
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::elements::pager;
use crate::frame::{self, View};

pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let query = ListQuery { cursor: asked.query.parameter("cursor")? };
    let questions = asked.api().ask(&QUESTIONS, &(), &query).await?;
    let content = html! {
        h1 { "咨询与答复" }
        @if questions.items.is_empty() { p { "还没有公开的咨询。" } }
        @for question in &questions.items {
            section.record {
                h2 { (question.question) }
                @if let Some(answer) = &question.answer { p { (answer) } }
                @if let Some(at) = question.answered_at { p.hint { "答复于 " (china_time::display(at)) } }
            }
        }
        (pager("/portal/questions", questions.next.as_ref().map(Cursor::as_str)))
        p { "没有找到答案？" a href="/portal/feedback" { "提出咨询" } }
    };
    Ok(frame::page(asked, &View { title: "咨询与答复", path: "/portal/questions", ..View::default() }, content))
}
