//! Who looks at the pages: someone signed in, whose session is bound to a token, or anyone.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use xinzheng_api::problem::{INTERNAL, ROLE_NOT_ALLOWED, TOKEN_MISSING};
use xinzheng_runtime::{HttpRequest, Problem};

use crate::App;
use crate::cookie_cipher::random_text;
use crate::problems::SIGN_IN_UNREADABLE;

/// The purpose that sessions are encrypted for.
const SESSION: &str = "session";
/// The longest cookie that browsers keep, in bytes, less what stands around it.
const LONGEST_COOKIE: usize = 3_900;

/// What kind of account someone is signed in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Account {
    Subject,
    Unit,
    Operator,
    ThirdParty,
}

impl Account {
    /// Where someone with this account begins.
    pub(crate) const fn home(self) -> &'static str {
        match self {
            Self::Subject => "/portal/my",
            Self::Unit => "/portal/unit",
            Self::Operator => "/portal/platform",
            Self::ThirdParty => "/portal/query",
        }
    }
}

/// Someone signed in. The token decides what may be done: the API checks it with every request.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) token: String,
    /// Cookies have it as the token's claim.
    #[serde(rename = "role")]
    pub(crate) account: Account,
    /// The subject's name or code, the unit's code, the person's id.
    pub(crate) name: String,
    /// The unit's code, for units.
    pub(crate) unit: Option<String>,
    /// Until when the token holds, and the session with it.
    pub(crate) until: Timestamp,
    /// The token of this session's forms.
    form_token: String,
}

/// Of a token what is shown.
#[derive(Deserialize)]
struct Claims {
    role: Account,
    exp: i64,
    name: Option<String>,
    subject: Option<String>,
    unit: Option<String>,
    sub: Option<String>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({:?})", self.account)
    }
}

impl Session {
    /// A session on a token that the issuer itself has just given. What its claims say is for show alone.
    pub(crate) fn of(token: String) -> Result<Self, Problem> {
        let unreadable = || Problem::from(SIGN_IN_UNREADABLE);
        let payload = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let claims: Claims = serde_json::from_slice(&payload.ok_or_else(unreadable)?).map_err(|_| unreadable())?;
        let name = match claims.role {
            Account::Subject => claims.name.or(claims.subject),
            Account::Unit => claims.unit.clone(),
            Account::Operator => claims.name.or(claims.sub),
            Account::ThirdParty => claims.name,
        };
        Ok(Self {
            account: claims.role,
            name: name.unwrap_or_default(),
            unit: claims.unit,
            until: Timestamp::from_second(claims.exp).map_err(|_| unreadable())?,
            form_token: random_text()?,
            token,
        })
    }
}

/// Whoever asks for a page.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) session: Option<Session>,
    /// What forms have to send.
    pub(crate) form_token: String,
    /// A cookie that has yet to be set for forms of someone who is not signed in.
    pub(crate) new_cookie: Option<Cookie<'static>>,
}

impl Visitor {
    /// By the request's cookies.
    pub(crate) fn of(app: &App, request: &HttpRequest) -> Result<Self, Problem> {
        let session: Option<Session> =
            request.cookie(app.cookies.session).and_then(|encrypted| app.key.decrypt(SESSION, encrypted));
        if let Some(session) = session.filter(|session| session.until > app.clock.now()) {
            let form_token = session.form_token.clone();
            return Ok(Self { session: Some(session), form_token, new_cookie: None });
        }
        let kept = request.cookie(app.cookies.visit).filter(|value| value.len() == 22);
        let (cookie, new) = match kept {
            Some(cookie) => (cookie.to_owned(), false),
            None => (random_text()?, true),
        };
        let form_token = app.key.form_token(&cookie);
        let new_cookie = new.then(|| app.cookies.set(app.cookies.visit, cookie, SameSite::Strict, 86_400));
        Ok(Self { session: None, form_token, new_cookie })
    }

    /// The session, when it is of this account.
    pub(crate) fn signed_in_as(&self, account: Account) -> Result<&Session, Problem> {
        match &self.session {
            None => Err(signed_out()),
            Some(session) if session.account == account => Ok(session),
            Some(_) => Err(ROLE_NOT_ALLOWED.hint("请退出后换用相应的账号登录")),
        }
    }
}

fn signed_out() -> Problem {
    TOKEN_MISSING.into()
}

/// Names and attributes of the cookies. Over HTTPS they have the prefix that binds them to the host.
#[derive(Debug)]
pub(crate) struct Cookies {
    pub(crate) session: &'static str,
    pub(crate) visit: &'static str,
    pub(crate) sign_in: &'static str,
    secure: bool,
}

impl Cookies {
    /// For pages at this origin.
    pub(crate) fn at(origin: &str) -> Self {
        if origin.starts_with("https://") {
            Self { session: "__Host-session", visit: "__Host-visit", sign_in: "__Host-sign-in", secure: true }
        } else {
            Self { session: "session", visit: "visit", sign_in: "sign-in", secure: false }
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

impl App {
    /// The cookie of a session; it comes with links from elsewhere, and with no form from elsewhere.
    pub(crate) fn session_cookie(&self, session: &Session) -> Result<Cookie<'static>, Problem> {
        let encrypted = self.key.encrypt(SESSION, session)?;
        if encrypted.len() > LONGEST_COOKIE {
            tracing::error!(bytes = encrypted.len(), "a session does not fit into a cookie");
            return Err(INTERNAL.into());
        }
        let seconds = session.until.duration_since(self.clock.now()).as_secs();
        Ok(self.cookies.set(self.cookies.session, encrypted, SameSite::Lax, seconds))
    }
}
