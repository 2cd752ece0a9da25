//! Every read of an upload is of the version that its event tells of, whatever is stored under its key meanwhile.

use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;
use jiff::Timestamp;
use serde_json::json;
use xinzheng::main_job::{UploadFile, upload};
use xinzheng::{Calls, Options, Stack};
use xinzheng_domain::UploadId;
use xinzheng_store::batch::BatchId;
use xinzheng_store::objects::{Redrive, StoredFile};
use xinzheng_store::versions::StoredVersion;
use xinzheng_tests::ingest_function::{delete, hand_over, ingest_function, orders, receipts_of, store, told, work_on};
use xinzheng_tests::log_function::counted;
use xinzheng_tests::{TestStack, penalties, penalty_row, register, registry_of, sha256, with};

/// Moments at which one and another version were stored.
const FIRST: &str = "2025-11-03T02:00:00.000Z";
const SECOND: &str = "2025-11-03T02:00:01.000Z";
const THIRD: &str = "2025-11-03T02:00:02.000Z";
/// More than a file of these tests has.
const WHOLE: u64 = 1 << 30;

/// A stack that delivers nothing by itself.
async fn still(folder: &tempfile::TempDir) -> Stack {
    Stack::start(Options { deliver: false, ..Options::new(folder.path()) }).await.unwrap()
}

fn file(name: &str, rows: std::ops::Range<u32>, content: &str) -> UploadFile {
    let change = json!({ "处罚内容": content });
    rows.fold(penalties().file(name), |file, n| file.row(&with(&penalty_row(1, n), &change))).build()
}

fn size(file: &UploadFile) -> u64 {
    file.bytes.len() as u64
}

/// The batch that its unit is shown of a key.
async fn shown(stack: &Stack, key: &str) -> String {
    let item = format!("UPLOAD#{} | META", UploadId::of(key));
    registry_of(stack).await.remove(&item).expect("the upload is listed")["batch_id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_replaced_while_it_is_read_in_parts_is_read_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let stack = still(&folder).await;
    let app = ingest_function(&stack, stack.services.clone(), 4_000).await;
    let (one, other) = (file("表.csv", 1..101, "警告。"), file("表.csv", 1..121, "警告，并罚款12500元。"));
    let first = store(&stack, &one).await;
    assert!(hand_over(&app, &told(&stack, &one.key, &first, size(&one), FIRST)).await);
    let planned = orders(&stack).await;
    assert!(planned.len() > 4, "{planned:?}");
    let second = store(&stack, &other).await;
    for order in &planned {
        assert!(work_on(&stack, &app, order).await, "{order}");
    }
    let told_of = receipts_of(&stack, &one.key).await;
    let [receipt] = &told_of[..] else { panic!("{told_of:?}") };
    assert_eq!((receipt.reading.counts.rows, receipt.reading.counts.accepted), (100, 100), "{receipt:?}");
    assert_eq!((receipt.bytes, receipt.sha256.clone()), (size(&one), Some(sha256(&one.bytes))));
    assert_eq!(receipt.refusal, None);

    // The other has its own event, and its own receipt.
    assert!(hand_over(&app, &told(&stack, &one.key, &second, size(&other), SECOND)).await);
    for order in orders(&stack).await {
        assert!(work_on(&stack, &app, &order).await, "{order}");
    }
    let [_, receipt] = &receipts_of(&stack, &one.key).await[..] else { panic!("two receipts") };
    assert_eq!((receipt.reading.counts.rows, receipt.sha256.clone()), (120, Some(sha256(&other.bytes))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_replaced_before_its_event_is_read_counts_before_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let first = still(&folder).await;
    let (one, other) = (file("表.csv", 1..2, "警告。"), file("表.csv", 1..2, "警告，并罚款12500元。"));
    for file in [&register(1), &one, &other] {
        upload(&first, file).await.unwrap();
    }
    first.end(Duration::from_secs(60)).await;
    let again = Stack::start(Options::new(folder.path())).await.unwrap();
    again.idle(|_| {}).await;
    let receipts = receipts_of(&again, &one.key).await;
    let read: Vec<Option<String>> = receipts.iter().map(|receipt| receipt.sha256.clone()).collect();
    assert_eq!(read, [Some(sha256(&one.bytes)), Some(sha256(&other.bytes))], "each its own bytes");
    assert_eq!(shown(&again, &one.key).await, receipts[1].batch, "its unit is shown the later one");
    let items = registry_of(&again).await;
    let (_, record) = items.iter().find(|(key, _)| key.contains(" | RECORD#")).unwrap();
    assert!(record["body"].contains("12500"), "what was sent last counts: {record:?}");
    let history = items.iter().filter(|(key, _)| key.contains("HISTORY") && !key.contains("UPLOAD"));
    assert!(history.into_iter().any(|(_, item)| item.values().any(|text| text.contains("警告。"))), "{items:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_two_versions_come_in_any_order_and_twice() {
    let folder = tempfile::tempdir().unwrap();
    let stack = still(&folder).await;
    let app = ingest_function(&stack, stack.services.clone(), WHOLE).await;
    for (number, order) in [&[0, 1][..], &[1, 0], &[0, 0, 1, 1], &[1, 0, 1, 0], &[0, 1, 0, 1]].into_iter().enumerate() {
        for with_ids in [true, false] {
            let name = format!("{number}-{with_ids}.csv");
            let (one, other) = (file(&name, 1..2, "警告。"), file(&name, 1..4, "警告。"));
            let mut versions = [store(&stack, &one).await, store(&stack, &other).await];
            if !with_ids {
                // As a listing has them.
                versions.iter_mut().for_each(|version| version.id = None);
            }
            let events = [
                told(&stack, &one.key, &versions[0], size(&one), FIRST),
                told(&stack, &one.key, &versions[1], size(&other), SECOND),
            ];
            for which in order {
                assert!(hand_over(&app, &events[*which]).await, "{order:?} {with_ids}");
            }
            let receipts = receipts_of(&stack, &one.key).await;
            let told_of: Vec<_> =
                receipts.iter().map(|it| (it.reading.counts.rows, it.bytes, it.sha256.clone())).collect();
            let of = |file: &UploadFile, rows: u64| (rows, size(file), Some(sha256(&file.bytes)));
            assert_eq!(told_of, [of(&one, 1), of(&other, 3)], "{order:?} {with_ids}");
            assert_eq!(shown(&stack, &one.key).await, receipts[1].batch, "{order:?} {with_ids}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_gone_is_told_of_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let stack = still(&folder).await;
    let app = ingest_function(&stack, stack.services.clone(), WHOLE).await;
    for with_id in [true, false] {
        let name = format!("{with_id}.csv");
        let (one, other) = (file(&name, 1..3, "警告。"), file(&name, 1..4, "警告。"));
        let version = store(&stack, &one).await;
        let later = store(&stack, &other).await;
        delete(&stack, &one.key, &version).await;
        let named = StoredVersion { id: version.id.clone().filter(|_| with_id), ..version };
        let event = told(&stack, &one.key, &named, size(&one), FIRST);
        assert!(hand_over(&app, &told(&stack, &one.key, &later, size(&other), SECOND)).await);
        for _ in 0..2 {
            assert!(hand_over(&app, &event).await, "nobody waits for it");
        }
        let [gone, there] = &receipts_of(&stack, &one.key).await[..] else { panic!("two receipts") };
        let refusal = gone.refusal.as_ref().unwrap();
        assert_eq!(refusal.code, "file-gone");
        assert!(refusal.reason.contains("已被删除或替换") && refusal.hint.contains("重新上传"), "{refusal:?}");
        assert_eq!((gone.sha256.clone(), gone.bytes, gone.chunks), (None, size(&one), 0));
        assert_eq!((there.refusal.clone(), there.reading.counts.rows), (None, 3));
        assert_eq!(shown(&stack, &one.key).await, there.batch);
        let batch = registry_of(&stack).await.remove(&format!("BATCH#{} | META", gone.batch)).unwrap();
        assert_eq!(batch["chunks"], "0");

        // Sent again, as its clerk was told, it counts, and is the one that its unit is shown.
        let again = store(&stack, &one).await;
        let event = told(&stack, &one.key, &again, size(&one), THIRD);
        for _ in 0..2 {
            assert!(hand_over(&app, &event).await);
        }
        let [_, _, again] = &receipts_of(&stack, &one.key).await[..] else { panic!("three receipts") };
        assert_eq!((again.refusal.clone(), again.reading.counts.rows), (None, 2));
        assert_eq!(shown(&stack, &one.key).await, again.batch);
    }
    // What was taken in stands, although its file is gone since.
    let kept = file("留.csv", 1..3, "警告。");
    let version = store(&stack, &kept).await;
    let event = told(&stack, &kept.key, &version, size(&kept), FIRST);
    assert!(hand_over(&app, &event).await);
    let before = receipts_of(&stack, &kept.key).await;
    delete(&stack, &kept.key, &version).await;
    assert!(hand_over(&app, &event).await);
    assert_eq!(receipts_of(&stack, &kept.key).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_goes_while_it_is_read_in_parts_is_told_of_as_read_in_part() {
    let folder = tempfile::tempdir().unwrap();
    let stack = still(&folder).await;
    let app = ingest_function(&stack, stack.services.clone(), 4_000).await;
    for read in [0, 2] {
        let file = file(&format!("{read}.csv"), 1..101, "警告。");
        let version = store(&stack, &file).await;
        let event = told(&stack, &file.key, &version, size(&file), FIRST);
        let before = orders(&stack).await;
        assert!(hand_over(&app, &event).await);
        let planned: Vec<String> = orders(&stack).await.into_iter().filter(|order| !before.contains(order)).collect();
        for order in &planned[..read] {
            assert!(work_on(&stack, &app, order).await);
        }
        delete(&stack, &file.key, &version).await;
        // The event once more, as after a crash: it orders the parts anew.
        assert!(hand_over(&app, &event).await);
        assert_eq!(receipts_of(&stack, &file.key).await, [], "the parts say so");
        for order in planned.iter().chain(&planned) {
            assert!(work_on(&stack, &app, order).await, "nobody waits for it");
        }
        let [receipt] = &receipts_of(&stack, &file.key).await[..] else { panic!("a receipt") };
        let refusal = receipt.refusal.as_ref().unwrap();
        assert_eq!(refusal.code, "file-partly-gone");
        let parts = format!("共{}段，其中{}段没有读到", planned.len(), planned.len() - read);
        assert!(refusal.reason.contains(&parts), "{refusal:?}");
        assert_eq!(receipt.sha256, Some(sha256(&file.bytes)), "it was read once");
        assert_eq!((receipt.reading.counts.accepted > 0, receipt.chunks), (read > 0, read as u32));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_beyond_the_limit_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let stack = still(&folder).await;
    let calls = Calls::default();
    let app = ingest_function(&stack, counted(&stack, &calls), 4_000).await;
    let file = file("大.csv", 1..3, "警告。");
    let put = stack.services.s3.put_object().bucket(stack.resource("UploadsBucket")).key(&file.key);
    let put = put.checksum_algorithm(ChecksumAlgorithm::Sha256).body(ByteStream::from(file.bytes.clone()));
    let stored = put.send().await.unwrap();
    let etag = stored.e_tag().unwrap().trim_matches('"').to_owned();
    let version = StoredVersion { id: stored.version_id().map(str::to_owned), etag };
    for (key, digest) in [(file.key.as_str(), Some(sha256(&file.bytes))), ("uploads/nowhere/大.csv", None)] {
        let version = match digest {
            Some(_) => version.clone(),
            None => store(&stack, &UploadFile { key: key.to_owned(), bytes: b"a".to_vec() }).await,
        };
        let size = (5 << 30) + 1;
        calls.take();
        assert!(hand_over(&app, &told(&stack, key, &version, size, FIRST)).await);
        assert_eq!(calls.take().get("GetObject"), None, "nothing is read");
        let [receipt] = &receipts_of(&stack, key).await[..] else { panic!("a receipt") };
        let refusal = receipt.refusal.as_ref().unwrap();
        assert_eq!((refusal.code.as_str(), receipt.bytes), ("file-too-large", size));
        assert!(refusal.reason.contains("5368709120字节"), "{refusal:?}");
        assert_eq!(receipt.sha256, digest, "as the store has it, or not at all");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_to_take_a_file_in_again_is_about_the_file_that_was_listed() {
    let folder = tempfile::tempdir().unwrap();
    let stack = still(&folder).await;
    let app = ingest_function(&stack, stack.services.clone(), WHOLE).await;
    let (one, other) = (file("表.csv", 1..2, "警告。"), file("表.csv", 1..4, "警告。"));
    let listed = store(&stack, &one).await;
    let at: Timestamp = FIRST.parse().unwrap();
    let file = StoredFile { key: one.key.clone(), etag: listed.etag.clone(), size: size(&one), at };
    let order = Redrive::Stored(file);
    let key = Redrive::key(&BatchId::of(&one.key, &listed.etag));
    let put = stack.services.s3.put_object().bucket(stack.resource("IntakeBucket")).key(&key);
    put.body(serde_json::to_vec(&order).unwrap().into()).send().await.unwrap();
    store(&stack, &other).await;
    assert!(work_on(&stack, &app, &key).await);
    let [receipt] = &receipts_of(&stack, &one.key).await[..] else { panic!("a receipt") };
    assert_eq!((receipt.reading.counts.rows, receipt.sha256.clone()), (1, Some(sha256(&one.bytes))));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_store_keeps_versions_as_s3_does() {
    let test = TestStack::start().await;
    let (s3, bucket) = (&test.stack.services.s3, test.stack.resource("UploadsBucket"));
    let key = "elsewhere/一 二";
    let put = async |text: &str| {
        let put = s3.put_object().bucket(&bucket).key(key).metadata("said", text).body(text.as_bytes().to_vec().into());
        put.send().await.unwrap().version_id().unwrap().to_owned()
    };
    let (one, two) = (put("one").await, put("two").await);
    assert_ne!(one, two);
    let get = async |version: Option<&str>, etag: Option<&str>| {
        let get = s3.get_object().bucket(&bucket).key(key).set_version_id(version.map(str::to_owned));
        match get.set_if_match(etag.map(str::to_owned)).send().await {
            Ok(found) => {
                let (id, said) =
                    (found.version_id.clone().unwrap_or_default(), found.metadata.clone().unwrap_or_default());
                let text = String::from_utf8(found.body.collect().await.unwrap().to_vec()).unwrap();
                assert_eq!(said["said"], text);
                Ok((id, text))
            }
            Err(error) => Err(error.raw_response().unwrap().status().as_u16()),
        }
    };
    let found = |id: &str, text: &str| Ok((id.to_owned(), text.to_owned()));
    assert_eq!(get(None, None).await, found(&two, "two"));
    assert_eq!(get(Some(&one), None).await, found(&one, "one"));
    assert_eq!(get(Some("nothing"), None).await, Err(404));
    let etag = |text: &str| format!("\"{}\"", hex_md5(text));
    assert_eq!(get(None, Some(&etag("two"))).await, found(&two, "two"));
    assert_eq!(get(None, Some(&etag("one"))).await, Err(412));
    assert_eq!(get(Some(&one), Some(&etag("one"))).await, found(&one, "one"));
    let listed = async || {
        let list = s3.list_object_versions().bucket(&bucket).prefix(key).send().await.unwrap();
        let told = |version: &aws_sdk_s3::types::ObjectVersion| {
            let etag = version.e_tag().unwrap_or_default().to_owned();
            (version.version_id().unwrap().to_owned(), version.is_latest(), version.size(), etag)
        };
        list.versions().iter().map(told).collect::<Vec<_>>()
    };
    let told = |id: &str, latest, text| (id.to_owned(), Some(latest), Some(3), etag(text));
    assert_eq!(listed().await, [told(&two, true, "two"), told(&one, false, "one")]);

    // What is refused leaves all as it was.
    let refused = s3.put_object().bucket(&bucket).key(key).checksum_sha256("AAAA").body(b"bad".to_vec().into());
    assert!(refused.send().await.is_err());
    assert_eq!(get(None, None).await, found(&two, "two"));
    assert_eq!(listed().await.len(), 2);

    // Deleted, it is gone from sight; a version that is named is gone for ever.
    s3.delete_object().bucket(&bucket).key(key).send().await.unwrap();
    assert_eq!((get(None, None).await, get(Some(&two), None).await), (Err(404), found(&two, "two")));
    s3.delete_object().bucket(&bucket).key(key).version_id(&two).send().await.unwrap();
    assert_eq!(get(Some(&two), None).await, Err(404));
    let three = put("three").await;
    s3.delete_object().bucket(&bucket).key(key).version_id(&three).send().await.unwrap();
    assert_eq!(get(None, None).await, found(&one, "one"), "the one before it is the newest again");
}

fn hex_md5(text: &str) -> String {
    // Of the texts of this test, as any tool tells them.
    match text {
        "one" => "f97c5d29941bfb1b2fdab0874906ab82",
        "two" => "b8a9f715dbb64fd5c56e7783c6820a61",
        other => panic!("{other}"),
    }
    .to_owned()
}
