//! The protocol of DynamoDB, spoken by the embedded database: JSON over HTTP, the operation in a header. The server that
//! comes with the database answers every web page and asks for no signature; this one stands behind the access key.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use axum::routing::post;
use dynoxide::Database;
use dynoxide::errors::DynoxideError;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What operations are called in the header `x-amz-target`: those of tables, those of their streams.
const SERVICES: [&str; 2] = ["DynamoDB_20120810.", "DynamoDBStreams_20120810."];

/// The service of a database.
pub(crate) fn router(database: Database) -> Router {
    // The access key has bounded the body.
    Router::new().route("/", post(answer)).layer(DefaultBodyLimit::disable()).with_state(database)
}

async fn answer(State(database): State<Database>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = SERVICES.iter().find_map(|service| target.strip_prefix(service)).unwrap_or_default();
    let (status, text) = match call(&database, operation, &body) {
        Ok(text) => (StatusCode::OK, text),
        Err(error) => {
            let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST);
            (status, error.to_json())
        }
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/x-amz-json-1.0"));
    response
}

/// Calls an operation of the database by its name, with a request and an answer in JSON.
fn call(database: &Database, operation: &str, body: &[u8]) -> dynoxide::Result<String> {
    match operation {
        "BatchGetItem" => written(database.batch_get_item(read(body)?)),
        "BatchWriteItem" => written(database.batch_write_item(read(body)?)),
        "CreateTable" => written(database.create_table(read(body)?)),
        "DeleteItem" => written(database.delete_item(read(body)?)),
        "DescribeStream" => written(database.describe_stream(read(body)?)),
        "DescribeTable" => written(database.describe_table(read(body)?)),
        "GetItem" => written(database.get_item(read(body)?)),
        "GetRecords" => written(database.get_records(read(body)?)),
        "GetShardIterator" => written(database.get_shard_iterator(read(body)?)),
        "ListStreams" => written(database.list_streams(read(body)?)),
        "PutItem" => written(database.put_item(read(body)?)),
        "Query" => written(database.query(read(body)?)),
        "Scan" => written(database.scan(read(body)?)),
        "TransactGetItems" => written(database.transact_get_items(read(body)?)),
        "TransactWriteItems" => written(database.transact_write_items(read(body)?)),
        "UpdateItem" => written(database.update_item(read(body)?)),
        "UpdateTimeToLive" => written(database.update_time_to_live(read(body)?)),
        other => Err(DynoxideError::ValidationException(format!("the local stack has no operation {other}"))),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> dynoxide::Result<T> {
    serde_json::from_slice(body).map_err(|error| DynoxideError::SerializationException(error.to_string()))
}

fn written<T: Serialize>(answer: dynoxide::Result<T>) -> dynoxide::Result<String> {
    serde_json::to_string(&answer?).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}
