//! `POST /reports` and `GET /reports`: what a subject gets, and why it is refused (R2, R3, R9, R10).

use serde_json::json;
use xinzheng_api::{report, verification};
use xinzheng_domain::{ReportNumber, TableId, Uscc};
use xinzheng_tests::{
    TestStack, UploadBuilder, penalties, penalty_row, register, register_row, repair_row, uscc, with, withdrawal_row,
};

const MARKET: &str = "market-supervision";

#[tokio::test(flavor = "multi_thread")]
async fn period_and_domains_choose_the_records() {
    let test = TestStack::start().await;
    let rows = penalties()
        .row(&penalty_row(1, 1))
        .row(&with(&penalty_row(1, 2), &json!({ "处罚决定日期": "2023-05-06" })))
        .row(&with(&penalty_row(1, 3), &json!({ "涉及领域": "药品" })))
        .row(&penalty_row(2, 4));
    test.take_in(&[register(1), register(2), rows.build()]).await;
    for (request, records, why) in [
        (json!({}), 3, "everything by default, of this subject only"),
        (json!({ "domains": ["食品"] }), 2, "one domain"),
        (json!({ "domains": [18, 19] }), 3, "by number"),
        (json!({ "domains": ["税务"] }), 0, "a domain without records"),
        (json!({ "period": { "from": "2024-01-01", "to": "2024-12-31" } }), 2, "a year"),
        (json!({ "period": { "from": "2024-03-05", "to": "2024-03-05" } }), 2, "both ends count"),
        (json!({ "period": { "from": "2024-03-06", "to": "2025-11-03" } }), 0, "after"),
    ] {
        let request = with(&request, &json!({ "purpose": "commercial" }));
        let answer = test.report(uscc(1), &request).await;
        assert_eq!(answer.status, 201, "{why}: {answer:?}");
        assert_eq!(answer.of(&report::ISSUE).opened.report.summary.records, records, "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_say_why_and_what_to_do() {
    let test = TestStack::start().await;
    let moved =
        UploadBuilder::new(MARKET, TableId::Subject).row(&with(&register_row(2), &json!({ "登记状态": "迁出" })));
    test.take_in(&[register(1), moved.build()]).await;
    let elsewhere = Uscc::compose("91110105", "MA0T0001").unwrap();
    let period = |from: &str, to: &str| json!({ "period": { "from": from, "to": to } });
    for (subject, request, status, problem) in [
        (uscc(3), json!({}), 404, "subject-unknown"),
        (uscc(2), json!({}), 403, "subject-registered-elsewhere"),
        (elsewhere, json!({}), 403, "subject-registered-elsewhere"),
        (uscc(1), period("2022-07-31", "2025-01-01"), 422, "period-before-scope"),
        (uscc(1), period("2025-01-02", "2025-01-01"), 422, "period-end-before-start"),
        (uscc(1), period("2025-01-01", "2025-11-04"), 422, "period-in-future"),
        (uscc(1), json!({ "domains": ["餐饮"] }), 422, "domain-unknown"),
        (uscc(1), json!({ "domains": [40] }), 422, "domain-unknown"),
        (uscc(1), json!({ "domains": [] }), 422, "domain-missing"),
        (uscc(1), json!({ "purpose": "fun" }), 400, "body-unreadable"),
        (uscc(1), json!({ "perido": null }), 400, "body-unreadable"),
        (uscc(1), period("2025-02-30", "2025-11-03"), 400, "body-unreadable"),
    ] {
        let request = with(&json!({ "purpose": "administrative" }), &request);
        let answer = test.report(subject, &request).await;
        assert_eq!((answer.status, answer.problem()), (status, problem), "{request}");
        assert!(!answer.refusal().title().is_ascii(), "{answer:?}");
        assert!(answer.refusal().hint_text().is_some_and(|hint| !hint.is_empty()), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repaired_records_stay_and_withdrawn_ones_leave() {
    let test = TestStack::start().await;
    let rows = penalties().row(&penalty_row(1, 1)).row(&penalty_row(1, 2)).row(&penalty_row(1, 3));
    let repairs = UploadBuilder::new(MARKET, TableId::Repair).row(&repair_row(1, 1));
    let withdrawals = UploadBuilder::new(MARKET, TableId::Withdrawal).row(&withdrawal_row(1, 2));
    // The marks come first: they wait for their records.
    test.take_in(&[register(1), repairs.build(), withdrawals.build(), rows.build()]).await;
    let issued = test.issued(uscc(1), &json!({ "purpose": "other" })).await;
    assert_eq!(issued.report.summary.records, 2, "the withdrawn one is absent");
    let content = test.content(&issued.report.number).await;
    let repairs: Vec<_> = content.records.iter().filter_map(|standing| standing.repair.as_ref()).collect();
    assert_eq!(repairs.len(), 1);
    assert_eq!(repairs[0].document.as_str(), "晋虚市监修〔2025〕1号");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subject_finds_its_own_reports_and_no_others() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), register(2)]).await;
    let first = test.issued(uscc(1), &json!({ "purpose": "other" })).await;
    let second = test.issued(uscc(1), &json!({ "purpose": "financial" })).await;
    let number = &first.report.number;

    let list = test.send(test.get("/reports").bearer_auth(test.subject_token(uscc(1)))).await.of(&report::LIST);
    let numbers: Vec<&ReportNumber> = list.items.iter().map(|listed| &listed.report.number).collect();
    assert_eq!(numbers, [&second.report.number, number], "newest first");
    let one = test.send(test.get(&format!("/reports/{number}")).bearer_auth(test.subject_token(uscc(1)))).await;
    let one = one.of(&report::READ);
    assert_eq!(one.report.code, first.report.code);
    assert_eq!(test.pdf(&one).await, test.pdf(&first).await);

    let foreign = test.send(test.get(&format!("/reports/{number}")).bearer_auth(test.subject_token(uscc(2)))).await;
    assert_eq!((foreign.status, foreign.problem()), (404, "report-unknown"));
    let list = test.send(test.get("/reports").bearer_auth(test.subject_token(uscc(2)))).await;
    assert_eq!(list.body, json!({ "items": [], "next": null }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_natural_person_is_served_by_hashed_identity() {
    let test = TestStack::start().await;
    let number = xinzheng_domain::CitizenId::compose("14040319000101001").unwrap();
    let row = with(
        &penalty_row(1, 1),
        &json!({
            "行政相对人名称": "虚构某人", "行政相对人类别": "自然人", "统一社会信用代码": "", "法定代表人": "",
            "证件类型": "身份证", "证件号码": number.expose(),
        }),
    );
    test.take_in(&[penalties().row(&row).build()]).await;
    let registry = test.registry().await;
    assert!(!format!("{registry:?}").contains(number.expose()), "the registry holds no identity number");
    let id = registry.values().find_map(|item| item.get("subject")).expect("the record is kept by hash");
    assert!(id.starts_with("P-"), "{id}");
    let token = test.token(json!({
        "role": "subject", "subject": id, "name": "虚构某人", "masked_id_number": number.masked(),
    }));
    let answer = test.send(test.post("/reports", &json!({ "purpose": "other" })).bearer_auth(token)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let issued = answer.of(&report::ISSUE).opened.report;
    assert_eq!(issued.summary.records, 1);
    let verified = test.send(test.get(&format!("/verify/{}", issued.code))).await;
    assert_eq!(
        verified.of(&verification::BY_CODE).subject.masked_id_number,
        Some("140403********001X".replace("001X", &number.masked()[14..]))
    );
    assert!(!verified.body.to_string().contains(number.expose()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_sees_what_was_issued_in_a_month() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), register(2)]).await;
    let some = json!({ "purpose": "financial", "domains": [1, 2] });
    let of_one = test.issued(uscc(1), &some).await.report.number;
    let of_other = test.issued(uscc(2), &json!({ "purpose": "other" })).await.report.number;
    let token = test.operator_token();
    let numbers = async |query: &str| -> Vec<String> {
        let answer = test.send(test.get(&format!("/issued-reports?{query}")).bearer_auth(&token)).await;
        let listed = answer.of(&report::ISSUED);
        assert!(listed.page.next.is_none() && listed.month.to_string() == "2025-11" || query.contains("month"));
        listed.page.items.iter().map(|entry| entry.number.to_string()).collect()
    };
    let (one, other) = (of_one.to_string(), of_other.to_string());
    for (query, expected) in [
        ("", vec![&other, &one]),
        ("month=2025-11", vec![&other, &one]),
        ("month=2025-10", vec![]),
        ("purpose=financial", vec![&one]),
        ("all_domains=true", vec![&other]),
        ("all_domains=false", vec![&one]),
        ("authorised=true", vec![]),
        ("authorised=false&purpose=other", vec![&other]),
    ] {
        assert_eq!(numbers(query).await, expected.into_iter().cloned().collect::<Vec<_>>(), "{query}");
    }
    // Again: the earlier one is superseded.
    test.issued(uscc(1), &some).await;
    let listed = test.ask(&report::ISSUED, (&(), &all_issued()), &token).await.page.items;
    assert_eq!(listed.iter().map(|entry| entry.superseded_at.is_some()).collect::<Vec<_>>(), [false, false, true]);
    let answer = test.send(test.get("/issued-reports?purpose=fun").bearer_auth(&token)).await;
    assert_eq!((answer.status, answer.problem()), (422, "purpose-unknown"));
}

fn all_issued() -> report::IssuedQuery {
    report::IssuedQuery { cursor: None, month: None, purpose: None, authorised: None, all_domains: None }
}
