//! Whether a report and a verification cost more in a larger city: loads 1, 10 and 100 thousand subjects with ten records each
//! into the embedded store, and asks for reports and verifications at each size.
//!
//! ```text
//! cargo run --release -p xinzheng-tests --example scale -- [SUBJECTS…]
//! ```
//!
//! Prints a row of a table for each size: subjects, records, SDK calls of a report and of a verification, and their median
//! times in milliseconds over the local stack. Sizes are the numbers given, or 1000 10000 100000.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a measuring program"
)]

use std::time::Instant;

use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::{Value, json};
use xinzheng_api::report;
use xinzheng_domain::{
    DocumentNumber, Entry, RecordId, RecordKind, ReportStatus, SourcePosition, SubjectId, UnitCode, Uscc,
};
use xinzheng_store::Registry;
use xinzheng_tests::{NOW, TestStack};

/// Records of each subject.
const RECORDS: u32 = 10;
/// Writes side by side.
const AT_ONCE: usize = 64;
/// Reports and verifications at each size.
const ROUNDS: u32 = 50;

fn subject(number: u32) -> Uscc {
    Uscc::compose("91140403", &format!("{number:08}")).expect("a made-up code")
}

fn id(number: u32, document: &str) -> RecordId {
    let document = DocumentNumber::parse(document).expect("a document number");
    let unit = UnitCode::parse("market-supervision").expect("a unit of annex 2");
    RecordId::of(RecordKind::Penalty, unit, &document, &SubjectId::Organisation(subject(number)), None)
}

/// What is written of a subject: its entry in the register and its records.
fn entries(number: u32) -> Vec<Value> {
    let uscc = subject(number);
    let name = format!("长治市虚构{number}号商贸有限公司");
    let profile = json!({ "entry": "subject", "value": {
        "uscc": uscc, "name": name, "register_type": "enterprise", "legal_representative": "甲某",
        "authority": "潞州区市场监督管理局", "division": "140403", "established": "2020-01-02", "status": "active",
    } });
    let record = |record: u32| {
        let document = format!("晋虚市监罚〔2024〕{number}-{record}号");
        json!({ "entry": "record", "value": {
            "id": id(number, &document), "unit": "market-supervision", "domain": 1 + record % 39,
            "subject": { "id": uscc, "name": name, "subject_type": "organisation" },
            "document": document,
            "decided": format!("2024-{:02}-{:02}", 1 + record % 12, 1 + number % 28),
            "authority": { "name": "长治市市场监督管理局", "uscc": subject(0) },
            "details": {
                "kind": "penalty", "violation": "虚构的违法行为", "facts": "经营虚构食品，货值金额500元。",
                "basis": "《虚构食品办法》第一条", "categories": ["警告", "罚款"], "content": "警告，并罚款12500元。",
                "fine": "1.2500", "source_unit": { "name": "长治市市场监督管理局", "uscc": subject(0) },
            },
        } })
    };
    std::iter::once(profile).chain((0..RECORDS).map(record)).collect()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[tokio::main]
async fn main() {
    let mut sizes: Vec<u32> =
        std::env::args().skip(1).map(|size| size.parse().expect("SUBJECTS is a number")).collect();
    if sizes.is_empty() {
        sizes = vec![1000, 10_000, 100_000];
    }
    let test = TestStack::start().await;
    let registry = &Registry::new(test.stack.services.dynamodb.clone(), test.stack.resource("RegistryTable"));
    let at: Timestamp = NOW.parse().expect("a time");
    println!("| subjects | records | calls of a report | ms | calls of a verification | ms |");
    println!("|---:|---:|---|---:|---|---:|");
    let mut loaded = 0;
    for size in sizes {
        let started = Instant::now();
        stream::iter(loaded..size)
            .for_each_concurrent(AT_ONCE, |number| async move {
                for (row, entry) in (1..).zip(entries(number)) {
                    let entry: Entry<'_> = serde_json::from_value(entry).expect("a made-up entry");
                    let batch = format!("{number:032x}");
                    let sender = UnitCode::parse("market-supervision").expect("a unit of annex 2");
                    registry
                        .apply(&entry, &SourcePosition::new(at, &batch, row), at, sender)
                        .await
                        .expect("it is written");
                }
            })
            .await;
        // What the stream still tells of is not to run beside.
        test.stack.idle(|_| {}).await;
        eprintln!("loaded {} subjects in {:.0} s", size - loaded, started.elapsed().as_secs_f64());
        loaded = size;
        let (mut reports, mut verifications) = (vec![], vec![]);
        let (mut of_report, mut of_verification) = (String::new(), String::new());
        for round in 0..=ROUNDS {
            // Subjects from all over.
            let one = subject(round.wrapping_mul(2_654_435_761) % size);
            test.stack.calls.take();
            let start = Instant::now();
            let report = test.report(one, &json!({ "purpose": "other" })).await;
            let took = start.elapsed().as_secs_f64() * 1000.0;
            assert_eq!(report.status, 201, "{report:?}");
            let report = report.of(&report::ISSUE).opened.report;
            assert_eq!(report.summary.records, RECORDS as usize);
            of_report = calls_of(&test);
            let start = Instant::now();
            assert_eq!(test.verified(report.code).await.status, ReportStatus::Valid);
            if round > 0 {
                reports.push(took);
                verifications.push(start.elapsed().as_secs_f64() * 1000.0);
            }
            of_verification = calls_of(&test);
        }
        println!(
            "| {size} | {} | {of_report} | {:.1} | {of_verification} | {:.1} |",
            u64::from(size) * u64::from(RECORDS),
            median(reports),
            median(verifications),
        );
    }
    let record = id(0, "晋虚市监罚〔2024〕0-0号");
    let subject = SubjectId::Organisation(subject(0));
    assert!(registry.record(&subject, &record).await.expect("it is read").is_some());
}

fn calls_of(test: &TestStack) -> String {
    let calls: Vec<String> =
        test.stack.calls.take().into_iter().map(|(operation, count)| format!("{count} {operation}")).collect();
    calls.join(", ")
}
