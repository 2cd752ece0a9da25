//! Backfill: what was uploaded and missed is driven again, one run at a time, from where the last one stopped; and the matrix
//! of units and months (R8).

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use xinzheng::main_job::{UploadFile, receipts, upload};
use xinzheng::{Options, Stack};
use xinzheng_runtime::Clock;
use xinzheng_tests::{TestStack, penalties, penalty_row, register, registry_of, with};

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

async fn progress(stack: &Stack) -> Value {
    let claims = json!({ "role": "operator", "sub": "operator-1" });
    let token = stack.issuer.token(claims.as_object().unwrap(), Timestamp::now()).unwrap();
    let client = reqwest::Client::new();
    let answer = client.get(format!("{}/backfill", stack.address)).bearer_auth(token).send().await.unwrap();
    answer.json().await.unwrap()
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
    assert_eq!((&told["state"], &told["pass"], &told["last_driven_again"]), (&json!("idle"), &json!(1), &json!(3)));

    // What is closed is left alone.
    again.run_schedules().await.unwrap();
    let told = progress(&again).await;
    assert_eq!((&told["pass"], &told["last_seen"], &told["last_driven_again"]), (&json!(2), &json!(3), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_that_were_never_indexed_are_driven_again() {
    let folder = tempfile::tempdir().unwrap();
    let first = stack(folder.path(), true).await;
    for file in files() {
        upload(&first, &file).await.unwrap();
    }
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
    assert_eq!(progress(&first).await["last_driven_again"], 1);
    let records = registry_of(&first).await.into_keys().filter(|key| key.contains(" | RECORD#")).count();
    assert_eq!(records, 80);
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
    let passes = told["pass"].as_u64().unwrap();
    assert!((1..=3).contains(&passes) && told["last_seen"] == json!(1), "{told}");
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
    let matrix = test.send(test.get("/backfill/matrix").bearer_auth(test.operator_token())).await.body;
    let rows = matrix["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 32, "every unit of annex 2");
    let own = test.send(test.get("/backfill/matrix").bearer_auth(test.unit_token("market-supervision"))).await.body;
    assert_eq!(own["rows"].as_array().unwrap().len(), 1);
    let cells = own["rows"][0]["cells"].as_array().unwrap();
    let states: Vec<(&str, &str)> =
        cells.iter().rev().take(5).map(|c| (c["month"].as_str().unwrap(), c["state"].as_str().unwrap())).collect();
    let expected = [
        ("2025-11", "missing"),
        ("2025-10", "declared-zero"),
        ("2025-09", "partial"),
        ("2025-08", "complete"),
        ("2025-07", "missing"),
    ];
    assert_eq!(states, expected);
    assert_eq!((cells.len(), &cells[0]["month"]), (40, &json!("2022-08")));
}
