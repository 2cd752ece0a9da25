//! How timely units sent their records (R6).

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::audit::Action;
use xinzheng_domain::audit::Role::{Platform, Unit};
use xinzheng_domain::calendar_schema::Day;
use xinzheng_domain::month::Month;
use xinzheng_domain::timeliness::Timeliness;
use xinzheng_domain::{RecordId, RecordKind, SubjectId, UnitCode};

use crate::endpoint::{Endpoint, Topic, Trace};
use crate::log::LogStanding;
use crate::page::{Cursor, Page};
use crate::parameter::parameters;

/// Counts by unit, kind and month.
pub const TABLE: Endpoint<(), TimelinessQuery, (), TimelinessTable> =
    Endpoint::get("/timeliness", Topic::Oversight, "How timely units sent their records")
        .about("Records by unit, kind and month of decision: how many came, how many later than seven working days")
        .callers(&[Unit, Platform])
        .problems(&[422])
        .traced(Trace::Unit(Action::TimelinessRead));

/// The records behind a count.
pub const RECORDS: Endpoint<(), TimelyRecordsQuery, (), TimelyRecords> =
    Endpoint::get("/timeliness/records", Topic::Oversight, "The records behind a number")
.about("The records that `/timeliness` counts, with the day of decision, the last day and the day on which each came first")
        .callers(&[Unit, Platform])
        .problems(&[422])
        .traced(Trace::Unit(Action::TimelyRecordsRead));

parameters! {
    /// Of whom and when.
    pub struct TimelinessQuery {
        /// Whose; for the platform of all when it is left out.
        pub unit: Option<UnitCode>,
        /// The first month; the last one when it is left out.
        pub from: Option<Month>,
        /// The last month; this one when it is left out.
        pub to: Option<Month>,
    }

    /// Which records.
    pub struct TimelyRecordsQuery {
        /// `next` of the page before.
        pub cursor: Option<Cursor>,
        /// Whose; the platform has to say.
        pub unit: Option<UnitCode>,
        /// Decided in this month; this one when it is left out.
        pub month: Option<Month>,
        /// Of this kind alone.
        pub kind: Option<RecordKind>,
        /// The late ones alone.
        pub late: Option<bool>,
        /// Those of a municipal unit itself, without its county offices', as a row of `/timeliness` counts them.
        pub alone: Option<bool>,
    }
}

/// How timely records came.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TimelinessTable {
    /// The first month.
    pub from: Month,
    /// The last month.
    pub to: Month,
    /// A row for each unit or office, kind and month that has records.
    pub rows: Vec<TimelinessRow>,
}

/// How the records of a unit or office, a kind and a month came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimelinessRow {
    /// The month of the decisions.
    pub month: Month,
    /// The unit or office.
    pub unit: UnitCode,
    /// The same, for people.
    pub unit_name: String,
    /// The county of an office.
    pub county: Option<String>,
    /// The kind of records.
    pub kind: RecordKind,
    /// The same, for people.
    pub kind_title: String,
    /// How many.
    pub records: u64,
    /// Of these, late.
    pub late: u64,
    /// Of these, to be back-reported.
    pub back_reports: u64,
    /// Of these, counted beyond the known calendar.
    pub provisional: u64,
    /// The most working days that one took.
    pub longest_workdays: u32,
    /// The working days that one took on average; null when all were back-reports.
    pub mean_workdays: Option<f64>,
}

/// The records behind a count.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TimelyRecords {
    /// The month.
    pub month: Month,
    /// The records.
    #[serde(flatten)]
    pub page: Page<TimelyRecord>,
}

/// When a record came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimelyRecord {
    /// Its id.
    pub record: RecordId,
    /// Whom it is about.
    pub subject: SubjectId,
    /// The unit, or county office, that sent it first.
    pub unit: UnitCode,
    /// Its kind.
    pub kind: RecordKind,
    /// 文号 or 案号.
    pub document: String,
    /// The day of the decision.
    #[schemars(with = "Day")]
    pub decided: Date,
    /// The day on which it came first.
    #[schemars(with = "Day")]
    pub arrived: Date,
    /// What that comes to.
    pub timeliness: Timeliness,
    /// The file with which it came first, by its batch, and whether the public log has that it came; left out where that is not
    /// known. What the log has can be denied by neither side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<LoggedReceipt>,
}

/// A file that came, in the public log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoggedReceipt {
    /// Its batch, as the receipt has it.
    pub batch: String,
    /// Whether the log has it.
    pub log: LogStanding,
}
