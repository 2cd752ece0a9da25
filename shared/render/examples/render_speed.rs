//! How long a report takes to render, first in the process and warm, and how much memory it takes.
//!
//! ```text
//! cargo run --release -p xinzheng-render --example render_speed -- RECORDS [ROUNDS] [FILE [CONTENT]]
//! ```
//!
//! Prints one JSON object: `records`, `pages`, `bytes`, `first_ms`, `min_ms`, `median_ms`, `peak_kib` (the kernel's
//! high-water mark). With FILE, the last PDF is written there, with CONTENT
//! the report's canonical JSON.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a measuring program")]

#[path = "../benches/subject_matter/mod.rs"]
mod subject_matter;

use std::time::Instant;

use xinzheng_render::Rendered;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let records: u32 = arguments.next().expect("RECORDS").parse().expect("RECORDS is a number");
    let rounds: u32 = arguments.next().map_or(20, |rounds| rounds.parse().expect("ROUNDS is a number"));
    let content = subject_matter::content(records);
    let data = content.canonical_json().expect("it has a canonical form");
    let timed = || -> (f64, Rendered) {
        let start = Instant::now();
        let rendered = subject_matter::rendered(&content, &data);
        (start.elapsed().as_secs_f64() * 1000.0, rendered)
    };
    let (first, mut rendered) = timed();
    let mut times = vec![];
    for _ in 0..rounds.max(1) {
        let (time, again) = timed();
        times.push(time);
        rendered = again;
    }
    times.sort_by(f64::total_cmp);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0").trim().to_owned();
    let peak: u64 = peak.trim_end_matches(" kB").parse().unwrap_or(0);
    println!(
        "{}",
        serde_json::json!({
            "records": records, "pages": rendered.pages, "bytes": rendered.pdf.len(), "first_ms": first,
            "min_ms": times[0], "median_ms": times[times.len() / 2], "peak_kib": peak,
        })
    );
    if let Some(file) = arguments.next() {
        std::fs::write(file, rendered.pdf).expect("FILE can be written");
    }
    if let Some(file) = arguments.next() {
        std::fs::write(file, data).expect("CONTENT can be written");
    }
}
