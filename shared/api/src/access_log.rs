//! The audit as those read it whom it is about (R19).

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::audit::Role::{Platform, Subject, Unit};
use xinzheng_domain::audit::{Action, Coded, LookReason, Role, StepResult, Why};
use xinzheng_domain::calendar_schema::{Day, Moment};
use xinzheng_domain::{ReportNumber, SubjectId, UnitCode};

use crate::endpoint::{Endpoint, Topic, Trace};
use crate::page::{Cursor, Page};
use crate::parameter::parameters;

/// Who did what.
pub const READ: Endpoint<(), AccessLogQuery, (), AccessLog> = Endpoint::get(
    "/access-log",
    Topic::Grants,
    "Who did what: with one's data, as a unit, as the platform",
)
.about(
    "Newest first: every look at one's data and what was done with it, by whom, in which role, what for and whether it was \
     refused. What is asked for narrows it down. A page may have few entries, or none, and go on. The platform reads who of its \
             staff did something; others read that the platform did.",
)
.callers(&[Subject, Unit, Platform])
.problems(&[404, 422])
.traced(Trace::Reader(Action::AuditRead));

parameters! {
    /// Whose audit, and what of it.
    #[derive(Default)]
    pub struct AccessLogQuery {
        /// `next` of the page before.
        pub cursor: Option<Cursor>,
        /// For the platform: the audit of this subject.
        pub subject: Option<SubjectId>,
        /// For the platform: the audit of this unit.
        pub unit: Option<UnitCode>,
        /// With `subject`, and with `report` of the platform: what it looks at a subject's audit for.
        pub reason: Option<LookReason>,
        /// For the platform: what this one did, by its id, as entries have it.
        pub by: Option<String>,
        /// The first day.
        #[schemars(with = "Option<Day>")]
        pub from: Option<Date>,
        /// The last day.
        #[schemars(with = "Option<Day>")]
        pub to: Option<Date>,
        /// What was done.
        #[schemars(with = "Option<Coded<Action>>")]
        pub action: Option<Action>,
        /// What was done with this report; for the platform in the audit of the subject whose it is.
        pub report: Option<ReportNumber>,
    }
}

/// A page of an audit, newest first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AccessLog {
    /// The entries.
    #[serde(flatten)]
    pub page: Page<AuditEntry>,
    /// Since when entries are here.
    #[schemars(with = "Day")]
    pub kept_since: Date,
    /// Where older ones are, for people.
    pub older: String,
}

/// An entry of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// When.
    #[schemars(with = "Moment")]
    pub at: Timestamp,
    /// What.
    pub action: Coded<Action>,
    /// With which report, grant, case or version.
    pub object: String,
    /// In which role.
    pub role: Coded<Role>,
    /// Who: a unit's code, a third party's name, the id of one of the platform's staff. What the platform did is `platform` to
    /// whoever is none of it.
    pub by: String,
    /// What for (the purpose's code), or why it was done or refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Mark of the network address: the same for the same place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[0-9a-f]{16}$"))]
    pub address: Option<String>,
    /// What became of it.
    pub result: StepResult,
}

impl AuditEntry {
    /// What for, or why it was done or refused.
    pub fn why(&self) -> Option<Why> {
        self.purpose.as_deref().map(|text| Why::read(&self.action, text))
    }
}
