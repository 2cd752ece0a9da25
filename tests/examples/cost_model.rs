//! What a report, a verification and a record cost at list price: calls, sizes and milliseconds are measured over the local
//! stack, prices are the constants below and in `prices`.
//!
//! ```text
//! cargo run --release -p xinzheng-tests --example cost_model
//! ```
//!
//! Prints a row of a table for each: yuan for a million of them, by service. The milliseconds hold the embedded S3's and
//! DynamoDB's work, which on AWS is waiting; memory is that of the template.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a measuring program"
)]

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::json;
use xinzheng_api::report;
use xinzheng_domain::ReportStatus;
use xinzheng_tests::prices::{DOLLAR, GETS, PUTS, READS, WRITES};
use xinzheng_tests::{TestStack, penalties, penalty_row, register, uscc};

/// A million invocations of Lambda, and a GB-second.
const INVOCATIONS: f64 = 0.20 * DOLLAR;
const GB_SECOND: f64 = 0.000_016_666_7 * DOLLAR;
/// A million requests of an HTTP API.
const REQUESTS: f64 = 1.00 * DOLLAR;
/// A million messages through SQS, each sent, received and deleted.
const MESSAGES: f64 = 3.0 * 0.40 * DOLLAR;
/// A million signatures of an elliptic curve key in KMS.
const SIGNATURES: f64 = 15.00 * DOLLAR;
/// Rows of the upload.
const ROWS: u32 = 500;
/// Reports and verifications.
const ROUNDS: u32 = 50;

type Items = BTreeMap<String, BTreeMap<String, String>>;

/// Write units of what differs: a unit for each KiB of an item, twice in a transaction, and again in each index that has it.
fn units(before: &Items, after: &Items, transacted: bool) -> f64 {
    let size = |key: &str, item: &BTreeMap<String, String>| {
        key.len() + item.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
    };
    let changed = after.iter().filter(|(key, item)| before.get(*key) != Some(*item));
    changed
        .map(|(key, item)| {
            let whole = size(key, item).div_ceil(1024) as f64 * if transacted { 2.0 } else { 1.0 };
            // The index has less than a KiB of a record.
            whole + if item.contains_key("decided") { 1.0 } else { 0.0 }
        })
        .sum()
}

/// Of how many SDK calls.
fn of(calls: &BTreeMap<String, usize>, names: &[&str]) -> f64 {
    names.iter().filter_map(|name| calls.get(*name)).sum::<usize>() as f64
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// What one of something takes.
#[derive(Default)]
struct Taken {
    milliseconds: f64,
    /// Memory of the function, in GB.
    gigabytes: f64,
    invocations: f64,
    read_units: f64,
    write_units: f64,
    puts: f64,
    gets: f64,
    /// Yuan for a million of what else it takes.
    other: f64,
}

impl Taken {
    /// A row of the table: yuan for a million, by service.
    fn print(&self, name: &str) {
        let seconds_of_a_million = self.milliseconds * 1000.0;
        let lambda = INVOCATIONS * self.invocations + seconds_of_a_million * self.gigabytes * GB_SECOND;
        let dynamodb = self.read_units * READS + self.write_units * WRITES;
        let s3 = self.puts * PUTS + self.gets * GETS;
        let sum = lambda + dynamodb + s3 + self.other;
        println!(
            "| {name} | {:.2} | {:.2} | {:.2} | {lambda:.1} | {dynamodb:.1} | {s3:.1} | {:.1} | {sum:.0} |",
            self.milliseconds, self.write_units, self.read_units, self.other,
        );
    }
}

#[tokio::main]
async fn main() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), register(2)]).await;
    println!("| a million | ms | write units | read units | Lambda | DynamoDB | S3 | other | yuan |");
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");

    // Ten records of the one whose reports are measured, and an upload of another's.
    test.take_in(&[(1..=10).fold(penalties().file("十.csv"), |rows, n| rows.row(&penalty_row(1, n))).build()]).await;
    let before = test.registry().await;
    test.stack.calls.take();
    let upload = (1..=ROWS).fold(penalties(), |rows, n| rows.row(&penalty_row(2, n))).build();
    let start = Instant::now();
    test.take_in(&[upload]).await;
    let ms = start.elapsed().as_secs_f64() * 1000.0 / f64::from(ROWS);
    let calls = test.stack.calls.take();
    let each = |count: f64| count / f64::from(ROWS);
    let records = Taken {
        milliseconds: ms,
        gigabytes: 1.0,
        // Two messages and invocations an upload of one chunk: its own and its chunk's.
        invocations: each(2.0),
        write_units: each(units(&before, &test.registry().await, false)),
        puts: each(of(&calls, &["PutObject"]) + 1.0),
        gets: each(of(&calls, &["GetObject"])),
        other: each(2.0) * MESSAGES,
        ..Taken::default()
    };
    records.print("records, in uploads of 500");

    let (mut of_report, mut of_verification) = (vec![], vec![]);
    let (mut report_calls, mut verification_calls) = (BTreeMap::new(), BTreeMap::new());
    let (mut report_writes, mut verification_writes) = (0.0, 0.0);
    for round in 0..=ROUNDS {
        let before = test.registry().await;
        test.stack.calls.take();
        let start = Instant::now();
        let report = test.report(uscc(1), &json!({ "purpose": "financial" })).await;
        let took = start.elapsed().as_secs_f64() * 1000.0;
        report_calls = test.stack.calls.take();
        let between = test.registry().await;
        let code = report.of(&report::ISSUE).opened.report.code;
        test.stack.calls.take();
        let start = Instant::now();
        assert_eq!(test.verified(code).await.status, ReportStatus::Valid);
        let verified = start.elapsed().as_secs_f64() * 1000.0;
        verification_calls = test.stack.calls.take();
        if round > 0 {
            of_report.push(took);
            of_verification.push(verified);
        }
        report_writes = units(&before, &between, true);
        verification_writes = units(&between, &test.registry().await, false);
    }
    // Ten records are read as a Query of 4 KiB units; keys and codes are one unit each.
    let records = test
        .registry()
        .await
        .into_iter()
        .filter(|(_, item)| item.contains_key("decided") && item.get("subject") == Some(&uscc(1).to_string()));
    let bytes: usize = records.map(|(key, item)| key.len() + item.values().map(String::len).sum::<usize>()).sum();
    let read = bytes.div_ceil(4096) as f64;
    let reports = Taken {
        milliseconds: median(of_report),
        gigabytes: 1.0,
        invocations: 1.0,
        read_units: of(&report_calls, &["GetItem"]) + read,
        write_units: report_writes,
        puts: of(&report_calls, &["PutObject"]),
        other: REQUESTS + SIGNATURES,
        ..Taken::default()
    };
    reports.print("reports of ten records");
    let verifications = Taken {
        milliseconds: median(of_verification),
        gigabytes: 0.25,
        invocations: 1.0,
        read_units: of(&verification_calls, &["GetItem"]) + read,
        write_units: verification_writes,
        other: REQUESTS,
        ..Taken::default()
    };
    verifications.print("verifications of these");
}
