//! Commitments for domains that annex 1 does not cover (R14, R16).

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::UnitCode;
use xinzheng_domain::audit::Action;
use xinzheng_domain::audit::Role::{Platform, Subject, Unit};
use xinzheng_domain::calendar_schema::{Day, Moment};
use xinzheng_domain::case::commitment::{Bar, Commitment, CommitmentId};

use crate::endpoint::{Endpoint, Topic, Trace};
use crate::page::{Page, UnitListQuery};
use crate::parameter::parameters;

/// For what subjects may commit themselves.
pub const UNCOVERED_DOMAINS: Endpoint<(), (), (), UncoveredDomains> =
    Endpoint::get("/uncovered-domains", Topic::Commitments, "For what subjects may commit themselves")
        .about("Domains that reports say nothing of yet, each with the unit that tracks commitments for it");

/// Makes one.
pub const MAKE: Endpoint<(), (), CommitmentRequest, CommitmentCase> =
    Endpoint::post("/commitments", Topic::Commitments, "Make a commitment")
.about("A promise of the subject for a domain that annex 1 does not cover (see `/uncovered-domains`), tracked by the domain's unit until `until`. A commitment that is found false bars the subject from reports")
        .callers(&[Subject])
        .creates()
        .versioned()
        .problems(&[422]);

/// One's commitments; those that a unit tracks.
pub const LIST: Endpoint<(), UnitListQuery, (), Page<CommitmentCase>> =
    Endpoint::get("/commitments", Topic::Commitments, "One's commitments; those that a unit tracks")
        .about("A subject's own, newest first; for a unit those that it tracks; the platform names a `unit`")
        .callers(&[Subject, Unit, Platform])
        .problems(&[422])
        .traced(Trace::Reader(Action::CommitmentsListed));

/// A commitment.
pub const READ: Endpoint<CommitmentPath, (), (), CommitmentCase> =
    Endpoint::get("/commitments/{id}", Topic::Commitments, "A commitment")
        .about("With every step that its unit has noted. Its `etag` is what a step is decided on")
        .callers(&[Subject, Unit, Platform])
        .versioned()
        .problems(&[404])
        .traced(Trace::Subject(Action::CommitmentRead));

/// The unit notes a check or the outcome.
pub const TRACK: Endpoint<CommitmentPath, (), CommitmentFinding, CommitmentCase> =
    Endpoint::post("/commitments/{id}/steps", Topic::Commitments, "Note a check or the outcome")
.about("Of the unit that tracks it: `checked`, `kept`, `broken` or `false`, with evidence. `false` bars the subject from reports at once")
        .callers(&[Unit])
        .guarded()
        .problems(&[404, 409, 422]);

/// The platform lifts the bar of a false one.
pub const LIFT: Endpoint<CommitmentPath, (), LiftingRequest, CommitmentCase> =
    Endpoint::post("/commitments/{id}/lifting", Topic::Commitments, "Lift the bar of a false commitment")
.about("The bar of a commitment that was found false ends with a reason; the subject can ask for reports again. The commitment stays false")
        .callers(&[Platform])
        .guarded()
        .problems(&[404, 409, 422]);

parameters! {
    /// Which commitment.
    pub struct CommitmentPath {
        /// Its id.
        pub id: CommitmentId,
    }
}

/// The domains that annex 1 does not cover.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct UncoveredDomains {
    /// The domains.
    pub domains: Vec<UncoveredDomain>,
}

/// A domain that annex 1 does not cover.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UncoveredDomain {
    /// Its name.
    pub name: String,
    /// The unit that tracks commitments in it.
    pub unit: UnitCode,
    /// The same, for people.
    pub unit_name: String,
}

/// What a subject commits itself to.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommitmentRequest {
    /// One of `/uncovered-domains`.
    pub domain: String,
    /// What it states.
    #[schemars(length(min = 1, max = 2000))]
    pub text: String,
    /// Until when it binds.
    #[schemars(with = "Day")]
    pub until: Date,
}

/// A commitment, as everyone sees it who may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommitmentCase {
    /// The commitment.
    #[serde(flatten)]
    pub commitment: Commitment,
    /// Where it stands, for people.
    pub state_title: String,
    /// The unit that tracks it, for people.
    pub unit_name: String,
}

/// What a unit found.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommitmentFinding {
    /// What came of it.
    pub outcome: CommitmentOutcome,
    /// What was found, with the evidence.
    #[schemars(length(min = 1, max = 2000))]
    pub evidence: String,
}

/// What came of a commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CommitmentOutcome {
    /// A check that decides nothing yet.
    Checked,
    /// 已履约.
    Kept,
    /// 未履约.
    Broken,
    /// 虚假承诺: bars the subject from reports.
    False,
}

impl CommitmentOutcome {
    /// A stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Checked => "checked",
            Self::Kept => "kept",
            Self::Broken => "broken",
            Self::False => "false",
        }
    }
}

/// Why a bar is lifted.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftingRequest {
    /// Why.
    #[schemars(length(min = 1, max = 2000))]
    pub reason: String,
}

/// A bar: its subject has no report until it is lifted (R14).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubjectBar {
    /// The commitment that was found false.
    pub commitment: CommitmentId,
    /// Its domain.
    pub domain: String,
    /// The unit that found it false.
    pub unit: UnitCode,
    /// The same, for people.
    pub unit_name: String,
    /// Since when.
    #[schemars(with = "Moment")]
    pub since: Timestamp,
    /// What was found.
    pub evidence: String,
}

impl From<Bar> for SubjectBar {
    fn from(bar: Bar) -> Self {
        let Bar { commitment, domain, unit, since, evidence } = bar;
        Self { commitment, domain, unit, unit_name: unit.name(), since, evidence }
    }
}
