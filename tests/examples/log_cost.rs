//! What the public log costs: calls and yuan for a million entries, by how many come together, and how soon an entry is in it.
//!
//! ```text
//! cargo run --release -p xinzheng-tests --example log_cost
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a measuring program"
)]

use std::collections::BTreeMap;
use std::time::Instant;

use jiff::Timestamp;
use xinzheng::{Calls, Options, Stack};
use xinzheng_store::Registry;
use xinzheng_tests::prices::{GETS, PUTS, READS, WRITES};
use xinzheng_tests::{log_function, public_log};
use xinzheng_tlog::Fact;

/// Write units of an entry in the transaction that it comes with: its item has less than a KiB, and counts twice there.
const PUT_UNITS: f64 = 2.0;

fn of(calls: &BTreeMap<String, usize>, name: &str) -> f64 {
    calls.get(name).copied().unwrap_or(0) as f64
}

#[tokio::main]
async fn main() {
    let (folder, ledger) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let stack = Stack::start(Options { deliver: false, ..Options::new(folder.path()) }).await.unwrap();
    let witness = log_function::witness(ledger.path()).await;
    let calls = Calls::default();
    let log = log_function::log_function(&stack, &witness, log_function::counted(&stack, &calls)).await;
    let registry = Registry::new(stack.services.dynamodb.clone(), stack.resource("RegistryTable"));
    xinzheng_log::run(&log).await.unwrap();
    let mut number = 0;
    println!(
        "| entries a head | ms | DynamoDB: reads, writes | S3: GET, PUT | proof, bytes | yuan for a million entries |"
    );
    println!("|--:|--:|--:|--:|--:|--:|");
    for batch in [1_u32, 10, 90, 900] {
        // A transaction takes a hundred.
        for part in (0..batch).step_by(90) {
            let facts: Vec<Fact> = (part..batch.min(part + 90))
                .map(|_| {
                    number += 1;
                    Fact::ReportWithdrawn { number: format!("CZXY-20261129-{number:08}"), at: Timestamp::now() }
                })
                .collect();
            let before = registry.announced_keys().await.unwrap();
            let after = format!("[] {number}");
            assert!(registry.announce_keys(before.as_deref(), &after, &facts, Timestamp::now()).await.unwrap());
        }
        calls.take();
        let began = Instant::now();
        xinzheng_log::run(&log).await.unwrap();
        let took = began.elapsed().as_secs_f64() * 1000.0;
        let made = calls.take();
        // A withdrawal marks nothing: what is marked takes an UpdateItem more.
        let reads = of(&made, "GetItem") + of(&made, "Query");
        let writes = of(&made, "UpdateItem") + of(&made, "DeleteItem") + of(&made, "PutItem") + f64::from(batch);
        let (gets, puts) = (of(&made, "GetObject"), of(&made, "PutObject"));
        let published = public_log::published(&stack);
        let size = published.checkpoint().await.unwrap().unwrap().size();
        let proof = published.proof(size - 1).await.unwrap().unwrap().to_bytes().len();
        let head = reads * READS + writes * WRITES + gets * GETS + puts * PUTS;
        let each = head / f64::from(batch) + PUT_UNITS * WRITES;
        println!("| {batch} | {took:.0} | {reads:.0}, {writes:.0} | {gets:.0}, {puts:.0} | {proof} | {each:.0} |");
    }
}
