//! Who looks at the pages: someone signed in, whose session holds a token, or anyone.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use xinzheng_api::problem::{INTERNAL, ROLE_NOT_ALLOWED, TOKEN_MISSING};
use xinzheng_runtime::{HttpRequest, Problem};

use crate::App;
use crate::cookie_cipher::random_text;
use crate::issuer::Tokens;
use crate::problems::SIGN_IN_UNREADABLE;

/// The purpose that sessions are encrypted for.
const SESSION: &str = "session";
/// How long nobody has to ask for a page until the session ends, and how long it lasts at most: a working day.
const IDLE: SignedDuration = SignedDuration::from_mins(30);
const LONGEST: SignedDuration = SignedDuration::from_hours(8);
/// How long before its end a token is renewed: longer than a page takes.
const EARLY: SignedDuration = SignedDuration::from_secs(60);
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
    /// What it is told by when it is ended.
    pub(crate) id: String,
    pub(crate) token: String,
    /// Until when the token holds.
    token_until: Timestamp,
    /// With which the next token is asked for; without one the session ends with its token.
    pub(crate) refresh_token: Option<String>,
    began: Timestamp,
    /// Cookies have it as the token's claim.
    #[serde(rename = "role")]
    pub(crate) account: Account,
    /// The subject's name or code, the unit's code, the person's id.
    pub(crate) name: String,
    /// The unit's code, for units.
    pub(crate) unit: Option<String>,
    /// Until when it holds when nobody asks for a page.
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
    /// A session on tokens that the issuer itself has just given. What the token's claims say is for show alone.
    pub(crate) fn of(tokens: Tokens, now: Timestamp) -> Result<Self, Problem> {
        let unreadable = || Problem::from(SIGN_IN_UNREADABLE);
        let payload = tokens.access_token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let claims: Claims = serde_json::from_slice(&payload.ok_or_else(unreadable)?).map_err(|_| unreadable())?;
        let name = match claims.role {
            Account::Subject => claims.name.or(claims.subject),
            Account::Unit => claims.unit.clone(),
            Account::Operator => claims.name.or(claims.sub),
            Account::ThirdParty => claims.name,
        };
        // Counted from now on where the issuer says how long: its clock may be another.
        let token_until = match tokens.expires_in {
            Some(seconds) => now.checked_add(SignedDuration::from_secs(seconds)),
            None => Timestamp::from_second(claims.exp),
        };
        let session = Self {
            id: random_text()?,
            account: claims.role,
            name: name.unwrap_or_default(),
            unit: claims.unit,
            token_until: token_until.map_err(|_| unreadable())?,
            refresh_token: tokens.refresh_token,
            began: now,
            until: now,
            form_token: random_text()?,
            token: tokens.access_token,
        };
        Ok(session.used(now))
    }

    /// The same session on the next tokens.
    fn renewed(&self, tokens: Tokens, now: Timestamp) -> Result<Self, Problem> {
        let next = Self::of(tokens, now)?;
        let kept = Self {
            id: self.id.clone(),
            form_token: self.form_token.clone(),
            began: self.began,
            refresh_token: next.refresh_token.clone().or_else(|| self.refresh_token.clone()),
            ..next
        };
        Ok(kept.used(now))
    }

    /// As somebody asks for a page.
    fn used(mut self, now: Timestamp) -> Self {
        self.until = match self.refresh_token {
            Some(_) => (now + IDLE).min(self.ends_at_last()),
            None => self.token_until,
        };
        self
    }

    /// When it ends however much it is used.
    pub(crate) fn ends_at_last(&self) -> Timestamp {
        match self.refresh_token {
            Some(_) => self.began + LONGEST,
            None => self.token_until,
        }
    }

    /// The session of a request's cookie, with a token that holds; with the cookie that has to be set when it was renewed. At
    /// most one GetItem.
    async fn of_request(app: &App, request: &HttpRequest) -> Result<Option<(Self, Option<Cookie<'static>>)>, Problem> {
        let now = app.clock.now();
        let kept = request.cookie(app.cookies.session).and_then(|encrypted| app.key.decrypt(SESSION, encrypted));
        let Some(session) = kept.filter(|session: &Self| session.until > now) else { return Ok(None) };
        if app.ended.have(&session.id).await? {
            return Ok(None);
        }
        let Some(refresh_token) = session.refresh_token.as_deref().filter(|_| session.token_until <= now + EARLY)
        else {
            return Ok(Some((session, None)));
        };
        // When it has been renewed by a page that was asked for at the same time, the token at hand lasts for this one.
        let lasts = session.token_until > now;
        match app.issuer.renew(app, refresh_token).await {
            Ok(Some(tokens)) => {
                let renewed = session.renewed(tokens, now)?;
                // Who has another account now has to sign in with it.
                if renewed.account != session.account {
                    return Ok(None);
                }
                let cookie = app.session_cookie(&renewed)?;
                Ok(Some((renewed, Some(cookie))))
            }
            Ok(None) | Err(_) if lasts => Ok(Some((session, None))),
            Ok(None) => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}

/// A cookie that has yet to be set.
#[derive(Debug)]
pub(crate) enum NewCookie {
    /// For forms of someone who is not signed in.
    Visit(Cookie<'static>),
    /// Of a session that was renewed.
    Session(Cookie<'static>),
}

/// Whoever asks for a page.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) session: Option<Session>,
    /// What forms have to send.
    pub(crate) form_token: String,
    /// What is to be set with the page.
    pub(crate) new_cookie: Option<NewCookie>,
    /// Why it cannot be told whether somebody is signed in; pages for anyone are shown all the same.
    trouble: Option<Problem>,
}

impl Visitor {
    /// By the request's cookies.
    pub(crate) async fn of(app: &App, request: &HttpRequest) -> Result<Self, Problem> {
        let trouble = match Session::of_request(app, request).await {
            Ok(Some((session, cookie))) => {
                let form_token = session.form_token.clone();
                let new_cookie = cookie.map(NewCookie::Session);
                return Ok(Self { session: Some(session), form_token, new_cookie, trouble: None });
            }
            Ok(None) => None,
            Err(problem) => Some(problem),
        };
        let kept = request.cookie(app.cookies.visit).filter(|value| value.len() == 22);
        let (cookie, new) = match kept {
            Some(cookie) => (cookie.to_owned(), false),
            None => (random_text()?, true),
        };
        let form_token = app.key.form_token(&cookie);
        let set = |cookie| NewCookie::Visit(app.cookies.set(app.cookies.visit, cookie, SameSite::Strict, 86_400));
        let new_cookie = new.then(|| set(cookie));
        Ok(Self { session: None, form_token, new_cookie, trouble })
    }

    /// The session, when it is of this account.
    pub(crate) fn signed_in_as(&self, account: Account) -> Result<&Session, Problem> {
        match &self.session {
            None => Err(self.trouble.clone().unwrap_or_else(signed_out)),
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
