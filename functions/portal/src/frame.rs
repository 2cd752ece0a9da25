//! The frame around the portal's pages: links by role, who is signed in, tabs.

use maud::{Markup, html};
use xinzheng_api::token::Account;
use xinzheng_pages::{Display, Page};
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::session::{Left, Session, home_of};
use crate::visitor::Visitor;

/// Pages of a subject.
const SUBJECT: [(&str, &str); 10] = [
    ("/portal/my", "概览"),
    ("/portal/my/notices", "通知"),
    ("/portal/my/records", "我的记录"),
    ("/portal/my/request", "开具报告"),
    ("/portal/my/reports", "我的报告"),
    ("/portal/my/grants", "授权"),
    ("/portal/my/living", "信用码"),
    ("/portal/my/cases", "异议与修复"),
    ("/portal/my/commitments", "主动承诺"),
    ("/portal/my/access", "谁看过我的数据"),
];
/// Pages of a unit.
const UNIT: [(&str, &str); 6] = [
    ("/portal/unit", "报送"),
    ("/portal/unit/templates", "表格下载"),
    ("/portal/unit/work", "待办"),
    ("/portal/unit/records", "记录"),
    ("/portal/unit/timeliness", "时效"),
    ("/portal/unit/reconciliation", "对账"),
];
/// Pages of the platform.
const PLATFORM: [(&str, &str); 11] = [
    ("/portal/platform", "总览"),
    ("/portal/platform/work", "待办"),
    ("/portal/platform/units", "单位"),
    ("/portal/platform/subjects", "主体"),
    ("/portal/platform/escalations", "督办"),
    ("/portal/platform/feedback", "反馈答复"),
    ("/portal/platform/reports", "报告"),
    ("/portal/platform/template", "报告模板"),
    ("/portal/platform/calendar", "工作日历"),
    ("/portal/platform/audit", "操作记录"),
    ("/portal/platform/backfill", "补录进度"),
];
/// Pages of a third party.
const THIRD_PARTY: [(&str, &str); 1] = [("/portal/query", "授权查询")];

fn tabs(account: Account) -> (&'static str, &'static str, &'static [(&'static str, &'static str)]) {
    match account {
        Account::Subject => (home_of(account), "我的信用", &SUBJECT),
        Account::Unit => (home_of(account), "报送工作台", &UNIT),
        Account::Operator => (home_of(account), "管理平台", &PLATFORM),
        Account::ThirdParty => (home_of(account), "授权查询", &THIRD_PARTY),
    }
}

/// What a page is made of.
#[derive(Default)]
pub(crate) struct View<'v> {
    pub(crate) title: &'v str,
    /// The page whose tab or link is marked.
    pub(crate) path: &'v str,
    pub(crate) scripts: &'v [&'v str],
    pub(crate) wide: bool,
    pub(crate) framing: bool,
    pub(crate) camera: bool,
    /// True for a page from which files are sent to the object store.
    pub(crate) sending: bool,
    pub(crate) status: u16,
}

/// A page.
pub(crate) fn page(asked: &PageRequest<'_>, view: &View<'_>, content: Markup) -> HttpResponse {
    let session = asked.visitor.session.as_ref();
    let (home, name, tabs) = session.map_or(("", "", &[][..]), |session| tabs(session.account));
    let link = [(home, name)];
    let inside = tabs.iter().any(|(address, _)| *address == view.path);
    let visitor = session.map(|session| {
        let who = match session.unit.as_deref().and_then(xinzheng_domain::UnitCode::parse) {
            Some(unit) => unit.name().to_string(),
            None => session.name.clone(),
        };
        html! {
            span { (who) }
            form action="/portal/sign-out" method="post" { (token(&asked.visitor)) button type="submit" { "退出" } }
        }
    });
    let content = html! {
        @if let Some(session) = session { (ending(asked, session)) }
        (content)
    };
    // Of who is signed in also what keeps the session and prints what is folded.
    let scripts: Vec<&str> = session.map(|_| "session.js").into_iter().chain(view.scripts.iter().copied()).collect();
    let here = asked.request.path_and_query();
    let frame = Page {
        title: view.title,
        scripts: &scripts,
        links: if session.is_some() { &link } else { &[] },
        own: (name, tabs),
        own_path: if inside { view.path } else { "" },
        visitor,
        path: if inside { home } else { view.path },
        wide: view.wide,
        framing: view.framing,
        // Signing out leads to the issuer.
        forms_lead_to: if session.is_some() { &asked.app.issuer.origin } else { "" },
        object_store: if view.sending { &asked.app.object_store } else { "" },
        camera: view.camera,
        display: Display::of(asked.request),
        here: if asked.request.route().starts_with("GET ") { &here } else { view.path },
        content: Some(content),
        ..Page::default()
    };
    xinzheng_pages::html(if view.status == 0 { 200 } else { view.status }, &frame)
}

/// When the session ends, told by the page's script in time, with one touch to go on (WCAG 2.2.1).
fn ending(asked: &PageRequest<'_>, session: &Session) -> Markup {
    let Left { seconds, longest } = session.left(asked.app.clock.now());
    html! {
        div.notice.ending #session data-seconds=(seconds) data-longest=(longest) data-who=(session.mark()) role="alert" hidden {
            p {}
            div.buttons {
                button type="button" { "继续使用" }
                a.button.quiet href="/portal/home" target="_blank" hidden { "重新登录（新窗口）" }
            }
        }
    }
}

/// The hidden field that every form has.
pub(crate) fn token(visitor: &Visitor) -> Markup {
    html! { input type="hidden" name="csrf" value=(visitor.form_token); }
}

/// Why there is no page.
pub(crate) fn problem(asked: &PageRequest<'_>, problem: &Problem) -> HttpResponse {
    let content = html! {
        h1 { (problem.title()) }
        div.notice.fault role="alert" {
            @if let Some(detail) = problem.detail_text() { p { (detail) } }
            @if let Some(hint) = problem.hint_text() { p { (hint) "。" } }
        }
        @if problem.status() == 401 { p { a.button href="/portal/home" { "重新登录" } } }
        p { a href="/" { "返回首页" } }
    };
    page(asked, &View { title: problem.title(), status: problem.status(), ..View::default() }, content)
        .retry_after(problem)
}
