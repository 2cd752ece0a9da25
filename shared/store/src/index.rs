//! Entries of chunks become items. Each write stands alone: a condition on source positions makes it safe to repeat,
//! reorder or run twice at once.

use jiff::Timestamp;
use jiff::civil::Date;
use xinzheng_domain::audit::Action;
use xinzheng_domain::record::difference::{differing, differing_json, header_of};
use xinzheng_domain::record::{Mark, MarkedRecord};
use xinzheng_domain::{Effect, Entry, Field, Manifest, Record, RecordId, SourcePosition, TableId, UnitCode};
use xinzheng_tlog::Fact;

use crate::corrected::Corrected;
use crate::lane::Lane;
use crate::records::owner;
use crate::table::{
    BODY, Cancelled, Item, Update, Written, above, at_most, below, count, damaged, instant, is, json, lacks, text,
};
use crate::{Committed, Registry, StoreError, history, keys};

/// The version of what an item of a record holds beside its body, for indexes and comparisons. It rises whenever that changes;
/// backfill then drives every upload again, and each item is brought up to it. Reports read bodies and marks alone, which
/// every version has, so that they go on meanwhile.
///
/// 1: decision date. 2: also unit and month, kind, document number, time of first arrival. 3: also the batch of the first arrival.
pub const INDEX_SCHEMA: u32 = 3;

/// The attribute of a record that names the batch with which it came first.
pub(crate) const FIRST_BATCH: &str = "first_batch";

/// How often a row is tried again whose record others wrote at the same time.
const ATTEMPTS: u32 = 20;

/// Why a transaction that replaces something was not done.
#[derive(Clone, Copy, Debug)]
enum Failed {
    /// What was to be replaced is not the latest any more.
    Overtaken,
}

impl Registry {
    /// Writes an entry that stood at `position` in an upload of `sender` stored at `stored_at`, and tells what it came to.
    ///
    /// Later positions win and older ones lose, in whatever order they come; what is replaced, or comes too late, is kept in
    /// the record's history. A mark whose record is not there yet is kept on an item that no report sees, and takes effect
    /// when the record comes. A record belongs to the unit or county office from which it came first; only that one and its
    /// municipal unit change it. What an objection or an application for repair has decided is not undone by a row.
    ///
    /// One UpdateItem for what is new. One more and a TransactWriteItems when something is replaced; one more and a PutItem
    /// when it came too late or is another office's; a TransactWriteItems for a mark without a record; a GetItem and a
    /// TransactWriteItems for a manifest, which the public log is told of.
    pub async fn apply(
        &self,
        entry: &Entry<'_>,
        position: &SourcePosition,
        stored_at: Timestamp,
        sender: UnitCode,
    ) -> Result<Effect, StoreError> {
        match entry {
            Entry::Record(record) => self.apply_record(record, position, stored_at).await,
            Entry::Mark(marked) => self.apply_mark(marked, position, stored_at).await,
            Entry::Subject(profile) => Ok(self.apply_registration(profile, sender, position, stored_at).await?.0),
            Entry::Manifest(manifest) => self.apply_manifest(manifest, position).await,
        }
    }

    async fn apply_record(
        &self,
        record: &Record<'_>,
        position: &SourcePosition,
        stored_at: Timestamp,
    ) -> Result<Effect, StoreError> {
        let body = json(record, "a record")?;
        let filed = content_of(Update::at(keys::record(&record.id)), record, &body, position)
            .text("subject", record.subject.id.to_string())
            .first("first_stored", text(instant(stored_at)))
            .first(FIRST_BATCH, text(position.source()))
            .first("unit", text(record.unit.to_string()));
        let mut item = match self.update(filed.clone().when(lacks(Lane::CONTENT.revision))).await? {
            Written::Done(item) => {
                self.matched(&item).await?;
                return Ok(Effect::New);
            }
            Written::Refused(item) => item,
        };
        for _ in 0..ATTEMPTS {
            if let Some(owner) = owner(&item).filter(|owner| !record.unit.may_change(*owner)) {
                self.audit_refusal(record.unit, &record.id, position, stored_at).await?;
                return Ok(Effect::Conflict { owner });
            }
            let latest = Lane::CONTENT.position(&item).ok_or_else(|| damaged("a record", "it has no revision"))?;
            if *position <= latest {
                self.arrived_first(&record.id, &item, position, stored_at).await?;
                self.bring_up(&item).await?;
            }
            if latest == *position {
                self.matched(&item).await?;
                let before = self.content_before(&record.id, position).await?;
                return Ok(before.map_or(Effect::New, |before| changed(&before, record)));
            }
            let known: Record<'static> = item.body("a record")?;
            if let Some(again) = listed_again(&item, &known, record)? {
                self.note_listing(&record.id, &item, record.decided).await?;
                // Under an id of its own it is a record like any other; there is no listing of a listing.
                return Box::pin(self.apply_record(&again, position, stored_at)).await;
            }
            if *position < latest {
                self.put(history::step(position, record.unit, &Entry::Record(record.clone()))?).await?;
                return Ok(late(&latest, position, &known, record));
            }
            if let Some(contradiction) = contradiction(&item, &known, record)? {
                return Ok(contradiction);
            }
            let effect = twice_in_file(&latest, position, &known, record).unwrap_or_else(|| changed(&known, record));
            if self.replace(&record.id, &item, Lane::CONTENT, filed.clone()).await? {
                return Ok(effect);
            }
            item = self.get(keys::record(&record.id)).item().await?.unwrap_or_default();
        }
        Err(StoreError::Overtaken)
    }

    /// Replaces what an item has in a lane, which goes into the history; false when it is not the latest any more.
    async fn replace(&self, record: &RecordId, item: &Item, lane: Lane, by: Update) -> Result<bool, StoreError> {
        let by = by.when(lane.unchanged(item));
        let mut transaction = self.transaction().update_when(Failed::Overtaken, by);
        if let Some(replaced) = history::replaced(record, item, lane)? {
            transaction = transaction.put(replaced);
        }
        match transaction.commit().await {
            Ok(()) => Ok(true),
            Err(Cancelled::Failed(_) | Cancelled::Conflict) => Ok(false),
            Err(Cancelled::Store(error)) => Err(error),
        }
    }

    /// An older revision that comes late still tells when the record was first received (R6). One UpdateItem when that is
    /// earlier than what is known, else no call.
    async fn arrived_first(
        &self,
        record: &RecordId,
        item: &Item,
        position: &SourcePosition,
        stored_at: Timestamp,
    ) -> Result<(), StoreError> {
        let first = instant(stored_at);
        let is_earlier = item.text("first_stored").is_none_or(|known| known > first.as_str());
        // An item of before says when, and not with which file.
        let is_it = item.text("first_stored") == Some(&first) && !item.has(FIRST_BATCH);
        if is_earlier || is_it {
            let unless_earlier = lacks("first_stored").or(above("first_stored", text(&first)));
            let unless_earlier = unless_earlier.or(is("first_stored", text(&first)).and(lacks(FIRST_BATCH)));
            let arrived = Update::at(keys::record(record)).text("first_stored", first);
            self.update(arrived.text(FIRST_BATCH, position.source()).when(unless_earlier)).await?;
        }
        Ok(())
    }

    /// Brings an item up to [`INDEX_SCHEMA`] from its own body: its latest revision may have come by a decision, not by an
    /// upload. One UpdateItem when it is older, else no call.
    async fn bring_up(&self, item: &Item) -> Result<(), StoreError> {
        if item.number::<u32>("index_schema").unwrap_or(1) >= INDEX_SCHEMA {
            return Ok(());
        }
        let (Some(body), Some(position)) = (item.text(BODY), Lane::CONTENT.position(item)) else { return Ok(()) };
        let record: Record<'_> = item.body("a record")?;
        let update = content_of(Update::at(keys::record(&record.id)), &record, body, &position)
            // Whoever writes a later revision in the meantime brings it up as well.
            .when(Lane::CONTENT.unchanged(item));
        self.update(update).await?;
        Ok(())
    }

    async fn apply_mark(
        &self,
        marked: &MarkedRecord<'_>,
        position: &SourcePosition,
        stored_at: Timestamp,
    ) -> Result<Effect, StoreError> {
        let (lane, key) = (Lane::of(&marked.mark), keys::record(&marked.id));
        let filed = mark_of(Update::at(key.clone()), marked, position)?;
        let own = lacks("unit").or(is("unit", text(marked.unit.to_string())));
        let dated = lacks("decided").or(at_most("decided", text(keys::decided_until(marked.mark.date()))));
        let new = lacks(lane.revision).and(dated).and(lacks(LISTED_AGAIN));
        let new = if marked.unit.office().is_none() { new } else { new.and(own) };
        let mut item = match self.update(filed.clone().when(new)).await? {
            Written::Done(item) if item.has(BODY) => return Ok(first_mark(marked)),
            Written::Done(item) => return self.wait(marked, lane, &item, stored_at).await,
            Written::Refused(item) => item,
        };
        if let Some(on) = listings(&item)?.into_iter().filter(|on| *on <= marked.mark.date()).max() {
            // The mark is of the listing that was the latest on its day.
            let of_listing = MarkedRecord { id: marked.id.listed_again(on), ..marked.clone() };
            return Box::pin(self.apply_mark(&of_listing, position, stored_at)).await;
        }
        for _ in 0..ATTEMPTS {
            if let Some(owner) = owner(&item).filter(|owner| !marked.unit.may_change(*owner)) {
                self.audit_refusal(marked.unit, &marked.id, position, stored_at).await?;
                return Ok(Effect::Conflict { owner });
            }
            let decided = item.text("decided").and_then(keys::decided_on);
            if let Some(decided) = decided.filter(|decided| marked.mark.date() < *decided) {
                return Ok(Effect::BeforeDecision { decided });
            }
            let latest = lane.position(&item);
            if latest.as_ref() == Some(position) {
                if !item.has(BODY) {
                    return self.wait(marked, lane, &item, stored_at).await;
                }
                let before = self.mark_before(&marked.id, lane, position).await?;
                return Ok(before.map_or_else(|| first_mark(marked), |before| changed_mark(&before, marked)));
            }
            let known: Option<MarkedRecord<'static>> = item.json(lane.body, "a mark of a record")?;
            let (Some(latest), Some(known)) = (latest, known) else {
                // The lane is free: the date stood in the way of the first try, of a decision that was corrected since.
                match self.update(filed.clone().when(lacks(lane.revision))).await? {
                    Written::Done(item) if item.has(BODY) => return Ok(first_mark(marked)),
                    Written::Done(item) => return self.wait(marked, lane, &item, stored_at).await,
                    Written::Refused(now) => item = now,
                }
                continue;
            };
            // A case names its authority in its own words: the document and its date are what was decided.
            let same = match latest.case() {
                None => known.mark == marked.mark,
                Some(_) => known.mark.document() == marked.mark.document() && known.mark.date() == marked.mark.date(),
            };
            if *position < latest || (same && latest.case().is_some()) {
                // Of what was decided the decision stays: a row that agrees is a step of the history.
                self.put(history::step(position, marked.unit, &Entry::Mark(marked.clone()))?).await?;
                return Ok(if same { Effect::Unchanged } else { Effect::Superseded });
            }
            if marked.mark.is_cancellation() && !known.mark.is_cancellation() && marked.mark.date() < known.mark.date()
            {
                return Ok(Effect::BeforeDecision { decided: known.mark.date() });
            }
            // A row that takes something back says so: it may take back what was decided. What was taken back may be decided
            // anew afterwards.
            let anew = known.mark.is_cancellation() && marked.mark.date() >= known.mark.date();
            if let Some(case) = latest.case().filter(|_| !marked.mark.is_cancellation() && !anew) {
                return Ok(Effect::Contradicts { decision: case.to_owned(), columns: vec![] });
            }
            // While nobody knows whose the record is, only a municipal unit replaces what another of its offices sent.
            if !item.has(BODY) && !marked.unit.may_change(known.unit) {
                self.audit_refusal(marked.unit, &marked.id, position, stored_at).await?;
                return Ok(Effect::Conflict { owner: known.unit });
            }
            if self.replace(&marked.id, &item, lane, filed.clone()).await? {
                if item.has(BODY) {
                    return Ok(changed_mark(&known, marked));
                }
                if known.unit != marked.unit {
                    self.delete(&keys::waiting(known.unit, &known.id, lane.body)).await?;
                }
                return self.wait(marked, lane, &item, stored_at).await;
            }
            item = self.get(key.clone()).item().await?.unwrap_or_default();
        }
        Err(StoreError::Overtaken)
    }

    pub(crate) async fn apply_manifest(
        &self,
        manifest: &Manifest<'_>,
        position: &SourcePosition,
    ) -> Result<Effect, StoreError> {
        let key = keys::manifest(manifest.unit, &manifest.id());
        let body = json(manifest, "a manifest")?;
        let fact = Fact::ManifestDeclared {
            unit: manifest.unit.to_string(),
            kind: manifest.kind.code().to_owned(),
            from: manifest.from,
            to: manifest.to,
            count: manifest.count,
            at: position.stored_at().ok_or_else(|| damaged("a manifest", "its position has no time"))?,
        };
        let logged = Self::to_be_logged(&fact, None)?;
        let filed = Update::at(key.clone()).text(BODY, &body).text("revision", position.as_str());
        for _ in 0..ATTEMPTS {
            let known = self.get(key.clone()).item().await?;
            let revision = known.as_ref().and_then(|known| known.text("revision"));
            let unchanged = match revision {
                None => lacks("revision"),
                Some(revision) => is("revision", text(revision)),
            };
            if let Some(known) = &known
                && (known.text(BODY) == Some(&body) || revision.is_some_and(|revision| revision >= position.as_str()))
            {
                // It declares nothing new.
                return self.replace_latest(TableId::Manifest, Update::at(key), known, &body, position).await;
            }
            let transaction = self.transaction().update_when((), filed.clone().when(unchanged)).put(logged.clone());
            if transaction.commit_or_overtaken().await? == Committed::Done {
                let before = known.as_ref().and_then(|known| known.text(BODY));
                return Ok(before.map_or(Effect::New, |before| Effect::Changed {
                    columns: differing_json(TableId::Manifest, before, &body),
                }));
            }
        }
        Err(StoreError::Overtaken)
    }

    /// Writes what has no history when nothing is there; else what is.
    pub(crate) async fn first(
        &self,
        filed: Update,
        body: &str,
        position: &SourcePosition,
    ) -> Result<Option<Item>, StoreError> {
        let filed = filed.text(BODY, body).text("revision", position.as_str()).when(lacks("revision"));
        match self.update(filed).await? {
            Written::Done(_) => Ok(None),
            Written::Refused(item) => Ok(Some(item)),
        }
    }

    /// Writes what has no history where something is `known`: the later position wins. What is sent again at its own position
    /// counts as unchanged.
    pub(crate) async fn replace_latest(
        &self,
        table: TableId,
        filed: Update,
        known: &Item,
        body: &str,
        position: &SourcePosition,
    ) -> Result<Effect, StoreError> {
        let same = known.text(BODY) == Some(body);
        let filed = filed.text(BODY, body).text("revision", position.as_str());
        match self.update(filed.when(below("revision", text(position.as_str())))).await? {
            Written::Done(_) if same => Ok(Effect::Unchanged),
            Written::Done(_) => {
                let before = known.text(BODY).unwrap_or_default();
                Ok(Effect::Changed { columns: differing_json(table, before, body) })
            }
            Written::Refused(_) if same => Ok(Effect::Unchanged),
            Written::Refused(item) if item.text("revision") == Some(position.as_str()) => Ok(Effect::Unchanged),
            Written::Refused(_) => Ok(Effect::Superseded),
        }
    }

    /// Notes on a listing that there was another one under its number. One UpdateItem when it is not noted yet.
    async fn note_listing(&self, record: &RecordId, item: &Item, on: Date) -> Result<(), StoreError> {
        let mut known = listings(item)?;
        if known.contains(&on) {
            return Ok(());
        }
        known.push(on);
        known.sort_unstable();
        let unchanged = match item.text(LISTED_AGAIN) {
            None => lacks(LISTED_AGAIN),
            Some(text_of) => is(LISTED_AGAIN, text(text_of)),
        };
        let noted = Update::at(keys::record(record)).text(LISTED_AGAIN, json(&known, "listings")?);
        match self.update(noted.when(unchanged)).await? {
            Written::Done(_) => Ok(()),
            // Another listing came at this moment: this row comes again.
            Written::Refused(_) => Err(StoreError::Overtaken),
        }
    }

    /// A unit tried to change another's record. The same row tried again is the same item.
    async fn audit_refusal(
        &self,
        unit: UnitCode,
        record: &RecordId,
        position: &SourcePosition,
        stored_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.audit_unit(unit, stored_at, Action::ChangeRefused, &format!("{record}#{position}")).await
    }
}

/// The attribute of a listing that holds the days on which its subject was listed again under the same number.
const LISTED_AGAIN: &str = "listed_again";

fn listings(item: &Item) -> Result<Vec<Date>, StoreError> {
    Ok(item.json(LISTED_AGAIN, "listings")?.unwrap_or_default())
}

/// The row as a record of its own, when it lists a subject again that was removed before; `None` when it is about the listing
/// that is known.
fn listed_again<'r>(item: &Item, known: &Record<'_>, record: &Record<'r>) -> Result<Option<Record<'r>>, StoreError> {
    if !record.is_listing() || record.decided <= known.decided {
        return Ok(None);
    }
    let mark: Option<MarkedRecord<'static>> = item.json(Lane::REMOVAL.body, "a removal")?;
    let removal = mark.filter(|marked| !marked.mark.is_cancellation());
    let removed = removal.map(|marked| marked.mark.date()).into_iter().chain(known.removed());
    let before = removed.filter(|removed| *removed >= known.decided).min();
    let again = before.is_some_and(|removed| removed <= record.decided);
    Ok(again.then(|| Record { id: record.id.listed_again(record.decided), ..record.clone() }))
}

/// Sets a record's content, and what follows from it.
pub(crate) fn content_of(update: Update, record: &Record<'_>, body: &str, position: &SourcePosition) -> Update {
    update
        .text(BODY, body)
        .text(Lane::CONTENT.revision, position.as_str())
        .text("decided", keys::decided(record.decided, &record.id))
        .text("unit_month", keys::unit_month(record.unit, record.decided))
        .text("kind", record.kind().code())
        .text("document", record.document.to_string())
        .set("index_schema", count(INDEX_SCHEMA))
}

/// Sets a mark of a record.
pub(crate) fn mark_of(
    update: Update,
    marked: &MarkedRecord<'_>,
    position: &SourcePosition,
) -> Result<Update, StoreError> {
    let lane = Lane::of(&marked.mark);
    Ok(update
        .text(lane.body, json(marked, "a mark")?)
        .text(lane.revision, position.as_str())
        .text("subject", marked.subject.to_string()))
}

/// What a later revision comes to.
fn changed(before: &Record<'_>, after: &Record<'_>) -> Effect {
    let fields = differing(before, after);
    if fields.is_empty() {
        return Effect::Unchanged;
    }
    Effect::Changed { columns: headers(after, &fields) }
}

fn headers(record: &Record<'_>, fields: &[Field]) -> Vec<String> {
    fields.iter().map(|&field| header_of(record.kind(), field).to_owned()).collect()
}

/// What a row comes to that comes after a later one.
fn late(latest: &SourcePosition, position: &SourcePosition, known: &Record<'_>, record: &Record<'_>) -> Effect {
    if differing(known, record).is_empty() {
        return Effect::Unchanged;
    }
    twice_in_file(latest, position, known, record).unwrap_or(Effect::Superseded)
}

/// Another row of the same file, in another part of it, that says something else.
fn twice_in_file(
    latest: &SourcePosition,
    position: &SourcePosition,
    known: &Record<'_>,
    record: &Record<'_>,
) -> Option<Effect> {
    let twice = latest.source() == position.source() && !differing(known, record).is_empty();
    twice.then(|| Effect::TwiceInFile { row: latest.row() })
}

/// What a mark comes to that is the first of its kind: one that takes something back finds nothing.
fn first_mark(marked: &MarkedRecord<'_>) -> Effect {
    if marked.mark.is_cancellation() { Effect::NothingCancelled } else { Effect::New }
}

fn changed_mark(before: &MarkedRecord<'_>, after: &MarkedRecord<'_>) -> Effect {
    if before.mark == after.mark {
        return Effect::Unchanged;
    }
    let table = match after.mark {
        Mark::Repair(_) => TableId::Repair,
        Mark::Withdrawal(_) => TableId::Withdrawal,
        Mark::Removal(_) => TableId::Removal,
        Mark::Cancellation(_) => TableId::Cancellation,
    };
    let json = |marked: &MarkedRecord<'_>| serde_json::to_string(&marked.mark).unwrap_or_default();
    Effect::Changed { columns: differing_json(table, &json(before), &json(after)) }
}

/// What a row comes to that would undo what was decided: by an objection, or by a mark that would not count any more because the
/// row dates the record's decision behind it; `None` when it does not.
fn contradiction(item: &Item, known: &Record<'_>, record: &Record<'_>) -> Result<Option<Effect>, StoreError> {
    let withdrawal: Option<MarkedRecord<'static>> = item.json(Lane::WITHDRAWAL.body, "a withdrawal")?;
    let stands = withdrawal.is_some_and(|marked| !marked.mark.is_cancellation());
    let withdrawn = Lane::WITHDRAWAL.position(item).filter(|_| stands);
    if let Some(case) = withdrawn.as_ref().and_then(SourcePosition::case) {
        return Ok(Some(Effect::Contradicts { decision: case.to_owned(), columns: vec![] }));
    }
    let fields = differing(known, record);
    let corrected = Corrected::of(item)?;
    let (undone, cases) = corrected.among(&fields);
    if !undone.is_empty() {
        let columns = headers(record, &undone);
        return Ok(Some(Effect::Contradicts { decision: cases.join("、"), columns }));
    }
    for lane in Lane::MARKS {
        let Some(marked) = item.json::<MarkedRecord<'static>>(lane.body, "a mark of a record")? else { continue };
        if !marked.mark.is_cancellation() && (known.decided..record.decided).contains(&marked.mark.date()) {
            let case = lane.position(item).and_then(|position| position.case().map(str::to_owned));
            let decision = case.unwrap_or_else(|| marked.mark.document().unwrap_or_default().to_owned());
            return Ok(Some(Effect::Contradicts { decision, columns: headers(record, &[Field::Decided]) }));
        }
    }
    Ok(None)
}
