//! Objections end to end: submitted, verified, decided, applied, shown in reports and verifications (R15).

use jiff::civil::date;
use serde_json::{Value, json};
use xinzheng_api::report::Report;
use xinzheng_api::{objection, record};
use xinzheng_domain::case::objection::{Contested, ObjectionId, ObjectionState};
use xinzheng_domain::{RecordId, ReportStatus, TableId, UnitCode};
use xinzheng_tests::{
    Answer, TestStack, UploadBuilder, client_builder, penalties, penalty, penalty_row, register, repair_row, uscc, with,
};

const MARKET: &str = "market-supervision";

/// A stack with two records of subject 1, and the ids of its records by document.
async fn stack() -> (TestStack, Report) {
    let test = TestStack::start().await;
    let other = with(&penalty_row(1, 2), &json!({ "涉及领域": "药品" }));
    test.take_in(&[register(1), register(2), penalties().row(&penalty_row(1, 1)).row(&other).build()]).await;
    let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    (test, report)
}

async fn submit(test: &TestStack, n: u32, record: &RecordId) -> Answer {
    let body = json!({ "record": record, "contested": "record", "reasons": "罚款金额与决定书不一致。" });
    test.send(test.post("/objections", &body).bearer_auth(test.subject_token(uscc(n)))).await
}

/// Submits one that is taken; its id.
async fn submitted(test: &TestStack, record: &RecordId) -> ObjectionId {
    submit(test, 1, record).await.of(&objection::SUBMIT).objection.id
}

async fn step(test: &TestStack, token: String, id: &ObjectionId, what: &str, version: u64, body: &Value) -> Answer {
    let request = test
        .post(&format!("/objections/{id}/{what}"), body)
        .bearer_auth(token)
        .header("if-match", format!("\"{version}\""));
    test.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upheld_objection_corrects_the_record_and_affects_the_report() {
    let (test, report) = stack().await;
    let record = test.record_id(&report, "〕1号").await;
    let submitted = submit(&test, 1, &record).await;
    assert_eq!(submitted.status, 201, "{submitted:?}");
    let objection = submitted.of(&objection::SUBMIT).objection;
    // 2025-11-03 is a Monday.
    assert_eq!(
        (objection.due, Some(objection.unit), objection.state),
        (date(2025, 11, 10), UnitCode::parse(MARKET), ObjectionState::Submitted)
    );
    // While it is open: the record is marked in new reports, and issued ones still hold.
    assert_eq!(test.verified(report.code).await.status, ReportStatus::Valid);
    let marked = test.issued(uscc(1), &json!({ "purpose": "commercial", "domains": ["食品"] })).await.report;
    assert_eq!(test.content(&marked.number).await.records[0].objected, Some(date(2025, 11, 3)));
    let again = submit(&test, 1, &record).await;
    assert_eq!((again.status, again.problem()), (409, "objection-open"));

    let unit = || test.unit_token(MARKET);
    let list = async || test.send(test.get("/objections").bearer_auth(unit())).await.of(&objection::LIST).items;
    assert_eq!(list().await[0].objection.id, objection.id);
    assert_eq!(step(&test, unit(), &objection.id, "acceptance", 1, &json!({})).await.status, 200);
    let correction = json!({ "outcome": "upheld", "reason": "经核实，决定书载明罚款500元。", "correction": { "details": { "fine": "0.05" } } });
    let upheld = step(&test, unit(), &objection.id, "decision", 2, &correction).await;
    assert_eq!(upheld.status, 200, "{upheld:?}");
    assert_eq!(upheld.of(&objection::DECIDE).objection.state, ObjectionState::Upheld);
    let now = test.verified(report.code).await;
    assert_eq!((now.status, now.affected.unwrap().domains[0].name.as_str()), (ReportStatus::Affected, "食品"));
    let corrected = test.issued(uscc(1), &json!({ "purpose": "commercial", "domains": ["食品"] })).await.report;
    let content = test.content(&corrected.number).await;
    assert_eq!(penalty(&content.records[0]).fine, "0.05".parse().ok());
    assert_eq!(content.records[0].objected, None, "the mark is gone");
    assert_eq!(list().await, [], "nothing is left to do");
    let history = test.send(test.get(&format!("/records/{record}/history")).bearer_auth(unit())).await;
    let steps = history.of(&record::HISTORY).page.items;
    assert_eq!(steps.len(), 2, "the correction is in the record's history");
    let own = test.send(test.get("/objections").bearer_auth(test.subject_token(uscc(1)))).await.of(&objection::LIST);
    let conclusion = own.items[0].objection.conclusion.as_ref().unwrap();
    assert_eq!(conclusion.reason, "经核实，决定书载明罚款500元。");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upheld_objection_withdraws_the_record() {
    let (test, report) = stack().await;
    let record = test.record_id(&report, "〕2号").await;
    let objection = submitted(&test, &record).await;
    let decision = json!({ "outcome": "upheld", "reason": "处罚已被复议机关撤销。", "withdrawal": {
        "authority": "长治市市场监督管理局", "document": "晋虚市监撤〔2025〕9号", "date": "2025-11-03", "cause": "行政复议撤销",
    } });
    let upheld = step(&test, test.unit_token(MARKET), &objection, "decision", 1, &decision).await;
    assert_eq!(upheld.status, 200, "{upheld:?}");
    assert_eq!(test.verified(report.code).await.affected.unwrap().domains[0].name, "药品");
    let next = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    assert_eq!(test.content(&next.number).await.records.len(), 1, "it is absent");
    let late = submit(&test, 1, &record).await;
    assert_eq!((late.status, late.problem()), (409, "record-withdrawn"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_or_retracted_objection_changes_nothing() {
    let (test, report) = stack().await;
    let record = test.record_id(&report, "〕1号").await;
    let first = submitted(&test, &record).await;
    let rejected = json!({ "outcome": "rejected", "reason": "经核实，与决定书一致。" });
    let decided = step(&test, test.unit_token(MARKET), &first, "decision", 1, &rejected).await.of(&objection::DECIDE);
    assert_eq!(decided.objection.state, ObjectionState::Rejected);
    let second = submit(&test, 1, &record).await;
    assert_eq!(second.status, 201, "one may object again");
    let second = second.of(&objection::SUBMIT).objection.id;
    let taken_back = step(&test, test.subject_token(uscc(1)), &second, "retraction", 1, &json!({})).await;
    assert_eq!(taken_back.of(&objection::RETRACT).objection.state, ObjectionState::Withdrawn);
    assert_eq!(test.verified(report.code).await.status, ReportStatus::Valid);
}

#[tokio::test(flavor = "multi_thread")]
async fn moves_that_are_not_allowed_say_why() {
    let (test, report) = stack().await;
    let record = test.record_id(&report, "〕1号").await;
    let objection = submitted(&test, &record).await;
    let unit = || test.unit_token(MARKET);
    let fit = json!({ "outcome": "rejected", "reason": "与决定书一致。" });
    let withdrawal = json!({ "authority": "x", "document": "晋虚〔2025〕1号", "date": "2025-11-03", "cause": "x" });
    for (token, what, version, body, expected) in [
        (test.unit_token("tax"), "decision", 1, fit.clone(), (404, "objection-unknown")),
        (test.subject_token(uscc(2)), "retraction", 1, json!({}), (404, "objection-unknown")),
        (test.subject_token(uscc(1)), "decision", 1, fit.clone(), (403, "role-not-allowed")),
        (test.operator_token(), "decision", 1, fit.clone(), (403, "role-not-allowed")),
        (unit(), "decision", 2, fit.clone(), (412, "version-outdated")),
        (unit(), "decision", 1, json!({ "outcome": "rejected", "reason": " " }), (422, "reason-missing")),
        (unit(), "decision", 1, json!({ "outcome": "upheld", "reason": "成立" }), (422, "remedy-unfit")),
        (unit(), "decision", 1, with(&fit, &json!({ "withdrawal": withdrawal })), (422, "remedy-unfit")),
        (
            unit(),
            "decision",
            1,
            json!({ "outcome": "upheld", "reason": "x", "correction": { "id": "0".repeat(32) } }),
            (422, "correction-unfit"),
        ),
        (
            unit(),
            "decision",
            1,
            json!({ "outcome": "upheld", "reason": "x", "correction": { "decided": "昨天" } }),
            (422, "correction-unfit"),
        ),
        (
            unit(),
            "decision",
            1,
            json!({ "outcome": "upheld", "reason": "x", "correction": {} }),
            (422, "correction-unfit"),
        ),
        (unit(), "decision", 1, json!({ "outcome": "perhaps", "reason": "x" }), (400, "body-unreadable")),
    ] {
        let answer = step(&test, token, &objection, what, version, &body).await;
        assert_eq!((answer.status, answer.problem()), expected, "{what} {body}");
    }
    let path = format!("/objections/{objection}/decision");
    let unguarded = test.send(test.post(&path, &fit).bearer_auth(unit())).await;
    assert_eq!((unguarded.status, unguarded.problem()), (428, "version-missing"));
    assert_eq!(step(&test, unit(), &objection, "decision", 1, &fit).await.status, 200);
    let closed = step(&test, unit(), &objection, "acceptance", 2, &json!({})).await;
    assert_eq!((closed.status, closed.problem()), (409, "objection-state"));

    for (body, expected) in [
        (json!({ "record": "0".repeat(32), "contested": "record", "reasons": "x" }), (404, "record-unknown")),
        (json!({ "record": record, "contested": "record", "reasons": " " }), (422, "reason-missing")),
        (json!({ "record": record, "contested": "repair", "reasons": "x" }), (422, "record-not-repaired")),
        (
            json!({ "record": record, "contested": "record", "reasons": "x", "report": "CZXY-20251103-AAAAAAAA" }),
            (404, "report-unknown"),
        ),
    ] {
        let answer = test.send(test.post("/objections", &body).bearer_auth(test.subject_token(uscc(1)))).await;
        assert_eq!((answer.status, answer.problem()), expected, "{body}");
    }
    assert_eq!(submit(&test, 2, &record).await.problem(), "record-unknown", "another subject's record");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_clerks_at_once_one_wins() {
    let (test, report) = stack().await;
    let objection = submitted(&test, &test.record_id(&report, "〕1号").await).await;
    let decide = |reason: &'static str| {
        let body = json!({ "outcome": "rejected", "reason": reason });
        let (test, objection) = (&test, &objection);
        async move { step(test, test.unit_token(MARKET), objection, "decision", 1, &body).await }
    };
    let (a, b, c) = tokio::join!(decide("甲"), decide("乙"), decide("丙"));
    let mut statuses = [a.status, b.status, c.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_result_of_a_repair_can_be_contested() {
    let (test, report) = stack().await;
    test.take_in(&[UploadBuilder::new(MARKET, TableId::Repair).file("修复.csv").row(&repair_row(1, 1)).build()]).await;
    let record = test.record_id(&report, "〕1号").await;
    let body = json!({ "record": record, "contested": "repair", "reasons": "修复日期有误。", "report": report.number });
    let submitted = test.send(test.post("/objections", &body).bearer_auth(test.subject_token(uscc(1)))).await;
    assert_eq!(submitted.status, 201, "{submitted:?}");
    assert_eq!(submitted.of(&objection::SUBMIT).objection.contested, Contested::Repair);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_work_list_goes_on_page_by_page_in_the_order_of_due_days() {
    let test = TestStack::start().await;
    let rows = (1..=30).fold(penalties(), |rows, n| rows.row(&penalty_row(1, n)));
    test.take_in(&[register(1), rows.build()]).await;
    let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    let content = test.content(&report.number).await;
    for standing in &content.records {
        assert_eq!(submit(&test, 1, &standing.record.id).await.status, 201);
    }
    let mut seen = vec![];
    let mut path = "/objections".to_owned();
    loop {
        let page = test.send(test.get(&path).bearer_auth(test.unit_token(MARKET))).await.of(&objection::LIST);
        seen.extend(page.items.into_iter().map(|case| (case.objection.due, case.objection.id)));
        let Some(next) = page.next else { break };
        path = format!("/objections?cursor={}", next.as_str());
    }
    assert!(seen.len() == 30 && seen.is_sorted(), "{}", seen.len());
    let broken = test.send(test.get("/objections?cursor=x").bearer_auth(test.unit_token(MARKET))).await;
    assert_eq!((broken.status, broken.problem()), (422, "cursor-unreadable"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_objection_carries_its_proof() {
    let (test, report) = stack().await;
    let record = test.record_id(&report, "〕1号").await;
    let object = async |subject: u32, attachments: &[&String]| {
        let body =
            json!({ "record": record, "contested": "record", "reasons": "见附件。", "attachments": attachments });
        test.send(test.post("/objections", &body).bearer_auth(test.subject_token(uscc(subject)))).await
    };
    let (pdf, png) = (b"%PDF-1.7 made up".as_slice(), b"\x89PNG\r\n\x1a\n made up".as_slice());
    for (name, bytes, expected) in
        [("a.exe", pdf, "attachment-name"), ("a/b.pdf", pdf, "attachment-name"), ("a.pdf", b"", "attachment-size")]
    {
        assert_eq!(test.attach(uscc(1), name, bytes, false).await, Err(expected.to_owned()));
    }
    let decision = test.attach(uscc(1), "决定书.pdf", pdf, true).await.unwrap();
    let photo = test.attach(uscc(1), "照片.png", png, true).await.unwrap();
    let disguised = test.attach(uscc(1), "网页.pdf", b"<script>alert(1)</script>", true).await.unwrap();
    let never_sent = test.attach(uscc(1), "未传.pdf", pdf, false).await.unwrap();
    let none = "FJ-00000000000000000000000000".to_owned();
    for (attachments, expected) in [
        (vec![&disguised], (422, "attachment-content")),
        (vec![&never_sent], (422, "attachment-missing")),
        (vec![&decision, &decision], (422, "attachments-too-many")),
        (vec![&decision, &photo, &none, &none, &none, &none], (422, "attachments-too-many")),
        (vec![&none], (404, "attachment-unknown")),
    ] {
        let refused = object(1, &attachments).await;
        assert_eq!((refused.status, refused.problem()), expected, "{attachments:?}");
    }
    let submitted = object(1, &[&decision, &photo]).await;
    assert_eq!(submitted.status, 201, "{submitted:?}");
    let submitted = submitted.of(&objection::SUBMIT).objection;
    assert_eq!(submitted.attachments[0].name, "决定书.pdf");

    // Whoever may see the objection may see its proof, as a download from the object store.
    let path = format!("/objections/{}/attachments/{photo}", submitted.id);
    let reader = client_builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for (token, status) in [
        (test.subject_token(uscc(1)), 303),
        (test.unit_token(MARKET), 303),
        (test.operator_token(), 303),
        (test.subject_token(uscc(2)), 404),
        (test.unit_token("tax"), 404),
    ] {
        let url = format!("{}{path}", test.stack.address);
        let answer = reader.get(url).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), status);
        if status == 303 {
            let location = answer.headers()["location"].to_str().unwrap();
            let file = reader.get(location).send().await.unwrap();
            assert!(file.headers()["content-disposition"].to_str().unwrap().starts_with("attachment;"));
            assert_eq!(file.bytes().await.unwrap(), png);
        }
    }
    let other = test.record_id(&report, "〕2号").await;
    let body = json!({ "record": other, "contested": "record", "reasons": "见附件。", "attachments": [photo] });
    let again = test.send(test.post("/objections", &body).bearer_auth(test.subject_token(uscc(1)))).await;
    assert_eq!((again.status, again.problem()), (404, "attachment-unknown"), "it belongs to its case");
}
