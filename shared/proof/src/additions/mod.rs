//! What stands behind the signed revision of a file. Only what proves it for longer may: a document security store
//! and document time stamps (ISO 32000-2, 12.8.2.2.2 with P = 1). Anything else is a change, and so is whatever is
//! not understood.

mod change;
mod metadata;
mod security_store;
mod stamp_field;
mod step;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

pub use change::{Change, Changed};
pub(crate) use security_store::SecurityStore;
pub(crate) use stamp_field::StampField;

use crate::contents;
use crate::pdf::{View, update};
use step::Step;

/// How many changes are told.
const CHANGES: usize = 64;
/// The most updates that are looked at.
const UPDATES: usize = 256;

/// What was added behind the signature.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Additions {
    pub kind: AdditionsKind,
    /// How many updates.
    pub updates: usize,
    /// What was changed and must not be.
    pub changes: Vec<Change>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdditionsKind {
    #[default]
    None,
    /// A security store or time stamps alone.
    ProofsOnly,
    /// Something that must not be there.
    Changes,
}

/// What was added, with what there is to be verified of it.
pub(crate) struct Added<'b> {
    pub(crate) additions: Additions,
    /// Where each update ends.
    pub(crate) ends: Vec<usize>,
    pub(crate) stamps: Vec<Stamp<'b>>,
    pub(crate) store: SecurityStore,
}

/// A document time stamp, in the order of the file.
pub(crate) struct Stamp<'b> {
    pub(crate) field: StampField<'b>,
    /// Whether there was a security store when it was made.
    pub(crate) is_of_store: bool,
}

/// What is known of the signed revision.
pub(crate) struct SignedObjects {
    /// The place of each page, from 1 on.
    pages: HashMap<u32, usize>,
    /// How often each number is referred to.
    references: HashMap<u32, usize>,
}

/// Looks at all that stands behind `end` of a file whose revision up to there is `signed`.
pub(crate) fn judge<'b>(bytes: &'b [u8], signed: &View<'b>, end: usize) -> Added<'b> {
    let mut added =
        Added { additions: Additions::default(), ends: vec![], stamps: vec![], store: SecurityStore::default() };
    if end == bytes.len() {
        added.store = signed.catalog().and_then(|catalog| SecurityStore::read(signed, &catalog)).unwrap_or_default();
        return added;
    }
    let changes = follow(bytes, signed, end, &mut added);
    added.additions.kind = if changes.is_empty() { AdditionsKind::ProofsOnly } else { AdditionsKind::Changes };
    added.additions.changes = changes;
    added
}

fn follow<'b>(bytes: &'b [u8], signed: &View<'b>, end: usize, added: &mut Added<'b>) -> Vec<Change> {
    let Some(known) = SignedObjects::of(signed) else { return vec![Change::of(Changed::Bytes)] };
    let (mut before, mut at, mut changes) = (signed.clone(), end, vec![]);
    while at < bytes.len() {
        let read = || update::read(bytes, at, before.cross_references).filter(|_| added.additions.updates < UPDATES);
        let Some((bytes_then, update)) = read().and_then(|update| bytes.get(..update.end).map(|then| (then, update)))
        else {
            changes.push(Change::of(Changed::Bytes));
            break;
        };
        let after = before.updated(bytes_then, &update.section);
        let step = Step { file: bytes, signed: &known, before: &before, after: &after, update: &update };
        let outcome = step.outcome();
        let room = CHANGES.saturating_sub(changes.len());
        changes.extend(outcome.changes.into_iter().take(room));
        added.stamps.extend(outcome.stamps);
        added.store = outcome.store;
        added.additions.updates += 1;
        at = update.end;
        added.ends.push(at);
        before = after;
    }
    changes
}

impl SignedObjects {
    fn of(view: &View<'_>) -> Option<Self> {
        let pages = contents::pages(view)?;
        let mut references = HashMap::new();
        // A cross-reference stream is a trailer, of which the newest counts.
        for number in view.numbers().filter(|number| !view.is_section(*number)) {
            let mut found = vec![];
            view.object(number)?.value.references(&mut found);
            found.into_iter().for_each(|number| *references.entry(number).or_default() += 1);
        }
        let mut found = vec![];
        view.trailer.0.values().for_each(|entry| entry.value.references(&mut found));
        found.into_iter().for_each(|number| *references.entry(number).or_default() += 1);
        Some(Self { pages: pages.into_iter().zip(1..).collect(), references })
    }

    fn page(&self, number: u32) -> Option<usize> {
        self.pages.get(&number).copied()
    }

    /// Whether one thing alone refers to an object: what may be done to it through that is done to nothing else.
    fn is_referred_to_once(&self, number: u32) -> bool {
        self.references.get(&number) == Some(&1)
    }

    fn is_referred_to(&self, number: u32) -> bool {
        self.references.contains_key(&number)
    }
}

/// Numbers that an update may define, and may define anew.
#[derive(Default)]
struct Allowed {
    new: BTreeSet<u32>,
    again: BTreeSet<u32>,
}

/// Fields or annotations that were appended, by the number of each.
type Appended<'b> = BTreeMap<u32, StampField<'b>>;
