//! Rows of one file about the same record that say different things: which of them counts cannot be told.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;
use std::hash::{BuildHasherDefault, DefaultHasher, Hasher};

use xinzheng_domain::Entry;

use crate::header::Header;
use crate::row::{Cells, Row};

/// How many records are kept in mind: those of a part of a file, at most some 40 MB.
const MOST: usize = 1 << 20;

/// The rows of a file by their record.
pub(crate) struct Doubles {
    rows: HashMap<u64, Seen, BuildHasherDefault<Digested>>,
}

/// Where a record stands first.
#[derive(Clone, Copy)]
struct Seen {
    content: u32,
    sheet: u16,
    row: u32,
}

impl Doubles {
    pub(crate) fn new() -> Self {
        Self { rows: HashMap::with_capacity_and_hasher(1024, BuildHasherDefault::default()) }
    }

    /// Keeps a row in mind; returns the place of an earlier one about the same record, subject or manifest that says something
    /// else: its worksheet, from 0, and its row.
    pub(crate) fn see(&mut self, entry: &Entry<'_>, row: &Row<'_>, header: &Header, sheet: u64) -> Option<(u64, u64)> {
        let room = self.rows.len() < MOST;
        let content = match entry {
            Entry::Record(_) => content(row, header),
            Entry::Subject(_) | Entry::Mark(_) | Entry::Manifest(_) => digest(entry),
        };
        match self.rows.entry(about(entry)) {
            Place::Occupied(seen) => {
                let seen = seen.get();
                (seen.content != content).then(|| (u64::from(seen.sheet), u64::from(seen.row)))
            }
            Place::Vacant(place) => {
                if room {
                    let sheet = u16::try_from(sheet).unwrap_or(u16::MAX);
                    place.insert(Seen { content, sheet, row: u32::try_from(row.number).unwrap_or(u32::MAX) });
                }
                None
            }
        }
    }
}

/// A digest of what an entry says, however its row writes it. Records, of which there are many, go by their rows.
fn digest(entry: &Entry<'_>) -> u32 {
    crc32fast::hash(&serde_json::to_vec(entry).unwrap_or_default())
}

/// What an entry is about, in 64 bits. A file has entries of one table.
fn about(entry: &Entry<'_>) -> u64 {
    let hashed = |text: &str| {
        let mut hasher = DefaultHasher::new();
        hasher.write(text.as_bytes());
        hasher.finish()
    };
    match entry {
        // One may be listed again under the same number: index sees whether there was a removal in between.
        Entry::Record(record) if record.is_listing() => record.id.listed_again(record.decided).folded(),
        Entry::Record(record) => record.id.folded(),
        Entry::Mark(marked) => marked.id.folded(),
        Entry::Subject(profile) => hashed(profile.uscc.as_str()),
        Entry::Manifest(manifest) => hashed(&manifest.id().to_string()),
    }
}

/// A digest of what a row says: the whole row of a text, else the cells under known headers.
fn content(row: &Row<'_>, header: &Header) -> u32 {
    let mut digest = crc32fast::Hasher::new();
    match row.cells {
        Cells::Text { text, ranges } if !header.marked => {
            digest.update(text.as_bytes());
            // The same text may be cut in other places.
            digest.update(&u32::try_from(ranges.len()).unwrap_or(u32::MAX).to_le_bytes());
        }
        _ => {
            for place in header.places.iter().flatten() {
                digest.update(row.cell(place.index).display().as_bytes());
                digest.update(&[0]);
            }
        }
    }
    digest.finalize()
}

/// The keys are digests: they need no other.
#[derive(Default)]
struct Digested(u64);

impl Hasher for Digested {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Not called for numbers.
        self.0 = bytes.iter().fold(self.0, |sum, &byte| sum.rotate_left(8) ^ u64::from(byte));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}
