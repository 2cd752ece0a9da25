//! The answers that callers rely on, word for word. What is drawn at random or follows from it is redacted.
//! After a change that is meant, `INSTA_UPDATE=always cargo test -p xinzheng-tests answers` writes them anew.

use insta::{Settings, assert_json_snapshot};
use serde_json::json;
use xinzheng_api::report;
use xinzheng_tests::{TestStack, penalties, penalty_row, register, uscc, with};

fn redacted() -> Settings {
    let mut settings = Settings::clone_current();
    for (name, shown) in [
        ("code", "[code]"),
        ("sha256", "[sha256]"),
        ("content_sha256", "[sha256]"),
        ("url", "[url]"),
        ("verification_url", "[url]"),
        ("bytes", "[bytes]"),
        // The tests' clock goes on with each look at it, and files are taken in side by side.
        ("stored_at", "[time]"),
        ("processed_at", "[time]"),
        ("issued_at", "[time]"),
        ("data_as_of", "[time]"),
        ("verified_at", "[time]"),
        ("at", "[time]"),
        ("index", "[index]"),
        ("size", "[size]"),
    ] {
        settings.add_redaction(&format!(".**.{name}"), shown);
    }
    settings.add_redaction(".number", "[number]");
    settings.set_sort_maps(true);
    settings
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_and_its_verification() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let request = json!({ "purpose": "financial", "domains": ["食品", "税务"], "period": { "from": "2024-01-01", "to": "2025-01-01" } });
    let report = test.report(uscc(1), &request).await;
    let code = report.of(&report::ISSUE).opened.report.code;
    // Seconds later it is in the public log.
    test.stack.idle(|_| {}).await;
    let verification = test.send(test.get(&format!("/verify/{code}"))).await;
    let _redacted = redacted().bind_to_scope();
    assert_json_snapshot!("report", report.body);
    assert_json_snapshot!("verification", verification.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt() {
    let test = TestStack::start().await;
    let faulty =
        with(&penalty_row(1, 2), &json!({ "统一社会信用代码": "91140403MA0T00011X", "处罚决定日期": "2024-02-30" }));
    let upload = penalties().row(&penalty_row(1, 1)).row(&faulty);
    test.take_in(&[register(1), upload.build()]).await;
    let receipt = test.receipt(&upload.key()).await;
    let _redacted = redacted().bind_to_scope();
    assert_json_snapshot!("receipt", receipt);
}

#[tokio::test(flavor = "multi_thread")]
async fn problems() {
    let test = TestStack::start().await;
    let mistyped = test.send(test.get("/verify/123")).await;
    let unknown = test.report(uscc(3), &json!({ "purpose": "other" })).await;
    let _redacted = redacted().bind_to_scope();
    assert_json_snapshot!("mistyped-code", mistyped.body);
    assert_json_snapshot!("unknown-subject", unknown.body);
}
