//! `/portal/unit/work/objections/{id}`: taking up and deciding an objection.

use std::borrow::Cow;

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use xinzheng_api::objection::{
    ACCEPT, ATTACHMENT, DECIDE, GrantedRepair, ObjectionAttachmentPath, ObjectionCase, ObjectionDecision,
    ObjectionOutcome, ObjectionPath, READ,
};
use xinzheng_domain::case::objection::{Contested, ObjectionId, ObjectionState};
use xinzheng_domain::record::Withdrawal;
use xinzheng_domain::{Record, china_time};
use xinzheng_runtime::{HttpResponse, Problem};

use super::case;
use super::desk::Desk;
use super::record::current;
use super::record_field::CORRECTABLE;
use crate::PageRequest;
use crate::elements::{Fields, FormFault, act, attachments, badge, hidden, state_badge, version};
use crate::form::{Form, parse_segment};

/// Beginning of the names of fields that correct a record.
const CORRECTS: &str = "to:";

/// How an objection may end, as the form says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum End {
    Rejected,
    Withdrawal,
    Correction,
    Repair,
    CancelRepair,
}

impl End {
    /// What can become of an objection to this, with what the form calls it.
    fn of(contested: Contested) -> Vec<(&'static str, &'static str)> {
        let mut ends = vec![
            (Self::Rejected, "异议不成立，记录不变"),
            (Self::Withdrawal, "异议成立，撤销记录"),
            (Self::Correction, "异议成立，更正记录"),
        ];
        match contested {
            Contested::Record => {}
            Contested::Repair => {
                ends.extend([(Self::Repair, "异议成立，更正修复结果"), (Self::CancelRepair, "异议成立，取消修复")])
            }
            Contested::RepairRefusal => ends.push((Self::Repair, "异议成立，准予修复")),
        }
        ends.into_iter().map(|(end, text)| (end.code(), text)).collect()
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Withdrawal => "withdrawal",
            Self::Correction => "correction",
            Self::Repair => "repair",
            Self::CancelRepair => "cancel-repair",
        }
    }
}

fn address(desk: &Desk, id: &ObjectionId) -> String {
    desk.address(&format!("work/objections/{id}"))
}

/// An objection with what can be done about it.
pub(crate) async fn page(asked: &PageRequest<'_>, desk: &Desk, id: &str) -> Result<HttpResponse, Problem> {
    form(asked, desk, parse_segment(id)?, &Form::default(), None).await
}

/// A file of an objection, at the object store.
pub(crate) async fn attachment(asked: &PageRequest<'_>, id: &str, attachment: &str) -> Result<HttpResponse, Problem> {
    let path = ObjectionAttachmentPath { id: parse_segment(id)?, attachment: parse_segment(attachment)? };
    Ok(HttpResponse::see_other(&asked.api().way_to(&ATTACHMENT, &path).await?))
}

async fn form(
    asked: &PageRequest<'_>,
    desk: &Desk,
    id: ObjectionId,
    filled: &Form,
    fault: Option<&FormFault>,
) -> Result<HttpResponse, Problem> {
    let case = asked.api().ask(&READ, &ObjectionPath { id }, &()).await?;
    let objection = &case.objection;
    desk.has(Some(objection.unit))?;
    let address = address(desk, &objection.id);
    let record = match objection.state {
        ObjectionState::Accepted if desk.acts() => current(asked, objection.record).await?,
        _ => None,
    };
    let version = version(objection.version);
    let content = html! {
        h1 { "异议 " (state_badge(objection.state, &case.state_title)) }
        (facts(&case, desk))
        @match objection.state {
            ObjectionState::Submitted | ObjectionState::Accepted if !desk.acts() => {}
            ObjectionState::Submitted => {
                div.buttons { (act(asked, &format!("{address}/acceptance"), "受理", "", &[("version", &version)])) }
            }
            ObjectionState::Accepted => {
                @let fields = Fields { form: filled, fault };
                h2 { "办理" }
                (fields.summary())
                form action={ (address) "/decision" } method="post" {
                    (hidden(asked))
                    input type="hidden" name="version" value=(version);
                    (decision(objection.contested, record.as_ref(), &fields))
                    button type="submit" { "作出结论" }
                }
            }
            ObjectionState::Upheld | ObjectionState::Rejected | ObjectionState::Withdrawn => {}
        }
    };
    Ok(case::page(asked, desk, "异议", fault, &content))
}

/// What an objection says.
fn facts(case: &ObjectionCase, desk: &Desk) -> Markup {
    let objection = &case.objection;
    html! {
        dl {
            dt { "编号" } dd { (objection.id) }
            dt { "主体" } dd { (objection.subject) }
            (case::record(desk, objection.record, &objection.document))
            @match objection.contested {
                Contested::Record => {}
                Contested::Repair => { dt { "异议对象" } dd { "修复结果" } }
                Contested::RepairRefusal => { dt { "异议对象" } dd { "不予修复的决定" } }
            }
            dt { "内容" } dd { (objection.reasons) }
            (attachments(&objection.attachments, &address(desk, &objection.id)))
            dt { "提交时间" } dd { (china_time::display(objection.submitted_at)) }
            dt { "期限" } dd { (objection.due) @if case.overdue { " " (badge("bad", "已逾期")) } }
            @if let Some(conclusion) = &objection.conclusion { (case::end(conclusion.at, &conclusion.reason)) }
        }
    }
}

/// The fields of a decision.
fn decision(contested: Contested, record: Option<&Record<'_>>, fields: &Fields<'_>) -> Markup {
    let open = |end: End| fields.form.has("outcome", end.code());
    html! {
        (fields.radios("outcome", "结论", &End::of(contested)))
        (fields.area("reason", "理由", "会告知当事人。", true))
        details open[open(End::Withdrawal)] {
            summary { "撤销记录时填写" }
            (fields.input("text", "document", "撤销决定文号", "", false))
            (fields.input("date", "date", "撤销日期", "", false))
            (fields.input("text", "authority", "作出撤销决定的机关", "不填即为原机关。", false))
        }
        @if contested != Contested::Record {
            details open[open(End::Repair)] {
                summary { "更正修复结果或准予修复时填写" }
                (fields.input("text", "repair_document", "准予修复决定书文号", "", false))
                (fields.input("date", "repair_date", "修复日期", "", false))
            }
        }
        details open[open(End::Correction)] {
            summary { "更正记录时修改" }
            p.hint { "只改有误的内容。文号或主体有误的，请撤销后重新报送。" }
            @if let Some(record) = record { (corrections(record, fields)) }
        }
    }
}

/// What of a record can be corrected, as it is or as it was filled in.
fn corrections(record: &Record<'_>, fields: &Fields<'_>) -> Markup {
    let correctable = CORRECTABLE.iter().filter_map(|field| Some((field, (field.text)(record)?)));
    html! {
        @for (field, value) in correctable {
            @let name = format!("{CORRECTS}{}", field.place);
            @let sent = fields.form.filled(&name).unwrap_or(&value);
            @let wrong = fields.wrong(&name);
            @let (invalid, told) = (wrong.map(|_| "true"), wrong.map(|_| format!("{name}-error")));
            div.field {
                label for=(name) { (field.label) }
                @if value.chars().count() > 40 {
                    textarea id=(name) name=(name) rows="4" aria-invalid=[invalid] aria-describedby=[&told] { (sent) }
                } @else {
                    input id=(name) name=(name) type="text" value=(sent) aria-invalid=[invalid] aria-describedby=[&told];
                }
                @if let Some(problem) = wrong { p.error id={ (name) "-error" } { "⚠ " (field.label) "的" (problem.title()) } }
            }
        }
    }
}

/// Takes an objection up.
pub(crate) async fn accept(asked: &PageRequest<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let path = ObjectionPath { id: parse_segment(id)? };
    let (once, version) = (asked.form.text("once"), asked.form.text("version"));
    asked.api().change(&ACCEPT, &path, &(), once, version).await?;
    Ok(HttpResponse::see_other(&address(&Desk::own(), &path.id)))
}

/// Decides an objection.
pub(crate) async fn decide(asked: &PageRequest<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let (sent, api) = (&asked.form, asked.api());
    let path = ObjectionPath { id: parse_segment(id)? };
    let end = sent.value::<End>("outcome");
    let record = match end {
        Ok(End::Withdrawal | End::Correction) => {
            let case = api.ask(&READ, &path, &()).await?;
            current(asked, case.objection.record).await?
        }
        _ => None,
    };
    let document = match end {
        Ok(End::Withdrawal) => "document",
        Ok(End::Repair) => "repair_document",
        _ => "outcome",
    };
    let answered = match end.and_then(|end| wanted(end, record.as_ref(), sent)) {
        Ok(decision) => api.change(&DECIDE, &path, &decision, sent.text("once"), sent.text("version")).await.map(drop),
        Err(problem) => Err(problem),
    };
    let fields = [
        ("reason", "reason"),
        ("remedy", "outcome"),
        ("correction", "outcome"),
        ("repair-date", "repair_date"),
        ("form-unfit", document),
    ];
    match answered {
        Ok(()) => Ok(HttpResponse::see_other(&address(&Desk::own(), &path.id))),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => {
            let fault = FormFault::of(problem, &fields);
            // Of a correction the very field that is wrong is named.
            let place = fault.pointer().and_then(|pointer| pointer.strip_prefix("/correction/")).map(str::to_owned);
            let fault = match place {
                Some(place) => fault.at(format!("{CORRECTS}{place}")),
                None => fault,
            };
            form(asked, &Desk::own(), path.id, sent, Some(&fault)).await
        }
    }
}

/// The decision that was filled in, about the record as it is now.
fn wanted(end: End, record: Option<&Record<'_>>, sent: &Form) -> Result<ObjectionDecision, Problem> {
    let reason = sent.text("reason");
    let mut decision = ObjectionDecision {
        outcome: ObjectionOutcome::Upheld,
        reason: reason.to_owned(),
        withdrawal: None,
        correction: None,
        repair: None,
        cancel_repair: false,
    };
    match end {
        End::Rejected => decision.outcome = ObjectionOutcome::Rejected,
        End::Withdrawal => {
            let own = record.map_or("", |record| &record.authority.name);
            decision.withdrawal = Some(Withdrawal {
                authority: Cow::Owned(sent.filled("authority").unwrap_or(own).to_owned()),
                document: sent.value("document")?,
                date: sent.value("date")?,
                cause: Cow::Owned(reason.to_owned()),
            });
        }
        End::Correction => decision.correction = Some(record.map_or_else(|| json!({}), |record| patch(record, sent))),
        End::Repair => {
            let (document, date) = (sent.value("repair_document")?, sent.value("repair_date")?);
            decision.repair = Some(GrantedRepair { document, date, content: None });
        }
        End::CancelRepair => decision.cancel_repair = true,
    }
    Ok(decision)
}

/// What of the record was changed in the form, as a JSON merge patch (RFC 7396); what was emptied is removed.
fn patch(record: &Record<'_>, sent: &Form) -> Value {
    let mut patch = json!({});
    for field in &CORRECTABLE {
        let Some(before) = (field.text)(record) else { continue };
        let after = sent.text(&format!("{CORRECTS}{}", field.place));
        if after == before.trim() {
            continue;
        }
        let value = if after.is_empty() { Value::Null } else { json!(after) };
        let mut place = &mut patch;
        let mut parts = field.place.split('/').peekable();
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

#[cfg(test)]
mod tests {
    use super::super::record_field::tests::record;
    use super::*;

    #[test]
    fn a_correction_names_what_was_changed_alone() {
        let record = record(&json!({
            "kind": "coercion", "category": "查封", "cause": "甲", "basis": "乙", "content": "查封场所", "lifted": "2025-04-01",
        }));
        let form = |fields: &[(&'static str, &str)]| {
            let all = CORRECTABLE.iter().filter_map(|field| Some((field.place, (field.text)(&record)?)));
            let kept: Vec<(String, String)> = all.map(|(place, text)| (format!("to:{place}"), text)).collect();
            let kept = kept.iter().map(|(name, text)| (name.as_str(), text.as_str()));
            Form::with(fields.iter().copied().chain(kept).map(|(name, value)| (name, value.to_owned())))
        };
        for (changed, expected) in [
            (vec![], json!({})),
            (vec![("to:decided", "2025-03-02")], json!({ "decided": "2025-03-02" })),
            (vec![("to:remarks", "")], json!({ "remarks": null })),
            (
                vec![("to:details/lifted", "2025-04-02"), ("to:details/content", "查封设施")],
                json!({ "details": { "lifted": "2025-04-02", "content": "查封设施" } }),
            ),
            (vec![("to:authority/uscc", "x"), ("to:id", "x")], json!({})),
        ] {
            assert_eq!(patch(&record, &form(&changed)), expected, "{changed:?}");
        }
    }

    #[test]
    fn an_end_is_read_as_it_is_written() {
        for end in [End::Rejected, End::Withdrawal, End::Correction, End::Repair, End::CancelRepair] {
            let sent = Form::with([("outcome", end.code().to_owned())]);
            assert_eq!(sent.value::<End>("outcome").ok(), Some(end));
        }
    }
}
