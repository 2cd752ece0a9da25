//! `/portal/my/living`: codes that the subject shows on its phone; whoever scans one sees its report as it stands at that moment.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use xinzheng_api::living_code::{self, LivingCodePath, LivingCodeRequest, ShownCode};
use xinzheng_api::page::{Cursor, ListQuery};
use xinzheng_api::page_problem::FIELD_UNFIT;
use xinzheng_domain::case::living_code::{LivingState, RollingPeriod};
use xinzheng_domain::{Disclosure, china_time};
use xinzheng_runtime::{HttpResponse, Problem};

use super::overview::barred;
use super::{records, request};
use crate::PageRequest;
use crate::elements::{Fields, FormFault, act, all_domains, domains, hidden, pager, purposes, state_badge};
use crate::form::{Form, query};
use crate::frame::{self, View};
use crate::qr::qr;

const PAGE: &str = "/portal/my/living";
/// Until when a code holds, as the form names it.
const HOW_LONG: [(&str, &str); 4] = [("half-hour", "30 分钟"), ("today", "今天"), ("week", "7 天"), ("month", "30 天")];
/// What whoever scans it is shown.
const DISCLOSURES: [(&str, &str); 2] = [("full", "汇总和每条记录"), ("summary", "仅汇总（领域、种类和条数）")];
/// Which field a problem is about.
const FIELDS: [(&str, &str); 4] = [
    ("living-code-until", "how-long"),
    ("living-code-shown-to", "shown-to"),
    ("domain-", "domain"),
    ("form-unfit", "how-long"),
];

/// `GET`: the code that is shown, the others, and a form for another.
pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let usual = [("how-long", "half-hour"), ("period", "all"), ("purpose", "commercial"), ("disclosure", "full")];
    let usual = usual.map(|(name, value)| (name, value.to_owned()));
    form(asked, &Form::with(usual.into_iter().chain(all_domains())), None).await
}

async fn form(asked: &PageRequest<'_>, filled: &Form, fault: Option<&FormFault>) -> Result<HttpResponse, Problem> {
    let older = ListQuery { cursor: asked.query.parameter("cursor")? };
    let api = asked.api();
    let (own, page) = tokio::try_join!(records::own(asked), api.ask(&living_code::LIST, &(), &older))?;
    let (active, over): (Vec<_>, Vec<_>) =
        page.items.into_iter().partition(|shown: &ShownCode| shown.state == LivingState::Active);
    // The one that was asked for, else the newest.
    let named = asked.query.text("code");
    let on_show = active.iter().find(|shown| shown.standing.report.code.to_string() == named);
    let on_show = on_show.or_else(|| active.first().filter(|_| named.is_empty()));
    let fields = Fields { form: filled, fault };
    let content = html! {
        h1 { "信用码" }
        @for bar in &own.bars { (barred(bar)) }
        @if !own.bars.is_empty() { p { "扫描信用码的人会看到这一限制。" } }
        @if let Some(shown) = on_show { (showing(asked, shown)) } @else {
            @if !named.is_empty() { div.notice { p { "这个信用码已失效，请重新生成。" } } }
            p { "生成一个信用码，请对方用手机扫描，即可看到您此刻的信用情况。期限和范围由您定，可以随时停用；每次查看都会告诉您。" }
        }
        @for shown in active.iter().filter(|shown| on_show.is_none_or(|on| on.standing.report.code != shown.standing.report.code)) {
            article.record {
                (told(shown))
                div.buttons {
                    a.button href={ (PAGE) "?" (query([("code", shown.standing.report.code.to_string().as_str())])) } { "出示" }
                    (stop(asked, shown))
                }
            }
        }
        details open[on_show.is_none() || fault.is_some()] {
            summary { "新的信用码" }
            (fields.summary())
            form #new action=(PAGE) method="post" {
                (hidden(asked))
                (fields.radios("how-long", "有效期", &HOW_LONG))
                (fields.radios("period", "期间（截至对方查看当日）", &periods()))
                (fields.radios("purpose", "用途", &purposes()))
                (fields.radios("disclosure", "对方可以看到", &DISCLOSURES))
                (fields.input("text", "shown-to", "出示给谁（选填）", "对方会看到这个名称；他人转用时可以识别。", false))
                (domains(filled, "领域", fault.is_some_and(|fault| fault.is_about("domain"))))
                button type="submit" { "生成信用码" }
                p.hint { "信用码显示查看时的即时情况，不是签章的报告。对方需要文件的，请开具报告或授权查询。" }
            }
        }
        @if !over.is_empty() {
            details {
                summary { "已失效的信用码" }
                @for shown in &over { article.record { (told(shown)) } }
            }
        }
        (pager(PAGE, page.next.as_ref().map(Cursor::as_str)))
    };
    let view = View { title: "信用码", path: PAGE, status: fault.map_or(200, FormFault::status), ..View::default() };
    Ok(frame::page(asked, &view, content))
}

/// A code, large enough to be scanned from the phone.
fn showing(asked: &PageRequest<'_>, shown: &ShownCode) -> Markup {
    let address = format!("{}{}", asked.app.origin, shown.path);
    html! {
        section.showing aria-label="出示的信用码" {
            @if let Some(code) = qr(&address, "信用码的二维码") { (code) }
            p.code { (shown.standing.report.code) }
            // In view with the code: who is to see nothing more is to see it at once.
            div.buttons { (stop(asked, shown)) a.button.quiet href=(shown.path) { "看看对方看到什么" } }
            (told(shown))
            p.hint { "请对方当面扫描；也可以在“核验报告”页输入上面的码。" }
        }
    }
}

/// What is shown, until when, and how often it was looked at.
fn told(shown: &ShownCode) -> Markup {
    let standing = &shown.standing;
    let report = &standing.report;
    html! {
        dl {
            dt { "有效期至" } dd { (china_time::display(report.until)) " " (state_badge(shown.state, titled(shown.state))) }
            dt { "被查看" }
            dd {
                (standing.looks) " 次"
                @if let Some(last) = standing.last_look { "，最近一次 " (china_time::display(last)) }
            }
            dt { "范围" }
            dd {
                (report.period.title()) "，" (report.domains.len()) " 个领域，"
                @match report.disclosure { Disclosure::Full => "汇总和每条记录", Disclosure::Summary => "仅汇总" }
            }
            dt { "用途" } dd { (report.purpose.title()) }
            @if let Some(shown_to) = &report.shown_to { dt { "出示给" } dd { (shown_to) } }
        }
    }
}

/// The way to end a code at once.
fn stop(asked: &PageRequest<'_>, shown: &ShownCode) -> Markup {
    act(asked, &format!("{PAGE}/{}/end", shown.standing.report.code), "立即停用", "quiet", &[])
}

fn titled(state: LivingState) -> &'static str {
    match state {
        LivingState::Active => "有效",
        LivingState::Ended => "已停用",
        LivingState::Expired => "已到期",
    }
}

fn periods() -> Vec<(&'static str, &'static str)> {
    RollingPeriod::ALL.iter().map(|period| (period.code(), period.title())).collect()
}

/// `POST`: makes a code, and shows it.
pub(crate) async fn make(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let request = match wanted(sent, asked.app.clock.now()) {
        Ok(request) => request,
        Err(fault) => return form(asked, sent, Some(&fault)).await,
    };
    match asked.api().submit(&living_code::MAKE, &(), &request, sent.text("once")).await {
        Ok(made) => {
            let code = made.standing.report.code.to_string();
            Ok(HttpResponse::see_other(&format!("{PAGE}?{}", query([("code", code.as_str())]))))
        }
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => form(asked, sent, Some(&FormFault::of(problem, &FIELDS))).await,
    }
}

fn wanted(sent: &Form, now: Timestamp) -> Result<LivingCodeRequest, FormFault> {
    let refused = |problem: Problem| FormFault::of(problem, &FIELDS);
    let (until, minutes) = lasting(sent.text("how-long"), now)
        .ok_or_else(|| FormFault::of(FIELD_UNFIT.titled("请选择有效期"), &[("", "how-long")]))?;
    Ok(LivingCodeRequest {
        until,
        minutes,
        domains: request::domains(sent).map_err(refused)?,
        period: sent.value("period").map_err(refused)?,
        purpose: sent.value("purpose").map_err(refused)?,
        disclosure: sent.value("disclosure").map_err(refused)?,
        shown_to: sent.filled("shown-to").map(str::to_owned),
    })
}

/// When a code ends: with a day in China, or minutes after it is made, which the API counts: the form asks for the same however
/// often it is sent.
fn lasting(how_long: &str, now: Timestamp) -> Option<(Option<Timestamp>, Option<u32>)> {
    let end_of = |days: i64| {
        let day = china_time::date(now).saturating_add(SignedDuration::from_hours(24 * days));
        china_time::end_of(day).map(|end| (Some(end), None))
    };
    match how_long {
        "half-hour" => Some((None, Some(30))),
        "today" => end_of(0),
        "week" => end_of(7),
        "month" => end_of(30),
        _ => None,
    }
}

/// `POST …/{code}/end`: ends a code at once.
pub(crate) async fn end(asked: &PageRequest<'_>, code: &str) -> Result<HttpResponse, Problem> {
    let path = LivingCodePath { code: code.to_owned() };
    asked.api().submit(&living_code::END, &path, &(), asked.form.text("once")).await?;
    Ok(HttpResponse::see_other(PAGE))
}
