//! A subject's records as they stand.

use xinzheng_domain::period::Period;
use xinzheng_domain::record::{Mark, MarkedRecord, Record};
use xinzheng_domain::standing::StandingRecord;
use xinzheng_domain::{RecordId, SourcePosition, SubjectId, UnitCode};

use crate::lane::Lane;
use crate::table::{BODY, Item};
use crate::{Registry, StoreError, keys};

/// What of an item a record stands for.
const READ: [&str; 8] = [
    BODY,
    Lane::CONTENT.revision,
    "unit",
    "subject",
    Lane::REPAIR.body,
    Lane::REMOVAL.body,
    Lane::WITHDRAWAL.body,
    "objected_on",
];

impl Registry {
    /// The subject's records that a report of `period` is about, oldest first, withdrawn ones included, as of now
    /// (consistent reads). Which these are the domain says.
    ///
    /// One Query on one partition, however many records the city has; it goes on in pages of 1 MiB.
    pub async fn records(&self, subject: &SubjectId, period: &Period) -> Result<Vec<StandingRecord>, StoreError> {
        let items = self.query(keys::records_of(subject)).consistent().only(&READ).all().await?;
        let mut records = vec![];
        for item in items.iter().filter(|item| is_record_of(item, subject)) {
            records.push(standing(item)?);
        }
        records.retain(|record| record.is_of(period));
        records.sort_by_key(|standing| (standing.record.decided, standing.record.id));
        Ok(records)
    }

    /// A subject's record as it stands, with the unit that it came from. One GetItem.
    pub async fn record(
        &self,
        subject: &SubjectId,
        id: &RecordId,
    ) -> Result<Option<(StandingRecord, UnitCode)>, StoreError> {
        let item = self.get(keys::record(id)).item().await?;
        let Some(item) = item.filter(|item| is_record_of(item, subject)) else { return Ok(None) };
        let standing = standing(&item)?;
        let owner = owner(&item).unwrap_or(standing.record.unit);
        Ok(Some((standing, owner)))
    }
}

/// True of a record of this subject. Marks that came before their record make no record yet, and the partition may be another
/// subject's too.
fn is_record_of(item: &Item, subject: &SubjectId) -> bool {
    item.has(BODY) && item.text("subject") == Some(&subject.to_string())
}

/// The unit or office that a record came from first.
pub(crate) fn owner(item: &Item) -> Option<UnitCode> {
    UnitCode::parse(item.text("unit")?)
}

/// A record and its marks.
pub(crate) fn standing(item: &Item) -> Result<StandingRecord, StoreError> {
    let record: Record<'static> = item.body("a record")?;
    let owner = owner(item).unwrap_or(record.unit);
    let mut standing = StandingRecord {
        revision: SourcePosition::stored(item.needed(Lane::CONTENT.revision, "a record")?.to_owned()),
        repair: None,
        removal: None,
        withdrawal: None,
        objected: item.parsed("objected_on"),
        record,
    };
    for lane in Lane::MARKS {
        let marked: Option<MarkedRecord<'static>> = item.json(lane.body, "a mark of a record")?;
        // One that came before its record counts when its unit may change the record, and its date is not before the decision.
        let counts =
            |marked: &MarkedRecord<'_>| marked.unit.may_change(owner) && marked.mark.date() >= standing.record.decided;
        match marked.filter(counts).map(|marked| marked.mark) {
            None => {}
            Some(Mark::Repair(repair)) => standing.repair = Some(repair),
            Some(Mark::Removal(removal)) => standing.removal = Some(removal),
            Some(Mark::Withdrawal(withdrawal)) => standing.withdrawal = Some(withdrawal),
        }
    }
    Ok(standing)
}
