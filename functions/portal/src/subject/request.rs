//! `/portal/my/request`: choosing period, domains and purpose, with the count of records before the report is issued.

use jiff::ToSpan;
use jiff::civil::Date;
use maud::html;
use serde::Serialize;
use xinzheng_api::page_problem::FIELD_UNFIT;
use xinzheng_api::problem::DOMAIN_MISSING;
use xinzheng_api::record::{self, OwnRecords, OwnRecordsQuery};
use xinzheng_api::report::{self, NewReport, ReportRequest, RequestedDomain, RequestedPeriod};
use xinzheng_domain::report::period::SCOPE_START;
use xinzheng_domain::{Catalogue, Disclosure, china_time};
use xinzheng_runtime::{HttpResponse, Problem};

use super::overview::barred;
use crate::PageRequest;
use crate::elements::{self, Fields, FormFault, all_domains, hidden, purposes};
use crate::form::Form;
use crate::frame::{self, View};

/// What whoever holds the code is shown, as the API names it.
const DISCLOSURES: [(&str, &str); 2] =
    [("full", "汇总、每条记录和报告原件"), ("summary", "仅汇总（领域、种类和条数）")];

/// The periods that can be chosen with one touch: all of it unless the subject chooses less (R9).
const SPANS: [(&str, &str); 4] = [
    ("all", "全部（2022 年 8 月 1 日至今天）"),
    ("three-years", "近三年"),
    ("one-year", "近一年"),
    ("own", "自选日期"),
];

/// Which field a problem is about.
const FIELDS: [(&str, &str); 6] = [
    ("period-before", "from"),
    ("period-", "to"),
    ("form-unfit", "from"),
    ("field-unfit", "span"),
    ("date-", "from"),
    ("domain-", "domain"),
];

/// `GET`: with what is usual filled in.
pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let usual = [("span", "all".to_owned()), ("purpose", "commercial".to_owned()), ("disclosure", "full".to_owned())];
    let filled = Form::with(usual.into_iter().chain(all_domains()));
    // That it cannot be counted now keeps nobody from asking.
    let found = match found(asked, &filled).await {
        Err(problem) if problem.status() == 401 => return Err(problem),
        found => found.ok(),
    };
    if let Some(bars) = found.as_ref().map(|own| &own.bars).filter(|bars| !bars.is_empty()) {
        let content = html! { h1 { "开具报告" } @for bar in bars { (barred(bar)) } };
        let view = View { title: "开具报告", path: "/portal/my/request", ..View::default() };
        return Ok(frame::page(asked, &view, content));
    }
    form(asked, &filled, None, found.as_ref().map(in_words).as_deref())
}

fn today(asked: &PageRequest<'_>) -> Date {
    china_time::date(asked.app.clock.now())
}

fn form(
    asked: &PageRequest<'_>,
    filled: &Form,
    fault: Option<&FormFault>,
    count: Option<&str>,
) -> Result<HttpResponse, Problem> {
    let fields = Fields { form: filled, fault };
    let wrong = |field| fault.is_some_and(|fault| fault.is_about(field));
    let own_days = filled.has("span", "own") || ["span", "from", "to"].into_iter().any(wrong);
    let content = html! {
        h1 { "开具报告" }
        (fields.summary())
        form #request action="/portal/my/request" method="post" {
            (hidden(asked))
            p #count role="status" { @if let Some(count) = count { strong { (count) } } }
            div.buttons { button type="submit" { "开具报告" } }
            (fields.radios("span", "期间", &SPANS))
            details.fold open[own_days] {
                summary { "自选日期" }
                div.row {
                    (fields.input("date", "from", "起始日期", "最早 2022-08-01，不填即最早", false))
                    (fields.input("date", "to", "截止日期", "最晚今天，不填即今天", false))
                }
            }
            (elements::domains(filled, "领域", fault.is_some_and(|fault| fault.is_about("domain"))))
            (fields.radios("purpose", "用途", &purposes()))
            (fields.radios("disclosure", "对方凭核验码可以看到", &DISCLOSURES))
            div.buttons {
                button type="submit" { "按以上选择开具" }
                button.quiet type="submit" name="action" value="count" { "先看有多少条记录" }
            }
            p.hint { "报告一经开具即可核验，每次核验都记入您的查询日志。没有记录的领域会写明查询到的范围。" }
        }
    };
    let view = View {
        title: "开具报告",
        path: "/portal/my/request",
        scripts: &["report.js"],
        status: fault.map_or(200, FormFault::status),
        ..View::default()
    };
    Ok(frame::page(asked, &view, content))
}

/// How many records a report of this choice would list, in words.
async fn counted(asked: &PageRequest<'_>, chosen: &Form) -> Result<String, Problem> {
    Ok(in_words(&found(asked, chosen).await?))
}

/// What a report of this choice would list.
async fn found(asked: &PageRequest<'_>, chosen: &Form) -> Result<OwnRecords, Problem> {
    let domains: Vec<RequestedDomain> = chosen.all("domain").map(RequestedDomain::from).collect();
    if domains.is_empty() {
        return Err(DOMAIN_MISSING.into());
    }
    let period = spanned(asked, chosen)?;
    let query = OwnRecordsQuery { from: Some(period.from), to: Some(period.to), domains };
    asked.api().ask(&record::OWN, &(), &query).await
}

fn in_words(own: &OwnRecords) -> String {
    let repaired = own.records.iter().filter(|record| record.repaired_on.is_some()).count();
    let decided = match (own.records.len(), repaired) {
        (0, _) => "所选期间和领域内未查询到记录".to_owned(),
        (found, 0) => format!("所选期间和领域内有 {found} 条记录"),
        (found, repaired) => format!("所选期间和领域内有 {found} 条记录，其中 {repaired} 条已修复"),
    };
    match own.in_force.len() {
        0 => format!("{decided}。"),
        in_force => format!("{decided}；另有期前作出、期间内仍有效的措施 {in_force} 项。"),
    }
}

/// How many there are, as the page's script reads it.
#[derive(Serialize)]
struct Count {
    text: String,
}

/// `GET …/count`: the same for the page's script.
pub(crate) async fn count(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let text = match counted(asked, &asked.query).await {
        Ok(text) => text,
        Err(problem) if problem.status() == 422 => {
            [Some(problem.title()), problem.hint_text()].into_iter().flatten().collect::<Vec<_>>().join("，")
        }
        Err(problem) => return Err(problem),
    };
    Ok(HttpResponse::json(200, &Count { text }))
}

/// `POST`: counts, or issues the report and goes to it.
pub(crate) async fn send(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    if sent.text("action") == "count" {
        return match counted(asked, sent).await {
            Ok(count) => form(asked, sent, None, Some(&count)),
            Err(problem) => form(asked, sent, Some(&FormFault::of(problem, &FIELDS)), None),
        };
    }
    match issued(asked).await {
        Ok(new) => Ok(HttpResponse::see_other(&format!("/portal/my/reports/{}?issued=yes", new.opened.report.number))),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => form(asked, sent, Some(&FormFault::of(problem, &FIELDS)), None),
    }
}

async fn issued(asked: &PageRequest<'_>) -> Result<NewReport, Problem> {
    let sent = &asked.form;
    asked.api().submit(&report::ISSUE, &(), &wanted(asked, sent)?, sent.text("once")).await
}

/// The choice as the API takes it.
fn wanted(asked: &PageRequest<'_>, sent: &Form) -> Result<ReportRequest, Problem> {
    Ok(ReportRequest {
        domains: domains(sent)?,
        period: Some(spanned(asked, sent)?),
        purpose: sent.value("purpose")?,
        disclosure: if sent.filled("disclosure").is_some() { sent.value("disclosure")? } else { Disclosure::Full },
    })
}

/// The chosen period: up to today, or the days that were named. Days beside another choice are not passed over: who has no scripts
/// may have meant either.
fn spanned(asked: &PageRequest<'_>, sent: &Form) -> Result<RequestedPeriod, Problem> {
    let to = today(asked);
    let since = |years: i32| to.saturating_sub(years.years()).saturating_add(1.day()).max(SCOPE_START);
    let named = |name, otherwise| if sent.filled(name).is_some() { sent.value(name) } else { Ok(otherwise) };
    let from = match sent.text("span") {
        "all" => SCOPE_START,
        "three-years" => since(3),
        "one-year" => since(1),
        "own" => return Ok(RequestedPeriod { from: named("from", SCOPE_START)?, to: named("to", to)? }),
        _ => return period(sent),
    };
    if sent.filled("from").or(sent.filled("to")).is_some() {
        let problem = FIELD_UNFIT.titled("填写了日期，期间却没有选“自选日期”");
        return Err(problem.hint("按日期开具的，请选“自选日期”；否则请清空日期"));
    }
    Ok(RequestedPeriod { from, to })
}

/// The chosen days.
pub(super) fn period(sent: &Form) -> Result<RequestedPeriod, Problem> {
    Ok(RequestedPeriod { from: sent.value("from")?, to: sent.value("to")? })
}

/// The chosen domains; all of them are none named.
pub(super) fn domains(sent: &Form) -> Result<Option<Vec<RequestedDomain>>, Problem> {
    let domains: Vec<RequestedDomain> = sent.all("domain").map(RequestedDomain::from).collect();
    if domains.is_empty() {
        return Err(DOMAIN_MISSING.into());
    }
    Ok(Some(domains).filter(|domains| domains.len() < Catalogue::get().domains.len()))
}
