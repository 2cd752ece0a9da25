//! One update: the file before it and after it.

use std::collections::{BTreeMap, BTreeSet};

use super::security_store::SecurityStore;
use super::stamp_field::StampField;
use super::{Allowed, Appended, Change, Changed, SignedObjects, Stamp, metadata};
use crate::pdf::{Dictionary, Place, Update, Value, View};

/// The most bytes of metadata.
const METADATA: usize = 4 << 20;
/// The entries of a trailer that belong to its form, not to the document.
const FORM_OF_TRAILER: &[&str] = &["Size", "Prev", "ID", "Type", "W", "Index", "Length", "Filter", "DecodeParms"];

pub(super) struct Step<'a, 'b> {
    pub(super) file: &'b [u8],
    pub(super) signed: &'a SignedObjects,
    pub(super) before: &'a View<'b>,
    pub(super) after: &'a View<'b>,
    pub(super) update: &'a Update,
}

#[derive(Default)]
pub(super) struct Outcome<'b> {
    pub(super) changes: Vec<Change>,
    pub(super) stamps: Vec<Stamp<'b>>,
    pub(super) store: SecurityStore,
}

/// By how much the size of an update may be larger than needed.
const SPARE: i64 = 64;

impl<'b> Step<'_, 'b> {
    pub(super) fn outcome(&self) -> Outcome<'b> {
        let mut found = Outcome::default();
        let mut allowed = Allowed::default();
        let (Some(before), Some(after)) = (self.before.catalog(), self.after.catalog()) else {
            found.changes.push(Change::of(Changed::Catalog));
            return found;
        };
        self.trailer(&mut found);
        self.packing(&mut allowed);
        self.catalog(&before, &after, &mut found, &mut allowed);
        let stamps = self.form(&before, &after, &mut found, &mut allowed).unwrap_or_default();
        self.pages(&stamps, &mut found, &mut allowed);
        self.information(&mut found, &mut allowed);
        self.metadata(&before, &mut found, &mut allowed);
        self.store(&before, &after, &mut found, &mut allowed);
        self.others(&allowed, &mut found);
        let is_of_store = !found.store.numbers.is_empty();
        let listed: BTreeSet<u32> = self.update.section.entries.iter().map(|(number, _)| *number).collect();
        let is_listed = |number: &u32| listed.contains(number);
        if stamps.is_empty() && before.get("DSS") == after.get("DSS") && !found.store.numbers.iter().any(is_listed) {
            // It proves nothing.
            found.changes.push(Change::of(Changed::Bytes));
        }
        found.stamps = stamps.into_values().map(|field| Stamp { field, is_of_store }).collect();
        found
    }

    /// The document must be called by the same objects, and stay as readable as it was.
    fn trailer(&self, found: &mut Outcome<'b>) {
        let (before, after) = (&self.before.trailer, &self.after.trailer);
        let keys = before.differences(after, FORM_OF_TRAILER);
        found.changes.extend(keys.iter().map(|key| Change::entry(Changed::Trailer, key)));
        let first =
            |trailer: &Dictionary| trailer.get("ID").and_then(Value::as_array).and_then(|id| id.first().cloned());
        if first(before) != first(after) {
            found.changes.push(Change::entry(Changed::Trailer, b"ID"));
        }
        // A number beyond the size is one that readers pass over.
        let size = after.get("Size").and_then(Value::as_integer).unwrap_or_default();
        let most = self.after.numbers().max().unwrap_or_default();
        let size_before = before.get("Size").and_then(Value::as_integer).unwrap_or_default();
        let least = (i64::from(most) + 1).max(size_before);
        // A size far beyond has readers look for objects that are not there.
        if !(least..=least + SPARE).contains(&size) {
            found.changes.push(Change::entry(Changed::Trailer, b"Size"));
        }
    }

    /// The cross-reference stream, and object streams that have exactly the objects that are listed for them.
    fn packing(&self, allowed: &mut Allowed) {
        allowed.new.extend(self.update.own);
        let mut packed: BTreeMap<u32, Vec<(usize, u32)>> = BTreeMap::new();
        for (number, place) in &self.update.section.entries {
            if let Place::Packed { stream, index } = place {
                packed.entry(*stream).or_default().push((*index, *number));
            }
        }
        for (stream, mut listed) in packed {
            listed.sort_unstable();
            let listed: Vec<u32> = listed.into_iter().map(|(_, number)| number).collect();
            if self.after.packed_numbers(stream) == Some(listed) {
                allowed.new.insert(stream);
            }
        }
    }

    fn catalog(&self, before: &Dictionary, after: &Dictionary, found: &mut Outcome<'b>, allowed: &mut Allowed) {
        let keys = before.differences(after, &["DSS", "Extensions", "AcroForm"]);
        found.changes.extend(keys.iter().map(|key| Change::entry(Changed::Catalog, key)));
        if before.get("Extensions") != after.get("Extensions") && !are_extensions(before, after) {
            found.changes.push(Change::entry(Changed::Catalog, b"Extensions"));
        }
        allowed.again.extend(self.after.root());
    }

    /// The form: as it was, with fields of document time stamps behind the others.
    fn form(
        &self,
        before: &Dictionary,
        after: &Dictionary,
        found: &mut Outcome<'b>,
        allowed: &mut Allowed,
    ) -> Option<Appended<'b>> {
        let changed = |found: &mut Outcome<'b>, key: &[u8]| found.changes.push(Change::entry(Changed::Form, key));
        let (Some(old), Some(new)) =
            (self.before.dictionary(before, "AcroForm"), self.after.dictionary(after, "AcroForm"))
        else {
            changed(found, b"AcroForm");
            return None;
        };
        old.differences(&new, &["Fields", "SigFlags"]).iter().for_each(|key| changed(found, key));
        if !new.get("SigFlags").is_some_and(|flags| matches!(flags.as_integer(), Some(1 | 3))) {
            changed(found, b"SigFlags");
        }
        self.container(before.get("AcroForm"), after.get("AcroForm"), allowed);
        self.container(old.get("Fields"), new.get("Fields"), allowed);
        let appended = self.appended(&old, &new, "Fields");
        let Some(appended) = appended else {
            changed(found, b"Fields");
            return None;
        };
        let mut stamps = Appended::new();
        for number in appended {
            match self.stamp(number) {
                Some(field) => {
                    allowed.new.extend(&field.numbers);
                    stamps.insert(number, field);
                }
                None => found.changes.push(Change::object(Changed::Field, number)),
            }
        }
        Some(stamps)
    }

    /// A new field of a time stamp of all up to the end of this update.
    fn stamp(&self, number: u32) -> Option<StampField<'b>> {
        let field = StampField::read(self.file, self.after, number)?;
        let is_whole = [self.update.mark, self.update.end].contains(&field.covered.end);
        let on_a_page = field.page.is_none_or(|page| self.signed.page(page).is_some());
        let is_new = field.numbers.iter().all(|number| !self.before.is_defined(*number));
        (is_whole && on_a_page && is_new).then_some(field)
    }

    /// What stands behind the values that an array had.
    fn appended(&self, before: &Dictionary, after: &Dictionary, key: &str) -> Option<Vec<u32>> {
        let none = |view: &View<'_>, dictionary: &Dictionary| match view.entry(dictionary, key)? {
            Value::Array(values) => Some(values),
            Value::Null => Some(vec![]),
            _ => None,
        };
        let (before, after) = (none(self.before, before)?, none(self.after, after)?);
        after.strip_prefix(before.as_slice())?.iter().map(Value::as_reference).collect()
    }

    /// An object that holds what is compared: the same as before, or a new one.
    fn container(&self, before: Option<&Value>, after: Option<&Value>, allowed: &mut Allowed) {
        let number = |value: Option<&Value>| value.and_then(Value::as_reference);
        match (number(before), number(after)) {
            (Some(before), Some(after)) if before == after => {
                let is_shared = self.signed.is_referred_to(after) && !self.signed.is_referred_to_once(after);
                allowed.again.extend((!is_shared).then_some(after));
            }
            (_, after) => allowed.new.extend(after),
        }
    }

    /// Pages: as they were, with the widgets of the new time stamps behind the other annotations.
    fn pages(&self, stamps: &Appended<'b>, found: &mut Outcome<'b>, allowed: &mut Allowed) {
        for (number, page) in &self.signed.pages {
            let object = |view: &View<'_>| match view.object(*number)?.value {
                Value::Dictionary(page) => Some(page),
                _ => None,
            };
            let (Some(before), Some(after)) = (object(self.before), object(self.after)) else {
                found.changes.push(Change { page: Some(*page), ..Change::of(Changed::Page) });
                continue;
            };
            let keys = before.differences(&after, &["Annots"]);
            let changes = keys.iter().map(|key| Change { page: Some(*page), ..Change::entry(Changed::Page, key) });
            found.changes.extend(changes);
            let appended = self.appended(&before, &after, "Annots");
            let are_widgets = appended.is_some_and(|appended| {
                let on_page = |field: &StampField<'_>| field.page.is_none_or(|page| page == *number);
                appended.iter().all(|annotation| stamps.get(annotation).is_some_and(on_page))
            });
            if are_widgets {
                self.container(before.get("Annots"), after.get("Annots"), allowed);
            } else {
                found.changes.push(Change { page: Some(*page), ..Change::of(Changed::Annotations) });
            }
            allowed.again.insert(*number);
        }
    }

    /// The document information: as it was, but for when and by which program it was changed last.
    fn information(&self, found: &mut Outcome<'b>, allowed: &mut Allowed) {
        let Some(number) = self.after.trailer.get("Info").and_then(Value::as_reference) else { return };
        let read = |view: &View<'_>| view.object(number).and_then(|object| object.value.as_dictionary().cloned());
        let (Some(before), Some(after)) = (read(self.before), read(self.after)) else {
            found.changes.push(Change::of(Changed::Information));
            return;
        };
        let mut keys = before.differences(&after, &["ModDate", "Producer"]);
        let text = |dictionary: &Dictionary, key| dictionary.get(key).and_then(Value::as_text).cloned();
        let maker = text(&before, "Producer").map(|maker| crate::pdf::value::text_of(&maker)).unwrap_or_default();
        let is_kept = text(&after, "Producer")
            .is_some_and(|after| crate::pdf::value::text_of(&after).starts_with(maker.as_str()));
        if before.get("Producer") != after.get("Producer") && !is_kept {
            keys.push(b"Producer".to_vec());
        }
        if after.get("ModDate").is_some_and(|date| date.as_text().is_none()) {
            keys.push(b"ModDate".to_vec());
        }
        found.changes.extend(keys.iter().map(|key| Change::entry(Changed::Information, key)));
        if self.signed.is_referred_to_once(number) {
            allowed.again.insert(number);
        }
    }

    /// The metadata: they say the same, but for when and by which program they were changed last.
    fn metadata(&self, catalog: &Dictionary, found: &mut Outcome<'b>, allowed: &mut Allowed) {
        let Some(number) = catalog.get("Metadata").and_then(Value::as_reference) else { return };
        if self.update.section.entries.iter().all(|(listed, _)| *listed != number) {
            return;
        }
        let same = || -> Option<bool> {
            let (before, after) = (self.before.object(number)?, self.after.object(number)?);
            let form = &["Length", "Filter", "DecodeParms"];
            let differences = before.value.as_dictionary()?.differences(after.value.as_dictionary()?, form);
            let packets = (self.before.decoded(&before, METADATA)?, self.after.decoded(&after, METADATA)?);
            Some(differences.is_empty() && metadata::say_the_same(&packets.0, &packets.1))
        };
        if same() == Some(true) && self.signed.is_referred_to_once(number) {
            allowed.again.insert(number);
        } else {
            found.changes.push(Change::of(Changed::Metadata));
            // Told of once.
            allowed.again.insert(number);
        }
    }

    /// The security store, which may grow, and has what belongs there alone. What it has had stays in it, and stays what it is:
    /// it may say that a certificate was taken back.
    fn store(&self, before: &Dictionary, after: &Dictionary, found: &mut Outcome<'b>, allowed: &mut Allowed) {
        let old = SecurityStore::read(self.before, before).unwrap_or_default();
        let Some(store) = SecurityStore::read(self.after, after) else {
            found.changes.push(Change::of(Changed::SecurityStore));
            return;
        };
        let is_own = |number: &u32| !self.before.is_defined(*number) || old.numbers.contains(number);
        let is_lost = before.get("DSS").is_some() && after.get("DSS").is_none();
        if is_lost || !store.evidence.has_all_of(&old.evidence) || !store.numbers.iter().all(is_own) {
            found.changes.push(Change::of(Changed::SecurityStore));
        }
        let lists = old.numbers.difference(&old.streams);
        allowed.again.extend(lists.filter(|number| !self.signed.is_referred_to(**number)));
        allowed.new.extend(&store.numbers);
        found.store = store;
    }

    /// Whatever else is defined.
    fn others(&self, allowed: &Allowed, found: &mut Outcome<'b>) {
        for (number, place) in &self.update.section.entries {
            if *place == Place::Free {
                continue;
            }
            let what = if self.before.is_defined(*number) {
                (!allowed.again.contains(number)).then_some(Changed::Object)
            } else if self.signed.is_referred_to(*number) {
                Some(Changed::MissingObject)
            } else {
                (!allowed.new.contains(number)).then_some(Changed::NewObject)
            };
            found.changes.extend(what.map(|what| Change::object(what, *number)));
        }
    }
}

/// Whether the extensions (7.12) are those that were there and more, each a level of somebody's.
fn are_extensions(before: &Dictionary, after: &Dictionary) -> bool {
    let Some(after) = after.get("Extensions").and_then(Value::as_dictionary) else { return false };
    let are_kept = match before.get("Extensions") {
        None => true,
        Some(Value::Dictionary(before)) => before.0.iter().all(|(key, entry)| after.0.get(key) == Some(entry)),
        Some(_) => false,
    };
    let is_level = |value: &Value| {
        value.as_dictionary().is_some_and(|level| {
            level.has_only(&["Type", "BaseVersion", "ExtensionLevel", "ExtensionRevision", "URL"])
                && level.0.values().all(|entry| !matches!(entry.value, Value::Dictionary(_) | Value::Array(_)))
        })
    };
    are_kept && after.0.iter().all(|(key, entry)| key == b"Type" || is_level(&entry.value))
}
