//! The audit as those read it whom it is about (R19).

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::audit::Role::{Platform, Subject, Unit};
use xinzheng_domain::audit::{Action, Coded, Role, StepResult, Why};
use xinzheng_domain::calendar_schema::{Day, Moment};
use xinzheng_domain::{SubjectId, UnitCode};

use crate::endpoint::{Endpoint, Topic, Trace};
use crate::page::{Cursor, Page};
use crate::parameter::parameters;

/// Who did what.
pub const READ: Endpoint<(), AccessLogQuery, (), AccessLog> =
    Endpoint::get("/access-log", Topic::Grants, "Who did what: with one's data, as a unit, as the platform")
.about("Newest first. For a subject every look at its data and what was done with it, by whom, in which role, what for and whether it was refused; for a unit its own doings; for the platform its own, or with `subject` or `unit` those about one")
        .callers(&[Subject, Unit, Platform])
        .problems(&[422])
        .traced(Trace::Reader(Action::AuditRead));

parameters! {
    /// Whose audit.
    pub struct AccessLogQuery {
        /// `next` of the page before.
        pub cursor: Option<Cursor>,
        /// For the platform: the audit of this subject.
        pub subject: Option<SubjectId>,
        /// For the platform: the audit of this unit.
        pub unit: Option<UnitCode>,
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
    /// Who.
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
