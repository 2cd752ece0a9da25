//! Whether an issued report still holds: valid, superseded, affected, taken back (R13).

use jiff::civil::{Date, date};
use serde_json::{Value, json};
use xinzheng_api::report::{self, Report};
use xinzheng_api::verification::Verification;
use xinzheng_domain::{ReportStatus, TableId};
use xinzheng_tests::{
    TestStack, UploadBuilder, penalties, penalty_row, register, repair_row, uscc, with, withdrawal_row,
};

const MARKET: &str = "market-supervision";

async fn issued(test: &TestStack, request: &Value) -> Report {
    let period = json!({ "purpose": "other", "period": { "from": "2024-01-01", "to": "2025-01-01" } });
    test.issued(uscc(1), &with(&period, request)).await.report
}

async fn verified(test: &TestStack, report: &Report) -> Verification {
    test.verified(report.code).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_record_affects_its_domain_and_no_other() {
    let mark = |table, row: &Value| UploadBuilder::new(MARKET, table).file("变更.csv").row(row).build();
    let again = |row: &Value| penalties().file("再报.csv").row(row).build();
    for (change, affected) in [
        (mark(TableId::Repair, &repair_row(1, 1)), vec!["食品"]),
        (mark(TableId::Withdrawal, &withdrawal_row(1, 1)), vec!["食品"]),
        (again(&with(&penalty_row(1, 1), &json!({ "处罚内容": "警告。" }))), vec!["食品"]),
        // Its date is corrected to a day outside the period.
        (again(&with(&penalty_row(1, 1), &json!({ "处罚决定日期": "2025-02-03" }))), vec!["食品"]),
        (again(&with(&penalty_row(1, 2), &json!({ "涉及领域": "药品", "违法事实": "更正" }))), vec!["药品"]),
        // The same row sent again changes nothing.
        (again(&penalty_row(1, 1)), vec![]),
        // A record of its scope that came later is told of, and does not affect what the report says.
        (again(&penalty_row(1, 3)), vec![]),
    ] {
        let later = change.bytes.windows(7).any(|bytes| bytes == "〕3号".as_bytes());
        let test = TestStack::start().await;
        let other = with(&penalty_row(1, 2), &json!({ "涉及领域": "药品" }));
        test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).row(&other).build()]).await;
        let report = issued(&test, &json!({})).await;
        assert_eq!(verified(&test, &report).await.status, ReportStatus::Valid);
        test.take_in(&[change]).await;
        let now = verified(&test, &report).await;
        if later {
            assert_eq!(now.status, ReportStatus::Supplemented, "{now:?}");
            let found = now.supplemented.unwrap().domains;
            let found: Vec<(u8, &str, Option<Date>)> =
                found.iter().map(|of| (of.domain.number.number(), of.domain.name.as_str(), of.since)).collect();
            assert_eq!(found, [(18, "食品", Some(date(2025, 11, 3)))]);
            assert!(now.affected.is_none());
        } else if affected.is_empty() {
            assert_eq!((now.status, now.statuses), (ReportStatus::Valid, vec![ReportStatus::Valid]));
        } else {
            assert_eq!(now.status, ReportStatus::Affected, "{now:?}");
            let names: Vec<String> = now.affected.unwrap().domains.into_iter().map(|domain| domain.name).collect();
            assert_eq!(names, affected);
        }
        assert!(!now.meaning.is_empty());
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
    let (superseded, valid) = (ReportStatus::Superseded, ReportStatus::Valid);
    for (report, status) in
        [(&first, superseded), (&narrower, valid), (&second, superseded), (&third, valid), (&other, valid)]
    {
        assert_eq!(verified(&test, report).await.status, status);
    }
    let by = verified(&test, &first).await.superseded.unwrap();
    assert_eq!(by.at, second.issued_at, "by the next, not by the last");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_reports_issued_at_once_exactly_one_is_the_newest() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let nothing = json!({});
    let (a, b, c) = tokio::join!(issued(&test, &nothing), issued(&test, &nothing), issued(&test, &nothing));
    let mut valid = 0;
    for report in [&a, &b, &c] {
        valid += usize::from(verified(&test, report).await.status == ReportStatus::Valid);
    }
    assert_eq!(valid, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_takes_a_report_back_with_a_reason() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let report = issued(&test, &json!({})).await;
    let path = format!("/reports/{}/withdrawal", report.number);
    let withdraw = async |token: String, reason: &str| {
        let request = test.post(&path, &json!({ "reason": reason })).header("if-match", "\"1\"");
        test.send(request.bearer_auth(token)).await
    };
    let subject = withdraw(test.subject_token(uscc(1)), "x").await;
    assert_eq!((subject.status, subject.problem()), (403, "role-not-allowed"));
    let silent = withdraw(test.operator_token(), " ").await;
    assert_eq!((silent.status, silent.problem()), (422, "reason-missing"));
    let taken = withdraw(test.operator_token(), "登记信息有误").await;
    assert_eq!((taken.status, taken.of(&report::WITHDRAW).withdrawal.reason.as_str()), (200, "登记信息有误"));
    let again = withdraw(test.operator_token(), "后来的说法").await;
    assert_eq!((again.status, again.problem()), (412, "version-outdated"), "the first stays");
    let now = verified(&test, &report).await;
    assert_eq!((now.status, now.withdrawal.unwrap().reason.as_str()), (ReportStatus::Withdrawn, "登记信息有误"));
    let unknown = test.post("/reports/CZXY-20251103-AAAAAAAA/withdrawal", &json!({ "reason": "x" }));
    let unknown = test.send(unknown.bearer_auth(test.operator_token())).await;
    assert_eq!((unknown.status, unknown.problem()), (404, "report-unknown"));
}
