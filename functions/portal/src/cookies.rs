//! The cookies that the portal sets.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};

/// Names and attributes of the cookies. Over HTTPS they have the prefix that binds them to the host.
#[derive(Debug)]
pub(crate) struct Cookies {
    pub(crate) session: &'static str,
    pub(crate) visit: &'static str,
    pub(crate) sign_in: &'static str,
    /// Who was signed in last, encrypted: for a form that is sent when the session is over.
    pub(crate) last: &'static str,
    secure: bool,
}

impl Cookies {
    /// For pages at this origin.
    pub(crate) fn at(origin: &str) -> Self {
        if origin.starts_with("https://") {
            Self {
                session: "__Host-session",
                visit: "__Host-visit",
                sign_in: "__Host-sign-in",
                last: "__Host-last",
                secure: true,
            }
        } else {
            Self { session: "session", visit: "visit", sign_in: "sign-in", last: "last", secure: false }
        }
    }

    /// A cookie that scripts cannot read, for so many seconds.
    pub(crate) fn set(&self, name: &'static str, value: String, same_site: SameSite, seconds: i64) -> Cookie<'static> {
        Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .same_site(same_site)
            .max_age(Duration::seconds(seconds))
            .secure(self.secure)
            .build()
    }

    /// The cookie that makes a browser forget one.
    pub(crate) fn forget(&self, name: &'static str) -> Cookie<'static> {
        self.set(name, String::new(), SameSite::Lax, 0)
    }
}
