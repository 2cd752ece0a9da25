//! The first start: the main job with what it shows on the way, and what it came to.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::Serialize;
use xinzheng_api::log::LogStanding;
use xinzheng_domain::china_time;
use xinzheng_intake::Counts;

use crate::error::StackError;
use crate::main_job::{self, FirstUploads, MainJobResult, Progress};
use crate::progress_bar::progress_bar;
use crate::stack::Stack;
use crate::state_file;

/// The file of the data folder that says around which day its sample was laid.
const FIRST_DAY: &str = "first-day";

/// What is sent to a stack on a data folder: the files of a folder, else the sample of the day of its first start. A first start
/// that was broken off goes on with its own day; people act on that day alone.
pub(crate) fn uploads(given: Option<&Path>, data: &Path, stack: &Stack) -> Result<FirstUploads, StackError> {
    let today = china_time::date(stack.now());
    let file = data.join(FIRST_DAY);
    match (given, fs::read_to_string(&file)) {
        (Some(folder), _) => FirstUploads::in_folder(folder),
        (None, Ok(text)) => {
            let day: Date = text.trim().parse().map_err(|error| StackError::damaged(&file, error))?;
            FirstUploads::of_day(day, day == today)
        }
        (None, Err(_)) => {
            state_file::write(&file, format!("{today}\n").as_bytes())?;
            FirstUploads::of_day(today, true)
        }
    }
}

/// Does the main job with a progress display on a terminal, and writes its results into a folder.
pub(crate) async fn do_main_job(stack: &Stack, uploads: &FirstUploads, results: &Path) -> Result<Summary, StackError> {
    let subject = xinzheng_sample::subject_with_every_kind();
    let bar = progress_bar(uploads.files.len() as u64);
    let mut most = 0;
    let outcome = main_job::run(stack, uploads, &subject, |progress| match progress {
        Progress::Uploaded(done, all) => {
            bar.set_message("uploading");
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        }
        Progress::Waiting(left) => {
            most = most.max(left);
            bar.set_message("taking in");
            bar.set_length(most as u64);
            bar.set_position((most - left) as u64);
        }
        Progress::Acting => bar.set_message("people"),
        Progress::Reporting => bar.set_message("reporting"),
    })
    .await;
    bar.finish_and_clear();
    let outcome = outcome?;
    let paths = outcome.write(results)?;
    Ok(Summary::of(&outcome, subject.name, &stack.address, paths))
}

/// What the main job did.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    files_taken: usize,
    files_refused: usize,
    rows: Counts,
    rejections: PathBuf,
    report: PathBuf,
    pages: usize,
    records: usize,
    subject: String,
    number: String,
    code: String,
    verify_at: String,
    log: Option<LogStanding>,
    proof: PathBuf,
    status: &'static str,
    verification: PathBuf,
}

impl Summary {
    fn of(outcome: &MainJobResult, subject: String, address: &str, paths: [PathBuf; 6]) -> Self {
        let [report, rejections, _, proof, _, verification] = paths;
        let files_refused = outcome.receipts.iter().filter(|receipt| receipt.refusal.is_some()).count();
        let made = &outcome.report.opened.report;
        let rows = outcome.receipts.iter().fold(Counts::default(), |sum, receipt| {
            let Counts { rows, accepted, rejected, blank } = receipt.reading.counts;
            Counts {
                rows: sum.rows + rows,
                accepted: sum.accepted + accepted,
                rejected: sum.rejected + rejected,
                blank: sum.blank + blank,
            }
        });
        Self {
            files_taken: outcome.receipts.len() - files_refused,
            files_refused,
            rows,
            rejections,
            report,
            pages: made.file.pages,
            records: made.summary.records,
            subject,
            number: made.number.to_string(),
            code: made.code.to_string(),
            verify_at: format!("{address}/verify/{}", made.code),
            log: outcome.verification.log.clone(),
            proof,
            status: outcome.verification.status.code(),
            verification,
        }
    }

    /// For people, a line for each thing.
    pub(crate) fn text(&self) -> String {
        let Counts { rows, accepted, rejected, blank } = self.rows;
        let lines = [
            format!("Uploads      {} files taken, {} refused", self.files_taken, self.files_refused),
            format!("Rows         {rows} read: {accepted} accepted, {rejected} rejected, {blank} blank or notes"),
            format!("Rejections   {}", self.rejections.display()),
            format!(
                "Report       {} ({} pages, {} records of {})",
                self.report.display(),
                self.pages,
                self.records,
                self.subject
            ),
            format!("Number       {}", self.number),
            format!("Code         {}", self.code),
            format!("Verify at    {}", self.verify_at),
            self.log.as_ref().map(|log| logged(log, &self.proof)).unwrap_or_default(),
            format!("Verified     {} ({})", self.status, self.verification.display()),
        ];
        lines.join("\n") + "\n"
    }
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
