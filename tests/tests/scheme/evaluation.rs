//! Evaluation: counted from the locked copy of the audit, exactly once, and provable (R18).

use std::io::Cursor;

use aws_sdk_s3::primitives::ByteStream;
use calamine::{Data, Reader, Xlsx};
use jiff::civil::date;
use serde_json::json;
use xinzheng_api::evaluation::{self, EvaluatedMonth, MeasuredDetail};
use xinzheng_api::objection;
use xinzheng_domain::evaluation::{Count, Measure};
use xinzheng_domain::{DomainId, Purpose, TableId};
use xinzheng_tests::{Answer, TestStack, penalties, penalty_row, register, uscc, with};

async fn totals(test: &TestStack, query: &str) -> Vec<(Measure, u64)> {
    let path = format!("/evaluation?from=2025-11{query}");
    let answer = test.send(test.get(&path).bearer_auth(test.operator_token())).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let totals = answer.of(&evaluation::READ).months.remove(0).totals.into_iter();
    totals.map(|total| (total.measure, total.count)).filter(|(_, count)| *count > 0).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_is_counted_once_and_can_be_counted_again() {
    let test = TestStack::start().await;
    let recent = with(&penalty_row(1, 1), &json!({ "处罚决定日期": "2025-10-30" }));
    let faulty = with(&penalty_row(1, 2), &json!({ "处罚决定日期": "2099-01-01" }));
    test.take_in(&[register(1), penalties().row(&recent).row(&faulty).build()]).await;
    let report = test.issued(uscc(1), &json!({ "purpose": "financial", "domains": ["食品", "税务"] })).await.report;
    test.report(uscc(1), &json!({ "purpose": "other" })).await;
    test.verified(report.code).await;
    test.send(test.get(&format!("/verify?sha256={}", "0".repeat(64)))).await;
    let objection = json!({ "record": test.record_ids().await[0], "contested": "record", "reasons": "并无此事。" });
    let token = test.subject_token(uscc(1));
    let objection = test.send(test.post("/objections", &objection).bearer_auth(token)).await.of(&objection::SUBMIT);
    let decision = json!({ "outcome": "rejected", "reason": "与决定书一致。" });
    let path = format!("/objections/{}/decision", objection.objection.id);
    let decide = test.post(&path, &decision).header("if-match", "\"1\"");
    test.send(decide.bearer_auth(test.unit_token("market-supervision"))).await;
    test.send(test.post("/feedback", &json!({ "kind": "enquiry", "text": "如何开具？" }))).await;
    test.stack.idle(|_| {}).await;
    assert_eq!(totals(&test, "").await, [], "nothing is counted before the schedule runs");
    test.stack.run_schedules().await.unwrap();

    let expected = [
        (Measure::Reports, 2),
        (Measure::CertificatesReplaced, 2),
        (Measure::ReportsOfAllDomains, 1),
        (Measure::Verifications, 1),
        (Measure::FailedVerifications, 1),
        (Measure::Uploads, 2),
        (Measure::AcceptedRows, 2),
        (Measure::Rejections, 1),
        (Measure::Objections, 1),
        (Measure::AnsweredObjections, 1),
        (Measure::ObjectionsInTime, 1),
        (Measure::Feedback, 1),
    ];
    assert_eq!(totals(&test, "").await, expected);
    test.stack.run_schedules().await.unwrap();
    assert_eq!(totals(&test, "").await, expected, "counted again, it is the same");
    let of_unit = [
        (Measure::Uploads, 2),
        (Measure::AcceptedRows, 2),
        (Measure::Rejections, 1),
        (Measure::Objections, 1),
        (Measure::AnsweredObjections, 1),
        (Measure::ObjectionsInTime, 1),
    ];
    assert_eq!(totals(&test, "&unit=market-supervision").await, of_unit);
    assert_eq!(totals(&test, "&unit=tax").await, []);

    let told = test.send(test.get("/evaluation?from=2025-10&to=2025-11").bearer_auth(test.operator_token())).await;
    let told = told.of(&evaluation::READ);
    let change =
        |month: &EvaluatedMonth| month.totals.iter().find(|total| total.measure == Measure::Reports).unwrap().change;
    assert_eq!((change(&told.months[0]), change(&told.months[1])), (None, Some(2)));
    let details = |measure: Measure| {
        let details = told.months[1].details.iter().filter(|detail| detail.measure == measure);
        details.collect::<Vec<&MeasuredDetail>>()
    };
    let reasons = details(Measure::Rejections);
    let reasons: Vec<_> = reasons.iter().map(|detail| (detail.reason.as_deref(), detail.count)).collect();
    assert_eq!(reasons, [(Some("date-in-future"), 1)]);
    let tables = details(Measure::AcceptedRows);
    assert!(tables.iter().any(|detail| (detail.table, detail.count) == (Some(TableId::Penalty), 1)), "{tables:?}");
    let certificates = details(Measure::CertificatesReplaced);
    let food = certificates.iter().filter(|detail| detail.domain_name.as_deref() == Some("食品"));
    assert_eq!(
        food.map(|detail| detail.count).sum::<u64>(),
        1,
        "chosen on purpose once; in the report over all domains it was not"
    );
    let best = &told.units[0];
    assert_eq!((best.unit.to_string().as_str(), best.records, best.in_time), ("market-supervision", 1, Some(1.0)));

    // Entries that were copied twice count once.
    let (s3, bucket) = (&test.stack.services.s3, test.stack.resource("AuditBucket"));
    let list = s3.list_objects_v2().bucket(&bucket).send().await.unwrap();
    let key = list.contents()[0].key().unwrap();
    let copy = s3.get_object().bucket(&bucket).key(key).send().await.unwrap().body.collect().await.unwrap();
    let twice = s3.put_object().bucket(&bucket).key(format!("{key}.again"));
    twice.body(ByteStream::from(copy.into_bytes())).send().await.unwrap();
    let recount = async || {
        let body = json!({ "from": "2025-11-01", "to": "2025-11-05" });
        test.send(test.post("/evaluation/recount", &body).bearer_auth(test.operator_token())).await
    };
    let differences = |recounted: &Answer| recounted.of(&evaluation::RECOUNT).differences;
    assert_eq!(recount().await.body, json!({ "days": 5, "differences": [] }));

    // A number that was tampered with is found, and mended.
    let (db, table) = (&test.stack.services.dynamodb, test.stack.resource("RegistryTable"));
    let text = |value: &str| aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned());
    let tampered = json!({ "day": "2025-11-03", "counted_at": "2025-11-03T02:00:00Z", "counts": [] }).to_string();
    let put = db.put_item().table_name(&table).item("pk", text("EVALUATION")).item("sk", text("DAY#2025-11-03"));
    put.item("body", text(&tampered)).send().await.unwrap();
    let found = recount().await;
    assert!(differences(&found).len() >= 7, "{found:?}");
    assert_eq!(totals(&test, "").await, expected);
    assert_eq!(differences(&recount().await).len(), 0);

    let path = "/evaluation?from=2025-10&to=2025-11&format=xlsx";
    let workbook = test.get(path).bearer_auth(test.operator_token()).send().await.unwrap().bytes().await.unwrap();
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(workbook.to_vec())).unwrap();
    let sheet = workbook.worksheet_range("评估").unwrap();
    assert_eq!(sheet.get((0, 2)), Some(&Data::String("2025-11".to_owned())));
    assert_eq!(
        (sheet.get((1, 0)), sheet.get((1, 2))),
        (Some(&Data::String("出具报告".to_owned())), Some(&Data::Float(2.0)))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn older_entries_are_counted_with_their_purpose() {
    let test = TestStack::start().await;
    // Entries had a purpose by its title; another version may have actions of its own.
    let entry = |number: u8, action: &str, purpose: &str| {
        let event = json!({ "report": "x", "domains": 1, "covers": [18], "records": 0 });
        json!({
            "of": uscc(1), "at": format!("2025-11-02T02:00:0{number}.000000Z"), "action": action, "object": "x",
            "role": "subject", "actor": "subject", "purpose": purpose, "result": "done", "event": event,
        })
        .to_string()
    };
    let lines = [
        entry(1, "report.issued", "金融"),
        entry(2, "report.issued", "financial"),
        entry(3, "report.eaten", "financial"),
    ];
    let (s3, bucket) = (&test.stack.services.s3, test.stack.resource("AuditBucket"));
    let put = s3.put_object().bucket(&bucket).key("audit/2025-11-02/older.jsonl");
    put.body(ByteStream::from(lines.join("\n").into_bytes())).send().await.unwrap();
    let body = json!({ "from": "2025-11-02", "to": "2025-11-02" });
    let recount = test.post("/evaluation/recount", &body).bearer_auth(test.operator_token());
    let found = test.send(recount).await.of(&evaluation::RECOUNT).differences.into_iter();
    let found: Vec<_> = found.map(|differs| (differs.day, differs.of, differs.kept, differs.counted)).collect();
    let day = date(2025, 11, 2);
    let of = |measure| Count { purpose: Some(Purpose::Financial), ..Count::of(measure) };
    let food = Count { domain: DomainId::from_name("食品"), ..of(Measure::CertificatesReplaced) };
    assert_eq!(found, [(day, of(Measure::Reports), 0, 2), (day, food, 0, 2)]);
}
