//! The frame of every page, and the headers that keep it safe.

use maud::{DOCTYPE, Markup, html as markup};
use xinzheng_runtime::HttpResponse;

/// What stands in the frame.
#[derive(Debug)]
pub struct Page<'p> {
    /// The title of the page.
    pub title: &'p str,
    /// Scripts of the page, by their file names.
    pub scripts: &'p [&'p str],
    /// Its content.
    pub content: Markup,
}

/// Only what comes from the site itself, and no script inside a page.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page as a response.
pub fn html(status: u16, page: &Page<'_>) -> HttpResponse {
    let markup = markup! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (page.title) " — 长治市专项信用报告" }
                link rel="stylesheet" href="/assets/site.css";
                @for script in page.scripts {
                    script src={ "/assets/" (script) } defer {}
                }
            }
            body {
                a.skip href="#content" { "跳到正文" }
                header { a href="/verify" { "长治市专项信用报告" } span { "信用代证" } }
                main #content { (page.content) }
                footer { p { "报告真伪以本页核验结果为准。核验不收取任何费用。" } }
            }
        }
    };
    HttpResponse::text(status, "text/html; charset=utf-8", markup.into_string())
        .header("content-security-policy", POLICY)
        .header("referrer-policy", "no-referrer")
        .header("vary", "accept")
}
