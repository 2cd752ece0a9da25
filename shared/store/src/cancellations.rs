//! Taking a repair, withdrawal or removal back: the record stands as before it, what was taken back stays in its history.

use jiff::Timestamp;
use serde_json::json;
use xinzheng_domain::audit::Action;
use xinzheng_domain::record::{Cancellation, Mark, MarkedRecord};
use xinzheng_domain::{Record, RecordId, SourcePosition, UnitCode};

use crate::audit::{Actor, Step};
use crate::idempotency::kept_answer;
use crate::index::mark_of;
use crate::lane::Lane;
use crate::table::{Committed, Update};
use crate::{Registry, StoreError, history, keys};

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenBack {
    /// It is taken back.
    Done,
    /// The unit has no such record.
    NoRecord,
    /// The record has no such mark, or it is taken back already.
    NoMark,
    /// It is dated before what it takes back.
    Date,
    /// Someone else has changed the record at the same time.
    Overtaken,
}

#[derive(Clone, Copy, Debug)]
enum Failed {
    Record,
    Noted,
}

impl Registry {
    /// Takes a mark of a record back: its lane, its history, the audits of subject and unit. One GetItem and one
    /// TransactWriteItems.
    ///
    /// `id` names the decision in the history and in the audit.
    pub async fn take_back(
        &self,
        record: &RecordId,
        unit: UnitCode,
        cancellation: &Cancellation<'static>,
        id: &str,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<TakenBack, StoreError> {
        let Some(item) = self.own_record(record, unit).await? else { return Ok(TakenBack::NoRecord) };
        let lane = Lane::of_kind(cancellation.cancels);
        let marked: Option<MarkedRecord<'static>> = item.json(lane.body, "a mark of a record")?;
        let Some(marked) = marked.filter(|marked| !marked.mark.is_cancellation()) else {
            return Ok(TakenBack::NoMark);
        };
        if cancellation.date < marked.mark.date() {
            return Ok(TakenBack::Date);
        }
        let position = SourcePosition::of_case(at, id);
        if lane.position(&item).is_some_and(|latest| latest >= position) {
            return Ok(TakenBack::Overtaken);
        }
        let known: Record<'static> = item.body("a record")?;
        let after = known.marked(unit, Mark::Cancellation(cancellation.clone()));
        let record_after = mark_of(Update::at(keys::record(record)), &after, &position)?.when(lane.unchanged(&item));
        let event = json!({ "record": record, "mark": cancellation.cancels, "unit": unit });
        let step = Step::new(at, Action::MarkCancelled, id).because(&cancellation.cause).event(event);
        let mut transaction = self
            .transaction()
            .answers(kept_answer(actor))
            .update_when(Failed::Record, record_after)
            .put_all_when(Failed::Noted, self.entries(Some(&known.subject.id), actor, &step));
        if let Some(replaced) = history::replaced(record, &item, lane)? {
            transaction = transaction.put(replaced);
        }
        Ok(match transaction.commit_or_overtaken().await? {
            Committed::Done => TakenBack::Done,
            Committed::Overtaken => TakenBack::Overtaken,
        })
    }
}
