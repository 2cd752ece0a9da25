//! The function `ingest` by itself, on a stack that does not deliver: what it is told, and when, is the test's.

use aws_sdk_s3::primitives::ByteStream;
use serde_json::{Value, json};
use xinzheng::Stack;
use xinzheng::main_job::UploadFile;
use xinzheng_intake::Receipt;
use xinzheng_runtime::environment::Environment;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::secrets::Secrets;
use xinzheng_runtime::{Clock, Metrics, Services};
use xinzheng_store::versions::StoredVersion;

/// The function on a stack's table and buckets, through these clients; parts of long files have so many bytes.
pub async fn ingest_function(stack: &Stack, services: Services, part_bytes: u64) -> xinzheng_ingest::App {
    let variables = [
        ("TABLE_NAME", stack.resource("RegistryTable")),
        ("UPLOADS_BUCKET", stack.resource("UploadsBucket")),
        ("INTAKE_BUCKET", stack.resource("IntakeBucket")),
        ("CHUNK_ROWS", "1000".to_owned()),
        ("PART_BYTES", part_bytes.to_string()),
        ("MAX_TEXT_BYTES", "5368709120".to_owned()),
        ("MAX_HELD_BYTES", "67108864".to_owned()),
        ("MAX_UNPACKED_BYTES", "1073741824".to_owned()),
        ("MAX_ROW_BYTES", "1048576".to_owned()),
    ];
    let start = Start {
        environment: Environment::of(variables.map(|(name, value)| (name.to_owned(), value))),
        services,
        secrets: Secrets::given([("PERSON_KEY_SECRET".to_owned(), "0123456789abcdef".repeat(2))].into()),
        clock: Clock::system(),
        metrics: Metrics::of(|_| {}),
        sdk: aws_config::SdkConfig::builder().build(),
    };
    xinzheng_ingest::App::load(start).await.unwrap()
}

/// Stores a file under its key, and says which version of it that is.
pub async fn store(stack: &Stack, file: &UploadFile) -> StoredVersion {
    let put = stack.services.s3.put_object().bucket(stack.resource("UploadsBucket")).key(&file.key);
    let stored = put.body(ByteStream::from(file.bytes.clone())).send().await.unwrap();
    let etag = stored.e_tag().unwrap().trim_matches('"').to_owned();
    StoredVersion { id: Some(stored.version_id().expect("the bucket keeps versions").to_owned()), etag }
}

/// Deletes a version for ever.
pub async fn delete(stack: &Stack, key: &str, version: &StoredVersion) {
    let delete = stack.services.s3.delete_object().bucket(stack.resource("UploadsBucket")).key(key);
    delete.version_id(version.id.as_deref().unwrap()).send().await.unwrap();
}

/// What S3 tells of a stored file, as it stands in its queue.
pub fn told(stack: &Stack, key: &str, version: &StoredVersion, size: u64, at: &str) -> Value {
    event(&stack.resource("UploadsBucket"), key, (version, size), at)
}

fn event(bucket: &str, key: &str, (version, size): (&StoredVersion, u64), at: &str) -> Value {
    let encoded: String = url_encoded(key);
    let mut object = json!({ "key": encoded, "size": size, "eTag": version.etag, "sequencer": "00" });
    if let Some(id) = &version.id {
        object["versionId"] = json!(id);
    }
    json!({ "Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "cn-north-1", "eventTime": at,
        "eventName": "ObjectCreated:Put", "userIdentity": { "principalId": "AWS:LOCAL" },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": { "x-amz-request-id": "LOCAL", "x-amz-id-2": "LOCAL" },
        "s3": {
            "s3SchemaVersion": "1.0", "configurationId": "local",
            "bucket": { "name": bucket, "ownerIdentity": { "principalId": "LOCAL" }, "arn": format!("arn:aws-cn:s3:::{bucket}") },
            "object": object,
        },
    }] })
}

fn url_encoded(key: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    key.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Hands an event over; true when the function is done with it.
pub async fn hand_over(app: &xinzheng_ingest::App, event: &Value) -> bool {
    let message = json!({ "messageId": "1", "body": event.to_string() });
    let batch = serde_json::from_value(json!({ "Records": [message] })).unwrap();
    xinzheng_ingest::handle(app, batch).await.batch_item_failures.is_empty()
}

/// The keys of the orders for parts that there are, in their order.
pub async fn orders(stack: &Stack) -> Vec<String> {
    let list = stack.services.s3.list_objects_v2().bucket(stack.resource("IntakeBucket")).prefix("parts/");
    let list = list.send().await.unwrap();
    list.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
}

/// Has an order worked on; true when the function is done with it.
pub async fn work_on(stack: &Stack, app: &xinzheng_ingest::App, order: &str) -> bool {
    let version = StoredVersion { id: None, etag: "0".repeat(32) };
    let event = event(&stack.resource("IntakeBucket"), order, (&version, 1), "2025-11-03T02:00:00.000Z");
    hand_over(app, &event).await
}

/// The receipts about a key.
pub async fn receipts_of(stack: &Stack, key: &str) -> Vec<Receipt> {
    let mut receipts = xinzheng::main_job::receipts(stack).await.unwrap();
    receipts.retain(|receipt| receipt.key == key);
    receipts.sort_by_key(|receipt| receipt.stored_at);
    receipts
}
