//! `/portal/my/commitments`: commitments for domains whose records are not collected yet (R16).

use maud::html;
use serde_json::json;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::Asked;
use crate::elements::{Fields, FormFault, hidden, pager};
use crate::form::{Form, query};
use crate::frame::{self, View};
use crate::said::{Said, state_badge};

/// Which field a problem is about.
const FIELDS: [(&str, &str); 3] = [("domain-", "domain"), ("until-", "until"), ("text-", "text")];

/// The list, and a form for another.
pub(crate) async fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    form(asked, &Form::default(), None).await
}

async fn form(asked: &Asked<'_>, filled: &Form, fault: Option<&FormFault>) -> Result<HttpResponse, Problem> {
    let api = asked.api();
    let list = format!("/commitments?{}", query([("cursor", asked.query.text("cursor"))]));
    let (answer, uncovered) = tokio::try_join!(api.get(&list), api.get("/uncovered-domains"))?;
    let commitments = answer.list("commitments");
    let options: Vec<(String, String)> = uncovered
        .list("domains")
        .iter()
        .map(|domain| {
            let name = domain.text("name");
            (name.to_owned(), format!("{name}（{}核查）", domain.text("unit_name")))
        })
        .collect();
    let fields = Fields { form: filled, fault };
    let content = html! {
        h1 { "主动承诺" }
        p { "有些领域的记录尚未归集。需要这些领域证明的，可以书面承诺代替，由责任单位核查。虚假承诺一经认定，在解除前不能使用“信用代证”。" }
        @for commitment in commitments {
            article.record {
                h2 { (commitment.text("domain")) " " (state_badge(commitment.text("state"), commitment.text("state_title"))) }
                dl {
                    dt { "承诺" } dd { (commitment.text("text")) }
                    dt { "履行期限" } dd { (commitment.text("until")) }
                    dt { "核查单位" } dd { (commitment.text("unit_name")) }
                    @for step in commitment.list("steps") { dt { (step.time("at")) } dd { (step.text("evidence")) } }
                }
            }
        }
        (pager("/portal/my/commitments", answer.filled("next")))
        h2 { "作出承诺" }
        (fields.summary())
        form action="/portal/my/commitments" method="post" {
            (hidden(asked))
            (fields.select("domain", "领域", "", options.iter().map(|(value, text)| (value.as_str(), text.as_str()))))
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
pub(crate) async fn make(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let body = json!({ "domain": sent.text("domain"), "text": sent.text("text"), "until": sent.text("until") });
    match asked.api().post("/commitments", &body, sent.text("once"), "").await {
        Ok(_) => Ok(HttpResponse::see_other("/portal/my/commitments")),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => form(asked, sent, Some(&FormFault::of(problem, &FIELDS))).await,
    }
}
