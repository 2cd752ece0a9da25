//! Evaluation: what was done, month by month (R18).

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::audit::Action;
use xinzheng_domain::audit::Role::Platform;
use xinzheng_domain::calendar_schema::Day;
use xinzheng_domain::evaluation::{Count, Measure};
use xinzheng_domain::month::Month;
use xinzheng_domain::reconciliation::ManifestCounts;
use xinzheng_domain::{DomainId, Purpose, TableId, UnitCode};

use crate::endpoint::{Endpoint, Topic, Trace};
use crate::parameter::{Parameter, parameters};
use crate::problem::{FORMAT_UNKNOWN, Fault};

/// What was done.
pub const READ: Endpoint<(), EvaluationQuery, (), Evaluation> =
    Endpoint::get("/evaluation", Topic::Oversight, "What was done, by month, unit and purpose")
.about("Counted from the audit: reports, verifications, uploads, objections, repairs and so on, with the months before for comparison; as JSON, or as a spreadsheet with charts")
        .callers(&[Platform])
        .files(&[crate::SPREADSHEET])
        .problems(&[422])
        .traced(Trace::Reader(Action::EvaluationRead));

/// Counts days again.
pub const RECOUNT: Endpoint<(), (), RecountRequest, Recount> =
    Endpoint::post("/evaluation/recount", Topic::Oversight, "Count days again from the locked copy of the audit")
.about("Counts what was done from the copy that nobody can change, tells which days differ from what was kept, and keeps what it found")
        .callers(&[Platform])
        .problems(&[422])
        .traced(Trace::Reader(Action::EvaluationRecounted));

parameters! {
    /// Which months, of whom, and in which form.
    pub struct EvaluationQuery {
        /// Whose; of all when it is left out.
        pub unit: Option<UnitCode>,
        /// The first month; the last one when it is left out.
        pub from: Option<Month>,
        /// The last month; this one when it is left out.
        pub to: Option<Month>,
        /// JSON when it is left out.
        pub format: Option<EvaluationFormat>,
    }
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum EvaluationFormat {
    /// JSON.
    Json,
    /// A spreadsheet with charts.
    Xlsx,
}

impl Parameter for EvaluationFormat {
    const UNREADABLE: Fault = Fault { hint: Some("format 可选 json、xlsx"), ..FORMAT_UNKNOWN };

    fn read(text: &str) -> Option<Self> {
        match text {
            "json" => Some(Self::Json),
            "xlsx" => Some(Self::Xlsx),
            _ => None,
        }
    }

    fn write(&self) -> String {
        match self {
            Self::Json => "json".to_owned(),
            Self::Xlsx => "xlsx".to_owned(),
        }
    }
}

/// What was done.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Evaluation {
    /// Each month, oldest first.
    pub months: Vec<EvaluatedMonth>,
    /// Units and offices by how timely they were, the best first.
    pub units: Vec<RankedUnit>,
}

/// What was done in a month.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EvaluatedMonth {
    /// The month.
    pub month: Month,
    /// Each measure.
    pub totals: Vec<MeasuredTotal>,
    /// What they are made of.
    pub details: Vec<MeasuredDetail>,
}

/// A measure in a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MeasuredTotal {
    /// What is counted.
    pub measure: Measure,
    /// The same, for people.
    pub title: String,
    /// How often.
    pub count: u64,
    /// Against the month before; null of the first.
    pub change: Option<i64>,
}

/// A part of a measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MeasuredDetail {
    /// What is counted.
    pub measure: Measure,
    /// Of which unit.
    pub unit: Option<UnitCode>,
    /// The same, for people.
    pub unit_name: Option<String>,
    /// For which purpose.
    pub purpose: Option<Purpose>,
    /// The same, for people.
    pub purpose_title: Option<String>,
    /// Of which domain.
    pub domain: Option<DomainId>,
    /// The same, for people.
    pub domain_name: Option<String>,
    /// Of which table.
    pub table: Option<TableId>,
    /// The same, for people.
    pub table_title: Option<String>,
    /// For which reason: a code.
    pub reason: Option<String>,
    /// How often.
    pub count: u64,
}

/// How a unit or office did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RankedUnit {
    /// Its place, from 1.
    pub rank: u64,
    /// The unit or office.
    pub unit: UnitCode,
    /// The same, for people.
    pub unit_name: String,
    /// Its records of the months.
    pub records: u64,
    /// Of these, late.
    pub late: u64,
    /// The share that came in time; null without records.
    pub in_time: Option<f64>,
    /// Its manifests.
    pub manifests: ManifestCounts,
}

/// Which days are counted again.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecountRequest {
    /// The first.
    #[schemars(with = "Day")]
    pub from: Date,
    /// The last.
    #[schemars(with = "Day")]
    pub to: Date,
}

/// What counting again came to.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Recount {
    /// How many days were counted.
    pub days: u64,
    /// What differs from what was kept.
    pub differences: Vec<RecountDifference>,
}

/// A count that differs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RecountDifference {
    /// Of which day.
    #[schemars(with = "Day")]
    pub day: Date,
    /// What is counted.
    pub of: Count,
    /// As it was kept.
    pub kept: u64,
    /// As it was found.
    pub counted: u64,
}
