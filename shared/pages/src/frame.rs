//! The frame of every page, and the headers that keep it safe.

use maud::{DOCTYPE, Markup, html as markup};
use xinzheng_runtime::HttpResponse;

use crate::display::Display;

/// What stands in the frame.
#[derive(Debug, Default)]
pub struct Page<'p> {
    /// The title of the page.
    pub title: &'p str,
    /// Scripts of the page, by their file names.
    pub scripts: &'p [&'p str],
    /// Links that only some have, after those that all have: address and text.
    pub links: &'p [(&'p str, &'p str)],
    /// The pages of who is signed in, and what they are called together; on a phone the menu has them.
    pub own: (&'p str, &'p [(&'p str, &'p str)]),
    /// Which of these is marked; empty for none.
    pub own_path: &'p str,
    /// Who is signed in, and the way out; for everyone else there is a link to sign in.
    pub visitor: Option<Markup>,
    /// The page's own address, to mark its link.
    pub path: &'p str,
    /// True for pages with wide tables.
    pub wide: bool,
    /// True for a page that shows a file of the site in a frame.
    pub framing: bool,
    /// Origins that its scripts may send files to, with spaces between.
    pub object_store: &'p str,
    /// Origins that its forms may lead to beside its own, with spaces between.
    pub forms_lead_to: &'p str,
    /// True for the page with the viewer of the API's description.
    pub viewer: bool,
    /// True for a page that may use the camera.
    pub camera: bool,
    /// How large and how plain it is shown.
    pub display: Display,
    /// Where the switch between large and standard comes back to; empty for the first page.
    pub here: &'p str,
    /// The language of the content, where it is not Chinese (BCP 47).
    pub language: &'p str,
    /// Its content.
    pub content: Option<Markup>,
}

/// Links that all pages have.
const LINKS: [(&str, &str); 4] = [
    ("/verify", "核验报告"),
    ("/portal/guide", "办事指南"),
    ("/portal/domains", "查询领域"),
    ("/portal/questions", "咨询与答复"),
];

/// What the viewer needs of the policy beside the site's own: the sheets of its light and its dark theme as the attributes in
/// `docs.rs` make them, by their digests, and style attributes; and pictures inside its sheets. No script inside the page, no sheet
/// of anyone else's.
const VIEWER_STYLES: &str = " 'sha256-56Ph23MXZvE0Fm5vsseYLb0YVfbbtYUzgZr0LSmubpY=' \
    'sha256-SUwbHntTqVGqcmKhRrXbrWH11E/tCQyG8u5bSm7UaY0='; style-src-attr 'unsafe-inline'";

/// The content security policy: only what comes from the site itself, and no script or style inside a page.
fn policy(page: &Page<'_>) -> String {
    let (styles, pictures) = if page.viewer { (VIEWER_STYLES, " data:") } else { ("", "") };
    let frames = if page.framing { " frame-src 'self'; object-src 'self';" } else { "" };
    format!(
        "default-src 'none'; style-src 'self'{styles}; script-src 'self'; img-src 'self'{pictures}; connect-src 'self' {};{frames} \
         form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
        page.object_store, page.forms_lead_to
    )
}

/// A link, marked when it leads to the page itself.
fn link(address: &str, text: &str, marked: &str) -> Markup {
    markup! { a href=(address) aria-current=[(address == marked).then_some("page")] { (text) } }
}

/// The switch between large and standard.
fn switch(page: &Page<'_>) -> Markup {
    let here = if page.here.is_empty() { "/" } else { page.here };
    let to = page.display.other();
    // Addresses of pages have no characters that a query would have to escape but these.
    let back = here.replace('%', "%25").replace('&', "%26").replace('+', "%2B").replace('#', "%23");
    markup! { a href={ "/portal/display?mode=" (to.word()) "&next=" (back) } rel="nofollow" { (to.title()) } }
}

/// The head of a page: one row on a phone, with a menu that opens without scripts.
fn head(page: &Page<'_>) -> Markup {
    let (own_name, own) = page.own;
    markup! {
        header.site {
            div {
                a.brand href="/" { "长治市专项信用报告" }
                span { "信用代证" }
                div.visitor {
                    @match &page.visitor {
                        Some(visitor) => (visitor),
                        None => a href="/portal/home" { "登录" },
                    }
                }
                details.menu {
                    summary { "菜单" }
                    div {
                        @if !own.is_empty() {
                            nav aria-label=(own_name) { @for (address, text) in own { (link(address, text, page.own_path)) } }
                        }
                        nav aria-label="菜单" {
                            @for (address, text) in LINKS { (link(address, text, page.path)) }
                            (switch(page))
                        }
                        @if let Some(visitor) = &page.visitor { div.visitor { (visitor) } }
                    }
                }
            }
            nav.links aria-label="主导航" {
                @for (address, text) in LINKS.iter().chain(page.links) { (link(address, text, page.path)) }
                (switch(page))
            }
        }
    }
}

/// The pages of who is signed in, above the content; on a phone the menu has them.
fn tabs(page: &Page<'_>) -> Markup {
    let (name, own) = page.own;
    markup! {
        @if own.len() > 1 && !page.own_path.is_empty() {
            nav.tabs aria-label=(name) { @for (address, text) in own { (link(address, text, page.own_path)) } }
        }
    }
}

/// A page as a response.
pub fn html(status: u16, page: &Page<'_>) -> HttpResponse {
    let language = Some(page.language).filter(|language| !language.is_empty());
    let markup = markup! {
        (DOCTYPE)
        html lang="zh-CN" class=[(page.display == Display::Large).then_some("large")] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (page.title) " — 长治市专项信用报告" }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/site.css";
                @for script in page.scripts {
                    script src={ "/assets/" (script) } defer {}
                }
            }
            body class=[page.wide.then_some("wide")] {
                a.skip href="#content" { "跳到正文" }
                (head(page))
                main #content tabindex="-1" lang=[language] {
                    (tabs(page))
                    @if let Some(content) = &page.content { (content) }
                }
                footer {
                    p { "长治市公共信用信息平台。开具和核验专项信用报告不收取任何费用。" }
                    p { a href="/portal/feedback" { "咨询、投诉与建议" } " · " (switch(page)) " · " a href="/docs" { "接口说明" } }
                }
            }
        }
    };
    let response = HttpResponse::text(status, "text/html; charset=utf-8", markup.into_string())
        .header("content-security-policy", policy(page))
        .header("referrer-policy", "same-origin")
        .header("cross-origin-opener-policy", "same-origin")
        .header("vary", "accept, cookie");
    let camera = if page.camera { "camera=(self)" } else { "camera=()" };
    response.header("permissions-policy", format!("{camera}, geolocation=(), microphone=()"))
}
