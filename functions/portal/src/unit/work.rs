//! `/portal/unit/work`: objections, applications for repair and commitments that wait for the unit.

use jiff::Timestamp;
use jiff::civil::Date;
use maud::{Markup, html};
use xinzheng_api::commitment::CommitmentCase;
use xinzheng_api::objection::ObjectionCase;
use xinzheng_api::page::UnitListQuery;
use xinzheng_api::repair::RepairCase;
use xinzheng_api::{Cursor, commitment, objection, repair};
use xinzheng_domain::case::commitment::CommitmentState;
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use super::desk::Desk;
use crate::PageRequest;
use crate::elements::{badge, pager, state_badge};
use crate::form::query;
use crate::frame::{self, View};

/// A line of a list.
struct Line<'c> {
    due: Option<Date>,
    /// 文号, or the domain of a commitment.
    about: &'c str,
    at: Timestamp,
    state: Markup,
    /// Where its page is, on whichever desk.
    place: String,
}

impl<'c> From<&'c ObjectionCase> for Line<'c> {
    fn from(case: &'c ObjectionCase) -> Self {
        let objection = &case.objection;
        Self {
            due: Some(objection.due),
            about: &objection.document,
            at: objection.submitted_at,
            state: state_badge(objection.state, &case.state_title),
            place: format!("work/objections/{}", objection.id),
        }
    }
}

impl<'c> From<&'c RepairCase> for Line<'c> {
    fn from(case: &'c RepairCase) -> Self {
        let application = &case.application;
        Self {
            due: None,
            about: &application.document,
            at: application.submitted_at,
            state: state_badge(application.state, &case.state_title),
            place: format!("work/repairs/{}", application.id),
        }
    }
}

impl<'c> From<&'c CommitmentCase> for Line<'c> {
    fn from(case: &'c CommitmentCase) -> Self {
        let commitment = &case.commitment;
        Self {
            due: Some(commitment.until),
            about: &commitment.domain,
            at: commitment.made_at,
            state: state_badge(commitment.state, &case.state_title),
            place: format!("work/commitments/{}", commitment.id),
        }
    }
}

pub(crate) async fn page(asked: &PageRequest<'_>, desk: &Desk) -> Result<HttpResponse, Problem> {
    let api = asked.api();
    let behind = |name| Ok::<_, Problem>(UnitListQuery { cursor: asked.query.parameter(name)?, unit: desk.unit() });
    let (objections, repairs, commitments) = (behind("cursor")?, behind("repairs")?, behind("commitments")?);
    let (objections, repairs, commitments) = tokio::try_join!(
        api.ask(&objection::LIST, &(), &objections),
        api.ask(&repair::LIST, &(), &repairs),
        api.ask(&commitment::LIST, &(), &commitments),
    )?;
    let tracked: Vec<CommitmentCase> =
        commitments.items.into_iter().filter(|case| case.commitment.state == CommitmentState::Made).collect();
    let today = china_time::date(asked.app.clock.now());
    let content = html! {
        (desk.heading("待办"))
        p { a href=(desk.address("work/done")) { "已办结的" } }
        h2 { "异议" }
        @if objections.items.is_empty() { p { "没有待办的异议。" } } @else { (table("异议", &objections.items, today, desk)) }
        (pager(&desk.address("work"), objections.next.as_ref().map(Cursor::as_str)))
        h2 { "信用修复申请" }
        @if repairs.items.is_empty() { p { "没有待办的修复申请。" } } @else { (table("信用修复申请", &repairs.items, today, desk)) }
        @if let Some(next) = &repairs.next {
            p { a href={ (desk.address("work")) "?" (query([("repairs", next.as_str())])) } { "更多修复申请" } }
        }
        h2 { "承诺核查" }
        @if tracked.is_empty() { p { "没有需要核查的承诺。" } } @else { (table("承诺核查", &tracked, today, desk)) }
        @if let Some(next) = &commitments.next {
            p { a href={ (desk.address("work")) "?" (query([("commitments", next.as_str())])) } { "更多承诺" } }
        }
        @if !desk.acts() { (desk.back_to_unit("")) }
    };
    let path = desk.tab("/portal/unit/work");
    Ok(frame::page(asked, &View { title: "待办", path, wide: true, ..View::default() }, content))
}

/// Cases, the first due first.
fn table<'c, C>(label: &str, cases: &'c [C], today: Date, desk: &Desk) -> Markup
where
    Line<'c>: From<&'c C>,
{
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) {
            table {
                thead { tr { th scope="col" { "期限" } th scope="col" { "文号或领域" } th scope="col" { "提交时间" } th scope="col" { "状态" } th scope="col" { "办理" } } }
                tbody {
                    @for line in cases.iter().map(Line::from) {
                        tr {
                            td { @if let Some(due) = line.due { (due) @if due < today { " " (badge("bad", "已逾期")) } } }
                            td { (line.about) }
                            td { (china_time::display(line.at)) }
                            td { (line.state) }
                            td { a href=(desk.address(&line.place)) { @if desk.acts() { "查看和办理" } @else { "查看" } } }
                        }
                    }
                }
            }
        }
    }
}
