//! `/portal/my/cases`: objections and applications for repair, from a record to their result (R10, R11).

use maud::{Markup, html};
use serde_json::{Value, json};
use xinzheng_runtime::{HttpResponse, Problem};

use super::records;
use crate::Asked;
use crate::elements::{Fields, FormFault, act, attaching, badge, hidden, pager};
use crate::form::{Form, query, segment};
use crate::frame::{self, View};
use crate::said::{Said, attachments, state_badge, version};

/// The list of both.
pub(crate) async fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let api = asked.api();
    let objections = format!("/objections?{}", query([("cursor", asked.query.text("cursor"))]));
    let repairs = format!("/repairs?{}", query([("cursor", asked.query.text("repairs"))]));
    let (objections, repairs) = tokio::try_join!(api.get(&objections), api.get(&repairs))?;
    let (listed, applications) = (objections.list("objections"), repairs.list("repairs"));
    let new = asked.query.text("new");
    let content = html! {
        h1 { "异议与修复" }
        h2 { "异议" }
        @if listed.is_empty() { p { "没有提出过异议。对记录有异议的，请从" a href="/portal/my/records" { "我的记录" } "提出。" } }
        @for objection in listed { (case(asked, objection, new, "objections")) }
        (pager("/portal/my/cases", objections.filled("next")))
        h2 { "信用修复" }
        @if applications.is_empty() { p { "没有申请过修复。" } }
        @for application in applications { (case(asked, application, new, "repairs")) }
        @if let Some(next) = repairs.filled("next") {
            p.pager { a.button.quiet href={ "/portal/my/cases?" (query([("repairs", next)])) } { "更早的" } }
        }
    };
    Ok(frame::page(asked, &View { title: "异议与修复", path: "/portal/my/cases", ..View::default() }, content))
}

fn case(asked: &Asked<'_>, case: &Value, new: &str, list: &str) -> Markup {
    let (id, state) = (case.text("id"), case.text("state"));
    let objection = list == "objections";
    let told = if objection { "reasons" } else { "proof" };
    let end = if case.at("conclusion").is_null() { case.at("decision") } else { case.at("conclusion") };
    html! {
        article.record id=(id) {
            h3 { (case.text("document")) " " (state_badge(state, case.text("state_title"))) }
            @if id == new {
                div.notice.done role="status" {
                    p { "已提交。" @if let Some(due) = case.filled("due") { "责任单位应在 " strong { (due) } " 前反馈。" } }
                }
            }
            dl {
                dt { "编号" } dd { (id) }
                dt { "责任单位" } dd { (case.text("unit_name")) }
                @if objection && case.text("contested") == "repair" { dt { "异议对象" } dd { "修复结果" } }
                @if objection && case.text("contested") == "repair-refusal" { dt { "异议对象" } dd { "不予修复的决定" } }
                dt { @if objection { "理由" } @else { "履行情况" } } dd { (case.text(told)) }
                @if let Some(commitment) = case.filled("commitment") { dt { "公开承诺" } dd { (commitment) } }
                (attachments(case, &format!("/portal/my/{list}/{id}")))
                dt { "提交时间" } dd { (case.time("submitted_at")) }
                @if let Some(due) = case.filled("due") {
                    dt { "反馈期限" } dd { (due) @if case.yes("overdue") { " " (badge("bad", "已逾期，平台正在督办")) } }
                }
                @if !end.is_null() {
                    dt { "办理结果" } dd { (end.text("reason")) }
                    dt { "办结时间" } dd { (end.time("at")) }
                }
            }
            @if matches!(state, "submitted" | "accepted") {
                div.buttons {
                    (act(asked, &format!("/portal/my/{list}/{id}/retraction"), "撤回", "quiet", &[("version", &version(case))]))
                }
            }
        }
    }
}

/// The form of an objection.
pub(crate) async fn objecting(asked: &Asked<'_>, id: &str) -> Result<HttpResponse, Problem> {
    objection_form(asked, id, &Form::with([("contested", "record".to_owned())]), None).await
}

async fn objection_form(
    asked: &Asked<'_>,
    id: &str,
    filled: &Form,
    fault: Option<&FormFault>,
) -> Result<HttpResponse, Problem> {
    let api = asked.api();
    let (record, repairs) = tokio::try_join!(records::one(asked, id), api.get("/repairs"))?;
    let fields = Fields { form: filled, fault };
    let mut contested = vec![("record", "记录本身")];
    if record.filled("repaired_on").is_some() {
        contested.push(("repair", "修复的结果"));
    }
    let refused = |repair: &Value| repair.text("record") == id && repair.text("state") == "refused";
    if repairs.list("repairs").iter().any(refused) {
        contested.push(("repair-refusal", "不予修复的决定"));
    }
    let content = html! {
        h1 { "提出异议" }
        p { "由" (record.text("unit_name")) "在 5 个工作日内核实反馈。办理期间，报告中的这条记录会注明“异议处理中”。" }
        h2 { "所涉记录" }
        (records::card(&record, false))
        (fields.summary())
        form action={ "/portal/my/records/" (segment(id)) "/object" } method="post" {
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
pub(crate) async fn object(asked: &Asked<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let attachments: Vec<&str> = sent.all("attachment").collect();
    let body = json!({
        "record": id,
        "contested": sent.text("contested"),
        "reasons": sent.text("reasons"),
        "attachments": attachments,
    });
    match asked.api().post("/objections", &body, sent.text("once"), "").await {
        Ok(objection) => Ok(submitted(&objection)),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => objection_form(asked, id, sent, Some(&FormFault::of(problem, &[("reason", "reasons")]))).await,
    }
}

fn submitted(case: &Value) -> HttpResponse {
    let id = segment(case.text("id"));
    HttpResponse::see_other(&format!("/portal/my/cases?new={id}#{}", case.text("id")))
}

/// The form of an application for repair.
pub(crate) async fn repairing(asked: &Asked<'_>, id: &str) -> Result<HttpResponse, Problem> {
    repair_form(asked, id, &Form::with([("commitment", COMMITMENT.to_owned())]), None).await
}

/// What an applicant for repair commits itself to, in the words that it can change.
const COMMITMENT: &str = "本单位（人）承诺：已纠正失信行为、履行相关义务，所提交的材料真实、准确、完整；今后严格遵守法律法规，诚信守法经营；如违反上述承诺，自愿接受依法处理。同意将本承诺向社会公开。";

async fn repair_form(
    asked: &Asked<'_>,
    id: &str,
    filled: &Form,
    fault: Option<&FormFault>,
) -> Result<HttpResponse, Problem> {
    let record = records::one(asked, id).await?;
    let fields = Fields { form: filled, fault };
    let asked_for = record.yes("commitment_asked");
    let content = html! {
        h1 { "申请信用修复" }
        p { "由" (record.text("unit_name")) "审核。准予修复后，记录仍会列入报告，并注明“已修复”。" }
        h2 { "所涉记录" }
        (records::card(&record, false))
        (fields.summary())
        form action={ "/portal/my/records/" (segment(id)) "/repair" } method="post" {
            (hidden(asked))
            (fields.area("proof", "履行和整改情况", "如罚款缴纳日期和票据号、整改结果、信用承诺等。最多 2000 字。", true))
            @if asked_for { (fields.area("commitment", "公开承诺", "提交即作出此承诺，会随申请向审核单位出示。", true)) }
            (attaching(filled))
            button type="submit" { "提交申请" }
        }
    };
    Ok(frame::page(asked, &view("申请信用修复", fault), content))
}

/// Applies for repair.
pub(crate) async fn repair(asked: &Asked<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let attachments: Vec<&str> = sent.all("attachment").collect();
    let mut body = json!({ "record": id, "proof": sent.text("proof"), "attachments": attachments });
    if let (Some(commitment), Some(fields)) = (sent.filled("commitment"), body.as_object_mut()) {
        fields.insert("commitment".to_owned(), json!(commitment));
    }
    match asked.api().post("/repairs", &body, sent.text("once"), "").await {
        Ok(application) => Ok(submitted(&application)),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => {
            repair_form(
                asked,
                id,
                sent,
                Some(&FormFault::of(problem, &[("text-", "proof"), ("commitment-", "commitment")])),
            )
            .await
        }
    }
}

/// Takes an objection or application back.
pub(crate) async fn retract(asked: &Asked<'_>, list: &str, id: &str) -> Result<HttpResponse, Problem> {
    let (once, version) = (asked.form.text("once"), asked.form.text("version"));
    asked.api().post(&format!("/{list}/{}/retraction", segment(id)), &json!({}), once, version).await?;
    Ok(HttpResponse::see_other("/portal/my/cases"))
}

/// An attachment, at the object store: never a page of the portal's own.
pub(crate) async fn attachment(
    asked: &Asked<'_>,
    list: &str,
    id: &str,
    attachment: &str,
) -> Result<HttpResponse, Problem> {
    let path = format!("/{list}/{}/attachments/{}", segment(id), segment(attachment));
    Ok(HttpResponse::see_other(&asked.api().redirect(&path).await?))
}
