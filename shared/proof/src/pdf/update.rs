//! An incremental update (ISO 32000-1, 7.5.6), read from its first byte to its last: objects one after the other, their
//! cross-reference section, the end. Every object is listed where it stands, and nothing stands between them.

use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem;

use super::cross_references::{self, Place, Section};
use super::parser::{Object, Parser};

/// The most objects of an update.
const OBJECTS: usize = 1 << 16;

/// A well-formed update.
pub(crate) struct Update {
    pub(crate) section: Section,
    /// The number of the cross-reference stream, when it is one.
    pub(crate) own: Option<u32>,
    /// Behind its `%%EOF`, with the end of the line when there is one.
    pub(crate) end: usize,
    /// Behind its `%%EOF` alone.
    pub(crate) mark: usize,
}

/// Reads the update at `start` of a file whose cross-reference section before it begins at `previous`. None when
/// anything is not as it should be.
pub(crate) fn read(bytes: &[u8], start: usize, previous: usize) -> Option<Update> {
    let mut parser = Parser::at(bytes, start);
    let mut found: BTreeMap<usize, Object> = BTreeMap::new();
    let (section, own) = loop {
        parser.skip_space();
        let at = parser.at;
        if parser.keyword(b"xref").is_some() {
            break (Section::table(&mut parser, at)?, None);
        }
        let object = parser.object(&|_| None)?;
        let is_section = object.value.as_dictionary().and_then(|d| d.get("Type")).is_some_and(|t| t.is_name("XRef"));
        if is_section && object.stream.is_some() {
            break (Section::stream(bytes, &object, at)?, Some((object.number, at)));
        }
        found.insert(at, object);
        (found.len() <= OBJECTS).then_some(())?;
    };
    let named = cross_references::ending(&mut parser)?;
    let mark = parser.at;
    // The mark itself begins with the sign of a comment; there is no other.
    if parser.has_comments || parser.has_odd_space || named != section.start || section.previous()? != Some(previous) {
        return None;
    }
    let _ = parser.end_of_line();
    lists_all(&section, &found, own)?;
    hides_nothing(bytes.get(start..parser.at)?, found.len(), own.is_some())?;
    Some(Update { section, own: own.map(|(number, _)| number), end: parser.at, mark })
}

/// Whether the section lists what was found, where it was found, and nothing else.
fn lists_all(section: &Section, found: &BTreeMap<usize, Object>, own: Option<(u32, usize)>) -> Option<()> {
    let mut listed = 0;
    let numbers: BTreeSet<u32> = found.values().map(|object| object.number).collect();
    (section.entries.len() <= OBJECTS).then_some(())?;
    for (number, place) in &section.entries {
        match place {
            Place::Free => (*number == 0).then_some(())?,
            Place::Offset(offset) if Some((*number, *offset)) == own => {}
            Place::Offset(offset) => {
                found.get(offset).filter(|object| object.number == *number)?;
                listed += 1;
            }
            Place::Packed { stream, .. } => {
                numbers.contains(stream).then_some(())?;
            }
        }
    }
    (listed == found.len()).then_some(())
}

/// That no word of a file's structure stands where none is read, such as in a stream or a string: readers that repair a file look
/// for these words, and would find another file.
fn hides_nothing(update: &[u8], objects: usize, is_stream: bool) -> Option<()> {
    let count = |word: &str| memmem::find_iter(update, word).count();
    let is_space = |at: Option<usize>| at.and_then(|at| update.get(at)).is_none_or(u8::is_ascii_whitespace);
    let alone = |word: &str| {
        let found = memmem::find_iter(update, word);
        found.filter(|at| is_space(at.checked_sub(1)) && is_space(Some(at + word.len()))).count()
    };
    let begun = memmem::find_iter(update, "obj").filter(|at| {
        let before = update.get(..*at).unwrap_or_default();
        let (generation, spaces) = (before.trim_ascii_end(), before.len() - before.trim_ascii_end().len());
        let number = generation.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let rest = generation.get(..generation.len() - number).unwrap_or_default();
        let is_numbered = rest.last().is_some_and(u8::is_ascii_whitespace)
            && rest.trim_ascii_end().last().is_some_and(u8::is_ascii_digit);
        spaces > 0 && number > 0 && is_numbered
    });
    let (tables, streams) = (usize::from(!is_stream), usize::from(is_stream));
    let is_as_read = begun.count() == objects + streams
        && count("endobj") == objects + streams
        && count("startxref") == 1
        && count("%%EOF") == 1
        && count("trailer") == tables
        && alone("xref") == tables
        && count("/XRef") == streams;
    is_as_read.then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_structure_stand_where_they_are_read() {
        let table = "9 0 obj\n<<>>\nendobj\nxref\n9 1\n0000000000 00000 n \ntrailer\n<<>>\nstartxref\n0\n%%EOF\n";
        assert_eq!(hides_nothing(table.as_bytes(), 1, false), Some(()));
        for hidden in ["8 0 obj", "8\t00\nobj", "endobj", " xref ", "trailer", "startxref", "%%EOF", "/XRef"] {
            let other = table.replace("<<>>\nendobj", &format!("<</A({hidden})>>\nendobj"));
            assert_eq!(hides_nothing(other.as_bytes(), 1, false), None, "{hidden}");
        }
        for innocent in ["object", "obj", "axrefb", "0obj", "EOF"] {
            let other = table.replace("<<>>\nendobj", &format!("<</A({innocent})>>\nendobj"));
            assert_eq!(hides_nothing(other.as_bytes(), 1, false), Some(()), "{innocent}");
        }
    }
}
