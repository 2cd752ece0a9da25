//! Reports of every level and age for others to judge (`.ci/check-alterations`), as one stack issues and prolongs them
//! within two years: without an authority, with one, while it fails, before and after another key signs.
//!
//! ```text
//! cargo run -p xinzheng-tests --example proof_reports -- FOLDER
//! ```
//!
//! Writes `<which>.pdf` for each and the data folder `stack`, on which the service can be started that has issued them
//! all. The last is some weeks old then.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a program of the checks")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Client;
use serde_json::json;
use xinzheng::main_job::upload;
use xinzheng::{Options, Outage, Stack, client_builder, rotate_local};
use xinzheng_api::report::{NewReport, OpenedReport};
use xinzheng_domain::report::file_version::SignatureLevel;
use xinzheng_runtime::Clock;
use xinzheng_tests::{penalties, penalty_row, register, uscc, with};

/// How long ago the first is issued: two years for time stamps, and no time stamp is of tomorrow.
const BEGAN: SignedDuration = SignedDuration::from_hours(800 * 24);
/// After an hour an authority that failed is asked again, after a year a time stamp is added.
const HOUR: i64 = 3601;
const YEAR: i64 = 366 * 24 * 3600;
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the reports go, and the time that has passed since the first.
struct Years {
    folder: PathBuf,
    passed: Arc<AtomicI64>,
    client: Client,
}

#[tokio::main]
async fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("FOLDER"));
    std::fs::create_dir_all(&folder).unwrap();
    let years = Years { folder, passed: Arc::default(), client: client_builder().build().unwrap() };

    let (stack, _) = years.start(false).await;
    years.write("as-issued-b-b", &years.issued(&stack, 1, SignatureLevel::BasicB).await).await;
    assert!(stack.end(PATIENCE).await);

    let (stack, authority) = years.start(true).await;
    years.of_an_authority(&stack, &authority).await;
    years.write("before-another-key", &years.issued(&stack, 4, SignatureLevel::LongTermArchive).await).await;
    let now = stack.now();
    assert!(stack.end(PATIENCE).await);

    rotate_local(&years.data(), now).unwrap();
    let (stack, _) = years.start(true).await;
    years.write("after-another-key", &years.issued(&stack, 5, SignatureLevel::LongTermArchive).await).await;
    assert!(stack.end(PATIENCE).await);
}

impl Years {
    fn data(&self) -> PathBuf {
        self.folder.join("stack")
    }

    /// A stack on the data folder.
    async fn start(&self, timestamps: bool) -> (Stack, Outage) {
        let passed = Arc::clone(&self.passed);
        let began = Timestamp::now() - BEGAN;
        let clock = Clock::of(move || began + SignedDuration::from_secs(passed.fetch_add(1, Ordering::Relaxed)));
        let authority_fails = Outage::default();
        let options =
            Options { clock, timestamps, authority_fails: authority_fails.clone(), ..Options::new(self.data()) };
        (Stack::start(options).await.unwrap(), authority_fails)
    }

    /// What is added to reports later: what an authority that failed did not give, and a time stamp each year.
    async fn of_an_authority(&self, stack: &Stack, authority: &Outage) {
        let stamped = self.issued(stack, 2, SignatureLevel::LongTermArchive).await;
        self.write("as-issued-b-lta", &stamped).await;
        authority.set(true);
        let unproven = self.issued(stack, 3, SignatureLevel::BasicB).await;
        self.write("while-the-authority-failed", &unproven).await;
        authority.set(false);
        self.prolong(stack, HOUR).await;
        self.write("completed", &self.newest(stack, 3, &unproven).await).await;
        for which in ["stamped-after-a-year", "stamped-after-two-years"] {
            self.prolong(stack, YEAR).await;
            self.write(which, &self.newest(stack, 2, &stamped).await).await;
        }
    }

    /// Lets seconds pass, and the schedules do what is due.
    async fn prolong(&self, stack: &Stack, seconds: i64) {
        self.passed.fetch_add(seconds, Ordering::Relaxed);
        stack.run_schedules().await.unwrap();
    }

    /// Has a report with ten records issued to a subject.
    async fn issued(&self, stack: &Stack, subject: u32, level: SignatureLevel) -> OpenedReport {
        let table = penalties().file(&format!("{subject}.csv"));
        let rows = (1..=10).fold(table, |rows, document| {
            rows.row(&with(&penalty_row(subject, document), &json!({ "处罚决定日期": "2023-03-05" })))
        });
        for file in [register(subject), rows.build()] {
            upload(stack, &file).await.unwrap();
        }
        stack.idle(|_| {}).await;
        let request = self.client.post(format!("{}/reports", stack.address)).json(&json!({ "purpose": "other" }));
        let answer = request.bearer_auth(token(stack, subject)).send().await.unwrap().error_for_status().unwrap();
        let NewReport { opened, pending_proof, .. } = answer.json().await.unwrap();
        assert_eq!((opened.report.file.level, opened.report.summary.records), (level, 10), "{pending_proof:?}");
        opened
    }

    /// The report as it is downloaded now, which is another file.
    async fn newest(&self, stack: &Stack, subject: u32, before: &OpenedReport) -> OpenedReport {
        let address = format!("{}/reports/{}", stack.address, before.report.number);
        let answer = self.client.get(address).bearer_auth(token(stack, subject)).send().await.unwrap();
        let newest: OpenedReport = answer.error_for_status().unwrap().json().await.unwrap();
        assert_ne!(newest.report.file.sha256, before.report.file.sha256);
        assert_eq!(newest.report.file.level, SignatureLevel::LongTermArchive);
        newest
    }

    async fn write(&self, which: &str, report: &OpenedReport) {
        let pdf = self.fetched(&report.download.as_ref().expect("a download address").url).await;
        std::fs::write(self.folder.join(Path::new(which).with_extension("pdf")), pdf).unwrap();
    }

    async fn fetched(&self, url: &str) -> Vec<u8> {
        let answer = self.client.get(url).send().await.unwrap().error_for_status().unwrap();
        answer.bytes().await.unwrap().to_vec()
    }
}

fn token(stack: &Stack, subject: u32) -> String {
    let claims = json!({ "role": "subject", "subject": uscc(subject) });
    stack.issuer.token(claims.as_object().unwrap(), Timestamp::now()).unwrap()
}
