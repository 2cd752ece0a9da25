//! `/portal/unit/work/commitments/{id}`: following a commitment.

use maud::{Markup, html};
use xinzheng_api::commitment::{
    CommitmentCase, CommitmentFinding, CommitmentOutcome, CommitmentPath, LIFT, LiftingRequest, READ, TRACK,
};
use xinzheng_domain::case::commitment::{CommitmentId, CommitmentState};
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use super::case;
use super::desk::Desk;
use crate::PageRequest;
use crate::elements::{Fields, FormFault, hidden, state_badge, version};
use crate::form::{Form, parse_segment};

/// What can come of a commitment.
const OUTCOMES: [(CommitmentOutcome, &str); 4] = [
    (CommitmentOutcome::Checked, "已核查，继续履行"),
    (CommitmentOutcome::Kept, "已履行"),
    (CommitmentOutcome::Broken, "未履行"),
    (CommitmentOutcome::False, "虚假承诺"),
];

fn address(desk: &Desk, id: &CommitmentId) -> String {
    desk.address(&format!("work/commitments/{id}"))
}

/// A commitment with what can be noted about it.
pub(crate) async fn page(asked: &PageRequest<'_>, desk: &Desk, id: &str) -> Result<HttpResponse, Problem> {
    form(asked, desk, parse_segment(id)?, &Form::default(), None).await
}

async fn form(
    asked: &PageRequest<'_>,
    desk: &Desk,
    id: CommitmentId,
    filled: &Form,
    fault: Option<&FormFault>,
) -> Result<HttpResponse, Problem> {
    let case = asked.api().ask(&READ, &CommitmentPath { id }, &()).await?;
    let commitment = &case.commitment;
    desk.has(Some(commitment.unit))?;
    let fields = Fields { form: filled, fault };
    let outcomes = OUTCOMES.map(|(outcome, text)| (outcome.code(), text));
    let content = html! {
        h1 { "承诺核查 " (state_badge(commitment.state, &case.state_title)) }
        (facts(&case))
        @if commitment.state == CommitmentState::Made && desk.acts() {
            h2 { "核查" }
            (fields.summary())
            form action={ (address(desk, &commitment.id)) "/steps" } method="post" {
                (hidden(asked))
                input type="hidden" name="version" value=(version(commitment.version));
                (fields.radios("outcome", "结果", &outcomes))
                (fields.area("evidence", "核查情况", "认定虚假承诺的，该主体在解除前不能使用“信用代证”。", true))
                (fields.sure_of_one("认定虚假承诺的，请勾选：我已核对承诺和证据，知道该主体从此不能使用“信用代证”"))
                button type="submit" { "记录" }
            }
        }
        @if commitment.state == CommitmentState::False && !desk.acts() { (lifting(asked, desk, &case, &fields)) }
    };
    Ok(case::page(asked, desk, "承诺核查", fault, &content))
}

/// How the platform lifts the bar of a false commitment.
fn lifting(asked: &PageRequest<'_>, desk: &Desk, case: &CommitmentCase, fields: &Fields<'_>) -> Markup {
    let commitment = &case.commitment;
    html! {
        h2 { "解除限制" }
        p { "解除后，该主体可以重新使用“信用代证”；承诺和认定仍然保留，解除本身不能撤回。" }
        (fields.summary())
        form action={ (address(desk, &commitment.id)) "/lifting" } method="post" {
            (hidden(asked))
            input type="hidden" name="version" value=(version(commitment.version));
            (fields.area("reason", "解除的理由", "会告知主体和责任单位。最多 2000 字。", true))
            (fields.sure("我已核对，知道解除后不能恢复限制"))
            button.grave type="submit" { "解除限制" }
        }
    }
}

/// Lifts the bar of a false commitment, for the platform.
pub(crate) async fn lift(asked: &PageRequest<'_>, unit: &str, id: &str) -> Result<HttpResponse, Problem> {
    let (sent, desk) = (&asked.form, Desk::about(unit)?);
    let path = CommitmentPath { id: parse_segment(id)? };
    let wanted = sent.sure().map(|()| LiftingRequest { reason: sent.text("reason").to_owned() });
    // Under the address of its own unit alone.
    let case = asked.api().ask(&READ, &path, &()).await?;
    desk.has(Some(case.commitment.unit))?;
    let lifted = match wanted {
        Ok(lifting) => {
            asked.api().change(&LIFT, &path, &lifting, sent.text("once"), sent.text("version")).await.map(drop)
        }
        Err(problem) => Err(problem),
    };
    match lifted {
        Ok(()) => Ok(HttpResponse::see_other(&address(&desk, &path.id))),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => {
            let fault = FormFault::of(problem, &[("text-", "reason"), ("reason", "reason"), ("not-confirmed", "sure")]);
            form(asked, &desk, path.id, sent, Some(&fault)).await
        }
    }
}

/// What a commitment says, and what was noted about it.
fn facts(case: &CommitmentCase) -> Markup {
    let commitment = &case.commitment;
    html! {
        dl {
            dt { "编号" } dd { (commitment.id) }
            dt { "主体" } dd { (commitment.subject) }
            dt { "内容" } dd { (commitment.text) }
            dt { "提交时间" } dd { (china_time::display(commitment.made_at)) }
            dt { "期限" } dd { (commitment.until) }
            @for step in &commitment.steps { dt { (china_time::display(step.at)) } dd { (step.evidence) } }
        }
    }
}

/// Notes a check or the outcome of a commitment.
pub(crate) async fn note(asked: &PageRequest<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let path = CommitmentPath { id: parse_segment(id)? };
    let wanted = sent.value("outcome").and_then(|outcome| {
        // What bars a subject asks once.
        if outcome == CommitmentOutcome::False {
            sent.sure()?;
        }
        Ok(CommitmentFinding { outcome, evidence: sent.text("evidence").to_owned() })
    });
    let answered = match wanted {
        Ok(finding) => {
            asked.api().change(&TRACK, &path, &finding, sent.text("once"), sent.text("version")).await.map(drop)
        }
        Err(problem) => Err(problem),
    };
    match answered {
        Ok(()) => Ok(HttpResponse::see_other(&address(&Desk::own(), &path.id))),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => {
            let fault =
                FormFault::of(problem, &[("text-", "evidence"), ("form-unfit", "outcome"), ("not-confirmed", "sure")]);
            form(asked, &Desk::own(), path.id, sent, Some(&fault)).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_read_as_it_is_written() {
        for (outcome, _) in OUTCOMES {
            let sent = Form::with([("outcome", outcome.code().to_owned())]);
            assert_eq!(sent.value::<CommitmentOutcome>("outcome").ok(), Some(outcome));
        }
    }
}
