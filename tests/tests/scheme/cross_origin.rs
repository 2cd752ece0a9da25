//! What pages of other origins may ask in a browser: verification and what is published, and nothing else.

use std::collections::BTreeSet;

use reqwest::header::HeaderMap;
use serde_json::json;
use xinzheng_api::openapi::endpoints;
use xinzheng_tests::description::TEMPLATE;
use xinzheng_tests::{TestStack, penalties, penalty_row, register, uscc};

/// What a path asks for in the place of its parameters.
fn filled(path: &str) -> String {
    let file = if path.starts_with("/schemas") { "event.schema.json" } else { "site.css" };
    let names =
        [("{code}", "EXAMP1E-0000001-0000006"), ("{path+}", "checkpoint"), ("{page+}", "guide"), ("{file}", file)];
    let path = names.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
    path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>().join("/")
}

fn allowed(headers: &HeaderMap) -> Option<&str> {
    let names = headers.keys().filter(|name| name.as_str().starts_with("access-control-"));
    assert!(headers.contains_key("access-control-allow-origin") || names.count() == 0, "all of it or nothing");
    assert!(!headers.contains_key("access-control-allow-credentials"));
    headers.get("access-control-allow-origin").map(|value| value.to_str().unwrap())
}

#[test]
fn the_template_lets_browsers_ask_first_where_pages_of_other_origins_may() {
    let routes = TEMPLATE.functions().iter().flat_map(|function| &function.routes);
    let asked: BTreeSet<&str> =
        routes.filter(|route| route.method == "OPTIONS").map(|route| route.path.as_str()).collect();
    let all = endpoints();
    let open: BTreeSet<&str> =
        all.iter().filter(|endpoint| endpoint.any_origin).map(|endpoint| endpoint.path).collect();
    assert_eq!(asked, open);
    for endpoint in all.iter().filter(|endpoint| endpoint.any_origin) {
        assert!(endpoint.callers.is_empty(), "{endpoint:?} needs a token, which a page of another origin has not");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_may_verify_and_read_what_is_published_and_nothing_else() {
    let test = TestStack::start().await;
    let origin = |method: &str, path: &str| {
        test.request(method, &format!("{}{}", test.stack.address, filled(path)))
            .header("origin", "https://bank.example")
    };
    let open = |method: &str, path: &str| {
        endpoints()
            .iter()
            .any(|endpoint| endpoint.any_origin && endpoint.path == path && endpoint.method.code() == method)
    };
    let mut seen = 0;
    for route in TEMPLATE.functions().iter().flat_map(|function| &function.routes) {
        let (method, path) = (route.method.as_str(), route.path.as_str());
        if method == "OPTIONS" {
            let preflight = origin(method, path)
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "content-type")
                .send()
                .await
                .unwrap();
            assert_eq!((preflight.status().as_u16(), allowed(preflight.headers())), (204, Some("*")), "{path}");
            let told = |name: &str| preflight.headers()[name].to_str().unwrap().to_owned();
            let methods: Vec<String> = told("access-control-allow-methods").split(", ").map(str::to_owned).collect();
            for method in ["GET", "HEAD", "POST", "PUT"] {
                assert_eq!(methods.contains(&method.to_owned()), open(method, path), "{method} {path}");
            }
            assert!(told("access-control-allow-headers").contains("content-type"));
            assert!(!told("access-control-allow-headers").contains("authorization"), "nobody brings a token");
            continue;
        }
        let answer = origin(method, path).header("accept", "application/json").send().await.unwrap();
        assert_eq!(allowed(answer.headers()), open(method, path).then_some("*"), "{method} {path}: {answer:?}");
        let asks_first = TEMPLATE.route("OPTIONS", &filled(path)).is_some();
        if !asks_first {
            let preflight =
                origin("OPTIONS", path).header("access-control-request-method", "GET").send().await.unwrap();
            assert_eq!((preflight.status().as_u16(), allowed(preflight.headers())), (404, None), "{path}");
        }
        seen += 1;
    }
    assert!(seen > 80, "{seen}");
    // What the page of a verification shows stays with whoever looks at it.
    for path in ["/verify", "/verify/{code}"] {
        let page = origin("GET", path).header("accept", "text/html").send().await.unwrap();
        assert_eq!((page.status().as_u16(), allowed(page.headers())), (200, None), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_verifies_from_its_own_page() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let report = test.issued(uscc(1), &json!({ "purpose": "commercial" })).await.report;
    let asked = json!({ "codes": [report.code], "sha256": [report.file.sha256] });
    for request in [
        test.get(&format!("/verify/{}", report.code)),
        test.get(&format!("/verify?sha256={}", report.file.sha256)),
        test.get(&format!("/verify/{}", report.code)).header("accept", "application/jwt"),
        test.post("/verify", &asked),
    ] {
        let answer = request.header("origin", "https://bank.example").send().await.unwrap();
        assert_eq!((answer.status().as_u16(), allowed(answer.headers())), (200, Some("*")), "{answer:?}");
    }
    // The document and its data are downloads, which need no leave.
    for path in ["document", "content"] {
        let answer = test.get(&format!("/verify/{}/{path}", report.code)).send().await.unwrap();
        assert_eq!(allowed(answer.headers()), None, "{path}");
    }
}
