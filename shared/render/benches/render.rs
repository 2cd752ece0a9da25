//! `cargo bench -p xinzheng-render`: a report with 0, 10, 100, 1,000 and 10,000 records, warm. First in the process: see
//! the example `render_speed`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a measuring program")]

mod subject_matter;

fn main() {
    divan::main();
}

#[divan::bench(args = [0, 10, 100, 1_000, 10_000])]
fn records(bencher: divan::Bencher<'_, '_>, records: u32) {
    let content = subject_matter::content(records);
    let data = content.canonical_json().expect("it has a canonical form");
    bencher.bench(|| subject_matter::rendered(&content, &data));
}
