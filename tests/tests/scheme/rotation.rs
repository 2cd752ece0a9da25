//! Secrets change while the functions run: what is taken up, when, and what holds meanwhile.

use std::fs;

use serde_json::{Value, json};
use xinzheng::{Options, Stack};
use xinzheng_api::access_log::{self, AuditEntry};
use xinzheng_api::publication::KeySet;
use xinzheng_api::report;
use xinzheng_domain::ReportNumber;
use xinzheng_tests::{TestStack, client_builder, penalties, penalty_row, public_log, register, ticking_clock, uscc};
use xinzheng_tlog::{Fact, KeyPurpose};

use crate::browser::Browser;

/// Longer than any request is carried out with secrets of before.
const OVER_TEN_MINUTES: i64 = 601;

async fn stack() -> TestStack {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    test
}

/// Adds a secret, by which things are made from now on.
fn added(keys: &str) -> String {
    let mut keys: Value = serde_json::from_str(keys).unwrap();
    keys["next"] = "0123456789abcdef0123456789abcdef".into();
    keys["active"] = "next".into();
    keys.to_string()
}

async fn published(test: &TestStack) -> KeySet {
    test.get("/.well-known/jwks.json").send().await.unwrap().json().await.unwrap()
}

/// Has the platform make a report again: whether its code is of a key that is known.
async fn code_is_known(test: &TestStack, number: &ReportNumber) -> bool {
    let path = format!("/reports/{number}/replay");
    let answer = test.send(test.post(&path, &json!({})).bearer_auth(test.operator_token())).await;
    answer.of(&report::REPLAY).proofs.code
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_signs_reports_without_a_restart() {
    let test = stack().await;
    let before = published(&test).await.keys;
    let issued_before = test.issued(uscc(1), &json!({ "purpose": "other" })).await;
    test.stack.rotate_signing_key().unwrap();
    assert_eq!(published(&test).await.keys, before, "what was read a moment ago is used");

    test.pass_seconds(OVER_TEN_MINUTES);
    let after = published(&test).await.keys;
    assert_ne!(after[0].kid, before[0].kid, "another key signs");
    assert!(after.iter().any(|key| key.kid == before[0].kid && key.retired_at.is_some()), "{after:?}");
    let issued_after = test.issued(uscc(1), &json!({ "purpose": "other" })).await;
    for issued in [issued_before, issued_after] {
        assert_eq!(test.verified(issued.report.code).await.number, issued.report.number);
    }
    // The public log is told of it with the next run of the schedule, at the latest.
    test.stack.run_schedules().await.unwrap();
    test.stack.idle(|_| {}).await;
    let facts = public_log::entries(&test.stack).await;
    let facts = facts.iter().map(|entry| Fact::read(entry.as_bytes()).unwrap());
    let told = facts.filter(|fact| {
        matches!(fact, Fact::KeyAnnounced { purpose: KeyPurpose::ReportSignature, key, .. } if *key == after[0].kid)
    });
    assert_eq!(told.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_read_again_beside_the_requests() {
    let test = stack().await;
    let before = published(&test).await.keys;
    test.stack.change_secret("ANSWER_KEYS_SECRET", added).unwrap();
    test.pass_seconds(301);
    // Nobody waits for it: after some requests it is there.
    while published(&test).await.keys == before {
        tokio::task::yield_now().await;
    }
    let after = published(&test).await.keys;
    assert_eq!(after.len(), before.len() + 1);
    assert!(before.iter().all(|key| after.contains(key)), "answers of before can be checked");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_of_the_key_before_are_verified_after_it_was_replaced() {
    let test = stack().await;
    let before = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    test.stack.change_secret("CODE_KEYS_SECRET", added).unwrap();
    test.pass_seconds(OVER_TEN_MINUTES);
    let after = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    for report in [&before, &after] {
        assert_eq!(test.verified(report.code).await.number, report.number);
        assert!(code_is_known(&test, &report.number).await, "{}", report.number);
    }
    // A key that is taken away takes the proof of its codes with it, not their verification.
    let without = |keys: &str| {
        let mut keys: Value = serde_json::from_str(keys).unwrap();
        keys.as_object_mut().unwrap().retain(|id, _| id == "active" || id == "next");
        keys.to_string()
    };
    test.stack.change_secret("CODE_KEYS_SECRET", without).unwrap();
    test.pass_seconds(OVER_TEN_MINUTES);
    assert!(code_is_known(&test, &after.number).await);
    assert!(!code_is_known(&test, &before.number).await);
    assert_eq!(test.verified(before.code).await.number, before.number);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_another_address_key_places_have_other_marks() {
    let test = stack().await;
    let mark = async || {
        test.issued(uscc(1), &json!({ "purpose": "other" })).await;
        let answer = test.send(test.get("/access-log").bearer_auth(test.subject_token(uscc(1)))).await;
        let entries: Vec<AuditEntry> = answer.of(&access_log::READ).page.items;
        entries.into_iter().find_map(|entry| entry.address).unwrap()
    };
    let before = mark().await;
    assert_eq!(mark().await, before, "the same for the same place");
    test.stack.change_secret("ADDRESS_KEY_SECRET", |_| "f".repeat(64)).unwrap();
    test.pass_seconds(OVER_TEN_MINUTES);
    assert_ne!(mark().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_another_session_key_everyone_signs_in_again() {
    let test = stack().await;
    let code = uscc(1).to_string();
    let browser = Browser::sign_in(&test, ("code", &code)).await;
    assert_eq!(browser.get("/portal/my").await.status, 200);
    test.stack.change_secret("PORTAL_KEY_SECRET", |_| "f".repeat(64)).unwrap();
    test.pass_seconds(OVER_TEN_MINUTES);
    assert_eq!(browser.get("/portal/my").await.status, 303, "it is led to signing in");
    let again = Browser::sign_in(&test, ("code", &code)).await;
    assert_eq!(again.get("/portal/my").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_another_log_key_the_log_stands_still_until_its_own_is_back() {
    let test = stack().await;
    test.stack.idle(|_| {}).await;
    let mut own = String::new();
    let exchange = |secret: &str| {
        own = secret.to_owned();
        "f".repeat(64)
    };
    test.stack.change_secret("LOG_KEY_SECRET", exchange).unwrap();
    test.pass_seconds(OVER_TEN_MINUTES);
    // Reports are issued meanwhile, and logged when the key is back.
    let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    assert!(test.stack.run_schedules().await.is_err(), "nothing is added");
    let told = test.stack.take_metrics();
    assert!(told.iter().any(|line| line.contains("\"LogFailures\":1")), "{told:?}");
    test.stack.change_secret("LOG_KEY_SECRET", |_| own.clone()).unwrap();
    test.pass_seconds(OVER_TEN_MINUTES);
    test.stack.run_schedules().await.unwrap();
    let proof = test.get(&format!("/verify/{}/proof", report.code)).send().await.unwrap();
    assert_eq!(proof.status().as_u16(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_function_refuses_leaves_it_with_what_it_had() {
    let test = stack().await;
    let before = published(&test).await.keys;
    let other = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let with_another_key = |configuration: &str| {
        let mut configuration: Value = serde_json::from_str(configuration).unwrap();
        configuration["private_key"] = other.clone().into();
        configuration.to_string()
    };
    test.stack.change_secret("SIGNING_SECRET", with_another_key).unwrap();
    test.stack.take_metrics();
    test.pass_seconds(OVER_TEN_MINUTES);
    test.issued(uscc(1), &json!({ "purpose": "other" })).await;
    assert_eq!(published(&test).await.keys, before);
    let told = test.stack.take_metrics();
    assert!(told.iter().any(|line| line.contains("\"SecretsUnread\":1")), "{told:?}");
    // When it is mended, it is taken up.
    test.stack.rotate_signing_key().unwrap();
    test.pass_seconds(OVER_TEN_MINUTES);
    assert_ne!(published(&test).await.keys[0].kid, before[0].kid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_starts_with_a_seal_that_is_not_fit_issues_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let options = |port| Options { clock: ticking_clock(), port, ..Options::new(folder.path()) };
    let stack = Stack::start(options(0)).await.unwrap();
    // At another address keys would be certified anew.
    let port = stack.address.rsplit(':').next().unwrap().parse().unwrap();
    assert!(stack.end(std::time::Duration::from_secs(10)).await);
    let file = folder.path().join("secrets.json");
    let mut secrets: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let mut with_another_key: Value = serde_json::from_str(secrets["SIGNING_SECRET"].as_str().unwrap()).unwrap();
    with_another_key["private_key"] = rcgen::KeyPair::generate().unwrap().serialize_pem().into();
    for (configuration, published) in [(with_another_key.to_string(), 200), ("{}".to_owned(), 503)] {
        secrets["SIGNING_SECRET"] = configuration.into();
        fs::write(&file, secrets.to_string()).unwrap();
        let stack = Stack::start(options(port)).await.unwrap();
        let token = stack
            .issuer
            .token(json!({ "role": "subject", "subject": uscc(1) }).as_object().unwrap(), jiff::Timestamp::now());
        let client = client_builder().build().unwrap();
        let asked = client.post(format!("{}/reports", stack.address)).json(&json!({ "purpose": "other" }));
        let answer = asked.bearer_auth(token.unwrap()).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (503, "60"));
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["type"].as_str().unwrap().rsplit('/').next(), Some("seal-unusable"));
        let keys = client.get(format!("{}/.well-known/jwks.json", stack.address)).send().await.unwrap();
        assert_eq!(keys.status().as_u16(), published);
        assert!(stack.end(std::time::Duration::from_secs(10)).await);
    }
}
