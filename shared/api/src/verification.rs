//! Verification: whether a report was issued, what it says, and whether it still holds (R13).

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::audit::Action;
use xinzheng_domain::calendar_schema::{Day, Moment};
use xinzheng_domain::record::in_force::Belonging;
use xinzheng_domain::record::line::RecordMark;
use xinzheng_domain::report::file_version::{FileKind, SignatureLevel};
use xinzheng_domain::report::{ContentDigest, Counts};
use xinzheng_domain::{
    Amount, Disclosure, DomainId, Period, Purpose, RecordKind, ReportNumber, ReportStatus, ReportWithdrawal, Uscc,
    VerificationCode,
};

use crate::endpoint::{Endpoint, Topic, Trace};
use crate::log::LogStanding;
use crate::parameter::parameters;
use crate::problem::Problem;
use crate::report::{Digest, ReportFile};

const HEADED: &str = "What `GET` answers, without its content: by the status alone";
const SIGNED: &str = "Nothing that was asked is a secret: what a report says is told to whoever holds its code or file, and each look is in its \
    subject's access log. A code that begins with EXAMP1E is a sample: `sample` is true, and no report has it. \
    With `Accept: application/jwt` the answer is a JSON Web Signature (ES256) by a key of /.well-known/jwks.json, of the \
    type xinzheng-verification+jwt, that can be filed as evidence: the claims are the answer, and iss, iat and sub";
const OPENED: &str = "Noted in the subject's access log; refused when the subject shows the summary alone";
const HTML: &[&str] = &["text/html"];
/// What verifications are given as, too: a page, or a JSON Web Signature by a key of the key set, to be filed.
const HTML_OR_JWT: &[&str] = &["text/html", "application/jwt"];

/// By code; a page for people.
pub const BY_CODE: Endpoint<CodePath, (), (), Verification> =
    Endpoint::get("/verify/{code}", Topic::Proof, "Verify by code")
        .about(SIGNED)
        .files(HTML_OR_JWT)
        .problems(&[404, 429])
        .traced(Trace::Subject(Action::ReportVerified))
        .for_any_origin();

/// Whether there is a report with a code.
pub const HEAD_BY_CODE: Endpoint<CodePath, (), (), ()> =
    Endpoint::head("/verify/{code}", Topic::Proof, "Whether there is a report with this code")
        .about(HEADED)
        .problems(&[400, 404, 429])
        .traced(Trace::Subject(Action::ReportVerified))
        .for_any_origin();

/// By file, or by code.
pub const BY_FILE: Endpoint<(), VerifyQuery, (), Verification> =
    Endpoint::get("/verify", Topic::Proof, "Verify by the file's SHA-256, or by code; for people a page")
        .about(SIGNED)
        .files(HTML_OR_JWT)
        .leads_on()
        .problems(&[400, 404, 429])
        .traced(Trace::Subject(Action::ReportVerified))
        .for_any_origin();

/// Whether there is a report with a digest.
pub const HEAD_BY_FILE: Endpoint<(), VerifyQuery, (), ()> =
    Endpoint::head("/verify", Topic::Proof, "Whether there is a report with this digest")
        .about(HEADED)
        .problems(&[400, 404, 429])
        .traced(Trace::Subject(Action::ReportVerified))
        .for_any_origin();

/// Many at once.
pub const BATCH: Endpoint<(), (), BatchRequest, BatchAnswers> =
    Endpoint::post("/verify", Topic::Proof, "Verify up to a hundred codes and files")
        .about(SIGNED)
        .files(&["application/jwt"])
        .problems(&[422])
        .traced(Trace::Subject(Action::ReportVerified))
        .for_any_origin();

/// What others have added to a copy.
pub const ADDITIONS: Endpoint<(), (), ExtendedCopy, Verification> = Endpoint::post(
    "/verify/additions",
    Topic::Proof,
    "Whether what others have added to a copy of a report changes it",
)
.about(
    "For a file that as a whole was never issued: it may begin with one that was. What stands behind it is judged: the \
            report holds when that only proves it for longer",
)
.problems(&[404, 409, 422, 429])
.traced(Trace::Subject(Action::ReportVerified))
.for_any_origin();

/// The issued document.
pub const DOCUMENT: Endpoint<CodePath, (), (), ()> =
    Endpoint::get_file("/verify/{code}/document", Topic::Proof, "The issued document")
        .about(OPENED)
        .files(HTML)
        .leads_on()
        .problems(&[403, 404, 429])
        .traced(Trace::Subject(Action::ReportOpened));

/// The data in it.
pub const CONTENT: Endpoint<CodePath, (), (), ()> = Endpoint::get_file(
    "/verify/{code}/content",
    Topic::Proof,
    "The data in it, as the canonical JSON whose digest the code binds",
)
.about(OPENED)
.files(HTML)
.leads_on()
.problems(&[403, 404, 429])
.traced(Trace::Subject(Action::ReportOpened));

parameters! {
    /// Which report.
    pub struct CodePath {
        /// As people type it: case, hyphens and confusable characters do not matter.
        pub code: String,
    }

    /// Which report.
    pub struct VerifyQuery {
        /// The SHA-256 of the PDF or of the data in it.
        pub sha256: Option<String>,
        /// As people type it: case, hyphens and confusable characters do not matter.
        pub code: Option<String>,
    }
}

impl CodePath {
    /// The report with this code.
    pub fn of(code: &VerificationCode) -> Self {
        Self { code: code.to_string() }
    }
}

/// What stands on a report, and whether it still holds.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// True of an answer to a sample code: there is no such report, and the answer proves nothing of anybody. Whoever verifies
    /// reports refuses it. Left out of reports.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sample: bool,
    /// What counts most.
    pub status: ReportStatus,
    /// All that applies.
    pub statuses: Vec<ReportStatus>,
    /// What counts most, for people.
    pub title: String,
    /// What that means.
    pub meaning: String,
    /// When it was verified: what is said holds of this moment.
    #[schemars(with = "Moment")]
    pub verified_at: Timestamp,
    /// What the report is called by.
    pub number: ReportNumber,
    /// Its code.
    pub code: VerificationCode,
    /// Whom it is about.
    pub subject: VerifiedSubject,
    /// The days that it is about.
    pub period: Period,
    /// What it is for.
    pub purpose: Purpose,
    /// When it was issued.
    #[schemars(with = "Moment")]
    pub issued_at: Timestamp,
    /// Up to when data are taken into account.
    #[schemars(with = "Moment")]
    pub data_as_of: Timestamp,
    /// Records decided in the period.
    pub records: usize,
    /// Decided before, and in force on a day of it.
    pub in_force: usize,
    /// Each domain of the report.
    pub domains: Vec<VerifiedDomain>,
    /// Domains whose data were not complete when it was issued; null when that was not known.
    pub incomplete: Option<Vec<NamedDomain>>,
    /// The data in it.
    pub content: Digest,
    /// The PDF, in its newest version.
    pub file: ReportFile,
    /// All versions of the PDF: each begins with the bytes of the one before, and says the same.
    pub versions: Vec<VerifiedFile>,
    /// Which of them was asked about; left out when none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_file: Option<AskedFile>,
    /// What whoever holds the code is shown.
    pub disclosure: Disclosure,
    /// The records that are as the report has them; left out when the subject shows the summary alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<RecordLine>>,
    /// How many more there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines_left_out: Option<usize>,
    /// Records of the report that are not what they were.
    pub changed: usize,
    /// What else has happened to the subject.
    pub notes: Vec<SubjectNote>,
    /// There is a newer report of the same subject, period, domains and purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded: Option<Superseded>,
    /// A record in it was repaired, corrected or withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub affected: Option<Affected>,
    /// Records of the report's scope are not in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplemented: Option<Supplemented>,
    /// It was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawal: Option<ReportWithdrawal>,
    /// Whether the public log has it: the proof is at `/verify/{code}/proof`. Null of a sample, which no log has.
    pub log: Option<LogStanding>,
}

/// A version of a report's PDF.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct VerifiedFile {
    /// Why it was made.
    pub kind: FileKind,
    /// The same, for people.
    pub title: String,
    /// When.
    #[schemars(with = "Moment")]
    pub at: Timestamp,
    /// Its digest.
    pub sha256: ContentDigest,
    /// Its size.
    pub bytes: u64,
    /// What its signature is proven by (PAdES).
    pub level: SignatureLevel,
}

/// What a digest that was asked about is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AskedFile {
    /// The PDF as it was issued.
    AsIssued,
    /// The PDF after what could not be had at issue was added.
    Completed,
    /// The PDF after a time stamp was added.
    Restamped,
    /// The data in it.
    Content,
    /// The file as a whole is none of ours, but begins with one: others have added to it. What is added may show what the
    /// report does not say.
    ExtendedByOthers,
}

impl From<FileKind> for AskedFile {
    fn from(kind: FileKind) -> Self {
        match kind {
            FileKind::AsIssued => Self::AsIssued,
            FileKind::Completed => Self::Completed,
            FileKind::Restamped => Self::Restamped,
        }
    }
}

impl AskedFile {
    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::AsIssued => FileKind::AsIssued.title(),
            Self::Completed => FileKind::Completed.title(),
            Self::Restamped => FileKind::Restamped.title(),
            Self::Content => "报告数据（JSON）",
            Self::ExtendedByOthers => "以我们出具的文件开头，后有他人附加的内容",
        }
    }
}

/// Whom a report is about.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct VerifiedSubject {
    /// The name as on the report.
    pub name: String,
    /// 统一社会信用代码; null of natural persons.
    pub id: Option<Uscc>,
    /// The identity number of a natural person with its middle hidden.
    pub masked_id_number: Option<String>,
}

/// A domain of a report, with its counts.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct VerifiedDomain {
    /// The domain.
    pub number: DomainId,
    /// Its name.
    pub name: String,
    /// Records by kind; kinds without any are left out.
    pub records: Counts,
    /// The same of measures from before the period.
    pub in_force: Counts,
    /// Kinds that are collected for the domain; of others the report says nothing.
    pub collected: Vec<RecordKind>,
}

/// A domain with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NamedDomain {
    /// The domain.
    pub number: DomainId,
    /// Its name.
    pub name: String,
}

impl From<DomainId> for NamedDomain {
    fn from(domain: DomainId) -> Self {
        Self { number: domain, name: domain.name().to_owned() }
    }
}

/// A record, in a line.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RecordLine {
    /// Its domain.
    pub domain: NamedDomain,
    /// Its kind.
    pub kind: RecordKind,
    /// The same, for people.
    pub kind_title: String,
    /// 文号 or 案号.
    pub document: String,
    /// The day of the decision.
    #[schemars(with = "Day")]
    pub decided: Date,
    /// Fine and confiscation in 万元.
    pub amount: Option<Amount>,
    /// Whether it was decided in the period.
    pub belonging: Belonging,
    /// How it stands.
    pub marks: Vec<RecordMark>,
    /// The same, for people.
    pub state: String,
}

/// Something that has happened to a report's subject since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubjectNote {
    /// What.
    pub code: SubjectEvent,
    /// When.
    #[schemars(with = "Moment")]
    pub at: Timestamp,
    /// The same, for people.
    pub text: String,
}

/// What can happen to a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectEvent {
    /// A commitment of its was found false: 信用代证 does not apply to it any more.
    SubjectBarred,
    /// It is registered elsewhere now.
    SubjectMovedOut,
}

/// That there is a newer report.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Superseded {
    /// When it was issued.
    #[schemars(with = "Moment")]
    pub at: Timestamp,
}

/// That records of a report have changed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Affected {
    /// In which domains.
    pub domains: Vec<NamedDomain>,
}

/// That records of a report's scope are not in it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Supplemented {
    /// In which domains.
    pub domains: Vec<SupplementedDomain>,
}

/// A domain of which records are not in a report.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SupplementedDomain {
    /// The domain.
    #[serde(flatten)]
    pub domain: NamedDomain,
    /// When the first such record reached us, when that was after the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub since: Option<Date>,
}

/// What is to be verified.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchRequest {
    /// Codes, as people type them.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub codes: Vec<String>,
    /// Digests of files or of the data in them.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub sha256: Vec<String>,
}

/// A copy of a report to which others have added: what it may begin with, and what stands behind that.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendedCopy {
    /// Parts that the file begins with, each up to an end of file in it (`%%EOF` with its end of line).
    #[schemars(length(min = 1, max = 8))]
    pub prefixes: Vec<CopyPrefix>,
    /// All that stands behind the shortest of them, in base64.
    #[schemars(length(max = 250_000))]
    pub additions: String,
}

/// A part that a file begins with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CopyPrefix {
    /// Its size.
    pub bytes: u64,
    /// Its digest.
    pub sha256: String,
}

/// An answer to each question, in their order: first the codes, then the digests.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BatchAnswers {
    /// The answers.
    pub results: Vec<BatchAnswer>,
}

/// The answer to a question.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum BatchAnswer {
    /// There is a report.
    Report(Box<BatchReport>),
    /// There is none.
    None(FailedLookup),
}

/// A report that was asked for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BatchReport {
    /// The code or digest as it was asked.
    pub query: String,
    /// What `GET /verify/{code}` says of it.
    #[serde(flatten)]
    pub verification: Verification,
}

/// Why there is no report.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FailedLookup {
    /// The code or digest as it was asked.
    pub query: String,
    /// Whether it could be read.
    pub status: LookupFailure,
    /// What is wrong.
    pub problem: Problem,
}

/// Why there is no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LookupFailure {
    /// There is none with this code or digest.
    Unknown,
    /// It is no code, or no digest.
    Unreadable,
}
