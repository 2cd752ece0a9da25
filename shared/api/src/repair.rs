//! Applications for credit repair (R5).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::RecordId;
use xinzheng_domain::audit::Action;
use xinzheng_domain::audit::Role::{Platform, Subject, Unit};
use xinzheng_domain::case::attachment::AttachmentId;
use xinzheng_domain::case::repair_application::{RepairApplication, RepairApplicationId};

use crate::endpoint::{Endpoint, Topic, Trace};
use crate::objection::GrantedRepair;
use crate::page::{Page, UnitListQuery};
use crate::parameter::parameters;

/// Applies.
pub const APPLY: Endpoint<(), (), RepairRequest, RepairCase> =
    Endpoint::post("/repairs", Topic::Repairs, "Apply for repair")
.about("For the repair of a record that was public long enough, with proof that its duties are done and, from 2026-04-01 on, a public commitment")
        .callers(&[Subject])
        .creates()
        .versioned()
        .problems(&[404, 409, 422]);

/// One's applications; those that wait for a unit.
pub const LIST: Endpoint<(), UnitListQuery, (), Page<RepairCase>> =
    Endpoint::get("/repairs", Topic::Repairs, "One's applications; those that wait for a unit")
        .about("A subject's own, newest first; for a unit those that wait for it; the platform names a `unit`")
        .callers(&[Subject, Unit, Platform])
        .problems(&[422])
        .traced(Trace::Reader(Action::RepairsListed));

/// An application.
pub const READ: Endpoint<RepairPath, (), (), RepairCase> =
    Endpoint::get("/repairs/{id}", Topic::Repairs, "An application")
        .about("With every step. Its `etag` is what the next step is decided on")
        .callers(&[Subject, Unit, Platform])
        .versioned()
        .problems(&[404])
        .traced(Trace::Subject(Action::RepairRead));

/// A file of an application.
pub const ATTACHMENT: Endpoint<RepairAttachmentPath, (), (), ()> =
    Endpoint::get_file("/repairs/{id}/attachments/{attachment}", Topic::Repairs, "A proof")
        .about("Leads to the object store, as a download; the address holds for some minutes")
        .callers(&[Subject, Unit, Platform])
        .leads_on()
        .problems(&[404])
        .traced(Trace::Subject(Action::AttachmentDownloaded));

/// The unit decides it.
pub const DECIDE: Endpoint<RepairPath, (), RepairDecisionRequest, RepairCase> =
    Endpoint::post("/repairs/{id}/decision", Topic::Repairs, "Decide an application")
.about("`granted` with the document and day of the repair, applied to the record in the same transaction, or `refused`, with a reason")
        .callers(&[Unit])
        .guarded()
        .problems(&[404, 409, 422]);

/// The subject takes it back.
pub const RETRACT: Endpoint<RepairPath, (), (), RepairCase> =
    Endpoint::act("/repairs/{id}/retraction", Topic::Repairs, "Take an application back")
        .about("The subject withdraws it before it is decided")
        .callers(&[Subject])
        .guarded()
        .problems(&[404, 409]);

parameters! {
    /// Which application.
    pub struct RepairPath {
        /// Its id.
        pub id: RepairApplicationId,
    }

    /// Which file of which application.
    pub struct RepairAttachmentPath {
        /// The application's id.
        pub id: RepairApplicationId,
        /// The attachment's id.
        pub attachment: AttachmentId,
    }
}

/// What a subject applies with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepairRequest {
    /// The record to be repaired.
    pub record: RecordId,
    /// How the subject has made good, and its proof.
    #[schemars(length(min = 1, max = 2000))]
    pub proof: String,
    /// Its public commitment (公开承诺), where the order in force asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2000))]
    pub commitment: Option<String>,
    /// Ids that `POST /attachments` gave.
    #[serde(default)]
    #[schemars(length(max = 5))]
    pub attachments: Vec<AttachmentId>,
}

/// An application, as everyone sees it who may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RepairCase {
    /// The application.
    #[serde(flatten)]
    pub application: RepairApplication,
    /// Where it stands, for people.
    pub state_title: String,
    /// The unit that decides, for people.
    pub unit_name: String,
}

/// What a unit decides of an application.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepairDecisionRequest {
    /// Whether it is granted.
    pub outcome: RepairOutcome,
    /// Why.
    #[schemars(length(min = 1, max = 2000))]
    pub reason: String,
    /// With `granted`: the decision's document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<GrantedRepair>,
}

/// Whether a repair is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RepairOutcome {
    /// 准予修复.
    Granted,
    /// 不予修复.
    Refused,
}

impl RepairOutcome {
    /// A stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Refused => "refused",
        }
    }
}
