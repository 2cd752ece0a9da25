//! `/portal/platform/feedback`: enquiries, complaints and suggestions that wait for an answer (R17).

use maud::html;
use serde_json::json;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::Asked;
use crate::elements::{hidden, pager};
use crate::form::{query, segment};
use crate::frame::{self, View};
use crate::said::Said;

pub(crate) async fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let cursor = query([("cursor", asked.query.text("cursor"))]);
    let answer = asked.api().get(&format!("/feedback?{cursor}")).await?;
    let waiting = answer.list("feedback");
    let content = html! {
        h1 { "反馈答复" }
        @if waiting.is_empty() { div.notice.done { p { strong { "没有待答复的反馈。" } } } }
        @for one in waiting {
            @let field = format!("text-{}", one.text("code"));
            article.record {
                h2 { (kind(one.text("kind"))) " " span.code { (one.text("code")) } }
                p { (one.text("text")) }
                p.hint { (one.time("at")) @if let Some(contact) = one.filled("contact") { " · 联系方式：" (contact) } }
                form action={ "/portal/platform/feedback/" (segment(one.text("code"))) } method="post" {
                    (hidden(asked))
                    div.field { label for=(field) { "答复" } textarea id=(field) name="text" rows="4" required {} }
                    fieldset {
                        legend { "公开" }
                        label { input type="checkbox" name="publish" value="yes"; "在“咨询与答复”公开问题和答复（不含联系方式和编号）" }
                    }
                    button type="submit" { "答复" }
                }
            }
        }
        (pager("/portal/platform/feedback", answer.filled("next")))
    };
    Ok(frame::page(asked, &View { title: "反馈答复", path: "/portal/platform/feedback", ..View::default() }, content))
}

fn kind(kind: &str) -> &'static str {
    match kind {
        "complaint" => "投诉",
        "suggestion" => "建议",
        _ => "咨询",
    }
}

/// Answers once: what waits is in its first version.
pub(crate) async fn answer(asked: &Asked<'_>, code: &str) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let body = json!({ "text": sent.text("text"), "publish": sent.text("publish") == "yes" });
    asked.api().post(&format!("/feedback/{}/answer", segment(code)), &body, sent.text("once"), "\"1\"").await?;
    Ok(HttpResponse::see_other("/portal/platform/feedback"))
}
