//! ingest and index over the whole stack: repeated, reordered, broken off; the registry ends the same (R4, R5).

use std::collections::BTreeMap;

use serde_json::json;
use xinzheng::Faults;
use xinzheng::main_job::{UploadFile, upload};
use xinzheng_domain::TableId;
use xinzheng_tests::{TestStack, UploadBuilder, penalties, penalty, penalty_row, register, repair_row, uscc, with};

/// Three uploads about the same records: first rows, a correction, a repair.
fn uploads() -> Vec<UploadFile> {
    let first = (1..=40).fold(penalties().file("一.csv"), |rows, n| rows.row(&penalty_row(1, n)));
    let corrected =
        with(&penalty_row(1, 7), &json!({ "处罚内容": "警告。", "处罚类别": "警告", "罚款金额（万元）": "" }));
    let moved = with(&penalty_row(1, 8), &json!({ "处罚决定日期": "2024-04-01" }));
    vec![
        register(1),
        first.build(),
        penalties().file("二.csv").row(&corrected).row(&moved).build(),
        UploadBuilder::new("market-supervision", TableId::Repair).row(&repair_row(1, 9)).build(),
    ]
}

/// Items without what depends on the instant of an upload's storing: the batches differ in it from run to run.
fn comparable(items: BTreeMap<String, BTreeMap<String, String>>) -> BTreeMap<String, BTreeMap<String, String>> {
    let told = |key: &str| {
        key.contains(" | WAITING#")
            || ["SUBJECT#", "RECORDS#", "HISTORY#", "BATCH#"].iter().any(|kind| key.starts_with(kind))
    };
    // A step of a history stands at when its file was stored, then its batch and row.
    let timeless = |key: String| match (key.starts_with("HISTORY#"), key.split_once(" | ")) {
        (true, Some((pk, position))) => format!("{pk} | {}", position.split_once('#').unwrap().1),
        _ => key,
    };
    items.into_iter().filter(|(key, _)| told(key)).map(|(key, item)| (timeless(key), item)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicated_and_reordered_deliveries_end_the_same() {
    let calm = TestStack::start().await;
    for file in uploads() {
        calm.take_in(&[file]).await;
    }
    let expected = contents(comparable(calm.registry().await));
    assert_eq!(expected.keys().filter(|key| key.contains(" | RECORD#")).count(), 40);
    for seed in 1..=3 {
        let wild = TestStack::with_faults(Faults { duplicated_percent: 60, reordered: true, seed }).await;
        for file in uploads() {
            upload(&wild.stack, &file).await.unwrap();
        }
        wild.stack.idle(|_| {}).await;
        assert_eq!(wild.stack.dead_letters(), Vec::<String>::new());
        assert_eq!(contents(comparable(wild.registry().await)), expected, "seed {seed}");
    }
}

/// What the items say, without positions and times.
fn contents(items: BTreeMap<String, BTreeMap<String, String>>) -> BTreeMap<String, BTreeMap<String, String>> {
    let timeless = |name: &String| {
        // Which row came second, and was told so, is another one in another order.
        let positions = ["revision", "repair_revision", "first_stored", "stored_at", "taken_in_at"];
        !positions.contains(&name.as_str()) && !name.starts_with("rows_")
    };
    items.into_iter().map(|(key, item)| (key, item.into_iter().filter(|(name, _)| timeless(name)).collect())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn later_revisions_win_and_older_replays_lose() {
    let test = TestStack::start().await;
    let old = penalties().file("旧.csv").row(&penalty_row(1, 1)).build();
    let new =
        penalties().file("新.csv").row(&with(&penalty_row(1, 1), &json!({ "处罚决定日期": "2024-05-01" }))).build();
    test.take_in(&[register(1), old.clone()]).await;
    test.take_in(&[new]).await;
    let before = test.registry().await;
    // The very same file under the same key is the same batch: it keeps its place in time.
    test.take_in(&[old]).await;
    assert_eq!(test.registry().await, before);
    let report = |from: &str, to: &str| json!({ "purpose": "other", "period": { "from": from, "to": to } });
    let march = test.issued(uscc(1), &report("2024-03-01", "2024-03-31")).await.report;
    assert_eq!(march.summary.records, 0, "the corrected date counts");
    let may = test.issued(uscc(1), &report("2024-05-01", "2024-05-31")).await.report;
    assert_eq!(may.summary.records, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_accounts_for_every_row() {
    let test = TestStack::start().await;
    let rows = penalties()
        .row(&penalty_row(1, 1))
        .row(&with(&penalty_row(1, 2), &json!({ "处罚决定日期": "昨天" })))
        .row(&json!({}))
        .row(&penalty_row(1, 3));
    let file = rows.build();
    test.take_in(std::slice::from_ref(&file)).await;
    let receipt = test.receipt(&file.key).await;
    let counts = receipt.reading.counts;
    assert_eq!((counts.rows, counts.accepted, counts.rejected, counts.blank), (4, 2, 1, 1));
    assert_eq!((receipt.bytes, receipt.chunks), (file.bytes.len() as u64, 1));
    let key = receipt.rejections.expect("there are rejections");
    let get = test.stack.services.s3.get_object().bucket(test.stack.resource("IntakeBucket")).key(key);
    let csv = get.send().await.unwrap().body.collect().await.unwrap().to_vec();
    assert_eq!(
        String::from_utf8(csv).unwrap(),
        "\u{feff}行号,列,列名,原值,错误代码,原因,修改建议\r\n\
         3,U,处罚决定日期,昨天,date-unreadable,不是能够识别的日期,\"请写作 2025-07-01，年份在前\"\r\n"
            .replace('"', "")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_read_gets_a_receipt_with_the_reason() {
    let test = TestStack::start().await;
    for (key, bytes, code) in [
        ("uploads/nobody/penalty/2025-11-03/a.csv", "x", "key-unit-unknown"),
        ("uploads/tax/penalty/2025-11-03/a.csv", "x", "table-not-permitted"),
        ("uploads/tax/coercion/2025-11-03/a.csv", "x,y\n", "header-not-found"),
        ("uploads/tax/coercion/2025-11-03/空.csv", "", "file-empty"),
    ] {
        test.take_in(&[UploadFile { key: key.to_owned(), bytes: bytes.as_bytes().to_vec() }]).await;
        let refusal = test.receipt(key).await.refusal.expect("it is refused");
        assert_eq!(refusal.code, code);
        assert!(!refusal.hint.is_empty());
    }
    assert_eq!(test.stack.dead_letters(), Vec::<String>::new(), "a bad file is answered, not tried again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_last_counts_also_when_it_equals_an_earlier_file() {
    let test = TestStack::start().await;
    let file = |category: &str| {
        let row = with(&penalty_row(1, 1), &json!({ "处罚内容": category }));
        penalties().file("六月.csv").row(&row).build()
    };
    let (first, second) = (file("罚款一。"), file("罚款二。"));
    test.take_in(&[register(1)]).await;
    let content = async || {
        let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
        test.content(&report.number).await
    };
    for (sent, counts) in [(&first, "罚款一。"), (&second, "罚款二。"), (&first, "罚款一。"), (&first, "罚款一。")]
    {
        test.take_in(std::slice::from_ref(sent)).await;
        let content = content().await;
        let contents: Vec<&str> = content.records.iter().map(|standing| &*penalty(standing).content).collect();
        assert_eq!(contents, [counts]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_consoles_make_for_a_folder_is_no_upload() {
    let test = TestStack::start().await;
    let before = test.registry().await;
    let key = "uploads/tax/coercion/2025-11-03/".to_owned();
    test.take_in(&[UploadFile { key, bytes: vec![] }]).await;
    assert_eq!(test.registry().await, before);
    assert_eq!(test.stack.dead_letters(), Vec::<String>::new());
}
