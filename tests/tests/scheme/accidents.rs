//! What befalls a local stack: web pages and programs that come to its embedded services, files of its state that are lost
//! or damaged.

use std::path::Path;
use std::time::Duration;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use reqwest::Response;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use xinzheng::{Options, Stack};
use xinzheng_api::upload;
use xinzheng_tests::{TestStack, penalties, penalty_row, register, sha256, uscc};

/// A page's address that is not the portal's.
const FOREIGN: &str = "https://example.org";

fn allowed_origin(response: &Response) -> Option<&str> {
    response.headers().get("access-control-allow-origin").map(|origin| origin.to_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_answers_the_stack_alone() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let table = test.stack.resource("RegistryTable");
    let scan = json!({ "TableName": table }).to_string();
    let signature = "AWS4-HMAC-SHA256 Credential=xinzheng-local/20251103/cn-north-1/dynamodb/aws4_request, \
                     SignedHeaders=host;x-amz-date;x-amz-target, Signature=00";
    for (authorization, origin) in
        [(None, None), (None, Some(FOREIGN)), (Some(signature), Some(FOREIGN)), (Some(signature), Some("null"))]
    {
        let request = test
            .request("POST", &test.stack.database)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", "DynamoDB_20120810.Scan")
            .header("x-amz-date", "20251103T020000Z")
            .body(scan.clone());
        let request = authorization.into_iter().fold(request, |request, value| request.header("authorization", value));
        let request = origin.into_iter().fold(request, |request, origin| request.header("origin", origin));
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), allowed_origin(&answer)), (403, None), "{authorization:?} {origin:?}");
        assert!(!answer.text().await.unwrap().contains("RECORDS#"));
    }
    let asked_before = test
        .request("OPTIONS", &test.stack.database)
        .header("origin", FOREIGN)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "x-amz-target");
    let answer = asked_before.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), allowed_origin(&answer)), (403, None));

    // A client of its own that knows what earlier stacks were reached with.
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("cn-north-1"))
        .endpoint_url(&test.stack.database)
        .credentials_provider(Credentials::new("xinzheng-local", "xinzheng-local-secret", None, None, "guessed"));
    let guessed = aws_sdk_dynamodb::Client::from_conf(config.build());
    let get = |client: &aws_sdk_dynamodb::Client| {
        let key = |text: &str| AttributeValue::S(text.to_owned());
        client.get_item().table_name(&table).key("pk", key("MATRIX")).key("sk", key("REPORTED")).send()
    };
    let refused = get(&guessed).await.unwrap_err();
    assert_eq!(refused.raw_response().map(|response| response.status().as_u16()), Some(403), "{refused:?}");
    let own = &test.stack.services.dynamodb;
    assert!(get(own).await.is_ok());

    // As large as DynamoDB takes it: ten items of nearly 400 kB.
    let large = (0..10).map(|number| {
        let text = |text: String| AttributeValue::S(text);
        let item = PutRequest::builder()
            .item("pk", text("LARGE".to_owned()))
            .item("sk", text(number.to_string()))
            .item("text", text("x".repeat(400_000)));
        WriteRequest::builder().put_request(item.build().unwrap()).build()
    });
    let written = own.batch_write_item().request_items(&table, large.collect()).send().await.unwrap();
    assert!(written.unprocessed_items.unwrap_or_default().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_for_who_was_given_their_address() {
    let test = TestStack::start().await;
    let portal = test.stack.address.clone();
    let wanted = json!({ "table": "penalty", "file": "一.csv", "bytes": 4, "sha256": sha256(b"a,b\n") });
    let unit = test.unit_token("market-supervision");
    let announced = test.send(test.post("/uploads", &wanted).bearer_auth(&unit)).await;
    assert_eq!(announced.status, 201, "{announced:?}");
    let address = announced.of(&upload::ANNOUNCE).upload;
    let url = address.url.as_str();
    let put = |origin: &str| test.put(&address, b"a,b\n").header("origin", origin);
    let ask_before = |origin: &str| {
        test.request("OPTIONS", url).header("origin", origin).header("access-control-request-method", "PUT")
    };
    for request in [ask_before(FOREIGN), put(FOREIGN), ask_before("null"), put("null")] {
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), allowed_origin(&answer)), (403, None));
    }
    for request in [ask_before(&portal), put(&portal)] {
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), allowed_origin(&answer)), (200, Some(portal.as_str())));
    }
    let unsigned = url.split('?').next().unwrap();
    for origin in [None, Some(FOREIGN), Some(portal.as_str())] {
        let request = test.request("GET", unsigned);
        let request = origin.into_iter().fold(request, |request, origin| request.header("origin", origin));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 403, "{origin:?}");
        assert_ne!(answer.text().await.unwrap(), "a,b\n");
    }

    // A report is downloaded by its address, which a page of another origin cannot read.
    test.take_in(&[register(1)]).await;
    let download = test.issued(uscc(1), &json!({ "purpose": "other" })).await.download.unwrap();
    assert!(test.downloaded(&download).await.starts_with(b"%PDF-"));
    let read = test.request("GET", &download.url).header("origin", FOREIGN);
    let answer = read.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), allowed_origin(&answer)), (403, None));
    assert!(answer.bytes().await.unwrap().is_empty());
}

async fn stack(data: &Path) -> Stack {
    Stack::start(Options::new(data)).await.unwrap()
}

async fn ended(stack: Stack) {
    assert!(stack.end(Duration::from_secs(300)).await);
}

/// The ids of the events that a stack sends until nothing is left to tell.
async fn take_events(stack: &Stack) -> Vec<String> {
    stack.idle(|_| {}).await;
    stack.events.take().iter().map(|event| event.detail["id"].to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_position_all_of_the_stream_is_told_again() {
    let data = tempfile::tempdir().unwrap();
    let first = stack(data.path()).await;
    for file in [register(1), penalties().row(&penalty_row(1, 1)).build()] {
        xinzheng::main_job::upload(&first, &file).await.unwrap();
    }
    let events = take_events(&first).await;
    assert!(events.len() >= 4, "{events:?}");
    ended(first).await;

    let again = stack(data.path()).await;
    assert_eq!(take_events(&again).await, Vec::<String>::new(), "nothing is new");
    ended(again).await;

    let position = data.path().join("notify-position");
    let kept = std::fs::read(&position).unwrap();
    std::fs::remove_file(&position).unwrap();
    let again = stack(data.path()).await;
    assert_eq!(take_events(&again).await, events);
    ended(again).await;
    // Each start has something to say in the public log, of the keys that name its address.
    assert!(std::fs::read(&position).unwrap() >= kept);

    // As a write that was broken off left it in earlier stacks.
    for damaged in [&kept[..7], b"", b"not what a stack wrote"] {
        std::fs::write(&position, damaged).unwrap();
        let error = Stack::start(Options::new(data.path())).await.unwrap_err().to_string();
        assert!(error.contains("notify-position is damaged"), "{error}");
    }
    // Broken off in this stack.
    std::fs::write(&position, &kept).unwrap();
    std::fs::write(data.path().join("notify-position.tmp"), &kept[..7]).unwrap();
    let again = stack(data.path()).await;
    assert_eq!(take_events(&again).await, Vec::<String>::new());
    // Two stacks on one folder.
    let error = Stack::start(Options::new(data.path())).await.unwrap_err().to_string();
    assert!(error.contains("in use by another running stack"), "{error}");
    ended(again).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_slow_to_send_an_object_keeps_nobody_from_others() {
    let test = TestStack::start().await;
    let store = &test.stack.services.s3;
    let bucket = test.stack.resource("IntakeBucket");
    let wanted = json!({ "table": "penalty", "file": "一.csv", "bytes": 4, "sha256": sha256(b"a,b\n") });
    let announced = test.send(test.post("/uploads", &wanted).bearer_auth(test.unit_token("market-supervision"))).await;
    let address = announced.of(&upload::ANNOUNCE).upload;
    let (host, path) = address.url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let headers: String = address.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let mut slow = tokio::net::TcpStream::connect(host).await.unwrap();
    let head =
        format!("PUT /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{headers}content-length: 4\r\n\r\na,b");
    slow.write_all(head.as_bytes()).await.unwrap();

    for number in 0..200 {
        let key = format!("slow/{number}");
        let put = store.put_object().bucket(&bucket).key(&key).body(b"here".to_vec().into());
        put.send().await.unwrap();
        store.get_object().bucket(&bucket).key(&key).send().await.unwrap();
    }
    slow.write_all(b"\n").await.unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
