//! `/portal/unit/work/…`: taking up and deciding an objection, an application for repair, a commitment.

use maud::{Markup, html};
use serde_json::{Map, Value, json};
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use super::record::{correctable, current};
use crate::Asked;
use crate::elements::{Fields, FormFault, act, badge, hidden};
use crate::form::{Form, segment};
use crate::frame::{self, View};
use crate::said::{Said, attachments, state_badge, version};

/// Beginning of the names of fields that correct a record.
const CORRECTS: &str = "to:";

fn view<'v>(title: &'v str, fault: Option<&FormFault>) -> View<'v> {
    View { title, path: "/portal/unit/work", status: fault.map_or(200, FormFault::status), ..View::default() }
}

/// What a case says.
fn told(case: &Value, list: &str, text: &str) -> Markup {
    let end = if case.at("conclusion").is_null() { case.at("decision") } else { case.at("conclusion") };
    html! {
        dl {
            dt { "编号" } dd { (case.text("id")) }
            dt { "主体" } dd { (case.text("subject")) }
            @if let Some(record) = case.filled("record") {
                dt { "记录" } dd { a href={ "/portal/unit/records/" (record) } { (case.text("document")) } }
            }
            @match case.text("contested") {
                "repair" => { dt { "异议对象" } dd { "修复结果" } }
                "repair-refusal" => { dt { "异议对象" } dd { "不予修复的决定" } }
                _ => {}
            }
            dt { "内容" } dd { (case.text(text)) }
            (attachments(case, &format!("/portal/unit/work/{list}/{}", case.text("id"))))
            dt { "提交时间" } dd { (case.time("submitted_at")) (case.time("made_at")) }
            @if let Some(due) = case.filled("due").or_else(|| case.filled("until")) {
                dt { "期限" } dd { (due) @if case.yes("overdue") { " " (badge("bad", "已逾期")) } }
            }
            @for step in case.list("steps") { dt { (step.time("at")) } dd { (step.text("evidence")) } }
            @if !end.is_null() { dt { "办理结果" } dd { (end.text("reason")) } dt { "办结时间" } dd { (end.time("at")) } }
        }
    }
}

/// An objection with what can be done about it.
pub(crate) async fn objection(asked: &Asked<'_>, id: &str) -> Result<HttpResponse, Problem> {
    objection_form(asked, id, &Form::default(), None).await
}

async fn objection_form(
    asked: &Asked<'_>,
    id: &str,
    filled: &Form,
    fault: Option<&FormFault>,
) -> Result<HttpResponse, Problem> {
    let case = asked.api().get(&format!("/objections/{}", segment(id))).await?;
    let state = case.text("state");
    let address = format!("/portal/unit/work/objections/{}", segment(id));
    let open = matches!(state, "submitted" | "accepted");
    let record = if state == "accepted" { current(asked, case.text("record")).await? } else { Value::Null };
    let fields = Fields { form: filled, fault };
    let mut outcomes = vec![
        ("rejected", "异议不成立，记录不变"),
        ("withdrawal", "异议成立，撤销记录"),
        ("correction", "异议成立，更正记录"),
    ];
    match case.text("contested") {
        "repair" => outcomes.extend([("repair", "异议成立，更正修复结果"), ("cancel-repair", "异议成立，取消修复")]),
        "repair-refusal" => outcomes.push(("repair", "异议成立，准予修复")),
        _ => {}
    }
    let content = html! {
        h1 { "异议 " (state_badge(state, case.text("state_title"))) }
        (told(&case, "objections", "reasons"))
        @if state == "submitted" {
            div.buttons { (act(asked, &format!("{address}/acceptance"), "受理", "", &[("version", &version(&case))])) }
        }
        @if open && state == "accepted" {
            h2 { "办理" }
            (fields.summary())
            form action={ (address) "/decision" } method="post" {
                (hidden(asked))
                input type="hidden" name="version" value=(version(&case));
                (fields.radios("outcome", "结论", &outcomes))
                (fields.area("reason", "理由", "会告知当事人。", true))
                details open[filled.has("outcome", "withdrawal")] {
                    summary { "撤销记录时填写" }
                    (fields.input("text", "document", "撤销决定文号", "", false))
                    (fields.input("date", "date", "撤销日期", "", false))
                    (fields.input("text", "authority", "作出撤销决定的机关", "不填即为原机关。", false))
                }
                @if case.text("contested") != "record" {
                    details open[filled.has("outcome", "repair")] {
                        summary { "更正修复结果或准予修复时填写" }
                        (fields.input("text", "repair_document", "准予修复决定书文号", "", false))
                        (fields.input("date", "repair_date", "修复日期", "", false))
                    }
                }
                details open[filled.has("outcome", "correction")] {
                    summary { "更正记录时修改" }
                    p.hint { "只改有误的内容。文号或主体有误的，请撤销后重新报送。" }
                    @for (name, label, value) in correctable(&record) {
                        @let field = format!("{CORRECTS}{name}");
                        @let sent = filled.filled(&field).unwrap_or(&value);
                        div.field {
                            label for=(field) { (label) }
                            @if value.chars().count() > 40 {
                                textarea id=(field) name=(field) rows="4" { (sent) }
                            } @else {
                                input id=(field) name=(field) type="text" value=(sent);
                            }
                        }
                    }
                }
                button type="submit" { "作出结论" }
            }
        }
        p { a href="/portal/unit/work" { "返回待办" } }
    };
    Ok(frame::page(asked, &view("异议", fault), content))
}

/// Takes an objection up.
pub(crate) async fn accept(asked: &Asked<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let (once, version) = (asked.form.text("once"), asked.form.text("version"));
    asked.api().post(&format!("/objections/{}/acceptance", segment(id)), &json!({}), once, version).await?;
    Ok(HttpResponse::see_other(&format!("/portal/unit/work/objections/{}", segment(id))))
}

/// Decides an objection.
pub(crate) async fn decide_objection(asked: &Asked<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let api = asked.api();
    let mut body = json!({ "outcome": "upheld", "reason": sent.text("reason") });
    let remedy = match sent.text("outcome") {
        "withdrawal" => {
            let case = api.get(&format!("/objections/{}", segment(id))).await?;
            let record = current(asked, case.text("record")).await?;
            let authority = sent.filled("authority").unwrap_or_else(|| record.at("authority").text("name")).to_owned();
            let remedy = json!({
                "authority": authority,
                "document": sent.text("document"),
                "date": sent.text("date"),
                "cause": sent.text("reason"),
            });
            Some(("withdrawal", remedy))
        }
        "correction" => {
            let case = api.get(&format!("/objections/{}", segment(id))).await?;
            let record = current(asked, case.text("record")).await?;
            Some(("correction", patch(&record, sent)))
        }
        "repair" => {
            Some(("repair", json!({ "document": sent.text("repair_document"), "date": sent.text("repair_date") })))
        }
        "cancel-repair" => Some(("cancel_repair", json!(true))),
        _ => None,
    };
    if let Some(fields) = body.as_object_mut() {
        match remedy {
            Some((name, remedy)) => fields.insert(name.to_owned(), remedy),
            None => fields.insert("outcome".to_owned(), json!("rejected")),
        };
    }
    let path = format!("/objections/{}/decision", segment(id));
    let fields = [
        ("reason", "reason"),
        ("remedy", "outcome"),
        ("correction", "outcome"),
        ("repair-date", "repair_date"),
        ("body", if sent.text("outcome") == "repair" { "repair_document" } else { "document" }),
    ];
    match api.post(&path, &body, sent.text("once"), sent.text("version")).await {
        Ok(_) => Ok(HttpResponse::see_other(&format!("/portal/unit/work/objections/{}", segment(id)))),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => objection_form(asked, id, sent, Some(&FormFault::of(problem, &fields))).await,
    }
}

/// What of the record was changed in the form, as a JSON merge patch; what was emptied is removed.
fn patch(record: &Value, sent: &Form) -> Value {
    let mut patch = json!({});
    for (name, _, before) in correctable(record) {
        let field = format!("{CORRECTS}{name}");
        let after = sent.text(&field);
        if after == before.trim() {
            continue;
        }
        let value = if after.is_empty() { Value::Null } else { json!(after) };
        let mut place = &mut patch;
        let mut parts = name.split('/').peekable();
        while let Some(part) = parts.next() {
            let Some(fields) = place.as_object_mut() else { break };
            if parts.peek().is_none() {
                fields.insert(part.to_owned(), value);
                break;
            }
            place = fields.entry(part).or_insert_with(|| Value::Object(Map::new()));
        }
    }
    patch
}

/// An application for repair with what can be done about it.
pub(crate) async fn repair(asked: &Asked<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let today = china_time::date(asked.app.clock.now()).to_string();
    repair_form(asked, id, &Form::with([("date", today)]), None).await
}

async fn repair_form(
    asked: &Asked<'_>,
    id: &str,
    filled: &Form,
    fault: Option<&FormFault>,
) -> Result<HttpResponse, Problem> {
    let case = asked.api().get(&format!("/repairs/{}", segment(id))).await?;
    let fields = Fields { form: filled, fault };
    let outcomes = [("granted", "准予修复"), ("refused", "不予修复")];
    let content = html! {
        h1 { "信用修复申请 " (state_badge(case.text("state"), case.text("state_title"))) }
        (told(&case, "repairs", "proof"))
        @if let Some(commitment) = case.filled("commitment") { dl { dt { "公开承诺" } dd { (commitment) } } }
        @if case.text("state") == "submitted" {
            h2 { "办理" }
            (fields.summary())
            form action={ "/portal/unit/work/repairs/" (segment(id)) "/decision" } method="post" {
                (hidden(asked))
                input type="hidden" name="version" value=(version(&case));
                (fields.radios("outcome", "结论", &outcomes))
                (fields.area("reason", "理由", "会告知当事人。", true))
                details open[filled.has("outcome", "granted")] {
                    summary { "准予修复时填写" }
                    (fields.input("text", "document", "修复决定文号", "", false))
                    (fields.input("date", "date", "修复日期", "", false))
                    (fields.input("text", "content", "修复内容（选填）", "", false))
                }
                button type="submit" { "作出结论" }
            }
        }
        p { a href="/portal/unit/work" { "返回待办" } }
    };
    Ok(frame::page(asked, &view("信用修复申请", fault), content))
}

/// Decides an application for repair.
pub(crate) async fn decide_repair(asked: &Asked<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let mut body = json!({ "outcome": sent.text("outcome"), "reason": sent.text("reason") });
    if sent.text("outcome") == "granted"
        && let Some(fields) = body.as_object_mut()
    {
        let mut repair = json!({ "document": sent.text("document"), "date": sent.text("date") });
        if let (Some(content), Some(fields)) = (sent.filled("content"), repair.as_object_mut()) {
            fields.insert("content".to_owned(), json!(content));
        }
        fields.insert("repair".to_owned(), repair);
    }
    let path = format!("/repairs/{}/decision", segment(id));
    let fields = [
        ("text-", "reason"),
        ("reason", "reason"),
        ("repair-date", "date"),
        ("repair-unfit", "document"),
        ("body", "document"),
    ];
    match asked.api().post(&path, &body, sent.text("once"), sent.text("version")).await {
        Ok(_) => Ok(HttpResponse::see_other(&format!("/portal/unit/work/repairs/{}", segment(id)))),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => repair_form(asked, id, sent, Some(&FormFault::of(problem, &fields))).await,
    }
}

/// A commitment with what can be noted about it.
pub(crate) async fn commitment(asked: &Asked<'_>, id: &str) -> Result<HttpResponse, Problem> {
    commitment_form(asked, id, &Form::default(), None).await
}

async fn commitment_form(
    asked: &Asked<'_>,
    id: &str,
    filled: &Form,
    fault: Option<&FormFault>,
) -> Result<HttpResponse, Problem> {
    let case = asked.api().get(&format!("/commitments/{}", segment(id))).await?;
    let fields = Fields { form: filled, fault };
    let outcomes = [("checked", "已核查，继续履行"), ("kept", "已履行"), ("broken", "未履行"), ("false", "虚假承诺")];
    let content = html! {
        h1 { "承诺核查 " (state_badge(case.text("state"), case.text("state_title"))) }
        (told(&case, "commitments", "text"))
        @if case.text("state") == "made" {
            h2 { "核查" }
            (fields.summary())
            form action={ "/portal/unit/work/commitments/" (segment(id)) "/steps" } method="post" {
                (hidden(asked))
                input type="hidden" name="version" value=(version(&case));
                (fields.radios("outcome", "结果", &outcomes))
                (fields.area("evidence", "核查情况", "认定虚假承诺的，该主体在解除前不能使用“信用代证”。", true))
                button type="submit" { "记录" }
            }
        }
        p { a href="/portal/unit/work" { "返回待办" } }
    };
    Ok(frame::page(asked, &view("承诺核查", fault), content))
}

/// Notes a check or the outcome of a commitment.
pub(crate) async fn note_commitment(asked: &Asked<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let body = json!({ "outcome": sent.text("outcome"), "evidence": sent.text("evidence") });
    let path = format!("/commitments/{}/steps", segment(id));
    match asked.api().post(&path, &body, sent.text("once"), sent.text("version")).await {
        Ok(_) => Ok(HttpResponse::see_other(&format!("/portal/unit/work/commitments/{}", segment(id)))),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => {
            let fault = FormFault::of(problem, &[("text-", "evidence"), ("body", "outcome")]);
            commitment_form(asked, id, sent, Some(&fault)).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_names_what_was_changed_alone() {
        let record = json!({
            "decided": "2025-03-01",
            "remarks": "旧",
            "authority": { "name": "长治市虚构局", "uscc": "11140400000000000X" },
            "details": { "kind": "penalty", "violation": "甲", "content": "罚款", "fine": "1.5" },
        });
        let form = |fields: &[(&'static str, &str)]| {
            let kept = [("to:decided", "2025-03-01"), ("to:remarks", "旧"), ("to:authority/name", "长治市虚构局")];
            let details = [("to:details/violation", "甲"), ("to:details/content", "罚款"), ("to:details/fine", "1.5")];
            let all = fields.iter().copied().chain(kept).chain(details);
            Form::with(all.map(|(name, value)| (name, value.to_owned())))
        };
        for (changed, expected) in [
            (vec![], json!({})),
            (vec![("to:decided", "2025-03-02")], json!({ "decided": "2025-03-02" })),
            (vec![("to:remarks", "")], json!({ "remarks": null })),
            (
                vec![("to:details/fine", "0.15"), ("to:details/content", "罚款 0.15 万元")],
                json!({ "details": { "fine": "0.15", "content": "罚款 0.15 万元" } }),
            ),
            (vec![("to:authority/uscc", "x"), ("to:id", "x")], json!({})),
        ] {
            assert_eq!(patch(&record, &form(&changed)), expected, "{changed:?}");
        }
    }
}
