//! Objections: raised by a subject, decided by the unit (R15).

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::audit::Action;
use xinzheng_domain::audit::Role::{Platform, Subject, Unit};
use xinzheng_domain::calendar_schema::Day;
use xinzheng_domain::case::attachment::AttachmentId;
use xinzheng_domain::case::objection::{Contested, Objection, ObjectionId};
use xinzheng_domain::record::Withdrawal;
use xinzheng_domain::{DocumentNumber, RecordId, ReportNumber};

use crate::endpoint::{Endpoint, Topic, Trace};
use crate::page::{ListQuery, Page, UnitListQuery};
use crate::parameter::parameters;

/// Raises one.
pub const SUBMIT: Endpoint<(), (), ObjectionRequest, ObjectionCase> =
    Endpoint::post("/objections", Topic::Objections, "Object to a record or to its repair")
.about("Against a record, its repair, or a repair that was refused. Due in five working days; while it is open new reports mark the record")
        .callers(&[Subject])
        .creates()
        .versioned()
        .problems(&[404, 409, 422]);

/// One's objections; a unit's work list.
pub const LIST: Endpoint<(), UnitListQuery, (), Page<ObjectionCase>> =
    Endpoint::get("/objections", Topic::Objections, "One's objections; a unit's work list by due day")
.about("A subject's own, newest first; for a unit those that wait for it, by the day that they are due; the platform names a `unit`")
        .callers(&[Subject, Unit, Platform])
        .problems(&[422])
        .traced(Trace::Reader(Action::ObjectionsListed));

/// An objection.
pub const READ: Endpoint<ObjectionPath, (), (), ObjectionCase> =
    Endpoint::get("/objections/{id}", Topic::Objections, "An objection")
        .about("With every step. Its `etag` is what the next step is decided on")
        .callers(&[Subject, Unit, Platform])
        .versioned()
        .problems(&[404])
        .traced(Trace::Subject(Action::ObjectionRead));

/// A file of an objection.
pub const ATTACHMENT: Endpoint<ObjectionAttachmentPath, (), (), ()> =
    Endpoint::get_file("/objections/{id}/attachments/{attachment}", Topic::Objections, "An attachment")
        .about("Leads to the object store, as a download; the address holds for some minutes")
        .callers(&[Subject, Unit, Platform])
        .leads_on()
        .problems(&[404])
        .traced(Trace::Subject(Action::AttachmentDownloaded));

/// The unit takes it up.
pub const ACCEPT: Endpoint<ObjectionPath, (), (), ObjectionCase> =
    Endpoint::act("/objections/{id}/acceptance", Topic::Objections, "Take an objection up")
        .about("The unit says that it works on it; the last day stays")
        .callers(&[Unit])
        .guarded()
        .problems(&[404, 409]);

/// The unit decides it.
pub const DECIDE: Endpoint<ObjectionPath, (), ObjectionDecision, ObjectionCase> =
    Endpoint::post("/objections/{id}/decision", Topic::Objections, "Decide an objection")
.about("`upheld` with a `correction`, a `withdrawal` or what fits the objection, applied to the record in the same transaction; or `rejected`. Always with a reason. Reports that rest on the record are affected")
        .callers(&[Unit])
        .guarded()
        .problems(&[404, 409, 422]);

/// The subject takes it back.
pub const RETRACT: Endpoint<ObjectionPath, (), (), ObjectionCase> =
    Endpoint::act("/objections/{id}/retraction", Topic::Objections, "Take an objection back")
        .about("The subject withdraws it before it is decided; the record is marked no more")
        .callers(&[Subject])
        .guarded()
        .problems(&[404, 409]);

/// What is late.
pub const ESCALATIONS: Endpoint<(), ListQuery, (), Page<EscalatedObjection>> =
    Endpoint::get("/escalations", Topic::Oversight, "Objections whose answer is late, of all units")
        .about("Objections that were not answered within five working days, the oldest first")
        .callers(&[Platform])
        .problems(&[422])
        .traced(Trace::Reader(Action::EscalationsRead));

parameters! {
    /// Which objection.
    pub struct ObjectionPath {
        /// Its id.
        pub id: ObjectionId,
    }

    /// Which file of which objection.
    pub struct ObjectionAttachmentPath {
        /// The objection's id.
        pub id: ObjectionId,
        /// The attachment's id.
        pub attachment: AttachmentId,
    }
}

/// What a subject objects to.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectionRequest {
    /// The record.
    pub record: RecordId,
    /// What of it.
    pub contested: Contested,
    /// Why.
    #[schemars(length(min = 1, max = 2000))]
    pub reasons: String,
    /// The report from which it objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportNumber>,
    /// Ids that `POST /attachments` gave.
    #[serde(default)]
    #[schemars(length(max = 5))]
    pub attachments: Vec<AttachmentId>,
}

/// An objection, as everyone sees it who may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectionCase {
    /// The objection.
    #[serde(flatten)]
    pub objection: Objection,
    /// Where it stands, for people.
    pub state_title: String,
    /// The unit that decides, for people.
    pub unit_name: String,
    /// The record's domain, for people.
    pub domain_name: String,
    /// True when it is open and its last day has passed.
    pub overdue: bool,
}

/// An objection whose answer is late.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EscalatedObjection {
    /// The objection.
    #[serde(flatten)]
    pub case: ObjectionCase,
    /// By how many days.
    pub days_late: i32,
}

/// What a unit decides of an objection; with `upheld` one of `withdrawal`, `correction`, `repair` and `cancel_repair`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectionDecision {
    /// Whether it is right.
    pub outcome: ObjectionOutcome,
    /// Why.
    #[schemars(length(min = 1, max = 2000))]
    pub reason: String,
    /// The record is withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawal: Option<Withdrawal<'static>>,
    /// What of the record is corrected, as a JSON merge patch (RFC 7396).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub correction: Option<serde_json::Value>,
    /// How the record is repaired, in the place of its repair or of a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<GrantedRepair>,
    /// Its repair is taken back.
    #[serde(default)]
    pub cancel_repair: bool,
}

/// Whether an objection is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectionOutcome {
    /// 异议成立.
    Upheld,
    /// 异议不成立.
    Rejected,
}

/// A repair that a unit grants.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantedRepair {
    /// The decision's document.
    pub document: DocumentNumber<'static>,
    /// Its day.
    #[schemars(with = "Day")]
    pub date: Date,
    /// What it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}
