//! The command line.

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};
use xinzheng_api::log::LogStanding;

use crate::error::StackError;
use crate::main_job::{self, MainJobResult, Progress};
use crate::options::Options;
use crate::rotation;
use crate::stack::Stack;
use crate::witness_command;

/// Xinzheng (信证): special credit reports that anyone can verify. Starts the local stack.
///
/// Without a command it starts embedded S3 and DynamoDB and every function on one data folder, runs the main job on the
/// sample data at the first start, and serves http://127.0.0.1:8080 until Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "xinzheng", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// The folder that keeps everything.
    #[arg(long, default_value = ".xinzheng", value_name = "DIR")]
    data: PathBuf,

    /// The port on 127.0.0.1.
    #[arg(long, default_value_t = 8080)]
    port: u16,

    /// Sample uploads, laid out as <unit>/<table>/<date>/<file>; built-in ones when the folder is not there.
    #[arg(long, default_value = "events/uploads", value_name = "DIR", global = true)]
    uploads: PathBuf,

    /// Do without the local stack's own time-stamping authority: signatures are proven for as long as their certificate alone.
    #[arg(long, global = true)]
    no_timestamps: bool,

    /// What the functions log: error, warn, info, debug.
    #[arg(long, default_value = "error", value_name = "LEVEL", global = true)]
    log_level: String,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the main job once in a temporary store and write report.pdf, rejections.csv, certificates.pem, report.tlog-proof,
    /// log.policy and verification.json.
    Demo {
        /// Where the results go.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Have another key sign reports from now on: of the data folder's stack, which must have ended, or in the signing
    /// secret of a deployment. Certificates of the keys before stay published.
    Rotate {
        /// The signing secret as it is (JSON).
        #[arg(long, value_name = "FILE", requires = "next")]
        current: Option<PathBuf>,
        /// The configuration of the new key (JSON).
        #[arg(long, value_name = "FILE", requires = "out")]
        next: Option<PathBuf>,
        /// Where the new secret is written.
        #[arg(long, value_name = "FILE", requires = "current")]
        out: Option<PathBuf>,
    },
    /// Make sample data: the sample set, or one large table.
    Sample {
        /// Where the files go.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Rows of one large table; without it, the sample set.
        #[arg(long)]
        rows: Option<u64>,
        /// The seed: the same seed gives the same bytes.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Of a thousand rows, how many are wrong on purpose.
        #[arg(long, default_value_t = 0, value_name = "N")]
        faults: u32,
    },
    /// Judge reports by their files alone, offline: whether they are as they were issued. Exit code 0 when all are, 1 when one
    /// is not, 2 when one could not be read.
    Verify(xinzheng_verifier::Arguments),
    /// Follow a public log as a monitor: that it only ever grows, that each entry is a fact, and what changed. Goes on from where
    /// it was. Exit code 0 when all is as it should be, 1 when the log has shown what it never may, 2 when it could not be read.
    AuditLog(xinzheng_verifier::AuditLogArguments),
    /// Tell what a proof of the public log proves, offline; of an upload, hold its statement and file against it.
    LogProof(xinzheng_verifier::LogProofArguments),
    /// Be a witness of public logs (C2SP tlog-witness): cosign what goes on from what was cosigned before, refuse a fork.
    Witness {
        /// The public key of a log: `<name>+<id>+<key>`; may be given again.
        #[arg(long, required = true, value_name = "KEY")]
        log: Vec<String>,
        /// The file of the witness's own key; drawn when there is none.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// What a key that is drawn is called: an address of the witness without its scheme.
        #[arg(long, default_value = "witness.example.invalid", value_name = "NAME")]
        name: String,
        /// The file of what was cosigned.
        #[arg(long, default_value = "cosigned.json", value_name = "FILE")]
        state: PathBuf,
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
        host: String,
        /// The port to listen on.
        #[arg(long)]
        port: u16,
    },
}

/// Runs the command line of this process. Exit code 0 when it did what was asked, 1 with one line on standard error
/// when not, 2 for arguments that make no sense; of `verify` as it says.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match &arguments.command {
        Some(Command::Verify(files)) => return xinzheng_verifier::run(files),
        Some(Command::AuditLog(log)) => return xinzheng_verifier::audit_log(log),
        Some(Command::LogProof(proof)) => return xinzheng_verifier::log_proof(proof),
        _ => {}
    }
    xinzheng_runtime::logging::start_to(&arguments.log_level, "error", std::io::stderr);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let done = match &arguments.command {
        None => runtime.block_on(serve(&arguments)),
        Some(Command::Demo { out }) => runtime.block_on(demo(&arguments, out)),
        Some(Command::Rotate { current, next, out }) => rotate(&arguments.data, current, next, out),
        Some(Command::Sample { out, rows, seed, faults }) => sample(out, *rows, *seed, *faults),
        Some(Command::Witness { log, key, name, state, host, port }) => {
            runtime.block_on(witness_command::run(log, key, name, state, (host, *port)))
        }
        // Need nothing of the stack.
        Some(Command::Verify(_) | Command::AuditLog(_) | Command::LogProof(_)) => Ok(()),
    };
    // What did not end in time is not waited for.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("xinzheng: {}", error.to_string().replace('\n', " "));
    ExitCode::FAILURE
}

/// How long what is being done may take when the stack is told to end.
const PATIENCE: Duration = Duration::from_secs(10);

async fn serve(arguments: &Arguments) -> Result<(), StackError> {
    let mut signals = Signals::listen()?;
    let options = Options {
        port: arguments.port,
        timestamps: !arguments.no_timestamps,
        print_events: true,
        ..Options::new(&arguments.data)
    };
    let stack = Stack::start(options).await?;
    let done = tokio::select! {
        done = show(&stack, arguments) => done,
        () = signals.wait() => Ok(()),
    };
    if done.is_ok() {
        signals.wait().await;
    }
    let is_ended = tokio::select! {
        is_ended = stack.end(PATIENCE) => is_ended,
        // Who says it twice does not wait.
        () = signals.again() => false,
    };
    if !is_ended {
        eprintln!("xinzheng: what was still being done is done again after the next start");
    }
    done
}

/// Does the main job when it was not done yet, and says where the stack is served.
async fn show(stack: &Stack, arguments: &Arguments) -> Result<(), StackError> {
    // Written last: a first start that was broken off is done again.
    let results = arguments.data.join("first-report");
    if results.join("verification.json").exists() {
        stack.idle(|_| {}).await;
        println!(
            "The data of earlier runs is in {}; its first report is {}",
            arguments.data.display(),
            results.join("report.pdf").display()
        );
    } else {
        main_job(stack, &arguments.uploads, &results).await?;
        // What nights work out is there for the first look at the dashboard.
        stack.idle(|_| {}).await;
        stack.run_schedules().await?;
    }
    println!(
        "\nServing {} until Ctrl-C: open it in a browser, and sign in as whom you like. A token for trying: curl -s {0}/dev/token -d '{{\"role\":\"subject\",\"subject\":\"{1}\"}}'",
        stack.address,
        xinzheng_sample::subject_with_every_kind().uscc
    );
    Ok(())
}

/// Ctrl-C and SIGTERM, by which the process is told to end.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    is_told: bool,
}

impl Signals {
    fn listen() -> Result<Self, StackError> {
        let listen = |kind| signal(kind).map_err(|error| StackError::step("listening for signals")(error.into()));
        let (interrupt, terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
        Ok(Self { interrupt, terminate, is_told: false })
    }

    /// Waits until the process is told, or was.
    async fn wait(&mut self) {
        if !self.is_told {
            self.again().await;
        }
    }

    /// Waits until the process is told, again when it was.
    async fn again(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        self.is_told = true;
    }
}

async fn demo(arguments: &Arguments, out: &Path) -> Result<(), StackError> {
    let temporary = tempfile::tempdir().map_err(|error| StackError::step("making a temporary folder")(error.into()))?;
    let options = Options { timestamps: !arguments.no_timestamps, ..Options::new(temporary.path()) };
    let stack = Stack::start(options).await?;
    let done = main_job(&stack, &arguments.uploads, out).await;
    // Before its folder is taken away; what is left after that is taken away with it.
    stack.end(PATIENCE).await;
    done
}

fn rotate(
    data: &Path,
    current: &Option<PathBuf>,
    next: &Option<PathBuf>,
    out: &Option<PathBuf>,
) -> Result<(), StackError> {
    let now = Timestamp::now();
    match (current, next, out) {
        (Some(current), Some(next), Some(out)) => {
            rotation::rotate_secret(current, next, out, now)?;
            println!("The new signing secret is {}", out.display());
        }
        _ => {
            rotation::rotate_local(data, now)?;
            println!("Another key signs reports of {} from the next start on", data.display());
        }
    }
    Ok(())
}

async fn main_job(stack: &Stack, uploads: &Path, results: &Path) -> Result<(), StackError> {
    let files = main_job::sample_files(uploads)?;
    let subject = xinzheng_sample::subject_with_every_kind();
    let bar = progress_bar(files.len() as u64);
    let mut most = 0;
    let outcome = main_job::run(stack, &files, &subject, |progress| match progress {
        Progress::Uploaded(done, _) => {
            bar.set_message("uploading");
            bar.set_position(done as u64);
        }
        Progress::Waiting(left) => {
            most = most.max(left);
            bar.set_message("taking in");
            bar.set_length(most as u64);
            bar.set_position((most - left) as u64);
        }
        Progress::Reporting => bar.set_message("reporting"),
    })
    .await;
    bar.finish_and_clear();
    let outcome = outcome?;
    let paths = outcome.write(results)?;
    print!("{}", summary(&outcome, &subject.name, &stack.address, &paths));
    Ok(())
}

/// What the main job did, for people.
fn summary(
    outcome: &MainJobResult,
    subject: &str,
    address: &str,
    [report, rejections, _, proof, _, verification]: &[PathBuf; 6],
) -> String {
    let sum = |count: fn(&xinzheng_intake::Counts) -> u64| {
        outcome.receipts.iter().map(|r| count(&r.reading.counts)).sum::<u64>()
    };
    let refused = outcome.receipts.iter().filter(|receipt| receipt.refusal.is_some()).count();
    let made = &outcome.report.opened.report;
    let lines = [
        format!("Uploads      {} files taken, {refused} refused", outcome.receipts.len() - refused),
        format!(
            "Rows         {} read: {} accepted, {} rejected, {} blank or notes",
            sum(|c| c.rows),
            sum(|c| c.accepted),
            sum(|c| c.rejected),
            sum(|c| c.blank)
        ),
        format!("Rejections   {}", rejections.display()),
        format!(
            "Report       {} ({} pages, {} records of {subject})",
            report.display(),
            made.file.pages,
            made.summary.records
        ),
        format!("Number       {}", made.number),
        format!("Code         {}", made.code),
        format!("Verify at    {address}/verify/{}", made.code),
        outcome.verification.log.as_ref().map(|log| logged(log, proof)).unwrap_or_default(),
        format!("Verified     {} ({})", outcome.verification.status.code(), verification.display()),
    ];
    lines.join("\n") + "\n"
}

/// Where in the public log the report is, for people.
fn logged(log: &LogStanding, proof: &Path) -> String {
    match log {
        LogStanding::Pending => "Logged       not yet".to_owned(),
        LogStanding::Logged { index, size, cosigned_by } => {
            let by = if cosigned_by.is_empty() { "nobody".to_owned() } else { cosigned_by.join(", ") };
            let entry = index + 1;
            format!("Logged       entry {entry} of {size}, cosigned by {by} ({})", proof.display())
        }
    }
}

/// A bar on a terminal; nothing elsewhere.
fn progress_bar(length: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg:12} [{bar:40}] {pos}/{len}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn sample(out: &Path, rows: Option<u64>, seed: u64, faults: u32) -> Result<(), StackError> {
    fs::create_dir_all(out).map_err(|error| StackError::unwritable(out, error))?;
    let wrong = |error: xinzheng_sample::SampleError| StackError::step("making the sample")(error.into());
    match rows {
        None => {
            for path in xinzheng_sample::write_sample_set(out).map_err(wrong)? {
                println!("{}", path.display());
            }
        }
        Some(rows) => {
            let bar = progress_bar(rows);
            bar.set_message("rows");
            let path = xinzheng_sample::write_rows(out, rows, seed, faults, &mut |done| bar.set_position(done));
            bar.finish_and_clear();
            println!("{}", path.map_err(wrong)?.display());
        }
    }
    Ok(())
}
