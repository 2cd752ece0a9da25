//! The rows of delimited text.

use std::io::{self, Read};

use memchr::memchr_iter;
use serde::{Deserialize, Serialize};

use crate::character::may_hide;
use crate::encoding::{self, TextEncoding};
use crate::frame::{Frame, Framer, Framing, closing_quote, opening_quote};
use crate::row::{Cells, Row, RowFault};

pub(crate) struct DelimitedRows<R> {
    framer: Framer<R>,
    shape: Shape,
    encoding: TextEncoding,
    delimiter: u8,
    number: u64,
    decoded: String,
    unquoted: String,
    ranges: Vec<(u32, u32)>,
}

impl<R: Read> DelimitedRows<R> {
    /// Reads `head` and then `rest`, from the row of number `first` on; `offset` is where in the file `head` begins.
    pub(crate) fn new(head: Vec<u8>, rest: R, shape: Shape, longest: usize, offset: u64, first: u64) -> Self {
        let Shape { encoding, delimiter, line_end } = shape;
        Self {
            framer: Framer::new(head, rest, Framing::Delimited(delimiter), line_end, longest, offset),
            shape,
            encoding,
            delimiter,
            number: first - 1,
            decoded: String::new(),
            unquoted: String::new(),
            ranges: vec![],
        }
    }

    pub(crate) const fn shape(&self) -> Shape {
        self.shape
    }

    /// Where in the file the next row begins, and its number.
    pub(crate) fn position(&self) -> (u64, u64) {
        (self.framer.position(), self.number + 1)
    }

    /// The next row; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Row<'_>>> {
        Ok(match self.next_if(|_| true)? {
            Next::Row(row) => Some(row),
            Next::Passed | Next::End => None,
        })
    }

    /// The next row, its cells looked at only when its bytes are `wanted`.
    pub(crate) fn next_if(&mut self, wanted: fn(&[u8]) -> bool) -> io::Result<Next<'_>> {
        let Some(frame) = self.framer.next()? else { return Ok(Next::End) };
        self.number += 1;
        let (raw, mut fault) = match frame {
            Frame::Plain(raw) | Frame::Quoted(raw) => (raw, None),
            Frame::Unclosed(raw) => (raw, Some(RowFault::QuoteUnclosed)),
            Frame::TooLong(raw) => (raw, Some(RowFault::TooLong)),
        };
        if !wanted(raw) {
            return Ok(Next::Passed);
        }
        self.ranges.clear();
        let text = encoding::text(self.encoding, raw, &mut self.decoded);
        let text = if matches!(frame, Frame::Quoted(_)) {
            self.unquoted.clear();
            unquote(text, self.delimiter, &mut self.unquoted, &mut self.ranges);
            self.unquoted.as_str()
        } else if fault == Some(RowFault::TooLong) {
            self.ranges.push((0, to_u32(text.len())));
            text
        } else {
            let mut start = 0;
            for end in memchr_iter(self.delimiter, text.as_bytes()) {
                self.ranges.push((to_u32(start), to_u32(end)));
                start = end + 1;
            }
            self.ranges.push((to_u32(start), to_u32(text.len())));
            text
        };
        let plain = !may_hide(text.as_bytes());
        if !plain && matches!(frame, Frame::Plain(_)) && memchr::memchr(b'\r', text.as_bytes()).is_some() {
            fault = Some(RowFault::LoneReturn);
        }
        let cells = Cells::Text { text, ranges: &self.ranges };
        Ok(Next::Row(Row { number: self.number, plain, hidden: false, fault, cells }))
    }
}

pub(crate) enum Next<'r> {
    Row(Row<'r>),
    /// A row that was not wanted.
    Passed,
    End,
}

/// How a delimited text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shape {
    pub(crate) encoding: TextEncoding,
    pub(crate) delimiter: u8,
    /// The byte that ends a line.
    pub(crate) line_end: u8,
}

/// Rows are no longer than a limit far below this.
fn to_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Writes the fields of a row with quotes one behind the other. A quote inside a field that does not begin with one is
/// text, and so are those of a field that is closed before other text: “三无”产品 in quotes that somebody typed.
fn unquote(row: &str, delimiter: u8, to: &mut String, ranges: &mut Vec<(u32, u32)>) {
    let delimiter = char::from(delimiter);
    let mut rest = row;
    loop {
        let start = to.len();
        let quoted = opening_quote(rest.as_bytes()).and_then(|spaces| {
            let inner = rest.get(spaces..)?;
            let length = closing_quote(inner.as_bytes())?;
            let (field, behind) = inner.split_at_checked(length)?;
            let (tail, next) = match behind.split_once(delimiter) {
                Some((tail, next)) => (tail, Some(next)),
                None => (behind, None),
            };
            tail.trim_end_matches(['\r', ' ']).is_empty().then_some((field, next))
        });
        let next = if let Some((field, next)) = quoted {
            let inner = field.get(1..field.len() - 1).unwrap_or_default();
            for (place, part) in inner.split("\"\"").enumerate() {
                if place > 0 {
                    to.push('"');
                }
                to.push_str(part);
            }
            next
        } else {
            let (field, next) = match rest.split_once(delimiter) {
                Some((field, next)) => (field, Some(next)),
                None => (rest, None),
            };
            to.push_str(field);
            next
        };
        ranges.push((to_u32(start), to_u32(to.len())));
        match next {
            Some(next) => rest = next,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
        let bytes = text.as_bytes().to_vec();
        let shape = Shape { encoding: TextEncoding::Utf8, delimiter: b',', line_end: b'\n' };
        let mut rows = DelimitedRows::new(bytes, io::empty(), shape, 1 << 20, 0, 1);
        let mut seen = vec![];
        while let Some(row) = rows.next().unwrap() {
            seen.push((row.number, row.cells().map(|cell| cell.display().into_owned()).collect()));
        }
        seen
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_counts() {
        let lengths = |text: &str| rows(text).into_iter().map(|(n, cells)| (n, cells.len())).collect::<Vec<_>>();
        assert_eq!(lengths("a,b\n1,2\n3,4"), [(1, 2), (2, 2), (3, 2)]);
        assert_eq!(lengths("a,b\n\n\n1,2\n"), [(1, 2), (2, 1), (3, 1), (4, 2)], "blank lines count");
        assert_eq!(lengths("a,b\n\"x\ny\",2\n3,4\n"), [(1, 2), (2, 2), (3, 2)], "quoted line breaks do not");
        assert_eq!(lengths("a,b\r\n\r\n\"x\r\ny\",2\r\n3,4\r\n"), [(1, 2), (2, 1), (3, 2), (4, 2)]);
        assert_eq!(lengths(""), []);
    }

    #[test]
    fn quotes_are_read_as_rfc_4180_says() {
        for (text, cells) in [
            ("\"a,b\",c", vec!["a,b", "c"]),
            ("\"say \"\"hi\"\"\",c", vec!["say \"hi\"", "c"]),
            ("\"\",\"\"\"\"", vec!["", "\""]),
            ("5\" pipe,\"x\"y", vec!["5\" pipe", "\"x\"y"]),
            ("\"三无\"产品，\"假冒\"产品,c", vec!["\"三无\"产品，\"假冒\"产品", "c"]),
            (" \"a\" , \"b,c\"", vec!["a", "b,c"]),
            ("a,\"多行\n文本\",", vec!["a", "多行\n文本", ""]),
        ] {
            assert_eq!(rows(text)[0].1, cells, "{text}");
        }
    }
}
