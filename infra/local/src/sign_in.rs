//! Signing in and out at the local issuer: the authorization code flow with PKCE (RFC 6749, RFC 7636; OpenID Connect Core 1.0),
//! where people say who they are instead of proving it. On AWS the city's identity provider stands here.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use xinzheng_domain::{SubjectId, UnitCode};
use xinzheng_pages::Page;
use xinzheng_runtime::HttpResponse;
use xinzheng_sample::{SampleSubject, subject_moved_out, subject_with_every_kind, subject_without_records};

use crate::issuer::{AUDIENCE, Issuer};
use crate::made_up_people::{self, BANK, Claims, OPERATOR};
use crate::secrets::random;

/// How long a code can be redeemed.
const PATIENCE: SignedDuration = SignedDuration::from_mins(2);
/// How long an access token lasts that people sign in with, in seconds: it is renewed.
const LASTS: i64 = 300;
/// How long tokens are renewed, and for how long a token that has been used for that may be used again: pages are asked for side by
/// side.
const RENEWABLE: SignedDuration = SignedDuration::from_hours(12);
const AGAIN: SignedDuration = SignedDuration::from_secs(60);
/// Parameters of the request that come back with the choice of a person.
const KEPT: [&str; 5] = ["client_id", "redirect_uri", "state", "nonce", "code_challenge"];

/// Codes that were given and not yet redeemed.
#[derive(Debug, Default)]
pub(crate) struct SignIn {
    given: Mutex<HashMap<String, Given>>,
    renewable: Mutex<HashMap<String, Renewable>>,
}

/// What a refresh token stands for.
#[derive(Clone, Debug)]
struct Renewable {
    /// Of which signing in it is: all tokens of one are revoked together.
    grant: String,
    claims: Map<String, Value>,
    client_id: String,
    until: Timestamp,
}

/// What a code stands for.
#[derive(Debug)]
struct Given {
    claims: Map<String, Value>,
    client_id: String,
    redirect_uri: String,
    nonce: String,
    challenge: String,
    until: Timestamp,
}

/// Fields of a query or a form.
pub(crate) type Fields = BTreeMap<String, String>;

fn field<'f>(fields: &'f Fields, name: &str) -> &'f str {
    fields.get(name).map_or("", |value| value.as_str())
}

/// The fields of a query or a form's body.
pub(crate) fn fields(text: &[u8]) -> Fields {
    form_urlencoded::parse(text).into_owned().collect()
}

/// People to sign in as: what they are called, and the claims of their tokens.
fn people() -> Vec<(String, Claims)> {
    let subject = |of: SampleSubject, note: &str| (format!("{}（{note}）", of.name), made_up_people::subject(&of));
    let units = ["market-supervision", "emergency-management"].into_iter().filter_map(UnitCode::parse);
    let mut people = vec![
        subject(subject_with_every_kind(), "有各类记录"),
        subject(subject_without_records(), "没有记录"),
        subject(subject_moved_out(), "已迁出长治市"),
    ];
    people.extend(units.map(|unit| (unit.name(), made_up_people::clerk(unit))));
    people.push((OPERATOR.to_owned(), made_up_people::operator()));
    people.push((BANK.to_owned(), made_up_people::bank()));
    people
}

/// The person of a form: one of those offered by its place, or whoever was typed in.
fn chosen(sent: &Fields) -> Option<Map<String, Value>> {
    match field(sent, "person").parse::<usize>() {
        Ok(place) => people().into_iter().nth(place).map(|(_, claims)| claims),
        Err(_) => {
            let code = field(sent, "code").trim();
            if let Some(subject) = SubjectId::parse(code) {
                let claims = json!({ "role": "subject", "subject": subject, "name": code, "sub": code });
                claims.as_object().cloned()
            } else {
                UnitCode::parse(code).map(made_up_people::clerk)
            }
        }
    }
}

impl SignIn {
    /// `GET /dev/authorize`: who are you?
    pub(crate) fn ask(asked: &Fields, own: &str) -> HttpResponse {
        match refusal(asked, own) {
            Some(why) => HttpResponse::json(400, &json!({ "error": "invalid_request", "error_description": why })),
            None => page(200, asked, false),
        }
    }

    /// `POST /dev/authorize`: goes back to the client with a code for the chosen person.
    pub(crate) fn choose(&self, sent: &Fields, own: &str, now: Timestamp) -> HttpResponse {
        if let Some(why) = refusal(sent, own) {
            return HttpResponse::json(400, &json!({ "error": "invalid_request", "error_description": why }));
        }
        let Some(claims) = chosen(sent) else { return page(422, sent, true) };
        let Ok(code) = random() else { return server_error() };
        let text = |name: &str| field(sent, name).to_owned();
        let given = Given {
            claims,
            client_id: text("client_id"),
            redirect_uri: text("redirect_uri"),
            nonce: text("nonce"),
            challenge: text("code_challenge"),
            until: now + PATIENCE,
        };
        if let Ok(mut all) = self.given.lock() {
            all.retain(|_, given| given.until > now);
            all.insert(code.clone(), given);
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("code", &code).append_pair("state", field(sent, "state"));
        HttpResponse::see_other(&format!("{}?{}", field(sent, "redirect_uri"), query.finish()))
    }

    /// `POST /dev/token` with a code: an access token and an id token, once, for whoever knows the verifier.
    pub(crate) fn redeem(&self, sent: &Fields, issuer: &Issuer, now: Timestamp) -> HttpResponse {
        let invalid = || HttpResponse::json(400, &json!({ "error": "invalid_grant" }));
        let given = self.given.lock().ok().and_then(|mut all| all.remove(field(sent, "code")));
        let Some(given) = given else { return invalid() };
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, field(sent, "code_verifier").as_bytes()).as_ref());
        let same = given.until > now
            && given.client_id == field(sent, "client_id")
            && given.redirect_uri == field(sent, "redirect_uri")
            && given.challenge == challenge;
        if !same {
            return invalid();
        }
        let mut about = given.claims.clone();
        about.insert("nonce".to_owned(), json!(given.nonce));
        match issuer.token_for(&given.client_id, &about, now, LASTS) {
            Ok(id_token) => {
                let Ok(grant) = random() else { return server_error() };
                let renewable =
                    Renewable { grant, claims: given.claims, client_id: given.client_id, until: now + RENEWABLE };
                self.tokens(renewable, issuer, now, Some(id_token))
            }
            Err(_) => server_error(),
        }
    }

    /// `POST /dev/token` with a refresh token: the next tokens, with the next refresh token.
    pub(crate) fn renew(&self, sent: &Fields, issuer: &Issuer, now: Timestamp) -> HttpResponse {
        let renewable = self.renewable.lock().ok().and_then(|mut all| {
            let its = all.get_mut(field(sent, "refresh_token"))?;
            if its.until <= now || its.client_id != field(sent, "client_id") {
                return None;
            }
            let found = its.clone();
            its.until = its.until.min(now + AGAIN);
            Some(found)
        });
        match renewable {
            Some(renewable) => self.tokens(renewable, issuer, now, None),
            None => HttpResponse::json(400, &json!({ "error": "invalid_grant" })),
        }
    }

    /// `POST /dev/revoke`: tokens of this signing in are renewed no longer (RFC 7009).
    pub(crate) fn revoke(&self, sent: &Fields) -> HttpResponse {
        if let Ok(mut all) = self.renewable.lock()
            && let Some(its) = all.get(field(sent, "token")).filter(|its| its.client_id == field(sent, "client_id"))
        {
            let grant = its.grant.clone();
            all.retain(|_, its| its.grant != grant);
        }
        HttpResponse::json(200, &json!({}))
    }

    /// `GET /dev/logout`: goes back to the portal (RP-Initiated Logout 1.0). Nobody has a session here: people say anew who they are.
    pub(crate) fn leave(asked: &Fields, own: &str) -> HttpResponse {
        let back = field(asked, "post_logout_redirect_uri");
        if back == format!("{own}/") {
            HttpResponse::see_other(back)
        } else {
            let why = "post_logout_redirect_uri is not the portal's";
            HttpResponse::json(400, &json!({ "error": "invalid_request", "error_description": why }))
        }
    }

    /// Tokens for someone, with the right to renew them.
    fn tokens(&self, renewable: Renewable, issuer: &Issuer, now: Timestamp, id_token: Option<String>) -> HttpResponse {
        let access = issuer.token_for(AUDIENCE, &renewable.claims, now, LASTS);
        let (Ok(access), Ok(refresh)) = (access, random()) else { return server_error() };
        if let Ok(mut all) = self.renewable.lock() {
            all.retain(|_, its| its.until > now);
            all.insert(refresh.clone(), renewable);
        }
        let mut answer = json!({
            "access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": LASTS,
        });
        if let (Some(id_token), Some(answer)) = (id_token, answer.as_object_mut()) {
            answer.insert("id_token".to_owned(), json!(id_token));
        }
        HttpResponse::json(200, &answer)
    }
}

fn server_error() -> HttpResponse {
    HttpResponse::json(500, &json!({ "error": "server_error" }))
}

/// Why nobody is asked who they are: only the portal of this stack may ask, and only with PKCE.
fn refusal(asked: &Fields, own: &str) -> Option<&'static str> {
    if field(asked, "redirect_uri") != format!("{own}/portal/callback") {
        Some("redirect_uri is not the portal's")
    } else if field(asked, "client_id").is_empty() || field(asked, "code_challenge").len() != 43 {
        Some("client_id and a code_challenge of S256 are needed")
    } else {
        None
    }
}

fn page(status: u16, asked: &Fields, unknown: bool) -> HttpResponse {
    let kept = || -> Markup {
        html! { @for name in KEPT { input type="hidden" name=(name) value=(field(asked, name)); } }
    };
    let content = html! {
        h1 { "选择身份" }
        p { "这是本机演示用的登录页，正式环境由统一身份认证代替。" }
        @for (place, (name, _)) in people().iter().enumerate() {
            form.plain action="/dev/authorize" method="post" {
                (kept())
                button.quiet type="submit" name="person" value=(place) { (name) }
            }
        }
        form action="/dev/authorize" method="post" {
            (kept())
            div.field {
                label for="code" { "其他主体或单位" }
                input #code name="code" type="text" required autocomplete="off" spellcheck="false"
                    aria-invalid=[unknown.then_some("true")] aria-describedby="code-hint";
                p.hint #code-hint { "统一社会信用代码，或单位代码，如 market-supervision。" }
                @if unknown { p.error role="alert" { "⚠ 不是统一社会信用代码，也不是单位代码" } }
            }
            button type="submit" { "登录" }
        }
    };
    xinzheng_pages::html(status, &Page { title: "登录", content: Some(content), ..Page::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_offered_can_sign_in_and_nobody_unknown() {
        let person = |name: &str, value: &str| chosen(&Fields::from([(name.to_owned(), value.to_owned())]));
        for place in 0..people().len() {
            assert!(person("person", &place.to_string()).is_some_and(|claims| claims.contains_key("role")), "{place}");
        }
        assert_eq!(person("person", "99"), None);
        let role = |code: &str| person("code", code).and_then(|claims| Some(claims.get("role")?.as_str()?.to_owned()));
        assert_eq!(role("91140403XN10000145").as_deref(), Some("subject"));
        assert_eq!(role(" emergency-management ").as_deref(), Some("unit"));
        assert_eq!(role("nobody"), None);
    }
}
