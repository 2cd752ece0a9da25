//! A session: someone signed in, with a token that lasts for minutes and is renewed, in a cookie.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::{Cookie, SameSite};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use xinzheng_api::page_problem::SIGN_IN_UNREADABLE;
use xinzheng_api::problem::{INTERNAL, TOKEN_MISSING};
use xinzheng_api::token::{Account, Claim};
use xinzheng_domain::sha256::hexadecimal;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem};

use crate::cookie_cipher::random_text;
use crate::issuer::Tokens;
use crate::{App, PageRequest};

/// The purpose that sessions are encrypted for.
const SESSION: &str = "session";
/// How long nobody has to ask for a page until the session ends, and how long it lasts at most: a working day.
const IDLE: SignedDuration = SignedDuration::from_mins(30);
const LONGEST: SignedDuration = SignedDuration::from_hours(8);
/// How long before its end a token is renewed: longer than a page takes.
const EARLY: SignedDuration = SignedDuration::from_secs(60);
/// How much longer it is to last for the cookie to be set anew.
const OFTEN: SignedDuration = SignedDuration::from_mins(5);
/// The longest cookie that browsers keep, in bytes, less what stands around it.
const LONGEST_COOKIE: usize = 3_900;

/// Where someone with this account begins.
pub(crate) const fn home_of(account: Account) -> &'static str {
    match account {
        Account::Subject => "/portal/my",
        Account::Unit => "/portal/unit",
        Account::Operator => "/portal/platform",
        Account::ThirdParty => "/portal/query",
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
    /// Whose it is: the same for the same person in the same role, and for nobody else.
    pub(crate) person: String,
    /// Until when it holds when nobody asks for a page.
    pub(crate) until: Timestamp,
    /// The token of this session's forms.
    pub(crate) form_token: String,
}

/// Until a session ends when nobody asks for a page, and however much it is used, in seconds.
#[derive(Serialize)]
pub(crate) struct Left {
    pub(crate) seconds: i64,
    pub(crate) longest: i64,
}

/// Of a token what is shown.
struct Claims {
    account: Account,
    expiry: i64,
    name: Option<String>,
    subject: Option<String>,
    unit: Option<String>,
    id: Option<String>,
}

impl Claims {
    /// The claims of a token; `None` when one that is needed is missing, or one is not what it should be.
    fn read(token: &str) -> Option<Self> {
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
        let claims: Map<String, Value> = serde_json::from_slice(&claims).ok()?;
        let text = |claim: Claim| match claims.get(claim.name()) {
            None | Some(Value::Null) => Some(None),
            Some(Value::String(text)) => Some(Some(text.clone())),
            Some(_) => None,
        };
        Some(Self {
            account: Account::parse(&text(Claim::Role)??)?,
            expiry: claims.get(Claim::Expiry.name())?.as_i64()?,
            name: text(Claim::Name)?,
            subject: text(Claim::Subject)?,
            unit: text(Claim::Unit)?,
            id: text(Claim::Id)?,
        })
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({:?})", self.account)
    }
}

/// A claim that need not be there, as a part of what tells a person.
fn part(claim: &Option<String>) -> &str {
    claim.as_deref().unwrap_or_default()
}

impl Session {
    /// A session on tokens that the issuer itself has just given. What the token's claims say is for show alone.
    pub(crate) fn of(tokens: Tokens, now: Timestamp) -> Result<Self, Problem> {
        let unreadable = || Problem::from(SIGN_IN_UNREADABLE);
        let claims = Claims::read(&tokens.access_token).ok_or_else(unreadable)?;
        let whose =
            [claims.account.code(), part(&claims.id), part(&claims.subject), part(&claims.unit), part(&claims.name)];
        let person = hexadecimal(digest(&SHA256, whose.join("\n").as_bytes()).as_ref());
        let name = match claims.account {
            Account::Subject => claims.name.or(claims.subject),
            Account::Unit => claims.unit.clone(),
            Account::Operator => claims.name.or(claims.id),
            Account::ThirdParty => claims.name,
        };
        // Counted from now on where the issuer says how long: its clock may be another.
        let token_until = match tokens.expires_in {
            Some(seconds) => now.checked_add(SignedDuration::from_secs(seconds)),
            None => Timestamp::from_second(claims.expiry),
        };
        let session = Self {
            id: random_text()?,
            account: claims.account,
            name: name.unwrap_or_default(),
            unit: claims.unit,
            person,
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

    /// What tells whether a page was shown to the same person in the same role.
    pub(crate) fn mark(&self) -> &str {
        self.person.get(..16).unwrap_or_default()
    }

    /// When it ends however much it is used.
    pub(crate) fn ends_at_last(&self) -> Timestamp {
        match self.refresh_token {
            Some(_) => self.began + LONGEST,
            None => self.token_until,
        }
    }

    /// How long it lasts from now on.
    pub(crate) fn left(&self, now: Timestamp) -> Left {
        let seconds = |until: Timestamp| until.duration_since(now).as_secs().max(0);
        Left { seconds: seconds(self.until), longest: seconds(self.ends_at_last()) }
    }

    /// The session of a request's cookie, with a token that holds; with the cookie that has to be set when it was renewed. At
    /// most one GetItem.
    pub(crate) async fn of_request(
        app: &App,
        request: &HttpRequest,
    ) -> Result<Option<(Self, Option<Cookie<'static>>)>, Problem> {
        let now = app.clock.now();
        let kept = request.cookie(app.cookies.session).and_then(|encrypted| app.key.decrypt(SESSION, encrypted));
        let Some(session) = kept.filter(|session: &Self| session.until > now) else { return Ok(None) };
        if app.ended.have(&session.id).await? {
            return Ok(None);
        }
        let Some(refresh_token) = session.refresh_token.as_deref().filter(|_| session.token_until <= now + EARLY)
        else {
            // A token that lasts longer than nobody has to ask for a page.
            let used = session.clone().used(now);
            if used.until <= session.until + OFTEN {
                // Its end is that of the cookie that the browser has.
                return Ok(Some((session, None)));
            }
            let cookie = used.cookie(app)?;
            return Ok(Some((used, Some(cookie))));
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
                let cookie = renewed.cookie(app)?;
                Ok(Some((renewed, Some(cookie))))
            }
            Ok(None) | Err(_) if lasts => Ok(Some((session, None))),
            Ok(None) => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// Its cookie; it comes with links from elsewhere, and with no form from elsewhere.
    pub(crate) fn cookie(&self, app: &App) -> Result<Cookie<'static>, Problem> {
        let encrypted = app.key.encrypt(SESSION, self)?;
        if encrypted.len() > LONGEST_COOKIE {
            tracing::error!(bytes = encrypted.len(), "a session does not fit into a cookie");
            return Err(INTERNAL.into());
        }
        let seconds = self.until.duration_since(app.clock.now()).as_secs();
        Ok(app.cookies.set(app.cookies.session, encrypted, SameSite::Lax, seconds))
    }
}

/// How long a session lasts, as the script of its pages reads it.
#[derive(Serialize)]
struct Lasting<'s> {
    #[serde(flatten)]
    left: Left,
    /// What forms have to send from now on.
    csrf: &'s str,
    /// Whose it is, as the pages that were shown to the same person have it.
    who: &'s str,
}

/// `GET /portal/session`: how long the session lasts. To ask is to use it.
///
/// # Errors
///
/// When there is none.
pub(crate) fn told(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let session = asked.visitor.session.as_ref().ok_or_else(|| Problem::from(TOKEN_MISSING))?;
    let told = Lasting { left: session.left(asked.app.clock.now()), csrf: &session.form_token, who: session.mark() };
    Ok(HttpResponse::json(200, &told).header("cache-control", "no-store"))
}
