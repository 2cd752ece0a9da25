//! Who looks at the pages: someone signed in, or anyone.

use cookie::{Cookie, SameSite};
use xinzheng_api::problem::{ROLE_NOT_ALLOWED, TOKEN_MISSING};
use xinzheng_api::token::Account;
use xinzheng_runtime::{HttpRequest, Problem};

use crate::App;
use crate::cookie_cipher::random_text;
use crate::session::Session;

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
