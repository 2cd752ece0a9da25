//! Deadlines: what is due soon is reminded of, what is late is escalated, each once (R15).

use jiff::civil::{Date, date};
use serde_json::{Value, json};
use xinzheng_api::objection::{self, EscalatedObjection};
use xinzheng_api::{calendar, feedback};
use xinzheng_domain::case::objection::ObjectionId;
use xinzheng_tests::{TestStack, penalties, penalty_row, register, uscc, with};

const MARKET: &str = "market-supervision";

/// Objects to a record; the objection's id.
async fn object_to(test: &TestStack, record: &str) -> ObjectionId {
    let body = json!({ "record": record, "contested": "record", "reasons": "并无此事。" });
    let sent = test.send(test.post("/objections", &body).bearer_auth(test.subject_token(uscc(1)))).await;
    assert_eq!(sent.status, 201, "{sent:?}");
    sent.of(&objection::SUBMIT).objection.id
}

async fn escalations(test: &TestStack) -> Vec<EscalatedObjection> {
    test.send(test.get("/escalations").bearer_auth(test.operator_token())).await.of(&objection::ESCALATIONS).items
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
    assert_eq!(escalations(&test).await, []);

    let step = async |id: &ObjectionId, version: u64| {
        let path = format!("/objections/{id}/decision");
        let body = json!({ "outcome": "rejected", "reason": "经核实，与决定书一致。" });
        let request = test.post(&path, &body).header("if-match", format!("\"{version}\""));
        test.send(request.bearer_auth(test.unit_token(MARKET))).await
    };
    assert_eq!(step(&answered, 1).await.status, 200, "in time");
    test.pass_days(4);
    let overdue = morning(&test).await;
    assert_eq!(overdue, [("objection.overdue".to_owned(), json!(late))], "Tuesday: a day late");
    assert_eq!(morning(&test).await, [], "escalated once");
    let told = test.stack.take_metrics();
    assert!(told.iter().any(|line| line.contains("\"OverdueObjections\":1")), "for the alarm: {told:?}");
    let told = told.iter().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let days: Vec<u64> = told.filter_map(|told| told["CalendarDaysLeft"].as_u64()).collect();
    assert!(!days.is_empty() && days.iter().all(|days| *days > 31), "for the alarm: {days:?}");
    let listed = escalations(&test).await;
    assert_eq!(listed.len(), 1);
    let escalated = &listed[0].case.objection;
    assert_eq!((&escalated.id, listed[0].days_late), (&late, 1));
    assert!(escalated.escalated_at.is_some());

    // The clerk's copy is older than the escalation.
    assert_eq!(step(&late, 1).await.problem(), "version-outdated");
    assert_eq!(step(&late, 2).await.status, 200);
    assert_eq!(escalations(&test).await, [], "answered at last");
}

#[tokio::test(flavor = "multi_thread")]
async fn next_years_calendar_is_data() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let record = test.record_ids().await.remove(0);
    // Thursday 2026-12-31: five working days reach into a year that is not known yet.
    test.pass_days(423);
    let body = json!({ "record": record, "contested": "record", "reasons": "并无此事。" });
    let object = async || test.send(test.post("/objections", &body).bearer_auth(test.subject_token(uscc(1)))).await;
    // The service goes on: weekends and the holidays of every year are off, and it is said that this is provisional.
    let provisional = object().await;
    assert_eq!(provisional.status, 201, "{provisional:?}");
    let provisional = provisional.of(&objection::SUBMIT).objection;
    assert_eq!((provisional.due, provisional.provisional), (date(2027, 1, 8), true));
    let calendar = async || test.send(test.get("/config/calendar")).await.of(&calendar::READ);
    let known = calendar().await;
    assert_eq!(known.known_until, Some(date(2026, 12, 31)));
    assert!(known.warning.is_some());

    let put = async |year: &str, version: u32, days: Value| {
        let url = format!("{}/config/calendar/{year}", test.stack.address);
        let request = test.request("PUT", &url).json(&days).header("if-match", format!("\"{version}\""));
        test.send(request.bearer_auth(test.operator_token())).await
    };
    let days = json!({ "weekdays_off": ["2027-01-01"], "weekends_worked": ["2027-01-03"] });
    for (year, days, expected) in [
        ("2027", json!({ "weekdays_off": ["2027-01-02"], "weekends_worked": [] }), (422, "calendar-invalid")),
        ("2028", days.clone(), (422, "calendar-invalid")),
        ("1999", days.clone(), (404, "year-unknown")),
        ("2027", json!({ "weekdays_off": [] }), (400, "body-unreadable")),
    ] {
        let refused = put(year, 0, days).await;
        assert_eq!((refused.status, refused.problem()), expected, "{year}");
    }
    assert_eq!(put("2027", 0, days.clone()).await.status, 200);
    assert_eq!(put("2027", 0, days.clone()).await.problem(), "version-outdated");
    assert!(test.events().await.iter().any(|(kind, _)| kind == "calendar.put"));
    test.pass_seconds(300);
    test.stack.run_schedules().await.unwrap();
    let id = provisional.id;
    let recounted = test.send(test.get(&format!("/objections/{id}")).bearer_auth(test.operator_token())).await;
    assert_eq!(recounted.body.get("provisional"), None);
    let recounted = recounted.of(&objection::READ).objection;
    // Friday is off, Sunday is worked.
    assert_eq!((recounted.due, recounted.provisional), (date(2027, 1, 7), false), "counted again");
    assert_eq!(recounted.version, 2);
    let listed = test.send(test.get("/objections").bearer_auth(test.unit_token("market-supervision"))).await;
    let dues: Vec<Date> = listed.of(&objection::LIST).items.iter().map(|listed| listed.objection.due).collect();
    assert_eq!(dues, [date(2027, 1, 7)], "once, under its new day");
    let retract = test.post(&format!("/objections/{id}/retraction"), &json!({})).header("if-match", "\"2\"");
    assert_eq!(test.send(retract.bearer_auth(test.subject_token(uscc(1)))).await.status, 200);
    // A calendar is kept for some minutes.
    test.pass_seconds(300);
    let objection = object().await;
    // Friday is off, Sunday is worked.
    assert_eq!(objection.status, 201, "{objection:?}");
    assert_eq!(objection.of(&objection::SUBMIT).objection.due, date(2027, 1, 7));
    assert_eq!(calendar().await.known_until, Some(date(2027, 12, 31)));
}

#[tokio::test(flavor = "multi_thread")]
async fn feedback_is_reminded_of_and_escalated_once() {
    let test = TestStack::start().await;
    let send = async |text: &str| {
        test.send(test.post("/feedback", &json!({ "kind": "enquiry", "text": text }))).await.of(&feedback::SEND).code
    };
    let kinds = async || {
        let events = test.events().await;
        assert!(events.iter().all(|(kind, _)| kind.starts_with("feedback.")), "{events:?}");
        test.stack.run_schedules().await.unwrap();
        test.events().await.into_iter().map(|(kind, _)| kind).collect::<Vec<_>>()
    };
    // Monday 2025-11-03; due on Monday the 10th.
    let first = send("如何开具？").await;
    assert_eq!(kinds().await, Vec::<String>::new());
    test.pass_days(4);
    send("何时开通？").await;
    assert_eq!(kinds().await, ["feedback.due-soon"], "of the first alone");
    assert_eq!(kinds().await, Vec::<String>::new(), "once");
    test.pass_days(4);
    assert_eq!(kinds().await, ["feedback.overdue"]);
    assert_eq!(kinds().await, Vec::<String>::new(), "once");
    let told = test.stack.take_metrics().join("\n");
    assert!(told.contains("\"OverdueFeedback\":1"), "{told}");
    let answer = test.post(&format!("/feedback/{first}/answer"), &json!({ "text": "登录后申请。" }));
    let answer = answer.header("if-match", "\"1\"").bearer_auth(test.operator_token());
    assert_eq!(test.send(answer).await.status, 200);
    kinds().await;
    let told = test.stack.take_metrics().join("\n");
    assert!(told.contains("\"OverdueFeedback\":0"), "{told}");
}
