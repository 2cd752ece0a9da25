//! Backfill: what was uploaded and missed is driven again, one run at a time, from where the last one stopped; and the matrix
//! of units and months (R8).

use std::collections::BTreeMap;
use std::path::Path;

use aws_sdk_s3::types::ChecksumAlgorithm;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use xinzheng::main_job::{UploadFile, receipts, upload};
use xinzheng::{Options, Stack};
use xinzheng_api::backfill::{self, BackfillProgress, BackfillState};
use xinzheng_api::{objection, timeliness};
use xinzheng_domain::ReportStatus;
use xinzheng_domain::report::completeness::MonthState;
use xinzheng_runtime::Clock;
use xinzheng_tests::{TestStack, client_builder, penalties, penalty_row, register, registry_of, uscc, with};

/// A stack on a folder whose clock is an hour ahead: uploads are old enough to have been missed.
async fn stack(data: &Path, deliver: bool) -> Stack {
    let clock = Clock::of(|| Timestamp::now() + SignedDuration::from_hours(1));
    Stack::start(Options { deliver, clock, ..Options::new(data) }).await.unwrap()
}

/// Forgets the messages that wait.
fn lose_messages(data: &Path) {
    for queue in std::fs::read_dir(data.join("queues")).unwrap() {
        for message in std::fs::read_dir(queue.unwrap().path()).unwrap() {
            std::fs::remove_file(message.unwrap().path()).unwrap();
        }
    }
}

async fn progress(stack: &Stack) -> BackfillProgress {
    let claims = json!({ "role": "operator", "sub": "operator-1" });
    let token = stack.issuer.token(claims.as_object().unwrap(), Timestamp::now()).unwrap();
    let client = client_builder().build().unwrap();
    let address = format!("{}{}", stack.address, backfill::PROGRESS.address(&(), &()));
    client.get(address).bearer_auth(token).send().await.unwrap().json().await.unwrap()
}

fn files() -> Vec<UploadFile> {
    let rows = |name: &str, first: u32| {
        (first..first + 40).fold(penalties().file(name), |rows, n| rows.row(&penalty_row(1, n))).build()
    };
    vec![register(1), rows("一.csv", 1), rows("二.csv", 100)]
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_whose_messages_were_lost_are_driven_again() {
    let folder = tempfile::tempdir().unwrap();
    let first = stack(folder.path(), false).await;
    for file in files() {
        upload(&first, &file).await.unwrap();
    }
    drop(first);
    lose_messages(folder.path());

    let again = stack(folder.path(), true).await;
    again.idle(|_| {}).await;
    assert_eq!(receipts(&again).await.unwrap(), [], "nobody told of the uploads");
    again.run_schedules().await.unwrap();
    again.idle(|_| {}).await;
    assert_eq!(receipts(&again).await.unwrap().len(), 3);
    let records = registry_of(&again).await.into_keys().filter(|key| key.contains(" | RECORD#")).count();
    assert_eq!(records, 80);
    let told = progress(&again).await;
    assert_eq!((told.state, told.pass, told.last_driven_again), (BackfillState::Idle, 1, Some(3)));

    // What is closed is left alone.
    again.run_schedules().await.unwrap();
    let told = progress(&again).await;
    assert_eq!((told.pass, told.last_seen, told.last_driven_again), (2, Some(3), Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_that_were_never_indexed_are_driven_again() {
    let folder = tempfile::tempdir().unwrap();
    let first = stack(folder.path(), true).await;
    for file in files() {
        upload(&first, &file).await.unwrap();
    }
    first.idle(|_| {}).await;
    // The first pass brings the index up to its version.
    first.run_schedules().await.unwrap();
    first.idle(|_| {}).await;
    let before = registry_of(&first).await;
    // As if index had never heard of a chunk: its marker, its count and a record are gone.
    let (db, table) = (&first.services.dynamodb, first.resource("RegistryTable"));
    let (record, item) = before.iter().find(|(key, _)| key.contains(" | RECORD#")).unwrap();
    let batch = item["revision"].split('#').nth(1).unwrap();
    let chunk = before.keys().find(|key| key.starts_with(&format!("BATCH#{batch} | CHUNK#"))).unwrap();
    let (chunk, record) = (chunk.split_once(" | ").unwrap(), record.split_once(" | ").unwrap());
    let text = |value: &str| aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned());
    for (pk, sk) in [chunk, record] {
        db.delete_item().table_name(&table).key("pk", text(pk)).key("sk", text(sk)).send().await.unwrap();
    }
    let batch = db.update_item().table_name(&table).key("pk", text(chunk.0)).key("sk", text("META"));
    batch.update_expression("REMOVE chunks_indexed").send().await.unwrap();

    first.run_schedules().await.unwrap();
    first.idle(|_| {}).await;
    assert_eq!(progress(&first).await.last_driven_again, Some(1));
    let records = registry_of(&first).await.into_keys().filter(|key| key.contains(" | RECORD#")).count();
    assert_eq!(records, 80);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_upload_whose_content_the_store_knows_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let stack = stack(folder.path(), true).await;
    // As an announced file is put: its batch goes by the SHA-256, which the listing does not tell.
    let file = register(1);
    let put = stack.services.s3.put_object().bucket(stack.resource("UploadsBucket")).key(&file.key);
    put.checksum_algorithm(ChecksumAlgorithm::Sha256).body(file.bytes.into()).send().await.unwrap();
    stack.idle(|_| {}).await;
    // The first pass brings the index up to its version.
    for pass in 1..=3 {
        stack.run_schedules().await.unwrap();
        stack.idle(|_| {}).await;
        let driven = progress(&stack).await.last_driven_again;
        assert!(pass == 1 || driven == Some(0), "{driven:?} in pass {pass}");
    }
    assert_eq!(receipts(&stack).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_at_once_are_one() {
    let folder = tempfile::tempdir().unwrap();
    let stack = stack(folder.path(), true).await;
    upload(&stack, &register(1)).await.unwrap();
    stack.idle(|_| {}).await;
    let (a, b, c) = tokio::join!(stack.run_schedules(), stack.run_schedules(), stack.run_schedules());
    for run in [a, b, c] {
        run.unwrap();
    }
    let told = progress(&stack).await;
    assert!((1..=3).contains(&told.pass) && told.last_seen == Some(1), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_matrix_tells_what_of_each_month_there_is() {
    let test = TestStack::start().await;
    let decided = |document: u32, day: &str| with(&penalty_row(1, document), &json!({ "处罚决定日期": day }));
    let rows = penalties().row(&decided(1, "2025-08-05")).row(&decided(2, "2025-09-05"));
    test.take_in(&[register(1), rows.build()]).await;
    // 税务 forms fewer kinds; each is declared for each month.
    let kinds = ["penalty", "coercion", "serious-dishonesty", "abnormal-operation", "judgment"];
    let declare = async |unit: &str, from: &str, to: &str, count: u64| {
        for kind in kinds {
            let count = if kind == "penalty" { count } else { 0 };
            let body = json!({ "kind": kind, "from": from, "to": to, "count": count });
            let sent = test.send(test.post("/manifests", &body).bearer_auth(test.unit_token(unit))).await;
            assert!(sent.status == 201 || sent.problem() == "kind-not-permitted", "{sent:?}");
        }
    };
    declare("market-supervision", "2025-08-01", "2025-08-31", 1).await;
    declare("market-supervision", "2025-09-01", "2025-09-30", 5).await;
    declare("market-supervision", "2025-10-01", "2025-10-31", 0).await;
    test.stack.run_schedules().await.unwrap();
    let rows = async |token: String| {
        test.send(test.get("/backfill/matrix").bearer_auth(token)).await.of(&backfill::MATRIX).rows
    };
    assert_eq!(rows(test.operator_token()).await.len(), 32, "every unit of annex 2");
    let own = rows(test.unit_token("market-supervision")).await;
    assert_eq!(own.len(), 1);
    let cells = &own[0].cells;
    let states: Vec<(String, MonthState)> =
        cells.iter().rev().take(5).map(|cell| (cell.month.to_string(), cell.state)).collect();
    let expected = [
        ("2025-11", MonthState::Missing),
        ("2025-10", MonthState::DeclaredZero),
        ("2025-09", MonthState::Partial),
        ("2025-08", MonthState::Complete),
        ("2025-07", MonthState::Missing),
    ];
    assert_eq!(states, expected.map(|(month, state)| (month.to_owned(), state)));
    assert_eq!((cells.len(), cells[0].month.to_string().as_str()), (40, "2022-08"));
}

/// Takes from every record what the first version of the index did not have.
async fn as_of_the_first_version(stack: &Stack) {
    let (db, table) = (&stack.services.dynamodb, stack.resource("RegistryTable"));
    let text = |value: &str| aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned());
    for key in registry_of(stack).await.into_keys().filter(|key| key.contains(" | RECORD#")) {
        let (pk, sk) = key.split_once(" | ").unwrap();
        db.update_item()
            .table_name(&table)
            .key("pk", text(pk))
            .key("sk", text(sk))
            .update_expression("REMOVE index_schema, content, unit_month, kind, document, first_stored")
            .send()
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_an_older_index_are_read_and_brought_up() {
    let test = TestStack::start().await;
    let rows = (1..=3).fold(penalties(), |rows, n| rows.row(&penalty_row(1, n)));
    test.take_in(&[register(1), rows.build()]).await;
    // Of one record the latest revision came by a decision, which no upload holds.
    let corrected = test.record_ids().await[0].clone();
    let objection = json!({ "record": corrected, "contested": "record", "reasons": "罚款金额有误。" });
    let raised = test.send(test.post("/objections", &objection).bearer_auth(test.subject_token(uscc(1)))).await;
    let correction = json!({ "details": { "fine": "0.05" } });
    let decision = json!({ "outcome": "upheld", "reason": "经复核，决定书载明罚款500元。", "correction": correction });
    let path = format!("/objections/{}/decision", raised.of(&objection::SUBMIT).objection.id);
    let decide =
        test.post(&path, &decision).header("if-match", "\"1\"").bearer_auth(test.unit_token("market-supervision"));
    assert_eq!(test.send(decide).await.status, 200);
    test.stack.idle(|_| {}).await;
    let records = async || {
        let all = test.registry().await.into_iter();
        all.filter(|(key, _)| key.contains(" | RECORD#")).collect::<Vec<_>>()
    };
    let before = records().await;

    as_of_the_first_version(&test.stack).await;
    let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    assert_eq!(report.summary.records, 3, "reports read the older version");
    let timeliness = "/timeliness?from=2024-03&to=2024-03";
    let of_unit = async || {
        let told = test.send(test.get(timeliness).bearer_auth(test.unit_token("market-supervision"))).await;
        told.of(&timeliness::TABLE).rows.iter().map(|row| row.records).sum::<u64>()
    };
    assert_eq!(of_unit().await, 0, "oversight does not see them yet");

    test.stack.run_schedules().await.unwrap();
    test.stack.idle(|_| {}).await;
    let told = progress(&test.stack).await;
    assert_eq!((told.reindexed_to, told.index_schema), (Some(3), 3));
    assert_eq!(of_unit().await, 3);
    assert_eq!(records().await, before, "every item is what it was, the corrected one too");
    assert_eq!(test.verified(report.code).await.status, ReportStatus::Valid, "nothing has changed");
    test.stack.run_schedules().await.unwrap();
    assert_eq!(progress(&test.stack).await.last_driven_again, Some(0), "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inventory_spares_the_listing() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::of(|| Timestamp::now() + SignedDuration::from_hours(1));
    let parameters = BTreeMap::from([("UploadsInventory".to_owned(), "Daily".to_owned())]);
    let options = |deliver| Options {
        deliver,
        clock: clock.clone(),
        parameters: parameters.clone(),
        ..Options::new(folder.path())
    };
    let first = Stack::start(options(false)).await.unwrap();
    for file in files() {
        upload(&first, &file).await.unwrap();
    }
    // As S3 writes it: a manifest, and rows without a header in a compressed file. One upload came after it.
    let (s3, uploads) = (&first.services.s3, first.resource("UploadsBucket"));
    let listed = s3.list_objects_v2().bucket(&uploads).prefix("uploads/").send().await.unwrap();
    let mut rows = String::new();
    for object in listed.contents().iter().take(2) {
        let head = s3.head_object().bucket(&uploads).key(object.key().unwrap()).send().await.unwrap();
        let (key, etag) = (object.key().unwrap(), head.e_tag().unwrap().trim_matches('"').to_owned());
        let key: String = key
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' => char::from(byte).to_string(),
                byte => format!("%{byte:02X}"),
            })
            .collect();
        rows.push_str(&format!(
            "\"{uploads}\",\"{key}\",\"{}\",\"2025-11-03T02:00:00.000Z\",\"{etag}\"\n",
            object.size().unwrap()
        ));
    }
    let mut gzip = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, rows.as_bytes()).unwrap();
    let data = "inventory/uploads/data/1.csv.gz";
    let manifest = json!({
        "sourceBucket": uploads, "version": "2016-11-30", "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size, LastModifiedDate, ETag",
        "files": [{ "key": data, "size": 1, "MD5checksum": "" }],
    });
    let inventories = first.resource("InventoryBucket");
    let manifest_key = "inventory/uploads/2025-11-03T01-00Z/manifest.json";
    for (key, bytes) in [(data, gzip.finish().unwrap()), (manifest_key, manifest.to_string().into_bytes())] {
        s3.put_object().bucket(&inventories).key(key).body(bytes.into()).send().await.unwrap();
    }
    drop(first);
    lose_messages(folder.path());

    let again = Stack::start(options(true)).await.unwrap();
    again.run_schedules().await.unwrap();
    again.idle(|_| {}).await;
    let told = progress(&again).await;
    assert_eq!((told.state, told.last_seen, told.last_driven_again), (BackfillState::Idle, Some(2), Some(2)));
    assert_eq!(receipts(&again).await.unwrap().len(), 2, "what the inventory names, and nothing else");
}
