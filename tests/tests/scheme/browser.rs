//! A browser without scripts, as the stories of the portal use it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use cookie::Cookie;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};
use scraper::{ElementRef, Html, Selector};
use xinzheng_tests::{TestStack, client_builder};

/// A browser: it keeps cookies, and goes nowhere by itself.
pub(crate) struct Browser<'t> {
    pub(crate) test: &'t TestStack,
    pub(crate) client: Client,
    pub(crate) cookies: Mutex<BTreeMap<String, String>>,
}

/// What came back.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: String,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

pub(crate) fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap()
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// An attribute of every element that a selector finds.
    pub(crate) fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let html = Html::parse_document(&self.text);
        html.select(&selector(css)).filter_map(|element| element.attr(name)).map(str::to_owned).collect()
    }

    /// The same of the first one.
    pub(crate) fn attribute(&self, css: &str, name: &str) -> String {
        self.attributes(css, name).into_iter().next().unwrap_or_else(|| panic!("no {css} in {}", self.text))
    }

    /// The value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> String {
        self.attribute(&format!("input[type=hidden][name='{name}']"), "value")
    }

    /// The hidden fields of a form.
    pub(crate) fn all_hidden(&self, action: &str) -> Vec<(String, String)> {
        let html = Html::parse_document(&self.text);
        let form = html.select(&selector(&format!("form[action='{action}']"))).next();
        let form = form.unwrap_or_else(|| panic!("no form for {action} in {}", self.text));
        let field = |field: ElementRef<'_>, name: &str| field.attr(name).unwrap().to_owned();
        form.select(&selector("input[type=hidden]")).map(|it| (field(it, "name"), field(it, "value"))).collect()
    }

    pub(crate) fn cookies(&self) -> Vec<String> {
        self.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap().to_owned()).collect()
    }
}

impl<'t> Browser<'t> {
    pub(crate) fn new(test: &'t TestStack) -> Self {
        let client = client_builder().redirect(Policy::none()).build().unwrap();
        Self { test, client, cookies: Mutex::default() }
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub(crate) fn set(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        form: Option<&[(&str, &str)]>,
        headers: &[(&str, &str)],
    ) -> Page {
        let base = self.test.stack.address.clone();
        let url = if path.starts_with('/') { format!("{base}{path}") } else { path.to_owned() };
        let mut request = self.client.request(method, url).header("accept", "text/html");
        let cookies: Vec<String> =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(form) = form {
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
            request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        }
        let response: Response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let location = headers.get("location").map_or("", |value| value.to_str().unwrap()).replace(&base, "");
        let bytes = response.bytes().await.unwrap();
        self.test.keep_answer(&bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let page = Page { status, location, headers, text };
        for cookie in page.cookies() {
            let cookie = Cookie::parse(cookie).unwrap();
            self.set(cookie.name(), cookie.value());
        }
        page
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        self.send(Method::GET, path, None, &[]).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Page {
        self.send(Method::POST, path, Some(form), &[]).await
    }

    /// Fills a form of a page in and sends it with its hidden fields; where that leads.
    pub(crate) async fn fill(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> String {
        let shown = self.get(page).await;
        assert_eq!(shown.status, 200, "{page}: {}", shown.text);
        let hidden = shown.all_hidden(action);
        let kept = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<(&str, &str)> = kept.chain(fields.iter().copied()).collect();
        let sent = self.post(action, &all).await;
        assert_eq!(sent.status, 303, "{action}: {}", sent.text);
        sent.location
    }

    /// Goes through signing in up to the issuer's answer; where that leads.
    pub(crate) async fn choose(&self, next: &str, who: (&str, &str)) -> String {
        let begun = self.get(&format!("/portal/sign-in?next={next}")).await;
        assert_eq!(begun.status, 303);
        let asked = self.get(&begun.location).await;
        assert_eq!(asked.status, 200, "{}", asked.text);
        let kept = ["client_id", "redirect_uri", "state", "nonce", "code_challenge"];
        let values: Vec<String> = kept.iter().map(|name| asked.hidden(name)).collect();
        let mut form: Vec<(&str, &str)> =
            kept.iter().zip(&values).map(|(name, value)| (*name, value.as_str())).collect();
        form.push(who);
        let chosen = self.post("/dev/authorize", &form).await;
        assert_eq!(chosen.status, 303, "{}", chosen.text);
        chosen.location
    }

    pub(crate) async fn sign_in(test: &'t TestStack, who: (&str, &str)) -> Self {
        let browser = Self::new(test);
        let callback = browser.choose("/portal/home", who).await;
        assert_eq!(browser.get(&callback).await.location, "/portal/home");
        browser
    }
}

/// The people whom the local issuer offers last.
pub(crate) const OPERATOR: (&str, &str) = ("person", "5");
pub(crate) const BANK: (&str, &str) = ("person", "6");
