//! From arguments to an exit code.

use std::fs;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};
use xinzheng_proof::{Judgement, Trust};

use crate::arguments::Arguments;
use crate::error::VerifierError;
use crate::files;
use crate::finding::{Finding, Grade};
use crate::logged;
use crate::output::Output;
use crate::service::Service;
use crate::verifying;

/// How many files are judged before their findings are written.
const TOGETHER: usize = 100;

/// Judges what is asked for, and writes the findings to standard output. Exit code 0 when every file is as it should
/// be, 1 when one is not, 2 when one could not be read or nothing could be said.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    match verify(arguments, BufWriter::new(io::stdout().lock())) {
        Ok(Grade::Good) => ExitCode::SUCCESS,
        Ok(Grade::Bad) => ExitCode::from(1),
        Ok(Grade::Unread) => ExitCode::from(2),
        Err(error) => {
            eprintln!("xinzheng: {}", error.to_string().replace('\n', " "));
            ExitCode::from(2)
        }
    }
}

fn verify(arguments: &Arguments, to: impl Write) -> Result<Grade, VerifierError> {
    let online = arguments.online.as_deref().map(Online::at).transpose()?;
    let trust = trust(arguments, online.as_ref())?;
    let policy = arguments.log.as_deref().map(logged::policy).transpose()?;
    let files = files::find(&arguments.paths)?;
    let at = arguments.at.unwrap_or_else(Timestamp::now);
    let bar = progress_bar(files.len());
    let mut output = Output::begin(to, arguments)?;
    let (mut worst, mut good) = (Grade::Good, 0);
    for files in files.chunks(TOGETHER) {
        let mut findings = verifying::judge_all(files, &trust, policy.as_ref(), at, &|| bar.inc(1));
        if let Some(online) = &online {
            online.ask_about(&mut findings)?;
        }
        for finding in &findings {
            bar.suspend(|| output.write(finding))?;
            worst = worst.max(finding.grade());
            good += usize::from(finding.grade() == Grade::Good);
        }
    }
    bar.finish_and_clear();
    output.end(good, files.len())?;
    Ok(worst)
}

/// The certificates that are given; those of the service when there are none.
fn trust(arguments: &Arguments, online: Option<&Online>) -> Result<Trust, VerifierError> {
    let from = |error, paths: &[PathBuf]| {
        let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        VerifierError::Trust { from: names.join(", "), error }
    };
    let signing = pem(&arguments.trust)?;
    let stamping = pem(&arguments.trust_stamps)?;
    match (signing, stamping, online) {
        (None, None, None) => Ok(Trust::nobody()),
        (Some(signing), None, _) => Trust::parse(&signing).map_err(|error| from(error, &arguments.trust)),
        (Some(signing), Some(stamping), _) => Trust::apart(&signing, &stamping)
            .map_err(|error| from(error, &[arguments.trust.clone(), arguments.trust_stamps.clone()].concat())),
        (None, stamping, Some(online)) => {
            let signing = online.certificates()?;
            Trust::apart(&signing, stamping.as_ref().unwrap_or(&signing))
                .map_err(|error| VerifierError::Trust { from: "the service".to_owned(), error })
        }
        (None, Some(_), None) => Ok(Trust::nobody()),
    }
}

fn pem(paths: &[PathBuf]) -> Result<Option<String>, VerifierError> {
    if paths.is_empty() {
        return Ok(None);
    }
    let texts = paths
        .iter()
        .map(|path| fs::read_to_string(path).map_err(|error| VerifierError::Unreadable { path: path.clone(), error }));
    Ok(Some(texts.collect::<Result<Vec<_>, _>>()?.join("\n")))
}

/// The service, and what waits for its answers.
struct Online {
    service: Service,
    runtime: Runtime,
}

impl Online {
    fn at(address: &str) -> Result<Self, VerifierError> {
        Ok(Self { service: Service::at(address)?, runtime: Builder::new_current_thread().enable_all().build()? })
    }

    fn certificates(&self) -> Result<String, VerifierError> {
        self.runtime.block_on(self.service.certificates())
    }

    fn ask_about(&self, findings: &mut [Finding]) -> Result<(), VerifierError> {
        let judgements: Vec<&Judgement> = findings.iter().filter_map(Finding::judgement).collect();
        let mut standings = self.runtime.block_on(self.service.standings(&judgements))?.into_iter();
        for finding in findings.iter_mut().filter(|finding| finding.judgement().is_some()) {
            finding.service = standings.next();
        }
        Ok(())
    }
}

/// A bar on a terminal; nothing elsewhere.
fn progress_bar(length: usize) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or_default());
    if let Ok(style) = ProgressStyle::with_template("{spinner} [{bar:40}] {pos}/{len} {per_sec}") {
        bar.set_style(style);
    }
    bar
}
