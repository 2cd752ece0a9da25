//! The command line.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use xinzheng_domain::china_time;

use crate::check_command::{self, CheckArguments};
use crate::error::StackError;
use crate::export_command::{self, ExportArguments};
use crate::first_start;
use crate::main_job::FirstUploads;
use crate::options::Options;
use crate::progress_bar::progress_bar;
use crate::request_command::{self, RequestArguments};
use crate::rotation;
use crate::serve::{PATIENCE, serve};
use crate::smoke_command::{self, SmokeArguments};
use crate::stack::Stack;
use crate::upload_command::{self, UploadArguments};
use crate::witness_command;

/// Xinzheng (信证): special credit reports that anyone can verify. Starts the local stack.
///
/// Without a command it starts embedded S3 and DynamoDB and every function on one data folder, runs the main job on the
/// sample of the day at the first start, and serves http://127.0.0.1:8080 until Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "xinzheng", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// The folder that keeps everything.
    #[arg(long, default_value = ".xinzheng", value_name = "DIR")]
    pub(crate) data: PathBuf,

    /// The port on 127.0.0.1.
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,

    /// Print what happens, an event a line.
    #[arg(long)]
    pub(crate) events: bool,

    /// Say as one JSON document where the stack is served and what the main job came to.
    #[arg(long)]
    pub(crate) json: bool,

    /// Upload these files at the first start, laid out as <unit>/<table>/<date>/<file>, and not the sample of the day, whose people
    /// act as well.
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) uploads: Option<PathBuf>,

    /// Do without the local stack's own time-stamping authority: signatures are proven for as long as their certificate alone.
    #[arg(long, global = true)]
    pub(crate) no_timestamps: bool,

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
        /// Say what it came to as one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Ask an authority for the certificate of the key that is to sign reports: write a request (PKCS#10) that the key has signed, in KMS
    /// or at hand.
    CertificateRequest(RequestArguments),
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
        /// Say what was done as one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Make sample data: the sample of a day, or one large table.
    Sample {
        /// Where the files go.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// The day that the sample is laid around; today when left out. The same day gives the same bytes.
        #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "rows")]
        day: Option<Date>,
        /// Rows of one large table; without it, the sample of a day.
        #[arg(long)]
        rows: Option<u64>,
        /// The seed of the large table: the same seed gives the same bytes.
        #[arg(long, default_value_t = 1, requires = "rows")]
        seed: u64,
        /// Of a thousand rows, how many are wrong on purpose.
        #[arg(long, default_value_t = 0, value_name = "N", requires = "rows")]
        faults: u32,
        /// List the files as one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Say what would become of a file of a unit, offline and without sending it: each row that would come back, and why. Exit code
    /// 0 when none would, 1 when one would, 2 when it could not be read.
    Check(CheckArguments),
    /// Send every file of a folder as a unit, wait for the receipts, and keep the rows that come back. Exit code 0 when everything
    /// was accepted, 1 when something came back, 2 when a file was not sent or is not done.
    Upload(UploadArguments),
    /// Export the records and reports of a subject, or the records of a unit, as CSV, XLSX or JSON. Exit code 0 when it is written,
    /// 2 when not.
    Export(ExportArguments),
    /// Try a deployment: the main job over HTTP with made-up data, from the first upload to a verified report, and all of it taken back.
    /// Exit code 0 when everything was as it should be, 1 when something was not, 2 when it could not be tried.
    Smoke(SmokeArguments),
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
        /// Say key and address as one JSON document.
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command line of this process. Exit code 0 when it did what was asked, 1 with one line on standard error
/// when not, 2 for arguments that make no sense; of `check`, `upload`, `export`, `smoke`, `verify` and the log's commands as they say.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match &arguments.command {
        Some(Command::Verify(files)) => return xinzheng_verifier::run(files),
        Some(Command::AuditLog(log)) => return xinzheng_verifier::audit_log(log),
        Some(Command::LogProof(proof)) => return xinzheng_verifier::log_proof(proof),
        Some(Command::Check(file)) => return check_command::run(file),
        _ => {}
    }
    xinzheng_runtime::logging::start_to(&arguments.log_level, "error", std::io::stderr);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let done = match &arguments.command {
        Some(Command::Upload(folder)) => return runtime.block_on(upload_command::run(folder)),
        Some(Command::Smoke(wanted)) => return runtime.block_on(smoke_command::run(wanted)),
        Some(Command::Export(wanted)) => return runtime.block_on(export_command::run(wanted)),
        None => runtime.block_on(serve(&arguments)),
        Some(Command::CertificateRequest(wanted)) => runtime.block_on(request_command::run(wanted)),
        Some(Command::Demo { out, json }) => runtime.block_on(demo(&arguments, out, *json)),
        Some(Command::Rotate { current, next, out, json }) => rotate(&arguments.data, (current, next, out), *json),
        Some(Command::Sample { out, day, rows: None, json, .. }) => sample(out, *day, *json),
        Some(Command::Sample { out, rows: Some(rows), seed, faults, json, .. }) => {
            large_sample(out, *rows, (*seed, *faults), *json)
        }
        Some(Command::Witness { log, key, name, state, host, port, json }) => {
            runtime.block_on(witness_command::run(log, key, name, state, ((host, *port), *json)))
        }
        // Need nothing of the stack.
        Some(Command::Verify(_) | Command::AuditLog(_) | Command::LogProof(_) | Command::Check(_)) => Ok(()),
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

async fn demo(arguments: &Arguments, out: &Path, json: bool) -> Result<(), StackError> {
    let temporary = tempfile::tempdir().map_err(|error| StackError::step("making a temporary folder")(error.into()))?;
    let options = Options { timestamps: !arguments.no_timestamps, ..Options::new(temporary.path()) };
    let stack = Stack::start(options).await?;
    let done = async {
        let uploads = match &arguments.uploads {
            Some(folder) => FirstUploads::in_folder(folder)?,
            None => FirstUploads::of_day(china_time::date(stack.now()), true)?,
        };
        first_start::do_main_job(&stack, &uploads, out).await
    };
    let done = done.await;
    // Before its folder is taken away; what is left after that is taken away with it.
    stack.end(PATIENCE).await;
    let summary = done?;
    if json {
        println!("{}", json!(summary))
    } else {
        print!("{}", summary.text())
    }
    Ok(())
}

type Secrets<'a> = (&'a Option<PathBuf>, &'a Option<PathBuf>, &'a Option<PathBuf>);

fn rotate(data: &Path, (current, next, out): Secrets<'_>, json: bool) -> Result<(), StackError> {
    let now = Timestamp::now();
    match (current, next, out) {
        (Some(current), Some(next), Some(out)) => {
            rotation::rotate_secret(current, next, out, now)?;
            if json {
                println!("{}", json!({ "secret": out }));
            } else {
                println!("The new signing secret is {}", out.display());
            }
        }
        _ => {
            rotation::rotate_local(data, now)?;
            if json {
                println!("{}", json!({ "data": data }));
            } else {
                println!("Another key signs reports of {} from the next start on", data.display());
            }
        }
    }
    Ok(())
}

fn sample(out: &Path, day: Option<Date>, json: bool) -> Result<(), StackError> {
    let day = day.unwrap_or_else(|| china_time::date(Timestamp::now()));
    let paths = made(out, || xinzheng_sample::write_sample_set(out, day))?;
    if json {
        println!("{}", json!({ "day": day, "files": paths }));
    } else {
        for path in paths {
            println!("{}", path.display());
        }
    }
    Ok(())
}

fn large_sample(out: &Path, rows: u64, (seed, faults): (u64, u32), json: bool) -> Result<(), StackError> {
    let bar = progress_bar(rows);
    bar.set_message("rows");
    let path = made(out, || xinzheng_sample::write_rows(out, rows, seed, faults, &mut |done| bar.set_position(done)));
    bar.finish_and_clear();
    let path = path?;
    if json {
        println!("{}", json!({ "files": [path] }))
    } else {
        println!("{}", path.display())
    }
    Ok(())
}

fn made<T>(out: &Path, make: impl FnOnce() -> Result<T, xinzheng_sample::SampleError>) -> Result<T, StackError> {
    fs::create_dir_all(out).map_err(|error| StackError::unwritable(out, error))?;
    make().map_err(|error| StackError::step("making the sample")(error.into()))
}
