//! `/portal/platform/audit`: who did what, by subject, by unit, or on the platform itself; by person, date, action and report
//! (R19).

use maud::{Markup, html};
use xinzheng_api::Cursor;
use xinzheng_api::access_log::{AccessLog, AccessLogQuery, AuditEntry, READ};
use xinzheng_domain::audit::{Action, LookReason, StepResult};
use xinzheng_domain::{Catalogue, china_time};
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::audit_entry::{named, object};
use crate::elements::{Fields, FormFault, badge, nothing, pager};
use crate::form::query;
use crate::frame::{self, View};

/// What is asked for, beside where the list goes on.
const SOUGHT: [&str; 8] = ["subject", "unit", "report", "reason", "by", "action", "from", "to"];
/// Which field a problem is about.
const FAULTS: [(&str, &str); 6] = [
    ("period-end", "to"),
    ("subject", "subject"),
    ("unit", "unit"),
    ("report", "report"),
    ("look-reason", "reason"),
    ("date", "from"),
];

async fn read(asked: &PageRequest<'_>) -> Result<AccessLog, Problem> {
    let given = &asked.query;
    let query = AccessLogQuery {
        cursor: given.parameter("cursor")?,
        subject: given.parameter("subject")?,
        unit: given.parameter("unit")?,
        reason: given.parameter("reason")?,
        by: given.parameter("by")?,
        from: given.parameter("from")?,
        to: given.parameter("to")?,
        action: given.parameter("action")?,
        report: given.parameter("report")?,
    };
    asked.api().ask(&READ, &(), &query).await
}

pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let given = &asked.query;
    let sought = query(SOUGHT.map(|name| (name, given.text(name))));
    let (log, fault) = match read(asked).await {
        Ok(log) => (Some(log), None),
        Err(problem) if matches!(problem.status(), 404 | 422) => (None, Some(FormFault::of(problem, &FAULTS))),
        Err(problem) => return Err(problem),
    };
    let units = std::iter::once(("", "平台"))
        .chain(Catalogue::get().units.iter().map(|unit| (unit.code.as_str(), unit.name.as_str())));
    let reasons = std::iter::once(("", "请选择")).chain(LookReason::ALL.map(|reason| (reason.code(), reason.title())));
    let actions = std::iter::once(("", "全部")).chain(Action::ALL.iter().map(|action| (action.code(), action.title())));
    let fields = Fields { form: given, fault: fault.as_ref() };
    let content = html! {
        h1 { "操作记录" }
        (fields.summary())
        form action="/portal/platform/audit" method="get" {
            div.row {
                (fields.input("text", "subject", "主体（统一社会信用代码）", "", false))
                (fields.select("unit", "或者单位", "", units))
                (fields.input("text", "report", "或者报告编号", "", false))
                (fields.select("reason", "查看主体或报告的事由", "", reasons))
            }
            div.row {
                (fields.input("text", "by", "谁（平台人员的账号、单位代码或机构名称）", "", false))
                (fields.select("action", "操作", "", actions))
                (fields.input("date", "from", "自", "", false))
                (fields.input("date", "to", "至", "", false))
            }
            button.quiet type="submit" { "查询" }
        }
        p.hint { "查询主体或报告的操作记录，连同事由也会记入该主体的“谁看过我的数据”。" }
        (entries(log.as_ref().map_or(&[], |log| log.page.items.as_slice())))
        @if let Some(log) = &log {
            (nothing(&log.page, "没有符合的记录。", "这一段没有符合的记录，可继续往前查。"))
            (pager(&format!("/portal/platform/audit?{sought}"), log.page.next.as_ref().map(Cursor::as_str)))
            p.hint { "此处保存 " (log.kept_since) " 以来的记录；" (log.older) "。" }
        }
    };
    let status = fault.as_ref().map_or(200, FormFault::status);
    let view = View { title: "操作记录", path: "/portal/platform/audit", wide: true, status, ..View::default() };
    Ok(frame::page(asked, &view, content))
}

/// Entries of an audit, to the platform's staff.
pub(super) fn entries(entries: &[AuditEntry]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="操作记录" {
            table {
                thead { tr {
                    th scope="col" { "时间" } th scope="col" { "身份" } th scope="col" { "谁" } th scope="col" { "操作" }
                    th scope="col" { "对象" } th scope="col" { "用途或原因" } th scope="col" { "来源" }
                } }
                tbody { @for entry in entries { (line(entry)) } }
            }
        }
    }
}

fn line(entry: &AuditEntry) -> Markup {
    html! {
        tr {
            td { (china_time::display(entry.at)) }
            td { (entry.role.title()) }
            td { (named(entry)) }
            td {
                (entry.action.title())
                @match entry.result { StepResult::Done => {} StepResult::Refused => { " " (badge("bad", "被拒绝")) } }
            }
            td { (object(entry)) }
            td { @if let Some(why) = entry.why() { (why.title()) } }
            td { @if let Some(address) = &entry.address { (address) } }
        }
    }
}
