//! The verification page: a form, and the result in one glance. It names everything that stands on the report and could be
//! altered on paper.

use maud::{Markup, html};
use xinzheng_api::living_code::{LOOK, LivingCodePath};
use xinzheng_api::log::{LogStanding, REPORT_PROOF};
use xinzheng_api::verification::{CONTENT, CodePath, DOCUMENT};
use xinzheng_domain::china_time::{display, long_date};
use xinzheng_domain::record::in_force::Belonging;
use xinzheng_domain::record::line::RecordLine;
use xinzheng_domain::report::{Counts, DomainCount};
use xinzheng_domain::{RecordKind, ReportStatus};
use xinzheng_pages::{Display, Page};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem};

use crate::answer::{MOST_LINES, Verified};
use crate::living::{Looked, MEANING};

/// The forms: by code, and by file where the browser can compute a digest.
fn forms(code: &str) -> Markup {
    html! {
        form action="/verify" method="get" {
            label for="code" { "核验码" }
            input #code name="code" type="text" value=(code) required maxlength="400" autocomplete="off"
                autocapitalize="characters" spellcheck="false" aria-describedby="code-hint";
            p.hint #code-hint { "印在报告首页，共 21 位；字母不分大小写，连字符可以省略，也可以粘贴整个核验地址。" }
            div.buttons {
                button type="submit" { "核验" }
                a.button.quiet href="/portal/scan" { "扫描二维码" }
            }
        }
        form #by-file hidden {
            label for="file" { "或者选择 PDF 文件，可以多选，也可以拖放到此处" }
            input #file type="file" accept="application/pdf" multiple;
            div.buttons { input.sr #folder type="file" webkitdirectory; label.button.quiet for="folder" { "选择整个文件夹" } }
            p.hint { "文件不会上传：浏览器在您的设备上计算文件摘要，只查询摘要；他人在报告之后附加过内容的，只发送附加的部分供判断。" }
            p role="status" {}
            div #many {}
        }
    }
}

/// A page, shown as whoever asks has chosen.
fn page(status: u16, title: &str, content: Markup, request: &HttpRequest) -> HttpResponse {
    let page = Page {
        title,
        scripts: &["verify-many.js", "verify.js"],
        path: "/verify",
        display: Display::of(request),
        here: &request.path_and_query(),
        content: Some(content),
        ..Page::default()
    };
    xinzheng_pages::html(status, &page)
}

/// The page without a question.
pub(crate) fn form(request: &HttpRequest) -> HttpResponse {
    let content = html! {
        h1 { "核验专项信用报告" }
        p { "输入报告上的核验码，或选择收到的 PDF 文件，即可知道报告是否由本系统出具、现在是否仍然有效。" }
        (forms(""))
    };
    page(200, "核验报告", content, request)
}

/// What was issued and whether it holds.
pub(crate) fn verified(verified: &Verified, request: &HttpRequest) -> HttpResponse {
    let Verified { report, standing, at, notes, .. } = verified;
    let status = standing.status();
    let content = html! {
        @if !verified.is_sample() { p { a href=(request.path_with_parameter("lang", Some("en"))) lang="en" hreflang="en" { "English (translation aid)" } } }
        h1 { "核验结果" @if verified.is_sample() { "（样例）" } }
        @if verified.is_sample() { (sample()) }
        div class={ "verdict " (status.code()) @if verified.is_sample() { " sample" } } role="status" {
            strong { @if verified.is_sample() { "【样例】" } (status.title()) }
            @for status in standing.statuses() { p { (explained(verified, status)) } }
            @for note in notes { p { (display(note.at)) " 起：" (note.text) "。" } }
        }
        (finding("报告所载", "出具时", (report.record_count(), report.in_force_count()), report.incomplete.as_deref()))
        p { "请核对以下内容与手中的报告是否一致；不一致的，以此处为准。" }
        dl {
            dt { "主体名称" } dd { (report.subject_name) }
            @if let Some(uscc) = report.subject.uscc() { dt { "统一社会信用代码" } dd { (uscc) } }
            @if let Some(masked) = &report.masked_id_number { dt { "证件号码" } dd { (masked) } }
            dt { "报告编号" } dd { (report.number) }
            dt { "查询期间" } dd { (long_date(report.period.from())) "至" (long_date(report.period.to())) }
            dt { "查询领域" } dd { (report.counts.len()) " 个，见下表；未列出的领域不在报告范围内" }
            dt { "报告用途" } dd { (report.purpose.title()) }
            dt { "出具时间" } dd { (display(report.issued_at)) }
            dt { "数据截至" } dd { (display(report.data_as_of)) }
            dt { "本次核验时间" } dd { (display(*at)) }
            dt { "页数" } dd { (report.pages) }
            @if let Some(asked) = verified.asked_file { dt { "所核验的文件" } dd { (asked.title()) } }
            @for version in verified.versions.iter().rev() {
                dt { "文件摘要" }
                dd { (version.sha256) br; (version.kind.title()) "（" (display(version.at)) "，" (version.level.title()) "）" }
            }
            dt { "数据摘要" } dd { (report.content_digest) }
        }
        (domains("报告所列领域", &report.counts))
        (lines(verified))
        (in_the_log(verified))
        h2 { "再核验一份" }
        (forms(""))
    };
    page(200, if verified.is_sample() { "样例" } else { "核验结果" }, content, request)
}

/// That there is no such report.
fn sample() -> Markup {
    html! {
        div.verdict.unknown role="alert" {
            strong { "这是样例，没有这份报告" }
            p { "以 EXAMP1E 开头的核验码只用于编写程序，从不用于报告。有人以此出示“报告”的，报告是伪造的，请勿采信。" }
            p { "以下是程序会得到的答复，其中的主体、文书和时间均为虚构。" }
        }
    }
}

/// What a status means for this report.
fn explained(verified: &Verified, status: ReportStatus) -> Markup {
    let standing = &verified.standing;
    let names = |domains: &[xinzheng_domain::DomainId]| {
        domains.iter().map(|domain| domain.name()).collect::<Vec<_>>().join("、")
    };
    html! {
        (status.meaning()) "。"
        @match status {
            ReportStatus::Valid => {}
            ReportStatus::Superseded => {
                @if let Some(at) = standing.superseded { "更新的报告出具于 " (display(at)) "。" }
            }
            ReportStatus::Supplemented => {
                "涉及领域："
                @for (index, supplement) in standing.supplemented.iter().enumerate() {
                    @if index > 0 { "、" }
                    (supplement.domain.name())
                    @if let Some(since) = supplement.since { "（" (since) " 归集）" } @else { "（恢复，或更正后列入）" }
                }
                "。"
            }
            ReportStatus::Affected => { "涉及领域：" (names(&standing.affected)) "。" }
            ReportStatus::Withdrawn => {
                @if let Some(withdrawal) = &standing.withdrawal {
                    "收回时间：" (display(withdrawal.at)) "；原因：" (withdrawal.reason)
                }
            }
        }
    }
}

/// What was found, of which moment, and how far silence says anything.
fn finding(
    said: &str,
    when: &str,
    (records, in_force): (usize, usize),
    incomplete: Option<&[xinzheng_domain::DomainId]>,
) -> Markup {
    html! {
        div class={ "finding" @if records + in_force > 0 { " some" } } {
            strong {
                @if records + in_force == 0 { (said) "：所列期间和领域的归集范围内未查询到违法违规记录" }
                @else {
                    (said) "：违法违规记录 " (records) " 条"
                    @if in_force > 0 { "；另有期前作出、期间内仍有效的措施 " (in_force) " 项" }
                }
            }
            @match incomplete {
                None => p { (when) "尚未统计数源单位报送的完整情况，未查询到记录不等于没有记录。" },
                Some([]) => {},
                Some(domains) => p {
                    (when) "，以下领域有未报送或未报送完整的月份，未查询到记录不能证明该领域没有记录："
                    (domains.iter().map(|domain| domain.name()).collect::<Vec<_>>().join("、")) "。"
                },
            }
        }
    }
}

/// Every domain of the report with its counts by kind.
fn domains(title: &str, counts: &[DomainCount]) -> Markup {
    html! {
        h2 { (title) }
        div.scroll tabindex="0" role="region" aria-label=(title) {
            table {
                caption { "“—”为不在归集范围；“＋”后为期前作出、期间内仍有效的措施" }
                thead {
                    tr {
                        th scope="col" { "领域" }
                        @for kind in RecordKind::ALL { th.number scope="col" { (kind.title()) } }
                    }
                }
                tbody {
                    @for count in counts {
                        tr {
                            th scope="row" { (count.domain.name()) }
                            @for kind in RecordKind::ALL { td.number { (cell(count, kind)) } }
                        }
                    }
                }
            }
        }
    }
}

/// What stands in a domain's row for a kind.
pub(crate) fn cell(count: &DomainCount, kind: RecordKind) -> String {
    let of = |counts: &Counts| counts.get(&kind).copied().unwrap_or(0);
    let (records, in_force) = (of(&count.records), of(&count.in_force));
    if records + in_force == 0 && !count.domain.collects(kind) {
        return "—".to_owned();
    }
    if in_force == 0 { records.to_string() } else { format!("{records}＋{in_force}") }
}

/// A line for each record, and the way to the document.
fn lines(verified: &Verified) -> Markup {
    let Some(lines) = &verified.lines else {
        return html! {
            h2 { "报告所载记录" }
            p { "该主体选择仅出示汇总，不逐条列出记录；需要核对明细的，请以报告原件的文件核验。" }
        };
    };
    let path = CodePath::of(&verified.report.code);
    html! {
        h2 { "报告所载记录" }
        @if lines.is_empty() && verified.changed == 0 { p { "报告未载有记录。" } }
        @if verified.changed > 0 {
            p { "另有 " (verified.changed) " 条记录在出具后有修复、更正或撤销，不再列出。" }
        }
        (table("报告所载记录", lines))
        @if lines.len() > MOST_LINES { p { "其余 " (lines.len() - MOST_LINES) " 条见报告原件。" } }
        p {
            @if verified.is_sample() { "样例没有报告原件和报告数据。" }
            @else {
                a href=(DOCUMENT.address(&path, &())) { "打开出具的报告原件（PDF）" }
                "，与手中的报告逐页核对；"
                a href=(CONTENT.address(&path, &())) { "报告数据（JSON）" }
                "。打开会记入该主体的查询日志。"
            }
        }
    }
}

/// A line for each record; nothing when there is none.
fn table(title: &str, lines: &[RecordLine]) -> Markup {
    html! {
        @if !lines.is_empty() {
            div.scroll tabindex="0" role="region" aria-label=(title) {
                table {
                    thead {
                        tr {
                            th scope="col" { "领域" } th scope="col" { "种类" } th scope="col" { "文书" }
                            th scope="col" { "日期" } th.number scope="col" { "罚没（万元）" } th scope="col" { "状态" }
                        }
                    }
                    tbody { @for line in lines.iter().take(MOST_LINES) { (row(line)) } }
                }
            }
        }
    }
}

/// How a subject's report stands at this moment.
pub(crate) fn living(looked: &Looked, request: &HttpRequest) -> HttpResponse {
    let Looked { report, at, subject, period, counts, records, in_force, incomplete, lines } = looked;
    let content = html! {
        h1 { "信用码查看结果" }
        (finding("此刻查询到", "目前", (*records, *in_force), incomplete.as_deref()))
        dl {
            dt { "主体名称" } dd { strong { (subject.name) } }
            @if let Some(uscc) = subject.id.uscc() { dt { "统一社会信用代码" } dd { (uscc) } }
            @if let Some(masked) = &subject.masked_id_number { dt { "证件号码" } dd { (masked) } }
            @if let Some(registration) = &subject.registration { dt { "登记状态" } dd { (registration.status.title()) } }
            dt { "查看时间" } dd { strong { (display(*at)) } }
            dt { "信用码有效期至" } dd { (display(report.until)) }
            dt { "查询期间" }
            dd { (long_date(period.from())) "至" (long_date(period.to())) "（" (report.period.title()) "，截至查看当日）" }
            dt { "查询领域" } dd { (counts.len()) " 个，见下表；未列出的领域不在出示范围内" }
            dt { "出示用途" } dd { (report.purpose.title()) }
            @if let Some(shown_to) = &report.shown_to { dt { "出示对象" } dd { (shown_to) "（不是您的，请向出示人核实）" } }
        }
        div.notice {
            p { (MEANING) "。" }
            p { "需要存档的，请对方开具专项信用报告，或授权您查询。截图不能作为凭据：请当面扫码，并核对浏览器地址栏是本平台的网址。" }
            p { "每次查看都会记入该主体的操作记录。" }
        }
        (domains("出示的领域", counts))
        h2 { "记录" }
        @match lines {
            None => p { "该主体选择仅出示汇总，不逐条列出记录。" },
            Some(lines) if lines.is_empty() => p { "没有查询到记录。" },
            Some(lines) => {
                (table("记录", lines))
                @if lines.len() > MOST_LINES { p { "其余 " (lines.len() - MOST_LINES) " 条请见专项信用报告。" } }
            },
        }
        p { a.button.quiet href=(LOOK.address(&LivingCodePath::of(&report.code), &())) { "再次查看此刻的情况" } }
    };
    living_page(200, content, request)
}

/// Why a living code shows nothing.
pub(crate) fn nothing_living(problem: &Problem, request: &HttpRequest) -> HttpResponse {
    let content = html! {
        h1 { "信用码查看结果" }
        div.verdict.unknown role="alert" {
            strong { (problem.title()) }
            @if let Some(detail) = problem.detail_text() { p { (detail) "。" } }
            @if let Some(hint) = problem.hint_text() { p { (hint) "。" } }
        }
        p { "没有显示内容，不说明该主体有或没有记录。" }
    };
    living_page(problem.status(), content, request).retry_after(problem)
}

fn living_page(status: u16, content: Markup, request: &HttpRequest) -> HttpResponse {
    let title = "信用码查看结果";
    let page = Page {
        title,
        display: Display::of(request),
        here: &request.path_and_query(),
        content: Some(content),
        ..Page::default()
    };
    // A code that somebody has posted somewhere is found by no search engine.
    xinzheng_pages::html(status, &page).header("x-robots-tag", "noindex")
}

/// Where in the public log it is, and what that is good for.
fn in_the_log(verified: &Verified) -> Markup {
    let path = CodePath::of(&verified.report.code);
    html! {
        h2 { "公开日志" }
        p { "每份报告出具时都写入公开日志，事后改写、倒签或删除都会被发现。" }
        @match &verified.log {
            None => p { "样例不写入公开日志。" },
            Some(LogStanding::Pending) => p { "本报告正在写入公开日志，通常只需几秒；一分钟后仍未写入的，请向平台核实。" },
            Some(LogStanding::Logged { index, size, cosigned_by }) => p {
                "本报告是其中第 " (index + 1) " 条（日志当时共 " (size) " 条"
                @if cosigned_by.is_empty() { "，尚无见证方签注" } @else { "，由见证方签注，平台不能对不同的人出示不同的日志：" (cosigned_by.join("、")) }
                "）；"
                a href=(REPORT_PROOF.address(&path, &())) { "下载证明（.tlog-proof）" }
                "，今后不联网也能核对。"
            },
        }
    }
}

fn row(line: &RecordLine) -> Markup {
    html! {
        tr {
            td { (line.domain.name()) }
            td { (line.kind.title()) }
            td { (line.document) }
            td { (line.decided) }
            td.number { @if let Some(amount) = line.amount { (amount) } }
            td {
                @if line.belonging == Belonging::InForce { "期前作出、仍有效" @if !line.marks.is_empty() { "；" } }
                (line.state())
            }
        }
    }
}

/// Why there is no result.
pub(crate) fn refused(problem: &Problem, asked: &str, request: &HttpRequest) -> HttpResponse {
    let content = html! {
        h1 { "核验结果" }
        div.verdict.unknown role="alert" {
            strong { (problem.title()) }
            @if let Some(detail) = problem.detail_text() { p { (detail) "。" } }
            @if let Some(hint) = problem.hint_text() { p { (hint) "。" } }
        }
        (forms(asked))
    };
    page(problem.status(), "核验结果", content, request).retry_after(problem)
}
