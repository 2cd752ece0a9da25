//! The portal: who may do what in a browser, and what no page lets through (R15, R19).

use std::collections::BTreeMap;

use lopdf::Document;
use reqwest::Method;
use scraper::Html;
use serde_json::json;
use xinzheng_api::{commitment, feedback, objection, report};
use xinzheng_domain::TableId;
use xinzheng_tests::{TestStack, UploadBuilder, penalties, penalty_row, register, register_row, uscc, with};

use crate::browser::{BANK, Browser, OPERATOR, Page, selector};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_made_by_its_own_sign_in_alone() {
    let test = TestStack::start().await;
    let code = uscc(1).to_string();
    let browser = Browser::new(&test);
    let callback = browser.choose("/portal/my/reports", ("code", &code)).await;
    let state = callback.split("state=").nth(1).unwrap();

    let stranger = Browser::new(&test);
    assert_eq!(stranger.get(&callback).await.status, 400, "a code without the sign-in that asked for it");
    stranger.choose("/portal/home", ("code", &code)).await;
    assert_eq!(stranger.get(&callback).await.status, 400, "a code for another's state");
    let own = stranger.choose("/portal/home", ("code", &code)).await;
    let mixed = own.replace(own.split("state=").nth(1).unwrap(), state);
    assert_eq!(stranger.get(&mixed).await.status, 400, "another's state");
    assert_eq!(browser.get(&callback.replace("code=", "code=x")).await.status, 400, "a code that was not given");

    let again = browser.choose("/portal/my/reports", ("code", &code)).await;
    let signed_in = browser.get(&again).await;
    assert_eq!((signed_in.status, signed_in.location.as_str()), (303, "/portal/my/reports"));
    let [session, last, forgotten] = &signed_in.cookies()[..] else { panic!("{:?}", signed_in.cookies()) };
    assert!(session.starts_with("session=") && session.contains("; HttpOnly; SameSite=Lax; "), "{session}");
    assert!(last.starts_with("last=") && last.contains("; HttpOnly; SameSite=Strict; "), "{last}");
    assert!(!last.contains(&code), "nor does that of who was signed in");
    assert!(forgotten.starts_with("sign-in=;") && forgotten.contains("Max-Age=0"), "{forgotten}");
    assert!(!session.contains(&code), "the cookie tells nothing");
    assert_eq!(browser.get("/portal/my/reports").await.status, 200);
    assert_eq!(browser.get(&again).await.status, 400, "a code twice");

    let sealed = browser.cookie("session").unwrap();
    browser.get("/portal/sign-in").await;
    let under_way = browser.cookie("sign-in").unwrap();
    for changed in [sealed.replace(&sealed[20..24], "AAAA"), format!("{sealed}A"), String::new(), under_way] {
        let other = Browser::new(&test);
        other.set("session", &changed);
        assert_eq!(other.get("/portal/my/reports").await.location, "/portal/sign-in?next=%2Fportal%2Fmy%2Freports");
    }
}

/// Where someone without a session is led from the subject's first page.
const LED: &str = "/portal/sign-in?next=%2Fportal%2Fmy";

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_signing_out_wherever_its_cookie_is() {
    let test = TestStack::start().await;
    let code = uscc(1).to_string();
    let browser = Browser::sign_in(&test, ("code", &code)).await;
    let other = Browser::sign_in(&test, ("code", &code)).await;
    let copy = Browser::new(&test);
    copy.set("session", &browser.cookie("session").unwrap());
    assert_eq!(copy.get("/portal/my").await.status, 200);
    let page = browser.get("/portal/my/reports").await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains(&format!("form-action 'self' {};", test.stack.address)), "{policy}");
    let out = browser.post("/portal/sign-out", &[("csrf", &page.hidden("csrf"))]).await;
    assert_eq!(out.status, 303);
    let (end, told) = out.location.split_once('?').unwrap();
    assert_eq!(end, "/dev/logout", "the issuer's session ends too");
    let told: BTreeMap<String, String> = form_urlencoded::parse(told.as_bytes()).into_owned().collect();
    let names: Vec<&str> = told.keys().map(String::as_str).collect();
    assert_eq!(names, ["client_id", "post_logout_redirect_uri"], "nothing that names the person");
    assert_eq!(browser.get(&out.location).await.location, "/");
    assert!(out.cookies()[0].starts_with("session=;"), "{:?}", out.cookies());
    assert_eq!(out.headers["clear-site-data"], "\"cache\", \"storage\"");
    assert_eq!(browser.get("/portal/my").await.location, LED);
    let again = copy.get("/portal/my").await;
    assert_eq!((again.status, again.location.as_str()), (303, LED), "a copy of the cookie has ended with it");
    assert!(copy.get("/").await.text.contains("登录"), "pages for anyone are shown");
    assert_eq!(other.get("/portal/my").await.status, 200, "another session of the same subject goes on");
    assert_eq!(browser.get("/dev/logout?post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F").await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_renewed_while_it_is_used_and_ends_when_it_is_not() {
    let test = TestStack::start().await;
    let code = uscc(1).to_string();
    let browser = Browser::sign_in(&test, ("code", &code)).await;
    let page = browser.get("/portal/my").await;
    assert!(page.cookies().is_empty(), "a token that lasts is not renewed");
    let (first, form_token) = (browser.cookie("session").unwrap(), page.hidden("csrf"));
    test.stack.calls.take();
    assert_eq!(browser.get("/portal/home").await.location, "/portal/my");
    let calls: Vec<_> = test.stack.calls.take().into_iter().collect();
    assert_eq!(calls, [("GetItem".to_owned(), 1)], "a session costs a look at the list of ended ones");
    test.pass_seconds(260);
    // Pages that are asked for side by side.
    let pages = futures::future::join_all((0..4).map(|_| browser.get("/portal/my"))).await;
    assert!(pages.iter().all(|page| page.status == 200 && page.hidden("csrf") == form_token));
    let renewed = browser.cookie("session").unwrap();
    assert_ne!(renewed, first);
    test.pass_seconds(25 * 60);
    assert_eq!(browser.get("/portal/my").await.status, 200, "it was used within half an hour");
    test.pass_seconds(6 * 60);
    let old = Browser::new(&test);
    old.set("session", &first);
    assert_eq!(old.get("/portal/my").await.location, LED, "the cookie before is over");

    let last = browser.cookie("session").unwrap();
    let out = browser.get("/portal/my").await;
    browser.post("/portal/sign-out", &[("csrf", &out.hidden("csrf"))]).await;
    for cookie in [renewed, last] {
        let copy = Browser::new(&test);
        copy.set("session", &cookie);
        assert_eq!(copy.get("/portal/my").await.location, LED, "every cookie of the session has ended with it");
    }

    let browser = Browser::sign_in(&test, ("code", &code)).await;
    test.pass_seconds(31 * 60);
    assert_eq!(browser.get("/portal/my").await.location, LED, "nobody asked for anything");
    let browser = Browser::sign_in(&test, ("code", &code)).await;
    let mut minutes = 0;
    while browser.get("/portal/my").await.status == 200 {
        test.pass_seconds(20 * 60);
        minutes += 20;
    }
    assert_eq!(minutes, 8 * 60, "it lasts a working day at most");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_a_page_is_for_the_session_that_was_shown_it() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    let code = uscc(1).to_string();
    let browser = Browser::sign_in(&test, ("code", &code)).await;
    let file = browser.get(&format!("/portal/my/reports/{}", report.number)).await.attribute("iframe", "src");
    let shown = browser.get(&file).await;
    assert_eq!((shown.status, shown.header("content-type")), (200, "application/pdf"));
    let other = Browser::sign_in(&test, ("code", &code)).await;
    assert_eq!(other.get(&file).await.status, 404, "another session, though of the same subject");
    assert!(Browser::new(&test).get(&file).await.location.starts_with("/portal/sign-in?next="));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_came_by_tls_is_kept_to_it() {
    let test = TestStack::start().await;
    let browser = Browser::new(&test);
    let bearer = format!("Bearer {}", test.unit_token("tax"));
    for path in ["/", "/portal/home", "/portal/nothing", "/verify", "/verify/123", "/uploads", "/questions"] {
        for (proto, expected) in [("https", "max-age=63072000"), ("http", "")] {
            let headers = [("x-forwarded-proto", proto), ("authorization", bearer.as_str())];
            let page = browser.send(Method::GET, path, None, &headers).await;
            assert_eq!(page.header("strict-transport-security"), expected, "{path} {proto}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_leads_to_pages_of_the_portal_alone() {
    let test = TestStack::start().await;
    let code = uscc(1).to_string();
    for (next, expected) in [
        ("%2Fportal%2Fmy%2Fgrants%3Fcursor%3Da", "/portal/my/grants?cursor=a"),
        ("https%3A%2F%2Fevil.example%2Fportal%2F", "/portal/home"),
        ("%2F%2Fevil.example%2Fportal%2F", "/portal/home"),
        ("%2F%5Cevil.example", "/portal/home"),
        ("%2Fportal%2F%0d%0aset-cookie%3Ax", "/portal/home"),
    ] {
        let browser = Browser::new(&test);
        let callback = browser.choose(next, ("code", &code)).await;
        assert_eq!(browser.get(&callback).await.location, expected, "{next}");
    }
    // Nor does the issuer send codes elsewhere.
    let elsewhere =
        "/dev/authorize?client_id=a&code_challenge=0123456789012345678901234567890123456789012&redirect_uri=";
    assert_eq!(Browser::new(&test).get(&format!("{elsewhere}https%3A%2F%2Fevil.example%2F")).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_from_elsewhere_does_nothing() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let code = uscc(1).to_string();
    let browser = Browser::sign_in(&test, ("code", &code)).await;
    let page = browser.get("/portal/my/request").await;
    let (csrf, once) = (page.hidden("csrf"), page.hidden("once"));
    let other = Browser::sign_in(&test, ("code", &code)).await.get("/portal/my/request").await.hidden("csrf");
    let own = test.stack.address.clone();
    let reports = async || {
        let token = test.subject_token(uscc(1));
        test.send(test.get("/reports").bearer_auth(token)).await.of(&report::LIST).items.len()
    };
    for (csrf, headers, why) in [
        ("", vec![], "no token"),
        (other.as_str(), vec![], "the token of another session"),
        (&csrf[1..], vec![], "a part of the token"),
        (&csrf, vec![("origin", "https://evil.example")], "another origin"),
        (&csrf, vec![("origin", "null")], "a sandboxed frame"),
        (&csrf, vec![("sec-fetch-site", "cross-site")], "a page elsewhere"),
        (&csrf, vec![("sec-fetch-site", "same-site")], "a neighbour"),
    ] {
        let form = [
            ("csrf", csrf),
            ("once", &once),
            ("from", "2024-01-01"),
            ("to", "2025-01-01"),
            ("purpose", "other"),
            ("domain", "1"),
        ];
        let refused = browser.send(Method::POST, "/portal/my/request", Some(&form), &headers).await;
        assert_eq!(refused.status, 403, "{why}");
        assert!(refused.text.contains("页面已过期"), "{why}");
    }
    assert_eq!(reports().await, 0);

    let form = [
        ("csrf", csrf.as_str()),
        ("once", &once),
        ("from", "2024-01-01"),
        ("to", "2025-01-01"),
        ("purpose", "other"),
        ("domain", "1"),
    ];
    let headers = [("origin", own.as_str()), ("sec-fetch-site", "same-origin")];
    let first = browser.send(Method::POST, "/portal/my/request", Some(&form), &headers).await;
    let second = browser.send(Method::POST, "/portal/my/request", Some(&form), &headers).await;
    assert_eq!((first.status, second.status), (303, 303), "{}", first.text);
    assert_eq!(first.location, second.location, "a form that is sent twice issues one report");
    assert_eq!(reports().await, 1);

    // Someone who is not signed in has a token as well, bound to a cookie that is sent from the portal's pages alone.
    let anyone = Browser::new(&test);
    let page = anyone.get("/portal/feedback").await;
    let [visit] = &page.cookies()[..] else { panic!("{:?}", page.cookies()) };
    assert!(visit.contains("; HttpOnly; SameSite=Strict; "), "{visit}");
    let form = [("csrf", page.hidden("csrf")), ("kind", "enquiry".to_owned()), ("text", "何时可用？".to_owned())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(Browser::new(&test).post("/portal/feedback", &form).await.status, 403);
    let taken = anyone.post("/portal/feedback", &form).await;
    assert!(taken.status == 303 && taken.location.starts_with("/portal/feedback/"), "{}", taken.text);
    assert!(anyone.get("/").await.cookies().is_empty(), "a page without a form sets no cookie");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_has_its_own_pages() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let code = uscc(1).to_string();
    let pages = [
        ('S', ["/portal/my", "/portal/my/request", "/portal/my/access"]),
        ('U', ["/portal/unit", "/portal/unit/work", "/portal/unit/timeliness"]),
        ('P', ["/portal/platform", "/portal/platform/audit", "/portal/platform/template"]),
        ('T', ["/portal/query"; 3]),
    ];
    for (role, who) in
        [('S', ("code", code.as_str())), ('U', ("code", "market-supervision")), ('P', OPERATOR), ('T', BANK)]
    {
        let browser = Browser::sign_in(&test, who).await;
        for (of, pages) in pages {
            for page in pages {
                let seen = browser.get(page).await;
                assert_eq!(seen.status, if of == role { 200 } else { 403 }, "{page} as {role}");
            }
        }
        assert_eq!(browser.get("/portal/nothing").await.status, 404);
    }
    let anyone = Browser::new(&test);
    for (_, pages) in pages {
        for page in pages {
            let led = anyone.get(page).await;
            assert!(led.status == 303 && led.location.starts_with("/portal/sign-in?next="), "{page}: {}", led.location);
        }
    }
}

/// No script, style or handler stands in a page, and its headers forbid them.
fn assert_strict(page: &Page, why: &str) {
    let policy = page.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{why}: {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{why}: {policy}");
    assert_eq!(page.header("x-content-type-options"), "nosniff", "{why}");
    // Pages of one visitor are kept by nobody else; a verification is everybody's.
    let kept = page.header("cache-control");
    assert!(kept.contains("no-store") || !page.text.contains("csrf"), "{why}: {kept}");
    let html = Html::parse_document(&page.text);
    for script in html.select(&selector("script")) {
        let is_ours = script.attr("src").is_some_and(|source| source.starts_with("/assets/"));
        let is_empty = script.inner_html().is_empty();
        assert!(is_ours && is_empty && script.attr("defer").is_some(), "{why}: {}", script.html());
    }
    assert!(
        !page.text.contains("<style") && !page.text.contains(" style=") && !page.text.contains("javascript:"),
        "{why}"
    );
    for element in html.select(&selector("*")) {
        let handler = element.value().attrs().find(|(name, _)| name.starts_with("on"));
        assert_eq!(handler, None, "{why}: {}", element.html());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_stay_text_everywhere() {
    const SCRIPT: &str = "<script>alert(1)</script>";
    const FORMULA: &str = "=cmd|'/C calc'!A0";
    // One that begins with = does not get past intake.
    const TAKEN: &str = "+cmd|'/C calc'!A0";
    let test = TestStack::start().await;
    let named = with(&register_row(1), &json!({ "名称": SCRIPT, "法定代表人": TAKEN }));
    let row = json!({ "行政相对人名称": SCRIPT, "违法事实": "<img src=x onerror=alert(1)>", "处罚内容": TAKEN });
    let broken =
        with(&penalty_row(1, 2), &json!({ "处罚决定日期": FORMULA, "违法事实": "\"><script>alert(2)</script>" }));
    let broken = penalties().file("坏\"><b>.csv").row(&broken).build();
    let subjects = UploadBuilder::new("market-supervision", TableId::Subject).row(&named).build();
    let penalty = penalties().row(&with(&penalty_row(1, 1), &row)).build();
    test.take_in(&[subjects, penalty, broken]).await;

    let code = uscc(1).to_string();
    let subject = Browser::sign_in(&test, ("code", &code)).await;
    let records = subject.get("/portal/my/records").await;
    assert!(
        records.text.contains("&lt;img src=x onerror=alert(1)&gt;") && records.text.contains("+cmd|"),
        "{}",
        records.text
    );
    let form = subject.get("/portal/my/request").await;
    let (csrf, once) = (form.hidden("csrf"), form.hidden("once"));
    let sent = [
        ("csrf", csrf.as_str()),
        ("once", &once),
        ("from", "2024-01-01"),
        ("to", "2025-01-01"),
        ("purpose", "other"),
        ("domain", "18"),
    ];
    let issued = subject.post("/portal/my/request", &sent).await;
    let report = subject.get(&issued.location).await;
    assert_eq!(report.status, 200, "{}", report.text);
    let number = issued.location.split(['/', '?']).nth(4).unwrap().to_owned();
    let token = test.subject_token(uscc(1));
    let told = test.send(test.get(&format!("/reports/{number}")).bearer_auth(token)).await.of(&report::READ);
    assert_eq!(told.report.subject, SCRIPT);
    let document = Document::load_mem(&test.pdf(&told).await).unwrap();
    let text = document.extract_text(&(1..=document.get_pages().len() as u32).collect::<Vec<_>>()).unwrap();
    assert!(text.contains("alert(1)"), "the PDF has the name as text: {text}");
    let names: Vec<String> = document
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok())
        .flat_map(|dict| dict.iter().map(|(name, _)| String::from_utf8_lossy(name).into_owned()))
        .collect();
    assert!(
        !names.iter().any(|name| ["JS", "JavaScript", "AA", "OpenAction", "Launch"].contains(&name.as_str())),
        "{names:?}"
    );
    let chosen = [("how-long", "today"), ("period", "all"), ("purpose", "other"), ("disclosure", "full")];
    let chosen = [&chosen[..], &[("shown-to", SCRIPT), ("domain", "18")]].concat();
    let living = subject.fill("/portal/my/living", "/portal/my/living", &chosen).await;
    let shown = subject.get(&living).await;
    assert!(shown.text.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && shown.text.contains("<svg class=\"qr\""));
    let looked = subject.get(&shown.attributes("a[href^='/living/']", "href")[0]).await;
    assert!(looked.text.matches("&lt;script&gt;alert(1)&lt;/script&gt;").count() >= 2, "{}", looked.text);
    let verified = subject.get(&format!("/verify/{}", told.report.code)).await;
    assert!(verified.text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{}", verified.text);

    let unit = Browser::sign_in(&test, ("code", "market-supervision")).await;
    let uploads = unit.get("/portal/unit").await;
    let mut rejected = None;
    for link in uploads.attributes("a[href^='/portal/unit/uploads/']", "href") {
        let id = &link["/portal/unit/uploads/".len()..][..32];
        let page = unit.get(&format!("/portal/unit/uploads/{id}")).await;
        assert_strict(&page, "an upload");
        if page.text.contains("退回的行</h2>") {
            let spreadsheet = unit.get(&format!("/portal/unit/uploads/{id}/rejections/xlsx")).await.location;
            rejected = Some((
                page,
                spreadsheet,
                unit.get(&format!("/portal/unit/uploads/{id}/rejections/csv")).await.location,
            ));
        }
    }
    let (page, spreadsheet, csv) = rejected.expect("a file with rejected rows");
    assert!(
        page.text.contains("=cmd|&#39;/C calc&#39;!A0") || page.text.contains("=cmd|'/C calc'!A0"),
        "{}",
        page.text
    );
    let fetched = async |url: &str| test.request("GET", url).send().await.unwrap().bytes().await.unwrap().to_vec();
    let csv = String::from_utf8(fetched(&csv).await).unwrap();
    assert!(csv.contains(&format!("'{FORMULA}")), "a formula has an apostrophe before it: {csv}");
    assert_no_formula(fetched(&spreadsheet).await);

    for (browser, page) in [
        (&subject, "/"),
        (&subject, "/portal/my"),
        (&subject, "/portal/my/records"),
        (&subject, "/portal/my/grants"),
        (&subject, "/portal/my/living"),
        (&subject, "/portal/my/reports"),
        (&subject, "/portal/my/access"),
        (&unit, "/portal/unit"),
        (&unit, "/portal/unit/timeliness?from=2024-03&to=2024-03"),
        (&unit, "/portal/unit/timeliness/records?month=2024-03&kind=%3Cscript%3E"),
        (&unit, "/portal/unit/reconciliation"),
        (&subject, "/portal/feedback?tracking=%3Cscript%3E"),
        (&subject, "/portal/feedback/%3Cscript%3E"),
        (&subject, "/portal/%3Cscript%3E"),
        (&subject, "/portal/my/request/count"),
    ] {
        let seen = browser.get(page).await;
        if seen.header("content-type").starts_with("text/html") {
            assert_strict(&seen, page);
        }
        assert!(!seen.text.contains(SCRIPT), "{page}");
    }
    assert_strict(&report, "a report");
    assert_strict(&verified, "a verification");
    assert_strict(&looked, "a look at a living code");
}

fn assert_no_formula(workbook: Vec<u8>) {
    use calamine::{Reader, Xlsx};
    let mut workbook: Xlsx<_> = Xlsx::new(std::io::Cursor::new(workbook)).unwrap();
    let mut cells = vec![];
    for sheet in workbook.sheet_names() {
        assert_eq!(workbook.worksheet_formula(&sheet).unwrap().used_cells().count(), 0, "{sheet}");
        cells.extend(workbook.worksheet_range(&sheet).unwrap().used_cells().map(|(_, _, cell)| cell.to_string()));
    }
    assert!(cells.iter().any(|cell| cell.contains("=cmd|")), "the value itself is there: {cells:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_others_are_never_pages_of_the_portal() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let code = uscc(1).to_string();
    let proof = test.attach(uscc(1), "网页.pdf", b"%PDF-1.7 <script>alert(1)</script>", true).await.unwrap();
    let record = test.record_ids().await.remove(0);
    let body = json!({ "record": record, "contested": "record", "reasons": "有误", "attachments": [proof] });
    let token = test.subject_token(uscc(1));
    let objection = test.send(test.post("/objections", &body).bearer_auth(token)).await;
    assert_eq!(objection.status, 201);
    let unit = Browser::sign_in(&test, ("code", "market-supervision")).await;
    let id = objection.of(&objection::SUBMIT).objection.id;
    let led = unit.get(&format!("/portal/unit/work/objections/{id}/{proof}")).await;
    assert_eq!(led.status, 303);
    assert!(led.location.starts_with("http://") && !led.location.starts_with(&test.stack.address), "{}", led.location);
    let file = test.request("GET", &led.location).send().await.unwrap();
    assert!(file.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));

    // Nor can the frame of a report be made to show anything else.
    let subject = Browser::sign_in(&test, ("code", &code)).await;
    for of in ["", "AAAA", &led.location] {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("of", of).finish();
        assert_eq!(subject.get(&format!("/portal/my/reports/x/file?{query}")).await.status, 404, "{of}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn feedback_is_counted_for_whoever_sends_it() {
    let test = TestStack::start().await;
    let body = json!({ "kind": "enquiry", "text": "何时可用？" });
    let mut last = String::new();
    for turn in 0..=10 {
        // What anyone but the portal says of where it comes from does not count.
        let spoofed = format!("203.0.113.{turn}");
        let request =
            test.post("/feedback", &body).header("x-portal-address", spoofed).header("x-portal-proof", "0".repeat(64));
        let answer = test.send(request).await;
        assert_eq!(answer.status, if turn < 10 { 201 } else { 429 }, "turn {turn}");
        answer.problem().clone_into(&mut last);
    }
    assert_eq!(last, "too-much-feedback");
    let anyone = Browser::new(&test);
    let page = anyone.get("/portal/feedback").await;
    let form = [("csrf", page.hidden("csrf")), ("kind", "enquiry".to_owned()), ("text", "何时可用？".to_owned())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refused = anyone.post("/portal/feedback", &form).await;
    assert_eq!(refused.status, 429, "by way of the portal it is the same address");
    assert!(refused.text.contains("何时可用？"), "what was typed is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_stays_when_a_form_is_not_taken() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let subject = Browser::sign_in(&test, ("code", uscc(1).as_str())).await;
    let record = test.record_ids().await.remove(0);
    let csrf = subject.get("/portal/my/request").await.hidden("csrf");
    let long = "误".repeat(2_001);
    // Attachments that were sent before, each with its name, and no more of them than there are names.
    let form = [
        ("csrf", csrf.as_str()),
        ("contested", "record"),
        ("reasons", &long),
        ("attachment", "0123456789abcdef"),
        ("attachment", "fedcba9876543210"),
        ("attachment-name", "缴款凭证.pdf"),
        ("attachment-name", "<b>照片.png"),
    ];
    let refused = subject.post(&format!("/portal/my/records/{record}/object"), &form).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    for kept in [
        long.as_str(),
        "name=\"attachment\" value=\"0123456789abcdef\"",
        "name=\"attachment\" value=\"fedcba9876543210\"",
        "缴款凭证.pdf",
        "&lt;b&gt;照片.png",
    ] {
        assert!(refused.text.contains(kept), "{kept}: {}", refused.text);
    }

    let asked = test.post("/feedback", &json!({ "kind": "enquiry", "text": "何时可用？" }));
    let code = test.send(asked).await.of(&feedback::SEND).code.to_string();
    let platform = Browser::sign_in(&test, OPERATOR).await;
    let csrf = platform.get("/portal/platform/feedback").await.hidden("csrf");
    let form = [("csrf", csrf.as_str()), ("text", &long), ("publish", "yes")];
    let refused = platform.post(&format!("/portal/platform/feedback/{code}"), &form).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains(&long) && refused.text.contains(" checked"), "{}", refused.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_stand_at_their_fields() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let code = uscc(1).to_string();
    let subject = Browser::sign_in(&test, ("code", &code)).await;
    let page = subject.get("/portal/my/request").await;
    let csrf = page.hidden("csrf");
    let record = test.record_ids().await.remove(0);
    let object = format!("/portal/my/records/{record}/object");
    let (living, long) =
        ([("period", "all"), ("purpose", "other"), ("disclosure", "full"), ("domain", "1")], "长".repeat(101));
    for (path, fields, field, text) in [
        (
            "/portal/my/request",
            vec![("from", "2020-01-01"), ("to", "2025-01-01"), ("purpose", "other"), ("domain", "1")],
            "from",
            "2022",
        ),
        (
            "/portal/my/request",
            vec![("from", "2025-01-01"), ("to", "2024-01-01"), ("purpose", "other"), ("domain", "1")],
            "to",
            "起止日期",
        ),
        (
            "/portal/my/request",
            vec![("from", "2024-01-01"), ("to", "2025-01-01"), ("purpose", "other")],
            "domain",
            "请至少选择一个领域",
        ),
        (
            "/portal/my/grants",
            vec![
                ("name", ""),
                ("until", "2025-12-01"),
                ("uses", "1"),
                ("purpose", "other"),
                ("from", "2024-01-01"),
                ("to", "2025-01-01"),
                ("domain", "1"),
            ],
            "name",
            "被授权方",
        ),
        (
            "/portal/my/grants",
            vec![
                ("name", "某行"),
                ("until", "2099-12-01"),
                ("uses", "1"),
                ("purpose", "other"),
                ("from", "2024-01-01"),
                ("to", "2025-01-01"),
                ("domain", "1"),
            ],
            "until",
            "截止时间应在今后",
        ),
        (
            "/portal/my/grants",
            vec![
                ("name", "某行"),
                ("organisation", "91140400XN"),
                ("until", "2025-12-01"),
                ("uses", "1"),
                ("purpose", "other"),
                ("domain", "1"),
            ],
            "organisation",
            "18 位",
        ),
        ("/portal/my/living", [&living[..], &[("how-long", "forever")]].concat(), "how-long", "请选择有效期"),
        (
            "/portal/my/living",
            [&living[..], &[("how-long", "week"), ("shown-to", &long)]].concat(),
            "shown-to",
            "出示对象不超过",
        ),
        (&object, vec![("contested", "record"), ("reasons", " ")], "reasons", "请写明异议的理由"),
    ] {
        let form: Vec<(&str, &str)> = [("csrf", csrf.as_str())].into_iter().chain(fields).collect();
        let refused = subject.post(path, &form).await;
        assert_eq!(refused.status, 422, "{path} {field}: {}", refused.text);
        assert!(refused.text.contains(text), "{path} {field}: {}", refused.text);
        let tied =
            refused.text.contains(&format!("href=\"#{field}\"")) && refused.text.contains(&format!("id=\"{field}\""));
        assert!(tied, "{path} {field}: {}", refused.text);
        assert_strict(&refused, path);
    }
}

/// A report template as its form has it.
pub(crate) fn template_fields(template: &serde_json::Value) -> Vec<(String, String)> {
    let mut fields = vec![];
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    for (name, value) in template.as_object().unwrap() {
        match value {
            serde_json::Value::Object(group) => {
                fields.extend(group.iter().map(|(inner, value)| (format!("{name}/{inner}"), text(value))));
            }
            serde_json::Value::Array(items) if name == "sections" => {
                fields.extend(items.iter().map(|item| (name.clone(), text(item))));
            }
            serde_json::Value::Array(items) => {
                fields.push((name.clone(), items.iter().map(text).collect::<Vec<_>>().join("\r\n")));
            }
            value => fields.push((name.clone(), text(value))),
        }
    }
    fields
}

#[tokio::test(flavor = "multi_thread")]
async fn every_other_form_does_what_it_says() {
    let test = TestStack::start().await;
    let rows = penalties().row(&penalty_row(1, 1)).row(&penalty_row(1, 2)).row(&penalty_row(1, 3));
    test.take_in(&[register(1), rows.build()]).await;
    let code = uscc(1).to_string();
    let subject = Browser::sign_in(&test, ("code", &code)).await;
    let unit = Browser::sign_in(&test, ("code", "market-supervision")).await;
    let platform = Browser::sign_in(&test, OPERATOR).await;
    let records = test.record_ids().await;
    let last = |address: &str| address.rsplit(['#', '/']).next().unwrap().to_owned();

    // A repair that is applied for and granted.
    let form = format!("/portal/my/records/{}/repair", records[0]);
    let id = last(&subject.fill(&form, &form, &[("proof", "罚款已缴纳，整改完成。")]).await);
    let page = format!("/portal/unit/work/repairs/{id}");
    let granted =
        [("outcome", "granted"), ("reason", "材料齐全"), ("document", "晋虚修〔2025〕1号"), ("date", "2025-11-03")];
    unit.fill(&page, &format!("{page}/decision"), &granted).await;
    assert!(unit.get(&page).await.text.contains("材料齐全"));
    assert!(subject.get("/portal/my/records").await.text.contains("✓ 已修复"));
    assert!(subject.get("/portal/my/cases").await.text.contains("材料齐全"));

    // An objection that ends with the record withdrawn, one that is rejected, one that is taken back.
    let object = async |record: &str| {
        let form = format!("/portal/my/records/{record}/object");
        last(&subject.fill(&form, &form, &[("contested", "record"), ("reasons", "不是我公司")]).await)
    };
    let decide = async |id: &str, fields: &[(&str, &str)]| {
        let page = format!("/portal/unit/work/objections/{id}");
        unit.fill(&page, &format!("{page}/acceptance"), &[]).await;
        unit.fill(&page, &format!("{page}/decision"), fields).await
    };
    let upheld =
        [("outcome", "withdrawal"), ("reason", "张冠李戴"), ("document", "晋虚撤〔2025〕1号"), ("date", "2025-11-03")];
    decide(&object(&records[1]).await, &upheld).await;
    let listed = subject.get("/portal/my/records").await.text;
    assert!(listed.contains("已撤销的 1 条不会出现在报告中") && listed.contains("共 2 条"), "{listed}");
    decide(&object(&records[2]).await, &[("outcome", "rejected"), ("reason", "事实清楚")]).await;
    assert!(subject.get("/portal/my/cases").await.text.contains("事实清楚"));
    let again = object(&records[2]).await;
    subject.fill("/portal/my/cases", &format!("/portal/my/objections/{again}/retraction"), &[]).await;
    assert!(!unit.get("/portal/unit/work").await.text.contains(&again));

    // A grant that is revoked.
    let wanted = [("name", "长治市虚构银行"), ("until", "2025-12-01"), ("uses", "2"), ("purpose", "financial")];
    let scope = [("from", "2022-08-01"), ("to", "2025-11-03"), ("domain", "18")];
    let given = subject.fill("/portal/my/grants", "/portal/my/grants", &[&wanted[..], &scope[..]].concat()).await;
    let grant = given.split('=').next_back().unwrap();
    let page = subject.get(&given).await.text;
    assert!(page.contains("授权已生效") && page.contains("未同意") && !page.contains("已同意"), "{page}");
    let consent = [&wanted[..], &scope[..], &[("notices", "yes")]].concat();
    let with_consent = subject.fill("/portal/my/grants", "/portal/my/grants", &consent).await;
    assert!(subject.get(&with_consent).await.text.contains("已同意：报告有变化时告知对方，不告知内容"));
    subject.fill("/portal/my/grants", &format!("/portal/my/grants/{grant}/revocation"), &[]).await;
    let living = "/portal/my/living";
    let wanted =
        [("how-long", "month"), ("period", "three-years"), ("purpose", "financial"), ("disclosure", "summary")];
    let shown = subject.fill(living, living, &[&wanted[..], &[("domain", "18")]].concat()).await;
    let shown = shown.rsplit('=').next().unwrap().to_owned();
    assert!(subject.get(living).await.text.contains("近三年，1 个领域，仅汇总"));
    subject.fill(living, &format!("{living}/{shown}/end"), &[]).await;
    assert!(subject.get(living).await.text.contains("已停用"));
    assert_eq!(subject.get(&format!("/living/{shown}")).await.status, 403);
    assert!(subject.get("/portal/my/grants").await.text.contains("已撤回"));

    // A commitment, and its check.
    let domain = subject.get("/portal/my/commitments").await.attribute("option", "value");
    let made = [("domain", domain.as_str()), ("text", "承诺无违法违规"), ("until", "2025-12-01")];
    subject.fill("/portal/my/commitments", "/portal/my/commitments", &made).await;
    assert!(subject.get("/portal/my/commitments").await.text.contains("履约中"));
    let token = test.subject_token(uscc(1));
    let listed = test.send(test.get("/commitments").bearer_auth(token)).await.of(&commitment::LIST);
    let commitment = &listed.items[0].commitment;
    let checker = Browser::sign_in(&test, ("code", &commitment.unit.to_string())).await;
    let page = format!("/portal/unit/work/commitments/{}", commitment.id);
    checker.fill(&page, &format!("{page}/steps"), &[("outcome", "kept"), ("evidence", "经核查属实")]).await;
    assert!(subject.get("/portal/my/commitments").await.text.contains("已履约"));

    // A manifest, by its documents.
    let declared = [("kind", "penalty"), ("from", "2024-03-01"), ("to", "2024-03-31"), ("count", "2")];
    let documents = [("documents", "晋虚市监罚〔2024〕1号\r\n晋虚市监罚〔2024〕99号\r\n")];
    let manifest = [&declared[..], &documents[..]].concat();
    let found = unit.fill("/portal/unit/reconciliation", "/portal/unit/reconciliation", &manifest).await;
    let found_page = unit.get(&found).await.text;
    assert!(found_page.contains("<li>晋虚市监罚〔2024〕99号</li>"), "{found_page}");
    assert!(unit.get(&format!("{found}/workbook")).await.text.starts_with("PK"));
    let timely = unit.get("/portal/unit/timeliness?from=2024-03&to=2024-03").await;
    let detail = timely.attribute("a[href^='/portal/unit/timeliness/records?']", "href");
    let detail = unit.get(&detail).await.text;
    assert!(detail.contains("晋虚市监罚〔2024〕1号"), "{detail}");
    let history = unit.get(&format!("/portal/unit/records/{}", records[1])).await.text;
    // The withdrawal says which decision, when, by which document and why.
    for (label, text) in
        [("文号", "晋虚撤〔2025〕1号"), ("日期", "2025-11-03"), ("事由", "张冠李戴"), ("原决定书文号", "晋虚市监罚")]
    {
        assert!(history.contains(&format!("<dt>{label}</dt><dd>{text}")), "{label}: {history}");
    }

    // A template that is seen, saved and made the one of new reports; a year of the calendar.
    let url = format!("{}/config/report-template/2026-11-1", test.stack.address);
    let builtin =
        test.request("GET", &url).bearer_auth(test.operator_token()).send().await.unwrap().text().await.unwrap();
    let builtin: serde_json::Value = serde_json::from_str(&builtin).unwrap();
    let template = "/portal/platform/template";
    let changed = |changes: &[(&'static str, &'static str)]| {
        let mut fields = template_fields(&builtin);
        for (name, value) in changes {
            fields.iter_mut().filter(|(known, _)| known == name).for_each(|(_, kept)| (*value).clone_into(kept));
        }
        fields
    };
    let sent = async |changes: &[(&'static str, &'static str)], action: &str| {
        let hidden = platform.get(template).await.all_hidden(template);
        let fields = changed(changes);
        let form: Vec<(&str, &str)> = hidden
            .iter()
            .chain(&fields)
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .chain([("picture", "keep"), ("action", action)])
            .collect();
        platform.post(template, &form).await
    };
    let new = [("version", "2026-1-1"), ("labels/summary", "三、汇总结果")];
    let compared = sent(&new, "compare").await;
    assert!(
        compared.text.contains("有 1 处与现用版本不同") && compared.text.contains("三、查询结果汇总"),
        "{}",
        compared.text
    );
    let specimen = sent(&new, "preview").await;
    assert_eq!((specimen.status, specimen.header("content-type")), (200, "application/pdf"));
    let saved = sent(&new, "save").await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let page = platform.get(&saved.location).await.text;
    assert!(page.contains("版本 2026-1-1 已保存") && page.contains("三、汇总结果"), "{page}");
    platform.fill(template, "/portal/platform/template/2026-1-1/activation", &[]).await;
    assert!(platform.get(template).await.text.contains("正在使用 <strong>2026-1-1</strong>"));
    for (field, label) in
        [("title", "标题"), ("labels/scan", "扫码提示"), ("notes", "说明"), ("completeness/whole", "全部报送完整")]
    {
        let refused = sent(&[("version", "2026-1-2"), (field, "")], "save").await;
        assert_eq!(refused.status, 422, "{field}: {}", refused.text);
        let wrong = refused.attributes("[aria-invalid=true]", "id");
        assert_eq!(wrong, [field], "{}", refused.text);
        assert!(refused.text.contains(&format!("“{label}”没有填写")), "{field}: {}", refused.text);
        let nothing = sent(&[("version", "2026-1-2"), (field, "")], "preview").await;
        assert!(nothing.status == 200 && nothing.text.contains(label), "{field}: {}", nothing.text);
    }
    let days = [("year", "2027"), ("weekdays_off", "2027-01-01\r\n2027-02-08"), ("weekends_worked", "2027-02-20")];
    let calendar = "/portal/platform/calendar";
    let put = platform.fill(calendar, calendar, &days).await;
    assert!(platform.get(&put).await.text.contains("2027-02-08"));
    let audited = platform.get(&format!("/portal/platform/audit?subject={code}&reason=case")).await.text;
    assert!(audited.contains("准予信用修复") && audited.contains("撤回授权"), "{audited}");
    for page in ["/portal/platform/escalations", "/portal/platform/backfill", "/portal/platform/audit?unit=tax"] {
        assert_eq!(platform.get(page).await.status, 200, "{page}");
    }
    assert!(platform.get("/portal/platform/evaluation.xlsx?from=2025-10&to=2025-11").await.text.starts_with("PK"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_a_bomb_is_refused() {
    let test = TestStack::start().await;
    let browser = Browser::new(&test);
    let token = browser.get("/portal/feedback").await.hidden("csrf");
    let url = format!("{}/portal/feedback", test.stack.address);
    let many = format!("csrf={token}&{}", "a&".repeat(100_000));
    let large = format!("csrf={token}&text={}", "x".repeat(2_000_000));
    let part = "--b\r\ncontent-disposition: form-data; name=a\r\n\r\n\r\n";
    let parts = format!("{}--b--\r\n", part.repeat(20_000));
    for (kind, body) in [
        ("application/x-www-form-urlencoded", many),
        ("application/x-www-form-urlencoded", large),
        ("multipart/form-data; boundary=b", parts),
    ] {
        let cookie = format!("visit={}", browser.cookie("visit").unwrap());
        let sent = browser.client.post(&url).header("cookie", cookie).header("content-type", kind).body(body);
        let answer = sent.header("accept", "text/html").send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 413, "{kind}");
        assert!(answer.text().await.unwrap().contains("提交的内容过大"), "{kind}");
    }
}

/// Where a report and an upload are in the public log is said to people, who can save what proves it.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_public_log_proves_can_be_saved() {
    let test = TestStack::start().await;
    let sent = penalties().row(&penalty_row(1, 1)).build();
    test.take_in(&[register(1), sent.clone()]).await;
    let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    test.stack.idle(|_| {}).await;
    let browser = Browser::new(&test);
    let page = browser.get(&format!("/verify/{}", report.code)).await;
    let proof = format!("/verify/{}/proof", report.code);
    for words in [
        "公开日志",
        "事后改写、倒签或删除都会被发现",
        "由见证方签注，平台不能对不同的人出示不同的日志：witness.example.invalid",
        &proof,
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(browser.get(&proof).await.text.starts_with("c2sp.org/tlog-proof@v1\n"));

    let clerk = Browser::sign_in(&test, ("code", "market-supervision")).await;
    let token = test.unit_token("market-supervision");
    let uploads = test.send(test.get("/uploads").bearer_auth(token)).await.of(&xinzheng_api::upload::LIST);
    let id = uploads.page.items.iter().find(|upload| upload.key == sent.key).unwrap().id.to_string();
    let page = clerk.get(&format!("/portal/unit/uploads/{id}")).await;
    assert!(page.text.contains("已写入公开日志"), "{}", page.text);
    let address = |what: &str| format!("/portal/unit/uploads/{id}/{what}");
    for what in ["proof", "statement"] {
        assert!(page.text.contains(&format!("href=\"{}\"", address(what))), "{what}: {}", page.text);
    }
    assert!(clerk.get(&address("proof")).await.text.starts_with("c2sp.org/tlog-proof@v1\n"));
    let statement: serde_json::Value = serde_json::from_str(&clerk.get(&address("statement")).await.text).unwrap();
    assert_eq!(statement["rows"], 1);
    // What is late rests on what the log has.
    let page = clerk.get("/portal/unit/timeliness/records?month=2024-05").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("公开日志"), "{}", page.text);
}
