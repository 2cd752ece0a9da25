//! `/portal/my/notices`: what the subject is told without asking, the new ones marked (R12, R13, R15).

use maud::{Markup, html};
use xinzheng_api::notice::{LIST, ListedNotice, NewNotices, SEE, Seen};
use xinzheng_api::page::{Cursor, ListQuery};
use xinzheng_domain::case::notice::{Concerns, NoticeKind};
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::elements::{act, badge, pager};
use crate::frame::{self, View};

/// Where the page is.
pub(super) const PAGE: &str = "/portal/my/notices";

/// The list, newest first.
pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let older = ListQuery { cursor: asked.query.parameter("cursor")? };
    let notices = asked.api().ask(&LIST, &(), &older).await?;
    let newest = notices.items.iter().map(|notice| notice.number).max().unwrap_or_default().to_string();
    let content = html! {
        h1 { "通知 " @if notices.new > 0 { (badge("bad", &format!("{} 条新通知", notices.new))) } }
        @if notices.items.is_empty() { p { "还没有通知。授权被使用、报告有变化、异议和修复有结果、可以申请修复时，会在这里告诉您。" } }
        @if notices.new > 0 && asked.query.filled("cursor").is_none() {
            div.buttons { (act(asked, PAGE, "全部标为已读", "quiet", &[("through", &newest)])) }
        }
        @for notice in &notices.items { (article(notice)) }
        (pager(PAGE, notices.next.as_ref().map(Cursor::as_str)))
        p.hint { "通知保留 180 天。" }
    };
    Ok(frame::page(asked, &View { title: "通知", path: PAGE, ..View::default() }, content))
}

fn article(notice: &ListedNotice) -> Markup {
    html! {
        article.record {
            h2 { @if notice.new { (badge("bad", "新")) " " } (notice.title) }
            p { (notice.text) }
            p.hint { (china_time::display(notice.notice.at)) @if let Some((address, text)) = place(notice) { " · " a href=(address) { (text) } } }
        }
    }
}

/// Where what a notice concerns is.
fn place(notice: &ListedNotice) -> Option<(String, &'static str)> {
    let Concerns { report, objection, repair, record, grant, .. } = &notice.notice.concerns;
    if let (NoticeKind::RecordRepairable, Some(record)) = (notice.notice.kind, record) {
        return Some((format!("/portal/my/records/{record}/repair"), "申请修复"));
    }
    if notice.notice.kind == NoticeKind::GrantUsed || (report.is_none() && grant.is_some()) {
        return Some(("/portal/my/access".to_owned(), "查看查询日志"));
    }
    let case = objection.as_ref().map(ToString::to_string).or(repair.as_ref().map(ToString::to_string));
    match (case, report) {
        (Some(id), _) => Some((format!("/portal/my/cases#{id}"), "查看办理结果")),
        (None, Some(report)) => Some((format!("/portal/my/reports/{report}"), "查看报告")),
        (None, None) => None,
    }
}

/// Notes that all of the list was seen.
pub(crate) async fn see(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let through = asked.form.text("through").parse().unwrap_or(1);
    let NewNotices { .. } = asked.api().submit(&SEE, &(), &Seen { through }, "").await?;
    Ok(HttpResponse::see_other(PAGE))
}
