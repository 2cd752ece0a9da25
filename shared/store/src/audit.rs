//! The audit (R19): who did what, when, what for, from where, and with what result. Entries are put in the transaction
//! that does the work and never changed; those that others are to hear of carry an event, which the table's stream brings
//! to them. The table keeps them for two years, by month; the locked copy stays.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use xinzheng_domain::audit::{Action, Coded, LookReason, Role, StepResult, Why};
use xinzheng_domain::case::grant::GrantRefusal;
use xinzheng_domain::report::ContentDigest;
use xinzheng_domain::{SubjectId, UnitCode, china_time};

pub use crate::keys::AuditOf;
use crate::table::{Cancelled, Cursor, Item, Key, List, Page, Put, cursor_behind, damaged, sort_key_of};
use crate::{Registry, StoreError, keys};

/// Days that the table keeps an entry: two years. Older ones are in the locked copy.
pub const KEPT_DAYS: i64 = 731;
/// Months that a reader goes back at most.
const MONTHS: usize = 25;
/// Entries that are read at most for a page of those that are sought, and with one Query.
const MOST_READ: usize = 1000;
const AT_ONCE: usize = 250;

/// Who does something, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    role: Role,
    /// Who: for a subject only that it is the subject, for the others their id or name.
    pub name: String,
    /// Whose audit has what it does, beside that of the subject whom it is about: an authority's own.
    own: Option<AuditOf>,
    /// The mark of the network address; empty when there is none.
    pub address: String,
    /// The hash under which the request that makes it is claimed, when it came with a key.
    pub request: Option<String>,
    /// The answer that is kept with the work.
    pub answer: Option<String>,
}

impl Actor {
    /// A subject, for itself.
    pub fn subject() -> Self {
        Self::new(Role::Subject, "subject".to_owned(), None)
    }

    /// A source unit or county office.
    pub fn unit(unit: UnitCode) -> Self {
        Self::new(Role::Unit, unit.to_string(), Some(AuditOf::Unit(unit)))
    }

    /// The platform's staff, by the person's id.
    pub const fn platform(id: String) -> Self {
        Self::new(Role::Platform, id, Some(AuditOf::Platform))
    }

    /// A third party with an account, by its name.
    pub const fn third_party(name: String) -> Self {
        Self::new(Role::ThirdParty, name, None)
    }

    /// Someone without a token.
    pub const fn anyone() -> Self {
        Self::new(Role::Anyone, String::new(), None)
    }

    /// The system itself.
    pub fn system() -> Self {
        Self::new(Role::System, "system".to_owned(), None)
    }

    const fn new(role: Role, name: String, own: Option<AuditOf>) -> Self {
        Self { role, name, own, address: String::new(), request: None, answer: None }
    }
}

/// What is done.
#[derive(Clone, Debug)]
pub(crate) struct Step<'a> {
    pub(crate) at: Timestamp,
    pub(crate) action: Action,
    /// To which report, grant, case or version.
    pub(crate) object: &'a str,
    /// What for, or why.
    pub(crate) why: Option<Why>,
    /// False when it was refused.
    pub(crate) done: bool,
    /// What others hear of it, when they do.
    pub(crate) event: Option<Value>,
}

impl<'a> Step<'a> {
    pub(crate) const fn new(at: Timestamp, action: Action, object: &'a str) -> Self {
        Self { at, action, object, why: None, done: true, event: None }
    }

    pub(crate) fn why(self, why: Why) -> Self {
        Self { why: Some(why), ..self }
    }

    pub(crate) fn because(self, words: &str) -> Self {
        self.why(Why::Words(words.to_owned()))
    }

    pub(crate) fn refused(self) -> Self {
        Self { done: false, ..self }
    }

    pub(crate) fn event(self, event: Value) -> Self {
        Self { event: Some(event), ..self }
    }
}

/// An entry of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: Coded<Action>,
    /// With which report, grant or case.
    pub object: String,
    /// In which role.
    pub role: Coded<Role>,
    /// Who.
    pub by: String,
    /// What for, or why it was refused.
    pub purpose: Option<Why>,
    /// The mark of the network address: the same for the same place.
    pub address: Option<String>,
    /// What became of it.
    pub result: StepResult,
}

impl Registry {
    /// The entry of a step in an audit. An entry is never written over.
    pub(crate) fn entry(&self, of: &AuditOf, actor: &Actor, step: &Step<'_>) -> Put {
        entry_at(&of.entry(step.at, step.action, step.object), actor, step)
    }

    /// The entries of a step: with the subject that it is about, and with whoever of the authorities did it.
    pub(crate) fn entries(&self, subject: Option<&SubjectId>, actor: &Actor, step: &Step<'_>) -> Vec<Put> {
        let of_subject = subject.map(|subject| self.entry(&AuditOf::Subject(*subject), actor, step));
        // The event is told once.
        let silent = Step { event: step.event.clone().filter(|_| subject.is_none()), ..step.clone() };
        let of_actor = actor.own.map(|of| self.entry(&of, actor, &silent));
        of_subject.into_iter().chain(of_actor).collect()
    }

    /// Notes what was done, or tried, without a change to anything else: a download, a verification, a refusal. The same
    /// entry again is a call that was repeated. One PutItem; one TransactWriteItems of what the platform did with another's, which
    /// is in its own audit too: there is told what each of its staff has done.
    async fn note(&self, of: AuditOf, actor: &Actor, step: &Step<'_>) -> Result<(), StoreError> {
        if actor.own != Some(AuditOf::Platform) || of == AuditOf::Platform {
            self.put(self.entry(&of, actor, step)).await?;
            return Ok(());
        }
        let entries = [&of, &AuditOf::Platform].map(|of| self.entry(of, actor, step));
        match self.transaction().put_all_when(Noted, entries).commit().await {
            Ok(()) | Err(Cancelled::Failed(_)) => Ok(()),
            // Another call of the same entry is under way, or was broken off: nothing is shown that may not be noted.
            Err(Cancelled::Conflict) => Err(StoreError::Overtaken),
            Err(Cancelled::Store(error)) => Err(error),
        }
    }

    /// Notes that a unit was refused something: what, and what about. Said again at the same time, it is the same entry.
    /// One PutItem.
    pub async fn audit_unit(
        &self,
        unit: UnitCode,
        at: Timestamp,
        action: Action,
        object: &str,
    ) -> Result<(), StoreError> {
        self.note(AuditOf::Unit(unit), &Actor::unit(unit), &Step::new(at, action, object).refused()).await
    }

    /// Notes that a report, or something else of a subject's, was looked at. One PutItem.
    pub async fn note_access(
        &self,
        subject: &SubjectId,
        actor: &Actor,
        at: Timestamp,
        action: Action,
        object: &str,
    ) -> Result<(), StoreError> {
        self.note(AuditOf::Subject(*subject), actor, &Step::new(at, action, object)).await
    }

    /// The same of what a unit may look at by its office, and the platform for a reason alone, which the subject reads.
    pub async fn note_seen(
        &self,
        subject: &SubjectId,
        (actor, at): (&Actor, Timestamp),
        (action, object): (Action, &str),
        reason: LookReason,
    ) -> Result<(), StoreError> {
        let step = Step::new(at, action, object);
        let step = if actor.own == Some(AuditOf::Platform) { step.why(Why::Look(reason)) } else { step };
        self.note(AuditOf::Subject(*subject), actor, &step).await
    }

    /// Notes a step with a subject, without a change to anything else. One PutItem, as [`Self::note_access`].
    pub(crate) async fn note_step(
        &self,
        subject: &SubjectId,
        actor: &Actor,
        step: &Step<'_>,
    ) -> Result<(), StoreError> {
        self.note(AuditOf::Subject(*subject), actor, step).await
    }

    /// Notes that the platform looked at something of a subject's, and what for. One TransactWriteItems.
    pub async fn note_look(
        &self,
        subject: &SubjectId,
        actor: &Actor,
        at: Timestamp,
        action: Action,
        reason: LookReason,
    ) -> Result<(), StoreError> {
        let object = subject.to_string();
        self.note(AuditOf::Subject(*subject), actor, &Step::new(at, action, &object).why(Why::Look(reason))).await
    }

    /// Notes that a query of a subject's data was refused, and why. One PutItem.
    pub async fn note_refusal(
        &self,
        subject: &SubjectId,
        actor: &Actor,
        at: Timestamp,
        object: &str,
        why: GrantRefusal,
    ) -> Result<(), StoreError> {
        let step = Step::new(at, Action::GrantRefused, object).why(Why::Refused(why)).refused();
        self.note(AuditOf::Subject(*subject), actor, &step).await
    }

    /// Notes that a request was refused: which route, and the problem's code. One PutItem.
    pub async fn note_refused_request(
        &self,
        of: AuditOf,
        actor: &Actor,
        at: Timestamp,
        route: &str,
        code: &str,
    ) -> Result<(), StoreError> {
        self.note(of, actor, &Step::new(at, Action::RequestRefused, route).because(code).refused()).await
    }

    /// Notes that nothing was ever issued with this code, or as this file. One PutItem.
    pub async fn note_failed_lookup(&self, actor: &Actor, at: Timestamp, asked: &str) -> Result<(), StoreError> {
        let digest = ContentDigest::of(asked.as_bytes()).to_string();
        let step = Step::new(at, Action::VerificationFailed, &digest).refused();
        self.put(entry_at(&keys::lookup(at, step.action, &digest), actor, &step)).await?;
        Ok(())
    }

    /// Notes what a unit looked at. One PutItem.
    pub async fn note_unit(
        &self,
        unit: UnitCode,
        actor: &Actor,
        at: Timestamp,
        action: Action,
        object: &str,
    ) -> Result<(), StoreError> {
        self.note(AuditOf::Unit(unit), actor, &Step::new(at, action, object)).await
    }

    /// Notes what the platform looked at. One PutItem.
    pub async fn note_platform(
        &self,
        actor: &Actor,
        at: Timestamp,
        action: Action,
        object: &str,
    ) -> Result<(), StoreError> {
        self.note(AuditOf::Platform, actor, &Step::new(at, action, object)).await
    }

    /// A page of what is sought in an audit as of `now`, newest first; behind `cursor` when it is given. A Query for each month until
    /// the page is full, at most [`MONTHS`]. Of entries that are not sought at most [`MOST_READ`] are passed over: then the page
    /// has fewer, or none, and goes on.
    ///
    /// [`StoreError::ForeignCursor`] when the cursor is another audit's, or of other days.
    pub async fn audit(
        &self,
        of: AuditOf,
        now: Timestamp,
        sought: &Sought<'_>,
        cursor: Option<&Cursor>,
        most: usize,
    ) -> Result<Page<Access>, StoreError> {
        let today = china_time::date(now);
        let before = |day: &Date| day.yesterday().ok().map(Date::first_of_month);
        let months = std::iter::successors(Some(today.first_of_month()), before).take(MONTHS);
        let (from, to) = (sought.from, sought.to);
        let within =
            |month: &Date| from.is_none_or(|from| *month >= from.first_of_month()) && to.is_none_or(|to| *month <= to);
        let lists: Vec<List> = months.filter(within).map(|month| of.entries(month, from, to)).collect();
        // A cursor is that of one month's list.
        let is_its = |list: &List| cursor.is_none_or(|cursor| sort_key_of(cursor, list).is_ok());
        let begin = lists.iter().position(is_its);
        let begin = if lists.is_empty() && cursor.is_none() { 0 } else { begin.ok_or(StoreError::ForeignCursor)? };
        let (mut items, mut read, mut cursor) = (vec![], 0, cursor.cloned());
        for (list, older) in lists.iter().zip(1..).skip(begin) {
            loop {
                let left = if sought.is_anything() { most - items.len() } else { AT_ONCE.min(MOST_READ - read) };
                let query = self.query(list.clone()).newest_first();
                let page = query.page(cursor.take().as_ref(), i32::try_from(left).unwrap_or(i32::MAX)).await?;
                for (item, place) in page.items.iter().zip(1..) {
                    read += 1;
                    items.extend(Some(access(item)?).filter(|access| sought.is_met_by(access)));
                    if items.len() >= most || read >= MOST_READ {
                        let is_last = place == page.items.len() && page.next.is_none() && older == lists.len();
                        return Ok(Page { items, next: (!is_last).then(|| cursor_behind(list, item)) });
                    }
                }
                if page.next.is_none() {
                    break;
                }
                cursor = page.next;
            }
        }
        Ok(Page { items, next: None })
    }
}

/// That an entry stands already.
#[derive(Clone, Copy, Debug)]
struct Noted;

/// Which entries of an audit are sought; all by default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sought<'s> {
    /// From this day on.
    pub from: Option<Date>,
    /// Up to this day.
    pub to: Option<Date>,
    /// Of whom, as entries name who did it.
    pub by: Option<&'s str>,
    /// Of what was done.
    pub action: Option<Action>,
    /// With which report, grant or case.
    pub object: Option<&'s str>,
}

impl Sought<'_> {
    /// True when every entry of its days is sought.
    const fn is_anything(&self) -> bool {
        self.by.is_none() && self.action.is_none() && self.object.is_none()
    }

    fn is_met_by(&self, access: &Access) -> bool {
        self.by.is_none_or(|by| access.by == by)
            && self.action.is_none_or(|action| access.action == Coded::Known(action))
            && self.object.is_none_or(|object| access.object == object)
    }
}

fn entry_at(place: &Key, actor: &Actor, step: &Step<'_>) -> Put {
    let mut entry = Put::new_at(place)
        .text("actor", &actor.name)
        .text("role", actor.role.code())
        .text("result", if step.done { "done" } else { "refused" })
        .count("expires_at", step.at.as_second() + KEPT_DAYS * 24 * 3600);
    for (name, value) in [("purpose", step.why.as_ref().map_or("", Why::written)), ("address", actor.address.as_str())]
    {
        if !value.is_empty() {
            entry = entry.text(name, value);
        }
    }
    if let Some(event) = &step.event {
        entry = entry.text("event", event.to_string());
    }
    entry
}

fn access(item: &Item) -> Result<Access, StoreError> {
    let text = |name: &str| item.text(name).unwrap_or_default().to_owned();
    let filled = |name: &str| item.text(name).filter(|value| !value.is_empty()).map(str::to_owned);
    let [at, action, object] = keys::audited_parts(item);
    let action = Coded::read(action);
    Ok(Access {
        at: at.parse().map_err(|_| damaged("an entry of the audit", "it has no time"))?,
        object: object.to_owned(),
        role: Coded::read(&text("role")),
        by: text("actor"),
        purpose: filled("purpose").map(|said| Why::read(&action, &said)),
        action,
        address: filled("address"),
        result: if item.text("result") == Some("refused") { StepResult::Refused } else { StepResult::Done },
    })
}

#[cfg(test)]
mod tests {
    use xinzheng_domain::Purpose;

    use super::*;
    use crate::table::{PK, SK, text};

    #[test]
    fn entries_of_other_versions_are_shown() {
        let read = |action: &str, role: &str, purpose: &str| {
            let sk = format!("2026-11-28T00:00:00.000000Z#{action}#CZXY-1#2");
            let item = [(PK, "AUDIT#x#2026-11"), (SK, &sk), ("role", role), ("purpose", purpose), ("result", "done")];
            access(&Item(item.map(|(name, value)| (name.to_owned(), text(value))).into())).unwrap()
        };
        let older = read("report.issued", "subject", "金融");
        assert_eq!(older.purpose, Some(Why::For(Purpose::Financial)));
        assert_eq!((older.action, older.object.as_str()), (Coded::Known(Action::ReportIssued), "CZXY-1#2"));
        let newer = read("report.eaten", "auditor", "");
        assert_eq!((newer.action.title(), newer.role.title()), ("report.eaten", "auditor"));
        assert_eq!(newer.purpose, None);
    }
}
