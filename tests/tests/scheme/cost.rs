//! What each request costs in SDK calls, whatever the city's size.

use std::collections::BTreeMap;

use serde_json::json;
use xinzheng::{Calls, Options, Stack};
use xinzheng_api::{report, webhook};
use xinzheng_tests::ingest_function::{hand_over, ingest_function, store, told};
use xinzheng_tests::log_function::counted;
use xinzheng_tests::{TestStack, penalties, penalty_row, register, uscc, with};

fn calls(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    expected.iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_has_its_price() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    test.stack.calls.take();

    test.take_in(&[(1..=10).fold(penalties(), |rows, n| rows.row(&penalty_row(1, n))).build()]).await;
    // ingest: checksum, open, name, list (2), read, chunk, receipt, close, is it indexed. index: read, names, a write a row, the
    // marker, is it the last; then what rows came to: list, receipt (2).
    let mut upload = test.stack.calls.take();
    // Ingest and index may both see that all of it is indexed: then both tell what the rows came to.
    if upload["ListObjectsV2"] == 2 {
        for operation in ["ListObjectsV2", "GetObject", "PutObject"] {
            *upload.get_mut(operation).unwrap() -= 1;
        }
    }
    assert_eq!(
        upload,
        calls(&[
            ("BatchGetItem", 1),
            ("GetItem", 2),
            ("GetObject", 3),
            ("HeadObject", 1),
            ("ListObjectsV2", 1),
            ("PutItem", 1),
            ("PutObject", 3),
            ("TransactWriteItems", 2),
            ("UpdateItem", 13)
        ]),
        "an upload of ten rows"
    );

    let report = test.report(uscc(1), &json!({ "purpose": "other" })).await;
    assert_eq!(
        test.stack.calls.take(),
        calls(&[("GetItem", 3), ("PutObject", 2), ("Query", 1), ("TransactWriteItems", 1)]),
        "a report"
    );

    let report = report.of(&report::ISSUE).opened.report;
    test.verified(report.code).await;
    assert_eq!(
        test.stack.calls.take(),
        calls(&[("GetItem", 1), ("PutItem", 1), ("Query", 1)]),
        "a verification by code"
    );
    test.send(test.get(&format!("/verify?sha256={}", report.file.sha256))).await;
    assert_eq!(
        test.stack.calls.take(),
        calls(&[("GetItem", 2), ("PutItem", 1), ("Query", 1)]),
        "a verification by file"
    );
    test.send(test.get("/verify/123")).await;
    assert_eq!(test.stack.calls.take(), calls(&[]), "a mistyped code");
    test.send(test.get(&format!("/verify?sha256={}", "0".repeat(64)))).await;
    assert_eq!(
        test.stack.calls.take(),
        calls(&[("GetItem", 1), ("HeadObject", 1), ("PutItem", 1), ("UpdateItem", 1)]),
        "a file that is unknown"
    );
    test.send(test.get(&format!("/verify?sha256={}", report.content.sha256))).await;
    assert_eq!(
        test.stack.calls.take(),
        calls(&[("GetItem", 2), ("HeadObject", 1), ("PutItem", 1), ("Query", 1)]),
        "a verification by the data's digest"
    );
    test.send(test.get(&format!("/verify/{}/content", report.code))).await;
    assert_eq!(test.stack.calls.take(), calls(&[("GetItem", 1), ("PutItem", 1)]), "the data by the code");
    test.send(test.get("/reports").bearer_auth(test.subject_token(uscc(1)))).await;
    assert_eq!(
        test.stack.calls.take(),
        calls(&[("BatchGetItem", 1), ("Query", 2)]),
        "a list of reports, and how they stand"
    );
    test.send(test.get("/reports").bearer_auth(test.subject_token(uscc(7)))).await;
    assert_eq!(test.stack.calls.take(), calls(&[("Query", 1)]), "a list of no reports");
    test.send(test.get("/records").bearer_auth(test.subject_token(uscc(1)))).await;
    assert_eq!(test.stack.calls.take(), calls(&[("Query", 1)]), "one's records");
    let look = calls(&[("Query", 1), ("TransactWriteItems", 1)]);
    let found = json!({ "subject": uscc(1), "reason": "complaint" });
    test.send(test.post("/subjects/identification", &found).bearer_auth(test.operator_token())).await;
    assert_eq!(test.stack.calls.take(), look, "a subject that the platform looks for, noted in two audits");
    for (list, more) in
        [("records", None), ("reports", Some(("BatchGetItem", 1))), ("grants", None), ("objections", None)]
    {
        let path = format!("/subjects/{}/{list}?reason=complaint", uscc(1));
        assert_eq!(test.send(test.get(&path).bearer_auth(test.operator_token())).await.status, 200, "{path}");
        let mut look = look.clone();
        // Of reports there is one, and how it stands.
        if let Some((operation, count)) = more {
            look.insert(operation.to_owned(), count);
            look.insert("Query".to_owned(), 2);
        }
        assert_eq!(test.stack.calls.take(), look, "{list} of a subject that the platform looks at");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn which_version_is_read_costs_one_look() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start(Options { deliver: false, ..Options::new(folder.path()) }).await.unwrap();
    let counts = Calls::default();
    let app = ingest_function(&stack, counted(&stack, &counts), 1 << 30).await;
    let at = "2025-11-03T02:00:00.000Z";
    let reads = |counts: BTreeMap<String, usize>| {
        let of_store = ["HeadObject", "GetObject", "ListObjectVersions"];
        counts.into_iter().filter(|(call, _)| of_store.contains(&call.as_str())).collect::<BTreeMap<_, _>>()
    };
    for (is_replaced, with_id, expected) in [
        (false, true, calls(&[("GetObject", 1), ("HeadObject", 1)])),
        (true, true, calls(&[("GetObject", 1), ("HeadObject", 1)])),
        (false, false, calls(&[("GetObject", 1), ("HeadObject", 1)])),
        // Found by its entity tag among those that were replaced.
        (true, false, calls(&[("GetObject", 1), ("HeadObject", 2), ("ListObjectVersions", 1)])),
    ] {
        let name = format!("{is_replaced}-{with_id}.csv");
        let file = penalties().file(&name).row(&penalty_row(1, 1)).build();
        let mut version = store(&stack, &file).await;
        if is_replaced {
            store(&stack, &penalties().file(&name).row(&penalty_row(1, 2)).build()).await;
        }
        version.id = version.id.filter(|_| with_id);
        counts.take();
        assert!(hand_over(&app, &told(&stack, &file.key, &version, file.bytes.len() as u64, at)).await);
        assert_eq!(reads(counts.take()), expected, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_replaces_another_has_its_price() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    test.take_in(&[penalties().file("一.csv").row(&penalty_row(1, 1)).build()]).await;
    // What the upload costs beside its row: the same file of a row that is new.
    test.stack.calls.take();
    test.take_in(&[penalties().file("二.csv").row(&penalty_row(1, 2)).build()]).await;
    let new = test.stack.calls.take();
    let changed = with(&penalty_row(1, 1), &json!({ "违法事实": "当事人于2024年2月经营虚构食品，货值金额600元。" }));
    test.take_in(&[penalties().file("三.csv").row(&changed).build()]).await;
    let replaced = test.stack.calls.take();
    let of = |calls: &BTreeMap<String, usize>, operation: &str| calls.get(operation).copied().unwrap_or(0);
    // No look at what nothing has changed about; a transaction more, with what is replaced.
    for (operation, more) in [("GetItem", 0), ("Query", 0), ("UpdateItem", 0), ("TransactWriteItems", 1)] {
        assert_eq!(of(&replaced, operation), of(&new, operation) + more, "{operation}: {replaced:?} {new:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_and_webhooks_have_their_price() {
    let test = TestStack::start().await;
    let bank = || test.token(json!({ "role": "third-party", "sub": "bank-1", "name": "虚构银行" }));
    // What the start has told the public log.
    test.stack.calls.take();
    test.send(test.get("/notices").bearer_auth(test.subject_token(uscc(1)))).await;
    assert_eq!(test.stack.calls.take(), calls(&[("GetItem", 1), ("Query", 1)]), "one's notices");
    test.send(test.post("/notices/seen", &json!({ "through": 1 })).bearer_auth(bank())).await;
    assert_eq!(test.stack.calls.take(), calls(&[("UpdateItem", 1)]), "what was seen");
    // Nobody listens there.
    let wanted = json!({ "address": "http://127.0.0.1:9/" });
    let registered = test.send(test.post("/webhooks", &wanted).bearer_auth(bank())).await.of(&webhook::REGISTER);
    assert_eq!(test.stack.calls.take(), calls(&[("Query", 1), ("TransactWriteItems", 1)]), "a webhook");
    test.send(test.get("/webhooks").bearer_auth(bank())).await;
    assert_eq!(test.stack.calls.take(), calls(&[("Query", 1)]), "one's webhooks");
    let step = async |what: &str| {
        let path = format!("/webhooks/{}/{what}", registered.webhook.id);
        let request = test.post(&path, &json!({})).header("if-match", "\"1\"").bearer_auth(bank());
        assert_eq!(test.send(request).await.status, 200, "{path}");
    };
    step("end").await;
    assert_eq!(test.stack.calls.take(), calls(&[("GetItem", 1), ("TransactWriteItems", 1)]), "its end");
    let again = test.send(test.post("/webhooks", &wanted).bearer_auth(bank())).await.of(&webhook::REGISTER);
    test.stack.calls.take();
    test.send(test.post(&format!("/webhooks/{}/test", again.webhook.id), &json!({})).bearer_auth(bank())).await;
    // The attempt fails.
    while test.stack.calls.take().get("UpdateItem") != Some(&1) {
        tokio::task::yield_now().await;
    }
}
