//! `/portal/query`: a bank, a tender office or an exchange gets a report that its subject has granted (R12).

use maud::html;
use serde_json::json;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::Asked;
use crate::elements::{Fields, FormFault, hidden};
use crate::form::{Form, segment};
use crate::frame::{self, View};
use crate::said::{Said, found};
use crate::visitor::Account;

/// `GET /portal/query`.
pub(crate) fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    asked.visitor.signed_in_as(Account::ThirdParty)?;
    Ok(form(asked, &Form::default(), None))
}

fn form(asked: &Asked<'_>, filled: &Form, fault: Option<&FormFault>) -> HttpResponse {
    let fields = Fields { form: filled, fault };
    let content = html! {
        h1 { "授权查询" }
        p { "凭主体给您的授权码开具报告。报告的期间、领域和用途以授权为准，每次查询都会告知主体。" }
        (fields.summary())
        form action="/portal/query" method="post" {
            (hidden(asked))
            (fields.input("text", "grant", "授权码", "由授权您查询的主体提供。", true))
            div.buttons {
                button type="submit" { "查询" }
                button.quiet type="submit" name="action" value="list" { "查看已取得的报告" }
            }
            p.hint { "“查询”开具新的报告，用去一次授权；已取得的报告在授权有效期内可以随时再次下载，不计次数。" }
        }
    };
    let status = fault.map_or(200, FormFault::status);
    frame::page(asked, &View { title: "授权查询", path: "/portal/query", status, ..View::default() }, content)
}

/// `POST /portal/query`: the report, once for each form.
pub(crate) async fn send(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    asked.visitor.signed_in_as(Account::ThirdParty)?;
    if asked.form.text("action") == "list" {
        return list(asked).await;
    }
    let path = format!("/grants/{}/reports", segment(asked.form.text("grant")));
    let report = match asked.api().post(&path, &json!({}), asked.form.text("once"), "").await {
        Ok(report) => report,
        Err(problem) if problem.status() == 401 => return Err(problem),
        Err(problem) => return Ok(form(asked, &asked.form, Some(&FormFault::of(problem, &[("", "grant")])))),
    };
    let records = report.at("summary").count("records") + report.at("summary").count("in_force");
    let content = html! {
        h1 { "报告已开具" }
        div class={ "finding" @if records > 0 { " some" } } role="status" {
            strong { (report.text("subject")) "：" (found(&report)) }
            p { "指所列期间和领域的归集范围内已经报送的信息；各领域的完整情况和逐条内容见报告。" }
        }
        dl {
            dt { "报告编号" } dd { (report.text("number")) }
            dt { "核验码" } dd.code { (report.text("code")) }
            dt { "查询期间" } dd { (report.at("period").text("from")) " 至 " (report.at("period").text("to")) }
            dt { "查询领域" } dd { (report.at("summary").list("domains").len()) " 个" }
            dt { "出具时间" } dd { (report.time("issued_at")) }
        }
        div.buttons {
            a.button href=(report.at("download").text("url")) { "下载 PDF" }
            a.button.quiet href={ "/verify/" (segment(report.text("code"))) } { "核验" }
            a.button.quiet href="/portal/query" { "再查一份" }
        }
    };
    Ok(frame::page(asked, &View { title: "报告已开具", path: "/portal/query", ..View::default() }, content))
}

/// The reports that were had under a grant, with fresh addresses.
async fn list(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let path = format!("/grants/{}/reports", segment(asked.form.text("grant")));
    let answer = match asked.api().get(&path).await {
        Ok(answer) => answer,
        Err(problem) if problem.status() == 401 => return Err(problem),
        Err(problem) => return Ok(form(asked, &asked.form, Some(&FormFault::of(problem, &[("", "grant")])))),
    };
    let reports = answer.list("reports");
    let content = html! {
        h1 { "授权下的报告" }
        @if reports.is_empty() { p { "还没有在此授权下取得报告。" } }
        @for report in reports {
            article.record {
                h2 { (report.text("number")) }
                p { (report.text("subject")) "：" (found(report)) }
                p { "出具时间 " (report.time("issued_at")) }
                div.buttons {
                    a.button href=(report.at("download").text("url")) { "下载 PDF" }
                    a.button.quiet href={ "/verify/" (segment(report.text("code"))) } { "核验" }
                }
            }
        }
        @if answer.filled("next").is_some() { p.hint { "只列出最近的报告。" } }
        p { a href="/portal/query" { "返回授权查询" } }
    };
    Ok(frame::page(asked, &View { title: "授权下的报告", path: "/portal/query", ..View::default() }, content))
}
