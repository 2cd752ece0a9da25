//! Intake of a CSV of penalties on one thread, beside the crate csv alone reading the same bytes.
//!
//! `cargo bench -p xinzheng-intake`. `benches/compare/run` measures a million rows beside other tools.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench may end where it cannot go on")]

use std::ops::ControlFlow;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use xinzheng_domain::identity::subject::PersonKey;
use xinzheng_domain::{TableId, UnitCode};
use xinzheng_intake::{Counts, Intake, Limits, RowOutcome, Sender};

const ROWS: u64 = 20_000;

/// The sample's penalties, none faulty.
static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = xinzheng_sample::write_rows(folder.path(), ROWS, 1, 0, &mut |_| {}).expect("the sample");
    std::fs::read(path).expect("the sample")
});

static GB18030: LazyLock<Vec<u8>> = LazyLock::new(|| {
    encoding_rs::GB18030.encode(std::str::from_utf8(&FILE).expect("the sample is UTF-8")).0.into_owned()
});

fn sender() -> Sender {
    Sender {
        unit: UnitCode::parse("market-supervision").expect("a unit of annex 2"),
        table: TableId::Penalty,
        today: jiff::civil::date(2025, 11, 3),
        person_key: PersonKey::new("bench"),
        confirmed: xinzheng_intake::Confirmed::default(),
    }
}

/// Every check; with `chunks`, every row written as the line of a chunk.
fn take_in(bytes: &[u8], chunks: Option<&mut Vec<u8>>) -> Counts {
    let sender = sender();
    let intake = Intake::open(bytes, "a.csv", &sender, &Limits::default()).expect("a table");
    let mut chunks = chunks;
    let reading = intake.read(&mut |outcome| {
        if let (RowOutcome::Accepted(line), Some(chunks)) = (&outcome, &mut chunks) {
            chunks.clear();
            serde_json::to_writer(&mut **chunks, line).expect("a line");
        }
        black_box(&outcome);
        ControlFlow::Continue(())
    });
    reading.expect("memory can be read").counts
}

/// The crate csv alone: each row as a struct of borrowed texts, by header.
fn csv_borrowed(bytes: &[u8]) -> u64 {
    let mut reader = csv::Reader::from_reader(bytes);
    let headers = reader.headers().expect("a header").clone();
    let (mut record, mut rows) = (csv::StringRecord::new(), 0);
    while reader.read_record(&mut record).expect("a row") {
        let row: [&str; 30] = record.deserialize(None).expect("thirty columns");
        black_box((&row, &headers));
        rows += 1;
    }
    rows
}

/// The crate csv alone: each row as bytes.
fn csv_raw(bytes: &[u8]) -> u64 {
    let mut reader = csv::Reader::from_reader(bytes);
    let (mut record, mut rows) = (csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut record).expect("a row") {
        black_box(&record);
        rows += 1;
    }
    rows
}

#[divan::bench]
fn csv_alone_raw(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(ROWS)).counter(BytesCount::of_slice(&**FILE)).bench(|| csv_raw(&FILE));
}

#[divan::bench]
fn csv_alone_borrowed(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(ROWS)).counter(BytesCount::of_slice(&**FILE)).bench(|| csv_borrowed(&FILE));
}

#[divan::bench]
fn intake_utf8(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(ROWS)).counter(BytesCount::of_slice(&**FILE)).bench(|| take_in(&FILE, None));
}

#[divan::bench]
fn intake_gb18030(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(ROWS)).counter(BytesCount::of_slice(&**GB18030)).bench(|| take_in(&GB18030, None));
}

#[divan::bench]
fn intake_utf8_with_chunks(bencher: Bencher<'_, '_>) {
    let mut line = Vec::with_capacity(16 * 1024);
    bencher
        .counter(ItemsCount::new(ROWS))
        .counter(BytesCount::of_slice(&**FILE))
        .bench_local(move || take_in(&FILE, Some(&mut line)));
}

/// The least time of several runs.
fn least(run: impl Fn() -> u64) -> Duration {
    let once = |_| {
        let started = Instant::now();
        assert_eq!(run(), ROWS);
        started.elapsed()
    };
    (0..15).map(once).min().unwrap_or_default()
}

fn main() {
    let ours = least(|| take_in(&FILE, None).accepted);
    for (name, other) in
        [("borrowed records", least(|| csv_borrowed(&FILE))), ("byte records", least(|| csv_raw(&FILE)))]
    {
        let share = other.as_secs_f64() / ours.as_secs_f64();
        println!("with all checks, intake has {:.0} % of the speed of csv alone ({name})", share * 100.0);
    }
    divan::main();
}
