//! `/portal/my/grants`: who may query the subject's reports (R12).

use maud::html;
use xinzheng_api::grant::{self, Grant, GrantPath, GrantRequest};
use xinzheng_api::page::{Cursor, ListQuery};
use xinzheng_api::page_problem::FIELD_UNFIT;
use xinzheng_api::problem::GRANT_MISTYPED;
use xinzheng_domain::case::grant::{GrantState, Grantee};
use xinzheng_domain::{Uscc, VerificationCode, china_time};
use xinzheng_runtime::{HttpResponse, Problem};

use super::request;
use crate::PageRequest;
use crate::elements::{
    Fields, FormFault, act_once, all_domains, domains, hidden, pager, period, purposes, state_badge, version,
};
use crate::form::Form;
use crate::frame::{self, View};

/// Which field a problem is about.
const FIELDS: [(&str, &str); 5] = [
    ("grantee-", "name"),
    ("grant-uses", "uses"),
    ("grant-until", "until"),
    ("period-", "from"),
    ("domain-", "domain"),
];
/// What the form says of consent to notices.
const NOTICES: &str = "yes";
/// How long a grant is, and how often it may be used, unless something else is chosen.
const USUAL_DAYS: i64 = 30;

/// The grants, newest first, and a form for another.
pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let today = china_time::date(asked.app.clock.now());
    let until = today.saturating_add(jiff::SignedDuration::from_hours(24 * USUAL_DAYS));
    let usual = [
        ("until", until.to_string()),
        ("uses", "1".to_owned()),
        ("purpose", "financial".to_owned()),
        ("from", xinzheng_domain::report::period::SCOPE_START.to_string()),
        ("to", today.to_string()),
    ];
    form(asked, &Form::with(usual.into_iter().chain(all_domains())), None).await
}

async fn form(asked: &PageRequest<'_>, filled: &Form, fault: Option<&FormFault>) -> Result<HttpResponse, Problem> {
    let older = ListQuery { cursor: asked.query.parameter("cursor")? };
    let page = asked.api().ask(&grant::LIST, &(), &older).await?;
    let given = asked.query.text("given");
    let fields = Fields { form: filled, fault };
    let content = html! {
        h1 { "授权他人查询" }
        p { "被授权的机构凭授权码，在您定的期限、次数、领域和用途内开具您的报告。可以随时撤回，每次查询都会记入“谁看过我的数据”。" }
        @for Grant { standing, state, version: number } in &page.items {
            @let grant = &standing.grant;
            @let code = grant.code.to_string();
            article.record {
                h2 { (grant.grantee.name) " " (state_badge(*state, titled(*state))) }
                @if code == given { div.notice.done role="status" { p { "授权已生效，请把授权码告知对方。" } } }
                dl {
                    dt { "授权码" } dd.code { (code) }
                    dt { "有效期至" } dd { (china_time::display(grant.until)) }
                    dt { "次数" } dd { "已用 " (standing.used) " 次，共 " (grant.uses) " 次" }
                    dt { "查询期间" } dd { (period(&grant.period)) }
                    dt { "领域" } dd { (grant.domains.len()) " 个" }
                    dt { "用途" } dd { (grant.purpose.title()) }
                    dt { "变化通知" } dd { @if grant.notices { "已同意：报告有变化时告知对方，不告知内容" } @else { "未同意" } }
                }
                @if *state == GrantState::Active {
                    div.buttons {
                        (act_once(asked, &format!("/portal/my/grants/{code}/revocation"), "撤回授权",
                            "撤回后对方立即不能再查询，不能恢复；需要时可以重新授权。", &[("version", &version(*number))]))
                    }
                }
            }
        }
        (pager("/portal/my/grants", page.next.as_ref().map(Cursor::as_str)))
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
            (domains(filled, "领域", fault.is_some_and(|fault| fault.is_about("domain"))))
            fieldset {
                legend { "变化通知（选填）" }
                label {
                    input type="checkbox" name="notices" value=(NOTICES) checked[filled.has("notices", NOTICES)];
                    "同意在授权有效期内告知对方：凭此授权开具的报告有变化、有补充、已更新或被收回。只告知有此情况，不告知内容；授权到期或撤回后不再告知。"
                }
            }
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

/// A state of a grant, for people.
pub(crate) fn titled(state: GrantState) -> &'static str {
    match state {
        GrantState::Active => "有效",
        GrantState::Spent => "次数已用完",
        GrantState::Expired => "已过期",
        GrantState::Revoked => "已撤回",
    }
}

/// Gives a grant: until the end of the chosen day, in China.
pub(crate) async fn give(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let request = match wanted(sent) {
        Ok(request) => request,
        Err(fault) => return form(asked, sent, Some(&fault)).await,
    };
    match asked.api().submit(&grant::GIVE, &(), &request, sent.text("once")).await {
        Ok(given) => Ok(HttpResponse::see_other(&format!("/portal/my/grants?given={}", given.standing.grant.code))),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => form(asked, sent, Some(&FormFault::of(problem, &FIELDS))).await,
    }
}

fn wanted(sent: &Form) -> Result<GrantRequest, FormFault> {
    let unfit = |field: &'static str, title: &'static str| FormFault::of(FIELD_UNFIT.titled(title), &[("", field)]);
    let refused = |problem: Problem| FormFault::of(problem, &FIELDS);
    let until = sent.text("until").parse().ok().and_then(china_time::end_of);
    let until = until.ok_or_else(|| unfit("until", "请选择有效期的截止日期"))?;
    let uses = sent.text("uses").parse().map_err(|_| unfit("uses", "次数应为数字"))?;
    let domains = request::domains(sent).map_err(refused)?;
    let organisation = sent.filled("organisation").map(Uscc::parse).transpose();
    let organisation = organisation.map_err(|_| unfit("organisation", "统一社会信用代码有误，请核对 18 位代码"))?;
    Ok(GrantRequest {
        grantee: Grantee { name: sent.text("name").to_owned(), organisation },
        domains,
        period: Some(request::period(sent).map_err(refused)?),
        purpose: sent.value("purpose").map_err(refused)?,
        until,
        uses,
        notices: sent.has("notices", NOTICES),
    })
}

/// Revokes a grant.
pub(crate) async fn revoke(asked: &PageRequest<'_>, code: &str) -> Result<HttpResponse, Problem> {
    let code = VerificationCode::parse(code).map_err(|_| GRANT_MISTYPED)?.to_string();
    let (once, version) = (asked.form.text("once"), asked.form.text("version"));
    asked.api().change(&grant::REVOKE, &GrantPath { code }, &(), once, version).await?;
    Ok(HttpResponse::see_other("/portal/my/grants"))
}
