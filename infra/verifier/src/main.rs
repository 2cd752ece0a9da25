//! `xinzheng-verify`: whether reports are as they were issued.

use std::process::ExitCode;

use clap::Parser as _;
use xinzheng_verifier::Arguments;

/// Judges reports by their files alone, offline.
#[derive(Debug, clap::Parser)]
#[command(name = "xinzheng-verify", version)]
struct CommandLine {
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> ExitCode {
    xinzheng_verifier::run(&CommandLine::parse().arguments)
}
