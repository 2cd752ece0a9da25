//! Following a public log: what a monitor does that anyone can run. It reads every entry once, checks that the log only ever
//! grows and that each entry is a fact, and tells what changed.

mod follow;
mod reader;
mod state;
mod told;

use std::io::{self, BufReader, BufWriter, IsTerminal as _, Seek as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value};
use tempfile::SpooledTempFile;
use thiserror::Error;
use tokio::runtime::{Builder, Runtime};
use xinzheng_tlog::{FactError, KeyError, PolicyError, ProofError, TreeError};

use self::follow::{SPOOLED, Summary, follow};
use crate::document::Document;

/// Which log, and what is known of it.
#[derive(Debug, Args)]
pub struct AuditLogArguments {
    /// Where the log is: the address in front of `checkpoint` and `tile`.
    #[arg(value_name = "URL")]
    pub address: String,

    /// Whom to trust (C2SP tlog-policy): the log's key, and the witnesses that are to have cosigned. Without it what the log
    /// itself says is taken, the first time, and held against it from then on.
    #[arg(long, value_name = "POLICY")]
    pub log: Option<PathBuf>,

    /// What was seen before, and where to go on.
    #[arg(long, value_name = "FILE", default_value = "audit-log.json")]
    pub state: PathBuf,

    /// Tell every entry, and not only what changes what was said before: reports taken back, templates, keys.
    #[arg(long)]
    pub all: bool,

    /// How entries are written: as lines of JSON, or for spreadsheets.
    #[arg(long, value_enum, default_value_t = EntryFormat::Json)]
    pub format: EntryFormat,

    /// Write one JSON document: the entries, and what following the log came to.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EntryFormat {
    Json,
    Csv,
}

/// What ends the reading of a log.
#[derive(Debug, Error)]
pub(crate) enum AuditError {
    #[error("the log cannot be read: {0}")]
    Unreadable(String),
    #[error("{path} cannot be used: {why}")]
    File { path: String, why: String },
    #[error("the policy: {0}")]
    Policy(#[from] PolicyError),
    #[error("the policy: {0}")]
    Key(#[from] KeyError),
    #[error("{0} is not an address over HTTPS or on this machine")]
    Address(String),
    #[error("the outcome cannot be written: {0}")]
    Output(#[from] io::Error),
    /// Witnesses have not cosigned, or not yet: nothing can be said of it.
    #[error("nothing newer can be relied on: {0}")]
    Unwitnessed(ProofError),
    /// The log has shown something that it never may.
    #[error("{0}")]
    Evidence(Evidence),
}

/// What a log never may show.
#[derive(Debug, Error)]
pub(crate) enum Evidence {
    #[error("the checkpoint is not to be relied on: {0}")]
    Checkpoint(ProofError),
    #[error("the log was set back: it had {seen} entries, and has {now}")]
    SetBack { seen: u64, now: u64 },
    #[error("a fork: the log of {now} entries does not go on from that of {seen} that was seen before")]
    Fork { seen: u64, now: u64 },
    #[error("the entries from {from} on are not those that the checkpoint of {size} commits to")]
    Rewritten { from: u64, size: u64 },
    #[error("the tiles are not those of the checkpoint: {0}")]
    Tiles(TreeError),
    #[error("entry {index} is no fact: {why}")]
    NoFact { index: u64, why: FactError },
}

/// Follows a log, and writes what is new to standard output. Exit code 0 when all is as it should be, 1 when the log has shown
/// something that it never may, 2 when it could not be read or witnesses have not cosigned what is there.
#[must_use]
pub fn audit_log(arguments: &AuditLogArguments) -> ExitCode {
    let runtime = Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.map_err(AuditError::from).and_then(|runtime| {
        let mut to = BufWriter::new(io::stdout().lock());
        if arguments.json {
            return document(arguments, &runtime, to);
        }
        let outcome = runtime.block_on(follow(arguments, &mut to, &progress_bar()));
        to.flush()?;
        outcome
    });
    match outcome {
        Ok(summary) => {
            eprintln!("{summary}");
            if summary.faults == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
        Err(error) => {
            eprintln!("xinzheng: {}", error.to_string().replace('\n', " "));
            ExitCode::from(if matches!(error, AuditError::Evidence(_)) { 1 } else { 2 })
        }
    }
}

/// Follows a log, and writes one document of what it told and came to, also when it broke off.
fn document(arguments: &AuditLogArguments, runtime: &Runtime, to: impl Write) -> Result<Summary, AuditError> {
    let mut lines = SpooledTempFile::new(SPOOLED);
    let outcome = runtime.block_on(follow(arguments, &mut lines, &progress_bar()));
    lines.rewind()?;
    let mut document = Document::begin(to, "entries")?;
    document.lines(BufReader::new(lines))?;
    let said = match &outcome {
        Ok(summary) => ("summary", serde_json::to_value(summary).map_err(io::Error::from)?),
        Err(error) => ("error", Value::from(error.to_string())),
    };
    document.end(&Map::from_iter([(said.0.to_owned(), said.1)]))?;
    outcome
}

/// A bar on a terminal; nothing elsewhere.
fn progress_bar() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{spinner} [{bar:40}] {pos}/{len} {per_sec} {eta}") {
        bar.set_style(style);
    }
    bar
}
