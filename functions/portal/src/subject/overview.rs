//! `/portal/my`: what there is, in a glance.

use maud::{Markup, html};
use xinzheng_api::access_log::{self, AccessLogQuery};
use xinzheng_api::commitment::SubjectBar;
use xinzheng_api::notice::{self, Notices};
use xinzheng_api::page::{ListQuery, UnitListQuery};
use xinzheng_api::record::OwnRecords;
use xinzheng_api::{objection, repair, report};
use xinzheng_domain::case::repair_application::RepairState;
use xinzheng_domain::{ReportStatus, china_time};
use xinzheng_runtime::{HttpResponse, Problem};

use super::notices::PAGE;
use super::records;
use crate::PageRequest;
use crate::audit_entry::who;
use crate::frame::{self, View};

/// How many of the latest entries of the audit are shown.
const LATEST: usize = 5;
/// How many of the new notices are.
const TOLD: usize = 3;

pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let api = asked.api();
    let latest = AccessLogQuery::default();
    let latest_cases = UnitListQuery { cursor: None, unit: None };
    let latest_reports = ListQuery { cursor: None };
    let (own, reports, objections, repairs, access, notices) = tokio::try_join!(
        records::own(asked),
        api.ask(&report::LIST, &(), &latest_reports),
        api.ask(&objection::LIST, &(), &latest_cases),
        api.ask(&repair::LIST, &(), &latest_cases),
        api.ask(&access_log::READ, &(), &latest),
        api.ask(&notice::LIST, &(), &latest_reports),
    )?;
    let OwnRecords { records, in_force, bars, .. } = own;
    let repaired = records.iter().filter(|record| record.repaired_on.is_some()).count();
    let holding = reports.items.iter().filter(|report| report.status == ReportStatus::Valid).count();
    let objected = objections.items.iter().filter(|case| case.objection.state.is_open()).count();
    let applied = repairs.items.iter().filter(|case| case.application.state == RepairState::Submitted).count();
    let cases = objected + applied;
    // What the first page of a list does not hold is not counted: then it is at least so many.
    let more_reports = reports.next.is_some();
    let more_cases = objections.next.is_some() || repairs.next.is_some();
    let entries = &access.page.items;
    let content = html! {
        h1 { "我的信用" }
        @for bar in &bars { (barred(bar)) }
        @if notices.new > 0 { (told(&notices)) }
        @if bars.is_empty() { p { a.button href="/portal/my/request" { "开具报告" } } }
        ul.cards {
            li.card {
                h2 { "记录" }
                span.figure { (records.len()) }
                p {
                    @if records.is_empty() { "条，未查询到违法违规记录。" } @else { "条，其中 " (repaired) " 条已修复。" }
                    @if !in_force.is_empty() { "另有此前作出、仍有效的措施 " (in_force.len()) " 项。" }
                }
                p { a href="/portal/my/records" { "查看记录" } }
            }
            li.card {
                h2 { "报告" }
                span.figure { (at_least(holding, more_reports)) }
                p { "份内容至今未变。" }
                p { a href="/portal/my/reports" { "查看报告" } }
            }
            li.card {
                h2 { "办理中" }
                span.figure { (at_least(cases, more_cases)) }
                p { "件异议或修复申请。" }
                p { a href="/portal/my/cases" { "查看办理情况" } }
            }
        }
        h2 { "最近谁看过我的数据" }
        @if entries.is_empty() { p { "还没有。" } }
        ul {
            @for entry in entries.iter().take(LATEST) {
                li { (china_time::display(entry.at)) " " (who(entry)) "：" (entry.action.title()) }
            }
        }
        p { a href="/portal/my/access" { "全部" } }
    };
    Ok(frame::page(asked, &View { title: "我的信用", path: "/portal/my", ..View::default() }, content))
}

/// The newest of what the subject was told and has not seen.
fn told(notices: &Notices) -> Markup {
    html! {
        div.notice role="status" {
            strong { a href=(PAGE) { (notices.new) " 条新通知" } }
            ul { @for notice in notices.items.iter().filter(|notice| notice.new).take(TOLD) { li { (notice.title) "：" (notice.text) } } }
        }
    }
}

/// That the subject can have no report, since when and why, and what it can do.
pub(crate) fn barred(bar: &SubjectBar) -> Markup {
    html! {
        div.notice.fault role="alert" {
            strong { "目前不能使用“信用代证”" }
            p { (china_time::display(bar.since)) " 起，" (bar.unit_name) "认定“" (bar.domain) "”领域的承诺（" (bar.commitment) "）为虚假承诺：" (bar.evidence) }
            p {
                "解除前请按原途径开具证明；对认定有异议的，请向该单位或平台提出。"
                a href="/portal/my/commitments" { "查看承诺" } " · " a href="/portal/feedback" { "向平台提出" }
            }
        }
    }
}

/// A count, or that there may be more.
fn at_least(count: usize, more: bool) -> String {
    if more { format!("{count}+") } else { count.to_string() }
}
