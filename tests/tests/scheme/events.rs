//! What others hear: events of the table's stream, and the copy of the audit that nobody can change.

use serde_json::{Value, json};
use xinzheng_domain::TableId;
use xinzheng_tests::{TestStack, UploadBuilder, penalties, penalty_row, register, repair_row, uscc, with};

async fn events_of(test: &TestStack) -> Vec<(String, Value)> {
    test.events().await
}

fn kinds(events: &[(String, Value)]) -> Vec<&str> {
    events.iter().map(|(kind, _)| kind.as_str()).collect()
}

/// Their kinds in the order of the alphabet: events of different items come in any order.
fn sorted(events: &[(String, Value)]) -> Vec<&str> {
    let mut kinds = kinds(events);
    kinds.sort_unstable();
    kinds
}

/// The lines of the copied audit.
async fn copied(test: &TestStack) -> Vec<Value> {
    let (s3, bucket) = (&test.stack.services.s3, test.stack.resource("AuditBucket"));
    let list = s3.list_objects_v2().bucket(&bucket).send().await.unwrap();
    let mut lines = vec![];
    for key in list.contents().iter().filter_map(|object| object.key()) {
        assert!(key.starts_with("audit/2025-11-03/"), "{key}");
        let object = s3.get_object().bucket(&bucket).key(key).send().await.unwrap();
        let bytes = object.body.collect().await.unwrap().to_vec();
        lines.extend(String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()));
    }
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_told_and_the_audit_is_copied() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let events = events_of(&test).await;
    assert_eq!(sorted(&events), ["upload.completed", "upload.completed", "upload.received", "upload.received"]);
    assert!(events.iter().any(|(_, detail)| {
        (&detail["unit"], &detail["table"]) == (&json!("market-supervision"), &json!("penalty"))
    }));

    let report = test.issued(uscc(1), &json!({ "purpose": "financial" })).await.report;
    let objection = json!({
        "record": test.record_ids().await[0], "contested": "record", "reasons": "并无此事。",
    });
    let objection = test.post("/objections", &objection).bearer_auth(test.subject_token(uscc(1)));
    assert_eq!(test.send(objection).await.status, 201);
    let events = events_of(&test).await;
    assert_eq!(kinds(&events), ["report.issued", "objection.submitted"]);
    let detail = &events[1].1;
    assert_eq!((&detail["unit"], &detail["due"]), (&json!("market-supervision"), &json!("2025-11-10")));
    assert_eq!(detail["id"].as_str().unwrap().len(), 64, "for telling a repetition");
    let everything = format!("{events:?}");
    assert!(!everything.contains(&uscc(1).to_string()), "an event names no subject: {everything}");

    // A change that a report rests on affects it, and that is told once.
    let repair = UploadBuilder::new("market-supervision", TableId::Repair).row(&repair_row(1, 1));
    test.take_in(&[repair.file("修复.csv").build()]).await;
    let events = events_of(&test).await;
    assert_eq!(sorted(&events), ["report.affected", "upload.completed", "upload.received"]);
    let affected = &events.iter().find(|(kind, _)| kind == "report.affected").unwrap().1;
    assert_eq!((&affected["report"], &affected["domains"]), (&json!(report.number), &json!([18])));
    let correction = with(&penalty_row(1, 1), &json!({ "处罚内容": "警告。" }));
    test.take_in(&[penalties().file("更正.csv").row(&correction).build()]).await;
    assert_eq!(sorted(&events_of(&test).await), ["upload.completed", "upload.received"], "told once");

    let lines = copied(&test).await;
    let mut actions: Vec<&str> = lines.iter().map(|line| line["action"].as_str().unwrap()).collect();
    actions.sort_unstable();
    let received = ["upload.received"; 4];
    assert_eq!(actions, [&["objection.submitted", "report.affected", "report.issued"][..], &received].concat());
    let of_subject = lines.iter().filter(|line| line["action"] != "upload.received");
    assert!(of_subject.into_iter().all(|line| line["of"] == json!(uscc(1)) && line["result"] == "done"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_file_is_told() {
    let test = TestStack::start().await;
    let key = "uploads/market-supervision/penalty/2025-11-03/坏.csv";
    let refused = xinzheng::main_job::UploadFile { key: key.to_owned(), bytes: b"x,y\n1,2\n".to_vec() };
    test.take_in(&[refused]).await;
    let events = events_of(&test).await;
    assert_eq!(sorted(&events), ["upload.received", "upload.refused"]);
    let received = &events.iter().find(|(kind, _)| kind == "upload.received").unwrap().1;
    assert_eq!((&received["accepted"], &received["refusal"]), (&json!(0), &json!("header-not-found")));
}
