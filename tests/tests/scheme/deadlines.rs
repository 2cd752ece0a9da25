//! Deadlines: what is due soon is reminded of, what is late is escalated, each once (R15).

use serde_json::{Value, json};
use xinzheng_tests::{Answer, TestStack, penalties, penalty_row, register, uscc, with};

const MARKET: &str = "market-supervision";

async fn object_to(test: &TestStack, record: &str) -> Value {
    let body = json!({ "record": record, "contested": "record", "reasons": "并无此事。" });
    let sent = test.send(test.post("/objections", &body).bearer_auth(test.subject_token(uscc(1)))).await;
    assert_eq!(sent.status, 201, "{sent:?}");
    sent.body
}

async fn escalations(test: &TestStack) -> Answer {
    test.send(test.get("/escalations").bearer_auth(test.operator_token())).await
}

/// What the schedule tells when it runs.
async fn morning(test: &TestStack) -> Vec<(String, Value)> {
    test.events().await;
    test.stack.run_schedules().await.unwrap();
    test.events().await.into_iter().map(|(kind, detail)| (kind, detail["objection"].clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_objection_is_reminded_of_escalated_and_answered_late() {
    let test = TestStack::start().await;
    let other = with(&penalty_row(1, 2), &json!({ "涉及领域": "药品" }));
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).row(&other).build()]).await;
    let records = test.record_ids().await;
    // Monday 2025-11-03; due on Monday the 10th.
    let (answered, late) = (object_to(&test, &records[0]).await, object_to(&test, &records[1]).await);
    assert_eq!(morning(&test).await, [], "nothing is due yet");
    test.pass_days(4);
    let due_soon = morning(&test).await;
    assert_eq!(due_soon.len(), 2, "Friday: due by the next working day");
    assert!(due_soon.iter().all(|(kind, _)| kind == "objection.due-soon"), "{due_soon:?}");
    assert_eq!(morning(&test).await, [], "reminded of once");
    assert_eq!(escalations(&test).await.body["objections"], json!([]));

    let step = async |objection: &Value, version: u64| {
        let path = format!("/objections/{}/decision", objection["id"].as_str().unwrap());
        let body = json!({ "outcome": "rejected", "reason": "经核实，与决定书一致。" });
        let request = test.post(&path, &body).header("if-match", format!("\"{version}\""));
        test.send(request.bearer_auth(test.unit_token(MARKET))).await
    };
    assert_eq!(step(&answered, 1).await.status, 200, "in time");
    test.pass_days(4);
    let overdue = morning(&test).await;
    assert_eq!(overdue, [("objection.overdue".to_owned(), late["id"].clone())], "Tuesday: a day late");
    assert_eq!(morning(&test).await, [], "escalated once");
    let listed = escalations(&test).await.body;
    assert_eq!(listed["objections"].as_array().unwrap().len(), 1);
    let escalated = &listed["objections"][0];
    assert_eq!((&escalated["id"], &escalated["days_late"]), (&late["id"], &json!(1)));
    assert!(escalated["escalated_at"].is_string());

    // The clerk's copy is older than the escalation.
    assert_eq!(step(&late, 1).await.problem(), "version-outdated");
    assert_eq!(step(&late, 2).await.status, 200);
    assert_eq!(escalations(&test).await.body["objections"], json!([]), "answered at last");
}
