//! Samples for whoever writes a program: they answer like reports, and nobody takes them for one.

use jsonwebtoken::decode_header;
use serde_json::{Value, json};
use xinzheng_api::verification::{self, BatchAnswer, Verification};
use xinzheng_domain::ReportStatus;
use xinzheng_domain::report::sample::{SUBJECT_NAME, Sample};
use xinzheng_tests::{TestStack, penalties, penalty_row, register, uscc};

async fn typ(test: &TestStack, request: reqwest::RequestBuilder) -> String {
    let signed = request.header("accept", "application/jwt").send().await.unwrap();
    assert_eq!(signed.status().as_u16(), 200, "{}", test.stack.address);
    decode_header(signed.text().await.unwrap()).unwrap().typ.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_answers_with_its_status_and_says_what_it_is() {
    let test = TestStack::start().await;
    test.stack.calls.take();
    for status in ReportStatus::ALL {
        let code = Sample::code(status);
        let path = format!("/verify/{code}");
        let said = test.send(test.get(&path)).await;
        assert_eq!(said.body["sample"], true);
        let said: Verification = said.of(&verification::BY_CODE);
        assert_eq!((said.status, &*said.statuses, said.code), (status, &[status][..], code));
        assert!(said.title.starts_with("【样例，没有这份报告】") && said.meaning.starts_with("【样例，没有这份报告】"));
        assert!(said.number.is_sample() && said.subject.name == SUBJECT_NAME && said.log.is_none());
        assert_eq!(said.changed, usize::from(status == ReportStatus::Affected));
        assert_eq!(said.affected.is_some(), status == ReportStatus::Affected);
        assert_eq!(said.supplemented.is_some(), status == ReportStatus::Supplemented);
        assert_eq!(said.superseded.is_some(), status == ReportStatus::Superseded);
        assert_eq!(said.withdrawal.is_some(), status == ReportStatus::Withdrawn);
        // Typed as the word is written.
        let typed = code.to_string().replace("EXAMP1E", "example");
        let by_query = test.send(test.get(&format!("/verify?code={typed}"))).await.of(&verification::BY_FILE);
        assert!(by_query.sample && by_query.status == status);
        assert_eq!(
            test.request("HEAD", &format!("{}{path}", test.stack.address)).send().await.unwrap().status().as_u16(),
            200
        );
        assert_eq!(typ(&test, test.get(&path)).await, "xinzheng-sample+jwt");
        let page = test.get(&path).header("accept", "text/html").send().await.unwrap().text().await.unwrap();
        for words in
            ["这是样例，没有这份报告", "报告是伪造的", "核验结果（样例）", "【样例】", SUBJECT_NAME, status.title()]
        {
            assert!(page.contains(words), "{words} is not on the page of {code}");
        }
        assert!(!page.contains("/document\"") && !page.contains("/content\""));
        for file in ["document", "content", "proof"] {
            let answer = test.send(test.get(&format!("{path}/{file}"))).await;
            assert_eq!((answer.status, answer.problem()), (404, "sample-has-no-file"), "{file}");
        }
    }
    assert!(test.stack.calls.take().is_empty(), "nothing of a sample is read or written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_tells_samples_from_reports() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    let sample = Sample::code(ReportStatus::Withdrawn);
    let kept_free = "EXAMP1E-0000006-000000G";
    let asked = json!({ "codes": [sample, report.code, kept_free, sample] });
    test.stack.calls.take();
    let answer = test.send(test.post("/verify", &asked)).await.of(&verification::BATCH);
    let calls = test.stack.calls.take();
    assert_eq!(
        (calls["BatchGetItem"], calls["Query"], calls["PutItem"], calls.len()),
        (1, 1, 1, 3),
        "the report alone: {calls:?}"
    );
    let said: Vec<Value> = answer
        .results
        .iter()
        .map(|result| match result {
            BatchAnswer::Report(report) => json!([report.verification.sample, report.verification.status]),
            BatchAnswer::None(failed) => json!(failed.problem.code()),
        })
        .collect();
    let unreadable = json!("code-mistyped");
    let expected = [json!([true, "withdrawn"]), json!([false, "valid"]), said[2].clone(), json!([true, "withdrawn"])];
    assert_eq!(said, expected);
    assert!(said[2] == "code-unknown" || said[2] == unreadable);
    assert!(
        test.send(test.get(&format!("/verify/{}", report.code))).await.body.get("sample").is_none(),
        "of a report nothing is said"
    );
    assert_eq!(typ(&test, test.post("/verify", &json!({ "codes": [report.code] }))).await, "xinzheng-verification+jwt");
    assert_eq!(
        typ(&test, test.post("/verify", &asked)).await,
        "xinzheng-sample+jwt",
        "with a sample in it, all of it is one"
    );
}
