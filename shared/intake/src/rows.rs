//! A row of a file, whatever its format, and the rows of delimited text.

use std::io::{self, Read};

use memchr::memchr_iter;

use crate::cell::{Cell, may_hide};
use crate::encoding::{self, TextEncoding};
use crate::frame::{Frame, Framer, Framing, closing_quote};
use crate::json::JsonCell;

/// A row: where it stands in the file, and its cells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'r> {
    /// From 1, as a spreadsheet counts: blank lines count, a quoted line break does not.
    pub(crate) number: u64,
    /// True when nothing in the row's text hides (see [`may_hide`]).
    pub(crate) plain: bool,
    /// Why the row cannot be read as cells, if so.
    pub(crate) fault: Option<RowFault>,
    pub(crate) cells: Cells<'r>,
}

/// Why a row cannot be read as cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowFault {
    /// A quote that is never closed.
    QuoteUnclosed,
    /// Longer than a row may be.
    TooLong,
    /// A line that is no JSON object; holds the column where it stops being one.
    NoObject(usize),
}

/// The cells of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cells<'r> {
    /// Ranges of a text.
    Text { text: &'r str, ranges: &'r [(u32, u32)] },
    /// Cells of a worksheet.
    Workbook(&'r [calamine::Data]),
    /// Values of a JSON object in the order of the file's keys.
    Json(&'r [JsonCell]),
}

impl<'r> Row<'r> {
    /// The number of cells.
    pub(crate) fn len(&self) -> usize {
        match self.cells {
            Cells::Text { ranges, .. } => ranges.len(),
            Cells::Workbook(cells) => cells.len(),
            Cells::Json(cells) => cells.len(),
        }
    }

    /// The cell at `index`; empty text behind the last.
    pub(crate) fn cell(&self, index: usize) -> Cell<'r> {
        match self.cells {
            Cells::Text { text, ranges } => {
                let range = ranges.get(index).copied().unwrap_or_default();
                let cell = text.get(range.0 as usize..range.1 as usize).unwrap_or_default();
                if !self.plain && cell.contains(char::REPLACEMENT_CHARACTER) {
                    Cell::Undecodable(cell)
                } else {
                    Cell::Text(cell)
                }
            }
            Cells::Workbook(cells) => cells.get(index).map_or(Cell::Text(""), crate::workbook::cell),
            Cells::Json(cells) => cells.get(index).map_or(Cell::Text(""), JsonCell::cell),
        }
    }

    /// Every cell.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Cell<'r>> + use<'_, 'r> {
        (0..self.len()).map(|index| self.cell(index))
    }

    /// True when nothing visible stands in the row.
    pub(crate) fn is_blank(&self) -> bool {
        self.fault.is_none() && self.cells().all(|cell| cell.is_blank())
    }

    /// The cells as a person would see them.
    pub(crate) fn written(&self) -> Vec<String> {
        self.cells().map(|cell| cell.display().into_owned()).collect()
    }
}

/// The rows of delimited text.
pub(crate) struct DelimitedRows<R> {
    framer: Framer<R>,
    encoding: TextEncoding,
    delimiter: u8,
    number: u64,
    decoded: String,
    unquoted: String,
    ranges: Vec<(u32, u32)>,
}

impl<R: Read> DelimitedRows<R> {
    /// Reads `head` and then `rest`, from the row of number `first` on; `offset` is where in the file `head` begins.
    pub(crate) fn new(
        head: Vec<u8>,
        rest: R,
        encoding: TextEncoding,
        delimiter: u8,
        longest: usize,
        offset: u64,
        first: u64,
    ) -> Self {
        Self {
            framer: Framer::new(head, rest, Framing::Delimited(delimiter), longest, offset),
            encoding,
            delimiter,
            number: first - 1,
            decoded: String::new(),
            unquoted: String::new(),
            ranges: vec![],
        }
    }

    /// Where in the file the next row begins, and its number.
    pub(crate) fn position(&self) -> (u64, u64) {
        (self.framer.position(), self.number + 1)
    }

    /// Passes over a row without looking at its cells; false at the end.
    pub(crate) fn pass_over(&mut self) -> io::Result<bool> {
        let passed = self.framer.next()?.is_some();
        self.number += u64::from(passed);
        Ok(passed)
    }

    /// The next row; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Row<'_>>> {
        let Some(frame) = self.framer.next()? else { return Ok(None) };
        self.number += 1;
        self.ranges.clear();
        let (raw, fault) = match frame {
            Frame::Plain(raw) | Frame::Quoted(raw) => (raw, None),
            Frame::Unclosed(raw) => (raw, Some(RowFault::QuoteUnclosed)),
            Frame::TooLong(raw) => (raw, Some(RowFault::TooLong)),
        };
        let text = encoding::text(self.encoding, raw, &mut self.decoded);
        let text = if matches!(frame, Frame::Quoted(_)) {
            self.unquoted.clear();
            unquote(text, self.delimiter, &mut self.unquoted, &mut self.ranges);
            self.unquoted.as_str()
        } else if fault.is_some() {
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
        Ok(Some(Row { number: self.number, plain, fault, cells: Cells::Text { text, ranges: &self.ranges } }))
    }
}

/// Rows are no longer than a limit far below this.
fn to_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Writes the fields of a row with quotes one behind the other. A quote inside a field that does not begin with one is
/// text; what stands behind a closing quote is taken as it is.
fn unquote(row: &str, delimiter: u8, to: &mut String, ranges: &mut Vec<(u32, u32)>) {
    let delimiter = char::from(delimiter);
    let mut rest = row;
    loop {
        let start = to.len();
        if rest.starts_with('"') {
            let length = closing_quote(rest.as_bytes()).unwrap_or(rest.len());
            let (field, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
            let inner = field.get(1..).unwrap_or_default();
            let inner = inner.strip_suffix('"').unwrap_or(inner);
            for (place, part) in inner.split("\"\"").enumerate() {
                if place > 0 {
                    to.push('"');
                }
                to.push_str(part);
            }
            rest = behind;
        }
        let (tail, next) = match rest.split_once(delimiter) {
            Some((tail, next)) => (tail, Some(next)),
            None => (rest, None),
        };
        to.push_str(tail);
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
        let mut rows = DelimitedRows::new(bytes, io::empty(), TextEncoding::Utf8, b',', 1 << 20, 0, 1);
        let mut seen = vec![];
        while let Some(row) = rows.next().unwrap() {
            seen.push((row.number, row.written()));
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
            ("5\" pipe,\"x\"y", vec!["5\" pipe", "xy"]),
            ("a,\"多行\n文本\",", vec!["a", "多行\n文本", ""]),
        ] {
            assert_eq!(rows(text)[0].1, cells, "{text}");
        }
    }
}
