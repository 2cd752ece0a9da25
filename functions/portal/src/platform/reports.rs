//! `/portal/platform/reports`: looking a report up by its number, and taking it back.

use maud::{Markup, html};
use xinzheng_api::Cursor;
use xinzheng_api::report::{
    ISSUED, IssuedEntry, IssuedQuery, IssuedReports, NumberPath, READ, ReasonQuery, WITHDRAW, WithdrawalRequest,
};
use xinzheng_domain::audit::LookReason;
use xinzheng_domain::{Purpose, ReportNumber, china_time};
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::elements::{Fields, FormFault, badge, hidden, nothing, pager, period, version};
use crate::form::{Form, parse_segment, query, segment};
use crate::frame::{self, View};

/// Where the reports of a month are listed.
pub(super) const ISSUED_PAGE: &str = "/portal/platform/reports/issued";

/// The search, and the report that was asked for.
pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    // Who comes from a list with a number says what for.
    let (Some(number), Some(_)) = (asked.query.filled("number"), asked.query.filled("reason")) else {
        return Ok(answer(asked, &asked.query, None, html! {}));
    };
    match report(asked, number, &asked.query, &Form::default(), None).await {
        Ok(found) => Ok(answer(asked, &asked.query, None, found)),
        Err(problem) if matches!(problem.status(), 404 | 422) => {
            let fields = [("report", "number"), ("look-reason", "reason")];
            Ok(answer(asked, &asked.query, Some(&FormFault::of(problem, &fields)), html! {}))
        }
        Err(problem) => Err(problem),
    }
}

/// Where a report is, looked at for a reason.
pub(super) fn address(number: &ReportNumber, reason: Option<LookReason>) -> String {
    let reason = reason.map(LookReason::code).unwrap_or_default();
    format!("/portal/platform/reports?{}", query([("number", number.as_str()), ("reason", reason)]))
}

fn answer(asked: &PageRequest<'_>, filled: &Form, fault: Option<&FormFault>, below: Markup) -> HttpResponse {
    let fields = Fields { form: filled, fault };
    let reasons = std::iter::once(("", "请选择")).chain(LookReason::ALL.map(|reason| (reason.code(), reason.title())));
    let content = html! {
        h1 { "报告" }
        p { "按编号查看一份报告；确有错误的，可以收回。收回后核验结果为“已被收回”，并通知主体；不能恢复。" }
        (fields.summary())
        form action="/portal/platform/reports" method="get" {
            (fields.input("text", "number", "报告编号", "如 CZXY-20261124-ABCD2345。", true))
            (fields.select("reason", "查看的事由", "会记入该主体的“谁看过我的数据”。", reasons))
            button.quiet type="submit" { "查找" }
        }
        p { a href=(ISSUED_PAGE) { "按月列出出具的报告" } }
        (below)
    };
    let status = fault.map_or(200, FormFault::status);
    frame::page(asked, &View { title: "报告", path: "/portal/platform/reports", status, ..View::default() }, content)
}

async fn report(
    asked: &PageRequest<'_>,
    number: &str,
    looked: &Form,
    filled: &Form,
    fault: Option<&FormFault>,
) -> Result<Markup, Problem> {
    let reason: Option<LookReason> = looked.parameter("reason")?;
    let path = NumberPath { number: parse_segment(number)? };
    let read = asked.api().ask_versioned(&READ, &path, &ReasonQuery { reason }).await?;
    let report = &read.answer.report;
    let withdrawn = read.etag == version(2);
    let fields = Fields { form: filled, fault };
    Ok(html! {
        h2 { (report.number) }
        dl {
            dt { "主体" } dd { (report.subject) }
            dt { "出具时间" } dd { (china_time::display(report.issued_at)) }
            dt { "查询期间" } dd { (period(&report.period)) }
            dt { "用途" } dd { (report.purpose.title()) }
            dt { "记录" } dd { (report.summary.records) " 条" }
        }
        @if let Some(reason) = reason { p.hint { "查看的事由：" (reason.title()) "。已记入该主体的查询日志。" } }
        @if withdrawn { div.notice.fault { p { strong { "已收回。" } } } } @else {
            (fields.summary())
            form action={ "/portal/platform/reports/" (segment(number)) "/withdrawal" } method="post" {
                (hidden(asked))
                input type="hidden" name="version" value=(read.etag);
                input type="hidden" name="look" value=(reason.map(LookReason::code).unwrap_or_default());
                (fields.area("cause", "收回原因", "会显示在核验结果中。最多 500 字。", true))
                (fields.sure("我已核对报告编号和主体，知道收回后不能恢复"))
                button.grave type="submit" { "收回这份报告" }
            }
        }
    })
}

/// `/portal/platform/reports/issued`: all that were issued in a month, each with the way to its page.
pub(crate) async fn issued(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let given = &asked.query;
    let wanted = IssuedQuery {
        cursor: given.parameter("cursor")?,
        month: given.parameter("month")?,
        purpose: given.parameter("purpose")?,
        authorised: given.parameter("authorised")?,
        all_domains: given.parameter("all_domains")?,
    };
    let IssuedReports { month, page } = asked.api().ask(&ISSUED, &(), &wanted).await?;
    let shown = month.to_string();
    let filled = Form::with(["purpose", "authorised", "all_domains"].map(|name| (name, given.text(name).to_owned())));
    let fields = Fields { form: &filled, fault: None };
    let purposes = std::iter::once(("", "全部")).chain(Purpose::ALL.map(|purpose| (purpose.code(), purpose.title())));
    let chosen = ["purpose", "authorised", "all_domains"].map(|name| (name, given.text(name)));
    let here = format!("{ISSUED_PAGE}?{}", query(std::iter::once(("month", &*shown)).chain(chosen)));
    let content = html! {
        h1 { (shown) " 出具的报告" }
        form action=(ISSUED_PAGE) method="get" {
            div.row {
                div.field { label for="month" { "月份" } input #month name="month" type="month" value=(shown); }
                (fields.select("purpose", "用途", "", purposes))
                (fields.select("authorised", "出具给", "", [("", "全部"), ("false", "主体本人"), ("true", "被授权人")]))
                (fields.select("all_domains", "领域", "", [("", "全部"), ("true", "所有领域"), ("false", "所选领域")]))
            }
            button.quiet type="submit" { "查询" }
        }
        @if !page.items.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="出具的报告" {
                table {
                    thead { tr {
                        th scope="col" { "出具时间" } th scope="col" { "报告编号" } th scope="col" { "用途" }
                        th scope="col" { "查询期间" } th.number scope="col" { "领域" } th scope="col" { "出具给" } th scope="col" { "此后" }
                    } }
                    tbody { @for entry in &page.items { (issued_line(entry)) } }
                }
            }
        }
        (nothing(&page, "这个月没有这样的报告。", "这一段没有这样的报告，请查看更早的。"))
        (pager(&here, page.next.as_ref().map(Cursor::as_str)))
        p.hint { "不显示主体和查到的内容；打开一份报告要说明事由，会记入该主体的“谁看过我的数据”。" }
        p { a href="/portal/platform" { "返回总览" } }
    };
    let view = View { title: "出具的报告", path: "/portal/platform/reports", wide: true, ..View::default() };
    Ok(frame::page(asked, &view, content))
}

fn issued_line(entry: &IssuedEntry) -> Markup {
    html! {
        tr {
            td { (china_time::display(entry.issued_at)) }
            td { a href=(address(&entry.number, None)) { (entry.number) } }
            td { (entry.purpose.title()) }
            td { (period(&entry.period)) }
            td.number { (entry.domains) }
            td { @if entry.authorised { "被授权人" } @else { "主体本人" } }
            td {
                @if let Some(at) = entry.withdrawn_at { (badge("bad", "已收回")) " " (china_time::display(at)) " " }
                @if entry.told_affected { (badge("warn", "记录有变动")) " " }
                @if let Some(at) = entry.superseded_at { (badge("warn", "有更新的报告")) " " (china_time::display(at)) }
            }
        }
    }
}

/// Takes a report back.
pub(crate) async fn withdraw(asked: &PageRequest<'_>, number: &str) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let path = NumberPath { number: parse_segment(number)? };
    let body = WithdrawalRequest { reason: sent.text("cause").to_owned() };
    let withdrawn = match sent.sure() {
        Ok(()) => asked.api().change(&WITHDRAW, &path, &body, sent.text("once"), sent.text("version")).await.map(drop),
        Err(problem) => Err(problem),
    };
    let looked = Form::with([("number", number.to_owned()), ("reason", sent.text("look").to_owned())]);
    match withdrawn {
        Ok(()) => Ok(HttpResponse::see_other(&address(&path.number, sent.value("look").ok()))),
        Err(problem) if problem.status() == 422 => {
            let fault = FormFault::of(problem, &[("reason", "cause"), ("not-confirmed", "sure")]);
            let found = report(asked, number, &looked, sent, Some(&fault)).await?;
            let mut page = answer(asked, &looked, None, found);
            page.status_code = 422;
            Ok(page)
        }
        Err(problem) => Err(problem),
    }
}
