//! Reports: asked for, listed, opened, taken back, replayed (R9, R10).

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::audit::Role::{Platform, Subject};
use xinzheng_domain::audit::{Action, LookReason};
use xinzheng_domain::calendar_schema::{Day, Moment};
use xinzheng_domain::month::Month;
use xinzheng_domain::report::file_version::SignatureLevel;
use xinzheng_domain::report::{ContentDigest, Counts};
use xinzheng_domain::{
    Disclosure, DomainId, Period, Purpose, RecordKind, ReportNumber, ReportStatus, ReportWithdrawal, VerificationCode,
};

use crate::endpoint::{Endpoint, Topic, Trace};
use crate::link::Download;
use crate::page::{Cursor, ListQuery, Page};
use crate::parameter::{Parameter, parameters};
use crate::problem::{DOMAIN_UNKNOWN, Fault};

/// Issues a report.
pub const ISSUE: Endpoint<(), (), ReportRequest, NewReport> =
    Endpoint::post("/reports", Topic::Reports, "Issue a report")
.about("About the subject of the token, free of charge: for a purpose, and optionally a period (since 2022-08-01 when it is left out), domains (all 39) and what whoever verifies it is shown. The PDF is signed and downloads from `download.url` for some minutes; `GET /reports/{number}` gives a fresh address. An earlier report of the same period, domains and purpose is superseded")
        .callers(&[Subject])
        .creates()
        .problems(&[403, 404, 422]);

/// One's reports.
pub const LIST: Endpoint<(), ListQuery, (), Page<ListedReport>> =
    Endpoint::get("/reports", Topic::Reports, "One's reports, newest first")
        .about("Each with how it stands now, as a verification would say")
        .callers(&[Subject])
        .problems(&[422]);

/// All that were issued in a month.
pub const ISSUED: Endpoint<(), IssuedQuery, (), IssuedReports> =
    Endpoint::get("/issued-reports", Topic::Reports, "The reports that were issued in a month, newest first")
        .about("What was asked for, and not about whom or what it found. Of a month that is asked for a purpose or a kind, a page may be short or empty: it goes on while there is a `next`")
        .callers(&[Platform])
        .problems(&[422])
        .traced(Trace::Reader(Action::IssuedReportsListed));

/// A report.
pub const READ: Endpoint<NumberPath, ReasonQuery, (), OpenedReport> =
    Endpoint::get("/reports/{number}", Topic::Reports, "A report")
        .about("The download address is the subject's alone. The platform names a `reason`, which the subject reads in its access log.")
        .callers(&[Subject, Platform])
        .versioned()
        .problems(&[404, 422])
        .traced(Trace::Subject(Action::ReportRead));

/// The report itself.
pub const DOCUMENT: Endpoint<NumberPath, (), (), ()> = Endpoint::get_file(
    "/reports/{number}/document",
    Topic::Reports,
    "The report itself, as the signed PDF or the canonical JSON, as `Accept` prefers",
)
.about("PDF unless `Accept` prefers application/json; leads to the object store, as a download")
.callers(&[Subject])
.leads_on()
.problems(&[404, 406]);

/// Takes a report back.
pub const WITHDRAW: Endpoint<NumberPath, (), WithdrawalRequest, WithdrawnReport> =
    Endpoint::post("/reports/{number}/withdrawal", Topic::Reports, "Take a report back")
        .about("For good. Whoever verifies it learns when and the `reason`; the subject can ask for a new one")
        .callers(&[Platform])
        .guarded()
        .problems(&[404, 409, 422]);

/// Proves that a report is the one that was issued.
pub const REPLAY: Endpoint<NumberPath, (), (), Replay> = Endpoint::act(
    "/reports/{number}/replay",
    Topic::Reports,
    "Render a report again and prove that it is the one that was issued",
)
.about("Renders the kept content with the kept template and compares the bytes with those that were signed")
.callers(&[Platform])
.problems(&[404, 409])
.traced(Trace::Subject(Action::ReportReplayed));

parameters! {
    /// What for.
    pub struct ReasonQuery {
        /// What the platform looks for.
        pub reason: Option<LookReason>,
    }

    /// Which reports.
    pub struct IssuedQuery {
        /// `next` of the page before.
        pub cursor: Option<Cursor>,
        /// Issued in this month; this one when it is left out.
        pub month: Option<Month>,
        /// For this purpose alone.
        pub purpose: Option<Purpose>,
        /// Under a grant, or not.
        pub authorised: Option<bool>,
        /// Over all domains, or over some that were chosen.
        pub all_domains: Option<bool>,
    }

    /// Which report.
    pub struct NumberPath {
        /// Its number.
        pub number: ReportNumber,
    }
}

/// What a subject asks for. Without a period: from 2022-08-01 to today; without domains: all.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportRequest {
    /// The days that the report is about; from 2022-08-01 to today when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<RequestedPeriod>,
    /// Domains of annex 1, by number or name; all when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub domains: Option<Vec<RequestedDomain>>,
    /// What it is for.
    pub purpose: Purpose,
    /// What whoever holds its code is to be shown; `full` when it is left out.
    #[serde(default)]
    pub disclosure: Disclosure,
}

/// Days, both included; from 2022-08-01 on.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestedPeriod {
    /// The first.
    #[schemars(with = "Day")]
    pub from: Date,
    /// The last.
    #[schemars(with = "Day")]
    pub to: Date,
}

/// A domain of annex 1, by its number or its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RequestedDomain {
    /// Its number.
    Number(#[schemars(range(min = 1, max = 39))] u8),
    /// Its name.
    Name(#[schemars(length(min = 1, max = 40))] String),
}

/// A domain as an address writes it: a number, or a name.
impl From<&str> for RequestedDomain {
    fn from(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Number)
    }
}

impl Parameter for RequestedDomain {
    // Whether there is such a domain is for whoever is asked to say.
    const UNREADABLE: Fault = DOMAIN_UNKNOWN;

    fn read(text: &str) -> Option<Self> {
        Some(text.into())
    }

    fn write(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Name(name) => name.clone(),
        }
    }
}

/// An issued report.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// What it is called by.
    pub number: ReportNumber,
    /// By which anyone verifies it.
    pub code: VerificationCode,
    /// When it was issued.
    #[schemars(with = "Moment")]
    pub issued_at: Timestamp,
    /// Up to when data are taken into account.
    #[schemars(with = "Moment")]
    pub data_as_of: Timestamp,
    /// The subject's name.
    pub subject: String,
    /// The days that it is about.
    pub period: Period,
    /// What it is for.
    pub purpose: Purpose,
    /// The PDF, in its newest version.
    pub file: ReportFile,
    /// What it found.
    pub summary: ReportSummary,
    /// The data in it.
    pub content: Digest,
    /// What whoever holds its code is shown.
    pub disclosure: Disclosure,
}

/// A report's PDF.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReportFile {
    /// Its digest.
    pub sha256: ContentDigest,
    /// Its size.
    pub bytes: u64,
    /// Its pages.
    pub pages: usize,
    /// What its signature is proven by (PAdES).
    pub level: SignatureLevel,
}

/// The digest of something.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Digest {
    /// SHA-256.
    pub sha256: ContentDigest,
}

/// What a report found.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReportSummary {
    /// Records decided in the period.
    pub records: usize,
    /// Decided before, and in force on a day of it.
    pub in_force: usize,
    /// Each domain that was asked for.
    pub domains: Vec<DomainSummary>,
}

/// What a report found in a domain.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DomainSummary {
    /// The domain.
    pub number: DomainId,
    /// Its name.
    pub name: String,
    /// The unit that is responsible for it, by name.
    pub unit: String,
    /// Records by kind; kinds without any are left out.
    pub records: Counts,
    /// The same of measures from before the period.
    pub in_force: Counts,
    /// Kinds that are collected for the domain; of others a report says nothing.
    pub collected: Vec<RecordKind>,
}

/// How a report stands.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListedReport {
    /// The report.
    #[serde(flatten)]
    pub report: Report,
    /// What counts most.
    pub status: ReportStatus,
    /// All that applies.
    pub statuses: Vec<ReportStatus>,
    /// The same, for people.
    pub meaning: String,
}

/// Reports of a month.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct IssuedReports {
    /// The month.
    pub month: Month,
    /// The reports.
    #[serde(flatten)]
    pub page: Page<IssuedEntry>,
}

/// A report among all of its month: what was asked for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct IssuedEntry {
    /// What it is called by.
    pub number: ReportNumber,
    /// When it was issued.
    #[schemars(with = "Moment")]
    pub issued_at: Timestamp,
    /// What it is for.
    pub purpose: Purpose,
    /// The days that it is about.
    pub period: Period,
    /// How many domains it covers.
    pub domains: usize,
    /// True when a third party has it under a grant.
    pub authorised: bool,
    /// True when its subject was told that a record in it has changed.
    pub told_affected: bool,
    /// When it was taken back.
    #[schemars(with = "Option<Moment>")]
    pub withdrawn_at: Option<Timestamp>,
    /// When a newer one of its scope was issued.
    #[schemars(with = "Option<Moment>")]
    pub superseded_at: Option<Timestamp>,
}

/// A report with its file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OpenedReport {
    /// The report.
    #[serde(flatten)]
    pub report: Report,
    /// A fresh address of the PDF, for those whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub download: Option<Download>,
}

/// A report that was just issued.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NewReport {
    /// The report.
    #[serde(flatten)]
    pub opened: OpenedReport,
    /// Where it is verified; printed on it.
    #[schemars(url)]
    pub verification_url: String,
    /// Characters that the fonts lack.
    pub missing_characters: Vec<char>,
    /// What its file's signature is still to be proven by; left out when it has all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_proof: Option<PendingProof>,
}

/// What could not be had when a report was issued, and is added to its file later.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PendingProof {
    /// Why.
    pub code: PendingProofReason,
    /// The same, for people.
    pub title: String,
}

/// Why a file's signature is not proven for as long as it should be yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PendingProofReason {
    /// The time-stamping authority did not answer as it should.
    TimestampAuthority,
    /// Nobody said whether the certificates are revoked.
    Revocation,
    /// What was added did not hold when it was judged.
    Unproven,
}

impl From<PendingProofReason> for PendingProof {
    fn from(code: PendingProofReason) -> Self {
        let missing = match code {
            PendingProofReason::TimestampAuthority => "时间戳服务暂时不可用",
            PendingProofReason::Revocation => "证书状态服务暂时不可用",
            PendingProofReason::Unproven => "长期验证资料未通过复核",
        };
        let title =
            format!("报告已经出具并签名；{missing}，稍后自动补加长期验证资料，届时可重新下载，报告内容和核验码不变");
        Self { code, title }
    }
}

/// Why a report is taken back.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalRequest {
    /// For whoever verifies it.
    #[schemars(length(min = 1, max = 500))]
    pub reason: String,
}

/// A report that was taken back.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WithdrawnReport {
    /// Which.
    pub number: ReportNumber,
    /// How it stands now.
    pub status: ReportStatus,
    /// When and why.
    pub withdrawal: ReportWithdrawal,
}

/// Whether a report is the one that was issued.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Replay {
    /// Which.
    pub number: ReportNumber,
    /// True when every proof holds.
    pub same: bool,
    /// Each stands for itself.
    pub proofs: ReplayProofs,
    /// The version of the template.
    pub template: String,
    /// The PDF before it was signed.
    pub unsigned: DigestedBytes,
    /// The signed PDF.
    pub file: DigestedBytes,
}

/// What a replay compares.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReplayProofs {
    /// The kept JSON has the digest.
    pub content: bool,
    /// The key makes this code of number and content.
    pub code: bool,
    /// Rendering gives the bytes of then.
    pub unsigned: bool,
    /// The kept file has the digest.
    pub file: bool,
    /// The signed file begins with the unsigned bytes.
    pub prefix: bool,
}

/// Bytes by their digest.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DigestedBytes {
    /// Their digest.
    pub sha256: ContentDigest,
    /// How many.
    pub bytes: u64,
}
