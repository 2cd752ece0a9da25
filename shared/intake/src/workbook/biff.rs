//! The records of an .xls workbook, and the texts in them (MS-XLS 2.1.4, 2.5.240, 2.5.293).

use encoding_rs::Encoding;

use crate::refusal::FileRefusal;
use crate::workbook::package::damaged;
use crate::workbook::strings::Strings;

const CONTINUE: u16 = 0x003c;

#[derive(Clone, Copy)]
pub(crate) struct Record<'s> {
    pub(crate) kind: u16,
    pub(crate) data: &'s [u8],
}

impl Record<'_> {
    pub(crate) fn u8(&self, at: usize) -> Option<u8> {
        self.data.get(at).copied()
    }

    pub(crate) fn u16(&self, at: usize) -> Option<u16> {
        Some(u16::from_le_bytes(*self.data.get(at..)?.first_chunk()?))
    }

    pub(crate) fn u32(&self, at: usize) -> Option<u32> {
        Some(u32::from_le_bytes(*self.data.get(at..)?.first_chunk()?))
    }

    pub(crate) fn f64(&self, at: usize) -> Option<f64> {
        Some(f64::from_le_bytes(*self.data.get(at..)?.first_chunk()?))
    }
}

/// The records of a stream, from a place on.
pub(crate) struct Records<'s> {
    stream: &'s [u8],
    at: usize,
}

impl<'s> Records<'s> {
    pub(crate) const fn new(stream: &'s [u8], at: usize) -> Self {
        Self { stream, at }
    }

    /// The next record; `None` at the end, and where the stream is cut off.
    pub(crate) fn next(&mut self) -> Option<Record<'s>> {
        let &[a, b, c, d] = self.stream.get(self.at..)?.first_chunk()?;
        let length = usize::from(u16::from_le_bytes([c, d]));
        let data = self.stream.get(self.at + 4..self.at + 4 + length)?;
        self.at += 4 + length;
        Some(Record { kind: u16::from_le_bytes([a, b]), data })
    }

    /// The texts that a record and those that continue it hold.
    pub(crate) fn shared_texts(&mut self, first: &Record<'s>) -> Result<Strings, FileRefusal> {
        let stream = self.stream.len();
        let mut pieces = vec![first.data];
        loop {
            let at = self.at;
            match self.next() {
                Some(next) if next.kind == CONTINUE => pieces.push(next.data),
                _ => {
                    self.at = at;
                    break;
                }
            }
        }
        let mut pieces = Pieces { pieces, piece: 0, at: 0 };
        let cut = || damaged("共享文字不完整");
        let (_all, count) = (pieces.u32().ok_or_else(cut)?, pieces.u32().ok_or_else(cut)?);
        let (mut strings, mut text) = (Strings::of_file(stream), String::new());
        for _ in 0..count {
            text.clear();
            // A count that is too high is no damage: what stands there is read.
            if pieces.text(&mut text).is_none() {
                break;
            }
            strings.push(&text)?;
        }
        Ok(strings)
    }
}

/// The bytes of a record and of those that continue it.
struct Pieces<'s> {
    pieces: Vec<&'s [u8]>,
    piece: usize,
    at: usize,
}

impl Pieces<'_> {
    fn u8(&mut self) -> Option<u8> {
        loop {
            let piece = self.pieces.get(self.piece)?;
            if let Some(&byte) = piece.get(self.at) {
                self.at += 1;
                return Some(byte);
            }
            (self.piece, self.at) = (self.piece + 1, 0);
        }
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.u8()?, self.u8()?]))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes([self.u8()?, self.u8()?, self.u8()?, self.u8()?]))
    }

    fn skip(&mut self, bytes: usize) -> Option<()> {
        for _ in 0..bytes {
            self.u8()?;
        }
        Some(())
    }

    /// A text with its formats behind it, which are passed over. Characters that go on in the next piece have their width
    /// stated there again.
    fn text(&mut self, to: &mut String) -> Option<()> {
        let (mut left, flags) = (self.u16()?, self.u8()?);
        let runs = if flags & 8 != 0 { self.u16()? } else { 0 };
        let extra = if flags & 4 != 0 { self.u32()? } else { 0 };
        let mut wide = flags & 1 != 0;
        let mut units = Vec::with_capacity(usize::from(left).min(4096));
        while left > 0 {
            if self.pieces.get(self.piece).is_some_and(|piece| self.at >= piece.len()) {
                (self.piece, self.at) = (self.piece + 1, 0);
                wide = self.u8()? & 1 != 0;
                continue;
            }
            units.push(if wide { self.u16()? } else { u16::from(self.u8()?) });
            left -= 1;
        }
        to.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
        self.skip(usize::from(runs) * 4)?;
        self.skip(extra as usize)
    }
}

/// How a workbook writes its texts.
pub(crate) struct Text {
    /// UTF-16 or its low bytes; else bytes of `encoding`.
    pub(crate) unicode: bool,
    pub(crate) encoding: &'static Encoding,
}

impl Text {
    /// A text at a place in a record, its length in one byte when `short`, else in two.
    pub(crate) fn read(&self, record: &Record<'_>, at: usize, short: bool) -> Option<String> {
        let (length, at) =
            if short { (usize::from(record.u8(at)?), at + 1) } else { (usize::from(record.u16(at)?), at + 2) };
        if !self.unicode {
            return Some(self.encoding.decode_without_bom_handling(record.data.get(at..at + length)?).0.into_owned());
        }
        let flags = record.u8(at)?;
        let at = at + 1 + if flags & 8 != 0 { 2 } else { 0 } + if flags & 4 != 0 { 4 } else { 0 };
        let unit = |index: usize| {
            if flags & 1 != 0 { record.u16(at + 2 * index) } else { record.u8(at + index).map(u16::from) }
        };
        let units: Option<Vec<u16>> = (0..length).map(unit).collect();
        let text = char::decode_utf16(units?).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER));
        Some(text.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_go_on_in_the_next_record() {
        let mut stream = vec![];
        let mut record = |kind: u16, data: &[u8]| {
            stream.extend_from_slice(&kind.to_le_bytes());
            stream.extend_from_slice(&u16::try_from(data.len()).unwrap().to_le_bytes());
            stream.extend_from_slice(data);
        };
        // Two texts: "ab长" whose last character is in the continuation, and "c".
        record(0xfc, &[2, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, b'a', b'b']);
        record(CONTINUE, &[1, 0x7f, 0x95, 1, 0, 0, b'c']);
        record(0x0a, &[]);
        let mut records = Records::new(&stream, 0);
        let first = records.next().unwrap();
        let strings = records.shared_texts(&first).unwrap();
        assert_eq!([strings.get(0), strings.get(1), strings.get(2)], [Some("ab长"), Some("c"), None]);
        assert_eq!(records.next().unwrap().kind, 0x0a);
    }

    #[test]
    fn what_is_cut_off_ends() {
        let mut records = Records::new(&[0xfc, 0, 9, 0, 1], 0);
        assert!(records.next().is_none());
    }
}
