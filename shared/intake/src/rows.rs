//! Rows of a file, whatever its format.

use std::borrow::Cow;

use csv::{ByteRecord, Reader, ReaderBuilder};

use crate::cell::Cell;
use crate::encoding::{self, TextEncoding};
use crate::workbook::Sheet;

/// A row: its number in the file and its cells.
pub(crate) struct Row<'r> {
    /// From 1, as a spreadsheet counts: blank lines count, a quoted line break does not.
    pub(crate) number: u64,
    cells: Cells<'r>,
}

enum Cells<'r> {
    Delimited { record: &'r ByteRecord, encoding: TextEncoding },
    Workbook(&'r [calamine::Data]),
}

impl<'r> Row<'r> {
    /// The number of cells.
    pub(crate) fn len(&self) -> usize {
        match &self.cells {
            Cells::Delimited { record, .. } => record.len(),
            Cells::Workbook(cells) => cells.len(),
        }
    }

    /// The cell at `index`; empty text behind the last.
    pub(crate) fn cell(&self, index: usize) -> Cell<'r> {
        match &self.cells {
            Cells::Delimited { record, encoding } => {
                let field = record.get(index).unwrap_or_default();
                encoding::decode(*encoding, field).map_or(Cell::Undecodable, Cell::Text)
            }
            Cells::Workbook(cells) => cells.get(index).map_or(Cell::Text(Cow::Borrowed("")), crate::workbook::cell),
        }
    }

    /// Every cell.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Cell<'r>> + '_ {
        (0..self.len()).map(|index| self.cell(index))
    }
}

/// The rows of a file, one after another.
pub(crate) enum Rows<'a> {
    Delimited(Box<DelimitedRows<'a>>),
    Workbook(SheetRows),
}

impl Rows<'_> {
    /// The next row; `None` at the end.
    pub(crate) fn next_row(&mut self) -> Option<Row<'_>> {
        match self {
            Self::Delimited(rows) => rows.next_row(),
            Self::Workbook(rows) => rows.next_row(),
        }
    }
}

/// The rows of delimited text.
pub(crate) struct DelimitedRows<'a> {
    reader: Reader<Box<dyn std::io::Read + Send + 'a>>,
    encoding: TextEncoding,
    record: ByteRecord,
    number: u64,
}

impl<'a> DelimitedRows<'a> {
    pub(crate) fn new(bytes: Cow<'a, [u8]>, encoding: TextEncoding) -> Self {
        let delimiter = delimiter(&bytes);
        let source: Box<dyn std::io::Read + Send + 'a> = match bytes {
            Cow::Borrowed(bytes) => Box::new(bytes),
            Cow::Owned(bytes) => Box::new(std::io::Cursor::new(bytes)),
        };
        let reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(source);
        Self { reader, encoding, record: ByteRecord::new(), number: 0 }
    }

    fn next_row(&mut self) -> Option<Row<'_>> {
        let start = self.reader.position().line();
        // Reading memory cannot fail, and flexible records of bytes have no other error.
        if !self.reader.read_byte_record(&mut self.record).unwrap_or(false) {
            return None;
        }
        let lines = self.reader.position().line() - start;
        if lines > 1 {
            // The reader passes over blank lines; spreadsheets count them, but not line breaks inside quotes.
            let quoted = self.record.iter().flatten().filter(|&&b| b == b'\n').count() as u64;
            self.number += (lines - 1).saturating_sub(quoted);
        }
        self.number += 1;
        Some(Row { number: self.number, cells: Cells::Delimited { record: &self.record, encoding: self.encoding } })
    }
}

/// The delimiter: whichever of comma, tab and semicolon stands most often in the first lines.
fn delimiter(bytes: &[u8]) -> u8 {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let count = |delimiter: u8| head.iter().filter(|&&b| b == delimiter).count();
    [b',', b'\t', b';'].into_iter().rev().max_by_key(|&delimiter| count(delimiter)).unwrap_or(b',')
}

/// The rows of a worksheet.
pub(crate) struct SheetRows {
    sheet: Sheet,
    next: usize,
}

impl SheetRows {
    pub(crate) const fn new(sheet: Sheet) -> Self {
        Self { sheet, next: 0 }
    }

    /// The same rows from the first.
    pub(crate) fn rewound(self) -> Self {
        Self::new(self.sheet)
    }

    fn next_row(&mut self) -> Option<Row<'_>> {
        let (number, cells) = self.sheet.row(self.next)?;
        self.next += 1;
        Some(Row { number, cells: Cells::Workbook(cells) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Vec<(u64, usize)> {
        let mut rows = DelimitedRows::new(Cow::Borrowed(text.as_bytes()), TextEncoding::Utf8);
        let mut seen = vec![];
        while let Some(row) = rows.next_row() {
            seen.push((row.number, row.len()));
        }
        seen
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_counts() {
        assert_eq!(numbers("a,b\n1,2\n3,4"), [(1, 2), (2, 2), (3, 2)]);
        assert_eq!(numbers("a,b\n\n\n1,2\n"), [(1, 2), (4, 2)], "blank lines count");
        assert_eq!(numbers("a,b\n\"x\ny\",2\n3,4\n"), [(1, 2), (2, 2), (3, 2)], "quoted line breaks do not");
        assert_eq!(numbers("a,b\r\n\r\n\"x\r\ny\",2\r\n3,4\r\n"), [(1, 2), (3, 2), (4, 2)]);
        assert_eq!(numbers("a\tb\n1\t2\n"), [(1, 2), (2, 2)]);
        assert_eq!(numbers(""), []);
    }
}
