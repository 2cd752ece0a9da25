//! Repair applied for by the subject and decided by the unit (R5).

use jiff::civil::date;
use serde_json::{Value, json};
use xinzheng_api::report::Report;
use xinzheng_api::{record, repair};
use xinzheng_domain::case::repair_application::{RepairApplicationId, RepairState};
use xinzheng_domain::record::publicity::Severity;
use xinzheng_domain::{RecordId, ReportStatus, UnitCode};
use xinzheng_tests::{Answer, TestStack, penalties, penalty_row, register, uscc, with};

const MARKET: &str = "market-supervision";

/// A stack with a record of long ago, one in a domain with a longer publicity, and their report.
async fn stack() -> (TestStack, Report) {
    let test = TestStack::start().await;
    let recent = with(&penalty_row(1, 2), &json!({ "处罚决定日期": "2025-03-05" }));
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).row(&recent).build()]).await;
    let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    (test, report)
}

async fn apply(test: &TestStack, record: &RecordId) -> Answer {
    let body = json!({ "record": record, "proof": "已缴清罚款，附缴款凭证编号虚构123。" });
    test.send(test.post("/repairs", &body).bearer_auth(test.subject_token(uscc(1)))).await
}

/// The id of an application that was taken.
fn id(applied: &Answer) -> RepairApplicationId {
    applied.of(&repair::APPLY).application.id
}

async fn step(test: &TestStack, token: String, id: &RepairApplicationId, what: &str, body: &Value) -> Answer {
    test.send(test.post(&format!("/repairs/{id}/{what}"), body).bearer_auth(token).header("if-match", "\"1\"")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_granted_repair_marks_the_record_and_affects_the_report() {
    let (test, report) = stack().await;
    let record = test.record_id(&report, "〕1号").await;
    let applied = apply(&test, &record).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    let application = applied.of(&repair::APPLY).application;
    assert_eq!(Some(application.unit), UnitCode::parse(MARKET));
    assert_eq!(apply(&test, &record).await.problem(), "repair-open");
    let waiting =
        async || test.send(test.get("/repairs").bearer_auth(test.unit_token(MARKET))).await.of(&repair::LIST).items;
    assert_eq!(waiting().await[0].application.id, application.id);
    let decision = json!({ "outcome": "granted", "reason": "已履行义务，符合修复条件。", "repair": {
        "document": "晋虚市监修〔2025〕8号", "date": "2025-11-03",
    } });
    let granted = step(&test, test.unit_token(MARKET), &application.id, "decision", &decision).await;
    assert_eq!(granted.status, 200, "{granted:?}");
    assert_eq!(granted.of(&repair::DECIDE).application.state, RepairState::Granted);
    assert_eq!(test.verified(report.code).await.status, ReportStatus::Affected);
    let next = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    let content = test.content(&next.number).await;
    let repaired = content.records.iter().find(|standing| standing.record.id == record).unwrap();
    assert_eq!(repaired.repair.as_ref().unwrap().document.as_str(), "晋虚市监修〔2025〕8号");
    assert_eq!(apply(&test, &record).await.problem(), "record-repaired");
    assert_eq!(waiting().await, []);
    assert!(test.events().await.iter().any(|(kind, _)| kind == "repair.granted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_not_repaired_before_it_was_public_long_enough() {
    let (test, report) = stack().await;
    // 食品: twelve months from 2025-03-05.
    let early = apply(&test, &test.record_id(&report, "〕2号").await).await;
    assert_eq!((early.status, early.problem()), (409, "publicity-too-short"));
    assert!(early.refusal().title().contains("2026-03-05"), "{early:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_or_retracted_application_leaves_the_record_as_it_was() {
    let (test, report) = stack().await;
    let record = test.record_id(&report, "〕1号").await;
    let first = id(&apply(&test, &record).await);
    for (token, body, expected) in [
        (test.unit_token("tax"), json!({ "outcome": "refused", "reason": "x" }), (404, "repair-unknown")),
        (test.unit_token(MARKET), json!({ "outcome": "granted", "reason": "x" }), (422, "repair-unfit")),
        (test.unit_token(MARKET), json!({ "outcome": "refused", "reason": " " }), (422, "text-missing")),
        (
            test.unit_token(MARKET),
            json!({ "outcome": "granted", "reason": "x", "repair": { "document": "晋虚〔2025〕1号", "date": "2030-01-01" } }),
            (422, "repair-date"),
        ),
    ] {
        let answer = step(&test, token, &first, "decision", &body).await;
        assert_eq!((answer.status, answer.problem()), expected, "{body}");
    }
    let refused = json!({ "outcome": "refused", "reason": "罚款尚未缴清。" });
    let decided = step(&test, test.unit_token(MARKET), &first, "decision", &refused).await.of(&repair::DECIDE);
    assert_eq!(decided.application.state, RepairState::Refused);
    let second = apply(&test, &record).await;
    assert_eq!(second.status, 201, "one may apply again");
    let back = step(&test, test.subject_token(uscc(1)), &id(&second), "retraction", &json!({})).await;
    assert_eq!(back.of(&repair::RETRACT).application.state, RepairState::Withdrawn);
    assert_eq!(test.verified(report.code).await.status, ReportStatus::Valid);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_carries_its_proof() {
    let (test, report) = stack().await;
    let record = test.record_id(&report, "〕1号").await;
    let receipt = test.attach(uscc(1), "缴款凭证.pdf", b"%PDF-1.7 made up", true).await.unwrap();
    let body = json!({ "record": record, "proof": "已缴清罚款，见附件。", "attachments": [receipt] });
    let applied = test.send(test.post("/repairs", &body).bearer_auth(test.subject_token(uscc(1)))).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    let application = applied.of(&repair::APPLY).application;
    assert_eq!(application.attachments[0].name, "缴款凭证.pdf");
    let path = format!("/repairs/{}/attachments/{receipt}", application.id);
    let file = test.get(&path).bearer_auth(test.unit_token(MARKET)).send().await.unwrap();
    assert_eq!(file.bytes().await.unwrap(), b"%PDF-1.7 made up".as_slice(), "followed to the object store");
    let stranger = test.send(test.get(&path).bearer_auth(test.subject_token(uscc(2)))).await;
    assert_eq!((stranger.status, stranger.problem()), (404, "repair-unknown"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_granted_and_taken_back_can_be_applied_for_again() {
    let (test, report) = stack().await;
    let record = test.record_id(&report, "〕1号").await;
    let decision = json!({ "outcome": "granted", "reason": "符合修复条件。", "repair": {
        "document": "晋虚市监修〔2025〕8号", "date": "2025-11-03",
    } });
    let applied = apply(&test, &record).await;
    let granted = step(&test, test.unit_token(MARKET), &id(&applied), "decision", &decision).await;
    assert_eq!(granted.status, 200, "{granted:?}");
    let body = json!({ "mark": "repair", "cause": "材料不实" });
    let cancelled = test.post(&format!("/records/{record}/cancellation"), &body);
    assert_eq!(test.send(cancelled.bearer_auth(test.unit_token(MARKET))).await.status, 200);
    let again = apply(&test, &record).await;
    assert_eq!(again.status, 201, "{again:?}");
    let granted = step(&test, test.unit_token(MARKET), &id(&again), "decision", &decision).await;
    assert_eq!(granted.status, 200, "{granted:?}");
    assert_eq!(apply(&test, &record).await.problem(), "record-repaired");
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_new_order_on_an_application_carries_a_commitment() {
    let (test, report) = stack().await;
    let record = test.record_id(&report, "〕1号").await;
    // 2026-04-02.
    test.pass_days(150);
    let without = apply(&test, &record).await;
    assert_eq!((without.status, without.problem()), (422, "commitment-missing"), "{without:?}");
    for commitment in ["  ", "字".repeat(2001).as_str()] {
        let body = json!({ "record": record, "proof": "已缴清罚款。", "commitment": commitment });
        let refused = test.send(test.post("/repairs", &body).bearer_auth(test.subject_token(uscc(1)))).await;
        assert_eq!(refused.status, 422, "{refused:?}");
    }
    let commitment = "承诺已经纠正，今后守法经营。";
    let body = json!({ "record": record, "proof": "已缴清罚款。", "commitment": commitment });
    let applied = test.send(test.post("/repairs", &body).bearer_auth(test.subject_token(uscc(1)))).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    assert_eq!(applied.of(&repair::APPLY).application.commitment.as_deref(), Some(commitment));
    let waiting = test.send(test.get("/repairs").bearer_auth(test.unit_token(MARKET))).await.of(&repair::LIST);
    assert_eq!(waiting.items[0].application.commitment.as_deref(), Some(commitment));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_sets_how_grave_a_record_is_where_the_order_lets_it() {
    let (test, report) = stack().await;
    // 食品 counts as serious, which its unit may set to general; 2026-04-02.
    let record = test.record_id(&report, "〕2号").await;
    test.pass_days(150);
    let listed = async || {
        let listed = test.send(test.get("/records").bearer_auth(test.subject_token(uscc(1)))).await.of(&record::OWN);
        listed.records.into_iter().find(|listed| listed.id == record).unwrap()
    };
    let set = async |unit: &str, severity: &str, cause: &str| {
        let body = json!({ "severity": severity, "cause": cause });
        let path = format!("/records/{record}/severity");
        test.send(test.post(&path, &body).bearer_auth(test.unit_token(unit))).await
    };
    let before = listed().await;
    assert_eq!((before.severity, before.published_until), (Severity::Serious, Some(date(2028, 3, 5))));
    let fixed = set(MARKET, "minor", "情节轻微").await;
    assert_eq!((fixed.status, fixed.problem()), (409, "severity-fixed"), "{fixed:?}");
    assert_eq!(set("tax", "general", "不是本单位的").await.problem(), "record-unknown");
    assert_eq!(set(MARKET, "general", " ").await.problem(), "reason-missing");
    let done = set(MARKET, "general", "未造成危害").await;
    assert_eq!((done.status, done.of(&record::CLASSIFY).severity_title.as_str()), (200, "一般失信"), "{done:?}");
    assert!(test.events().await.iter().any(|(kind, _)| kind == "severity.set"));
    let after = listed().await;
    assert_eq!((after.severity, after.published_until), (Severity::General, Some(date(2026, 3, 5))));
    assert!(after.marks.contains("公示期已满"), "{after:?}");
    // The report itself stays as it was: how long a record is public is no change of the record.
    let verified = test.verified(report.code).await;
    assert_eq!(verified.status, ReportStatus::Valid, "{verified:?}");
    let log = test.send(test.get("/access-log").bearer_auth(test.subject_token(uscc(1)))).await.body;
    assert!(log.to_string().contains("severity.set") && log.to_string().contains("未造成危害"), "{log:#}");
}
