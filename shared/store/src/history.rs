//! The history of records: what was replaced, and what came too late. What counts stands on the item itself.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use xinzheng_domain::record::MarkedRecord;
use xinzheng_domain::{Entry, Record, RecordId, SourcePosition, UnitCode};

use crate::lane::Lane;
use crate::table::{BODY, Cursor, Item, Page, Put, damaged, json, sort_key_of};
use crate::{Registry, StoreError, keys};

/// A step in the history of a record.
#[derive(Clone, Debug)]
pub struct HistoryStep {
    /// Where it stood among all uploads: later positions win.
    pub position: SourcePosition,
    /// The unit, or county office, that sent it.
    pub unit: UnitCode,
    /// What was sent: a record, or a change to one, as JSON.
    pub entry: Box<RawValue>,
}

/// What is kept of a step.
#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    unit: UnitCode,
    #[serde(borrow)]
    entry: &'a RawValue,
}

/// The item of a step.
pub(crate) fn step(position: &SourcePosition, unit: UnitCode, entry: &Entry<'_>) -> Result<Put, StoreError> {
    let record = match entry {
        Entry::Record(record) => record.id,
        Entry::Mark(marked) => marked.id,
        Entry::Subject(_) | Entry::Manifest(_) => return Err(damaged("a step of a history", "it is of no record")),
    };
    kept(&record, position, unit, &json(entry, "a step of a history")?)
}

/// The same, of what an item has in a lane before it is replaced; `None` when it has nothing in it.
pub(crate) fn replaced(record: &RecordId, item: &Item, lane: Lane) -> Result<Option<Put>, StoreError> {
    of_lane(item, lane)?.map(|step| kept(record, &step.position, step.unit, step.entry.get())).transpose()
}

fn kept(record: &RecordId, position: &SourcePosition, unit: UnitCode, entry: &str) -> Result<Put, StoreError> {
    let entry: &RawValue = serde_json::from_str(entry).map_err(StoreError::damaged("a step of a history"))?;
    Put::at(&keys::history_step(record, position)).body(&Kept { unit, entry }, "a step of a history")
}

/// The step that an item has in a lane.
pub(crate) fn of_lane(item: &Item, lane: Lane) -> Result<Option<HistoryStep>, StoreError> {
    let Some(position) = lane.position(item) else { return Ok(None) };
    let body = item.needed(lane.body, "a record")?;
    let (unit, entry) = if lane == Lane::CONTENT {
        let record: Record<'_> = serde_json::from_str(body).map_err(StoreError::damaged("a record"))?;
        (record.unit, json(&Entry::Record(record.clone()), "a record")?)
    } else {
        let marked: MarkedRecord<'_> = serde_json::from_str(body).map_err(StoreError::damaged("a mark"))?;
        (marked.unit, json(&Entry::Mark(marked), "a mark")?)
    };
    let entry = RawValue::from_string(entry).map_err(StoreError::damaged("a step of a history"))?;
    Ok(Some(HistoryStep { position, unit, entry }))
}

impl Registry {
    /// A page of the steps of a record's history, oldest first, what counts included; behind `cursor` when it is given. One
    /// GetItem and one Query.
    pub async fn history(
        &self,
        record: &RecordId,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<HistoryStep>, StoreError> {
        let list = keys::history(record);
        let Page { items, next } = self.query(list.clone()).page(cursor, most).await?;
        let mut steps = items.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let behind = cursor.map(|cursor| sort_key_of(cursor, &list)).transpose()?.map(SourcePosition::stored);
        let last = steps.last().map(|step| step.position.clone()).filter(|_| next.is_some());
        if let Some(item) = self.get(keys::record(record)).item().await? {
            for lane in [Lane::CONTENT].into_iter().chain(Lane::MARKS) {
                // Between those of this page, or behind the last of all.
                let standing = of_lane(&item, lane)?.filter(|step| {
                    behind.as_ref().is_none_or(|behind| step.position > *behind)
                        && last.as_ref().is_none_or(|last| step.position < *last)
                });
                steps.extend(standing);
            }
        }
        steps.sort_by(|one, other| one.position.cmp(&other.position));
        Ok(Page { items: steps, next })
    }

    /// The content that a record had before `position`; `None` when it had none. A Query.
    pub(crate) async fn content_before(
        &self,
        record: &RecordId,
        position: &SourcePosition,
    ) -> Result<Option<Record<'static>>, StoreError> {
        for item in self.query(keys::history_before(record, position)).newest_first().all().await? {
            if let Entry::Record(record) = entry(&read(&item)?)? {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// The same of a mark in a lane.
    pub(crate) async fn mark_before(
        &self,
        record: &RecordId,
        lane: Lane,
        position: &SourcePosition,
    ) -> Result<Option<MarkedRecord<'static>>, StoreError> {
        for item in self.query(keys::history_before(record, position)).newest_first().all().await? {
            if let Entry::Mark(marked) = entry(&read(&item)?)?
                && Lane::of(&marked.mark) == lane
            {
                return Ok(Some(marked));
            }
        }
        Ok(None)
    }
}

fn entry(step: &HistoryStep) -> Result<Entry<'static>, StoreError> {
    serde_json::from_str(step.entry.get()).map_err(StoreError::damaged("a step of a history"))
}

fn read(item: &Item) -> Result<HistoryStep, StoreError> {
    let what = "a step of a history";
    let kept: Kept<'_> = serde_json::from_str(item.needed(BODY, what)?).map_err(StoreError::damaged(what))?;
    Ok(HistoryStep { position: keys::position_of(item), unit: kept.unit, entry: kept.entry.to_owned() })
}
