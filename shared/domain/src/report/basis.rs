//! What a report rests on: enough of its records to tell later whether one has changed, and in which domain.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::record::standing::StandingRecord;
use crate::report::period::Period;
use crate::report::status::Supplement;
use crate::{DomainId, RecordId, china_time};

/// The records of a report with their state at its issue, 17 bytes each: domain, first 8 bytes of a hash of the record's
/// id, first 8 bytes of a hash of its content and marks. Ten thousand records take 170 kB.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Basis(Vec<BasisEntry>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct BasisEntry {
    domain: DomainId,
    record: [u8; 8],
    state: [u8; 8],
}

const ENTRY_BYTES: usize = 17;

fn first_bytes(bytes: &[u8]) -> [u8; 8] {
    let mut first = [0; 8];
    first.iter_mut().zip(Sha256::digest(bytes)).for_each(|(to, from)| *to = from);
    first
}

impl BasisEntry {
    fn of(standing: &StandingRecord) -> Self {
        Self { domain: standing.record.domain, record: Self::record(&standing.record.id), state: state(standing) }
    }

    fn record(id: &RecordId) -> [u8; 8] {
        first_bytes(id.to_string().as_bytes())
    }
}

/// The state of a record: its content and its marks, not when or how often it was sent, nor that it is contested, nor
/// how long it is public.
fn state(standing: &StandingRecord) -> [u8; 8] {
    let StandingRecord { record, revision: _, received: _, repair, removal, withdrawal, objected: _, severity: _ } =
        standing;
    // Records serialise: they were read from JSON.
    first_bytes(&serde_json::to_vec(&(record, repair, removal, withdrawal)).unwrap_or_default())
}

impl Basis {
    /// The basis of a report with these records.
    pub fn of<'r>(records: impl IntoIterator<Item = &'r StandingRecord>) -> Self {
        let mut entries: Vec<BasisEntry> = records.into_iter().map(BasisEntry::of).collect();
        entries.sort_unstable();
        Self(entries)
    }

    /// True when the report has no records.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The domains in which a record is not what it was: repaired, corrected, withdrawn, or gone. `now` are the subject's
    /// records as they stand, withdrawn ones included; `covers` says which domains the report has.
    pub fn affected<'r>(
        &self,
        now: impl IntoIterator<Item = &'r StandingRecord>,
        covers: impl Fn(DomainId) -> bool,
    ) -> Vec<DomainId> {
        let now: BTreeMap<[u8; 8], &StandingRecord> =
            now.into_iter().map(|standing| (BasisEntry::record(&standing.record.id), standing)).collect();
        let changed =
            |entry: &&BasisEntry| now.get(&entry.record).is_none_or(|standing| state(standing) != entry.state);
        // A record that was corrected into another domain changes both.
        let both = |entry: &BasisEntry| {
            let now = now.get(&entry.record).map(|standing| standing.record.domain);
            [Some(entry.domain), now.filter(|now| covers(*now))]
        };
        let mut domains: Vec<DomainId> = self.0.iter().filter(changed).flat_map(both).flatten().collect();
        domains.sort_unstable();
        domains.dedup();
        domains
    }

    /// Those of `now` that the report holds as they stand.
    pub fn unchanged<'r>(&self, now: impl IntoIterator<Item = &'r StandingRecord>) -> Vec<&'r StandingRecord> {
        let held: BTreeMap<[u8; 8], [u8; 8]> = self.0.iter().map(|entry| (entry.record, entry.state)).collect();
        let as_held = |standing: &&StandingRecord| {
            held.get(&BasisEntry::record(&standing.record.id)).is_some_and(|held| *held == state(standing))
        };
        now.into_iter().filter(as_held).collect()
    }

    /// The domains of a report with records that belong to it now and are not in it: what reached us after its data-as-of, or
    /// came into its scope since. `now` are the subject's records as they stand.
    pub fn supplements<'r>(
        &self,
        now: impl IntoIterator<Item = &'r StandingRecord>,
        period: &Period,
        domains: impl Fn(DomainId) -> bool,
        data_as_of: Timestamp,
    ) -> Vec<Supplement> {
        let held: BTreeSet<[u8; 8]> = self.0.iter().map(|entry| entry.record).collect();
        let mut found: BTreeMap<DomainId, Option<Date>> = BTreeMap::new();
        for standing in now {
            let domain = standing.record.domain;
            let belongs = standing.is_reported() && domains(domain) && standing.belongs_to(period).is_some();
            if !belongs || held.contains(&BasisEntry::record(&standing.record.id)) {
                continue;
            }
            let times = [standing.received, standing.revision.stored_at()];
            let since = times.into_iter().flatten().find(|at| *at > data_as_of).map(china_time::date);
            let known = found.entry(domain).or_insert(since);
            *known = [*known, since].into_iter().flatten().min();
        }
        found.into_iter().map(|(domain, since)| Supplement { domain, since }).collect()
    }

    /// As bytes, to be kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        let bytes = |entry: &BasisEntry| [&[entry.domain.number()][..], &entry.record, &entry.state].concat();
        self.0.iter().flat_map(bytes).collect()
    }

    /// What [`Self::to_bytes`] made; `None` when it did not.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let entry = |bytes: &[u8]| {
            let (domain, rest) = bytes.split_first()?;
            let (record, state) = rest.split_first_chunk::<8>()?;
            let state = state.try_into().ok()?;
            Some(BasisEntry { domain: DomainId::from_number(*domain)?, record: *record, state })
        };
        bytes.chunks(ENTRY_BYTES).map(entry).collect::<Option<Vec<_>>>().map(Self)
    }
}
