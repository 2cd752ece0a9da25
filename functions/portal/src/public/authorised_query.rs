//! `/portal/query`: a bank, a tender office or an exchange gets a report that its subject has granted (R12).

use maud::{Markup, html};
use xinzheng_api::Cursor;
use xinzheng_api::grant::{GrantPath, HAD, HadReport, QUERY, QueryRequest, REPORTS};
use xinzheng_api::page::ListQuery;
use xinzheng_api::report::OpenedReport;
use xinzheng_api::token::Account;
use xinzheng_api::verification::{BY_CODE, CodePath};
use xinzheng_domain::case::grant::GrantState;
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::elements::{Fields, FormFault, act, found, hidden, pager, period, report_badge, state_badge};
use crate::form::Form;
use crate::frame::{self, View};

/// `GET /portal/query`.
pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    asked.visitor.signed_in_as(Account::ThirdParty)?;
    form(asked, &Form::default(), None).await
}

async fn form(asked: &PageRequest<'_>, filled: &Form, fault: Option<&FormFault>) -> Result<HttpResponse, Problem> {
    let older = ListQuery { cursor: asked.query.parameter("cursor")? };
    let had = asked.api().ask(&HAD, &(), &older).await?;
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
        h2 { "本机构取得的报告" }
        @if had.items.is_empty() { p { "还没有取得过报告。" } } @else { (had_reports(asked, &had.items)) }
        @if !had.items.is_empty() { p.hint { "“报告现状”以最近一次变动通知为准；使用前请核验。" } }
        (pager("/portal/query", had.next.as_ref().map(Cursor::as_str)))
        p { "收到对方自行开具的报告？" a href="/verify" { "批量核验 PDF" } "。" }
    };
    let status = fault.map_or(200, FormFault::status);
    let view = View { title: "授权查询", path: "/portal/query", wide: true, status, ..View::default() };
    Ok(frame::page(asked, &view, content))
}

/// What was had under grants; the files of a grant that lasts with one touch.
fn had_reports(asked: &PageRequest<'_>, had: &[HadReport]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="本机构取得的报告" {
            table {
                thead { tr {
                    th scope="col" { "出具时间" } th scope="col" { "主体" } th scope="col" { "报告编号" } th scope="col" { "期间" }
                    th scope="col" { "用途" } th scope="col" { "报告现状" } th scope="col" { "授权" } th scope="col" { "文件" }
                } }
                tbody {
                    @for report in had {
                        tr {
                            td { (china_time::display(report.issued_at)) }
                            td { (report.subject) }
                            td { (report.number) }
                            td { (period(&report.period)) "，" (report.domains) " 个领域" }
                            td { (report.purpose.title()) }
                            td { (report_badge(report.status)) }
                            td { "授权" (state_badge(report.state, crate::subject::grant_title(report.state))) " 至 " (china_time::display(report.until)) }
                            td {
                                @match report.state {
                                    GrantState::Active | GrantState::Spent => {
                                        (act(asked, "/portal/query", "打开", "quiet", &[("grant", &report.grant.to_string()), ("action", "list")]))
                                    }
                                    GrantState::Expired | GrantState::Revoked => "授权已结束",
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn grant(asked: &PageRequest<'_>) -> GrantPath {
    GrantPath { code: asked.form.text("grant").to_owned() }
}

/// Where a report is had.
fn ways(OpenedReport { report, download }: &OpenedReport) -> Markup {
    html! {
        @if let Some(download) = download { a.button href=(download.url) { "下载 PDF" } }
        a.button.quiet href=(BY_CODE.address(&CodePath::of(&report.code), &())) { "核验" }
    }
}

/// `POST /portal/query`: the report, once for each form.
pub(crate) async fn send(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    asked.visitor.signed_in_as(Account::ThirdParty)?;
    if asked.form.text("action") == "list" {
        return list(asked).await;
    }
    let issued = asked.api().submit(&QUERY, &grant(asked), &QueryRequest::default(), asked.form.text("once")).await;
    let opened = match issued {
        Ok(new) => new.opened,
        Err(problem) if problem.status() == 401 => return Err(problem),
        Err(problem) => return form(asked, &asked.form, Some(&FormFault::of(problem, &[("", "grant")]))).await,
    };
    let report = &opened.report;
    let records = report.summary.records + report.summary.in_force;
    let content = html! {
        h1 { "报告已开具" }
        div class={ "finding" @if records > 0 { " some" } } role="status" {
            strong { (report.subject) "：" (found(&report.summary)) }
            p { "指所列期间和领域的归集范围内已经报送的信息；各领域的完整情况和逐条内容见报告。" }
        }
        dl {
            dt { "报告编号" } dd { (report.number) }
            dt { "核验码" } dd.code { (report.code) }
            dt { "查询期间" } dd { (period(&report.period)) }
            dt { "查询领域" } dd { (report.summary.domains.len()) " 个" }
            dt { "出具时间" } dd { (china_time::display(report.issued_at)) }
        }
        div.buttons {
            (ways(&opened))
            a.button.quiet href="/portal/query" { "再查一份" }
        }
    };
    Ok(frame::page(asked, &View { title: "报告已开具", path: "/portal/query", ..View::default() }, content))
}

/// The reports that were had under a grant, with fresh addresses.
async fn list(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let reports = match asked.api().ask(&REPORTS, &grant(asked), &ListQuery { cursor: None }).await {
        Ok(reports) => reports,
        Err(problem) if problem.status() == 401 => return Err(problem),
        Err(problem) => return form(asked, &asked.form, Some(&FormFault::of(problem, &[("", "grant")]))).await,
    };
    let content = html! {
        h1 { "授权下的报告" }
        @if reports.items.is_empty() { p { "还没有在此授权下取得报告。" } }
        @for opened in &reports.items {
            @let report = &opened.report;
            article.record {
                h2 { (report.number) }
                p { (report.subject) "：" (found(&report.summary)) }
                p { "出具时间 " (china_time::display(report.issued_at)) }
                div.buttons { (ways(opened)) }
            }
        }
        @if reports.next.is_some() { p.hint { "只列出最近的报告。" } }
        p { a href="/portal/query" { "返回授权查询" } }
    };
    Ok(frame::page(asked, &View { title: "授权下的报告", path: "/portal/query", ..View::default() }, content))
}
