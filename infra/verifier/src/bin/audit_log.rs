//! `xinzheng-audit-log`: follows a public log, as a monitor that anyone can run.

use std::process::ExitCode;

use clap::Parser as _;
use xinzheng_verifier::AuditLogArguments;

/// Follows a public log: that it only ever grows, that each entry is a fact, and what changed.
#[derive(Debug, clap::Parser)]
#[command(name = "xinzheng-audit-log", version)]
struct CommandLine {
    #[command(flatten)]
    arguments: AuditLogArguments,
}

fn main() -> ExitCode {
    xinzheng_verifier::audit_log(&CommandLine::parse().arguments)
}
