//! The newest revision of a file that this program wrote: what the next incremental update repeats, changes and adds to.
//!
//! It is told by whoever wrote the unsigned file, or read from the updates that stand in the file. Those are read as they are
//! written here, and no other way: of a file that somebody else has added to nothing is read.

use std::collections::BTreeMap;

use crate::anchor::Anchor;
use crate::update::{ACRO_FORM, ANNOTATIONS, CROSS_REFERENCES, DSS, SECURITY_STORE};

/// What a revision has.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Revision {
    /// The number of the page with the signatures.
    pub(crate) page: u32,
    /// The entries of its dictionary but `Annots`.
    pub(crate) page_entries: Vec<u8>,
    /// The numbers of its annotations.
    pub(crate) annotations: Vec<u32>,
    /// The number of the catalog.
    pub(crate) catalog: u32,
    /// The entries of its dictionary but the form and the security store.
    pub(crate) catalog_entries: Vec<u8>,
    /// The numbers of the signature fields, the certifying one first.
    pub(crate) fields: Vec<u32>,
    /// The document security store.
    pub(crate) store: Option<Store>,
    /// The number of the information dictionary.
    pub(crate) information: u32,
    /// The file's identifier.
    pub(crate) id: Vec<u8>,
    /// The first number that no object has.
    pub(crate) next: u32,
    /// Where its cross-reference section stands.
    pub(crate) cross_references: usize,
}

/// The numbers of a document security store (ISO 32000-2, 12.8.4.3) and of what it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Store {
    pub(crate) number: u32,
    pub(crate) certificates: Vec<u32>,
    pub(crate) responses: Vec<u32>,
    pub(crate) lists: Vec<u32>,
}

impl Revision {
    /// The unsigned file.
    pub(crate) fn unsigned(anchor: &Anchor) -> Self {
        Self {
            page: anchor.page,
            page_entries: anchor.page_entries.clone(),
            annotations: anchor.annotations.clone(),
            catalog: anchor.catalog,
            catalog_entries: anchor.catalog_entries.clone(),
            fields: vec![],
            store: None,
            information: anchor.information,
            id: anchor.id.clone(),
            next: anchor.next,
            cross_references: anchor.cross_references,
        }
    }
}

/// A file whose newest updates this program wrote.
#[derive(Debug)]
pub(crate) struct Signed<'f> {
    pub(crate) bytes: &'f [u8],
    /// Where each object of the updates stands, in its newest form.
    offsets: BTreeMap<u32, usize>,
    /// The newest revision.
    pub(crate) revision: Revision,
}

/// A cross-reference stream of an update.
struct Section<'f> {
    dictionary: &'f str,
    offsets: Vec<(u32, usize)>,
}

impl<'f> Signed<'f> {
    /// Reads the updates of a file. `None` when the newest is none of this program's.
    pub(crate) fn read(bytes: &'f [u8]) -> Option<Self> {
        let tail = bytes.get(bytes.len().saturating_sub(64)..)?;
        let tail = tail.strip_suffix(b"\n%%EOF\n")?;
        let digits = tail.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let newest = number(tail.get(tail.len() - digits..)?)?;
        let (mut offsets, mut at) = (BTreeMap::new(), newest);
        while let Some(section) = Section::read(bytes, at) {
            for (number, offset) in section.offsets {
                offsets.entry(number).or_insert(offset);
            }
            // Each stands before the one that it updates leads on from: no circle.
            at =
                entry(section.dictionary, "/Prev ").and_then(|text| text.parse().ok()).filter(|before| *before < at)?;
        }
        let dictionary = Section::read(bytes, newest)?.dictionary;
        let catalog = entry(dictionary, "/Root ")?.parse().ok()?;
        let read = Self { bytes, offsets, revision: Revision::empty(catalog) };
        Some(Self { revision: read.newest(dictionary, newest)?, ..read })
    }

    fn newest(&self, dictionary: &str, at: usize) -> Option<Revision> {
        let catalog = self.revision.catalog;
        let (catalog_entries, rest) = split(self.object(catalog)?.strip_prefix(b"<<")?, ACRO_FORM)?;
        let rest = std::str::from_utf8(rest).ok()?;
        let fields = references(rest.split_once(']')?.0)?;
        let store = match rest.split_once(SECURITY_STORE) {
            Some((_, number)) => Some(self.store(number.split(' ').next()?.parse().ok()?)?),
            None => None,
        };
        let field = String::from_utf8_lossy(self.object(*fields.first()?)?);
        let page = entry(&field, "/P ")?.parse().ok()?;
        let (page_entries, annotations) = split(self.object(page)?.strip_prefix(b"<<")?, ANNOTATIONS)?;
        let id = dictionary.split_once("/ID[<")?.1.split_once('>')?.0;
        let id: Option<Vec<u8>> = (0..id.len())
            .step_by(2)
            .map(|at| id.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
            .collect();
        Some(Revision {
            page,
            page_entries: page_entries.to_vec(),
            annotations: references(std::str::from_utf8(annotations).ok()?.split_once(']')?.0)?,
            catalog,
            catalog_entries: catalog_entries.to_vec(),
            fields,
            store,
            information: entry(dictionary, "/Info ")?.parse().ok()?,
            id: id?,
            next: entry(dictionary, "/Size ")?.parse().ok()?,
            cross_references: at,
        })
    }

    fn store(&self, number: u32) -> Option<Store> {
        let text = std::str::from_utf8(self.object(number)?.strip_prefix(DSS.as_bytes())?).ok()?;
        let list = |name: &str| references(text.split_once(name)?.1.split_once(']')?.0);
        let (certificates, responses, lists) = (list("/Certs[")?, list("/OCSPs[")?, list("/CRLs[")?);
        Some(Store { number, certificates, responses, lists })
    }

    /// What stands between `obj` and `endobj`, without the ends of the lines. Streams are told by their length.
    fn object(&self, number: u32) -> Option<&'f [u8]> {
        let rest = self.bytes.get(*self.offsets.get(&number)?..)?;
        let rest = rest.strip_prefix(format!("{number} 0 obj\n").as_bytes())?;
        let end = rest.windows(8).position(|window| window == b"\nendobj\n")?;
        rest.get(..end)
    }

    /// What the security store has.
    pub(crate) fn stored(&self) -> Vec<&'f [u8]> {
        let store = self.revision.store.iter();
        let numbers = store.flat_map(|store| store.certificates.iter().chain(&store.responses).chain(&store.lists));
        numbers.filter_map(|number| self.stream(*number)).collect()
    }

    /// The bytes of a stream of the security store.
    fn stream(&self, number: u32) -> Option<&'f [u8]> {
        let rest = self.bytes.get(*self.offsets.get(&number)?..)?;
        let rest = rest.strip_prefix(format!("{number} 0 obj\n<</Length ").as_bytes())?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (length, rest) = rest.split_at_checked(digits)?;
        rest.strip_prefix(b">>\nstream\n")?.get(..crate::revision::number(length)?)
    }

    /// The CMS structures of the signature and of the time stamps behind it, with what the gap has left.
    pub(crate) fn structures(&self) -> Option<Vec<Vec<u8>>> {
        self.revision.fields.iter().map(|field| self.structure(*field)).collect()
    }

    fn structure(&self, field: u32) -> Option<Vec<u8>> {
        let field = String::from_utf8_lossy(self.object(field)?);
        let value = self.object(entry(&field, "/V ")?.parse().ok()?)?;
        let digits = value.strip_suffix(b">>>")?.rsplit(|byte| *byte == b'<').next()?;
        let digit = |byte: u8| char::from(byte).to_digit(16);
        digits
            .chunks_exact(2)
            .map(|pair| {
                let [high, low] = pair.try_into().ok()?;
                u8::try_from(digit(high)? * 16 + digit(low)?).ok()
            })
            .collect()
    }
}

impl Revision {
    const fn empty(catalog: u32) -> Self {
        Self {
            page: 0,
            page_entries: vec![],
            annotations: vec![],
            catalog,
            catalog_entries: vec![],
            fields: vec![],
            store: None,
            information: 0,
            id: vec![],
            next: 0,
            cross_references: 0,
        }
    }
}

impl<'f> Section<'f> {
    fn read(bytes: &'f [u8], at: usize) -> Option<Self> {
        let rest = bytes.get(at..)?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let rest = rest.get(digits..)?.strip_prefix(b" 0 obj\n")?;
        rest.starts_with(CROSS_REFERENCES.as_bytes()).then_some(())?;
        let (dictionary, data) = split(rest, "\nstream\n")?;
        let dictionary = std::str::from_utf8(dictionary).ok()?;
        let runs: Vec<usize> = dictionary
            .split_once("/Index[")?
            .1
            .split_once(']')?
            .0
            .split(' ')
            .map(|number| number.parse().ok())
            .collect::<Option<_>>()?;
        let numbers = runs.chunks_exact(2).flat_map(|run| match run {
            [first, count] => *first..first.saturating_add(*count),
            _ => 0..0,
        });
        let offsets = numbers
            .zip(data.chunks_exact(6))
            .map(|(number, entry)| {
                let [_, offset @ .., _] = <[u8; 6]>::try_from(entry).ok()?;
                Some((u32::try_from(number).ok()?, usize::try_from(u32::from_be_bytes(offset)).ok()?))
            })
            .collect::<Option<_>>()?;
        Some(Self { dictionary, offsets })
    }
}

/// What stands before and behind the first of these texts.
fn split<'f>(bytes: &'f [u8], by: &str) -> Option<(&'f [u8], &'f [u8])> {
    let at = bytes.windows(by.len()).position(|window| window == by.as_bytes())?;
    Some((bytes.get(..at)?, bytes.get(at + by.len()..)?))
}

/// The number behind a key.
fn entry<'t>(dictionary: &'t str, key: &str) -> Option<&'t str> {
    let rest = dictionary.split_once(key)?.1;
    rest.get(..rest.bytes().take_while(u8::is_ascii_digit).count())
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The numbers of references such as `5 0 R 6 0 R`.
fn references(text: &str) -> Option<Vec<u32>> {
    text.split(" 0 R").map(str::trim).filter(|number| !number.is_empty()).map(|number| number.parse().ok()).collect()
}
