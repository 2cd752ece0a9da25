//! What is held of a subject: its registration, its records as they stand, what bars it.

use jiff::Timestamp;
use xinzheng_domain::case::commitment::Bar;
use xinzheng_domain::record::standing::StandingRecord;
use xinzheng_domain::record::{Mark, MarkedRecord, Record};
use xinzheng_domain::{RecordId, SourcePosition, SubjectId, SubjectProfile, UnitCode};

use crate::commitments::LIFTED;
use crate::keys::Held;
use crate::lane::Lane;
use crate::table::{BODY, Item, PK, SK};
use crate::{Registry, StoreError, keys, severity};

/// What is held of a subject, as of now.
#[derive(Clone, Debug, Default)]
pub struct Dossier {
    /// What the register says, and when that was stored.
    pub profile: Option<(SubjectProfile<'static>, Option<Timestamp>)>,
    /// Its records, oldest first, withdrawn ones included. Which of them a report is about the domain says.
    pub records: Vec<StandingRecord>,
    /// What bars it from reports, the first found false first.
    pub bars: Vec<Bar>,
}

/// What of an item is read.
const READ: [&str; 13] = [
    LIFTED,
    PK,
    SK,
    BODY,
    "first_stored",
    Lane::CONTENT.revision,
    "unit",
    "subject",
    Lane::REPAIR.body,
    Lane::REMOVAL.body,
    Lane::WITHDRAWAL.body,
    "objected_on",
    severity::SEVERITY,
];

impl Registry {
    /// What is held of a subject, as of now (consistent reads).
    ///
    /// One Query on one partition, however many records the city has; it goes on in pages of 1 MiB.
    pub async fn dossier(&self, subject: &SubjectId) -> Result<Dossier, StoreError> {
        let items = self.query(keys::dossier(subject)).consistent().only(&READ).all().await?;
        let mut dossier = Dossier::default();
        for item in &items {
            match keys::held(item, subject) {
                Some(Held::Record) if is_record_of(item, subject) => dossier.records.push(standing(item)?),
                Some(Held::Profile) => {
                    let stored = item.parsed("revision").map(SourcePosition::stored);
                    let stored = stored.as_ref().and_then(SourcePosition::stored_at);
                    dossier.profile = Some((item.body("a register entry")?, stored));
                }
                Some(Held::Bar) if item.has(LIFTED) => {}
                Some(Held::Bar) => dossier.bars.push(item.body("a bar")?),
                Some(Held::Record) | None => {}
            }
        }
        dossier.records.sort_by_key(|standing| (standing.record.decided, standing.record.id));
        dossier.bars.sort_by_key(|bar| bar.since);
        Ok(dossier)
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

    /// The item of a record that a unit may change; `None` when there is none, or it is another's. One GetItem.
    pub(crate) async fn own_record(&self, id: &RecordId, unit: UnitCode) -> Result<Option<Item>, StoreError> {
        let item = self.get(keys::record(id)).item().await?;
        Ok(item.filter(|item| item.has(BODY) && owner(item).is_some_and(|owner| unit.may_change(owner))))
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
        received: item.parsed("first_stored"),
        revision: SourcePosition::stored(item.needed(Lane::CONTENT.revision, "a record")?.to_owned()),
        repair: None,
        removal: None,
        withdrawal: None,
        objected: item.parsed("objected_on"),
        severity: severity::of(item),
        record,
    };
    for lane in Lane::MARKS {
        let marked: Option<MarkedRecord<'static>> = item.json(lane.body, "a mark of a record")?;
        // One that came before its record counts when its unit may change the record, and its date is not before the decision.
        let counts =
            |marked: &MarkedRecord<'_>| marked.unit.may_change(owner) && marked.mark.date() >= standing.record.decided;
        match marked.filter(counts).map(|marked| marked.mark) {
            // What was taken back is as if it had not been.
            None | Some(Mark::Cancellation(_)) => {}
            Some(Mark::Repair(repair)) => standing.repair = Some(repair),
            Some(Mark::Removal(removal)) => standing.removal = Some(removal),
            Some(Mark::Withdrawal(withdrawal)) => standing.withdrawal = Some(withdrawal),
        }
    }
    Ok(standing)
}
