//! What people do with the portal beside its forms: going on after a session has ended, choosing how pages are shown, going from a
//! number to what it is made of, trying a file before it is sent.

use reqwest::Method;
use scraper::{Html, Selector};
use serde_json::json;
use xinzheng_api::{grant, living_code, objection, record, report};
use xinzheng_domain::TableId;
use xinzheng_tests::{TestStack, UploadBuilder, penalties, penalty_row, register, register_row, uscc, with};

use crate::browser::{Browser, OPERATOR, Page};

/// The text of what a selector finds first.
fn text_of(page: &Page, css: &str) -> String {
    let html = Html::parse_document(&page.text);
    let found =
        html.select(&Selector::parse(css).unwrap()).next().unwrap_or_else(|| panic!("no {css} in {}", page.text));
    found.text().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_survives_the_end_of_a_session() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let record = test.record_ids().await.remove(0);
    let address = format!("/portal/my/records/{record}/object");
    let own = test.stack.address.clone();
    let headers = [("origin", own.as_str()), ("sec-fetch-site", "same-origin")];
    let who = uscc(1).to_string();
    let browser = Browser::sign_in(&test, ("code", &who)).await;
    let hidden = browser.get(&address).await.all_hidden(&address);
    let reasons = "罚款金额有误：实际为 0.02 万元。";
    let form: Vec<(&str, &str)> = hidden
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .chain([("reasons", reasons), ("attachment-name", "凭证.pdf")])
        .collect();
    test.pass_seconds(31 * 60);

    // Sent after the session: kept, and shown once more behind signing in.
    let led = browser.send(Method::POST, &address, Some(&form), &headers).await;
    assert_eq!(led.status, 303, "{}", led.text);
    let next = led.location.strip_prefix("/portal/sign-in?next=").expect(&led.location).to_owned();
    assert!(!next.contains("0.02"), "the address tells nothing of what was written: {next}");
    let kept = form_urlencoded::parse(format!("n={next}").as_bytes()).next().unwrap().1.into_owned();
    let objections = async || {
        let token = test.subject_token(uscc(1));
        test.send(test.get("/objections").bearer_auth(token)).await.of(&objection::LIST).items.len()
    };
    assert_eq!(objections().await, 0, "nothing was sent on");

    // Another person who signs in on the same browser does not see it.
    let other = Browser::new(&test);
    let callback = other.choose(&next, ("code", uscc(2).as_str())).await;
    assert_eq!(other.get(&callback).await.location, kept);
    let refused = other.get(&kept).await;
    assert_eq!(refused.status, 404, "{}", refused.text);
    assert!(!refused.text.contains(reasons));

    let callback = browser.choose(&next, ("code", &who)).await;
    assert_eq!(browser.get(&callback).await.location, kept);
    let shown = browser.get(&kept).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    assert!(shown.text.contains(reasons) && shown.text.contains("您填写的内容还在"), "{}", shown.text);
    assert_eq!(objections().await, 0, "it is sent when it was looked at once more");
    let hidden = shown.all_hidden(&address);
    let form: Vec<(&str, &str)> =
        hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain([("reasons", reasons)]).collect();
    let sent = browser.send(Method::POST, &address, Some(&form), &headers).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    assert_eq!(objections().await, 1);

    // An hour later it is gone.
    test.pass_seconds(61 * 60);
    let browser = Browser::sign_in(&test, ("code", &who)).await;
    assert_eq!(browser.get(&kept).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_an_earlier_session_is_shown_once_more_and_does_nothing_yet() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let own = test.stack.address.clone();
    let headers = [("origin", own.as_str()), ("sec-fetch-site", "same-origin")];
    let who = uscc(1).to_string();
    let browser = Browser::sign_in(&test, ("code", &who)).await;
    let old = browser.get("/portal/my/request").await.hidden("csrf");
    // Signed in once more in another tab.
    let callback = browser.choose("/portal/home", ("code", &who)).await;
    browser.get(&callback).await;
    let form = [("csrf", old.as_str()), ("span", "one-year"), ("purpose", "financial"), ("domain", "3")];
    let shown = browser.send(Method::POST, "/portal/my/request", Some(&form), &headers).await;
    assert_eq!(shown.status, 422, "{}", shown.text);
    assert!(shown.text.contains("您填写的内容还在"), "{}", shown.text);
    let checked = shown.attributes("input[checked]", "value");
    assert_eq!(checked, ["one-year", "3", "financial"], "as it was filled in");
    let token = test.subject_token(uscc(1));
    assert!(test.send(test.get("/reports").bearer_auth(token)).await.of(&report::LIST).items.is_empty());
    // Signing out does not need to be looked at once more.
    let out = browser.send(Method::POST, "/portal/sign-out", Some(&[("csrf", &old)]), &headers).await;
    assert_eq!(out.status, 303, "{}", out.text);
    // A script is told.
    let json = [headers[0], headers[1], ("accept", "application/json")];
    let told = browser.send(Method::POST, "/portal/my/request", Some(&form), &json).await;
    assert_eq!(told.status, 401, "{}", told.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn how_pages_are_shown_is_remembered() {
    let test = TestStack::start().await;
    let anyone = Browser::new(&test);
    assert!(!anyone.get("/verify").await.text.contains("class=\"large\""));
    let chosen = anyone.get("/portal/display?mode=large&next=/verify").await;
    assert_eq!((chosen.status, chosen.location.as_str()), (303, "/verify"));
    for page in ["/verify", "/", "/portal/guide"] {
        let shown = anyone.get(page).await;
        assert!(shown.text.contains("<html lang=\"zh-CN\" class=\"large\">"), "{page}: {}", shown.text);
        assert!(shown.text.contains("标准版"), "{page}");
    }
    anyone.get("/portal/display?mode=standard&next=/").await;
    assert!(!anyone.get("/").await.text.contains("class=\"large\""));
    assert_eq!(anyone.get("/portal/display?mode=large&next=https://evil.example/").await.location, "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_is_chosen_with_one_touch() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let subject = Browser::sign_in(&test, ("code", uscc(1).as_str())).await;
    let page = subject.get("/portal/my/request").await;
    assert!(text_of(&page, "#count").contains("有 1 条记录"), "all of it is counted before anything is asked for");
    for (span, expected) in [("all", "2022-08-01"), ("three-years", "2022-11-04"), ("one-year", "2024-11-04")] {
        let fields = [("span", span), ("purpose", "other"), ("domain", "17")];
        let led = subject.fill("/portal/my/request", "/portal/my/request", &fields).await;
        let shown = subject.get(&led).await;
        assert!(shown.text.contains(&format!("{expected} 至 2025-11-03")), "{span}: {}", shown.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_goes_from_a_number_to_what_it_is_made_of() {
    let test = TestStack::start().await;
    let late = with(&penalty_row(1, 1), &json!({ "处罚决定日期": "2025-09-01" }));
    test.take_in(&[register(1), penalties().row(&late).build()]).await;
    test.issued(uscc(1), &json!({ "purpose": "financial" })).await;
    test.stack.idle(|_| {}).await;
    test.pass_days(1);
    test.stack.run_schedules().await.unwrap();
    let platform = Browser::sign_in(&test, OPERATOR).await;
    let dashboard = platform.get("/portal/platform").await;
    assert_eq!(dashboard.status, 200);
    let unit = "/portal/platform/units/market-supervision";
    assert!(dashboard.attributes("svg a, .matrix a", "href").contains(&unit.to_owned()), "{}", dashboard.text);
    let page = platform.get(unit).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let records = page.attributes("td.number a", "href");
    let late = records.iter().find(|address| address.contains("late=true")).expect(&page.text);
    let listed = platform.get(late).await;
    let record = listed.attributes("tbody a", "href").into_iter().next().expect(&listed.text);
    let history = platform.get(&record).await;
    assert_eq!(history.status, 200, "{}", history.text);
    assert!(
        history.text.contains("市市场监督管理局") && !history.text.contains("market-supervision<"),
        "{}",
        history.text
    );
    assert!(!history.text.contains("设定失信程度"), "the platform looks, the unit acts");
    let upload = page.attributes("#uploads ~ .scroll a", "href").into_iter().next().expect(&page.text);
    assert_eq!(platform.get(&upload).await.status, 200, "{upload}");
    for part in ["timeliness", "waiting", "work", "reconciliation"] {
        let shown = platform.get(&format!("{unit}/{part}")).await;
        assert_eq!(shown.status, 200, "{part}: {}", shown.text);
        assert!(shown.attributes("a", "href").contains(&unit.to_owned()), "{part} has the way back");
    }
    assert_eq!(platform.get("/portal/platform/units/nobody").await.status, 422);
    for measure in ["uploads", "accepted-rows", "reports"] {
        let shown = platform.get(&format!("/portal/platform/measures/{measure}")).await;
        assert_eq!(shown.status, 200, "{measure}: {}", shown.text);
    }
    assert_eq!(platform.get("/portal/platform/measures/nothing").await.status, 404);
    // A number of reports leads to those very reports, and each to its page.
    let reports = platform.get("/portal/platform/measures/reports").await;
    let listing = reports.attributes("td.number a", "href").into_iter().next().expect(&reports.text);
    let count: usize = text_of(&reports, "td.number a").parse().unwrap();
    let listed = platform.get(&listing).await;
    let found = listed.attributes("tbody a", "href");
    assert_eq!((listed.status, found.len(), count), (200, 1, 1), "{listing}: {}", listed.text);
    assert_eq!(platform.get(&found[0]).await.status, 200, "{}", found[0]);
    assert!(platform.get("/portal/platform/reports/issued?authorised=maybe").await.status == 422);
    // A number of files leads to those very files.
    let sent = platform.get("/portal/platform/measures/uploads").await;
    let files = sent.attributes("td.number a", "href").into_iter().next().expect(&sent.text);
    let listed = platform.get(&files).await;
    assert_eq!(listed.status, 200, "{}", listed.text);
    let count: usize = text_of(&sent, "td.number a").parse().unwrap();
    assert_eq!((listed.attributes("tbody a", "href").len(), count), (1, 1), "{files}: {}", listed.text);
    let work = platform.get("/portal/platform/work").await;
    assert_eq!(work.status, 200, "{}", work.text);
    for part in ["逾期的异议", "待答复的反馈", "工作日历", "对账逾期未平的单位", "等待其记录"]
    {
        assert!(work.text.contains(part), "{part}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_looks_at_a_subject_for_a_reason() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    test.issued(uscc(1), &json!({ "purpose": "other" })).await;
    let platform = Browser::sign_in(&test, OPERATOR).await;
    let who = uscc(1).to_string();
    let search = "/portal/platform/subjects";
    let led = platform.fill(search, search, &[("subject", &who), ("reason", "complaint")]).await;
    for part in ["", "/reports", "/cases", "/grants", "/access"] {
        let address = led.replace(&who, &format!("{who}{part}"));
        let shown = platform.get(&address).await;
        assert_eq!(shown.status, 200, "{part}: {}", shown.text);
        assert!(shown.text.contains("处理投诉"), "{part}");
    }
    let without = platform.get(&format!("{search}/{who}")).await;
    assert!(
        without.text.contains("查看的事由") && !without.text.contains("晋虚市监罚"),
        "nothing is shown without a reason"
    );
    let subject = Browser::sign_in(&test, ("code", &who)).await;
    let access = subject.get("/portal/my/access").await.text;
    assert!(access.matches("处理投诉").count() >= 5, "{access}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_undone_asks_once() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let issued = test.issued(uscc(1), &json!({ "purpose": "other" })).await;
    let platform = Browser::sign_in(&test, OPERATOR).await;
    let page = platform.get(&format!("/portal/platform/reports?number={}&reason=case", issued.report.number)).await;
    let action = format!("/portal/platform/reports/{}/withdrawal", issued.report.number);
    let hidden = page.all_hidden(&action);
    let form = |sure: &[(&str, &str)]| -> Vec<(String, String)> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        hidden
            .iter()
            .cloned()
            .chain([("cause".to_owned(), "依据的数据有误".to_owned())])
            .chain(sure.iter().map(owned))
            .collect()
    };
    let send = async |form: Vec<(String, String)>| {
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        platform.post(&action, &form).await
    };
    let asked = send(form(&[])).await;
    assert_eq!(asked.status, 422, "{}", asked.text);
    assert!(asked.text.contains("请先确认") && asked.text.contains("依据的数据有误"), "{}", asked.text);
    assert_eq!(send(form(&[("sure", "yes")])).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_is_read_in_english_as_an_aid() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let issued = test.issued(uscc(1), &json!({ "purpose": "other" })).await;
    let anyone = Browser::new(&test);
    let page = anyone.get(&format!("/verify/{}?lang=en", issued.report.code)).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.attribute("main", "lang"), "en");
    let main = text_of(&page, "main");
    for said in [
        "Translation aid",
        "Genuine, and unchanged",
        "1 record(s) of violations",
        "Market regulation",
        "Administrative penalty",
    ] {
        assert!(main.contains(said), "{said}: {main}");
    }
    let chinese = anyone.get(&format!("/verify/{}", issued.report.code)).await;
    assert!(
        chinese.attributes("a[hreflang=en]", "href").len() == 1 && !chinese.text.contains("Genuine"),
        "{}",
        chinese.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_says_itself_what_it_does_not_have() {
    let test = TestStack::start().await;
    let anyone = Browser::new(&test);
    assert_eq!(anyone.get("/portal").await.location, "/portal/sign-in?next=%2Fportal%2Fhome");
    let nothing = anyone.get("/portal/nothing/at/all").await;
    assert_eq!(nothing.status, 404);
    assert!(nothing.text.contains("没有这个页面"), "{}", nothing.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_finds_its_records_and_no_others() {
    let test = TestStack::start().await;
    let other = UploadBuilder::new("tax", TableId::Penalty)
        .row(&with(&penalty_row(1, 2), &json!({ "行政处罚决定书文号": "晋虚税罚〔2024〕2号", "涉及领域": "税务" })));
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build(), other.build()]).await;
    let search = async |query: &str| {
        let path = format!("/records/search?{query}");
        test.send(test.get(&path).bearer_auth(test.unit_token("market-supervision"))).await
    };
    let encoded =
        |name: &str, value: &str| form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
    let name = register_row(1)["名称"].as_str().unwrap().to_owned();
    let number = "晋虚市监罚[2024]1号";
    for (query, calls) in [
        (encoded("document", number), vec![("Query".to_owned(), 14)]),
        (format!("subject={}", uscc(1)), vec![("Query".to_owned(), 1)]),
        (encoded("name", &name), vec![("GetItem".to_owned(), 1), ("Query".to_owned(), 1)]),
    ] {
        test.stack.calls.take();
        let answer = search(&query).await;
        assert_eq!(answer.status, 200, "{query}");
        let found = answer.of(&record::SEARCH).items;
        let documents: Vec<&str> = found.iter().map(|record| record.document.as_str()).collect();
        assert_eq!(documents, ["晋虚市监罚〔2024〕1号"], "{query}: its own record alone");
        assert_eq!(test.stack.calls.take().into_iter().collect::<Vec<_>>(), calls, "{query}");
    }
    assert!(search(&encoded("document", "〔2023〕1号")).await.of(&record::SEARCH).items.is_empty());
    for (query, problem) in [
        (String::new(), "search-not-named"),
        (format!("subject={}&name=x", uscc(1)), "search-not-named"),
        (encoded("name", "长治市没有的公司"), "subject-unknown"),
    ] {
        assert_eq!(search(&query).await.problem(), problem, "{query}");
    }
    let clerk = Browser::sign_in(&test, ("code", "market-supervision")).await;
    let page = clerk.get(&format!("/portal/unit/records?{}", encoded("q", number))).await;
    assert!(page.text.contains("晋虚市监罚〔2024〕1号") && !page.text.contains("晋虚税罚"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_party_lists_what_it_had_and_learns_nothing_else() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let bank = || test.token(json!({ "role": "third-party", "sub": "bank-1", "name": "虚构银行" }));
    let given = json!({ "grantee": { "name": "虚构银行" }, "purpose": "financial", "until": "2025-12-01T00:00:00Z", "uses": 2 });
    let grant = test.send(test.post("/grants", &given).bearer_auth(test.subject_token(uscc(1)))).await.of(&grant::GIVE);
    let code = grant.standing.grant.code;
    let issued = test.send(test.post(&format!("/grants/{code}/reports"), &json!({})).bearer_auth(bank())).await;
    assert_eq!(issued.status, 201);
    test.stack.calls.take();
    let answer = test.send(test.get("/authorised-reports").bearer_auth(bank())).await;
    let calls: Vec<_> = test.stack.calls.take().into_iter().collect();
    assert_eq!(calls, [("BatchGetItem".to_owned(), 2), ("Query".to_owned(), 1)]);
    let had = answer.of(&grant::HAD).items;
    assert_eq!(had.len(), 1);
    assert_eq!((&had[0].number, had[0].grant), (&issued.of(&grant::QUERY).opened.report.number, code));
    let written = serde_json::to_string(&had).unwrap();
    assert!(!written.contains("records") && !written.contains("download"), "what reports say is not told: {written}");
    let another = test.token(json!({ "role": "third-party", "sub": "bank-2", "name": "虚构银行" }));
    assert!(test.send(test.get("/authorised-reports").bearer_auth(another)).await.of(&grant::HAD).items.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_that_is_wrong_names_its_field() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let record = test.record_ids().await.remove(0);
    let body = json!({ "record": record, "contested": "record", "reasons": "有误" });
    let sent = test.send(test.post("/objections", &body).bearer_auth(test.subject_token(uscc(1)))).await;
    let id = sent.of(&objection::SUBMIT).objection.id;
    let unit = Browser::sign_in(&test, ("code", "market-supervision")).await;
    let page = format!("/portal/unit/work/objections/{id}");
    unit.fill(&page, &format!("{page}/acceptance"), &[]).await;
    let shown = unit.get(&page).await;
    let decision = format!("{page}/decision");
    let hidden = shown.all_hidden(&decision);
    let html = Html::parse_document(&shown.text);
    let fields: Vec<(String, String)> = html
        .select(&Selector::parse("[name^='to:']").unwrap())
        .map(|field| {
            let name = field.attr("name").unwrap();
            let kept = field.attr("value").map_or_else(|| field.text().collect(), str::to_owned);
            (name.to_owned(), if name == "to:decided" { "2024-13-05".to_owned() } else { kept })
        })
        .collect();
    drop(html);
    let form: Vec<(&str, &str)> = hidden
        .iter()
        .chain(&fields)
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .chain([("outcome", "correction"), ("reason", "录入有误")])
        .collect();
    let refused = unit.post(&decision, &form).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert_eq!(refused.attributes("[aria-invalid=true]", "id"), ["to:decided"], "{}", refused.text);
    assert!(!refused.text.contains("domain、decided"), "{}", refused.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_living_code_that_is_asked_for_several_times_at_once_is_one() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let subject = Browser::sign_in(&test, ("code", uscc(1).as_str())).await;
    let page = "/portal/my/living";
    let hidden = subject.get(page).await.all_hidden(page);
    let chosen =
        [("how-long", "half-hour"), ("period", "all"), ("purpose", "other"), ("disclosure", "full"), ("domain", "1")];
    let form: Vec<(&str, &str)> =
        hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(chosen).collect();
    let sent = futures::future::join_all((0..4).map(|_| subject.post(page, &form))).await;
    let led: Vec<_> = sent.iter().map(|page| (page.status, page.location.as_str())).collect();
    assert!(led.iter().all(|one| *one == (303, sent[0].location.as_str())), "{led:?}");
    // Sent again later it is the same one still.
    test.pass_seconds(60);
    assert_eq!(subject.post(page, &form).await.location, sent[0].location);
    let token = test.subject_token(uscc(1));
    let codes = test.send(test.get("/living-codes").bearer_auth(token)).await.of(&living_code::LIST).items;
    assert_eq!(codes.len(), 1);
    let report = &codes[0].standing.report;
    assert_eq!(report.until.duration_since(report.made_at).as_secs(), 1800);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_number_is_kept_nowhere_when_the_session_is_over() {
    let test = TestStack::start().await;
    let own = test.stack.address.clone();
    let headers = [("origin", own.as_str()), ("sec-fetch-site", "same-origin")];
    let page = "/portal/platform/subjects";
    let platform = Browser::sign_in(&test, OPERATOR).await;
    let shown = platform.get(page).await;
    assert!(shown.text.contains("登录到期后需要重新填写"), "{}", shown.text);
    let number = "110105194912310021";
    let form = [
        ("csrf", shown.hidden("csrf")),
        ("id_number", number.to_owned()),
        ("subject", uscc(1).to_string()),
        ("reason", "complaint".to_owned()),
    ];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    test.pass_seconds(31 * 60);
    let led = platform.send(Method::POST, page, Some(&form), &headers).await;
    assert_eq!(led.status, 303, "{}", led.text);
    let next = led.location.strip_prefix("/portal/sign-in?next=").expect(&led.location).to_owned();
    let callback = platform.choose(&next, OPERATOR).await;
    let kept = platform.get(&callback).await.location;
    let shown = platform.get(&kept).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    assert!(shown.text.contains(uscc(1).as_str()), "the rest is there: {}", shown.text);
    assert_eq!(shown.attribute("#id_number", "value"), "");
    assert!(!shown.text.contains(number));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_renewed_for_the_person_alone_that_it_was_shown_to() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), register(2)]).await;
    let browser = Browser::sign_in(&test, ("code", uscc(1).as_str())).await;
    let shown = browser.get("/portal/my").await.attribute("#session", "data-who");
    let told = async || -> serde_json::Value {
        let json = [("accept", "application/json")];
        serde_json::from_str(&browser.send(Method::GET, "/portal/session", None, &json).await.text).unwrap()
    };
    for (person, same) in [(1, true), (2, false), (1, true)] {
        let callback = browser.choose("/portal/home", ("code", uscc(person).as_str())).await;
        browser.get(&callback).await;
        assert_eq!(told().await["who"] == shown.as_str(), same, "{person}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn days_beside_another_choice_of_period_are_not_passed_over() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let subject = Browser::sign_in(&test, ("code", uscc(1).as_str())).await;
    let page = "/portal/my/request";
    let hidden = subject.get(page).await.all_hidden(page);
    let send = async |fields: &[(&str, &str)]| {
        let usual = [("purpose", "other"), ("domain", "17")];
        let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let form: Vec<(&str, &str)> = hidden.chain(usual).chain(fields.iter().copied()).collect();
        subject.post(page, &form).await
    };
    for action in ["", "count"] {
        let refused = send(&[("span", "all"), ("from", "2025-01-01"), ("to", ""), ("action", action)]).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert!(
            refused.text.contains("期间却没有选“自选日期”") && refused.text.contains("href=\"#span\""),
            "{}",
            refused.text
        );
    }
    for (from, to, expected) in
        [("2025-01-01", "", "2025-01-01 至 2025-11-03"), ("", "2024-01-01", "2022-08-01 至 2024-01-01")]
    {
        let led = send(&[("span", "own"), ("from", from), ("to", to)]).await;
        assert_eq!(led.status, 303, "{}", led.text);
        let shown = subject.get(&led.location).await;
        assert!(shown.text.contains(expected), "{expected}: {}", shown.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_rows_does_not_look_taken_in() {
    let test = TestStack::start().await;
    test.take_in(&[penalties().build()]).await;
    let clerk = Browser::sign_in(&test, ("code", "market-supervision")).await;
    let list = clerk.get("/portal/unit").await;
    assert!(list.text.contains("没有数据行") && !list.text.contains("✓ 已入库"), "{}", list.text);
    let upload = list.attribute("tbody a", "href");
    let shown = clerk.get(&upload).await;
    assert!(shown.text.contains("文件只有表头") && !shown.text.contains("badge good"), "{}", shown.text);
    let json = [("accept", "application/json")];
    let told = clerk.send(Method::GET, &upload, None, &json).await.text;
    assert!(told.contains("没有数据行") && !told.contains("已生效"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_a_slash_behind_it_leads_to_the_portal() {
    let test = TestStack::start().await;
    let anyone = Browser::new(&test);
    for (address, leads) in [
        ("/portal/", "/portal/sign-in?next=%2Fportal%2Fhome"),
        ("/portal/guide/", "/portal/guide"),
        ("/portal/my/records/?standing=open", "/portal/my/records?standing=open"),
        ("/portal//evil.example/", "/portal/-/evil.example"),
    ] {
        let led = anyone.get(address).await;
        assert_eq!((led.status, led.location.as_str()), (303, leads), "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_would_print_what_nobody_means_is_refused_at_the_field() {
    let test = TestStack::start().await;
    let platform = Browser::sign_in(&test, OPERATOR).await;
    let page = "/portal/platform/template";
    let shown = platform.get(page).await;
    let csrf = shown.hidden("csrf");
    let built_in: serde_json::Value = serde_json::from_str(xinzheng_render::Template::builtin_json()).unwrap();
    for (pointer, text, field, said) in [
        ("/no_record", json!("没有{nosuch}记录"), "no_record", "“没有记录的领域”中的“{nosuch}”不会被替换"),
        ("/conclusion_some", json!("查询到{cuont}条"), "conclusion_some", "“{cuont}”不会被替换"),
        ("/conclusion_some", json!("查询到记录"), "conclusion_some", "“有记录”缺少“{count}”"),
        ("/notes/1", json!("说明😀"), "notes", "“说明”中的“😀”"),
    ] {
        let mut changed = built_in.clone();
        changed["version"] = json!("2026-99");
        *changed.pointer_mut(pointer).unwrap() = text;
        let url = format!("{}/config/report-template", test.stack.address);
        let asked = test.request("PUT", &url).bearer_auth(test.operator_token()).json(&changed);
        let refused = test.send(asked).await;
        assert_eq!((refused.status, refused.problem()), (422, "template-invalid"), "{refused:?}");
        assert_eq!(refused.body["field"], pointer);
        let fields = super::portal::template_fields(&changed);
        let form: Vec<(&str, &str)> = [
            ("csrf", csrf.as_str()),
            ("base", built_in["version"].as_str().unwrap()),
            ("action", "save"),
            ("picture", "none"),
        ]
        .into_iter()
        .chain(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        .collect();
        let refused = platform.post(page, &form).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert!(
            refused.text.contains(said) && refused.text.contains(&format!("href=\"#{field}\"")),
            "{}",
            refused.text
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_says_what_it_looks_for() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let issued = test.issued(uscc(1), &json!({ "purpose": "other" })).await;
    let platform = Browser::sign_in(&test, OPERATOR).await;
    let desk = "/portal/platform/units/market-supervision";
    // A number alone is asked what for; no code that opens the report is shown.
    let number = &issued.report.number;
    let asked = platform.get(&format!("/portal/platform/reports?number={number}")).await;
    assert!(
        asked.status == 200 && asked.text.contains("查看的事由") && !asked.text.contains("收回原因"),
        "{}",
        asked.text
    );
    let shown = platform.get(&format!("/portal/platform/reports?number={number}&reason=enquiry")).await;
    assert!(shown.text.contains("收回原因") && !shown.text.contains(&issued.report.code.to_string()), "{}", shown.text);
    // A search for a subject at a unit, and what it leads to.
    let found = platform.get(&format!("{desk}/records?q={}", uscc(1).to_string().to_lowercase())).await;
    assert!(found.text.contains("监督检查"), "{}", found.text);
    let record = found.attributes("tbody a", "href").into_iter().next().expect(&found.text);
    assert!(platform.get(&record).await.text.contains("监督检查"));
    assert_eq!(platform.get(&format!("{record}?reason=complaint")).await.status, 200);
    let subject = Browser::sign_in(&test, ("code", uscc(1).as_str())).await;
    let access = subject.get("/portal/my/access").await.text;
    for (reason, times) in [("监督检查", 2), ("处理投诉", 1), ("答复咨询", 1)] {
        assert_eq!(access.matches(reason).count(), times, "{reason}: {access}");
    }
    // Under another unit's address there is no such page.
    let elsewhere = record.replace("market-supervision", "tax");
    assert_eq!(platform.get(&elsewhere).await.status, 404);
    // Programs say it too.
    let token = test.operator_token();
    for path in [
        format!("/reports/{number}"),
        format!("/records/search?unit=market-supervision&subject={}", uscc(1)),
        format!("/records/{}/history", record.rsplit('/').next().unwrap()),
    ] {
        let answer = test.send(test.get(&path).bearer_auth(&token)).await;
        assert_eq!((answer.status, answer.problem()), (422, "look-reason-missing"), "{path}");
    }
    let turned = test.get("/access-log?from=2025-11-03&to=2025-11-01").bearer_auth(&token);
    assert_eq!(test.send(turned).await.problem(), "period-end-before-start");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_after_its_session_is_done_once() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let subject = Browser::sign_in(&test, ("code", uscc(1).as_str())).await;
    let made =
        [("how-long", "today"), ("period", "all"), ("purpose", "other"), ("disclosure", "full"), ("domain", "1")];
    subject.fill("/portal/my/living", "/portal/my/living", &made).await;
    let page = subject.get("/portal/my/living").await;
    let stop = page.attribute("form[action$='/end']", "action");
    let hidden = page.all_hidden(&stop);
    let form: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    // Half an hour later the session is over.
    test.pass_seconds(31 * 60);
    let origin = test.stack.address.clone();
    let headers = [("origin", origin.as_str()), ("sec-fetch-site", "same-origin")];
    let led = subject.send(Method::POST, &stop, Some(&form), &headers).await;
    let next = led.location.strip_prefix("/portal/sign-in?next=").expect(&led.text).to_owned();
    let callback = subject.choose(&next, ("code", uscc(1).as_str())).await;
    let way = subject.get(&callback).await.location;
    let undone = subject.get(&way).await;
    assert!(undone.text.contains("“立即停用”还没有完成"), "{}", undone.text);
    let hidden = undone.all_hidden(&stop);
    let form: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(subject.post(&stop, &form).await.status, 303);
    assert!(subject.get("/portal/my/living").await.text.contains("已停用"));
    // Whoever goes back finds the same mark: the same is not done twice.
    let once = |hidden: &[(String, String)]| hidden.iter().find(|(name, _)| name == "once").unwrap().1.clone();
    assert_eq!(once(&subject.get(&way).await.all_hidden(&stop)), once(&hidden));
}
