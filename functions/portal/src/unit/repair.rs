//! `/portal/unit/work/repairs/{id}`: deciding an application for repair.

use maud::{Markup, html};
use xinzheng_api::objection::GrantedRepair;
use xinzheng_api::repair::{
    ATTACHMENT, DECIDE, READ, RepairAttachmentPath, RepairCase, RepairDecisionRequest, RepairOutcome, RepairPath,
};
use xinzheng_domain::case::repair_application::{RepairApplicationId, RepairState};
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use super::case;
use super::desk::Desk;
use crate::PageRequest;
use crate::elements::{Fields, FormFault, attachments, hidden, state_badge, version};
use crate::form::{Form, parse_segment};

fn address(desk: &Desk, id: &RepairApplicationId) -> String {
    desk.address(&format!("work/repairs/{id}"))
}

/// An application for repair with what can be done about it.
pub(crate) async fn page(asked: &PageRequest<'_>, desk: &Desk, id: &str) -> Result<HttpResponse, Problem> {
    let today = china_time::date(asked.app.clock.now()).to_string();
    form(asked, desk, parse_segment(id)?, &Form::with([("date", today)]), None).await
}

/// A file of an application, at the object store.
pub(crate) async fn attachment(asked: &PageRequest<'_>, id: &str, attachment: &str) -> Result<HttpResponse, Problem> {
    let path = RepairAttachmentPath { id: parse_segment(id)?, attachment: parse_segment(attachment)? };
    Ok(HttpResponse::see_other(&asked.api().way_to(&ATTACHMENT, &path).await?))
}

async fn form(
    asked: &PageRequest<'_>,
    desk: &Desk,
    id: RepairApplicationId,
    filled: &Form,
    fault: Option<&FormFault>,
) -> Result<HttpResponse, Problem> {
    let case = asked.api().ask(&READ, &RepairPath { id }, &()).await?;
    let application = &case.application;
    desk.has(Some(application.unit))?;
    let fields = Fields { form: filled, fault };
    let outcomes =
        [(RepairOutcome::Granted, "准予修复"), (RepairOutcome::Refused, "不予修复")].map(|(o, text)| (o.code(), text));
    let content = html! {
        h1 { "信用修复申请 " (state_badge(application.state, &case.state_title)) }
        (facts(&case, desk))
        @if application.state == RepairState::Submitted && desk.acts() {
            h2 { "办理" }
            (fields.summary())
            form action={ (address(desk, &application.id)) "/decision" } method="post" {
                (hidden(asked))
                input type="hidden" name="version" value=(version(application.version));
                (fields.radios("outcome", "结论", &outcomes))
                (fields.area("reason", "理由", "会告知当事人。", true))
                details open[filled.has("outcome", RepairOutcome::Granted.code())] {
                    summary { "准予修复时填写" }
                    (fields.input("text", "document", "修复决定文号", "", false))
                    (fields.input("date", "date", "修复日期", "", false))
                    (fields.input("text", "content", "修复内容（选填）", "", false))
                }
                button type="submit" { "作出结论" }
            }
        }
    };
    Ok(case::page(asked, desk, "信用修复申请", fault, &content))
}

/// What an application says.
fn facts(case: &RepairCase, desk: &Desk) -> Markup {
    let application = &case.application;
    html! {
        dl {
            dt { "编号" } dd { (application.id) }
            dt { "主体" } dd { (application.subject) }
            (case::record(desk, application.record, &application.document))
            dt { "内容" } dd { (application.proof) }
            (attachments(&application.attachments, &address(desk, &application.id)))
            dt { "提交时间" } dd { (china_time::display(application.submitted_at)) }
            @if let Some(decision) = &application.decision { (case::end(decision.at, &decision.reason)) }
        }
        @if let Some(commitment) = &application.commitment { dl { dt { "公开承诺" } dd { (commitment) } } }
    }
}

/// Decides an application for repair.
pub(crate) async fn decide(asked: &PageRequest<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let path = RepairPath { id: parse_segment(id)? };
    let answered = match wanted(sent) {
        Ok(decision) => {
            let (once, version) = (sent.text("once"), sent.text("version"));
            asked.api().change(&DECIDE, &path, &decision, once, version).await.map(drop)
        }
        Err(problem) => Err(problem),
    };
    let fields = [
        ("text-", "reason"),
        ("reason", "reason"),
        ("repair-date", "date"),
        ("repair-unfit", "document"),
        ("form-unfit", "document"),
    ];
    match answered {
        Ok(()) => Ok(HttpResponse::see_other(&address(&Desk::own(), &path.id))),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => form(asked, &Desk::own(), path.id, sent, Some(&FormFault::of(problem, &fields))).await,
    }
}

/// The decision that was filled in.
fn wanted(sent: &Form) -> Result<RepairDecisionRequest, Problem> {
    let outcome = sent.value("outcome")?;
    let repair = match outcome {
        RepairOutcome::Granted => Some(GrantedRepair {
            document: sent.value("document")?,
            date: sent.value("date")?,
            content: sent.filled("content").map(str::to_owned),
        }),
        RepairOutcome::Refused => None,
    };
    Ok(RepairDecisionRequest { outcome, reason: sent.text("reason").to_owned(), repair })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_read_as_it_is_written() {
        for outcome in [RepairOutcome::Granted, RepairOutcome::Refused] {
            let sent = Form::with([("outcome", outcome.code().to_owned())]);
            assert_eq!(sent.value::<RepairOutcome>("outcome").ok(), Some(outcome));
        }
    }
}
