//! The run over all uploads, and what is complete by unit and month (R8).

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::UnitCode;
use xinzheng_domain::audit::Action;
use xinzheng_domain::audit::Role::{Platform, Unit};
use xinzheng_domain::calendar_schema::Moment;
use xinzheng_domain::month::Month;
use xinzheng_domain::reconciliation::ManifestCounts;
use xinzheng_domain::report::completeness::MonthState;

use crate::endpoint::{Endpoint, Topic, Trace};

/// How far the run has come.
pub const PROGRESS: Endpoint<(), (), (), BackfillProgress> =
    Endpoint::get("/backfill", Topic::Oversight, "How far the run over all uploads has come")
        .about("How many uploads were looked at, driven again and still wait; a run goes on from its checkpoint")
        .callers(&[Platform])
        .traced(Trace::Reader(Action::BackfillRead));

/// Units and months.
pub const MATRIX: Endpoint<(), (), (), Matrix> =
    Endpoint::get("/backfill/matrix", Topic::Oversight, "Units and months: complete, declared zero, partial, missing")
        .about("For each unit and month since 2022-08 whether what was decided is held; a unit sees its own row")
        .callers(&[Unit, Platform])
        .traced(Trace::Reader(Action::MatrixRead));

/// How far the run over all uploads has come.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BackfillProgress {
    /// Whether it runs.
    pub state: BackfillState,
    /// How often everything was looked at.
    pub pass: u64,
    /// Files that this pass has looked at.
    pub seen: u64,
    /// Of these, files that were taken in again.
    pub driven_again: u64,
    /// When this pass began.
    #[schemars(with = "Option<Moment>")]
    pub started_at: Option<Timestamp>,
    /// How fast it goes.
    pub files_per_second: Option<f64>,
    /// How long it will go on, by the last pass's count.
    pub remaining_seconds: Option<f64>,
    /// When the last pass ended.
    #[schemars(with = "Option<Moment>")]
    pub last_finished_at: Option<Timestamp>,
    /// Version of the index of records.
    pub index_schema: u32,
    /// The version that the last pass over everything reached.
    pub reindexed_to: Option<u32>,
    /// The version that this pass brings everything up to.
    pub reindexing_to: Option<u32>,
    /// Until when the deployment is restored, by the last pass over the receipts.
    #[schemars(with = "Option<Moment>")]
    pub restored_until: Option<Timestamp>,
    /// The same, of a pass over the receipts that is under way.
    #[schemars(with = "Option<Moment>")]
    pub restoring_until: Option<Timestamp>,
    /// The inventory that this pass reads.
    pub inventory: Option<String>,
    /// Files that the last pass looked at.
    pub last_seen: Option<u64>,
    /// Of these, files that were taken in again.
    pub last_driven_again: Option<u64>,
}

/// Whether the run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BackfillState {
    /// Right now.
    Running,
    /// It goes on with the next schedule.
    Paused,
    /// Everything was looked at.
    Idle,
}

/// Units and months since August 2022, as they were worked out last.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Matrix {
    /// A row for each unit, and for each office that has records or manifests.
    pub rows: Vec<MatrixRow>,
}

/// The months of a unit or office.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MatrixRow {
    /// The unit or office.
    pub unit: UnitCode,
    /// The same, for people.
    pub unit_name: String,
    /// When it was worked out.
    #[schemars(with = "Moment")]
    pub worked_out_at: Timestamp,
    /// Its months, oldest first.
    pub cells: Vec<MatrixCell>,
    /// Its manifests.
    pub manifests: ManifestCounts,
    /// How many repairs, withdrawals and removals of its wait for their record; at most 200 are counted.
    pub waiting: u64,
}

/// A month of a unit or office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MatrixCell {
    /// The month.
    pub month: Month,
    /// Records decided in it.
    pub records: u64,
    /// Of these, late.
    pub late: u64,
    /// What there is of it.
    pub state: MonthState,
}
