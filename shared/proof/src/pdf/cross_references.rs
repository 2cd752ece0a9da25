//! Cross-reference sections (ISO 32000-1, 7.5.4 and 7.5.8): tables and streams, never both in one.

use std::collections::HashSet;

use super::parser::{Object, Parser};
use super::stream;
use super::value::{Dictionary, Value};

/// The most bytes of a cross-reference stream.
const LONGEST: usize = 16 << 20;
/// The most entries of a section.
const ENTRIES: usize = 1 << 20;
/// The largest number of an object that all readers know (ISO 32000-1, annex C).
const LARGEST: u32 = 8_388_607;

/// Where an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nowhere: its number is free.
    Free,
    /// At this offset.
    Offset(usize),
    /// In the stream of this object, at this place among those in it.
    Packed { stream: u32, index: usize },
}

/// A cross-reference section with its trailer.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    /// Each number once.
    pub(crate) entries: Vec<(u32, Place)>,
    pub(crate) trailer: Dictionary,
    /// Where it begins.
    pub(crate) start: usize,
}

impl Section {
    /// The section at a place, and where it ends.
    pub(crate) fn read(bytes: &[u8], start: usize) -> Option<(Self, usize)> {
        let mut parser = Parser::at(bytes, start);
        if parser.keyword(b"xref").is_some() {
            let section = Self::table(&mut parser, start)?;
            return Some((section, parser.at));
        }
        let object = parser.object(&|_| None)?;
        Some((Self::stream(bytes, &object, start)?, parser.at))
    }

    /// A table, behind its `xref`.
    pub(crate) fn table(parser: &mut Parser<'_>, start: usize) -> Option<Self> {
        let mut entries = vec![];
        while parser.keyword(b"trailer").is_none() {
            let (first, count) = (u32::try_from(parser.unsigned()?).ok()?, u32::try_from(parser.unsigned()?).ok()?);
            while parser.take(b" ").is_some() {}
            parser.end_of_line()?;
            for number in first..first.checked_add(count)? {
                entries.push((number, row(parser.bytes(20)?)?));
                (entries.len() <= ENTRIES).then_some(())?;
            }
        }
        let Value::Dictionary(trailer) = parser.value()? else { return None };
        // Two tables for one file are two files.
        if trailer.get("XRefStm").is_some() {
            return None;
        }
        Self { entries, trailer, start }.with_each_number_once()
    }

    /// The stream of an object.
    pub(crate) fn stream(bytes: &[u8], object: &Object, start: usize) -> Option<Self> {
        let trailer =
            object.value.as_dictionary().filter(|d| d.get("Type").is_some_and(|kind| kind.is_name("XRef")))?;
        let data = stream::decode(trailer, bytes.get(object.stream.clone()?)?, LONGEST)?;
        let widths: Vec<usize> = trailer.get("W")?.as_array()?.iter().map(Value::as_size).collect::<Option<_>>()?;
        let &[kind, second, third] = widths.as_slice() else { return None };
        let width = [kind, second, third].iter().all(|width| *width <= 8).then_some(kind + second + third)?;
        let whole = [Value::Integer(0), trailer.get("Size")?.clone()];
        let index = trailer.get("Index").map_or(Some(whole.as_slice()), |index| Some(index.as_array()?.as_slice()))?;
        let mut rows = data.chunks_exact(Some(width).filter(|width| *width > 0)?);
        let mut entries = vec![];
        for run in index.chunks(2) {
            let [first, count] = run else { return None };
            let first = u32::try_from(first.as_integer()?).ok()?;
            let count = u32::try_from(count.as_integer()?).ok()?;
            for number in first..first.checked_add(count)? {
                let (kind, rest) = rows.next()?.split_at_checked(kind)?;
                let (second, third) = rest.split_at_checked(second)?;
                entries.push((number, place(kind, second, third)?));
                (entries.len() <= ENTRIES).then_some(())?;
            }
        }
        let is_used_up = rows.next().is_none() && rows.remainder().is_empty();
        let section = Self { entries, trailer: trailer.clone(), start };
        is_used_up.then_some(section)?.with_each_number_once()
    }

    fn with_each_number_once(self) -> Option<Self> {
        let mut seen = HashSet::new();
        self.entries.iter().all(|(number, _)| *number <= LARGEST && seen.insert(*number)).then_some(self)
    }

    /// Where the section before it begins.
    pub(crate) fn previous(&self) -> Option<Option<usize>> {
        self.trailer.get("Prev").map_or(Some(None), |value| value.as_size().map(Some))
    }
}

/// A row of a table, which is 20 bytes long (7.5.4): readers that count bytes and readers that look for words see the same.
fn row(bytes: &[u8]) -> Option<Place> {
    let (offset, rest) = bytes.split_at_checked(10)?;
    let (generation, rest) = rest.strip_prefix(b" ")?.split_at_checked(5)?;
    let number = |digits: &[u8]| -> Option<usize> {
        digits.iter().all(u8::is_ascii_digit).then(|| std::str::from_utf8(digits).ok()?.parse().ok())?
    };
    let (offset, generation) = (number(offset)?, number(generation)?);
    match rest {
        b" n \r" | b" n \n" | b" n\r\n" if generation == 0 => Some(Place::Offset(offset)),
        b" f \r" | b" f \n" | b" f\r\n" => Some(Place::Free),
        _ => None,
    }
}

fn place(kind: &[u8], second: &[u8], third: &[u8]) -> Option<Place> {
    let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    match (if kind.is_empty() { 1 } else { number(kind) }, number(third)) {
        (0, _) => Some(Place::Free),
        (1, 0) => Some(Place::Offset(usize::try_from(number(second)).ok()?)),
        (2, index) => {
            Some(Place::Packed { stream: u32::try_from(number(second)).ok()?, index: usize::try_from(index).ok()? })
        }
        _ => None,
    }
}

/// The place that `startxref` names, and where the line `%%EOF` behind it ends, its end of line not counted.
pub(crate) fn ending(parser: &mut Parser<'_>) -> Option<usize> {
    parser.keyword(b"startxref")?;
    parser.end_of_line()?;
    let place = usize::try_from(parser.digits()?).ok()?;
    parser.end_of_line()?;
    parser.take(b"%%EOF")?;
    Some(place)
}
