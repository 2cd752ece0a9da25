//! The verification page: a form, and the result in one glance.

use maud::{Markup, html};
use xinzheng_domain::china_time::{display, long_date};
use xinzheng_domain::{RecordKind, ReportStatus};
use xinzheng_pages::Page;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::answer::Verified;

/// The forms: by code, and by file where the browser can compute a digest.
fn forms(code: &str) -> Markup {
    html! {
        form action="/verify" method="get" {
            label for="code" { "核验码" }
            input #code name="code" type="text" value=(code) required maxlength="40" autocomplete="off"
                autocapitalize="characters" spellcheck="false" aria-describedby="code-hint";
            p.hint #code-hint { "印在报告首页，共 21 位；字母不分大小写，连字符可以省略。" }
            div.buttons {
                button type="submit" { "核验" }
                a.button.quiet href="/portal/scan" { "扫描二维码" }
            }
        }
        form #by-file hidden {
            label for="file" { "或者选择 PDF 文件，也可以拖放到此处" }
            input #file type="file" accept="application/pdf";
            p.hint { "文件不会上传：浏览器在您的设备上计算文件摘要，只查询摘要。" }
            p role="status" {}
        }
    }
}

fn page(status: u16, title: &str, content: Markup) -> HttpResponse {
    let page = Page { title, scripts: &["verify.js"], path: "/verify", content: Some(content), ..Page::default() };
    xinzheng_pages::html(status, &page)
}

/// The page without a question.
pub(crate) fn form() -> HttpResponse {
    let content = html! {
        h1 { "核验专项信用报告" }
        p { "输入报告上的核验码，或选择收到的 PDF 文件，即可知道报告是否由本系统出具、现在是否仍然有效。" }
        (forms(""))
    };
    page(200, "核验报告", content)
}

/// What was issued and whether it holds.
pub(crate) fn verified(verified: &Verified) -> HttpResponse {
    let Verified { report, status } = verified;
    let headline = match status {
        ReportStatus::Valid => "真实有效",
        ReportStatus::Superseded { .. } => "真实，已有更新的报告",
        ReportStatus::Affected { .. } => "真实，但内容已有变化",
        ReportStatus::Withdrawn(_) => "已被收回",
    };
    let found: Vec<_> = report.counts.iter().filter(|count| !count.records.is_empty()).collect();
    let content = html! {
        h1 { "核验结果" }
        div class={ "verdict " (status.code()) } role="status" {
            strong { (headline) }
            span { (status.meaning()) "。" }
            @match status {
                ReportStatus::Valid => {}
                ReportStatus::Superseded { at } => { p { "更新的报告出具于 " (display(*at)) "。" } }
                ReportStatus::Affected { domains } => {
                    p { "涉及领域：" (domains.iter().map(|domain| domain.name()).collect::<Vec<_>>().join("、")) "。" }
                }
                ReportStatus::Withdrawn(withdrawal) => {
                    p { "收回时间：" (display(withdrawal.at)) "；原因：" (withdrawal.reason) }
                }
            }
        }
        p { "请核对以下内容与手中的报告是否一致。" }
        dl {
            dt { "主体名称" } dd { (report.subject_name) }
            @if let Some(uscc) = report.subject.uscc() { dt { "统一社会信用代码" } dd { (uscc) } }
            @if let Some(masked) = &report.masked_id_number { dt { "证件号码" } dd { (masked) } }
            dt { "报告编号" } dd { (report.number) }
            dt { "查询期间" } dd { (long_date(report.period.from())) "至" (long_date(report.period.to())) }
            dt { "查询领域" } dd { (report.counts.len()) " 个" }
            dt { "报告用途" } dd { (report.purpose.title()) }
            dt { "出具时间" } dd { (display(report.issued_at)) }
            dt { "违法违规记录" } dd { (report.record_count()) " 条" }
            dt { "文件摘要" } dd { (report.file_digest) }
        }
        @if !found.is_empty() {
            h2 { "有记录的领域" }
            table {
                thead { tr { th scope="col" { "领域" } th scope="col" { "种类" } th.number scope="col" { "条数" } } }
                tbody {
                    @for count in found {
                        tr {
                            td { (count.domain.name()) }
                            td { (count.records.keys().map(|kind: &RecordKind| kind.title()).collect::<Vec<_>>().join("、")) }
                            td.number { (count.records.values().sum::<usize>()) }
                        }
                    }
                }
            }
        }
        h2 { "再核验一份" }
        (forms(""))
    };
    page(200, "核验结果", content).header("cache-control", "public, max-age=5")
}

/// Why there is no result.
pub(crate) fn refused(problem: &Problem, asked: &str) -> HttpResponse {
    let content = html! {
        h1 { "核验结果" }
        div.verdict.unknown role="alert" {
            strong { (problem.title()) }
            @if let Some(detail) = problem.detail_text() { p { (detail) "。" } }
            @if let Some(hint) = problem.hint_text() { p { (hint) "。" } }
        }
        (forms(asked))
    };
    page(problem.status(), "核验结果", content)
}
