//! Whether an issued report still holds: valid, superseded, affected, taken back (R13).

use serde_json::{Value, json};
use xinzheng_domain::TableId;
use xinzheng_tests::{
    TestStack, UploadBuilder, penalties, penalty_row, register, repair_row, uscc, with, withdrawal_row,
};

const MARKET: &str = "market-supervision";

async fn issued(test: &TestStack, request: &Value) -> Value {
    let period = json!({ "purpose": "other", "period": { "from": "2024-01-01", "to": "2025-01-01" } });
    let report = test.report(uscc(1), &with(&period, request)).await;
    assert_eq!(report.status, 201, "{report:?}");
    report.body
}

async fn verified(test: &TestStack, report: &Value) -> Value {
    test.send(test.get(&format!("/verify/{}", report["code"].as_str().unwrap()))).await.body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_record_affects_its_domain_and_no_other() {
    let mark = |table, row: &Value| UploadBuilder::new(MARKET, table).file("变更.csv").row(row).build();
    let again = |row: &Value| penalties().file("再报.csv").row(row).build();
    for (change, affected) in [
        (mark(TableId::Repair, &repair_row(1, 1)), json!(["食品"])),
        (mark(TableId::Withdrawal, &withdrawal_row(1, 1)), json!(["食品"])),
        (again(&with(&penalty_row(1, 1), &json!({ "处罚内容": "警告。" }))), json!(["食品"])),
        // Its date is corrected to a day outside the period.
        (again(&with(&penalty_row(1, 1), &json!({ "处罚决定日期": "2025-02-03" }))), json!(["食品"])),
        (again(&with(&penalty_row(1, 2), &json!({ "涉及领域": "药品", "违法事实": "更正" }))), json!(["药品"])),
        // The same row sent again changes nothing.
        (again(&penalty_row(1, 1)), json!([])),
        // A record of its scope that came later is told of, and does not affect what the report says.
        (again(&penalty_row(1, 3)), json!([])),
    ] {
        let later = change.bytes.windows(7).any(|bytes| bytes == "〕3号".as_bytes());
        let test = TestStack::start().await;
        let other = with(&penalty_row(1, 2), &json!({ "涉及领域": "药品" }));
        test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).row(&other).build()]).await;
        let report = issued(&test, &json!({})).await;
        assert_eq!(verified(&test, &report).await["status"], "valid");
        test.take_in(&[change]).await;
        let now = verified(&test, &report).await;
        if later {
            assert_eq!(now["status"], "supplemented", "{now:#}");
            let found = json!([{ "number": 18, "name": "食品", "since": "2025-11-03" }]);
            assert_eq!((&now["supplemented"]["domains"], now.get("affected")), (&found, None));
        } else if affected == json!([]) {
            assert_eq!((&now["status"], &now["statuses"]), (&json!("valid"), &json!(["valid"])), "{now:#}");
        } else {
            let names: Vec<&Value> =
                now["affected"]["domains"].as_array().unwrap().iter().map(|domain| &domain["name"]).collect();
            assert_eq!((now["status"].as_str(), json!(names)), (Some("affected"), affected), "{now:#}");
        }
        assert!(now["meaning"].as_str().is_some_and(|meaning| !meaning.is_empty()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_report_of_the_same_scope_supersedes() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), register(2)]).await;
    let first = issued(&test, &json!({})).await;
    let narrower = issued(&test, &json!({ "domains": ["税务"] })).await;
    let second = issued(&test, &json!({})).await;
    let third = issued(&test, &json!({})).await;
    let other = issued(&test, &json!({ "purpose": "financial" })).await;
    for (report, status) in
        [(&first, "superseded"), (&narrower, "valid"), (&second, "superseded"), (&third, "valid"), (&other, "valid")]
    {
        assert_eq!(verified(&test, report).await["status"], status);
    }
    assert_eq!(verified(&test, &first).await["superseded"]["at"], second["issued_at"], "by the next, not by the last");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_reports_issued_at_once_exactly_one_is_the_newest() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let nothing = json!({});
    let (a, b, c) = tokio::join!(issued(&test, &nothing), issued(&test, &nothing), issued(&test, &nothing));
    let mut valid = 0;
    for report in [&a, &b, &c] {
        valid += usize::from(verified(&test, report).await["status"] == "valid");
    }
    assert_eq!(valid, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_takes_a_report_back_with_a_reason() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let report = issued(&test, &json!({})).await;
    let path = format!("/reports/{}/withdrawal", report["number"].as_str().unwrap());
    let withdraw = async |token: String, reason: &str| {
        let request = test.post(&path, &json!({ "reason": reason })).header("if-match", "\"1\"");
        test.send(request.bearer_auth(token)).await
    };
    let subject = withdraw(test.subject_token(uscc(1)), "x").await;
    assert_eq!((subject.status, subject.problem()), (403, "role-not-allowed"));
    let silent = withdraw(test.operator_token(), " ").await;
    assert_eq!((silent.status, silent.problem()), (422, "reason-missing"));
    let taken = withdraw(test.operator_token(), "登记信息有误").await;
    assert_eq!((taken.status, &taken.body["withdrawal"]["reason"]), (200, &json!("登记信息有误")));
    let again = withdraw(test.operator_token(), "后来的说法").await;
    assert_eq!((again.status, again.problem()), (412, "version-outdated"), "the first stays");
    let now = verified(&test, &report).await;
    assert_eq!((&now["status"], &now["withdrawal"]["reason"]), (&json!("withdrawn"), &json!("登记信息有误")));
    let unknown = test.post("/reports/CZXY-20251103-AAAAAAAA/withdrawal", &json!({ "reason": "x" }));
    let unknown = test.send(unknown.bearer_auth(test.operator_token())).await;
    assert_eq!((unknown.status, unknown.problem()), (404, "report-unknown"));
}
