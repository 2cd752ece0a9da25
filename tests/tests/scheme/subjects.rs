//! A subject's affairs as the platform looks at them to answer a complaint, and who looked: by person, day, action and report (R19).

use serde_json::{Value, json};
use xinzheng_api::access_log::{self, AccessLog};
use xinzheng_api::{grant, subject};
use xinzheng_domain::audit::{Action, LookReason, Why};
use xinzheng_domain::case::grant::GrantState;
use xinzheng_domain::{ReportStatus, SubjectId};
use xinzheng_tests::{TestStack, UploadBuilder, penalties, penalty_row, register, uscc, with, withdrawal_row};

/// A made-up identity number.
const NUMBER: &str = "140403199003077816";

async fn stack() -> TestStack {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).row(&penalty_row(1, 2)).build()]).await;
    test
}

fn operator(test: &TestStack, id: &str) -> String {
    test.token(json!({ "role": "operator", "sub": id }))
}

async fn log(test: &TestStack, token: String, query: &str) -> AccessLog {
    test.send(test.get(&format!("/access-log{query}")).bearer_auth(token)).await.of(&access_log::READ)
}

/// What was done, and by whom.
fn said(log: &AccessLog) -> Vec<(Action, &str)> {
    log.page.items.iter().map(|entry| (entry.action.known().unwrap(), entry.by.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_answers_a_complaint_and_the_subject_sees_each_look() {
    let test = stack().await;
    let token = test.subject_token(uscc(1));
    let report = test.issued(uscc(1), &json!({ "purpose": "financial" })).await.report;
    let given = json!({ "grantee": { "name": "虚构银行" }, "purpose": "financial", "until": "2025-12-01T00:00:00Z", "uses": 1 });
    let given = test.send(test.post("/grants", &given).bearer_auth(&token)).await.of(&grant::GIVE);
    let record = test.record_id(&report, "1号").await;
    let objection = json!({ "record": record, "contested": "record", "reasons": "并无此事。" });
    assert_eq!(test.send(test.post("/objections", &objection).bearer_auth(&token)).await.status, 201);
    let withdrawal = UploadBuilder::new("market-supervision", xinzheng_domain::TableId::Withdrawal);
    test.take_in(&[withdrawal.row(&withdrawal_row(1, 2)).build()]).await;

    let ask = async |path: &str| {
        let request = test.get(&format!("/subjects/{}/{path}?reason=complaint", uscc(1)));
        test.send(request.bearer_auth(operator(&test, "operator-7"))).await
    };
    let records = ask("records").await.of(&subject::RECORDS);
    assert_eq!((records.records.len(), records.withdrawn.len()), (1, 1));
    assert!(records.records[0].marks.contains("异议"), "{:?}", records.records[0].marks);
    let reports = ask("reports").await;
    let listed = reports.of(&subject::REPORTS).items;
    assert_eq!((listed.len(), &listed[0].number, listed[0].status), (1, &report.number, ReportStatus::Affected));
    let grants = ask("grants").await;
    let listed = grants.of(&subject::GRANTS).items;
    let code = given.standing.grant.code;
    assert_eq!((listed.len(), listed[0].state), (1, GrantState::Active));
    assert!(listed[0].code_ending.ends_with(&code.compact()[17..]), "{:?}", listed[0].code_ending);
    for (what, answer) in [(report.code, &reports), (code, &grants)] {
        let text = answer.body.to_string();
        assert!(
            !text.contains(&what.to_string()) && !text.contains(&what.compact()),
            "nothing that lets use it: {text}"
        );
    }
    assert_eq!(ask("objections").await.of(&subject::OBJECTIONS).items.len(), 1);
    assert_eq!(ask("repairs").await.of(&subject::REPAIRS).items.len(), 0);
    assert_eq!(ask("commitments").await.of(&subject::COMMITMENTS).items.len(), 0);

    // Without a reason nothing is shown, and nobody else is let.
    let bare = |token: String| test.send(test.get(&format!("/subjects/{}/records", uscc(1))).bearer_auth(token));
    assert_eq!(bare(test.operator_token()).await.problem(), "parameter-missing");
    let curious = test.get(&format!("/subjects/{}/records?reason=curiosity", uscc(1)));
    assert_eq!(test.send(curious.bearer_auth(test.operator_token())).await.problem(), "look-reason-unknown");
    let unreasoned = test.get(&format!("/access-log?subject={}", uscc(1))).bearer_auth(test.operator_token());
    assert_eq!(test.send(unreasoned).await.problem(), "look-reason-missing");
    assert_eq!(bare(test.unit_token("market-supervision")).await.status, 403);
    assert_eq!(bare(token.clone()).await.status, 403);

    let own = log(&test, token, "").await;
    let looks: Vec<Action> = own
        .page
        .items
        .iter()
        .filter(|entry| entry.why() == Some(Why::Look(LookReason::Complaint)))
        .inspect(|entry| assert_eq!(entry.by, "platform", "which of its staff is told to the platform alone"))
        .map(|entry| entry.action.known().unwrap())
        .collect();
    let expected = [
        Action::CommitmentsListed,
        Action::RepairsListed,
        Action::ObjectionsListed,
        Action::GrantsListed,
        Action::ReportsListed,
        Action::RecordsRead,
    ];
    assert_eq!(looks, expected, "each look, newest first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subject_is_found_by_what_a_person_has_at_hand() {
    let test = stack().await;
    let person = json!({
        "行政相对人名称": "虚某", "行政相对人类别": "自然人", "统一社会信用代码": "", "法定代表人": "",
        "证件类型": "身份证", "证件号码": NUMBER,
    });
    test.take_in(&[penalties().file("人.csv").row(&with(&penalty_row(2, 5), &person)).build()]).await;
    let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    let find = async |body: Value| {
        let request = test.post("/subjects/identification", &body).header("idempotency-key", "k");
        test.send(request.bearer_auth(test.operator_token())).await
    };
    let found = find(json!({ "id_number": NUMBER, "reason": "complaint" })).await;
    assert!(!found.body.to_string().contains(NUMBER), "{found:?}");
    let found = found.of(&subject::IDENTIFY);
    assert!(matches!(found.subject, SubjectId::Person(_)));
    assert_eq!((found.name.as_deref(), found.records), (Some("虚某"), 1));
    assert_eq!(found.masked_id_number.as_deref(), Some("140403********7816"));
    let path = format!("/subjects/{}/records?reason=complaint", found.subject);
    let records = test.send(test.get(&path).bearer_auth(test.operator_token())).await.of(&subject::RECORDS);
    assert_eq!(records.records.len(), 1);

    for body in
        [json!({ "subject": uscc(1), "reason": "enquiry" }), json!({ "report": report.number, "reason": "enquiry" })]
    {
        let found = find(body).await.of(&subject::IDENTIFY);
        assert_eq!((found.subject.uscc(), found.records), (Some(uscc(1)), 2));
        assert_eq!(found.registration.as_deref(), Some("存续"));
    }
    let nobody = find(json!({ "document": { "kind": "护照", "number": "E12345678" }, "reason": "enquiry" })).await;
    let nobody = nobody.of(&subject::IDENTIFY);
    assert_eq!((nobody.name, nobody.records), (None, 0), "of whom nothing is held");
    for (body, expected) in [
        (json!({ "reason": "enquiry" }), "subject-not-named"),
        (json!({ "subject": uscc(1), "report": report.number, "reason": "enquiry" }), "subject-not-named"),
        (json!({ "subject": uscc(1) }), "look-reason-missing"),
        (json!({ "id_number": "140403199003077817", "reason": "enquiry" }), "identity-number-unreadable"),
        (
            json!({ "document": { "kind": "身份证", "number": NUMBER }, "reason": "enquiry" }),
            "identity-document-unknown",
        ),
        (json!({ "document": { "kind": "护照", "number": "" }, "reason": "enquiry" }), "identity-number-unreadable"),
        (json!({ "report": "CZXY-20251103-AAAAAAAA", "reason": "enquiry" }), "report-unknown"),
        (json!({ "subject": NUMBER, "reason": "enquiry" }), "body-unreadable"),
    ] {
        let refused = find(body).await;
        assert_eq!(refused.problem(), expected);
        assert!(!refused.body.to_string().contains("19900307"), "{refused:?}");
    }
    for (key, item) in test.registry().await {
        assert!(!key.starts_with("REQUEST#"), "not even a digest is kept: {key}");
        assert!(!key.contains(NUMBER) && !item.values().any(|value| value.contains(NUMBER)), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_finds_who_did_what_by_person_day_action_and_report() {
    let test = stack().await;
    let reports = [
        test.issued(uscc(1), &json!({ "purpose": "other" })).await.report,
        test.issued(uscc(1), &json!({ "purpose": "financial" })).await.report,
    ];
    let look = async |who: &str, path: &str| {
        assert_eq!(test.send(test.get(path).bearer_auth(operator(&test, who))).await.status, 200, "{path}");
    };
    let number = |place: usize| &reports[place].number;
    look("one", &format!("/subjects/{}/records?reason=case", uscc(1))).await;
    look("two", &format!("/reports/{}?reason=case", number(0))).await;
    test.pass_days(40);
    look("one", &format!("/reports/{}?reason=case", number(1))).await;
    look("one", "/uploads?unit=market-supervision").await;

    let sought = async |query: &str| log(&test, operator(&test, "chief"), query).await;
    let by_one = sought("?by=one").await;
    assert_eq!(
        said(&by_one),
        [(Action::UploadsListed, "one"), (Action::ReportRead, "one"), (Action::RecordsRead, "one")],
        "what one of the staff did with whomever's, newest first"
    );
    assert_eq!(by_one.page.items[2].object, uscc(1).to_string(), "and with whose");
    assert_eq!(said(&sought("?by=one&action=report.read").await), [(Action::ReportRead, "one")]);
    assert_eq!(said(&sought("?by=one&to=2025-11-03").await), [(Action::RecordsRead, "one")]);
    assert_eq!(said(&sought("?by=one&from=2025-11-04").await).len(), 2);
    assert_eq!(said(&sought("?by=one&from=2025-11-04&to=2025-11-05").await).len(), 0);
    let of_report = sought(&format!("?report={}&reason=supervision", number(0))).await;
    assert_eq!(said(&of_report), [(Action::ReportRead, "two"), (Action::ReportIssued, "subject")]);
    let own = log(&test, test.subject_token(uscc(1)), &format!("?report={}", number(1))).await;
    assert_eq!(said(&own), [(Action::ReportRead, "platform"), (Action::ReportIssued, "subject")]);

    let bad = async |token: String, query: &str| {
        test.send(test.get(&format!("/access-log{query}")).bearer_auth(token)).await.problem().to_owned()
    };
    assert_eq!(bad(test.operator_token(), "?action=report.eaten").await, "action-unknown");
    assert_eq!(bad(test.operator_token(), &format!("?report={}", number(0))).await, "look-reason-missing");
    assert_eq!(bad(test.subject_token(uscc(1)), "?by=one").await, "role-not-allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_of_the_audit_is_bounded_and_goes_on() {
    let test = stack().await;
    let subject = test.subject_token(uscc(1));
    let read = format!("/subjects/{}/records?reason=case", uscc(1));
    assert_eq!(test.send(test.get(&read).bearer_auth(operator(&test, "rare"))).await.status, 200);
    // Each leaves an entry in the subject's own audit.
    for _ in 0..60 {
        assert_eq!(test.send(test.get("/uploads").bearer_auth(&subject)).await.status, 403);
    }
    test.stack.calls.take();
    let (mut path, mut found, mut pages) = ("/access-log?action=request.refused".to_owned(), 0, 0);
    loop {
        let page = test.send(test.get(&path).bearer_auth(&subject)).await.of(&access_log::READ).page;
        found += page.items.len();
        pages += 1;
        let Some(next) = page.next else { break };
        path = format!("/access-log?action=request.refused&cursor={}", next.as_str());
    }
    assert_eq!((found, pages), (60, 2), "each once");
    let rare = log(&test, subject.clone(), "?action=records.read").await;
    assert_eq!((said(&rare).len(), rare.page.next), (1, None));
    let foreign = format!("/access-log?from=2025-11-01&cursor={}", path.rsplit_once('=').unwrap().1);
    assert_eq!(test.send(test.get(&foreign).bearer_auth(&subject)).await.problem(), "cursor-unreadable");
}
