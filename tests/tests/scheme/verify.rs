//! `GET /verify/{code}` and `GET /verify?sha256=`: anyone, by code or by the file itself (R13).

use serde_json::{Value, json};
use xinzheng_tests::{TestStack, penalties, penalty_row, register, uscc, with};

#[tokio::test(flavor = "multi_thread")]
async fn a_report_verifies_by_its_code_and_by_its_file() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let report = test.report(uscc(1), &json!({ "purpose": "financial" })).await;
    assert_eq!(report.status, 201, "{report:?}");
    let code = report.body["code"].as_str().unwrap();

    let by_code = test.send(test.get(&format!("/verify/{code}"))).await;
    assert_eq!(by_code.status, 200);
    assert_eq!(by_code.body["status"], "valid");
    assert_eq!(by_code.body["subject"]["name"], "长治市虚构1号商贸有限公司");
    assert_eq!(by_code.body["records"], 1);
    assert_eq!(by_code.body["number"], report.body["number"]);
    assert_eq!(by_code.body["domains"].as_array().unwrap().len(), 39);

    let typed = code.to_lowercase().replace('-', "").replace('0', "o").replace('1', "l");
    let typed = test.send(test.get(&format!("/verify/{typed}"))).await;
    let timeless = |answer: &Value| with(answer, &json!({ "verified_at": null }));
    let said = timeless(&by_code.body);
    assert_eq!(timeless(&typed.body), said, "case, hyphens and confusable characters do not matter");

    let digest = report.body["file"]["sha256"].as_str().unwrap();
    let by_file = test.send(test.get(&format!("/verify?sha256={digest}"))).await;
    assert_eq!(timeless(&by_file.body), said);
    let content = report.body["content"]["sha256"].as_str().unwrap();
    let by_content = test.send(test.get(&format!("/verify?sha256={content}"))).await;
    assert_eq!(timeless(&by_content.body), said, "the digest of the data verifies too");
    let pdf = test.download(&report.body).await;
    assert_eq!(sha256(&pdf), digest, "the digest is that of the file that people download");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_changed_byte_makes_the_file_unknown() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let report = test.report(uscc(1), &json!({ "purpose": "other" })).await;
    let mut pdf = test.download(&report.body).await;
    let middle = pdf.len() / 2;
    pdf[middle] ^= 1;
    let answer = test.send(test.get(&format!("/verify?sha256={}", sha256(&pdf)))).await;
    assert_eq!((answer.status, answer.problem()), (404, "file-unknown"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_verified_says_why() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let report = test.report(uscc(1), &json!({ "purpose": "other" })).await;
    let code = report.body["code"].as_str().unwrap();
    let other_end = if code.ends_with('0') { '1' } else { '0' };
    let mistyped = format!("{}{other_end}", &code[..code.len() - 1]);
    for (path, status, problem) in [
        (format!("/verify/{mistyped}"), 404, "code-mistyped"),
        ("/verify/123".to_owned(), 404, "code-mistyped"),
        // All zeros has a right check character and was never issued.
        (format!("/verify/{}", "0".repeat(21)), 404, "code-unknown"),
        (format!("/verify?sha256={}", "0".repeat(64)), 404, "file-unknown"),
        ("/verify?sha256=123".to_owned(), 400, "digest-unreadable"),
        ("/verify".to_owned(), 400, "digest-missing"),
    ] {
        let answer = test.send(test.get(&path)).await;
        assert_eq!((answer.status, answer.problem()), (status, problem), "{path}");
        assert_eq!(answer.content_type, "application/problem+json; charset=utf-8");
        assert!(!answer.body["hint"].as_str().unwrap().is_empty(), "{path}");
    }
}

fn sha256(bytes: &[u8]) -> String {
    xinzheng_domain::report::ContentDigest::of(bytes).to_string()
}
