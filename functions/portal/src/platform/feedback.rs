//! `/portal/platform/feedback`: enquiries, complaints and suggestions that wait for an answer (R17).

use maud::html;
use serde_json::json;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::Asked;
use crate::elements::{Fields, FormFault, hidden, pager};
use crate::form::{query, segment};
use crate::frame::{self, View};
use crate::said::Said;

pub(crate) async fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    form(asked, "", None).await
}

/// What waits; with an answer that was not taken, where it was written.
async fn form(asked: &Asked<'_>, written_to: &str, fault: Option<&FormFault>) -> Result<HttpResponse, Problem> {
    let cursor = query([("cursor", asked.query.text("cursor"))]);
    let answer = asked.api().get(&format!("/feedback?{cursor}")).await?;
    let waiting = answer.list("feedback");
    let content = html! {
        h1 { "反馈答复" }
        (Fields { form: &asked.form, fault }.summary())
        @if waiting.is_empty() { div.notice.done { p { strong { "没有待答复的反馈。" } } } }
        @for one in waiting {
            @let code = one.text("code");
            @let field = format!("text-{code}");
            @let written = if code == written_to { asked.form.text("text") } else { "" };
            article.record id=(code) {
                h2 { (kind(one.text("kind"))) " " span.code { (code) } }
                p { (one.text("text")) }
                p.hint { (one.time("at")) @if let Some(contact) = one.filled("contact") { " · 联系方式：" (contact) } }
                form action={ "/portal/platform/feedback/" (segment(code)) } method="post" {
                    (hidden(asked))
                    div.field {
                        label for=(field) { "答复" }
                        textarea id=(field) name="text" rows="4" required { (written) }
                    }
                    fieldset {
                        legend { "公开" }
                        label {
                            input type="checkbox" name="publish" value="yes"
                                checked[code == written_to && asked.form.has("publish", "yes")];
                            "在“咨询与答复”公开问题和答复（不含联系方式和编号）"
                        }
                    }
                    button type="submit" { "答复" }
                }
            }
        }
        (pager("/portal/platform/feedback", answer.filled("next")))
    };
    let view = View {
        title: "反馈答复",
        path: "/portal/platform/feedback",
        status: fault.map_or(200, FormFault::status),
        ..View::default()
    };
    Ok(frame::page(asked, &view, content))
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
    match asked.api().post(&format!("/feedback/{}/answer", segment(code)), &body, sent.text("once"), "\"1\"").await {
        Ok(_) => Ok(HttpResponse::see_other("/portal/platform/feedback")),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => form(asked, code, Some(&FormFault::of(problem, &[]))).await,
    }
}
