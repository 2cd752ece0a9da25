//! Enquiries, complaints and suggestions, and following them by their code (R17).

use maud::html;
use xinzheng_api::feedback::{FOLLOW, FeedbackPath, FeedbackRequest, FeedbackState, SEND};
use xinzheng_domain::VerificationCode;
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::elements::{Fields, FormFault, badge, hidden};
use crate::form::{Form, segment};
use crate::frame::{self, View};

const KINDS: [(&str, &str); 3] = [("enquiry", "咨询"), ("complaint", "投诉"), ("suggestion", "建议")];

/// `GET /portal/feedback`, and following a code that was typed in.
pub(crate) fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    if let Some(code) = asked.query.filled("tracking") {
        return Ok(HttpResponse::see_other(&format!("/portal/feedback/{}", segment(code))));
    }
    Ok(form(asked, &Form::with([("kind", "enquiry".to_owned())]), None))
}

fn form(asked: &PageRequest<'_>, filled: &Form, fault: Option<&FormFault>) -> HttpResponse {
    let fields = Fields { form: filled, fault };
    let content = html! {
        h1 { "咨询、投诉与建议" }
        p { "不需要登录。提交后得到一个编号，5 个工作日内答复，凭编号在本页查看。请勿填写身份证号码等个人信息。" }
        (fields.summary())
        form action="/portal/feedback" method="post" {
            (hidden(asked))
            (fields.radios("kind", "类型", &KINDS))
            (fields.area("text", "内容", "最多 2000 字。", true))
            (fields.input("text", "contact", "联系方式（选填）", "仅供平台答复时使用，不会公开。", false))
            button type="submit" { "提交" }
        }
        h2 { "查看答复" }
        form action="/portal/feedback" method="get" {
            div.field {
                label for="tracking" { "编号" }
                input #tracking name="tracking" type="text" required autocomplete="off" spellcheck="false";
            }
            button.quiet type="submit" { "查看" }
        }
    };
    let status = fault.map_or(200, FormFault::status);
    frame::page(
        asked,
        &View { title: "咨询、投诉与建议", path: "/portal/feedback", status, ..View::default() },
        content,
    )
}

fn wanted(sent: &Form) -> Result<FeedbackRequest, Problem> {
    Ok(FeedbackRequest {
        kind: sent.value("kind")?,
        text: sent.text("text").to_owned(),
        contact: sent.filled("contact").map(str::to_owned),
    })
}

async fn sent_on(asked: &PageRequest<'_>) -> Result<VerificationCode, Problem> {
    let sent = &asked.form;
    Ok(asked.api().submit(&SEND, &(), &wanted(sent)?, sent.text("once")).await?.code)
}

/// `POST /portal/feedback`.
pub(crate) async fn send(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    match sent_on(asked).await {
        Ok(code) => Ok(HttpResponse::see_other(&format!("/portal/feedback/{code}"))),
        Err(problem) => {
            let fault = FormFault::of(problem, &[("contact", "contact"), ("text", "text")]);
            Ok(form(asked, &asked.form, Some(&fault)))
        }
    }
}

/// `GET /portal/feedback/{code}`.
pub(crate) async fn follow(asked: &PageRequest<'_>, code: &str) -> Result<HttpResponse, Problem> {
    let told = asked.api().ask(&FOLLOW, &FeedbackPath { code: code.to_owned() }, &()).await?;
    let answered = match told.state {
        FeedbackState::Received => false,
        FeedbackState::Answered => true,
    };
    let content = html! {
        h1 { (told.kind_title) " " @if answered { (badge("good", "已答复")) } @else { (badge("warn", "办理中")) } }
        div.notice.done role="status" {
            p { "编号 " span.code { (told.code) } }
            p { "请保存编号，凭编号查看答复。" }
        }
        dl {
            dt { "提交时间" } dd { (china_time::display(told.at)) }
            dt { "内容" } dd { (told.text) }
            @if let Some(reply) = &told.reply {
                dt { "答复" } dd { (reply.text) }
                dt { "答复时间" } dd { (china_time::display(reply.at)) }
            }
        }
        @if !answered { p { "平台将在 5 个工作日内答复。" } }
    };
    Ok(frame::page(asked, &View { title: "反馈", path: "/portal/feedback", ..View::default() }, content))
}
