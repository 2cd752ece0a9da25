//! `/portal/platform/feedback`: enquiries, complaints and suggestions that wait for an answer (R17).

use maud::html;
use xinzheng_api::Cursor;
use xinzheng_api::feedback::{ANSWER, FeedbackAnswer, FeedbackPath, OPEN};
use xinzheng_api::page::ListQuery;
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::elements::{Fields, FormFault, hidden, pager, version};
use crate::frame::{self, View};

pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    form(asked, "", None).await
}

/// What waits; with an answer that was not taken, where it was written.
async fn form(asked: &PageRequest<'_>, written_to: &str, fault: Option<&FormFault>) -> Result<HttpResponse, Problem> {
    let query = ListQuery { cursor: asked.query.parameter("cursor")? };
    let waiting = asked.api().ask(&OPEN, &(), &query).await?;
    let content = html! {
        h1 { "反馈答复" }
        (Fields { form: &asked.form, fault }.summary())
        @if waiting.items.is_empty() { div.notice.done { p { strong { "没有待答复的反馈。" } } } }
        @for one in &waiting.items {
            @let code = one.code.to_string();
            @let field = format!("text-{code}");
            @let written = if code == written_to { asked.form.text("text") } else { "" };
            article.record id=(code) {
                h2 { (one.kind.title()) " " span.code { (code) } }
                p { (one.text) }
                p.hint { (china_time::display(one.at)) @if let Some(contact) = &one.contact { " · 联系方式：" (contact) } }
                form action={ "/portal/platform/feedback/" (code) } method="post" {
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
        (pager("/portal/platform/feedback", waiting.next.as_ref().map(Cursor::as_str)))
    };
    let view = View {
        title: "反馈答复",
        path: "/portal/platform/feedback",
        status: fault.map_or(200, FormFault::status),
        ..View::default()
    };
    Ok(frame::page(asked, &view, content))
}

/// Answers once: what waits is in its first version.
pub(crate) async fn answer(asked: &PageRequest<'_>, code: &str) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let body = FeedbackAnswer { text: sent.text("text").to_owned(), publish: sent.text("publish") == "yes" };
    let path = FeedbackPath { code: code.to_owned() };
    match asked.api().change(&ANSWER, &path, &body, sent.text("once"), &version(1)).await {
        Ok(_) => Ok(HttpResponse::see_other("/portal/platform/feedback")),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => form(asked, code, Some(&FormFault::of(problem, &[]))).await,
    }
}
