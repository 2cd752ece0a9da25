//! The keys of the registry, each with its access pattern. Nothing else builds or reads one.
//!
//! | item | pk | sk | read by |
//! |---|---|---|---|
//! | subject of the register | `SUBJECT#<id>` | `PROFILE` | GetItem |
//! | record | `SUBJECT#<id>` | `RECORD#<record id>` | Query on [`BY_DECISION_DATE`], and by unit and month on [`BY_UNIT`] |
//! | issued report, in its subject's list | `SUBJECT#<id>` | `REPORT#<issued at>#<number>` | Query |
//! | issued report, with what it rests on and whether it was superseded or taken back | `CODE#<code>` | `REPORT` | GetItem |
//! | newest report of a subject for a period and domains | `SUBJECT#<id>` | `SCOPE#<from>#<to>#<domains>` | GetItem |
//! | issued report by file | `FILE#<sha256>` | `REPORT` | GetItem, then the code's |
//! | issued report by number | `NUMBER#<number>` | `REPORT` | GetItem, then the code's |
//! | what was done to a subject's data | `AUDIT#<id>` | `<when>#<what>#<number>` | Query |
//! | upload batch | `BATCH#<id>` | `META` | GetItem |
//! | finished part of a batch | `BATCH#<id>` | `PART#<n>` | condition only |
//! | indexed chunk of a batch | `BATCH#<id>` | `CHUNK#<part>-<n>` | condition only |
//! | upload, by its key | `UPLOAD#<hash of the key>` | `META` | GetItem |
//! | upload in its unit's list | `UNIT#<unit>` | `UPLOAD#<when>#<id>` | Query |
//! | manifest of a unit | `UNIT#<unit>` | `MANIFEST#<kind>#<from>#<to>` | Query |
//! | revision of a record, or change to it | `RECORD#<record id>` | `<source position>` | Query |
//! | grant | `GRANT#<code>` | `META` | GetItem |
//! | grant in its subject's list | `SUBJECT#<id>` | `GRANT#<when>#<code>` | Query |
//! | commitment | `COMMITMENT#<id>` | `META` | GetItem |
//! | commitment in its subject's and its unit's list | `SUBJECT#<id>`, `UNIT#<unit>` | `COMMITMENT#<when>#<id>` | Query |
//! | what bars a subject from reports | `BARS#<subject>` | `<commitment>` | Query |
//! | how many bars a subject has | `SUBJECT#<id>` | `BAR` | condition only |
//! | feedback | `FEEDBACK#<code>` | `META` | GetItem |
//! | feedback that is open, or published | `FEEDBACK#open`, `FEEDBACK#published` | `FEEDBACK#<when>#<code>` | Query |
//! | how much feedback an address sent in an hour | `THROTTLE#<hash>` | `META` | condition only |
//! | answer to a request with an `Idempotency-Key` | `REQUEST#<hash>` | `META` | PutItem that fails |
//! | application for repair | `REPAIR#<id>` | `META` | GetItem |
//! | application in its subject's list, and in its unit's while it waits | `SUBJECT#<id>`, `UNIT#<unit>` | `REPAIR#<when>#<id>` | Query |
//! | attachment | `ATTACHMENT#<id>` | `META` | GetItem |
//! | objection | `CASE#<id>` | `META` | GetItem |
//! | open objection in its unit's work list | `UNIT#<unit>` | `DUE#<last day>#<id>` | Query |
//! | open objection, of all units | `OPEN-OBJECTIONS` | `DUE#<last day>#<id>` | Query |
//! | objection in its subject's list | `SUBJECT#<id>` | `CASE#<when>#<id>` | Query |
//! | checkpoint and lease of the run over all uploads | `BACKFILL` | `META` | UpdateItem |
//! | what a day counts up to | `EVALUATION` | `DAY#<day>` | Query |
//! | row of the matrix of units and months | `MATRIX` | `UNIT#<unit>` | Query |
//! | year of the calendar | `CONFIG#calendar` | `YEAR#<year>` | Query |
//! | version of the report template | `CONFIG#report-template` | `VERSION#<version>` | Query |
//! | the active version of the report template | `CONFIG#report-template` | `ACTIVE` | GetItem |
//! | what the platform did | `AUDIT#platform` | `<when>#<what>#<object>` | Query |
//! | verification of what was never issued | `AUDIT#lookups` | `<when>#<what>#<digest>` | Query |
//! | what a unit did, what it was refused, what came of its uploads | `AUDIT#<unit>` | `<when>#<what>#<object>` | Query |
//!
//! A record's own key does not hold its date, so that a corrected date is an update of one item. The local index
//! orders a subject's records by date and leaves out items without `decided`: marks that came before their record.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::civil::Date;
use xinzheng_domain::attachment::AttachmentId;
use xinzheng_domain::commitment::CommitmentId;
use xinzheng_domain::objection::{Objection, ObjectionId};
use xinzheng_domain::repair_application::RepairApplicationId;
use xinzheng_domain::{DomainId, Manifest, Period, RecordId, ReportNumber, SubjectId, UnitCode, VerificationCode};

use crate::objects::ChunkName;

/// The name of the partition key.
pub(crate) const PK: &str = "pk";
/// The name of the sort key.
pub(crate) const SK: &str = "sk";
/// The local secondary index of records by decision date, sorted by `decided`: `<decision date>#<record id>`.
pub(crate) const BY_DECISION_DATE: &str = "by-decision-date";
/// The global index of records by the municipal unit and the month of their decision, sorted by `decided`.
pub(crate) const BY_UNIT: &str = "by-unit";

/// The partition of [`BY_UNIT`] of a unit and a month (`2025-11`).
pub(crate) fn unit_month(unit: UnitCode, month: &str) -> String {
    format!("{}#{month}", unit.municipal_code())
}

/// The same of a decision's day.
pub(crate) fn unit_month_of(unit: UnitCode, decided: Date) -> String {
    unit_month(unit, &decided.strftime("%Y-%m").to_string())
}

/// The sort key of an issued report under its own partition.
pub(crate) const REPORT: &str = "REPORT";
/// The sort key of a subject of the register.
pub(crate) const PROFILE: &str = "PROFILE";
/// The sort key of an upload batch.
pub(crate) const META: &str = "META";
/// The item of a file's name: which batch was sent last under it.
pub(crate) const NAME: &str = "NAME";

/// The partition of report templates.
pub(crate) const TEMPLATES: &str = "CONFIG#report-template";
/// The sort key of what is active.
pub(crate) const ACTIVE: &str = "ACTIVE";
/// The partition of what the platform did.
pub(crate) const PLATFORM_AUDIT: &str = "AUDIT#platform";

/// The partition of what was asked for in vain.
pub(crate) const LOOKUPS_AUDIT: &str = "AUDIT#lookups";

/// The partition of the checkpoint of the run over all uploads.
pub(crate) const BACKFILL: &str = "BACKFILL";
/// The partition of what days count up to.
pub(crate) const EVALUATION: &str = "EVALUATION";

pub(crate) fn day(day: Date) -> String {
    format!("DAY#{day}")
}

/// The partition of the matrix of units and months.
pub(crate) const MATRIX: &str = "MATRIX";
/// What sort keys of its rows begin with.
pub(crate) const ROWS: &str = "UNIT#";

pub(crate) fn matrix_row(unit: UnitCode) -> String {
    format!("{ROWS}{unit}")
}

/// The partition of the calendar's years.
pub(crate) const CALENDAR: &str = "CONFIG#calendar";
/// What sort keys of years begin with.
pub(crate) const YEARS: &str = "YEAR#";

pub(crate) fn year(number: i16) -> String {
    format!("{YEARS}{number}")
}

pub(crate) fn template_version(version: &str) -> String {
    format!("VERSION#{version}")
}

/// What sort keys of a unit's open cases begin with.
pub(crate) const DUE: &str = "DUE#";
/// The partition of all open objections.
pub(crate) const OPEN_OBJECTIONS: &str = "OPEN-OBJECTIONS";
/// What sort keys of a subject's cases begin with.
pub(crate) const CASES: &str = "CASE#";

/// What sort keys of a subject's grants begin with.
pub(crate) const GRANTS: &str = "GRANT#";

pub(crate) fn grant(code: &VerificationCode) -> String {
    format!("GRANT#{}", code.compact())
}

pub(crate) fn listed_grant(at: Timestamp, code: &VerificationCode) -> String {
    format!("{GRANTS}{}#{}", instant(at), code.compact())
}

/// What sort keys of lists of commitments begin with.
pub(crate) const COMMITMENTS: &str = "COMMITMENT#";
/// The sort key of the number of a subject's bars.
pub(crate) const BAR: &str = "BAR";

pub(crate) fn commitment(id: &CommitmentId) -> String {
    format!("COMMITMENT#{id}")
}

pub(crate) fn listed_commitment(at: Timestamp, id: &CommitmentId) -> String {
    format!("{COMMITMENTS}{}#{id}", instant(at))
}

pub(crate) fn bars(id: &SubjectId) -> String {
    format!("BARS#{id}")
}

/// What sort keys of lists of feedback begin with.
pub(crate) const FEEDBACKS: &str = "FEEDBACK#";
/// The partition of feedback that waits for an answer.
pub(crate) const FEEDBACK_OPEN: &str = "FEEDBACK#open";
/// The partition of published questions and answers.
pub(crate) const FEEDBACK_PUBLISHED: &str = "FEEDBACK#published";

pub(crate) fn feedback(code: &VerificationCode) -> String {
    format!("{FEEDBACKS}{}", code.compact())
}

pub(crate) fn listed_feedback(at: Timestamp, code: &VerificationCode) -> String {
    format!("{FEEDBACKS}{}#{}", instant(at), code.compact())
}

pub(crate) fn request(key: &str) -> String {
    format!("REQUEST#{key}")
}

pub(crate) fn attachment(id: &AttachmentId) -> String {
    format!("ATTACHMENT#{id}")
}

pub(crate) fn throttle(hash: &str) -> String {
    format!("THROTTLE#{hash}")
}

/// What sort keys of lists of applications for repair begin with.
pub(crate) const REPAIRS: &str = "REPAIR#";

pub(crate) fn repair_application(id: &RepairApplicationId) -> String {
    format!("{REPAIRS}{id}")
}

pub(crate) fn listed_repair(at: Timestamp, id: &RepairApplicationId) -> String {
    format!("{REPAIRS}{}#{id}", instant(at))
}

pub(crate) fn case(id: &ObjectionId) -> String {
    format!("CASE#{id}")
}

pub(crate) fn due(objection: &Objection) -> String {
    format!("{DUE}{}#{}", objection.due, objection.id)
}

pub(crate) fn listed_case(at: Timestamp, id: &ObjectionId) -> String {
    format!("{CASES}{}#{id}", instant(at))
}

pub(crate) fn subject(id: &SubjectId) -> String {
    format!("SUBJECT#{id}")
}

pub(crate) fn record(id: &RecordId) -> String {
    format!("RECORD#{id}")
}

pub(crate) fn decided(date: Date, id: &RecordId) -> String {
    format!("{date}#{id}")
}

/// The bounds of `decided` for days from `from` to `to`, both included.
pub(crate) fn decided_between(from: Date, to: Date) -> (String, String) {
    // `~` sorts behind every hexadecimal digit.
    (from.to_string(), format!("{to}#~"))
}

/// What sort keys of a subject's reports begin with.
pub(crate) const REPORTS: &str = "REPORT#";

pub(crate) fn listed_report(issued_at: Timestamp, number: &ReportNumber) -> String {
    format!("{REPORTS}{}#{number}", instant(issued_at))
}

/// A period with a bit for each domain.
pub(crate) fn scope(period: &Period, domains: impl Iterator<Item = DomainId>) -> String {
    let bits = domains.fold(0_u64, |bits, domain| bits | 1 << domain.number());
    format!("SCOPE#{}#{}#{bits:010x}", period.from(), period.to())
}

pub(crate) fn code(code: &VerificationCode) -> String {
    format!("CODE#{}", code.compact())
}

pub(crate) fn file(sha256: &str) -> String {
    format!("FILE#{sha256}")
}

/// The digest in the key of a file.
pub(crate) fn file_of(pk: &str) -> String {
    pk.trim_start_matches("FILE#").to_owned()
}

pub(crate) fn number(number: &ReportNumber) -> String {
    format!("NUMBER#{number}")
}

pub(crate) fn audit(subject: &SubjectId) -> String {
    format!("AUDIT#{subject}")
}

/// What source positions begin with: a year.
pub(crate) const POSITIONS: &str = "2";
/// What keys of entries of an audit begin with: a year.
pub(crate) const AUDITED: &str = "2";

pub(crate) fn audited(at: Timestamp, action: &str, object: &str) -> String {
    format!("{}#{action}#{object}", instant(at))
}

pub(crate) fn batch(id: &str) -> String {
    format!("BATCH#{id}")
}

pub(crate) fn chunk(name: &ChunkName) -> String {
    format!("CHUNK#{name}")
}

pub(crate) fn part(number: u32) -> String {
    format!("PART#{number:04}")
}

pub(crate) fn upload(id: &str) -> String {
    format!("UPLOAD#{id}")
}

pub(crate) fn unit(code: UnitCode) -> String {
    format!("UNIT#{code}")
}

pub(crate) fn listed_upload(at: Timestamp, id: &str) -> String {
    format!("UPLOAD#{}#{id}", instant(at))
}

/// What sort keys of manifests begin with.
pub(crate) const MANIFESTS: &str = "MANIFEST#";

pub(crate) fn manifest(manifest: &Manifest<'_>) -> String {
    format!("{MANIFESTS}{}#{}#{}", manifest.kind.code(), manifest.from, manifest.to)
}

pub(crate) fn unit_audit(code: UnitCode) -> String {
    format!("AUDIT#{code}")
}

/// An instant of fixed width, so that text order is time order.
pub(crate) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// The attribute that says which unit sent a mark.
pub(crate) fn mark_unit(mark: &str) -> String {
    format!("{mark}_unit")
}

/// A text attribute.
pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub(crate) fn count(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
