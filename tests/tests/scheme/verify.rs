//! `GET /verify/{code}` and `GET /verify?sha256=`: anyone, by code or by the file itself (R13).

use std::net::IpAddr;

use serde_json::{Value, json};
use xinzheng_api::report::Report;
use xinzheng_api::verification::{AskedFile, BatchAnswer};
use xinzheng_api::{access_log, verification};
use xinzheng_domain::audit::Action;
use xinzheng_domain::report::{Counts, ReportContent};
use xinzheng_domain::{Disclosure, RecordKind, ReportStatus};
use xinzheng_tests::{TestStack, client_builder, penalties, penalty_row, register, sha256, uscc, with};

#[tokio::test(flavor = "multi_thread")]
async fn a_report_verifies_by_its_code_and_by_its_file() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let issued = test.issued(uscc(1), &json!({ "purpose": "financial" })).await;
    let report = &issued.report;
    let code = report.code.to_string();

    let by_code = test.send(test.get(&format!("/verify/{code}"))).await;
    assert_eq!(by_code.status, 200);
    let verified = by_code.of(&verification::BY_CODE);
    assert_eq!(verified.status, ReportStatus::Valid);
    assert_eq!(verified.subject.name, "长治市虚构1号商贸有限公司");
    assert_eq!(verified.records, 1);
    assert_eq!(verified.number, report.number);
    assert_eq!(verified.domains.len(), 39);

    let typed = code.to_lowercase().replace('-', "").replace('0', "o").replace('1', "l");
    let typed = test.send(test.get(&format!("/verify/{typed}"))).await;
    // Each says of which moment it holds, and what was asked about.
    let timeless = |answer: &Value| with(answer, &json!({ "verified_at": null, "asked_file": null }));
    let said = timeless(&by_code.body);
    assert_eq!(timeless(&typed.body), said, "case, hyphens and confusable characters do not matter");

    let digest = report.file.sha256.to_string();
    let by_file = test.send(test.get(&format!("/verify?sha256={digest}"))).await;
    assert_eq!(timeless(&by_file.body), said);
    assert_eq!(by_file.of(&verification::BY_FILE).asked_file, Some(AskedFile::AsIssued));
    let by_content = test.send(test.get(&format!("/verify?sha256={}", report.content.sha256))).await;
    assert_eq!(timeless(&by_content.body), said, "the digest of the data verifies too");
    assert_eq!(by_content.of(&verification::BY_FILE).asked_file, Some(AskedFile::Content));
    let pdf = test.pdf(&issued).await;
    assert_eq!(sha256(&pdf), digest, "the digest is that of the file that people download");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_changed_byte_makes_the_file_unknown() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let issued = test.issued(uscc(1), &json!({ "purpose": "other" })).await;
    let mut pdf = test.pdf(&issued).await;
    let middle = pdf.len() / 2;
    pdf[middle] ^= 1;
    let answer = test.send(test.get(&format!("/verify?sha256={}", sha256(&pdf)))).await;
    assert_eq!((answer.status, answer.problem()), (404, "file-unknown"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_verified_says_why() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let code = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report.code.to_string();
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
        assert!(!answer.refusal().hint_text().unwrap().is_empty(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_up_too_much_in_vain_waits_and_what_was_issued_is_always_verified() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let issued = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    let unknown = |from: usize| (from..from + 100).map(|n| sha256(&n.to_be_bytes())).collect::<Vec<_>>();
    for n in 0..3 {
        let answer = test.send(test.post("/verify", &json!({ "sha256": unknown(100 * n) }))).await;
        assert_eq!(answer.status, 200, "a back office asks for a hundred at once");
    }
    let file = format!("/verify?sha256={}", "0".repeat(64));
    let code = format!("/verify/{}", "0".repeat(21));
    let tracked = format!("/feedback/{}", "0".repeat(21));
    let page = format!("{code}?as=page");
    test.stack.calls.take();
    for (path, accept) in [(&file, "*/*"), (&code, "*/*"), (&tracked, "*/*"), (&page, "text/html")] {
        let answer = test.get(path).header("accept", accept).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 429, "{path}");
        let seconds: i64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=3600).contains(&seconds), "{seconds}");
        let told = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(told("ratelimit-policy"), "\"lookups-in-vain\";q=300;w=3600");
        assert_eq!(told("ratelimit"), format!("\"lookups-in-vain\";r=0;t={seconds}"));
        assert!(answer.text().await.unwrap().contains("查无结果的次数过多"), "{path}");
    }
    let calls = test.stack.calls.take();
    assert!(!calls.contains_key("PutItem"), "nothing more is written: {calls:?}");
    // Elsewhere loopback has one address.
    if cfg!(target_os = "linux") {
        let neighbour = client_builder().local_address(IpAddr::from([127, 0, 0, 2])).build().unwrap();
        let answer = neighbour.get(format!("{}{file}", test.stack.address)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 404, "another network has a limit of its own");
        assert!(answer.headers()["ratelimit"].to_str().unwrap().starts_with("\"lookups-in-vain\";r=299;t="));
        assert!(!answer.headers().contains_key("retry-after"), "there are some left");
    }
    let asked = json!({ "codes": [issued.code], "sha256": ["0".repeat(64)] });
    let once = || test.post("/verify", &asked).header("idempotency-key", "0123456789abcdef");
    let results = async || {
        let results = test.send(once()).await.of(&verification::BATCH).results;
        let numbers = results.into_iter().map(|result| match result {
            BatchAnswer::Report(report) => Ok(report.verification.number),
            BatchAnswer::None(failed) => Err(failed.problem.code().to_owned()),
        });
        numbers.collect::<Vec<_>>()
    };
    assert_eq!(results().await, [Ok(issued.number.clone()), Err("too-many-lookups".to_owned())]);

    let known = test.send(test.post("/verify", &json!({ "codes": [issued.code] }))).await;
    assert_eq!(known.status, 200, "{known:?}");
    test.verified(issued.code).await;
    assert_eq!(test.send(test.get("/verify/123")).await.problem(), "code-mistyped");
    test.pass_seconds(3600);
    assert_eq!(test.send(test.get(&file)).await.problem(), "file-unknown");
    assert_eq!(results().await[1], Err("file-unknown".to_owned()), "no answer is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_read_as_people_paste_it_and_a_number_is_told_from_it() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    let (code, number) = (report.code.to_string(), report.number.as_str());
    let asked = |text: &str| {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("code", text).finish();
        test.send(test.get(&format!("/verify?{query}")))
    };
    for pasted in [
        format!("核验码：{code}。"),
        format!("{}/verify/{code}", test.stack.address),
        code.replace('-', "－"),
        format!("\u{feff}{code}\u{200b}"),
    ] {
        let found = asked(&pasted).await;
        assert_eq!((found.status, found.of(&verification::BY_FILE).number.as_str()), (200, number), "{pasted}");
    }
    for typed in [number.to_owned(), format!("报告编号：{number}"), number.to_lowercase()] {
        let answer = asked(&typed).await;
        assert_eq!((answer.status, answer.problem()), (404, "code-is-number"), "{typed}");
        assert!(answer.refusal().detail_text().unwrap().contains(number));
    }
    for (path, status) in [
        (format!("/verify/{code}"), 200),
        (format!("/verify?sha256={}", report.file.sha256), 200),
        ("/verify/123".to_owned(), 404),
    ] {
        let head = test.send(test.request("HEAD", &format!("{}{path}", test.stack.address))).await;
        assert_eq!((head.status, &head.body), (status, &Value::Null), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_holds_the_code_opens_the_document_unless_the_subject_shows_the_summary_alone() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let full = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    let summary = test.issued(uscc(1), &json!({ "purpose": "other", "disclosure": "summary" })).await.report;
    let path = |report: &Report, what: &str| format!("/verify/{}/{what}", report.code);
    let answer = test.send(test.get(&path(&full, "content"))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let content: ReportContent = serde_json::from_value(answer.body).unwrap();
    assert_eq!(content.number, full.number, "followed to the data");
    let document = test.send(test.get(&path(&full, "document"))).await;
    assert_eq!((document.status, document.content_type.as_str()), (200, "application/pdf"));
    for what in ["document", "content"] {
        let refused = test.send(test.get(&path(&summary, what))).await;
        assert_eq!((refused.status, refused.problem()), (403, "summary-only"), "{what}");
    }
    let answer = test.send(test.get(&format!("/verify/{}", summary.code))).await;
    let verified = answer.of(&verification::BY_CODE);
    assert_eq!((verified.disclosure, answer.body.get("lines")), (Disclosure::Summary, None));
    assert!(verified.lines.is_none());
    assert_eq!(verified.domains[17].records, Counts::from([(RecordKind::Penalty, 1)]), "the summary is shown");
    assert!(!answer.body.to_string().contains("〔2024〕1号"));
    let log = test.send(test.get("/access-log").bearer_auth(test.subject_token(uscc(1)))).await.of(&access_log::READ);
    let opened = log.page.items.iter().filter(|step| step.action.known() == Some(Action::ReportOpened)).count();
    assert_eq!(opened, 2, "each opening is in the subject's log");
}
