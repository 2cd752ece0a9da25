//! Objections: the case itself, its place in the unit's work list while it is open, its mark on the record, and what
//! upholding changes, each step in one transaction.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use xinzheng_domain::audit::Action;
use xinzheng_domain::case::objection::{Objection, ObjectionId, ObjectionState, Remedy};
use xinzheng_domain::record::difference::differing;
use xinzheng_domain::record::{Cancellation, Mark, MarkKind};
use xinzheng_domain::{Record, SourcePosition, SubjectId, UnitCode, china_time};

use crate::attachments::bound;
use crate::audit::{Actor, Step};
use crate::cases::{Case, Failed};
use crate::corrected::{CORRECTED, Corrected};
use crate::idempotency::kept_answer;
use crate::index::{content_of, mark_of};
use crate::lane::Lane;
use crate::table::{BODY, Committed, Cursor, Item, Key, Page, Put, Update, has, is, json, lacks, text, there};
use crate::{Registry, StoreError, history, keys};

/// The attributes of a record that name its open objection, and the day on which it was raised.
const OPEN: [&str; 2] = ["objection", "objected_on"];
/// The attribute of an open objection that was reminded of.
const REMINDED: &str = "reminded_at";

impl Case for Objection {
    const WHAT: &'static str = "an objection";

    fn key(&self) -> Key {
        keys::case(&self.id)
    }

    fn key_of(id: &str) -> Option<Key> {
        ObjectionId::parse(id).map(|id| keys::case(&id))
    }

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn version(&self) -> u32 {
        self.version
    }
}

impl Registry {
    /// Files a new objection and marks its record. `Overtaken` when the record has an open one already. One
    /// TransactWriteItems.
    pub async fn submit_objection(&self, objection: &Objection, actor: &Actor) -> Result<Committed, StoreError> {
        let [open, on] = OPEN;
        let mark = Update::at(keys::record(&objection.record))
            .text(open, objection.id.as_str())
            .text(on, china_time::date(objection.submitted_at).to_string())
            .when(has(BODY).and(lacks(open)));
        let mut transaction = self
            .transaction()
            .answers(kept_answer(actor))
            .put_when(Failed::Version, objection.filed()?)
            .put(objection.pointed_from(&keys::listed_case(objection)))
            .put(objection.pointed_from(&keys::due_in_all(objection)))
            .put_all(due_items(objection)?)
            .update_when(Failed::Record, mark);
        for attachment in &objection.attachments {
            transaction = transaction.update_when(Failed::Attachment, bound(&attachment.id, objection.id.as_str()));
        }
        let entries = self.objection_entries(objection, Action::ObjectionSubmitted, objection.submitted_at, actor);
        transaction.put_all_when(Failed::Noted, entries).commit_or_overtaken().await
    }

    /// Moves an objection on: `before` to `after`, with what upholding changes: `corrected` is the record as it is to be, and
    /// the revision that this was made of. One TransactWriteItems, and a GetItem of the
    /// record when it is upheld; nothing is written when either the case or the record has changed since it was read.
    pub async fn move_objection(
        &self,
        before: &Objection,
        after: &Objection,
        corrected: Option<(&Record<'static>, &SourcePosition)>,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Committed, StoreError> {
        let action = match after.state {
            ObjectionState::Submitted => Action::ObjectionSubmitted,
            ObjectionState::Accepted => Action::ObjectionAccepted,
            ObjectionState::Upheld => Action::ObjectionUpheld,
            ObjectionState::Rejected => Action::ObjectionRejected,
            ObjectionState::Withdrawn => Action::ObjectionWithdrawn,
        };
        let mut transaction = self
            .transaction()
            .answers(kept_answer(actor))
            .put_when(Failed::Version, after.moved_from(before)?)
            .put_all_when(Failed::Noted, self.objection_entries(after, action, at, actor));
        if after.state.is_open() {
            return transaction.put_all(due_items(after)?).commit_or_overtaken().await;
        }
        transaction = transaction.delete(keys::due_in_all(after));
        for place in keys::due_in_units(after) {
            transaction = transaction.delete(place);
        }
        let [open, on] = OPEN;
        let record = Update::at(keys::record(&after.record)).remove(open).remove(on);
        let condition = is(open, text(after.id.as_str()));
        let remedy = after.conclusion.as_ref().and_then(|conclusion| conclusion.remedy.as_ref());
        let Some(remedy) = remedy else {
            return transaction.update_when(Failed::Record, record.when(condition)).commit_or_overtaken().await;
        };
        let item = self.get(keys::record(&after.record)).item().await?.unwrap_or_default();
        let position = SourcePosition::of_case(at, after.id.as_str());
        let content = Lane::CONTENT.position(&item);
        if corrected.is_some_and(|(_, of)| content.as_ref() != Some(of)) {
            return Ok(Committed::Overtaken);
        }
        let (lane, record) = remedied(record, after, remedy, corrected.map(|(record, _)| record), &item, &position)?;
        if lane.position(&item).is_some_and(|latest| latest >= position) {
            return Ok(Committed::Overtaken);
        }
        if let Some(replaced) = history::replaced(&after.record, &item, lane)? {
            transaction = transaction.put(replaced);
        }
        transaction
            .update_when(Failed::Record, record.when(condition.and(lane.unchanged(&item))))
            .commit_or_overtaken()
            .await
    }

    /// An objection. One GetItem.
    pub async fn objection(&self, id: &ObjectionId) -> Result<Option<Objection>, StoreError> {
        self.get(keys::case(id)).parsed(Objection::WHAT).await
    }

    /// A unit's open objections, those due first before the others; behind `cursor` when it is given. One Query.
    pub async fn due_objections(
        &self,
        unit: UnitCode,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<Objection>, StoreError> {
        self.query(keys::open_cases(unit)).bodies(cursor, most, Objection::WHAT).await
    }

    /// A subject's objections, newest first. One Query and one BatchGetItem.
    pub async fn objections_of(
        &self,
        subject: &SubjectId,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<Objection>, StoreError> {
        self.cases(keys::cases_of(subject), true, cursor, most).await
    }

    /// Open objections of all units whose last day is `until` or before, those due first before the others, each with
    /// whether it was reminded of; behind `cursor` when it is given. One Query and one BatchGetItem.
    pub async fn objections_due(
        &self,
        until: Date,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<(Objection, bool)>, StoreError> {
        let Page { items, next } = self.query(keys::cases_due(until)).page(cursor, most).await?;
        let objections: Vec<Objection> = self.pointed_cases(&items).await?;
        let reminded = |objection: &Objection| {
            let place = keys::due_in_all(objection);
            items.iter().any(|item| item.is_at(&place) && item.has(REMINDED))
        };
        let items = objections.into_iter().map(|objection| (reminded(&objection), objection));
        Ok(Page { items: items.map(|(reminded, objection)| (objection, reminded)).collect(), next })
    }

    /// Notes that an objection's answer is late, for the platform to see. One TransactWriteItems; nothing is written when
    /// the objection has changed since it was read.
    pub async fn escalate_objection(
        &self,
        before: &Objection,
        after: &Objection,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Committed, StoreError> {
        self.transaction()
            .put_when(Failed::Version, after.moved_from(before)?)
            .put_all_when(Failed::Noted, self.objection_entries(after, Action::ObjectionOverdue, at, actor))
            .put_all(due_items(after)?)
            .commit_or_overtaken()
            .await
    }

    /// Moves an objection to the last day that was counted anew. One TransactWriteItems; nothing is written when it has changed
    /// since it was read.
    pub async fn recount_objection(
        &self,
        before: &Objection,
        after: &Objection,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Committed, StoreError> {
        let mut transaction = self
            .transaction()
            .put_when(Failed::Version, after.moved_from(before)?)
            .put_all_when(Failed::Noted, self.objection_entries(after, Action::ObjectionRecounted, at, actor));
        let stays = |place: &Key| keys::due_in_units(after).iter().any(|kept| kept.sk == place.sk);
        let places = keys::due_in_units(before).into_iter().chain([keys::due_in_all(before)]);
        for place in places.filter(|place| !stays(place)) {
            transaction = transaction.delete(place);
        }
        transaction
            .put_all(due_items(after)?)
            .put(after.pointed_from(&keys::due_in_all(after)))
            .commit_or_overtaken()
            .await
    }

    /// Reminds of an objection that is due soon, once. One TransactWriteItems; `Overtaken` when it was reminded of, or is
    /// closed.
    pub async fn remind_of_objection(
        &self,
        objection: &Objection,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Committed, StoreError> {
        let first = there().and(lacks(REMINDED));
        let reminded = Update::at(keys::due_in_all(objection)).instant(REMINDED, at).when(first);
        let entries = self.objection_entries(objection, Action::ObjectionDueSoon, at, actor);
        let transaction = self.transaction().update_when(Failed::Version, reminded);
        transaction.put_all_when(Failed::Noted, entries).commit_or_overtaken().await
    }

    fn objection_entries(&self, objection: &Objection, action: Action, at: Timestamp, actor: &Actor) -> Vec<Put> {
        let Objection { id, unit, due, state, .. } = objection;
        let event = json!({ "objection": id, "unit": unit, "due": due, "state": state });
        self.entries(Some(&objection.subject), actor, &Step::new(at, action, id.as_str()).event(event))
    }
}

/// The objection in the work lists of its unit and, when that is an office, of the municipal unit that answers for it.
fn due_items(objection: &Objection) -> Result<Vec<Put>, StoreError> {
    keys::due_in_units(objection).iter().map(|place| Put::at(place).body(objection, Objection::WHAT)).collect()
}

/// What an upheld objection changes of its record, and in which lane.
fn remedied(
    record: Update,
    objection: &Objection,
    remedy: &Remedy,
    corrected: Option<&Record<'static>>,
    item: &Item,
    position: &SourcePosition,
) -> Result<(Lane, Update), StoreError> {
    let known: Record<'static> = item.body("a record")?;
    match (remedy, corrected) {
        (Remedy::Correction(_), Some(corrected)) => {
            let fields = differing(&known, corrected);
            let corrections = Corrected::of(item)?.and(objection.id.as_str(), &fields);
            let body = json(corrected, "a record")?;
            let record = content_of(record, corrected, &body, position);
            Ok((Lane::CONTENT, record.text(CORRECTED, json(&corrections, "a correction")?)))
        }
        (Remedy::Withdrawal(withdrawal), _) => {
            let marked = known.marked(objection.unit, Mark::Withdrawal(withdrawal.clone()));
            Ok((Lane::WITHDRAWAL, mark_of(record, &marked, position)?))
        }
        (Remedy::Repair(repair), _) => {
            let marked = known.marked(objection.unit, Mark::Repair(repair.clone()));
            Ok((Lane::REPAIR, mark_of(record, &marked, position)?))
        }
        (Remedy::RepairCancelled {}, _) => {
            let conclusion = objection.conclusion.as_ref();
            let cancellation = Cancellation {
                cancels: MarkKind::Repair,
                authority: objection.unit.name().into(),
                document: None,
                date: conclusion.map_or(known.decided, |conclusion| china_time::date(conclusion.at)),
                cause: conclusion.map(|conclusion| conclusion.reason.clone()).unwrap_or_default().into(),
            };
            let marked = known.marked(objection.unit, Mark::Cancellation(cancellation));
            Ok((Lane::REPAIR, mark_of(record, &marked, position)?))
        }
        (Remedy::Correction(_), None) => Err(crate::table::damaged("an objection", "its correction is missing")),
    }
}
