//! `/portal/my/commitments`: commitments for domains whose records are not collected yet (R16).

use maud::html;
use xinzheng_api::commitment::{self, CommitmentCase, CommitmentRequest};
use xinzheng_api::page::{Cursor, UnitListQuery};
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::elements::{Fields, FormFault, hidden, pager, state_badge};
use crate::form::Form;
use crate::frame::{self, View};

/// Which field a problem is about.
const FIELDS: [(&str, &str); 3] = [("domain-", "domain"), ("until-", "until"), ("text-", "text")];

/// The list, and a form for another.
pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    form(asked, &Form::default(), None).await
}

async fn form(asked: &PageRequest<'_>, filled: &Form, fault: Option<&FormFault>) -> Result<HttpResponse, Problem> {
    let api = asked.api();
    let older = UnitListQuery { cursor: asked.query.parameter("cursor")?, unit: None };
    let (page, uncovered) =
        tokio::try_join!(api.ask(&commitment::LIST, &(), &older), api.ask(&commitment::UNCOVERED_DOMAINS, &(), &()))?;
    let options: Vec<(&str, String)> = uncovered
        .domains
        .iter()
        .map(|domain| (domain.name.as_str(), format!("{}（{}核查）", domain.name, domain.unit_name)))
        .collect();
    let fields = Fields { form: filled, fault };
    let content = html! {
        h1 { "主动承诺" }
        p { "有些领域的记录尚未归集。需要这些领域证明的，可以书面承诺代替，由责任单位核查。虚假承诺一经认定，在解除前不能使用“信用代证”。" }
        @for CommitmentCase { commitment, state_title, unit_name } in &page.items {
            article.record {
                h2 { (commitment.domain) " " (state_badge(commitment.state, state_title)) }
                dl {
                    dt { "承诺" } dd { (commitment.text) }
                    dt { "履行期限" } dd { (commitment.until) }
                    dt { "核查单位" } dd { (unit_name) }
                    @for step in &commitment.steps { dt { (china_time::display(step.at)) } dd { (step.evidence) } }
                }
            }
        }
        (pager("/portal/my/commitments", page.next.as_ref().map(Cursor::as_str)))
        h2 { "作出承诺" }
        (fields.summary())
        form action="/portal/my/commitments" method="post" {
            (hidden(asked))
            (fields.select("domain", "领域", "", options.iter().map(|(value, text)| (*value, text.as_str()))))
            (fields.area("text", "承诺内容", "最多 2000 字。", true))
            (fields.input("date", "until", "履行期限", "", true))
            button type="submit" { "作出承诺" }
        }
    };
    let status = fault.map_or(200, FormFault::status);
    Ok(frame::page(
        asked,
        &View { title: "主动承诺", path: "/portal/my/commitments", status, ..View::default() },
        content,
    ))
}

/// Makes a commitment.
pub(crate) async fn make(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    match made(asked).await {
        Ok(_) => Ok(HttpResponse::see_other("/portal/my/commitments")),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => form(asked, &asked.form, Some(&FormFault::of(problem, &FIELDS))).await,
    }
}

async fn made(asked: &PageRequest<'_>) -> Result<CommitmentCase, Problem> {
    let sent = &asked.form;
    let request = CommitmentRequest {
        domain: sent.text("domain").to_owned(),
        text: sent.text("text").to_owned(),
        until: sent.value("until")?,
    };
    asked.api().submit(&commitment::MAKE, &(), &request, sent.text("once")).await
}
