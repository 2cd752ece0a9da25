//! What the pages of objections, applications for repair and commitments have in common.

use jiff::Timestamp;
use maud::{Markup, html};
use xinzheng_domain::{RecordId, china_time};
use xinzheng_runtime::HttpResponse;

use super::desk::Desk;
use crate::PageRequest;
use crate::elements::FormFault;
use crate::frame::{self, View};

/// A page of a case.
pub(crate) fn page(
    asked: &PageRequest<'_>,
    desk: &Desk,
    title: &str,
    fault: Option<&FormFault>,
    content: &Markup,
) -> HttpResponse {
    let status = fault.map_or(200, FormFault::status);
    let view = View { title, path: desk.tab("/portal/unit/work"), status, ..View::default() };
    frame::page(asked, &view, html! { (content) (desk.back("work", "待办")) })
}

/// The record that a case is about.
pub(crate) fn record(desk: &Desk, id: RecordId, document: &str) -> Markup {
    html! { dt { "记录" } dd { a href=(desk.address(&format!("records/{id}"))) { (document) } } }
}

/// How a case ended.
pub(crate) fn end(at: Timestamp, reason: &str) -> Markup {
    html! { dt { "办理结果" } dd { (reason) } dt { "办结时间" } dd { (china_time::display(at)) } }
}
