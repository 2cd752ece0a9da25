//! `/portal/unit/work/commitments/{id}`: following a commitment.

use maud::{Markup, html};
use xinzheng_api::commitment::{CommitmentCase, CommitmentFinding, CommitmentOutcome, CommitmentPath, READ, TRACK};
use xinzheng_domain::case::commitment::{CommitmentId, CommitmentState};
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use super::case;
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

fn address(id: &CommitmentId) -> String {
    format!("/portal/unit/work/commitments/{id}")
}

/// A commitment with what can be noted about it.
pub(crate) async fn page(asked: &PageRequest<'_>, id: &str) -> Result<HttpResponse, Problem> {
    form(asked, parse_segment(id)?, &Form::default(), None).await
}

async fn form(
    asked: &PageRequest<'_>,
    id: CommitmentId,
    filled: &Form,
    fault: Option<&FormFault>,
) -> Result<HttpResponse, Problem> {
    let case = asked.api().ask(&READ, &CommitmentPath { id }, &()).await?;
    let commitment = &case.commitment;
    let fields = Fields { form: filled, fault };
    let outcomes = OUTCOMES.map(|(outcome, text)| (outcome.code(), text));
    let content = html! {
        h1 { "承诺核查 " (state_badge(commitment.state, &case.state_title)) }
        (facts(&case))
        @if commitment.state == CommitmentState::Made {
            h2 { "核查" }
            (fields.summary())
            form action={ (address(&commitment.id)) "/steps" } method="post" {
                (hidden(asked))
                input type="hidden" name="version" value=(version(commitment.version));
                (fields.radios("outcome", "结果", &outcomes))
                (fields.area("evidence", "核查情况", "认定虚假承诺的，该主体在解除前不能使用“信用代证”。", true))
                button type="submit" { "记录" }
            }
        }
    };
    Ok(case::page(asked, "承诺核查", fault, &content))
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
    let wanted =
        sent.value("outcome").map(|outcome| CommitmentFinding { outcome, evidence: sent.text("evidence").to_owned() });
    let answered = match wanted {
        Ok(finding) => {
            asked.api().change(&TRACK, &path, &finding, sent.text("once"), sent.text("version")).await.map(drop)
        }
        Err(problem) => Err(problem),
    };
    match answered {
        Ok(()) => Ok(HttpResponse::see_other(&address(&path.id))),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => {
            let fault = FormFault::of(problem, &[("text-", "evidence"), ("form-unfit", "outcome")]);
            form(asked, path.id, sent, Some(&fault)).await
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
