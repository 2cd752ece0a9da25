//! What holds for requests of every kind: keys against doing things twice, versions against overtaking, pages of lists,
//! and the audit.

use serde_json::{Value, json};
use xinzheng_api::access_log::{self, AuditEntry};
use xinzheng_api::endpoint::RequestBody;
use xinzheng_api::{grant, objection, report};
use xinzheng_domain::ReportNumber;
use xinzheng_domain::audit::{Action, Role, StepResult};
use xinzheng_tests::{Answer, TestStack, penalties, penalty_row, register, uscc};

async fn keyed(test: &TestStack, token: &str, key: &str, path: &str, body: &Value) -> Answer {
    test.send(test.post(path, body).bearer_auth(token).header("idempotency-key", key)).await
}

fn number(issued: &Answer) -> ReportNumber {
    issued.of(&report::ISSUE).opened.report.number
}

/// How many reports a subject has.
async fn reports(test: &TestStack, token: &str) -> usize {
    test.send(test.get("/reports").bearer_auth(token)).await.of(&report::LIST).items.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_sent_again_gets_the_same_answer_and_is_done_once() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), register(2)]).await;
    let (one, other) = (test.subject_token(uscc(1)), test.subject_token(uscc(2)));
    let wanted = json!({ "purpose": "other" });
    let first = keyed(&test, &one, "k-1", "/reports", &wanted).await;
    assert_eq!(first.status, 201, "{first:?}");
    test.stack.calls.take();
    let again = keyed(&test, &one, "k-1", "/reports", &wanted).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(test.stack.calls.take().into_iter().collect::<Vec<_>>(), [("PutItem".to_owned(), 1)], "nothing else");

    let changed = keyed(&test, &one, "k-1", "/reports", &json!({ "purpose": "financial" })).await;
    assert_eq!((changed.status, changed.problem()), (422, "idempotency-key-reused"));
    let anothers = keyed(&test, &other, "k-1", "/reports", &wanted).await;
    assert_ne!(number(&anothers), number(&first), "a key is its sender's");
    let another = keyed(&test, &one, "k-2", "/reports", &wanted).await;
    assert_ne!(number(&another), number(&first));
    assert_eq!(reports(&test, &one).await, 2);

    // A refusal is an answer too.
    let refused = keyed(&test, &one, "k-3", "/reports", &json!({ "purpose": "other", "domains": [99] })).await;
    let again = keyed(&test, &one, "k-3", "/reports", &json!({ "purpose": "other", "domains": [99] })).await;
    assert_eq!((refused.status, refused.problem()), (again.status, again.problem()));
    for key in ["", "with space", "编号", "clé", &"x".repeat(129)] {
        let unreadable = keyed(&test, &one, key, "/reports", &wanted).await;
        assert_eq!((unreadable.status, unreadable.problem()), (400, "idempotency-key-unreadable"), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_count_with_every_function_and_the_query_is_part_of_the_request() {
    let test = TestStack::start().await;
    let unit = test.unit_token("market-supervision");
    let wanted = json!({ "table": "penalty", "file": "一.csv", "bytes": 1, "sha256": "0".repeat(64) });
    let first = keyed(&test, &unit, "k", "/uploads", &wanted).await;
    let again = keyed(&test, &unit, "k", "/uploads", &wanted).await;
    assert_eq!((first.status, &again.body), (201, &first.body), "the very same address");
    let check = async |table: &str| {
        let request = test.post_bytes(&format!("/uploads/check?table={table}&file=a.json"), b"{}".to_vec());
        test.send(request.bearer_auth(&unit).header("idempotency-key", "c")).await
    };
    let (checked, other) = (check("penalty").await, check("coercion").await);
    assert_eq!((checked.status, other.problem()), (200, "idempotency-key-reused"), "{checked:?}");
    let codes = json!({ "codes": ["NMPT1N9-62KBSFK-J25YP2T"] });
    let verified = keyed(&test, &unit, "v", "/verify", &codes).await;
    assert_eq!(keyed(&test, &unit, "v", "/verify", &codes).await.body, verified.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_same_request_at_once_one_is_done() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let token = test.subject_token(uscc(1));
    let wanted = json!({ "purpose": "other" });
    let send = || keyed(&test, &token, "k", "/reports", &wanted);
    let (a, b, c) = tokio::join!(send(), send(), send());
    let mut numbers = vec![];
    for answer in [&a, &b, &c] {
        match answer.status {
            201 => numbers.push(number(answer)),
            status => assert_eq!((status, answer.problem()), (409, "request-running")),
        }
    }
    numbers.dedup();
    assert_eq!(numbers.len(), 1, "{a:?} {b:?} {c:?}");
    assert_eq!(reports(&test, &token).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_read_page_by_page() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let token = test.subject_token(uscc(1));
    for number in 0..60 {
        let grant = json!({
            "grantee": { "name": format!("虚构银行{number}") }, "purpose": "financial",
            "until": "2025-12-01T00:00:00Z", "uses": 1,
        });
        assert_eq!(test.send(test.post("/grants", &grant).bearer_auth(&token)).await.status, 201);
    }
    let (mut names, mut path, mut pages) = (vec![], "/grants".to_owned(), 0);
    loop {
        let page = test.send(test.get(&path).bearer_auth(&token)).await.of(&grant::LIST);
        names.extend(page.items.into_iter().map(|grant| grant.standing.grant.grantee.name));
        pages += 1;
        let Some(next) = page.next else { break };
        path = format!("/grants?cursor={}", next.as_str());
    }
    let expected: Vec<String> = (0..60).rev().map(|number| format!("虚构银行{number}")).collect();
    assert_eq!((names, pages), (expected, 2), "each once, newest first");
    for cursor in ["x", "R1JBTlQ", "UkVQT1JUIzIwMjU"] {
        let strange = test.send(test.get(&format!("/grants?cursor={cursor}")).bearer_auth(&token)).await;
        assert_eq!((strange.status, strange.problem()), (422, "cursor-unreadable"), "{cursor}");
    }
}

/// The newest entries.
async fn audit(test: &TestStack, token: String, query: &str) -> Vec<AuditEntry> {
    let answer = test.send(test.get(&format!("/access-log{query}")).bearer_auth(token)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.of(&access_log::READ).page.items
}

/// What was done, in which role, by whom, and what became of it.
fn steps_of(entries: &[AuditEntry]) -> Vec<(Action, Role, &str, StepResult)> {
    let known = |entry: &AuditEntry| (entry.action.known().unwrap(), entry.role.known().unwrap());
    let steps = entries.iter().map(|entry| (known(entry), entry.by.as_str(), entry.result));
    steps.map(|((action, role), by, result)| (action, role, by, result)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_tells_each_what_concerns_it() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let token = test.subject_token(uscc(1));
    let report = test.issued(uscc(1), &json!({ "purpose": "financial" })).await.report;
    let number = report.number;
    test.verified(report.code).await;
    let download = test.get(&format!("/reports/{number}/document")).bearer_auth(&token);
    assert_eq!(test.send(download).await.status, 200, "followed to the file");
    let objection = json!({
        "record": test.record_ids().await[0], "contested": "record", "reasons": "并无此事。",
    });
    let objection = test.send(test.post("/objections", &objection).bearer_auth(&token)).await;
    let id = objection.of(&objection::SUBMIT).objection.id;
    let accept = test.post(&format!("/objections/{id}/acceptance"), &json!({})).header("if-match", "\"1\"");
    assert_eq!(test.send(accept.bearer_auth(test.unit_token("market-supervision"))).await.status, 200);
    let withdraw = test.post(&format!("/reports/{number}/withdrawal"), &json!({ "reason": "虚构的原因" }));
    let withdraw = withdraw.header("if-match", "\"1\"").bearer_auth(test.operator_token());
    assert_eq!(test.send(withdraw).await.status, 200);

    let done = |action, role, by| (action, role, by, StepResult::Done);
    let own = audit(&test, token.clone(), "").await;
    assert_eq!(
        steps_of(&own),
        [
            done(Action::ReportWithdrawn, Role::Platform, "platform"),
            done(Action::ObjectionAccepted, Role::Unit, "market-supervision"),
            done(Action::ObjectionSubmitted, Role::Subject, "subject"),
            done(Action::ReportDownloaded, Role::Subject, "subject"),
            done(Action::ReportVerified, Role::Anyone, ""),
            done(Action::ReportIssued, Role::Subject, "subject"),
        ]
    );
    let units = audit(&test, test.unit_token("market-supervision"), "").await;
    let received = done(Action::UploadReceived, Role::System, "system");
    let accepted = done(Action::ObjectionAccepted, Role::Unit, "market-supervision");
    assert_eq!(steps_of(&units), [accepted, received, received]);
    let query = format!("?subject={}&reason=complaint", uscc(1));
    let all = audit(&test, test.operator_token(), &query).await;
    let withdrawn = done(Action::ReportWithdrawn, Role::Platform, "operator-1");
    let read = done(Action::AuditRead, Role::Platform, "operator-1");
    assert_eq!(steps_of(&all)[..2], [read, withdrawn], "the platform reads who of its staff it was");
    assert_eq!(steps_of(&all)[2..], steps_of(&own)[1..], "the platform reads all");
    let platform = audit(&test, test.operator_token(), "").await;
    assert_eq!(
        steps_of(&platform),
        [
            done(Action::AuditRead, Role::Platform, "operator-1"),
            done(Action::AuditRead, Role::Platform, "operator-1"),
            done(Action::ReportWithdrawn, Role::Platform, "operator-1"),
        ],
        "reading is noted too"
    );
    let text = test.send(test.get("/access-log").bearer_auth(token)).await.body.to_string();
    assert!(!text.contains("127.0.0.1") && text.contains("\"address\":"), "addresses are marks: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_a_bomb_is_refused_before_it_is_parsed() {
    let test = TestStack::start().await;
    let roles = [
        json!({ "role": "subject", "subject": uscc(1) }),
        json!({ "role": "unit", "unit": "market-supervision" }),
        json!({ "role": "operator" }),
        json!({ "role": "third-party", "name": "虚构银行" }),
    ];
    let roles = roles.map(|claims| test.token(claims));
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(300_000));
    let mut tried = 0;
    for endpoint in xinzheng_api::openapi::endpoints() {
        if matches!(endpoint.body, RequestBody::None | RequestBody::File) {
            continue;
        }
        let mut path = endpoint.path.to_owned();
        for (name, value) in
            [("{number}", "CZXY-20251103-AAAAAAAA"), ("{code}", "x"), ("{id}", "x"), ("{year}", "2027")]
        {
            path = path.replace(name, value);
        }
        let url = format!("{}{path}", test.stack.address);
        for (body, expected) in [(&deep, "body-unreadable"), (&large, "body-too-large")] {
            let mut seen = vec![];
            for token in &roles {
                let request = test.request(endpoint.method.code(), &url).bearer_auth(token).header("if-match", "\"1\"");
                let answer = test.send(request.body(body.clone())).await;
                assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
                seen.push(answer.problem().to_owned());
            }
            // What is not there, or another's, is told first.
            let told = seen.iter().any(|code| code == expected || code.ends_with("-unknown"));
            assert!(told, "{} {path}: {seen:?}", endpoint.method.code());
            assert!(path.contains('x') || seen.iter().any(|code| code == expected), "{path}: {seen:?}");
            tried += 1;
        }
    }
    assert!(tried >= 40, "{tried}");
}
