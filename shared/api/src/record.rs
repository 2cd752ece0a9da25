//! Records: a subject's own, their history, and what a unit may set right (R5).

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::audit::Role::{Platform, Subject, Unit};
use xinzheng_domain::audit::{Action, LookReason};
use xinzheng_domain::calendar_schema::{Day, Moment};
use xinzheng_domain::record::publicity::Severity;
use xinzheng_domain::record::{Cancellation, MarkKind};
use xinzheng_domain::{DocumentNumber, DomainId, Period, RecordId, RecordKind, SourcePosition, SubjectId, UnitCode};

use crate::commitment::SubjectBar;
use crate::endpoint::{Endpoint, Topic, Trace};
use crate::page::{Cursor, Page};
use crate::parameter::parameters;
use crate::report::RequestedDomain;

/// One's records.
pub const OWN: Endpoint<(), OwnRecordsQuery, (), OwnRecords> =
    Endpoint::get("/records", Topic::Reports, "One's records as a report would show them, and the withdrawn ones")
.about("Of the period and domains, as `POST /reports` would put them into a report; with when a repair can be applied for first. Nothing is issued and nothing is counted")
        .callers(&[Subject])
        .problems(&[422]);

/// A unit's records by whom they are about, or by their number.
pub const SEARCH: Endpoint<(), RecordSearch, (), FoundRecords> =
    Endpoint::get("/records/search", Topic::Uploads, "A unit's records by document number, subject or name")
        .about("By exactly one of the three; at most a hundred, the newest decision first. The platform names a `reason` where it looks for a subject, which the subject reads in its access log.")
        .callers(&[Unit, Platform])
        .problems(&[404, 422])
        .traced(Trace::Unit(Action::RecordsSearched));

/// What became of a record.
pub const HISTORY: Endpoint<RecordPath, HistoryQuery, (), RecordHistory> =
    Endpoint::get("/records/{id}/history", Topic::Uploads, "Every revision of a record")
        .about("Newest first: what the record was, what replaced it, from which row of which upload or which decision. The platform names a `reason`, which the subject reads in its access log")
        .callers(&[Unit, Platform])
        .problems(&[404, 422])
        .traced(Trace::Subject(Action::RecordHistoryRead));

/// Takes a repair, withdrawal or removal back.
pub const CANCEL: Endpoint<RecordPath, (), CancellationRequest, CancelledMark> =
    Endpoint::post("/records/{id}/cancellation", Topic::Repairs, "Take a repair, withdrawal or removal back")
.about("Of the unit that the record is of: a repair, withdrawal or removal was wrong, and the record stands as before it. Both stay in the history")
        .callers(&[Unit])
        .problems(&[404, 409, 412, 422]);

/// Sets how grave a record is.
pub const CLASSIFY: Endpoint<RecordPath, (), SeverityRequest, ClassifiedRecord> = Endpoint::post(
    "/records/{id}/severity",
    Topic::Repairs,
    "Set how grave a record is, where the rule lets its unit choose",
)
.about("Within the classes that the order on repair leaves open for such a record; decides how long it is public. Affects no report")
.callers(&[Unit])
.problems(&[404, 409, 412, 422]);

parameters! {
    /// Which record.
    pub struct RecordPath {
        /// Its id.
        pub id: RecordId,
    }

    /// Which of one's records.
    pub struct OwnRecordsQuery {
        /// The first day; 2022-08-01 when it is left out.
        #[schemars(with = "Option<Day>")]
        pub from: Option<Date>,
        /// The last day; today when it is left out.
        #[schemars(with = "Option<Day>")]
        pub to: Option<Date>,
        /// Numbers or names, with commas; all when it is left out.
        #[schemars(with = "Vec<String>")]
        pub domains: Vec<RequestedDomain>,
    }
}

parameters! {
    /// Which records of a unit.
    pub struct RecordSearch {
        /// Whose; the platform has to say.
        pub unit: Option<UnitCode>,
        /// 文号 or 案号, or a part of it; its year, where it names one, is looked through.
        pub document: Option<String>,
        /// Whom they are about.
        pub subject: Option<SubjectId>,
        /// The same by the full name in the register.
        pub name: Option<String>,
        /// What the platform looks for a subject for.
        pub reason: Option<LookReason>,
    }

    /// Which steps of a record.
    pub struct HistoryQuery {
        /// `next` of the page before.
        pub cursor: Option<Cursor>,
        /// What the platform looks for.
        pub reason: Option<LookReason>,
    }
}

/// Records that were looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FoundRecords {
    /// The newest decision first; at most a hundred.
    pub items: Vec<FoundRecord>,
    /// Whether there are more, which a fuller number finds.
    pub more: bool,
}

/// A record that was looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FoundRecord {
    /// Its id.
    pub id: RecordId,
    /// Whom it is about.
    pub subject: SubjectId,
    /// The same as the record names it; left out of those that were found by their number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_name: Option<String>,
    /// Its kind.
    pub kind: RecordKind,
    /// The same, for people.
    pub kind_title: String,
    /// 文号 or 案号.
    pub document: String,
    /// The day of the decision.
    #[schemars(with = "Day")]
    pub decided: Date,
    /// The unit, or county office, that sent it.
    pub unit: UnitCode,
    /// The same, for people.
    pub unit_name: String,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
}

/// A subject's records of a period.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OwnRecords {
    /// The period.
    pub period: Period,
    /// Decided in it.
    pub records: Vec<OwnRecord>,
    /// Decided before the period, and in force on a day of it.
    pub in_force: Vec<OwnRecord>,
    /// Withdrawn ones, which no report shows.
    pub withdrawn: Vec<OwnRecord>,
    /// What keeps the subject from reports.
    pub bars: Vec<SubjectBar>,
}

/// A record as its subject sees it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OwnRecord {
    /// Its id.
    pub id: RecordId,
    /// Its kind.
    pub kind: RecordKind,
    /// The same, for people.
    pub kind_title: String,
    /// Its domain.
    pub domain: DomainId,
    /// The same, for people.
    pub domain_name: String,
    /// The unit that sent it.
    pub unit: UnitCode,
    /// The same, for people.
    pub unit_name: String,
    /// 文号 or 案号.
    pub document: String,
    /// The day of the decision.
    #[schemars(with = "Day")]
    pub decided: Date,
    /// Who decided.
    pub authority: String,
    /// As the report shows it.
    pub fields: Vec<ReportField>,
    /// When it was repaired.
    #[schemars(with = "Option<Day>")]
    pub repaired_on: Option<Date>,
    /// When it was withdrawn.
    #[schemars(with = "Option<Day>")]
    pub withdrawn_on: Option<Date>,
    /// When an open objection was raised.
    #[schemars(with = "Option<Day>")]
    pub objected_on: Option<Date>,
    /// How it stands, for people.
    pub marks: String,
    /// How grave it counts.
    pub severity: Severity,
    /// The same, for people.
    pub severity_title: String,
    /// The first day on which it can be repaired.
    #[schemars(with = "Day")]
    pub repairable_from: Date,
    /// The last day on which it may be published; null while its measure lasts.
    #[schemars(with = "Option<Day>")]
    pub published_until: Option<Date>,
    /// The order that says so.
    pub publicity_order: String,
    /// An application for repair has to carry a public commitment.
    pub commitment_asked: bool,
}

/// A line of a record in a report.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReportField {
    /// What it is.
    pub label: String,
    /// What it says.
    pub value: String,
}

/// What became of a record, oldest first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RecordHistory {
    /// Which.
    pub record: RecordId,
    /// The steps that the caller may see; later positions win.
    #[serde(flatten)]
    pub page: Page<HistoryStep>,
}

/// A revision of a record, or a change to it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HistoryStep {
    /// Where it stands among all that was sent.
    pub position: SourcePosition,
    /// The unit, or county office, that sent it.
    pub unit: UnitCode,
    /// When its file was stored.
    #[schemars(with = "Moment")]
    pub stored_at: Timestamp,
    /// Of which batch, or by which decision.
    pub batch: String,
    /// Which row of it.
    pub row: u64,
    /// What was sent: a record, or a change to one.
    pub entry: serde_json::Value,
}

/// What a unit takes back, and why.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CancellationRequest {
    /// What.
    pub mark: MarkKind,
    /// Why.
    #[schemars(length(min = 1, max = 2000))]
    pub cause: String,
    /// The document of the decision to do so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentNumber<'static>>,
    /// Its day; today when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub date: Option<Date>,
}

/// A mark that was taken back.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CancelledMark {
    /// The decision's number.
    pub id: String,
    /// Of which record.
    pub record: RecordId,
    /// What.
    pub mark: MarkKind,
    /// By whom, when and why.
    pub cancellation: Cancellation<'static>,
    /// When.
    #[schemars(with = "Moment")]
    pub at: Timestamp,
}

/// How grave a record is, and why.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeverityRequest {
    /// How grave.
    pub severity: Severity,
    /// Why.
    #[schemars(length(min = 1, max = 2000))]
    pub cause: String,
}

/// How grave a record counts now.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ClassifiedRecord {
    /// Which.
    pub record: RecordId,
    /// How grave.
    pub severity: Severity,
    /// The same, for people.
    pub severity_title: String,
    /// Why.
    pub cause: String,
}
