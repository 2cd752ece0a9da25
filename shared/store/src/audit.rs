//! The audit (R19): who did what, when, what for, from where, and with what result. Entries are put in the transaction
//! that does the work and never changed; those that others are to hear of carry an event, which the table's stream brings
//! to them. The table keeps them for two years, by month; the locked copy stays.

use jiff::Timestamp;
use serde_json::Value;
use xinzheng_domain::audit::{Action, Coded, Role, StepResult, Why};
use xinzheng_domain::case::grant::GrantRefusal;
use xinzheng_domain::report::ContentDigest;
use xinzheng_domain::{SubjectId, UnitCode, china_time};

pub use crate::keys::AuditOf;
use crate::table::{Cursor, Item, Key, Page, Put, cursor_behind, damaged, sort_key_of};
use crate::{Registry, StoreError, keys};

/// Days that the table keeps an entry: two years. Older ones are in the locked copy.
pub const KEPT_DAYS: i64 = 731;
/// Months that a reader goes back at most.
const MONTHS: usize = 25;

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
    /// entry again is a call that was repeated. One PutItem.
    async fn note(&self, of: AuditOf, actor: &Actor, step: &Step<'_>) -> Result<(), StoreError> {
        self.put(self.entry(&of, actor, step)).await?;
        Ok(())
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

    /// A page of an audit as of `now`, newest first; behind `cursor` when it is given. A Query for each month until the page
    /// is full, at most [`MONTHS`].
    ///
    /// [`StoreError::ForeignCursor`] when the cursor is another audit's.
    pub async fn audit(
        &self,
        of: AuditOf,
        now: Timestamp,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<Access>, StoreError> {
        let newest = china_time::date(now).first_of_month();
        let before = |day: &jiff::civil::Date| day.yesterday().ok().map(jiff::civil::Date::first_of_month);
        let months: Vec<_> = std::iter::successors(Some(newest), before).take(MONTHS).collect();
        // A cursor is that of one month's list.
        let is_its =
            |day: &&jiff::civil::Date| cursor.is_none_or(|cursor| sort_key_of(cursor, &of.entries(**day)).is_ok());
        let begin = months.iter().position(|day| is_its(&day)).ok_or(StoreError::ForeignCursor)?;
        let (mut items, mut cursor) = (vec![], cursor);
        let mut last = None;
        for (day, older) in months.iter().zip(1..).skip(begin) {
            let list = of.entries(*day);
            let wanted = most - i32::try_from(items.len()).unwrap_or(most);
            let page = self.query(list.clone()).newest_first().page(cursor.take(), wanted).await?;
            if let Some(item) = page.items.last() {
                last = Some(cursor_behind(&list, item));
            }
            for item in &page.items {
                items.push(access(item)?);
            }
            let full = i32::try_from(items.len()).unwrap_or(most) >= most;
            if page.next.is_some() || (full && older < months.len()) {
                return Ok(Page { items, next: page.next.or(last) });
            }
        }
        Ok(Page { items, next: None })
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
