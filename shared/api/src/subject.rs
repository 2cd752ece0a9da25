//! A subject's affairs as the platform looks at them, to answer a person's complaint: each look is in the subject's access log, with
//! what it was for.
//!
//! Identity numbers stand in no address: a natural person is found by [`IDENTIFY`], and then goes by its id.

use std::fmt::{self, Debug, Formatter};

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::audit::Role::Platform;
use xinzheng_domain::audit::{Action, LookReason};
use xinzheng_domain::calendar_schema::{Day, Moment};
use xinzheng_domain::case::grant::{GrantState, Grantee};
use xinzheng_domain::{Disclosure, DomainId, Period, Purpose, ReportNumber, ReportStatus, SubjectId};

use crate::commitment::{CommitmentCase, SubjectBar};
use crate::endpoint::{Endpoint, Topic, Trace};
use crate::objection::ObjectionCase;
use crate::page::{Cursor, Page};
use crate::parameter::parameters;
use crate::record::OwnRecords;
use crate::repair::RepairCase;
use crate::report::{ReportSummary, RequestedDomain};

/// Whom a complaint is about, and what bars it from reports.
pub const IDENTIFY: Endpoint<(), (), WantedSubject, IdentifiedSubject> =
    Endpoint::post("/subjects/identification", Topic::Oversight, "Find a subject, and what bars it from reports")
        .about("By its id, an identity number, another document or the number of a report; it changes nothing.")
        .callers(&[Platform])
        .problems(&[404])
        .traced(Trace::Subject(Action::SubjectIdentified));

/// A subject's records.
pub const RECORDS: Endpoint<SubjectPath, SubjectRecordsQuery, (), OwnRecords> =
    Endpoint::get("/subjects/{subject}/records", Topic::Oversight, "A subject's records as it sees them itself")
        .about("As the subject sees them itself, with those in force, the withdrawn ones and what bars it. The look, with its reason, is in the subject's access log.")
.callers(&[Platform])
        .problems(&[422])
        .traced(Trace::Subject(Action::RecordsRead));

/// A subject's reports.
pub const REPORTS: Endpoint<SubjectPath, LookQuery, (), Page<SeenReport>> = Endpoint::get(
    "/subjects/{subject}/reports",
    Topic::Oversight,
    "A subject's reports, newest first, and how each stands; without their codes",
)
.about("Without what would open them. The look, with its reason, is in the subject's access log.")
.callers(&[Platform])
.problems(&[422])
.traced(Trace::Subject(Action::ReportsListed));

/// A subject's grants.
pub const GRANTS: Endpoint<SubjectPath, LookQuery, (), Page<SeenGrant>> = Endpoint::get(
    "/subjects/{subject}/grants",
    Topic::Oversight,
    "A subject's grants, newest first; of their codes the end alone",
)
.about("Without the codes, which would let them be used. The look, with its reason, is in the subject's access log.")
.callers(&[Platform])
.problems(&[422])
.traced(Trace::Subject(Action::GrantsListed));

/// A subject's objections.
pub const OBJECTIONS: Endpoint<SubjectPath, LookQuery, (), Page<ObjectionCase>> =
    Endpoint::get("/subjects/{subject}/objections", Topic::Oversight, "A subject's objections, newest first")
        .about("The look, with its reason, is in the subject's access log.")
        .callers(&[Platform])
        .problems(&[422])
        .traced(Trace::Subject(Action::ObjectionsListed));

/// A subject's applications for repair.
pub const REPAIRS: Endpoint<SubjectPath, LookQuery, (), Page<RepairCase>> =
    Endpoint::get("/subjects/{subject}/repairs", Topic::Oversight, "A subject's applications for repair, newest first")
        .about("The look, with its reason, is in the subject's access log.")
        .callers(&[Platform])
        .problems(&[422])
        .traced(Trace::Subject(Action::RepairsListed));

/// A subject's commitments.
pub const COMMITMENTS: Endpoint<SubjectPath, LookQuery, (), Page<CommitmentCase>> =
    Endpoint::get("/subjects/{subject}/commitments", Topic::Oversight, "A subject's commitments, newest first")
        .about("The look, with its reason, is in the subject's access log.")
        .callers(&[Platform])
        .problems(&[422])
        .traced(Trace::Subject(Action::CommitmentsListed));

parameters! {
    /// Which subject.
    pub struct SubjectPath {
        /// Its id: a USCC, or the hashed id of a natural person.
        pub subject: SubjectId,
    }

    /// What a list of a subject's is looked at for, and where it goes on.
    pub struct LookQuery {
        /// What for.
        pub reason: LookReason,
        /// `next` of the page before.
        pub cursor: Option<Cursor>,
    }

    /// What a subject's records are looked at for, and which of them.
    pub struct SubjectRecordsQuery {
        /// What for.
        pub reason: LookReason,
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

/// Whom the platform looks for, by one of four, and what for.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedSubject {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectId>,
    /// The identity number of a natural person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_number: Option<IdentityNumber>,
    /// Another document of a natural person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<IdentityDocument>,
    /// A report of its.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportNumber>,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(required)]
    pub reason: Option<LookReason>,
}

/// An identity document that is no resident identity card.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityDocument {
    /// Its kind, as the sharing standard has it.
    #[schemars(length(min = 1, max = 40))]
    pub kind: String,
    /// Its number.
    pub number: IdentityNumber,
}

/// The number of an identity document on its way to become an id: it is never kept, nor shown.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct IdentityNumber(#[schemars(length(min = 5, max = 30))] String);

impl IdentityNumber {
    /// A number as somebody wrote it.
    pub fn written(number: impl Into<String>) -> Self {
        Self(number.into())
    }

    /// The number, to make an id of it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Debug for IdentityNumber {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityNumber(..)")
    }
}

/// A subject that was found. One of which nothing is held has no name and no records: it may be there all the same.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct IdentifiedSubject {
    /// What it goes by in addresses.
    pub subject: SubjectId,
    /// Its name by the register; of one that is not there, by its newest record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of a natural person, by its newest record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked_id_number: Option<String>,
    /// What the register says of it, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<String>,
    /// How many records are held of it, the withdrawn ones included.
    pub records: usize,
    /// What bars it from reports, the first found false first.
    pub bars: Vec<SubjectBar>,
}

/// A report as the platform sees it: without its code, which would open it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SeenReport {
    /// What it is called by.
    pub number: ReportNumber,
    /// When it was issued.
    #[schemars(with = "Moment")]
    pub issued_at: Timestamp,
    /// The days that it is about.
    pub period: Period,
    /// What it is for.
    pub purpose: Purpose,
    /// What it found.
    pub summary: ReportSummary,
    /// What whoever holds its code is shown.
    pub disclosure: Disclosure,
    /// What counts most.
    pub status: ReportStatus,
    /// All that applies.
    pub statuses: Vec<ReportStatus>,
    /// The same, for people.
    pub meaning: String,
}

/// A grant as the platform sees it: without its code, which would let it be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeenGrant {
    /// The end of its code, as the access log has it.
    pub code_ending: String,
    /// To whom.
    pub grantee: Grantee,
    /// For which domains.
    pub domains: Vec<DomainId>,
    /// For which period.
    pub period: Period,
    /// For what.
    pub purpose: Purpose,
    /// When it was given.
    #[schemars(with = "Moment")]
    pub given_at: Timestamp,
    /// Until when.
    #[schemars(with = "Moment")]
    pub until: Timestamp,
    /// How many reports.
    pub uses: u32,
    /// How many were issued under it.
    pub used: u32,
    /// When the subject revoked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Moment>")]
    pub revoked_at: Option<Timestamp>,
    /// Whether it lets anyone query.
    pub state: GrantState,
}
