//! `/portal/my/reports`: the subject's reports, whether they still hold, and each of them in the page.

use maud::html;
use xinzheng_api::page::{Cursor, ListQuery};
use xinzheng_api::page_problem::FILE_GONE;
use xinzheng_api::report::{self, ListedReport, NumberPath, OpenedReport, ReasonQuery};
use xinzheng_api::token::Account;
use xinzheng_api::verification::{BY_CODE, CodePath};
use xinzheng_domain::file_name::{disposition, of_report};
use xinzheng_domain::{ReportNumber, china_time};
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::elements::{found, pager, period, report_badge};
use crate::form::{parse_segment, query};
use crate::frame::{self, View};

/// The purpose that addresses of files are encrypted for.
const FILE: &str = "file";

/// The list, newest first.
pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let older = ListQuery { cursor: asked.query.parameter("cursor")? };
    let page = asked.api().ask(&report::LIST, &(), &older).await?;
    let content = html! {
        h1 { "我的报告" }
        @if page.items.is_empty() {
            p { "还没有开具过报告。" }
            p { a.button href="/portal/my/request" { "开具报告" } }
        }
        @for ListedReport { report, status, meaning, .. } in &page.items {
            article.record {
                h2 { a href={ "/portal/my/reports/" (report.number) } { (report.number) } }
                p { (report_badge(*status)) " " (meaning) }
                dl {
                    dt { "出具时间" } dd { (china_time::display(report.issued_at)) }
                    dt { "查询期间" } dd { (period(&report.period)) }
                    dt { "领域" } dd { (report.summary.domains.len()) " 个，" (found(&report.summary)) }
                    dt { "用途" } dd { (report.purpose.title()) }
                    dt { "核验码" } dd.code { (report.code) }
                }
            }
        }
        (pager("/portal/my/reports", page.next.as_ref().map(Cursor::as_str)))
    };
    Ok(frame::page(asked, &View { title: "我的报告", path: "/portal/my/reports", ..View::default() }, content))
}

/// One report, with its file in the page.
pub(crate) async fn one(asked: &PageRequest<'_>, number: &str) -> Result<HttpResponse, Problem> {
    let path = NumberPath { number: parse_segment(number)? };
    let OpenedReport { report, download } =
        asked.api().ask(&report::READ, &path, &ReasonQuery { reason: None }).await?;
    let download = download.map(|download| download.url).unwrap_or_default();
    // The address of the file opens it for whoever has it, for a while: the page keeps it encrypted, for this session.
    let session = asked.visitor.signed_in_as(Account::Subject)?;
    let encrypted = asked.app.key.encrypt(FILE, &(&session.id, &download))?;
    let file = format!("/portal/my/reports/{}/file?{}", report.number, query([("of", encrypted.as_str())]));
    let verify = BY_CODE.address(&CodePath::of(&report.code), &());
    let name = of_report(&report.number, "pdf");
    let content = html! {
        h1 { @if asked.query.filled("issued").is_some() { "报告已开具" } @else { "专项信用报告" } }
        p { strong { (found(&report.summary)) } "，查询期间 " (period(&report.period)) "，" (report.summary.domains.len()) " 个领域。" }
        div #share data-name=(name) data-file=(file) data-code=(report.code) data-address={ (asked.app.origin) (verify) } {
            div.buttons {
                a.button href=(download) { "下载 PDF" }
                button.quiet type="button" data-share hidden { "分享文件" }
                button.quiet type="button" data-copy="code" hidden { "复制核验码" }
                button.quiet type="button" data-copy="address" hidden { "复制核验链接" }
            }
            p role="status" {}
        }
        dl {
            dt { "核验码" } dd.code { (report.code) }
            dt { "报告编号" } dd { (report.number) }
            dt { "用途" } dd { (report.purpose.title()) }
            dt { "出具时间" } dd { (china_time::display(report.issued_at)) }
        }
        p.hint { "把 PDF 或核验码交给对方即可；对方在本站核验，不需要登录。" a href=(verify) { "核验，看是否仍然有效" } }
        iframe.document src=(file) title={ "报告 " (report.number) } {}
        p { "看不到报告？" a href=(download) { "下载后查看" } "。" }
    };
    let view = View {
        title: "专项信用报告",
        path: "/portal/my/reports",
        scripts: &["share.js"],
        framing: true,
        wide: true,
        ..View::default()
    };
    Ok(frame::page(asked, &view, content))
}

/// The file of a report, to be shown in its page.
pub(crate) async fn file(asked: &PageRequest<'_>, number: &str) -> Result<HttpResponse, Problem> {
    let expired = || Problem::from(FILE_GONE);
    let session = asked.visitor.signed_in_as(Account::Subject)?;
    let kept: Option<(String, String)> = asked.app.key.decrypt(FILE, asked.query.text("of"));
    let (_, address) = kept.filter(|(of, _)| *of == session.id).ok_or_else(expired)?;
    let bytes = asked.app.api.file(&address).await?;
    let number: ReportNumber = parse_segment(number)?;
    Ok(pdf(&bytes, &of_report(&number, "pdf")))
}

/// A PDF that a page of the portal may frame.
pub(crate) fn pdf(bytes: &[u8], name: &str) -> HttpResponse {
    HttpResponse::bytes(200, "application/pdf", bytes)
        .header("content-disposition", disposition("inline", name))
        .header("content-security-policy", "default-src 'none'; frame-ancestors 'self'")
        .header("cache-control", "private, no-store")
}
