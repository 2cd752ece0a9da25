//! Judges a file by pinned certificates, and prints the judgement as JSON:
//! `cargo run -p xinzheng-proof --example judge -- report.pdf certificates.pem`.

use xinzheng_proof::{Trust, judge};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [file, pem] = arguments.as_slice() else { return Err("give a file and certificates".into()) };
    let trust = Trust::parse(&std::fs::read_to_string(pem)?)?;
    let judgement = judge(&std::fs::read(file)?, &trust, jiff::Timestamp::now());
    println!("{}", serde_json::to_string_pretty(&judgement)?);
    Ok(())
}
