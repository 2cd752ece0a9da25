//! Signing in: OpenID Connect, authorization code with PKCE (RFC 7636), at the issuer whose tokens the API takes.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::SameSite;
use serde::{Deserialize, Serialize};
use xinzheng_api::token::Account;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::cookie_cipher::{random, random_text};
use crate::form::query;
use crate::id_token::IdToken;
use crate::issuer::{refused, with_parameters};
use crate::session::{Session, home_of};
use crate::{PageRequest, kept_form};

/// The purpose that what is kept while signing in is encrypted for, and for how many seconds it is.
const SIGN_IN: &str = "sign-in";
const PATIENCE: i64 = 600;

/// What is kept while signing in.
#[derive(Serialize, Deserialize)]
struct UnderWay {
    state: String,
    nonce: String,
    verifier: String,
    next: String,
}

/// Only a page of the portal is gone to after signing in.
fn own_page(next: &str) -> &str {
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if plain && next.starts_with("/portal/") && !next.contains("//") { next } else { "/portal/home" }
}

/// Leads someone who is not signed in to signing in, and back to this page.
pub(crate) fn lead(asked: &PageRequest<'_>) -> HttpResponse {
    let here = match asked.request.query() {
        "" => asked.request.path().to_owned(),
        query => format!("{}?{query}", asked.request.path()),
    };
    lead_to(&here)
}

/// Leads to signing in, and then to this page.
pub(crate) fn lead_to(page: &str) -> HttpResponse {
    HttpResponse::see_other(&format!("/portal/sign-in?{}", query([("next", own_page(page))])))
}

/// `GET /portal/home`: the page that someone begins with.
pub(crate) fn home(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let account: Option<Account> = asked.visitor.session.as_ref().map(|session| session.account);
    Ok(HttpResponse::see_other(account.map_or("/portal/sign-in?next=%2Fportal%2Fhome", home_of)))
}

/// `GET /portal/sign-in`: goes to the issuer.
pub(crate) async fn begin(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let app = asked.app;
    let endpoints = app.issuer.endpoints(app).await?;
    let verifier = URL_SAFE_NO_PAD.encode(random::<32>()?);
    let next = own_page(asked.query.text("next")).to_owned();
    let under_way = UnderWay { state: random_text()?, nonce: random_text()?, verifier, next };
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, under_way.verifier.as_bytes()).as_ref());
    let redirect = format!("{}/portal/callback", app.origin);
    let parameters = [
        ("response_type", "code"),
        ("client_id", &app.issuer.client_id),
        ("redirect_uri", &redirect),
        ("scope", "openid profile"),
        ("state", &under_way.state),
        ("nonce", &under_way.nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let encrypted = app.key.encrypt(SIGN_IN, &under_way)?;
    // It has to come back with the issuer's redirect, which is from elsewhere.
    let cookie = app.cookies.set(app.cookies.sign_in, encrypted, SameSite::Lax, PATIENCE);
    Ok(HttpResponse::see_other(&with_parameters(&endpoints.authorization_endpoint, parameters)).cookie(cookie))
}

/// `GET /portal/callback`: the issuer's answer becomes a session.
pub(crate) async fn finish(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let app = asked.app;
    let encrypted = asked.request.cookie(app.cookies.sign_in).ok_or_else(|| refused("no sign-in is under way"))?;
    let under_way: UnderWay =
        app.key.decrypt(SIGN_IN, encrypted).ok_or_else(|| refused("what was kept does not open"))?;
    if asked.query.text("state") != under_way.state {
        return Err(refused("the state is another"));
    }
    let code = asked.query.filled("code").ok_or_else(|| refused("the issuer gave no code"))?;
    let redirect = format!("{}/portal/callback", app.origin);
    let tokens = app.issuer.redeem(app, code, &redirect, &under_way.verifier).await?;
    let id_token = IdToken::read(&tokens.id_token).ok_or_else(|| refused("the id token cannot be read"))?;
    let (issuer, client) = (&app.issuer.issuer, &app.issuer.client_id);
    id_token.check(issuer, client, &under_way.nonce, app.clock.now()).map_err(refused)?;
    let session = Session::of(tokens, app.clock.now())?;
    Ok(HttpResponse::see_other(own_page(&under_way.next))
        .cookie(session.cookie(app)?)
        .cookie(kept_form::last(app, &session)?)
        .cookie(app.cookies.forget(app.cookies.sign_in)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_the_portal_is_gone_to() {
        for (next, expected) in [
            ("/portal/my/reports?cursor=a", "/portal/my/reports?cursor=a"),
            ("/portal/home", "/portal/home"),
            ("", "/portal/home"),
            ("https://evil.example/portal/", "/portal/home"),
            ("//evil.example/portal/", "/portal/home"),
            ("/portal//evil.example", "/portal/home"),
            ("/\\evil.example", "/portal/home"),
            ("/portal/\\evil", "/portal/home"),
            ("/portal/my\r\nset-cookie: x", "/portal/home"),
            ("/verify", "/portal/home"),
        ] {
            assert_eq!(own_page(next), expected, "{next}");
        }
    }
}
