//! Identity numbers where none belongs: whatever people write one into, it is kept, shown, answered and logged with its middle
//! hidden (R19). `.ci/check-left-behind` looks through what this test and all others leave behind.

use serde_json::{Value, json};
use xinzheng_api::{commitment, feedback, grant, objection, record};
use xinzheng_domain::TableId;
use xinzheng_tests::{TestStack, UploadBuilder, penalties, penalty_row, register, uscc, with};

/// A made-up number with a right check character, as it is written out and with its middle hidden.
const NUMBER: &str = "140403199003077816";
const HIDDEN: &str = "140403********7816";
/// The same in the widths and parts in which people write it.
const SPELLINGS: [&str; 4] =
    [NUMBER, "140403 19900307 7816", "１４０４０３１９９００３０７７８１６", "140403-19900307-7816"];

/// Its digits, in any width.
fn shows_number(text: &str) -> bool {
    let narrow = |c: char| match u32::from(c) {
        wide @ 0xff10..=0xff19 => char::from_digit(wide - 0xff10, 10),
        _ => Some(c).filter(char::is_ascii_digit),
    };
    text.chars().filter_map(narrow).collect::<String>().contains(NUMBER)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_number_is_hidden_wherever_it_is_written() {
    let test = TestStack::start().await;
    let written: Vec<String> = SPELLINGS.iter().map(|number| format!("虚某{number}处")).collect();
    let [plain, spaced, wide, dashed] = &written[..] else { panic!() };
    // In every text of a row that is accepted, in one that is rejected, in its document number, and in the file's name.
    let told = json!({
        "违法行为类型": plain, "违法事实": spaced, "处罚依据": wide, "处罚内容": dashed, "法定代表人": plain,
        "行政处罚决定书文号": format!("晋虚市监罚〔2024〕{NUMBER}号"),
    });
    let row = with(&penalty_row(1, 1), &told);
    let rejected = with(&penalty_row(1, 2), &json!({ "处罚决定日期": plain, "违法事实": plain }));
    let file = penalties().file(&format!("虚某{NUMBER}.csv")).row(&row).row(&rejected).build();
    let doubted =
        UploadBuilder::new("market-supervision", TableId::Penalty).file("二.csv").row(&penalty_row(1, 3)).build();
    test.take_in(&[register(1), file, doubted]).await;
    let subject = test.subject_token(uscc(1));
    let unit = test.unit_token("market-supervision");
    let platform = test.operator_token();
    let bank = test.token(json!({ "role": "third-party", "sub": "bank-1", "name": plain }));

    let records = test.send(test.get("/records").bearer_auth(&subject)).await;
    let id = records.of(&record::OWN).records[0].id;
    let mut answers = vec![records];
    let mut ask = async |token: &str, method: &str, path: &str, body: Option<Value>, version: u64| {
        let request = test.request(method, &format!("{}{path}", test.stack.address)).bearer_auth(token);
        let request = request
            .header("if-match", format!("\"{version}\""))
            .header("idempotency-key", format!("{NUMBER}-{}", answers.len()));
        let request = body.into_iter().fold(request, |request, body| request.json(&body));
        let answer = test.send(request).await;
        answers.push(answer);
        answers.len() - 1
    };
    let grants =
        json!({ "grantee": { "name": plain }, "purpose": "financial", "until": "2025-12-01T00:00:00Z", "uses": 2 });
    let given = ask(&subject, "POST", "/grants", Some(grants), 0).await;
    let objects = json!({ "record": id, "contested": "record", "reasons": wide });
    let objected = ask(&subject, "POST", "/objections", Some(objects), 0).await;
    let commits = json!({ "domain": "烟草专卖", "text": dashed, "until": "2026-11-03" });
    let made = ask(&subject, "POST", "/commitments", Some(commits), 0).await;
    let asks = json!({ "kind": "enquiry", "text": spaced, "contact": NUMBER });
    let sent = ask(&subject, "POST", "/feedback", Some(asks), 0).await;
    for path in [
        format!("/verify/{NUMBER}"),
        format!("/verify?code={NUMBER}"),
        format!("/reports/{NUMBER}"),
        format!("/access-log?subject={NUMBER}"),
        format!("/records?domains={NUMBER}"),
        format!("/uploads/{NUMBER}"),
        format!("/feedback/{NUMBER}"),
    ] {
        for token in [&subject, &unit, &platform, &bank] {
            ask(token, "GET", &path, None, 0).await;
        }
    }
    let declares = json!({ "kind": "penalty", "from": "2024-03-01", "to": "2024-03-31", "count": 1,
        "documents": [format!("晋虚市监罚〔2024〕{NUMBER}号")], "remarks": plain });
    ask(&unit, "POST", "/manifests", Some(declares), 0).await;
    ask(&unit, "GET", "/reconciliations", None, 0).await;
    let announces = json!({ "table": "penalty", "file": format!("{plain}.csv"), "bytes": 1, "sha256": "0".repeat(64) });
    ask(&unit, "POST", "/uploads", Some(announces), 0).await;
    let attaches = json!({ "name": format!("{plain}.pdf"), "bytes": 5, "sha256": "0".repeat(64) });
    ask(&subject, "POST", "/attachments", Some(attaches), 0).await;
    assert_eq!(answers[given].status, 201, "{:?}", answers[given]);
    let grant = answers[given].of(&grant::GIVE).standing.grant.code;
    let objection = answers[objected].of(&objection::SUBMIT).objection.id;
    let commitment = answers[made].of(&commitment::MAKE).commitment.id;
    let feedback = answers[sent].of(&feedback::SEND).code;
    for (token, method, path, body, version) in [
        (&bank, "POST", format!("/grants/{grant}/reports"), Some(json!({})), 0),
        (&subject, "GET", "/grants".to_owned(), None, 0),
        (&unit, "POST", format!("/objections/{objection}/acceptance"), Some(json!({})), 1),
        (
            &unit,
            "POST",
            format!("/objections/{objection}/decision"),
            Some(json!({ "outcome": "rejected", "reason": plain })),
            2,
        ),
        (
            &unit,
            "POST",
            format!("/commitments/{commitment}/steps"),
            Some(json!({ "outcome": "false", "evidence": wide })),
            1,
        ),
        (&platform, "POST", format!("/commitments/{commitment}/lifting"), Some(json!({ "reason": dashed })), 2),
        (&platform, "POST", format!("/feedback/{feedback}/answer"), Some(json!({ "text": plain, "publish": true })), 1),
        (&subject, "GET", format!("/feedback/{feedback}"), None, 0),
        (&subject, "GET", "/questions".to_owned(), None, 0),
        (&subject, "GET", "/access-log".to_owned(), None, 0),
        (&unit, "GET", "/access-log".to_owned(), None, 0),
        (&platform, "GET", "/access-log".to_owned(), None, 0),
        (&unit, "GET", "/uploads".to_owned(), None, 0),
        (&unit, "GET", format!("/records/{id}/history"), None, 0),
    ] {
        let request = test.request(method, &format!("{}{path}", test.stack.address)).bearer_auth(token);
        let request = request.header("if-match", format!("\"{version}\""));
        let request = body.into_iter().fold(request, |request, body| request.json(&body));
        let answer = test.send(request).await;
        assert!(answer.status < 300, "{path}: {answer:?}");
        answers.push(answer);
    }
    let shown: String = answers.iter().map(|answer| answer.body.to_string()).collect();
    assert!(shown.contains(HIDDEN) && shown.matches("********").count() > 10, "the texts are there");
    for answer in &answers {
        assert!(!shows_number(&answer.body.to_string()), "{answer:?}");
    }
    for (kind, detail) in test.events().await {
        assert!(!shows_number(&detail.to_string()), "{kind}: {detail}");
    }
    for (key, item) in test.registry().await {
        assert!(!shows_number(&key), "{key}");
        assert!(!item.values().any(|value| shows_number(value)), "{key}: {item:?}");
    }
}
