//! A table that is exported: as CSV and as a workbook, in which nothing is a formula.

use csv::{Terminator, WriterBuilder};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use xinzheng_domain::spreadsheet_text::inert;

/// The most characters of a cell of a workbook.
const LONGEST: usize = 32_767;

/// Rows of texts under a header.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) header: &'static [&'static str],
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// CSV for spreadsheets: UTF-8 with a byte order mark, CRLF; a cell that would be taken for a formula gets an apostrophe.
    pub(crate) fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut bytes = b"\xef\xbb\xbf".to_vec();
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(&mut bytes);
        writer.write_record(self.header)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(|cell| inert(cell)))?;
        }
        writer.flush()?;
        drop(writer);
        Ok(bytes)
    }

    /// A workbook whose cells are all texts.
    pub(crate) fn workbook(&self) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        let bold = Format::new().set_bold();
        let sheet = book.add_worksheet().set_name(self.name)?;
        for (column, header) in (0..).zip(self.header) {
            sheet.write_string_with_format(0, column, *header, &bold)?;
        }
        for (row, cells) in (1..).zip(&self.rows) {
            for (column, cell) in (0..).zip(cells) {
                // Written as text, whatever it begins with.
                let cell: String = cell.chars().take(LONGEST).collect();
                sheet.write_string(row, column, cell)?;
            }
        }
        book.save_to_buffer()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_a_formula() {
        let table = Table {
            name: "记录",
            header: &["文号", "内容"],
            rows: vec![vec!["=cmd|'/c calc'!A0".to_owned(), "＋1,\"x\"".to_owned()]],
        };
        let csv = String::from_utf8(table.csv().unwrap()).unwrap();
        assert_eq!(csv, "\u{feff}文号,内容\r\n'=cmd|'/c calc'!A0,\"'＋1,\"\"x\"\"\"\r\n");
        assert!(table.workbook().unwrap().starts_with(b"PK"));
    }
}
