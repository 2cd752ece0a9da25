//! `/portal/platform/reports`: looking a report up by its number, and taking it back.

use maud::{Markup, html};
use xinzheng_api::report::{NumberPath, READ, WITHDRAW, WithdrawalRequest};
use xinzheng_api::verification::{BY_CODE, CodePath};
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::elements::{Fields, FormFault, hidden, period, version};
use crate::form::{Form, parse_segment, segment};
use crate::frame::{self, View};

/// The search, and the report that was asked for.
pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let Some(number) = asked.query.filled("number") else { return Ok(answer(asked, &asked.query, None, html! {})) };
    match report(asked, number, &Form::default(), None).await {
        Ok(found) => Ok(answer(asked, &asked.query, None, found)),
        Err(problem) if problem.status() == 404 => {
            Ok(answer(asked, &asked.query, Some(&FormFault::of(problem, &[("report", "number")])), html! {}))
        }
        Err(problem) => Err(problem),
    }
}

fn answer(asked: &PageRequest<'_>, filled: &Form, fault: Option<&FormFault>, below: Markup) -> HttpResponse {
    let fields = Fields { form: filled, fault };
    let content = html! {
        h1 { "报告" }
        p { "按编号查看一份报告；确有错误的，可以收回。收回后核验结果为“已被收回”，并通知主体；不能恢复。" }
        (fields.summary())
        form action="/portal/platform/reports" method="get" {
            (fields.input("text", "number", "报告编号", "如 CZXY-20261124-ABCD2345。", true))
            button.quiet type="submit" { "查找" }
        }
        (below)
    };
    let status = fault.map_or(200, FormFault::status);
    frame::page(asked, &View { title: "报告", path: "/portal/platform/reports", status, ..View::default() }, content)
}

async fn report(
    asked: &PageRequest<'_>,
    number: &str,
    filled: &Form,
    fault: Option<&FormFault>,
) -> Result<Markup, Problem> {
    let read = asked.api().ask_versioned(&READ, &NumberPath { number: parse_segment(number)? }, &()).await?;
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
            dt { "核验码" } dd.code { (report.code) }
        }
        p { a href=(BY_CODE.address(&CodePath::of(&report.code), &())) { "核验结果" } }
        @if withdrawn { div.notice.fault { p { strong { "已收回。" } } } } @else {
            (fields.summary())
            form action={ "/portal/platform/reports/" (segment(number)) "/withdrawal" } method="post" {
                (hidden(asked))
                input type="hidden" name="version" value=(read.etag);
                (fields.area("reason", "收回原因", "会显示在核验结果中。最多 500 字。", true))
                (fields.sure("我已核对报告编号和主体，知道收回后不能恢复"))
                button.grave type="submit" { "收回这份报告" }
            }
        }
    })
}

/// Takes a report back.
pub(crate) async fn withdraw(asked: &PageRequest<'_>, number: &str) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let path = NumberPath { number: parse_segment(number)? };
    let body = WithdrawalRequest { reason: sent.text("reason").to_owned() };
    let withdrawn = match sent.sure() {
        Ok(()) => asked.api().change(&WITHDRAW, &path, &body, sent.text("once"), sent.text("version")).await.map(drop),
        Err(problem) => Err(problem),
    };
    match withdrawn {
        Ok(()) => Ok(HttpResponse::see_other(&format!("/portal/platform/reports?number={}", segment(number)))),
        Err(problem) if problem.status() == 422 => {
            let found = report(
                asked,
                number,
                sent,
                Some(&FormFault::of(problem, &[("reason", "reason"), ("not-confirmed", "sure")])),
            )
            .await?;
            let mut page = answer(asked, &Form::with([("number", number.to_owned())]), None, found);
            page.status_code = 422;
            Ok(page)
        }
        Err(problem) => Err(problem),
    }
}
