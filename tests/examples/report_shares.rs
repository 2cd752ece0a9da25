//! Where the time of `POST /reports` goes: the shares of rendering, signing, S3 and DynamoDB, from the spans of the
//! functions and of the SDK, over the local stack.
//!
//! ```text
//! cargo run --release -p xinzheng-tests --example report_shares -- [ROUNDS]
//! ```
//!
//! Prints a row of a table for 0, 10, 100 and 1,000 records: the median time of a request in milliseconds, and what part
//! of it each has. What runs at the same time as another is counted once, for the one that is named first.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a measuring program"
)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use tracing::Subscriber;
use tracing::span::{Attributes, Id};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use xinzheng_api::report;
use xinzheng_tests::{TestStack, penalties, penalty_row, register, uscc};

/// What time is told apart by: a name for the table, and how the names of its spans begin.
const KINDS: [(&str, &str); 4] = [("render", "render"), ("sign", "sign"), ("S3", "S3."), ("DynamoDB", "DynamoDB.")];

/// The spans that have ended: which kind, from when, until when.
type Ended = Arc<Mutex<Vec<(usize, Instant, Instant)>>>;

struct Spans(Ended);

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Spans {
    fn on_new_span(&self, _attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Instant::now());
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let kind = KINDS.iter().position(|(_, begin)| span.name().starts_with(begin));
        if let (Some(kind), Some(start)) = (kind, span.extensions().get::<Instant>()) {
            self.0.lock().unwrap().push((kind, *start, Instant::now()));
        }
    }
}

/// How long each kind took between two moments, and the rest; a moment of several kinds is of the first.
fn shares(spans: &[(usize, Instant, Instant)], from: Instant, to: Instant) -> [Duration; KINDS.len() + 1] {
    let mut edges: Vec<Instant> = spans.iter().flat_map(|(_, start, end)| [*start, *end]).chain([from, to]).collect();
    edges.retain(|edge| (from..=to).contains(edge));
    edges.sort();
    let mut shares = [Duration::ZERO; KINDS.len() + 1];
    for pair in edges.windows(2) {
        let open = spans.iter().filter(|(_, start, end)| *start <= pair[0] && *end >= pair[1]);
        let kind = open.map(|(kind, ..)| *kind).min().unwrap_or(KINDS.len());
        shares[kind] += pair[1] - pair[0];
    }
    shares
}

#[tokio::main]
async fn main() {
    let rounds: usize = std::env::args().nth(1).map_or(50, |rounds| rounds.parse().expect("ROUNDS is a number"));
    let ended = Ended::default();
    tracing_subscriber::registry().with(Spans(Arc::clone(&ended))).init();
    let test = TestStack::start().await;
    println!("| records | median ms |{} other |", KINDS.map(|(name, _)| format!(" {name} |")).concat());
    println!("|---:|---:|{}", "---:|".repeat(KINDS.len() + 1));
    for (subject, records) in [(1, 0), (2, 10), (3, 100), (4, 1000)] {
        test.take_in(&[register(subject)]).await;
        if records > 0 {
            let rows = (1..=records).fold(penalties().file(&format!("{subject}.csv")), |rows, document| {
                rows.row(&penalty_row(subject, document))
            });
            test.take_in(&[rows.build()]).await;
        }
        let mut times = vec![];
        let mut sums = [Duration::ZERO; KINDS.len() + 1];
        for round in 0..=rounds {
            ended.lock().unwrap().clear();
            let from = Instant::now();
            let answer = test.report(uscc(subject), &json!({ "purpose": "other" })).await;
            let to = Instant::now();
            assert_eq!(
                (answer.status, answer.of(&report::ISSUE).opened.report.summary.records),
                (201, records as usize)
            );
            // The first report of a process makes what the others share.
            if round > 0 {
                times.push(to - from);
                let found = shares(&ended.lock().unwrap(), from, to);
                sums.iter_mut().zip(found).for_each(|(sum, share)| *sum += share);
            }
        }
        times.sort();
        let total: Duration = times.iter().sum();
        let parts = sums.map(|sum| format!(" {:.0} % |", 100.0 * sum.as_secs_f64() / total.as_secs_f64())).concat();
        println!("| {records} | {:.1} |{parts}", times[times.len() / 2].as_secs_f64() * 1000.0);
    }
}
