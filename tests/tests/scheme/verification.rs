//! Verification as its users meet it: programs one by one and by the hundred, people on a page (R13).

use serde_json::json;
use xinzheng_api::report::Report;
use xinzheng_api::verification::{self, BatchAnswer, LookupFailure, Verification};
use xinzheng_domain::ReportStatus;
use xinzheng_tests::{TestStack, penalties, penalty_row, register, uscc, with};

async fn issued(test: &TestStack, n: u32) -> Report {
    test.issued(uscc(n), &json!({ "purpose": "commercial" })).await.report
}

async fn page(test: &TestStack, path: &str) -> (u16, String) {
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let answer = test.get(path).header("accept", browser).send().await.unwrap();
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_checks_many_reports_at_once() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), register(2), penalties().row(&penalty_row(1, 1)).build()]).await;
    let (with_record, without) = (issued(&test, 1).await, issued(&test, 2).await);
    let codes = [with_record.code.to_string().to_lowercase(), without.code.to_string(), "AAAA".to_owned()];
    let digests = [without.file.sha256.to_string(), "0".repeat(64), "x".to_owned()];
    test.stack.calls.take();
    let answer = test.send(test.post("/verify", &json!({ "codes": codes, "sha256": digests }))).await;
    assert_eq!(answer.status, 200);
    let calls = test.stack.calls.take();
    assert_eq!((calls["BatchGetItem"], calls["Query"], calls["PutItem"], calls.len()), (2, 2, 3, 5), "{calls:?}");
    assert_eq!(calls["HeadObject"], 1, "a digest of no file may be that of a report's data");
    assert_eq!(calls["UpdateItem"], 1, "what there is nothing for is counted together");
    let results = answer.of(&verification::BATCH).results;
    let said = results.iter().map(|result| match result {
        BatchAnswer::Report(report) => (report.query.as_str(), Ok(report.verification.status)),
        BatchAnswer::None(failed) => (failed.query.as_str(), Err(failed.status)),
    });
    let said: Vec<(&str, Result<ReportStatus, LookupFailure>)> = said.collect();
    let (valid, unreadable) = (Ok(ReportStatus::Valid), Err(LookupFailure::Unreadable));
    let expected: Vec<_> = codes
        .iter()
        .chain(&digests)
        .map(String::as_str)
        .zip([valid, valid, unreadable, valid, Err(LookupFailure::Unknown), unreadable])
        .collect();
    assert_eq!(said, expected);
    let mut alone = test.send(test.get(&format!("/verify/{}", codes[0]))).await.of(&verification::BY_CODE);
    let BatchAnswer::Report(in_batch) = &results[0] else { panic!("no report: {results:?}") };
    let in_batch = &in_batch.verification;
    assert_ne!(in_batch.verified_at, alone.verified_at, "each says when");
    alone.verified_at = in_batch.verified_at;
    let written = |verification: &Verification| serde_json::to_value(verification).unwrap();
    assert_eq!(written(in_batch), written(&alone), "the same answer as one by one");
    for (questions, problem) in [
        (json!({}), "batch-size"),
        (json!({ "codes": vec!["A"; 101] }), "batch-size"),
        (json!({ "code": "A" }), "body-unreadable"),
        (json!([]), "body-not-object"),
        (json!([["A"], []]), "body-not-object"),
        (json!("A"), "body-not-object"),
    ] {
        assert_eq!(test.send(test.post("/verify", &questions)).await.problem(), problem);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_get_a_page_and_programs_get_data() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let report = issued(&test, 1).await;
    let (code, digest) = (report.code, report.file.sha256);
    let (status, form) = page(&test, "/verify").await;
    assert!(status == 200 && form.contains("核验码") && form.contains("文件不会上传"));
    for path in [format!("/verify/{code}"), format!("/verify?sha256={digest}"), format!("/verify?code={code}")] {
        let (status, text) = page(&test, &path).await;
        assert_eq!(status, 200, "{path}");
        for words in [
            "报告真实，内容至今未变",
            "报告所载：违法违规记录 1 条",
            report.number.as_str(),
            report.subject.as_str(),
            "食品",
            "晋虚市监罚〔2024〕1号",
            "2024-03-05",
            "1.25",
            "税务",
            "数据截至",
            "本次核验时间",
        ] {
            assert!(text.contains(words), "{words} is not on {path}");
        }
    }
    let (status, unknown) = page(&test, &format!("/verify?sha256={}", "0".repeat(64))).await;
    assert!(status == 404 && unknown.contains("没有出具过此文件"));
    let (status, mistyped) = page(&test, "/verify?code=%3Cscript%3E").await;
    assert!(status == 404 && mistyped.contains("核验码有误") && mistyped.contains("&lt;script&gt;"));
    assert!(!mistyped.contains("<script>"));
    for (accept, kind) in [("*/*", "application/json"), ("application/json", "application/json")] {
        let answer = test.send(test.get(&format!("/verify/{code}")).header("accept", accept)).await;
        assert!(answer.content_type.starts_with(kind), "{accept}: {}", answer.content_type);
    }
    for (file, kind) in [("site.css", "text/css"), ("verify.js", "text/javascript")] {
        let answer = test.send(test.get(&format!("/assets/{file}"))).await;
        assert!(answer.status == 200 && answer.content_type.starts_with(kind), "{file}");
    }
    assert_eq!(test.send(test.get("/assets/../Cargo.toml")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_name_is_only_text() {
    let test = TestStack::start().await;
    let name = "<script>alert(1)</script>有限公司";
    let row = with(&xinzheng_tests::register_row(1), &json!({ "名称": name }));
    test.take_in(&[xinzheng_tests::UploadBuilder::new("market-supervision", xinzheng_domain::TableId::Subject)
        .file("登记.csv")
        .row(&row)
        .build()])
        .await;
    let report = issued(&test, 1).await;
    assert_eq!(report.subject, name);
    let (_, text) = page(&test, &format!("/verify/{}", report.code)).await;
    assert!(text.contains("&lt;script&gt;alert(1)") && !text.contains("<script>alert"));
}
