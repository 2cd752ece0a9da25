//! Changes that cannot be told: each is found out, kept and told when the reason is mended; those around it are told all the same, and
//! the copy of the audit has all of them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use xinzheng_tests::TestStack;

/// The queue of what stays untold.
const DEAD_LETTERS: &str = "NotifyDeadLetterQueue";

/// The sort key of an entry of the audit, by its number.
fn sort_key(number: usize) -> String {
    format!("2025-11-03T02:00:00.{number:06}Z#upload.received#b{number}")
}

/// Puts an entry of the audit that others hear of, with this text in its event.
async fn put(test: &TestStack, number: usize, text: &str) {
    let attribute = |text: &str| AttributeValue::S(text.to_owned());
    let event = json!({ "number": number, "text": text }).to_string();
    let put = test.stack.services.dynamodb.put_item().table_name(test.stack.resource("RegistryTable"));
    let put = put.item("pk", attribute("AUDIT#tax#2025-11")).item("sk", attribute(&sort_key(number)));
    put.item("result", attribute("done")).item("event", attribute(&event)).send().await.unwrap();
}

/// The numbers of the entries that were told, with how often; a repetition has the same id and says the same.
fn told(test: &TestStack) -> BTreeMap<u64, usize> {
    let mut by_id: BTreeMap<String, (Value, usize)> = BTreeMap::new();
    for event in test.stack.events.take().into_iter().filter(|event| event.detail.get("number").is_some()) {
        let id = event.detail["id"].as_str().unwrap().to_owned();
        let (known, times) = by_id.entry(id).or_insert_with(|| (event.detail.clone(), 0));
        assert_eq!(*known, event.detail);
        *times += 1;
    }
    let numbered = by_id.into_values().map(|(detail, times)| (detail["number"].as_u64().unwrap(), times));
    numbered.collect()
}

async fn object(test: &TestStack, bucket: &str, key: &str) -> Vec<u8> {
    let get = test.stack.services.s3.get_object().bucket(test.stack.resource(bucket)).key(key);
    get.send().await.unwrap().body.collect().await.unwrap().to_vec()
}

/// The numbers of the entries that the copy of the audit has.
async fn copied(test: &TestStack) -> BTreeSet<u64> {
    let list = test.stack.services.s3.list_objects_v2().bucket(test.stack.resource("AuditBucket")).prefix("audit/");
    let mut numbers = BTreeSet::new();
    for key in list.send().await.unwrap().contents().iter().filter_map(|object| object.key()) {
        let lines = String::from_utf8(object(test, "AuditBucket", key).await).unwrap();
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        numbers.extend(lines.filter_map(|line| line.pointer("/event/number")?.as_u64()));
    }
    numbers
}

/// The numbers of the changes that are kept in the object that a dead letter names.
async fn kept(test: &TestStack, letter: &str) -> Vec<u64> {
    let letter: Value = serde_json::from_str(letter).unwrap();
    let key = letter.pointer("/Records/0/s3/object/key").unwrap().as_str().unwrap();
    let invocation: Value = serde_json::from_slice(&object(test, "IntakeBucket", key).await).unwrap();
    let payload: Value = serde_json::from_str(invocation["payload"].as_str().unwrap()).unwrap();
    let of = |record: &Value| {
        let event = record.pointer("/dynamodb/NewImage/event/S").unwrap().as_str().unwrap();
        serde_json::from_str::<Value>(event).unwrap()["number"].as_u64().unwrap()
    };
    payload["Records"].as_array().unwrap().iter().map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_is_found_out_among_innocents_kept_and_told_later() {
    let test = TestStack::start().await;
    test.stack.events.refuse(Some("poison"));
    let poisons = [37_u64, 120];
    let entries = async {
        for number in 0..150 {
            put(&test, number, if poisons.contains(&(number as u64)) { "poison" } else { "" }).await;
        }
    };
    test.stack.hold_changes(entries).await;
    test.stack.idle(|_| {}).await;
    let all: BTreeSet<u64> = (0..150).collect();
    let innocents: BTreeSet<u64> = all.iter().copied().filter(|number| !poisons.contains(number)).collect();
    assert_eq!(told(&test).into_keys().collect::<BTreeSet<_>>(), innocents, "all others are told");
    assert_eq!(copied(&test).await, all, "the copy of the audit lacks nothing");
    let letters = test.stack.dead_letters();
    let mut found = vec![];
    for letter in &letters {
        found.push(kept(&test, letter).await);
    }
    found.sort_unstable();
    assert_eq!(found, [[37], [120]], "each by itself");

    // Sent again in vain, they are there again; mended, they are told.
    assert_eq!(test.stack.redrive(DEAD_LETTERS).unwrap(), 2);
    test.stack.idle(|_| {}).await;
    assert_eq!((told(&test).len(), test.stack.dead_letters().len()), (0, 2));
    test.stack.events.refuse(None);
    assert_eq!(test.stack.redrive(DEAD_LETTERS).unwrap(), 2);
    test.stack.idle(|_| {}).await;
    assert_eq!(told(&test), BTreeMap::from([(37, 1), (120, 1)]));
    assert_eq!(test.stack.dead_letters(), Vec::<String>::new());
    assert_eq!(copied(&test).await, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_before_a_refused_event_is_sent_once() {
    let test = TestStack::start().await;
    test.stack.events.refuse(Some("poison"));
    let entries = async {
        for (number, text) in ["", "", "poison"].into_iter().enumerate() {
            put(&test, number, text).await;
        }
    };
    test.stack.hold_changes(entries).await;
    test.stack.idle(|_| {}).await;
    assert_eq!(told(&test), BTreeMap::from([(0, 1), (1, 1)]), "however often the other is tried");
    assert_eq!(test.stack.dead_letters().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_too_large_has_no_other_refused() {
    let test = TestStack::start().await;
    let entries = async {
        for number in 0..12 {
            put(&test, number, &if number == 5 { "x".repeat(300_000) } else { String::new() }).await;
        }
    };
    test.stack.hold_changes(entries).await;
    test.stack.idle(|_| {}).await;
    let others: Vec<u64> = (0..12).filter(|number| *number != 5).collect();
    assert_eq!(told(&test).into_keys().collect::<Vec<_>>(), others);
    assert_eq!(kept(&test, &test.stack.dead_letters()[0]).await, [5]);
    assert_eq!(copied(&test).await, (0..12).collect());
}

/// As Lambda keeps an invocation whose batch was never halved: one that timed out, or whose changes have grown too old.
#[tokio::test(flavor = "multi_thread")]
async fn of_several_changes_that_were_given_up_together_one_keeps_no_other_back() {
    let test = TestStack::start().await;
    test.stack.events.refuse(Some("poison"));
    let change = |number: usize| {
        let text = if number == 0 { "poison" } else { "" };
        let event = json!({ "number": number, "text": text }).to_string();
        let keys = json!({ "pk": { "S": "AUDIT#tax#2025-11" }, "sk": { "S": sort_key(number) } });
        let mut image = keys.clone();
        image["event"] = json!({ "S": event });
        json!({
            "eventID": number.to_string(), "eventName": "INSERT", "eventSource": "aws:dynamodb",
            "dynamodb": { "Keys": keys, "NewImage": image, "SequenceNumber": format!("{number:021}") },
        })
    };
    let mut invocation: Value = serde_json::from_str(include_str!("../../../events/given-up-changes.json")).unwrap();
    invocation["payload"] = json!(json!({ "Records": (0..3).map(change).collect::<Vec<_>>() }).to_string());
    let key = "aws/lambda/0b1c2d3e/shardId-1/2025/11/03/2025-11-03T04.00.00-0a1b2c3d";
    let put = test.stack.services.s3.put_object().bucket(test.stack.resource("IntakeBucket")).key(key);
    put.body(invocation.to_string().into_bytes().into()).send().await.unwrap();
    test.stack.idle(|_| {}).await;
    assert_eq!(told(&test).into_keys().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(copied(&test).await, (0..3).collect());
    let letters = test.stack.dead_letters();
    assert!(letters.len() == 1 && letters[0].contains("0a1b2c3d"), "{letters:?}");
    test.stack.events.refuse(None);
    assert_eq!(test.stack.redrive(DEAD_LETTERS).unwrap(), 1);
    test.stack.idle(|_| {}).await;
    assert_eq!(
        told(&test).into_keys().collect::<Vec<_>>(),
        [0, 1, 2],
        "those that were told come again, by the same ids"
    );
}
