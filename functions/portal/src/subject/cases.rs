//! `/portal/my/cases`: objections and applications for repair, from a record to their result (R5, R15).

use jiff::Timestamp;
use jiff::civil::Date;
use maud::{Markup, html};
use xinzheng_api::objection::{self, ObjectionAttachmentPath, ObjectionCase, ObjectionPath, ObjectionRequest};
use xinzheng_api::page::{Cursor, UnitListQuery};
use xinzheng_api::record::OwnRecord;
use xinzheng_api::repair::{self, RepairAttachmentPath, RepairCase, RepairPath, RepairRequest};
use xinzheng_domain::case::attachment::Attachment;
use xinzheng_domain::case::objection::Contested;
use xinzheng_domain::case::repair_application::RepairState;
use xinzheng_domain::{RecordId, china_time};
use xinzheng_runtime::{HttpResponse, Problem};

use super::records;
use crate::PageRequest;
use crate::elements::{
    Fields, FormFault, act_once, attaching, attachments, badge, hidden, pager, state_badge, version,
};
use crate::form::{Form, parse_segment, query};
use crate::frame::{self, View};

/// The list of both.
pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let api = asked.api();
    let older = UnitListQuery { cursor: asked.query.parameter("cursor")?, unit: None };
    let older_repairs = UnitListQuery { cursor: asked.query.parameter("repairs")?, unit: None };
    let (objections, repairs) =
        tokio::try_join!(api.ask(&objection::LIST, &(), &older), api.ask(&repair::LIST, &(), &older_repairs))?;
    let content = html! {
        h1 { "异议与修复" }
        h2 { "异议" }
        @if objections.items.is_empty() {
            p { "没有提出过异议。对记录有异议的，请从" a href="/portal/my/records" { "我的记录" } "提出。" }
        }
        @for objection in &objections.items { (Case::from(objection).article(asked)) }
        (pager("/portal/my/cases", objections.next.as_ref().map(Cursor::as_str)))
        h2 { "信用修复" }
        @if repairs.items.is_empty() { p { "没有申请过修复。" } }
        @for application in &repairs.items { (Case::from(application).article(asked)) }
        @if let Some(next) = &repairs.next {
            p.pager { a.button.quiet href={ "/portal/my/cases?" (query([("repairs", next.as_str())])) } { "更早的" } }
        }
    };
    Ok(frame::page(asked, &View { title: "异议与修复", path: "/portal/my/cases", ..View::default() }, content))
}

/// What both have in common.
struct Case<'c> {
    list: &'static str,
    id: String,
    document: &'c str,
    badge: Markup,
    unit_name: &'c str,
    /// What is contested, when it is not the record itself.
    contested: Option<&'static str>,
    /// What the subject tells, under its heading.
    told: (&'static str, &'c str),
    commitment: Option<&'c str>,
    attachments: &'c [Attachment],
    submitted_at: Timestamp,
    /// The last day for the answer, and whether it has passed.
    due: Option<(Date, bool)>,
    /// Why and when it ended.
    end: Option<(&'c str, Timestamp)>,
    open: bool,
    version: u32,
}

impl<'c> From<&'c ObjectionCase> for Case<'c> {
    fn from(case: &'c ObjectionCase) -> Self {
        let objection = &case.objection;
        Self {
            list: "objections",
            id: objection.id.to_string(),
            document: &objection.document,
            badge: state_badge(objection.state, &case.state_title),
            unit_name: &case.unit_name,
            contested: match objection.contested {
                Contested::Record => None,
                Contested::Repair => Some("修复结果"),
                Contested::RepairRefusal => Some("不予修复的决定"),
            },
            told: ("理由", &objection.reasons),
            commitment: None,
            attachments: &objection.attachments,
            submitted_at: objection.submitted_at,
            due: Some((objection.due, case.overdue)),
            end: objection.conclusion.as_ref().map(|end| (end.reason.as_str(), end.at)),
            open: objection.state.is_open(),
            version: objection.version,
        }
    }
}

impl<'c> From<&'c RepairCase> for Case<'c> {
    fn from(case: &'c RepairCase) -> Self {
        let application = &case.application;
        Self {
            list: "repairs",
            id: application.id.to_string(),
            document: &application.document,
            badge: state_badge(application.state, &case.state_title),
            unit_name: &case.unit_name,
            contested: None,
            told: ("履行情况", &application.proof),
            commitment: application.commitment.as_deref().filter(|commitment| !commitment.is_empty()),
            attachments: &application.attachments,
            submitted_at: application.submitted_at,
            due: None,
            end: application.decision.as_ref().map(|end| (end.reason.as_str(), end.at)),
            open: application.state == RepairState::Submitted,
            version: application.version,
        }
    }
}

impl Case<'_> {
    fn article(&self, asked: &PageRequest<'_>) -> Markup {
        let address = format!("/portal/my/{}/{}", self.list, self.id);
        let (heading, told) = self.told;
        html! {
            article.record id=(self.id) {
                h3 { (self.document) " " (self.badge) }
                @if self.id == asked.query.text("new") {
                    div.notice.done role="status" {
                        p { "已提交。" @if let Some((due, _)) = self.due { "责任单位应在 " strong { (due) } " 前反馈。" } }
                    }
                }
                dl {
                    dt { "编号" } dd { (self.id) }
                    dt { "责任单位" } dd { (self.unit_name) }
                    @if let Some(contested) = self.contested { dt { "异议对象" } dd { (contested) } }
                    dt { (heading) } dd { (told) }
                    @if let Some(commitment) = self.commitment { dt { "公开承诺" } dd { (commitment) } }
                    (attachments(self.attachments, &address))
                    dt { "提交时间" } dd { (china_time::display(self.submitted_at)) }
                    @if let Some((due, overdue)) = self.due {
                        dt { "反馈期限" } dd { (due) @if overdue { " " (badge("bad", "已逾期，平台正在督办")) } }
                    }
                    @if let Some((reason, at)) = self.end {
                        dt { "办理结果" } dd { (reason) }
                        dt { "办结时间" } dd { (china_time::display(at)) }
                    }
                }
                @if self.open {
                    div.buttons {
                        (act_once(asked, &format!("{address}/retraction"), "撤回", "撤回后不再办理，不能恢复；需要时可以重新提出。", &[("version", &version(self.version))]))
                    }
                }
            }
        }
    }
}

/// The form of an objection.
pub(crate) async fn objecting(asked: &PageRequest<'_>, id: &str) -> Result<HttpResponse, Problem> {
    objection_form(asked, records::id(id)?, &Form::with([("contested", "record".to_owned())]), None).await
}

async fn objection_form(
    asked: &PageRequest<'_>,
    id: RecordId,
    filled: &Form,
    fault: Option<&FormFault>,
) -> Result<HttpResponse, Problem> {
    let api = asked.api();
    let latest = UnitListQuery { cursor: None, unit: None };
    let (record, repairs) = tokio::try_join!(records::one(asked, id), api.ask(&repair::LIST, &(), &latest))?;
    let fields = Fields { form: filled, fault };
    let mut contested = vec![("record", "记录本身")];
    if record.repaired_on.is_some() {
        contested.push(("repair", "修复的结果"));
    }
    let refused =
        |repair: &RepairCase| repair.application.record == id && repair.application.state == RepairState::Refused;
    if repairs.items.iter().any(refused) {
        contested.push(("repair-refusal", "不予修复的决定"));
    }
    let content = html! {
        h1 { "提出异议" }
        p { "由" (record.unit_name) "在 5 个工作日内核实反馈。办理期间，报告中的这条记录会注明“异议处理中”。" }
        h2 { "所涉记录" }
        (records::card(&record, false, false))
        (fields.summary())
        form action={ "/portal/my/records/" (id) "/object" } method="post" {
            (hidden(asked))
            @if contested.len() > 1 {
                (fields.radios("contested", "对什么有异议", &contested))
            } @else {
                input type="hidden" name="contested" value="record";
            }
            (fields.area("reasons", "理由", "请写明哪里有误、正确的情况是什么。最多 2000 字。", true))
            (attaching(filled))
            button type="submit" { "提交异议" }
        }
    };
    Ok(frame::page(asked, &view("提出异议", fault), content))
}

fn view<'v>(title: &'v str, fault: Option<&FormFault>) -> View<'v> {
    View {
        title,
        path: "/portal/my/records",
        scripts: &["attach.js"],
        sending: true,
        status: fault.map_or(200, FormFault::status),
        ..View::default()
    }
}

/// Submits an objection.
pub(crate) async fn object(asked: &PageRequest<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let id = records::id(id)?;
    match objected(asked, id).await {
        Ok(case) => Ok(submitted(case.objection.id.as_str())),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => {
            objection_form(asked, id, &asked.form, Some(&FormFault::of(problem, &[("reason", "reasons")]))).await
        }
    }
}

async fn objected(asked: &PageRequest<'_>, record: RecordId) -> Result<ObjectionCase, Problem> {
    let sent = &asked.form;
    let request = ObjectionRequest {
        record,
        contested: sent.value("contested")?,
        reasons: sent.text("reasons").to_owned(),
        report: None,
        attachments: sent.values("attachment")?,
    };
    asked.api().submit(&objection::SUBMIT, &(), &request, sent.text("once")).await
}

fn submitted(id: &str) -> HttpResponse {
    HttpResponse::see_other(&format!("/portal/my/cases?new={id}#{id}"))
}

/// The form of an application for repair.
pub(crate) async fn repairing(asked: &PageRequest<'_>, id: &str) -> Result<HttpResponse, Problem> {
    repair_form(asked, records::id(id)?, &Form::with([("commitment", COMMITMENT.to_owned())]), None).await
}

/// What an applicant for repair commits itself to, in the words that it can change.
const COMMITMENT: &str = "本单位（人）承诺：已纠正失信行为、履行相关义务，所提交的材料真实、准确、完整；今后严格遵守法律法规，诚信守法经营；如违反上述承诺，自愿接受依法处理。同意将本承诺向社会公开。";

async fn repair_form(
    asked: &PageRequest<'_>,
    id: RecordId,
    filled: &Form,
    fault: Option<&FormFault>,
) -> Result<HttpResponse, Problem> {
    let record = records::one(asked, id).await?;
    let fields = Fields { form: filled, fault };
    let today = china_time::date(asked.app.clock.now());
    let early = today < record.repairable_from;
    let content = html! {
        h1 { "申请信用修复" }
        p { "由" (record.unit_name) "审核。准予修复后，记录仍会列入报告，并注明“已修复”。" }
        h2 { "所涉记录" }
        (records::card(&record, false, false))
        (when_repairable(&record, today))
        (fields.summary())
        @if !early || fault.is_some() { (repair_fields(asked, id, &record, &fields)) }
    };
    Ok(frame::page(asked, &view("申请信用修复", fault), content))
}

/// From when on the record can be repaired and until when it is published, and why.
fn when_repairable(record: &OwnRecord, today: Date) -> Markup {
    html! {
        div.notice {
            strong {
                @if today < record.repairable_from { "还不能申请：最早可于 " (record.repairable_from) " 申请" } @else { "现在可以申请" }
            }
            dl {
                dt { "失信程度" } dd { (record.severity_title) }
                dt { "决定日期" } dd { (record.decided) }
                dt { "最早申请日" } dd { (record.repairable_from) "（最短公示期届满）" }
                dt { "最长公示至" } dd { @match record.published_until { Some(day) => (day), None => "措施有效期间一直公示" } }
                dt { "依据" } dd { (record.publicity_order) }
            }
            p.hint { "公示期满停止公示，不等于修复：记录仍会列入报告所选期间之内。" }
        }
    }
}

fn repair_fields(asked: &PageRequest<'_>, id: RecordId, record: &OwnRecord, fields: &Fields<'_>) -> Markup {
    html! {
        form action={ "/portal/my/records/" (id) "/repair" } method="post" {
            (hidden(asked))
            (fields.area("proof", "履行和整改情况", "如罚款缴纳日期和票据号、整改结果、信用承诺等。最多 2000 字。", true))
            @if record.commitment_asked {
                (fields.area("commitment", "公开承诺", "提交即作出此承诺，会随申请向审核单位出示。", true))
            }
            (attaching(fields.form))
            button type="submit" { "提交申请" }
        }
    }
}

/// Applies for repair.
pub(crate) async fn repair(asked: &PageRequest<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let id = records::id(id)?;
    match applied(asked, id).await {
        Ok(case) => Ok(submitted(case.application.id.as_str())),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => {
            let fault = FormFault::of(problem, &[("text-", "proof"), ("commitment-", "commitment")]);
            repair_form(asked, id, &asked.form, Some(&fault)).await
        }
    }
}

async fn applied(asked: &PageRequest<'_>, record: RecordId) -> Result<RepairCase, Problem> {
    let sent = &asked.form;
    let request = RepairRequest {
        record,
        proof: sent.text("proof").to_owned(),
        commitment: sent.filled("commitment").map(str::to_owned),
        attachments: sent.values("attachment")?,
    };
    asked.api().submit(&repair::APPLY, &(), &request, sent.text("once")).await
}

/// Takes an objection back.
pub(crate) async fn retract_objection(asked: &PageRequest<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let (once, version) = (asked.form.text("once"), asked.form.text("version"));
    asked.api().change(&objection::RETRACT, &ObjectionPath { id: parse_segment(id)? }, &(), once, version).await?;
    Ok(HttpResponse::see_other("/portal/my/cases"))
}

/// Takes an application back.
pub(crate) async fn retract_repair(asked: &PageRequest<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let (once, version) = (asked.form.text("once"), asked.form.text("version"));
    asked.api().change(&repair::RETRACT, &RepairPath { id: parse_segment(id)? }, &(), once, version).await?;
    Ok(HttpResponse::see_other("/portal/my/cases"))
}

/// An attachment, at the object store: never a page of the portal's own. `list` is `objections` or `repairs`.
pub(crate) async fn attachment(
    asked: &PageRequest<'_>,
    list: &str,
    id: &str,
    attachment: &str,
) -> Result<HttpResponse, Problem> {
    let (api, attachment) = (asked.api(), parse_segment(attachment)?);
    let address = if list == "objections" {
        api.way_to(&objection::ATTACHMENT, &ObjectionAttachmentPath { id: parse_segment(id)?, attachment }).await?
    } else {
        api.way_to(&repair::ATTACHMENT, &RepairAttachmentPath { id: parse_segment(id)?, attachment }).await?
    };
    Ok(HttpResponse::see_other(&address))
}
