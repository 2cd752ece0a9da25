//! Restore and move (docs/operations.md): a table that is taken back to a moment, one that is lost, and buckets that are copied to
//! another place. Reports verify and replay, and files that are driven again are the files that they were: nothing is doubled,
//! lost, or counted as sent at another time.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart};
use jiff::{SignedDuration, Unit};
use serde_json::{Value, json};
use xinzheng::main_job::{UploadFile, receipts};
use xinzheng::{Options, Stack};
use xinzheng_api::backfill::{self, BackfillProgress};
use xinzheng_api::report::{self, OpenedReport};
use xinzheng_domain::{ReportStatus, TableId};
use xinzheng_intake::Receipt;
use xinzheng_tests::{TestStack, UploadBuilder, penalties, penalty_row, public_log, register, repair_row, uscc, with};

/// Long enough for what is stored now and by the tests' clock.
const RESTORED: (&str, &str) = ("RestoredUntil", "2100-01-01T00:00:00Z");
/// So that a file of some hundred rows is read in parts.
const IN_PARTS: (&str, &str) = ("PartBytes", "20000");

fn rows(name: &str, documents: std::ops::Range<u32>, content: &str) -> UploadFile {
    let change = json!({ "处罚内容": content });
    documents.fold(penalties().file(name), |file, n| file.row(&with(&penalty_row(1, n), &change))).build()
}

/// Puts a file in one part, as programs do with large ones: its entity tag says nothing of its content.
async fn put_in_parts(stack: &Stack, file: &UploadFile) {
    let (s3, bucket) = (&stack.services.s3, stack.resource("UploadsBucket"));
    let begun = s3.create_multipart_upload().bucket(&bucket).key(&file.key).send().await.unwrap();
    let id = begun.upload_id.unwrap();
    let part = s3.upload_part().bucket(&bucket).key(&file.key).upload_id(&id).part_number(1);
    let sent = part.body(ByteStream::from(file.bytes.clone())).send().await.unwrap();
    let part = CompletedPart::builder().part_number(1).set_e_tag(sent.e_tag).build();
    let whole = CompletedMultipartUpload::builder().parts(part).build();
    let done = s3.complete_multipart_upload().bucket(&bucket).key(&file.key).upload_id(&id).multipart_upload(whole);
    done.send().await.unwrap();
    stack.idle(|_| {}).await;
}

/// Puts a file with its SHA-256, as one that was announced.
async fn put_with_digest(stack: &Stack, file: &UploadFile) {
    let put = stack.services.s3.put_object().bucket(stack.resource("UploadsBucket")).key(&file.key);
    put.checksum_algorithm(ChecksumAlgorithm::Sha256).body(file.bytes.clone().into()).send().await.unwrap();
    stack.idle(|_| {}).await;
}

/// Files of every kind, sent one after another: rows that are returned, a file that is refused, one that is read in parts, one under
/// whose key another was sent, and the first again.
async fn first_days(test: &TestStack) -> OpenedReport {
    test.take_in(&[register(1), register(2)]).await;
    let (one, other) = (rows("一.csv", 1..4, "警告。"), rows("一.csv", 1..6, "警告，并罚款12500元。"));
    for file in [&one, &other, &one] {
        test.take_in(&[UploadFile { key: file.key.clone(), bytes: file.bytes.clone() }]).await;
    }
    let faulty = penalties()
        .file("有错.csv")
        .row(&penalty_row(1, 20))
        .row(&with(&penalty_row(1, 21), &json!({ "处罚决定日期": "去年" })));
    test.take_in(&[faulty.build(), rows("长.csv", 100..300, "警告。")]).await;
    let refused = UploadFile { key: penalties().file("说明.csv").key(), bytes: "不是数据表".into() };
    test.take_in(&[refused]).await;
    put_in_parts(&test.stack, &rows("分段.csv", 30..35, "警告。")).await;
    put_with_digest(&test.stack, &rows("预告.csv", 40..45, "警告。")).await;
    let repairs = UploadBuilder::new("market-supervision", TableId::Repair).row(&repair_row(1, 20));
    test.take_in(&[repairs.build()]).await;
    test.issued(uscc(1), &json!({ "purpose": "other" })).await
}

/// What came after the moment that the table is taken back to.
async fn later_days(test: &TestStack) {
    test.take_in(&[rows("一.csv", 1..8, "警告，并罚款12500元。"), rows("二.csv", 50..60, "警告。")]).await;
    // The last file of the key is not its only one of these days.
    test.take_in(&[rows("二.csv", 50..52, "警告，并罚款12500元。"), rows("长.csv", 100..310, "警告。")]).await;
    put_with_digest(&test.stack, &rows("预告.csv", 40..47, "警告。")).await;
}

/// What each file is known by, and what of it is stated, by batch.
async fn batches(test: &TestStack) -> BTreeMap<String, BTreeMap<String, String>> {
    let scan = test.stack.services.dynamodb.scan().table_name(test.stack.resource("RegistryTable"));
    let mut found = BTreeMap::new();
    let mut pages = scan.into_paginator().send();
    while let Some(page) = pages.next().await {
        for item in page.unwrap().items.unwrap_or_default() {
            let (AttributeValue::S(pk), AttributeValue::S(sk)) = (&item["pk"], &item["sk"]) else { continue };
            if !pk.starts_with("BATCH#") || sk != "META" {
                continue;
            }
            let told =
                ["upload", "stored_at", "taken_in_at", "log_salt", "statement", "returned_for", "chunks", "part_bytes"];
            let text = |value: &AttributeValue| match value {
                AttributeValue::S(text) | AttributeValue::N(text) => text.clone(),
                other => format!("{other:?}"),
            };
            let told = told.iter().filter_map(|name| Some(((*name).to_owned(), text(item.get(*name)?))));
            found.insert(pk.clone(), told.collect());
        }
    }
    found
}

/// What of the registry comes of files, but for how many rows of a file came to what: that rests on what was there before it.
async fn of_files(test: &TestStack) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut items = test.registry().await;
    // What people did is not told by files; checkpoints, and what is worked out by the hour and the day, are of a moment.
    let others = [
        "AUDIT#",
        "BACKFILL",
        "MATRIX",
        "EVALUATION",
        "REPAIRABLE",
        "CODE#",
        "NUMBER#",
        "FILE#",
        "SCOPE#",
        "ISSUED#",
        "PROOF-DUE#",
        "NOTICES#",
    ];
    let others_of = [" | REPORT#", " | SCOPE#", " | PART#"];
    items.retain(|key, _| {
        let is_other = others.iter().any(|other| key.starts_with(other));
        !is_other && !others_of.iter().any(|other| key.contains(other))
    });
    // A copy of what was put in parts has another entity tag; what is taken from chunks is not read in parts again.
    let is_other = |name: &str| name.starts_with("rows_") || matches!(name, "etag" | "parts_done");
    items.values_mut().for_each(|item| item.retain(|name, _| !is_other(name)));
    items
}

/// That files came, as their units and the platform can see it.
async fn received(test: &TestStack) -> Vec<String> {
    let keys = test.registry().await.into_keys();
    keys.filter(|key| key.starts_with("AUDIT#") && key.contains("#upload.received#")).collect()
}

async fn told(test: &TestStack) -> Vec<Receipt> {
    let mut receipts = receipts(&test.stack).await.unwrap();
    receipts.sort_by(|a, b| a.batch.cmp(&b.batch));
    receipts.iter_mut().for_each(|receipt| receipt.effects = None);
    receipts
}

async fn progress(test: &TestStack) -> BackfillProgress {
    test.ask(&backfill::PROGRESS, (&(), &()), &test.operator_token()).await
}

/// Has backfill go over the receipts, and then over the uploads, when all of them are old enough to have been missed; how many files
/// each pass drove again.
async fn driven(test: &TestStack) -> [u64; 2] {
    let mut passes = [0; 2];
    for passed in &mut passes {
        test.stack.run_schedules().await.unwrap();
        test.stack.idle(|_| {}).await;
        *passed = progress(test).await.last_driven_again.unwrap();
        // Objects are stored at the time of this machine.
        test.pass_days(1000);
    }
    assert_eq!(test.stack.dead_letters(), Vec::<String>::new());
    // Each entry of the public log stands once, and all that is to be in it is.
    let entries = public_log::entries(&test.stack).await;
    let files = entries.iter().filter(|entry| entry.contains("upload-received")).count();
    assert_eq!(files, batches(test).await.len(), "{entries:#?}");
    assert_eq!(public_log::left_to_do(&test.stack).await, Vec::<String>::new());
    passes
}

async fn assert_that_it_stands(test: &TestStack, issued: &OpenedReport, status: ReportStatus) {
    let verified = test.verified(issued.report.code).await;
    assert_eq!((&verified.number, verified.status), (&issued.report.number, status));
    let by_file = test.send(test.get(&format!("/verify?sha256={}", issued.report.file.sha256))).await;
    assert_eq!(by_file.of(&xinzheng_api::verification::BY_FILE).number, issued.report.number);
    let path = format!("/reports/{}/replay", issued.report.number);
    let replayed = test.send(test.post(&path, &json!({})).bearer_auth(test.operator_token())).await;
    let replayed = replayed.of(&report::REPLAY);
    assert!(replayed.same, "{replayed:?}");
}

const DATABASE: &str = "dynamodb.sqlite";

/// The table and where its stream is read, as they are.
fn keep_table(folder: &Path, kept: &Path) {
    for name in [DATABASE, "log-position", "notify-position"] {
        match folder.join(name).exists() {
            true => drop(fs::copy(folder.join(name), kept.join(name)).unwrap()),
            // Nothing was read of the stream yet.
            false => fs::remove_file(kept.join(name)).unwrap(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_taken_back_takes_in_again_what_came_since() {
    let kept = tempfile::tempdir().unwrap();
    let test = TestStack::with_parameters(&[IN_PARTS]).await;
    let issued = first_days(&test).await;
    let test = test.again(&[IN_PARTS], true, |folder| keep_table(folder, kept.path())).await;
    later_days(&test).await;
    let expected = everything(&test).await;

    let test = test.again(&[IN_PARTS, RESTORED], true, |folder| keep_table(kept.path(), folder)).await;
    assert_that_it_stands(&test, &issued, ReportStatus::Valid).await;
    assert_ne!(batches(&test).await, expected.0, "what came since is not known");
    let passes = driven(&test).await;
    assert_eq!(passes, [5, 0], "the files that came since, once");
    assert_same(&everything(&test).await, &expected);
    assert_that_it_stands(&test, &issued, ReportStatus::Affected).await;
    assert_eq!(counted_uploads(&test).await, expected.0.len() as u64, "evaluation counts each file once");
}

/// How many uploads evaluation counts, of all units and tables.
async fn counted_uploads(test: &TestStack) -> u64 {
    let items = test.registry().await;
    let days = items.iter().filter(|(key, _)| key.starts_with("EVALUATION | DAY#"));
    let counts = days.map(|(_, item)| serde_json::from_str::<Value>(&item["body"]).unwrap()["counts"].clone());
    let counts: Vec<Value> = counts.flat_map(|counts| counts.as_array().unwrap().clone()).collect();
    let uploads = counts.iter().filter(|count| count[0]["measure"] == "uploads");
    uploads.map(|count| count[1].as_u64().unwrap()).sum()
}

type Everything =
    (BTreeMap<String, BTreeMap<String, String>>, BTreeMap<String, BTreeMap<String, String>>, Vec<String>, Vec<Receipt>);

/// Tells what differs, and not all that there is.
fn assert_same(restored: &Everything, expected: &Everything) {
    for (restored, expected) in [(&restored.0, &expected.0), (&restored.1, &expected.1)] {
        for (key, item) in expected {
            assert_eq!(restored.get(key), Some(item), "{key}");
        }
        let more: Vec<_> = restored.iter().filter(|(key, _)| !expected.contains_key(*key)).collect();
        assert!(more.is_empty(), "only after the restore: {more:?}");
    }
    assert_eq!(restored.2, expected.2);
    assert_eq!(restored.3, expected.3);
}

async fn everything(test: &TestStack) -> Everything {
    (batches(test).await, of_files(test).await, received(test).await, told(test).await)
}

/// A table without anything, where there was one: as a stack makes it at its first start.
async fn empty_table() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { deliver: false, ..Options::new(folder.path()) };
    assert!(Stack::start(options).await.unwrap().end(Duration::from_secs(60)).await);
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_lost_is_made_of_the_files() {
    let test = TestStack::with_parameters(&[IN_PARTS]).await;
    first_days(&test).await;
    later_days(&test).await;
    let expected = everything(&test).await;
    let empty = empty_table().await;

    let test = test.again(&[IN_PARTS, RESTORED], true, |folder| keep_table(empty.path(), folder)).await;
    assert_eq!(batches(&test).await, BTreeMap::new());
    let passes = driven(&test).await;
    assert_eq!(passes, [expected.0.len() as u64, 0]);
    assert_same(&everything(&test).await, &expected);
}

/// An object as it is copied: with what S3 copies along.
struct Copied {
    bucket: &'static str,
    key: String,
    bytes: Vec<u8>,
    metadata: HashMap<String, String>,
    with_sha256: bool,
}

/// What the buckets of uploads, receipts and reports hold; of uploads every version, the oldest first, or the newest alone.
async fn copied(stack: &Stack, versions: bool) -> Vec<Copied> {
    let s3 = &stack.services.s3;
    let mut found = vec![];
    for bucket in ["IntakeBucket", "ReportsBucket", "LogBucket", "AuditBucket", "UploadsBucket"] {
        let name = stack.resource(bucket);
        let mut places: Vec<(String, Option<String>)> = vec![];
        let mut pages = s3.list_objects_v2().bucket(&name).into_paginator().send();
        while let Some(page) = pages.next().await {
            places.extend(page.unwrap().contents().iter().map(|object| (object.key.clone().unwrap(), None)));
        }
        if versions && bucket == "UploadsBucket" {
            for (key, _) in std::mem::take(&mut places) {
                let listed = s3.list_object_versions().bucket(&name).prefix(&key).send().await.unwrap();
                let of_key = listed.versions().iter().filter(|version| version.key() == Some(&key));
                places.extend(of_key.rev().map(|version| (key.clone(), version.version_id.clone())));
            }
        }
        for (key, version) in places {
            let get = s3.get_object().bucket(&name).key(&key).set_version_id(version);
            let object = get.checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
            let with_sha256 = object.checksum_sha256().is_some();
            let metadata = object.metadata.unwrap_or_default();
            let bytes = object.body.collect().await.unwrap().to_vec();
            found.push(Copied { bucket, key, bytes, metadata, with_sha256 });
        }
    }
    found
}

async fn put_all(stack: &Stack, objects: &[Copied]) {
    for object in objects {
        let put = stack.services.s3.put_object().bucket(stack.resource(object.bucket)).key(&object.key);
        let put = put.set_metadata(Some(object.metadata.clone())).body(object.bytes.clone().into());
        let put = if object.with_sha256 { put.checksum_algorithm(ChecksumAlgorithm::Sha256) } else { put };
        put.send().await.unwrap();
    }
}

fn empty_buckets(folder: &Path) {
    for name in ["s3", "s3.versions"] {
        fs::remove_dir_all(folder.join(name)).unwrap();
    }
    fs::create_dir(folder.join("s3")).unwrap();
}

/// Nobody was told of what was put meanwhile: the buckets had no notifications yet.
fn lose_messages(folder: &Path) {
    for queue in fs::read_dir(folder.join("queues")).unwrap() {
        for message in fs::read_dir(queue.unwrap().path()).unwrap() {
            fs::remove_file(message.unwrap().path()).unwrap();
        }
    }
}

/// Buckets that are copied before they have notifications, and a table that is lost.
async fn moved_without_its_table(test: TestStack, objects: &[Copied]) -> TestStack {
    let empty = empty_table().await;
    let emptied = |folder: &Path| {
        empty_buckets(folder);
        keep_table(empty.path(), folder);
    };
    let test = test.again(&[IN_PARTS, RESTORED], false, emptied).await;
    put_all(&test.stack, objects).await;
    test.again(&[IN_PARTS, RESTORED], true, lose_messages).await
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_that_are_copied_with_all_versions_make_the_table_anew() {
    let test = TestStack::with_parameters(&[IN_PARTS]).await;
    first_days(&test).await;
    later_days(&test).await;
    let expected = everything(&test).await;
    let mut objects = copied(&test.stack, true).await;
    // They are kept for 90 days alone.
    objects.retain(|object| !["chunks/", "parts/", "results/"].iter().any(|gone| object.key.starts_with(gone)));

    let test = moved_without_its_table(test, &objects).await;
    let passes = driven(&test).await;
    assert_eq!(passes, [expected.0.len() as u64, 0]);
    assert_same(&everything(&test).await, &expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_key_of_which_the_newest_file_alone_is_copied_the_others_come_from_their_chunks() {
    let test = TestStack::with_parameters(&[IN_PARTS]).await;
    first_days(&test).await;
    later_days(&test).await;
    let expected = everything(&test).await;
    let objects = copied(&test.stack, false).await;

    let test = moved_without_its_table(test, &objects).await;
    driven(&test).await;
    assert_same(&everything(&test).await, &expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_neither_among_the_files_nor_among_the_chunks_is_told() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), rows("一.csv", 1..4, "警告。"), rows("一.csv", 1..3, "警告，并罚款12500元。")]).await;
    let told = told(&test).await;
    let lost = told.iter().find(|receipt| receipt.key.ends_with("一.csv") && receipt.reading.counts.rows == 3).unwrap();
    let mut objects = copied(&test.stack, false).await;
    objects.retain(|object| !object.key.starts_with("chunks/"));

    let test = moved_without_its_table(test, &objects).await;
    test.stack.run_schedules().await.unwrap();
    test.stack.idle(|_| {}).await;
    let [letter] = &test.stack.dead_letters()[..] else { panic!("one file is lost") };
    assert!(letter.contains(&lost.batch), "{letter}");
    let item = test.batch(&lost.batch).await;
    assert_eq!(item.get("chunks"), None, "it is shown as not taken in: {item:?}");
    assert_eq!(self::told(&test).await, told, "its receipt says what it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_that_are_told_of_are_the_files_that_they_were() {
    let test = TestStack::with_parameters(&[IN_PARTS]).await;
    let issued = first_days(&test).await;
    let expected = everything(&test).await;
    let objects = copied(&test.stack, false).await;
    let until = (test.stack.now() + SignedDuration::from_hours(1)).round(Unit::Second).unwrap().to_string();

    let moved = [IN_PARTS, ("RestoredUntil", until.as_str())];
    let test = test.again(&moved, false, empty_buckets).await;
    let (files, others): (Vec<Copied>, Vec<Copied>) =
        objects.into_iter().partition(|object| object.bucket == "UploadsBucket");
    put_all(&test.stack, &others).await;
    // The bucket of uploads has its notification already: everything that is copied into it is told of.
    let test = test.again(&moved, true, lose_messages).await;
    put_all(&test.stack, &files).await;
    test.stack.idle(|_| {}).await;
    assert_eq!(test.stack.dead_letters(), Vec::<String>::new());
    assert_same(&everything(&test).await, &expected);
    assert_that_it_stands(&test, &issued, ReportStatus::Valid).await;

    // What is sent from then on is sent then: also what was sent before, after another.
    test.pass_days(1);
    let one = rows("一.csv", 1..4, "警告。");
    test.take_in(&[rows("一.csv", 1..6, "警告，并罚款12500元。"), one]).await;
    let further: Vec<String> = told(&test).await.into_iter().map(|receipt| receipt.batch).collect();
    assert_eq!(further.len(), expected.3.len() + 2, "two files more");
}

#[tokio::test(flavor = "multi_thread")]
async fn restored_twice_a_file_is_still_what_it_was_and_in_the_log_once() {
    let kept = tempfile::tempdir().unwrap();
    let test = TestStack::start().await;
    test.take_in(&[register(1), rows("一.csv", 1..3, "警告。")]).await;
    let mut test = test.again(&[], true, |folder| keep_table(folder, kept.path())).await;
    let mut expected = None;
    // The second before the first is done with.
    for until in ["2100-01-01T00:00:00Z", "2100-01-02T00:00:00Z", "2100-01-03T00:00:00Z"] {
        test.take_in(&[rows(&format!("{until}.csv"), 10..13, "警告。")]).await;
        test.stack.run_schedules().await.unwrap();
        test.stack.idle(|_| {}).await;
        expected = Some(everything(&test).await);
        let restored = [("RestoredUntil", until)];
        test = test.again(&restored, true, |folder| keep_table(kept.path(), folder)).await;
    }
    let before = driven(&test).await;
    assert_eq!(before, [3, 0]);
    assert_same(&everything(&test).await, &expected.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_again_before_all_is_restored_counts_again() {
    let kept = tempfile::tempdir().unwrap();
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let test = test.again(&[], true, |folder| keep_table(folder, kept.path())).await;
    let (one, other) = (rows("一.csv", 1..2, "警告。"), rows("一.csv", 1..2, "警告，并罚款12500元。"));
    test.take_in(&[one, other]).await;
    let test = test.again(&[RESTORED], true, |folder| keep_table(kept.path(), folder)).await;
    // The same bucket, and a version that no receipt knows.
    test.take_in(&[rows("一.csv", 1..2, "警告。")]).await;
    driven(&test).await;
    let of_file = told(&test).await.into_iter().filter(|receipt| receipt.key.ends_with("一.csv"));
    assert_eq!(of_file.count(), 3);
    let items = test.registry().await;
    let (_, record) = items.iter().find(|(key, _)| key.contains(" | RECORD#")).unwrap();
    assert!(!record["body"].contains("12500"), "what was sent last counts: {record:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_stays_whatever_the_limits_are_now() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), rows("长.csv", 1..60, "警告。")]).await;
    let (expected, empty) = (told(&test).await, empty_table().await);
    let small = [RESTORED, ("MaxTextBytes", "5000")];
    let test = test.again(&small, true, |folder| keep_table(empty.path(), folder)).await;
    test.stack.run_schedules().await.unwrap();
    test.stack.idle(|_| {}).await;
    assert_eq!(told(&test).await, expected);
    assert_eq!(test.stack.dead_letters().len(), 1, "the file that is too large now is told");

    let test = test.again(&[RESTORED], true, |_| {}).await;
    test.stack.redrive("PartDeadLetterQueue").unwrap();
    test.stack.idle(|_| {}).await;
    assert_eq!(told(&test).await, expected);
    assert_eq!(test.record_ids().await.len(), 59);
}
