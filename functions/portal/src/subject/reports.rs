//! `/portal/my/reports`: the subject's reports, whether they still hold, and each of them in the page.

use maud::html;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::Asked;
use crate::elements::pager;
use crate::form::{query, segment};
use crate::frame::{self, View};
use crate::problems::FILE_GONE;
use crate::said::{Said, found, period, purpose, report_badge};

/// The purpose that addresses of files are sealed for.
const FILE: &str = "file";

/// The list, newest first.
pub(crate) async fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let cursor = query([("cursor", asked.query.text("cursor"))]);
    let answer = asked.api().get(&format!("/reports?{cursor}")).await?;
    let reports = answer.list("reports");
    let content = html! {
        h1 { "我的报告" }
        @if reports.is_empty() {
            p { "还没有开具过报告。" }
            p { a.button href="/portal/my/request" { "开具报告" } }
        }
        @for report in reports {
            article.record {
                h2 { a href={ "/portal/my/reports/" (segment(report.text("number"))) } { (report.text("number")) } }
                p { (report_badge(report.text("status"))) " " (report.text("meaning")) }
                dl {
                    dt { "出具时间" } dd { (report.time("issued_at")) }
                    dt { "查询期间" } dd { (period(report)) }
                    dt { "领域" } dd { (report.at("summary").list("domains").len()) " 个，" (found(report)) }
                    dt { "用途" } dd { (purpose(report.text("purpose"))) }
                    dt { "核验码" } dd.code { (report.text("code")) }
                }
            }
        }
        (pager("/portal/my/reports", answer.filled("next")))
    };
    Ok(frame::page(asked, &View { title: "我的报告", path: "/portal/my/reports", ..View::default() }, content))
}

/// One report, with its file in the page.
pub(crate) async fn one(asked: &Asked<'_>, number: &str) -> Result<HttpResponse, Problem> {
    let report = asked.api().get(&format!("/reports/{}", segment(number))).await?;
    let download = report.at("download").text("url");
    // The address of the file opens it for whoever has it, for a while: the page keeps it sealed.
    let sealed = asked.app.key.seal(FILE, &download)?;
    let file = format!("/portal/my/reports/{}/file?{}", segment(number), query([("of", sealed.as_str())]));
    let code = report.text("code");
    let content = html! {
        h1 { @if asked.query.filled("issued").is_some() { "报告已开具" } @else { "专项信用报告" } }
        dl {
            dt { "报告编号" } dd { (report.text("number")) }
            dt { "核验码" } dd.code { (code) }
            dt { "查询期间" } dd { (period(&report)) }
            dt { "领域" } dd { (report.at("summary").list("domains").len()) " 个，" (found(&report)) }
            dt { "用途" } dd { (purpose(report.text("purpose"))) }
            dt { "出具时间" } dd { (report.time("issued_at")) }
        }
        div.buttons {
            a.button href=(download) { "下载 PDF" }
            a.button.quiet href={ "/verify/" (segment(code)) } { "核验，看是否仍然有效" }
        }
        p.hint { "把 PDF 或核验码交给对方即可；对方在本站核验，不需要登录。" }
        iframe.document src=(file) title={ "报告 " (report.text("number")) } {}
        p { "看不到报告？" a href=(download) { "下载后查看" } "。" }
    };
    let view =
        View { title: "专项信用报告", path: "/portal/my/reports", framing: true, wide: true, ..View::default() };
    Ok(frame::page(asked, &view, content))
}

/// The file of a report, to be shown in its page.
pub(crate) async fn file(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let expired = || Problem::from(FILE_GONE);
    let address: String = asked.app.key.open(FILE, asked.query.text("of")).ok_or_else(expired)?;
    let bytes = asked.app.api.file(&address).await?;
    Ok(pdf(&bytes, "report.pdf"))
}

/// A PDF that a page of the portal may frame.
pub(crate) fn pdf(bytes: &[u8], name: &str) -> HttpResponse {
    HttpResponse::bytes(200, "application/pdf", bytes)
        .header("content-disposition", format!("inline; filename=\"{name}\""))
        .header("content-security-policy", "default-src 'none'; frame-ancestors 'self'")
        .header("cache-control", "private, no-store")
}
