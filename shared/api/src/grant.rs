//! Grants: a subject lets a third party have reports about it (R12).

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::audit::Action;
use xinzheng_domain::audit::Role::{Subject, ThirdParty};
use xinzheng_domain::calendar_schema::Moment;
use xinzheng_domain::case::grant::{GrantState, Grantee, StandingGrant};
use xinzheng_domain::{Period, Purpose, ReportNumber, ReportStatus, VerificationCode};

use crate::endpoint::{Endpoint, Topic, Trace};
use crate::page::{ListQuery, Page};
use crate::parameter::parameters;
use crate::report::{NewReport, OpenedReport, RequestedDomain, RequestedPeriod};

/// Gives a grant.
pub const GIVE: Endpoint<(), (), GrantRequest, Grant> =
    Endpoint::post("/grants", Topic::Grants, "Let a third party query")
.about("Lets a `grantee` have reports about the subject: for these `domains`, this `period` and `purpose`, until `until`, `uses` times. The answer's `code` goes to the grantee, who needs a token of its own. It can be revoked at any time")
        .callers(&[Subject])
        .creates()
        .versioned()
        .problems(&[422]);

/// One's grants.
pub const LIST: Endpoint<(), ListQuery, (), Page<Grant>> =
    Endpoint::get("/grants", Topic::Grants, "One's grants, newest first")
        .about("Each with its scope, how often it was used and whether it still holds")
        .callers(&[Subject])
        .problems(&[422]);

/// Ends a grant.
pub const REVOKE: Endpoint<GrantPath, (), (), Grant> =
    Endpoint::act("/grants/{code}/revocation", Topic::Grants, "Revoke a grant")
        .about("Nobody can use it any more; reports that were had under it stay valid")
        .callers(&[Subject])
        .guarded()
        .problems(&[404, 409]);

/// Issues a report under a grant.
pub const QUERY: Endpoint<GrantPath, (), QueryRequest, NewReport> =
    Endpoint::post("/grants/{code}/reports", Topic::Grants, "Query under a grant")
.about("Issues a report about the grant's subject within its scope, as the bank or buyer that it names; counts a use, which the subject sees")
        .callers(&[ThirdParty])
        .creates()
        .body_optional()
        .problems(&[404, 422]);

/// The reports that were had under a grant.
pub const REPORTS: Endpoint<GrantPath, ListQuery, (), Page<OpenedReport>> = Endpoint::get(
    "/grants/{code}/reports",
    Topic::Grants,
    "The reports that were had under a grant, with fresh download addresses while it lasts",
)
.about("Newest first. Downloads are given while the grant lasts")
.callers(&[ThirdParty])
.problems(&[404, 422])
.traced(Trace::Subject(Action::GrantReportsRead));

/// All that one had under grants.
pub const HAD: Endpoint<(), ListQuery, (), Page<HadReport>> = Endpoint::get(
    "/authorised-reports",
    Topic::Grants,
    "The reports that one had under grants, newest first, and how each grant stands; files by the grant's own list",
)
.about("What was asked for, and not what the reports say: for that the grant's own list is asked, which the subject's access log has.")
.callers(&[ThirdParty])
.problems(&[422])
.traced(Trace::Nothing);

parameters! {
    /// Which grant.
    pub struct GrantPath {
        /// Its code, as people type it.
        pub code: String,
    }
}

/// A report that a third party had under a grant: what it asked for, not what the report says.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HadReport {
    /// What it is called by.
    pub number: ReportNumber,
    /// Whom it is about.
    pub subject: String,
    /// When it was issued.
    #[schemars(with = "Moment")]
    pub issued_at: Timestamp,
    /// The days that it is about.
    pub period: Period,
    /// What it is for.
    pub purpose: Purpose,
    /// How many domains it covers.
    pub domains: usize,
    /// What counts most of the report, as it was told last; a verification says it of its moment.
    pub status: ReportStatus,
    /// The grant's code: its list has the file while it lasts.
    pub grant: VerificationCode,
    /// Until when the grant is.
    #[schemars(with = "Moment")]
    pub until: Timestamp,
    /// Whether it lets anyone query.
    pub state: GrantState,
}

/// What a subject grants. Without domains: all; without a period: from 2022-08-01 on.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantRequest {
    /// To whom.
    pub grantee: Grantee,
    /// Of which domains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub domains: Option<Vec<RequestedDomain>>,
    /// Of which days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<RequestedPeriod>,
    /// For what.
    pub purpose: Purpose,
    /// Until when.
    #[schemars(with = "Moment")]
    pub until: Timestamp,
    /// How many reports.
    #[schemars(range(min = 1, max = 100))]
    pub uses: u32,
    /// Whether the third party is told, until the grant ends, that something became of the reports that it had under it; never
    /// what.
    #[serde(default)]
    pub notices: bool,
}

/// What of a grant's scope a third party asks for; all of it when it does not say.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueryRequest {
    /// Of which domains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub domains: Option<Vec<RequestedDomain>>,
    /// Of which days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<RequestedPeriod>,
}

/// A grant, and how it stands.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Grant {
    /// As it was given, and what was used of it.
    #[serde(flatten)]
    pub standing: StandingGrant,
    /// Whether it lets anyone query.
    pub state: GrantState,
    /// Its entity tag: it changes when it is revoked.
    pub version: u32,
}
