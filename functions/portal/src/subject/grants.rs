//! `/portal/my/grants`: who may query the subject's reports (R12).

use jiff::civil::Date;
use maud::html;
use serde_json::json;
use xinzheng_domain::{Catalogue, china_time};
use xinzheng_runtime::{HttpResponse, Problem};

use crate::Asked;
use crate::elements::{Fields, FormFault, act, all_domains, domains, hidden, pager, purposes};
use crate::form::{Form, query, segment};
use crate::frame::{self, View};
use crate::problems::FIELD_UNFIT;
use crate::said::{Said, period, purpose, state_badge, version};

/// Which field a problem is about.
const FIELDS: [(&str, &str); 5] = [
    ("grantee-", "name"),
    ("grant-uses", "uses"),
    ("grant-until", "until"),
    ("period-", "from"),
    ("domain-", "domain"),
];
/// How long a grant is, and how often it may be used, unless something else is chosen.
const USUAL_DAYS: i64 = 30;

/// The grants, newest first, and a form for another.
pub(crate) async fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let today = china_time::date(asked.app.clock.now());
    let until = today.saturating_add(jiff::SignedDuration::from_hours(24 * USUAL_DAYS));
    let usual = [
        ("until", until.to_string()),
        ("uses", "1".to_owned()),
        ("purpose", "financial".to_owned()),
        ("from", xinzheng_domain::period::SCOPE_START.to_string()),
        ("to", today.to_string()),
    ];
    form(asked, &Form::with(usual.into_iter().chain(all_domains())), None).await
}

async fn form(asked: &Asked<'_>, filled: &Form, fault: Option<&FormFault>) -> Result<HttpResponse, Problem> {
    let cursor = query([("cursor", asked.query.text("cursor"))]);
    let answer = asked.api().get(&format!("/grants?{cursor}")).await?;
    let grants = answer.list("grants");
    let given = asked.query.text("given");
    let fields = Fields { form: filled, fault };
    let content = html! {
        h1 { "授权他人查询" }
        p { "被授权的机构凭授权码，在您定的期限、次数、领域和用途内开具您的报告。可以随时撤回，每次查询都会记入“谁看过我的数据”。" }
        @for grant in grants {
            @let state = grant.text("state");
            article.record {
                h2 { (grant.at("grantee").text("name")) " " (state_badge(state, titled(state))) }
                @if grant.text("code") == given { div.notice.done role="status" { p { "授权已生效，请把授权码告知对方。" } } }
                dl {
                    dt { "授权码" } dd.code { (grant.text("code")) }
                    dt { "有效期至" } dd { (grant.time("until")) }
                    dt { "次数" } dd { "已用 " (grant.count("used")) " 次，共 " (grant.count("uses")) " 次" }
                    dt { "查询期间" } dd { (period(grant)) }
                    dt { "领域" } dd { (grant.list("domains").len()) " 个" }
                    dt { "用途" } dd { (purpose(grant.text("purpose"))) }
                }
                @if state == "active" {
                    div.buttons {
                        (act(asked, &format!("/portal/my/grants/{}/revocation", segment(grant.text("code"))), "撤回授权", "quiet",
                            &[("version", &version(grant))]))
                    }
                }
            }
        }
        (pager("/portal/my/grants", answer.filled("next")))
        h2 #new { "新的授权" }
        (fields.summary())
        form #request action="/portal/my/grants" method="post" {
            (hidden(asked))
            (fields.input("text", "name", "被授权机构名称", "如银行、招标代理机构的全称。", true))
            (fields.input("text", "organisation", "统一社会信用代码（选填）", "填写后，只有该机构能够使用授权码。", false))
            div.row {
                (fields.input("date", "until", "有效期至", "", true))
                (fields.input("number", "uses", "可查询次数", "", true))
            }
            div.row {
                (fields.input("date", "from", "查询期间自", "", true))
                (fields.input("date", "to", "至", "", true))
            }
            (fields.radios("purpose", "用途", &purposes()))
            details { summary { "领域（默认全部）" } (domains(filled, "领域")) }
            button type="submit" { "授权" }
        }
    };
    let view = View {
        title: "授权",
        path: "/portal/my/grants",
        scripts: &["report.js"],
        status: fault.map_or(200, FormFault::status),
        ..View::default()
    };
    Ok(frame::page(asked, &view, content))
}

fn titled(state: &str) -> &'static str {
    match state {
        "active" => "有效",
        "spent" => "次数已用完",
        "expired" => "已过期",
        _ => "已撤回",
    }
}

/// Gives a grant: until the end of the chosen day, in China.
pub(crate) async fn give(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let unfit = |field: &'static str, title: &str| FormFault::of(FIELD_UNFIT.titled(title.to_owned()), &[("", field)]);
    let Ok(until) = sent.text("until").parse::<Date>() else {
        return form(asked, sent, Some(&unfit("until", "请选择有效期的截止日期"))).await;
    };
    let Some(until) = china_time::end_of(until) else {
        return form(asked, sent, Some(&unfit("until", "请选择有效期的截止日期"))).await;
    };
    let Ok(uses) = sent.text("uses").parse::<u32>() else {
        return form(asked, sent, Some(&unfit("uses", "次数应为数字"))).await;
    };
    let domains: Vec<u8> = sent.all("domain").filter_map(|number| number.parse().ok()).collect();
    if domains.is_empty() {
        return form(asked, sent, Some(&unfit("domain", "请至少选择一个领域"))).await;
    }
    let mut grantee = json!({ "name": sent.text("name") });
    if let (Some(code), Some(fields)) = (sent.filled("organisation"), grantee.as_object_mut()) {
        if xinzheng_domain::Uscc::parse(code).is_err() {
            return form(asked, sent, Some(&unfit("organisation", "统一社会信用代码有误，请核对 18 位代码"))).await;
        }
        fields.insert("organisation".to_owned(), json!(code.to_ascii_uppercase()));
    }
    let mut body = json!({
        "grantee": grantee,
        "purpose": sent.text("purpose"),
        "until": until,
        "uses": uses,
        "period": { "from": sent.text("from"), "to": sent.text("to") },
    });
    if domains.len() < Catalogue::get().domains.len()
        && let Some(fields) = body.as_object_mut()
    {
        fields.insert("domains".to_owned(), json!(domains));
    }
    match asked.api().post("/grants", &body, sent.text("once"), "").await {
        Ok(grant) => Ok(HttpResponse::see_other(&format!("/portal/my/grants?given={}", segment(grant.text("code"))))),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => form(asked, sent, Some(&FormFault::of(problem, &FIELDS))).await,
    }
}

/// Revokes a grant.
pub(crate) async fn revoke(asked: &Asked<'_>, code: &str) -> Result<HttpResponse, Problem> {
    let (once, version) = (asked.form.text("once"), asked.form.text("version"));
    asked.api().post(&format!("/grants/{}/revocation", segment(code)), &json!({}), once, version).await?;
    Ok(HttpResponse::see_other("/portal/my/grants"))
}
