//! A row of a file, whatever its format, and the rows of delimited text.

use std::io::{self, Read};

use memchr::memchr_iter;
use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::character::may_hide;
use crate::date::Epoch;
use crate::encoding::{self, TextEncoding};
use crate::frame::{Frame, Framer, Framing, closing_quote, opening_quote};
use crate::json::JsonCell;
use crate::workbook::SheetCell;

/// A row: where it stands in the file, and its cells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'r> {
    /// From 1, as a spreadsheet counts: blank lines count, a quoted line break does not.
    pub(crate) number: u64,
    /// True when nothing in the row's text hides (see [`may_hide`]).
    pub(crate) plain: bool,
    /// True for a row that a worksheet hides.
    pub(crate) hidden: bool,
    /// Why the row cannot be read as cells, if so.
    pub(crate) fault: Option<RowFault>,
    pub(crate) cells: Cells<'r>,
}

/// Why a row cannot be read as cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowFault {
    /// A quote that is never closed.
    QuoteUnclosed,
    /// A carriage return outside quotes, which is no line end of this text.
    LoneReturn,
    /// A row of a worksheet that has no header.
    NoHeader,
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
    /// Cells of a worksheet, and the first one beyond those kept that is not blank.
    Workbook { cells: &'r [SheetCell], beyond: Option<(usize, &'r SheetCell)>, epoch: Epoch },
    /// Values of a JSON object in the order of the file's keys.
    Json(&'r [JsonCell]),
}

impl<'r> Row<'r> {
    /// The number of cells.
    pub(crate) fn len(&self) -> usize {
        match self.cells {
            Cells::Text { ranges, .. } => ranges.len(),
            Cells::Workbook { cells, .. } => cells.len(),
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
            Cells::Workbook { cells, epoch, .. } => cells.get(index).map_or(Cell::Text(""), |cell| cell.cell(epoch)),
            Cells::Json(cells) => cells.get(index).map_or(Cell::Text(""), JsonCell::cell),
        }
    }

    /// The cell at `index` of a text's row in which nothing hides; `None` of other rows.
    pub(crate) fn plain_text(&self, index: usize) -> Option<&'r str> {
        match self.cells {
            Cells::Text { text, ranges } if self.plain => {
                let (start, end) = ranges.get(index).copied().unwrap_or_default();
                text.get(start as usize..end as usize)
            }
            _ => None,
        }
    }

    /// Every cell.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Cell<'r>> + use<'_, 'r> {
        (0..self.len()).map(|index| self.cell(index))
    }

    /// How many cells are not blank.
    pub(crate) fn filled(&self) -> usize {
        self.cells().filter(|cell| !cell.is_blank()).count()
    }

    /// The day from which the row's workbook counts days.
    pub(crate) const fn epoch(&self) -> Epoch {
        match self.cells {
            Cells::Workbook { epoch, .. } => epoch,
            Cells::Text { .. } | Cells::Json(_) => Epoch::Y1900,
        }
    }

    /// True when a quoted cell holds a line break and about as many delimiters as a row has: two stray quotes that joined
    /// two rows.
    pub(crate) fn joins_rows(&self, width: usize) -> bool {
        let Cells::Text { text, .. } = self.cells else { return false };
        if self.plain || memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_none() {
            return false;
        }
        self.cells().any(|cell| {
            let Cell::Text(text) = cell else { return false };
            text.contains(['\n', '\r'])
                && [',', '\t', ';', '|'].iter().any(|&delimiter| text.matches(delimiter).count() * 2 >= width.max(4))
        })
    }

    /// True when the row is one of delimited text, in which each cell has a delimiter.
    pub(crate) const fn is_delimited(&self) -> bool {
        matches!(self.cells, Cells::Text { .. })
    }

    /// The first cell that is not blank and stands beyond the header's cells.
    pub(crate) fn beyond(&self, width: usize, header: &[String]) -> Option<(usize, Cell<'r>)> {
        let within = (width..self.len()).map(|index| (index, self.cell(index))).find(|(_, cell)| !cell.is_blank());
        within.or(match self.cells {
            Cells::Workbook { beyond: Some((index, cell)), epoch, .. }
                if header.get(index).is_none_or(|header| header.trim().is_empty()) =>
            {
                Some((index, cell.cell(epoch)))
            }
            _ => None,
        })
    }

    /// True when nothing visible stands in the row.
    pub(crate) fn is_blank(&self) -> bool {
        self.fault.is_none()
            && self.cells().all(|cell| cell.is_blank())
            && !matches!(self.cells, Cells::Workbook { beyond: Some(_), .. })
    }

    /// The cells as a person would see them, up to the last that is not blank; of those beyond `kept` a bounded number.
    pub(crate) fn written(&self, kept: usize) -> Vec<String> {
        let mut cells: Vec<String> =
            self.cells().take(kept.saturating_add(KEPT_BEYOND)).map(|cell| cell.display().into_owned()).collect();
        let filled = cells.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1);
        cells.truncate(filled);
        if let Cells::Workbook { beyond: Some((_, cell)), epoch, .. } = self.cells {
            cells.resize(cells.len().max(kept), String::new());
            cells.push(cell.cell(epoch).display().into_owned());
        }
        cells
    }
}

/// How many cells beyond the header's a rejected row keeps.
const KEPT_BEYOND: usize = 64;

/// The rows of delimited text.
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

    /// How the text is written.
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

/// What comes next.
pub(crate) enum Next<'r> {
    /// A row.
    Row(Row<'r>),
    /// A row that was not wanted.
    Passed,
    /// Nothing.
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
