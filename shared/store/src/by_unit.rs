//! A unit's records by month of decision: an index that holds what oversight looks at. It follows the records with a
//! moment's delay.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use xinzheng_domain::month::Month;
use xinzheng_domain::{RecordId, RecordKind, SubjectId, UnitCode};

use crate::batch::BatchId;
use crate::index::FIRST_BATCH;
use crate::table::{Cursor, Item, Page, damaged};
use crate::{Registry, StoreError, keys};

/// What oversight looks at of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnitRecord {
    /// Its id.
    pub id: RecordId,
    /// Whom it is about.
    pub subject: SubjectId,
    /// The unit, or county office, that sent it first.
    pub unit: UnitCode,
    /// Its kind.
    pub kind: RecordKind,
    /// Its document number.
    pub document: String,
    /// The day of the decision.
    pub decided: Date,
    /// When it came first.
    pub first_stored: Timestamp,
    /// The batch with which it came first; `None` of items of earlier versions.
    pub first_batch: Option<BatchId>,
    /// True when it was withdrawn.
    pub withdrawn: bool,
}

impl Registry {
    /// A page of the records that a municipal unit and its offices decided in a month, oldest first; behind `cursor` when it
    /// is given. One Query.
    pub async fn records_of_unit(
        &self,
        unit: UnitCode,
        month: Month,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<UnitRecord>, StoreError> {
        self.query(keys::decided_in(unit, month)).page(cursor, most).await?.try_map(|item| record(&item))
    }

    /// The records that a municipal unit and its offices decided from `from` to `to`, both included. A Query for each month that
    /// has a day of these, and for each MiB.
    pub async fn records_decided(&self, unit: UnitCode, from: Date, to: Date) -> Result<Vec<UnitRecord>, StoreError> {
        let (mut records, mut day) = (vec![], from);
        while day <= to {
            let last = day.last_of_month().min(to);
            let found = self.query(keys::decided_between(unit, day, last)).all().await?;
            records.extend(found.iter().map(record).collect::<Result<Vec<_>, _>>()?);
            let Ok(next) = last.tomorrow() else { break };
            day = next;
        }
        Ok(records)
    }

    /// All records that a municipal unit and its offices decided in a month. A Query for each MiB.
    pub async fn all_records_of_unit(&self, unit: UnitCode, month: Month) -> Result<Vec<UnitRecord>, StoreError> {
        self.query(keys::decided_in(unit, month)).all().await?.iter().map(record).collect()
    }
}

fn record(item: &Item) -> Result<UnitRecord, StoreError> {
    let read = || {
        let kind = item.text("kind")?;
        Some(UnitRecord {
            id: keys::record_of(item)?,
            subject: SubjectId::parse(item.text("subject")?)?,
            unit: UnitCode::parse(item.text("unit")?)?,
            kind: RecordKind::ALL.into_iter().find(|known| known.code() == kind)?,
            document: item.text("document")?.to_owned(),
            decided: keys::decided_on(item.text("decided")?)?,
            first_stored: item.parsed("first_stored")?,
            first_batch: item.text(FIRST_BATCH).and_then(BatchId::parse),
            withdrawn: item.has("withdrawal"),
        })
    };
    read().ok_or_else(|| damaged("a record in its unit's index", "it cannot be read"))
}
