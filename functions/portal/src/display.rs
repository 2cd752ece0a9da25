//! `GET /portal/display?mode=&next=`: how large and how plain pages are shown from now on.

use cookie::SameSite;
use xinzheng_pages::Display;
use xinzheng_runtime::HttpResponse;

use crate::PageRequest;

/// For how many seconds the choice is kept: a year.
const KEPT: i64 = 31_536_000;

/// Only a page of the site is gone back to: of the portal, of verification, the first one.
fn own_page(next: &str) -> &str {
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let known = next == "/"
        || next == "/verify"
        || next.starts_with("/verify?")
        || next.starts_with("/verify/")
        || next.starts_with("/living/")
        || next.starts_with("/portal/");
    if plain && known && !next.contains("//") { next } else { "/" }
}

/// Keeps the choice and goes back to the page.
pub(crate) fn choose(asked: &PageRequest<'_>) -> HttpResponse {
    let mode = Display::read(asked.query.text("mode"));
    let cookie = asked.app.cookies.set(Display::COOKIE, mode.word().to_owned(), SameSite::Lax, KEPT);
    HttpResponse::see_other(own_page(asked.query.text("next"))).cookie(cookie)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_the_site_is_gone_back_to() {
        for (next, expected) in [
            ("/", "/"),
            ("/verify", "/verify"),
            ("/verify/NMPT1N9-62KBSFK-J25YP2T", "/verify/NMPT1N9-62KBSFK-J25YP2T"),
            ("/portal/my/records?month=2026-11", "/portal/my/records?month=2026-11"),
            ("/verify?sha256=00&lang=en", "/verify?sha256=00&lang=en"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/portal//evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\\evil.example", "/"),
        ] {
            assert_eq!(own_page(next), expected, "{next}");
        }
    }
}
