//! Which notices follow from a changed item. Each has an id that is made of what caused it, so that a change that comes again
//! makes no second one.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use xinzheng_domain::audit::Action;
use xinzheng_domain::case::grant::Grant;
use xinzheng_domain::case::notice::{Concerns, Notice, NoticeId, NoticeKind, Recipient};
use xinzheng_domain::case::objection::ObjectionId;
use xinzheng_domain::case::repair_application::RepairApplicationId;
use xinzheng_domain::{RecordId, ReportNumber, SubjectId, UnitCode, VerificationCode};

use super::{Image, StreamRecord, text};
use crate::grants::{EXPIRED, PARTY, REVOKED, USED, USED_AT};
use crate::keys::Place;
use crate::notices::of_grant;
use crate::reports::{GRANT, SUPERSEDED, TOLD, TOLD_SUPPLEMENTED, WITHDRAWN};
use crate::table::BODY;

/// A notice that follows from a change.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// For whom.
    pub to: Recipient,
    /// What.
    pub notice: Notice,
}

/// Something has become of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportTold {
    /// Its number.
    pub number: ReportNumber,
    /// Whose it is.
    pub subject: SubjectId,
    /// The grant under which it was issued.
    pub grant: Option<VerificationCode>,
    /// What has, and when.
    pub kind: NoticeKind,
    /// See [`Self::kind`].
    pub at: Timestamp,
}

impl ReportTold {
    /// The notice of it, the same for everyone who is told.
    pub fn notice(&self, concerns: Concerns) -> Notice {
        let (number, kind) = (&self.number, self.kind);
        let concerns = Concerns { report: Some(number.clone()), ..concerns };
        Notice { id: NoticeId::of(&format!("{}#{number}", kind.code())), kind, at: self.at, concerns }
    }
}

/// What of a report's body is read.
#[derive(Deserialize)]
struct ReportBody {
    number: ReportNumber,
    subject: SubjectId,
    issued_at: Timestamp,
}

impl StreamRecord {
    /// The notice that an entry of the audit is, or the end of a grant.
    pub fn told(&self) -> Option<Told> {
        let (new, old) = (self.images.new_image.as_ref()?, self.images.old_image.as_ref());
        let (pk, sk) = self.images.keys()?;
        match Place::of(pk, sk) {
            Place::Audit { of, at, action, object } if old.is_none() => of_entry(of, at, (action, object), new),
            Place::Grant => of_grants_end(new, old?),
            _ => None,
        }
    }

    /// What has become of a report: under a grant, that it was issued.
    pub fn reports_told(&self) -> Vec<ReportTold> {
        let is_report = self.images.keys().is_some_and(|(pk, sk)| Place::of(pk, sk) == Place::Report);
        let Some(new) = self.images.new_image.as_ref().filter(|_| is_report) else { return vec![] };
        let body = text(new, BODY).and_then(|body| serde_json::from_str::<ReportBody>(body).ok());
        let Some(ReportBody { number, subject, issued_at }) = body else { return vec![] };
        let grant = text(new, GRANT).and_then(|code| VerificationCode::parse(code).ok());
        let told = |kind, at| ReportTold { number: number.clone(), subject, grant, kind, at };
        let Some(old) = self.images.old_image.as_ref() else {
            return grant.iter().map(|_| told(NoticeKind::GrantUsed, issued_at)).collect();
        };
        let became = [
            (TOLD, NoticeKind::ReportAffected),
            (TOLD_SUPPLEMENTED, NoticeKind::ReportSupplemented),
            (SUPERSEDED, NoticeKind::ReportSuperseded),
            (WITHDRAWN, NoticeKind::ReportWithdrawn),
        ];
        let became = became.into_iter().filter(|(name, _)| !old.contains_key(*name));
        became.filter_map(|(name, kind)| Some(told(kind, moment(text(new, name)?)?))).collect()
    }
}

/// A time as an attribute has it, or the `at` of what is kept as JSON.
fn moment(written: &str) -> Option<Timestamp> {
    let of_json = || serde_json::from_str::<Value>(written).ok()?.get("at")?.as_str()?.parse().ok();
    written.parse().ok().or_else(of_json)
}

fn of_entry(of: &str, at: &str, (action, object): (&str, &str), entry: &Image) -> Option<Told> {
    let kind = match action.parse::<Action>().ok()? {
        Action::ObjectionUpheld => NoticeKind::ObjectionUpheld,
        Action::ObjectionRejected => NoticeKind::ObjectionRejected,
        Action::RepairGranted => NoticeKind::RepairGranted,
        Action::RepairRefused => NoticeKind::RepairRefused,
        Action::RecordRepairable => NoticeKind::RecordRepairable,
        _ => return None,
    };
    // The unit's own entry of the same step has no event, and is the unit's.
    let (subject, event) = (SubjectId::parse(of)?, text(entry, "event")?);
    let event: Map<String, Value> = serde_json::from_str(event).ok()?;
    let field = |name: &str| event.get(name).and_then(Value::as_str);
    let concerns = Concerns {
        objection: field("objection").and_then(ObjectionId::parse),
        repair: field("repair").and_then(RepairApplicationId::parse),
        record: field("record").and_then(RecordId::parse),
        unit: field("unit").and_then(UnitCode::parse),
        from: field("from").and_then(|day| day.parse().ok()),
        ..Concerns::default()
    };
    // Each of these is done once with its object.
    let notice = Notice { id: NoticeId::of(&format!("{action}#{object}")), kind, at: at.parse().ok()?, concerns };
    Some(Told { to: Recipient::Subject(subject), notice })
}

/// That a grant was revoked, has expired, or was used for the last time, for the third party that uses it with consent to
/// notices.
fn of_grants_end(new: &Image, old: &Image) -> Option<Told> {
    let grant: Grant = serde_json::from_str(text(new, BODY)?).ok().filter(|grant: &Grant| grant.notices)?;
    let to = Recipient::parse(text(new, PARTY)?)?;
    let ended = |name: &str| text(new, name).filter(|_| !old.contains_key(name));
    let used = |image: &Image| image.get(USED)?.number.as_deref()?.parse::<u32>().ok();
    let spent = || Some(used(new)? >= grant.uses && used(old)? < grant.uses);
    let (kind, at) = if let Some(at) = ended(REVOKED) {
        (NoticeKind::GrantRevoked, at)
    } else if let Some(at) = ended(EXPIRED) {
        (NoticeKind::GrantExpired, at)
    } else {
        (NoticeKind::GrantSpent, text(new, USED_AT).filter(|_| spent() == Some(true))?)
    };
    let id = NoticeId::of(&format!("{}#{}", kind.code(), grant.code));
    Some(Told { to, notice: Notice { id, kind, at: at.parse().ok()?, concerns: of_grant(&grant.code) } })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(new: Value, old: Value) -> StreamRecord {
        serde_json::from_value(json!({ "dynamodb": { "SequenceNumber": "1", "NewImage": new, "OldImage": old } }))
            .unwrap()
    }

    fn subject() -> SubjectId {
        SubjectId::Organisation(xinzheng_domain::Uscc::compose("91140403", "MA0T0001").unwrap())
    }

    #[test]
    fn what_becomes_of_a_report_is_told_once() {
        let body =
            json!({ "number": "CZXY-20251103-AAAAAAAA", "subject": subject(), "issued_at": "2025-11-03T02:00:00Z" });
        let item = |more: Value| {
            let mut item = json!({
                "pk": { "S": "CODE#1" }, "sk": { "S": "REPORT" }, "body": { "S": body.to_string() },
                "grant": { "S": VerificationCode::drawn(7).compact() },
            });
            item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            item
        };
        let (affected, plain) = (json!({ "told_affected_at": { "S": "2025-11-04T00:00:00.000000Z" } }), json!({}));
        let kinds = |new: &Value, old: Value| {
            let told = record(item(new.clone()), old).reports_told();
            assert!(told.iter().all(|told| told.grant == Some(VerificationCode::drawn(7))));
            told.into_iter().map(|told| told.kind).collect::<Vec<_>>()
        };
        assert_eq!(kinds(&plain, Value::Null), [NoticeKind::GrantUsed]);
        assert_eq!(kinds(&affected, item(plain.clone())), [NoticeKind::ReportAffected]);
        assert_eq!(kinds(&affected, item(affected.clone())), []);
        let withdrawn = json!({ "withdrawn": { "S": r#"{"at":"2025-11-05T00:00:00Z","reason":"x"}"# } });
        assert_eq!(kinds(&withdrawn, item(plain.clone())), [NoticeKind::ReportWithdrawn]);
        assert_eq!(kinds(&json!({ "superseded_at": { "S": "x" } }), item(plain)), [], "no time");
    }

    #[test]
    fn a_decision_is_told_to_its_subject_and_not_to_its_unit() {
        let entry = |of: &str, event: Option<Value>| {
            let mut entry = json!({
                "pk": { "S": format!("AUDIT#{of}#2025-11") },
                "sk": { "S": "2025-11-03T02:00:00.000000Z#objection.rejected#YY-20251103-0123456789ABC" },
            });
            if let Some(event) = event {
                entry["event"] = json!({ "S": event.to_string() });
            }
            record(entry, Value::Null).told()
        };
        let event = json!({ "objection": "YY-20251103-0123456789ABC", "unit": "tax" });
        let told = entry(&subject().to_string(), Some(event.clone())).unwrap();
        assert_eq!((told.to, told.notice.kind), (Recipient::Subject(subject()), NoticeKind::ObjectionRejected));
        assert!(told.notice.text().contains("YY-20251103-0123456789ABC"));
        assert_eq!(entry("tax", None), None);
        assert_eq!(entry("tax", Some(event)), None);
    }

    #[test]
    fn the_end_of_a_grant_is_told_where_there_is_consent() {
        let grant = |notices: bool| {
            json!({
                "code": VerificationCode::drawn(7), "subject": subject(), "grantee": { "name": "虚构银行" },
                "domains": [1], "period": { "from": "2024-01-01", "to": "2024-12-31" }, "purpose": "financial",
                "until": "2025-12-01T00:00:00Z", "uses": 2, "notices": notices, "given_at": "2025-11-03T02:00:00Z",
            })
        };
        let item = |notices: bool, used: u8, revoked: bool| {
            let mut item = json!({
                "pk": { "S": "GRANT#1" }, "sk": { "S": "META" }, "body": { "S": grant(notices).to_string() },
                "party": { "S": Recipient::third_party("bank-1", None).to_string() }, "used": { "N": used.to_string() },
                "used_at": { "S": "2025-11-04T00:00:00Z" },
            });
            if revoked {
                item["revoked_at"] = json!({ "S": "2025-11-05T00:00:00Z" });
            }
            item
        };
        for (new, old, expected) in [
            (item(true, 1, false), item(true, 0, false), None),
            (item(true, 2, false), item(true, 1, false), Some(NoticeKind::GrantSpent)),
            (item(true, 2, true), item(true, 2, false), Some(NoticeKind::GrantRevoked)),
            (item(true, 2, true), item(true, 2, true), None),
            (item(false, 2, true), item(false, 1, false), None),
        ] {
            assert_eq!(record(new.clone(), old).told().map(|told| told.notice.kind), expected, "{new}");
        }
    }
}
