//! The embedded S3 and DynamoDB of the local stack in a process of their own, for `.ci/rehearse`: prints as JSON where they are and
//! what they are asked with, then a line for each event that S3 would send, and serves until its input ends.
//!
//! ```text
//! embedded_services <folder> <template.yaml>
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a program for tests")]

use std::path::Path;

use serde_json::{Value, json};
use xinzheng::EmbeddedServices;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("a folder");
    let template = std::fs::read_to_string(arguments.next().expect("a template")).expect("a template");
    let told = |queue: &str, event: String| {
        let event: Value = serde_json::from_str(&event).expect("JSON");
        println!("{}", json!({ "queue": queue, "event": event }));
    };
    let services = EmbeddedServices::start(&template, Path::new(&folder), told).await.expect("services");
    println!(
        "{}",
        json!({
            "s3": services.s3,
            "dynamodb": services.dynamodb,
            "key_id": services.key_id,
            "key_secret": services.key_secret,
        })
    );
    // Its input ends with whoever started it.
    let ended = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
    ended.await.expect("a thread").expect("input");
}
