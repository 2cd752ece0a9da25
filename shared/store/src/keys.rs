//! The keys of the registry, each with its access pattern. Nothing else builds or reads one.
//!
//! | item | pk | sk | read by |
//! |---|---|---|---|
//! | subject of the register | `RECORDS#<first half of its records' ids>` | `PROFILE#<id>` | Query with its records, GetItem |
//! | record, the latest of its revisions | `RECORDS#<first half of its id>` | `RECORD#<record id>` | Query of a subject's, GetItem, and by unit and month on [`BY_UNIT`](crate::table::BY_UNIT) |
//! | what was replaced of a record, or came too late | `HISTORY#<record id>` | `<source position>` | Query |
//! | issued report, in its subject's list | `SUBJECT#<id>` | `REPORT#<issued at>#<number>` | Query |
//! | the same, among all of its month | `ISSUED#<month>` | `<issued at>#<number>` | Query |
//! | issued report, with what it rests on and whether it was superseded or taken back | `CODE#<code>` | `REPORT` | GetItem |
//! | newest report of a subject for a period, domains and a purpose | `SUBJECT#<id>` | `SCOPE#<from>#<to>#<domains>#<purpose>` | GetItem |
//! | issued report by file | `FILE#<sha256>` | `REPORT` | GetItem, then the code's |
//! | issued report by number | `NUMBER#<number>` | `REPORT` | GetItem, then the code's |
//! | upload batch | `BATCH#<id>` | `META` | GetItem |
//! | finished part of a batch | `BATCH#<id>` | `PART#<n>` | condition only |
//! | indexed chunk of a batch | `BATCH#<id>` | `CHUNK#<part>-<n>` | condition only |
//! | upload, by its key | `UPLOAD#<hash of the key>` | `META` | GetItem |
//! | which batch was sent last under a file's name | `UPLOAD#<hash of the name>` | `NAME` | GetItem |
//! | upload in its unit's list | `UNIT#<unit>` | `UPLOAD#<when>#<id>` | Query |
//! | manifest of a unit | `UNIT#<unit>` | `MANIFEST#<kind>#<from>#<to>` | Query |
//! | mark that waits for its record, in its unit's list | `UNIT#<unit>` | `WAITING#<record id>#<lane>` | Query |
//! | row to be looked at with another unit, in both units' lists | `UNIT#<unit>` | `DOUBT#RECORD#<record id>`, `DOUBT#PROFILE#<code>` | Query |
//! | whose a name is | `NAME#<hash of the name>` | `META` | GetItem |
//! | grant | `GRANT#<code>` | `META` | GetItem |
//! | grant in its subject's list | `SUBJECT#<id>` | `GRANT#<when>#<code>` | Query |
//! | report that was issued under a grant | `GRANT#<code>` | `REPORT#<issued at>#<number>` | Query |
//! | the same, in the list of the third party that had it | `PARTY#<recipient>` | `REPORT#<issued at>#<number>` | Query |
//! | grant with consent to notices, by its end | `GRANT-ENDS` | `DUE#<until>#<code>` | Query |
//! | notice, in its recipient's list | `NOTICES#<recipient>` | `N#<number>` | Query |
//! | that a recipient was given a notice | `NOTICES#<recipient>` | `GIVEN#<notice>` | BatchGetItem |
//! | how many notices a recipient was given, how far it has seen them | `NOTICES#<recipient>` | `META` | GetItem, BatchGetItem |
//! | webhook of a recipient | `NOTICES#<recipient>` | `WEBHOOK#<id>` | GetItem, Query |
//! | how far records were looked through for their first day of repair | `REPAIRABLE` | `META` | GetItem |
//! | that a subject was told of a record's first day of repair | `REPAIRABLE#<record id>` | `META` | condition only |
//! | living code | `LIVING#<code>` | `META` | UpdateItem, GetItem |
//! | living code in its subject's list | `SUBJECT#<id>` | `LIVING#<when>#<code>` | Query |
//! | commitment | `COMMITMENT#<id>` | `META` | GetItem |
//! | commitment in its subject's and its unit's list | `SUBJECT#<id>`, `UNIT#<unit>` | `COMMITMENT#<when>#<id>` | Query |
//! | what bars a subject from reports | `RECORDS#<first half of its records' ids>` | `BAR#<subject>#<commitment>` | Query, also with its records |
//! | how many bars a subject has | `SUBJECT#<id>` | `BAR` | condition only |
//! | feedback | `FEEDBACK#<code>` | `META` | GetItem |
//! | feedback that is open, or published | `FEEDBACK#open`, `FEEDBACK#published` | `FEEDBACK#<when>#<code>` | Query |
//! | what a network did in an hour: feedback, look-ups in vain | `THROTTLE#<what>#<mark>#<hour>` | `META` | condition only |
//! | report whose file is to be proven anew | `PROOF-DUE#<shard>` | `DUE#<when>#<code>` | Query |
//! | entry that waits for the public log | `LOG-PENDING#<shard>` | `<when>#<digest>` | Query |
//! | entry whose checkpoint too few witnesses have cosigned | `LOG-UNCOSIGNED` | `<index>` | Query |
//! | head of the public log | `LOG` | `HEAD` | GetItem |
//! | keys that the public log was told of | `LOG` | `KEYS` | GetItem |
//! | session of the portal that was ended | `SESSION#<hash>` | `META` | GetItem |
//! | form of the portal that was sent when its session was over, encrypted | `SESSION#<hash>` | `FORM` | GetItem |
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
//! | what all units have reported, from the matrix, for reports | `MATRIX` | `REPORTED` | GetItem |
//! | year of the calendar | `CONFIG#calendar` | `YEAR#<year>` | Query |
//! | version of the report template | `CONFIG#report-template` | `VERSION#<version>` | Query |
//! | the active version of the report template | `CONFIG#report-template` | `ACTIVE` | GetItem |
//! | what was done to a subject's data, what a unit or the platform did | `AUDIT#<subject, unit, platform>#<month>` | `<when>#<what>#<object>` | Query |
//! | verification of what was never issued | `AUDIT#lookups#<day>.<shard>` | `<when>#<what>#<digest>` | nobody: the stream brings it to the locked copy |
//!
//! A record's own key does not hold its date, so that a corrected date is an update of one item; its id begins with where
//! its subject's records are. An audit has a partition for each month, look-ups that anybody can cause several for each day:
//! none of them is ever full.

use jiff::Timestamp;
use jiff::civil::Date;
use xinzheng_domain::audit::Action;
use xinzheng_domain::case::attachment::AttachmentId;
use xinzheng_domain::case::commitment::{Commitment, CommitmentId};
use xinzheng_domain::case::feedback::Feedback;
use xinzheng_domain::case::grant::Grant;
use xinzheng_domain::case::living_code::{LivingCode, LivingReport};
use xinzheng_domain::case::notice::{NoticeId, Recipient};
use xinzheng_domain::case::objection::{Objection, ObjectionId};
use xinzheng_domain::case::repair_application::{RepairApplication, RepairApplicationId};
use xinzheng_domain::case::webhook::WebhookId;
use xinzheng_domain::manifest::ManifestId;
use xinzheng_domain::month::Month;
use xinzheng_domain::record::id::WhoseRecords;
use xinzheng_domain::report::ContentDigest;
use xinzheng_domain::{
    DomainId, Period, Purpose, RecordId, ReportNumber, SourcePosition, SubjectId, UnitCode, VerificationCode,
    china_time,
};

use crate::chunk_name::ChunkName;
use crate::questioned::Questioned;
use crate::table::{Item, Key, List, instant};

/// The sort key of an item that has a partition to itself.
const META: &str = "META";

/// What is read of a key by whoever is told of a changed item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place<'k> {
    /// An entry of an audit: whose it is, and `<when>#<what>#<object>` in its parts.
    Audit { of: &'k str, at: &'k str, action: &'k str, object: &'k str },
    /// A record.
    Record,
    /// A batch.
    Batch(&'k str),
    /// An issued report.
    Report,
    /// A grant.
    Grant,
    /// Another item, which nobody is told of.
    Other,
}

impl<'k> Place<'k> {
    /// What stands at this place.
    pub(crate) fn of(pk: &'k str, sk: &'k str) -> Self {
        if let Some(partition) = pk.strip_prefix("AUDIT#") {
            let of = partition.rsplit_once('#').map_or(partition, |(of, _)| of);
            let mut parts = sk.splitn(3, '#');
            let mut part = || parts.next().unwrap_or_default();
            return Self::Audit { of, at: part(), action: part(), object: part() };
        }
        match (pk.strip_prefix("BATCH#"), sk) {
            (Some(id), META) => Self::Batch(id),
            (None, REPORT) if pk.starts_with("CODE#") => Self::Report,
            (None, META) if pk.starts_with("GRANT#") => Self::Grant,
            _ if pk.starts_with("RECORDS#") && sk.starts_with(RECORD) => Self::Record,
            _ => Self::Other,
        }
    }
}

const RECORD: &str = "RECORD#";
const PROFILE: &str = "PROFILE#";
const BAR: &str = "BAR#";

pub(crate) fn profile(id: &SubjectId) -> Key {
    Key::new(whose_records(WhoseRecords::of(id)), format!("{PROFILE}{id}"))
}

fn subject(id: &SubjectId) -> String {
    format!("SUBJECT#{id}")
}

fn whose_records(whose: WhoseRecords) -> String {
    format!("RECORDS#{whose}")
}

pub(crate) fn record(id: &RecordId) -> Key {
    Key::new(whose_records(id.whose()), format!("{RECORD}{id}"))
}

/// All that is held of a subject, and at times of another whose records have the same partition: its registration, its
/// records, what bars it.
pub(crate) fn dossier(id: &SubjectId) -> List {
    List::new(whose_records(WhoseRecords::of(id)), "")
}

/// What of a subject an item of its dossier is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Profile,
    Record,
    Bar,
}

/// What an item of a dossier is, when it is this subject's. Whose a record is stands in the record.
pub(crate) fn held(item: &Item, id: &SubjectId) -> Option<Held> {
    let sk = item.sk();
    let own = |rest: &str| rest.split('#').next() == Some(id.to_string().as_str());
    if sk.starts_with(RECORD) {
        return Some(Held::Record);
    }
    sk.strip_prefix(PROFILE)
        .filter(|rest| own(rest))
        .map(|_| Held::Profile)
        .or_else(|| sk.strip_prefix(BAR).filter(|rest| own(rest)).map(|_| Held::Bar))
}

/// The record in an item's key.
pub(crate) fn record_of(item: &Item) -> Option<RecordId> {
    RecordId::parse(item.sk().strip_prefix(RECORD)?)
}

/// A record's place in the index by unit and month: the sort key.
pub(crate) fn decided(date: Date, id: &RecordId) -> String {
    format!("{date}#{id}")
}

/// What sort keys of decisions up to a day are at most.
pub(crate) fn decided_until(date: Date) -> String {
    // `~` sorts behind every hexadecimal digit.
    format!("{date}#~")
}

/// The date in that sort key.
pub(crate) fn decided_on(decided: &str) -> Option<Date> {
    decided.split('#').next()?.parse().ok()
}

/// What a municipal unit and its offices decided on the days of a month from `from` to `to`, both of that month.
pub(crate) fn decided_between(unit: UnitCode, from: Date, to: Date) -> List {
    List::between_of_index(unit_month(unit, from), format!("{from}"), decided_until(to))
}

/// The same: the partition.
pub(crate) fn unit_month(unit: UnitCode, day: Date) -> String {
    format!("{}#{}", unit.municipal_code(), month_of(day))
}

/// The month of a day: `2025-11`.
fn month_of(day: Date) -> String {
    day.strftime("%Y-%m").to_string()
}

/// The records that a municipal unit and its offices decided in a month, oldest first.
pub(crate) fn decided_in(unit: UnitCode, month: Month) -> List {
    List::of_index(unit_month(unit, month.first_day()))
}

fn history_partition(record: &RecordId) -> String {
    format!("HISTORY#{record}")
}

pub(crate) fn history_step(record: &RecordId, position: &SourcePosition) -> Key {
    Key::new(history_partition(record), position.as_str())
}

/// The position in the key of a step.
pub(crate) fn position_of(item: &Item) -> SourcePosition {
    SourcePosition::stored(item.sk().to_owned())
}

pub(crate) fn history(record: &RecordId) -> List {
    List::new(history_partition(record), "")
}

/// The steps up to `position`, of which there is none at the position of what counts.
pub(crate) fn history_before(record: &RecordId, position: &SourcePosition) -> List {
    // `!` sorts in front of every digit, with which positions begin.
    List::between(history_partition(record), "!", position.as_str())
}

pub(crate) fn reports_of(id: &SubjectId) -> List {
    List::new(subject(id), "REPORT#")
}

/// A report among all of its month.
pub(crate) fn issued_report(issued_at: Timestamp, number: &ReportNumber) -> Key {
    Key::new(reports_of_month(month_of(china_time::date(issued_at))), format!("{}#{number}", instant(issued_at)))
}

/// The reports that were issued in a month.
pub(crate) fn issued_in(month: Month) -> List {
    List::new(reports_of_month(month.to_string()), "")
}

fn reports_of_month(month: String) -> String {
    format!("ISSUED#{month}")
}

pub(crate) fn listed_report(id: &SubjectId, issued_at: Timestamp, number: &ReportNumber) -> Key {
    Key::new(subject(id), format!("REPORT#{}#{number}", instant(issued_at)))
}

/// A period with a bit for each domain, and a purpose.
pub(crate) fn scope(id: &SubjectId, period: &Period, domains: impl Iterator<Item = DomainId>, purpose: Purpose) -> Key {
    let bits = domains.fold(0_u64, |bits, domain| bits | 1 << domain.number());
    Key::new(subject(id), format!("SCOPE#{}#{}#{bits:010x}#{}", period.from(), period.to(), purpose.code()))
}

const REPORT: &str = "REPORT";

pub(crate) fn code(code: &VerificationCode) -> Key {
    Key::new(format!("CODE#{}", code.compact()), REPORT)
}

pub(crate) fn file(sha256: &str) -> Key {
    Key::new(format!("FILE#{sha256}"), REPORT)
}

/// The digest in the key of a file.
pub(crate) fn file_of(item: &Item) -> Option<&str> {
    item.pk().strip_prefix("FILE#")
}

/// Among how many partitions the list of what is to be proven anew is spread: every report that is issued is put into one.
pub(crate) const PROOF_SHARDS: u8 = 16;

/// When a report's file is to be proven anew.
pub(crate) fn proof_due(code: &VerificationCode, due: Timestamp) -> Key {
    let code = code.compact();
    let shard = code.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)) % PROOF_SHARDS;
    Key::new(proof_shard(shard), format!("{DUE}{}#{code}", instant(due)))
}

/// What is to be proven anew by this time, in one of the partitions.
pub(crate) fn proofs_due(shard: u8, until: Timestamp) -> List {
    List::between(proof_shard(shard), DUE, format!("{DUE}{}#~", instant(until)))
}

fn proof_shard(shard: u8) -> String {
    format!("PROOF-DUE#{shard:02}")
}

/// Among how many partitions entries that wait for the public log are spread.
pub(crate) const LOG_SHARDS: u8 = 4;

/// An entry that waits, by when it happened and its digest.
pub(crate) fn pending_entry(at: Timestamp, digest: &str) -> Key {
    let shard = digest.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)) % LOG_SHARDS;
    Key::new(log_shard(shard), format!("{}#{}", instant(at), digest.get(..32).unwrap_or(digest)))
}

/// Since when an entry waits.
pub(crate) fn pending_since(place: &Key) -> Option<Timestamp> {
    place.sk.split('#').next()?.parse().ok()
}

/// Those of one of the partitions.
pub(crate) fn pending_entries(shard: u8) -> List {
    List::new(log_shard(shard), "")
}

fn log_shard(shard: u8) -> String {
    format!("LOG-PENDING#{shard:02}")
}

const UNCOSIGNED: &str = "LOG-UNCOSIGNED";

/// An entry whose checkpoint too few witnesses have cosigned.
pub(crate) fn uncosigned(index: u64) -> Key {
    Key::new(UNCOSIGNED, format!("{index:020}"))
}

/// The index in that key.
pub(crate) fn uncosigned_index(item: &Item) -> Option<u64> {
    item.sk().parse().ok()
}

/// Those in front of an index.
pub(crate) fn uncosigned_before(index: u64) -> List {
    // `~` sorts behind every digit, and the index itself in front of it.
    List::between(UNCOSIGNED, format!("{:020}", 0), format!("{:020}~", index.saturating_sub(1)))
}

pub(crate) fn log_head() -> Key {
    Key::new("LOG", "HEAD")
}

pub(crate) fn announced_keys() -> Key {
    Key::new("LOG", "KEYS")
}

pub(crate) fn number(number: &ReportNumber) -> Key {
    Key::new(format!("NUMBER#{number}"), REPORT)
}

fn batch_partition(id: &str) -> String {
    format!("BATCH#{id}")
}

pub(crate) fn batch(id: &str) -> Key {
    Key::new(batch_partition(id), META)
}

/// The id in the key of a batch.
pub(crate) fn batch_of(item: &Item) -> Option<&str> {
    item.pk().strip_prefix("BATCH#")
}

pub(crate) fn chunk(batch: &str, name: ChunkName) -> Key {
    Key::new(batch_partition(batch), format!("CHUNK#{name}"))
}

pub(crate) fn part(batch: &str, number: u32) -> Key {
    Key::new(batch_partition(batch), format!("PART#{number:04}"))
}

pub(crate) fn upload(id: &str) -> Key {
    Key::new(format!("UPLOAD#{id}"), META)
}

pub(crate) fn upload_of(item: &Item) -> Option<&str> {
    item.pk().strip_prefix("UPLOAD#")
}

pub(crate) fn sent_name(id: &str) -> Key {
    Key::new(format!("UPLOAD#{id}"), "NAME")
}

fn unit(code: UnitCode) -> String {
    format!("UNIT#{code}")
}

pub(crate) fn listed_upload(of: UnitCode, at: Timestamp, id: &str) -> Key {
    Key::new(unit(of), format!("UPLOAD#{}#{id}", instant(at)))
}

pub(crate) fn uploads_of(of: UnitCode) -> List {
    List::new(unit(of), "UPLOAD#")
}

pub(crate) fn manifest(of: UnitCode, id: &ManifestId) -> Key {
    Key::new(unit(of), format!("MANIFEST#{}#{}#{}", id.kind.code(), id.from, id.to))
}

pub(crate) fn manifests_of(of: UnitCode) -> List {
    List::new(unit(of), "MANIFEST#")
}

pub(crate) fn waiting(of: UnitCode, record: &RecordId, lane: &str) -> Key {
    Key::new(unit(of), format!("WAITING#{record}#{lane}"))
}

pub(crate) fn waiting_of(of: UnitCode) -> List {
    List::new(unit(of), "WAITING#")
}

/// A row that a unit should look at with another one.
pub(crate) fn doubt(of: UnitCode, questioned: Questioned) -> Key {
    match questioned {
        Questioned::Record(record) => Key::new(unit(of), format!("DOUBT#RECORD#{record}")),
        Questioned::Registration(uscc) => Key::new(unit(of), format!("DOUBT#PROFILE#{uscc}")),
    }
}

pub(crate) fn doubts_of(of: UnitCode) -> List {
    List::new(unit(of), "DOUBT#")
}

/// Whose name a folded name is.
pub(crate) fn subject_name(folded: &str) -> Key {
    Key::new(format!("NAME#{}", ContentDigest::of(folded.as_bytes())), META)
}

pub(crate) fn grant(code: &VerificationCode) -> Key {
    Key::new(format!("GRANT#{}", code.compact()), META)
}

/// A report that was issued under a grant, in the grant's list.
pub(crate) fn granted_report(code: &VerificationCode, at: Timestamp, number: &ReportNumber) -> Key {
    Key::new(format!("GRANT#{}", code.compact()), format!("REPORT#{}#{number}", instant(at)))
}

/// A report that a third party had, in that party's list.
pub(crate) fn report_of_party(party: &Recipient, at: Timestamp, number: &ReportNumber) -> Key {
    Key::new(format!("PARTY#{party}"), format!("REPORT#{}#{number}", instant(at)))
}

pub(crate) fn reports_of_party(party: &Recipient) -> List {
    List::new(format!("PARTY#{party}"), "REPORT#")
}

pub(crate) fn granted_reports(code: &VerificationCode) -> List {
    List::new(format!("GRANT#{}", code.compact()), "REPORT#")
}

pub(crate) fn listed_grant(grant: &Grant) -> Key {
    Key::new(subject(&grant.subject), format!("GRANT#{}#{}", instant(grant.given_at), grant.code.compact()))
}

pub(crate) fn grants_of(id: &SubjectId) -> List {
    List::new(subject(id), "GRANT#")
}

const GRANT_ENDS: &str = "GRANT-ENDS";

/// A grant whose end is to be told of.
pub(crate) fn grant_end(until: Timestamp, code: &VerificationCode) -> Key {
    Key::new(GRANT_ENDS, format!("{DUE}{}#{}", instant(until), code.compact()))
}

/// Those that have ended by this time, the first to end before the others.
pub(crate) fn grants_ended(until: Timestamp) -> List {
    List::between(GRANT_ENDS, DUE, format!("{DUE}{}#~", instant(until)))
}

/// The code in the key of one.
pub(crate) fn ended_grant(item: &Item) -> Option<VerificationCode> {
    VerificationCode::parse(item.sk().rsplit('#').next()?).ok()
}

fn notices(of: &Recipient) -> String {
    format!("NOTICES#{of}")
}

const NOTICE: &str = "N#";

pub(crate) fn notice(of: &Recipient, number: u64) -> Key {
    Key::new(notices(of), format!("{NOTICE}{number:012}"))
}

/// The number in the key of a notice.
pub(crate) fn notice_number(item: &Item) -> Option<u64> {
    item.sk().strip_prefix(NOTICE)?.parse().ok()
}

pub(crate) fn notices_of(of: &Recipient) -> List {
    List::new(notices(of), NOTICE)
}

pub(crate) fn given_notice(of: &Recipient, id: &NoticeId) -> Key {
    Key::new(notices(of), format!("GIVEN#{}", id.as_str()))
}

pub(crate) fn notice_count(of: &Recipient) -> Key {
    Key::new(notices(of), META)
}

pub(crate) fn webhook(of: &Recipient, id: &WebhookId) -> Key {
    Key::new(notices(of), format!("WEBHOOK#{id}"))
}

pub(crate) fn webhooks_of(of: &Recipient) -> List {
    List::new(notices(of), "WEBHOOK#")
}

pub(crate) fn repairable_progress() -> Key {
    Key::new("REPAIRABLE", META)
}

pub(crate) fn told_repairable(record: &RecordId) -> Key {
    Key::new(format!("REPAIRABLE#{record}"), META)
}

pub(crate) fn living_code(code: &LivingCode) -> Key {
    Key::new(format!("LIVING#{}", code.compact()), META)
}

pub(crate) fn listed_living_code(report: &LivingReport) -> Key {
    Key::new(subject(&report.subject), format!("LIVING#{}#{}", instant(report.made_at), report.code.compact()))
}

pub(crate) fn living_codes_of(id: &SubjectId) -> List {
    List::new(subject(id), "LIVING#")
}

pub(crate) fn commitment(id: &CommitmentId) -> Key {
    Key::new(format!("COMMITMENT#{id}"), META)
}

/// A commitment in its subject's and its unit's list.
pub(crate) fn listed_commitment(commitment: &Commitment) -> [Key; 2] {
    let sk = format!("COMMITMENT#{}#{}", instant(commitment.made_at), commitment.id);
    [Key::new(subject(&commitment.subject), sk.clone()), Key::new(unit(commitment.unit), sk)]
}

pub(crate) fn commitments_of(whose: &Whose) -> List {
    List::new(whose.partition(), "COMMITMENT#")
}

/// Whose list.
#[derive(Clone, Copy, Debug)]
pub enum Whose {
    /// A subject's own.
    Subject(SubjectId),
    /// A unit's.
    Unit(UnitCode),
}

impl Whose {
    fn partition(&self) -> String {
        match self {
            Self::Subject(id) => subject(id),
            Self::Unit(code) => unit(*code),
        }
    }
}

pub(crate) fn bar(id: &SubjectId, commitment: &CommitmentId) -> Key {
    Key::new(whose_records(WhoseRecords::of(id)), format!("{BAR}{id}#{commitment}"))
}

pub(crate) fn bars(id: &SubjectId) -> List {
    List::new(whose_records(WhoseRecords::of(id)), format!("{BAR}{id}#"))
}

pub(crate) fn bar_count(id: &SubjectId) -> Key {
    Key::new(subject(id), "BAR")
}

pub(crate) fn feedback(code: &VerificationCode) -> Key {
    Key::new(format!("FEEDBACK#{}", code.compact()), META)
}

/// Which of the lists of feedback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FeedbackList {
    Open,
    Published,
}

impl FeedbackList {
    const fn partition(self) -> &'static str {
        match self {
            Self::Open => "FEEDBACK#open",
            Self::Published => "FEEDBACK#published",
        }
    }

    pub(crate) fn all(self) -> List {
        List::new(self.partition(), "FEEDBACK#")
    }

    /// A feedback's place: by when it came, or was published.
    pub(crate) fn place(self, at: Timestamp, feedback: &Feedback) -> Key {
        Key::new(self.partition(), format!("FEEDBACK#{}#{}", instant(at), feedback.code.compact()))
    }
}

pub(crate) fn throttle(counted: &str, network: &str, hour: i64) -> Key {
    Key::new(format!("THROTTLE#{counted}#{network}#{hour}"), META)
}

pub(crate) fn ended_session(hash: &str) -> Key {
    Key::new(format!("SESSION#{hash}"), META)
}

pub(crate) fn kept_form(hash: &str) -> Key {
    Key::new(format!("SESSION#{hash}"), "FORM")
}

pub(crate) fn request(hash: &str) -> Key {
    Key::new(format!("REQUEST#{hash}"), META)
}

pub(crate) fn repair_application(id: &RepairApplicationId) -> Key {
    Key::new(format!("REPAIR#{id}"), META)
}

/// An application in its subject's list, and in its unit's.
pub(crate) fn listed_repair(application: &RepairApplication) -> [Key; 2] {
    let sk = format!("REPAIR#{}#{}", instant(application.submitted_at), application.id);
    [Key::new(subject(&application.subject), sk.clone()), Key::new(unit(application.unit), sk)]
}

pub(crate) fn repairs_of(whose: &Whose) -> List {
    List::new(whose.partition(), "REPAIR#")
}

pub(crate) fn attachment(id: &AttachmentId) -> Key {
    Key::new(format!("ATTACHMENT#{id}"), META)
}

pub(crate) fn case(id: &ObjectionId) -> Key {
    Key::new(format!("CASE#{id}"), META)
}

/// What work lists and the list of all open objections begin with.
const DUE: &str = "DUE#";
const OPEN_OBJECTIONS: &str = "OPEN-OBJECTIONS";

fn due(objection: &Objection) -> String {
    format!("{DUE}{}#{}", objection.due, objection.id)
}

/// Its place in the list of the unit that decides it, and of the municipal unit that answers for it when that is another.
pub(crate) fn due_in_units(objection: &Objection) -> Vec<Key> {
    let municipal = Some(objection.unit.responsible()).filter(|municipal| *municipal != objection.unit);
    std::iter::once(objection.unit).chain(municipal).map(|of| Key::new(unit(of), due(objection))).collect()
}

pub(crate) fn due_in_all(objection: &Objection) -> Key {
    Key::new(OPEN_OBJECTIONS, due(objection))
}

pub(crate) fn open_cases(of: UnitCode) -> List {
    List::new(unit(of), DUE)
}

/// Open objections of all units whose last day is `until` or before.
pub(crate) fn cases_due(until: Date) -> List {
    // `~` sorts behind every character of an id.
    List::between(OPEN_OBJECTIONS, DUE, format!("{DUE}{until}#~"))
}

pub(crate) fn listed_case(objection: &Objection) -> Key {
    Key::new(subject(&objection.subject), format!("CASE#{}#{}", instant(objection.submitted_at), objection.id))
}

pub(crate) fn cases_of(id: &SubjectId) -> List {
    List::new(subject(id), "CASE#")
}

pub(crate) fn backfill() -> Key {
    Key::new("BACKFILL", META)
}

const EVALUATION: &str = "EVALUATION";

pub(crate) fn day(day: Date) -> Key {
    Key::new(EVALUATION, format!("DAY#{day}"))
}

pub(crate) fn days(from: Date, to: Date) -> List {
    List::between(EVALUATION, format!("DAY#{from}"), format!("DAY#{to}"))
}

const MATRIX: &str = "MATRIX";

pub(crate) fn matrix_row(of: UnitCode) -> Key {
    Key::new(MATRIX, unit(of))
}

pub(crate) fn reported() -> Key {
    Key::new(MATRIX, "REPORTED")
}

pub(crate) fn matrix() -> List {
    List::new(MATRIX, "UNIT#")
}

const CALENDAR: &str = "CONFIG#calendar";

pub(crate) fn year(number: i16) -> Key {
    Key::new(CALENDAR, format!("YEAR#{number}"))
}

pub(crate) fn years() -> List {
    List::new(CALENDAR, "YEAR#")
}

/// The number in the key of a year.
pub(crate) fn year_of(item: &Item) -> Option<i16> {
    item.sk().strip_prefix("YEAR#")?.parse().ok()
}

const TEMPLATES: &str = "CONFIG#report-template";

pub(crate) fn template_version(version: &str) -> Key {
    Key::new(TEMPLATES, format!("VERSION#{version}"))
}

pub(crate) fn template_versions() -> List {
    List::new(TEMPLATES, "VERSION#")
}

pub(crate) fn active_template() -> Key {
    Key::new(TEMPLATES, "ACTIVE")
}

/// Whose audit an entry stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditOf {
    /// What was done to a subject's data, or tried.
    Subject(SubjectId),
    /// What a unit did, or was refused.
    Unit(UnitCode),
    /// What the platform did.
    Platform,
}

impl AuditOf {
    fn partition(&self, day: Date) -> String {
        let month = month_of(day);
        match self {
            Self::Subject(subject) => format!("AUDIT#{subject}#{month}"),
            Self::Unit(unit) => format!("AUDIT#{unit}#{month}"),
            Self::Platform => format!("AUDIT#platform#{month}"),
        }
    }

    /// The entries of the month of a day, of the days from `from` to `to` when these are given.
    pub(crate) fn entries(&self, day: Date, from: Option<Date>, to: Option<Date>) -> List {
        let begins = |day: Date| china_time::midnight(day).map(instant);
        match (from, to.and_then(|to| to.tomorrow().ok())) {
            (None, None) => List::new(self.partition(day), ""),
            // Digits sort in front of `~`; of the first instant after the last day there is no entry with a `#` behind it.
            (from, behind) => List::between(
                self.partition(day),
                from.and_then(begins).unwrap_or_else(|| "0".to_owned()),
                behind.and_then(begins).unwrap_or_else(|| "~".to_owned()),
            ),
        }
    }

    /// The place of an entry.
    pub(crate) fn entry(&self, at: Timestamp, action: Action, object: &str) -> Key {
        Key::new(self.partition(china_time::date(at)), audited(at, action, object))
    }
}

/// How many partitions a day's look-ups have.
const SHARDS: u8 = 8;

/// The place of a look-up of what was never issued; `digest` is hexadecimal.
pub(crate) fn lookup(at: Timestamp, action: Action, digest: &str) -> Key {
    let shard = digest.bytes().next().unwrap_or_default() % SHARDS;
    Key::new(format!("AUDIT#lookups#{}.{shard}", china_time::date(at)), audited(at, action, digest))
}

fn audited(at: Timestamp, action: Action, object: &str) -> String {
    format!("{}#{action}#{object}", instant(at))
}

/// When, what and with which object, of an entry's key.
pub(crate) fn audited_parts(item: &Item) -> [&str; 3] {
    let mut parts = item.sk().splitn(3, '#');
    [(); 3].map(|()| parts.next().unwrap_or_default())
}
