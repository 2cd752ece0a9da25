//! What is asked for.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{self, Offset};

/// Beijing time, in which days end.
const CHINA: Offset = tz::offset(8);

/// The files, and whom to trust.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Files, and folders whose *.pdf are looked at with those of the folders in them.
    #[arg(required = true, value_name = "FILE|DIR")]
    pub paths: Vec<PathBuf>,

    /// Certificates in PEM that signatures and time stamps must lead to; may be given again.
    #[arg(long, value_name = "PEM")]
    pub trust: Vec<PathBuf>,

    /// Certificates in PEM that time stamps must lead to, when they are not those of --trust; may be given again.
    #[arg(long, value_name = "PEM")]
    pub trust_stamps: Vec<PathBuf>,

    /// The service that issued the reports: asked how they stand, and for its certificates when none are given.
    #[arg(long, value_name = "URL")]
    pub online: Option<String>,

    /// Whom to trust of the public log (C2SP tlog-policy): then each file needs a proof beside it, report.tlog-proof beside
    /// report.pdf, that the log has it.
    #[arg(long, value_name = "POLICY")]
    pub log: Option<PathBuf>,

    /// The moment to judge at: 2026-01-31, or 2026-01-31T08:00:00+08:00; now when left out.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub at: Option<Timestamp>,

    /// How the outcome is written: for people, as JSON lines, or for spreadsheets.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,

    /// Write one JSON document.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
    Csv,
}

/// A moment, or the end of a day.
fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(moment) = text.parse() {
        return Ok(moment);
    }
    let day: Date = text.parse().map_err(|_| "give a day or a moment with its offset".to_owned())?;
    CHINA.to_timestamp(day.at(23, 59, 59, 0)).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_moment_or_a_day_is_understood() {
        for (text, meant) in [
            ("2026-01-31", "2026-01-31T15:59:59Z"),
            ("2026-01-31T08:00:00+08:00", "2026-01-31T00:00:00Z"),
            ("2026-01-31T00:00:00Z", "2026-01-31T00:00:00Z"),
        ] {
            assert_eq!(moment(text).unwrap().to_string(), meant, "{text}");
        }
        for text in ["", "x", "2026-02-30", "31.1.2026"] {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
