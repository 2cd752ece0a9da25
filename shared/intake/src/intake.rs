//! The intake of one file: its rows, one after another.

use std::collections::BTreeMap;

use xinzheng_domain::table::Table;
use xinzheng_domain::{ChunkLine, TableId};

use crate::cell::Normalisation;
use crate::check::{Checker, Sender};
use crate::encoding::{self, TextEncoding};
use crate::format::Format;
use crate::header::{self, Header};
use crate::receipt::{Counts, ReceiptNormalisation};
use crate::refusal::FileRefusal;
use crate::rejection::Rejection;
use crate::rows::{DelimitedRows, Row, Rows, SheetRows};
use crate::workbook;

/// Limits on what is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most bytes of a text file.
    pub text_bytes: u64,
    /// The most bytes of a workbook as stored.
    pub workbook_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { text_bytes: 2 << 30, workbook_bytes: 64 << 20 }
    }
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowOutcome {
    /// A valid row.
    Accepted(ChunkLine),
    /// Every fault of an invalid row; never empty.
    Rejected(Vec<Rejection>),
    /// Nothing to read: blank, or a note below the data.
    Blank,
}

/// An uploaded file, its header read, its rows still to come.
pub struct Intake<'a> {
    sender: Sender,
    table: &'static Table,
    format: Format,
    encoding: Option<TextEncoding>,
    sheet: Option<String>,
    unread_sheets: Vec<String>,
    header: Header,
    rows: Rows<'a>,
    counts: Counts,
    notes: BTreeMap<(usize, Normalisation), u64>,
    last_row: u64,
}

impl<'a> Intake<'a> {
    /// Opens a file: tells its format and encoding, finds the header, checks that the unit may send this table.
    ///
    /// Errors are refusals of the whole file, with a code, a reason and a hint for the clerk.
    pub fn open(bytes: &'a [u8], file_name: &str, sender: Sender, limits: &Limits) -> Result<Self, FileRefusal> {
        let permitted = sender.directory_row().is_some_and(|unit| unit.may_send(sender.table));
        let table = sender.table.standard();
        if !permitted {
            return Err(FileRefusal::NotPermitted { unit: sender.unit.name(), table: table.title.clone() });
        }
        let format = Format::detect(bytes, file_name)?;
        let limit = if format == Format::Csv { limits.text_bytes } else { limits.workbook_bytes };
        if bytes.len() as u64 > limit {
            return Err(FileRefusal::TooLarge(limit));
        }
        let opened = if format == Format::Csv { delimited(bytes, table) } else { from_workbook(bytes, format, table) }?;
        Ok(Self {
            sender,
            table,
            format,
            encoding: opened.encoding,
            sheet: opened.sheet,
            unread_sheets: opened.unread_sheets,
            last_row: opened.header.row,
            header: opened.header,
            rows: opened.rows,
            counts: Counts::default(),
            notes: BTreeMap::new(),
        })
    }

    /// The format found.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The encoding found; `None` for workbooks.
    pub const fn encoding(&self) -> Option<TextEncoding> {
        self.encoding
    }

    /// The worksheet that is read; `None` for text.
    pub fn sheet(&self) -> Option<&str> {
        self.sheet.as_deref()
    }

    /// Worksheets that are not read.
    pub fn unread_sheets(&self) -> &[String] {
        &self.unread_sheets
    }

    /// The number of the header row.
    pub const fn header_row(&self) -> u64 {
        self.header.row
    }

    /// Headers that the standard does not know.
    pub fn unknown_columns(&self) -> &[String] {
        &self.header.unknown
    }

    /// The table that the file holds.
    pub const fn table(&self) -> TableId {
        self.table.table
    }

    /// The counts of the rows read so far.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// What was normalised in the rows read so far, in the table's column order.
    pub fn normalisations(&self) -> Vec<ReceiptNormalisation> {
        let column = |index: usize| self.table.columns.get(index).map_or_else(String::new, |c| c.header.clone());
        let one = |(&(index, normalisation), &cells): (&(usize, Normalisation), &u64)| ReceiptNormalisation {
            column: column(index),
            normalisation,
            cells,
        };
        self.notes.iter().map(one).collect()
    }
}

impl Iterator for Intake<'_> {
    type Item = RowOutcome;

    fn next(&mut self) -> Option<RowOutcome> {
        let row = self.rows.next_row()?;
        // Blank lines that the reader passed over count as rows too.
        let passed_over = row.number.saturating_sub(self.last_row + 1);
        self.counts.rows += passed_over + 1;
        self.counts.blank += passed_over;
        self.last_row = row.number;
        if row.cells().all(|cell| cell.is_blank()) || is_note(&row, &self.header) {
            self.counts.blank += 1;
            return Some(RowOutcome::Blank);
        }
        let checker = Checker { sender: &self.sender, table: self.table, header: &self.header };
        let notes = &mut self.notes;
        let mut noted = vec![];
        let checked = checker.check(&row, &mut |column, normalisation| noted.push((column, normalisation)));
        Some(match checked {
            Ok(entry) => {
                for note in noted {
                    *notes.entry(note).or_default() += 1;
                }
                self.counts.accepted += 1;
                RowOutcome::Accepted(ChunkLine { row: row.number, entry })
            }
            Err(rejections) => {
                self.counts.rejected += 1;
                RowOutcome::Rejected(rejections)
            }
        })
    }
}

struct Opened<'a> {
    encoding: Option<TextEncoding>,
    sheet: Option<String>,
    unread_sheets: Vec<String>,
    header: Header,
    rows: Rows<'a>,
}

fn delimited<'a>(bytes: &'a [u8], table: &Table) -> Result<Opened<'a>, FileRefusal> {
    let (encoding, bytes) = encoding::detect(bytes);
    let mut searched = Rows::Delimited(Box::new(DelimitedRows::new(bytes.clone(), encoding)));
    let header = best_header(&mut searched, table).ok_or(FileRefusal::NoHeader)?.complete(table)?;
    let mut rows = Rows::Delimited(Box::new(DelimitedRows::new(bytes, encoding)));
    skip_to(&mut rows, header.row);
    Ok(Opened { encoding: Some(encoding), sheet: None, unread_sheets: vec![], header, rows })
}

fn from_workbook<'a>(bytes: &[u8], format: Format, table: &Table) -> Result<Opened<'a>, FileRefusal> {
    let (sheets, hidden) = workbook::sheets(bytes, format)?;
    let mut unread_sheets = hidden;
    let mut found: Option<(String, Header, SheetRows)> = None;
    for sheet in sheets {
        let name = sheet.name.clone();
        let mut rows = Rows::Workbook(SheetRows::new(sheet));
        let header = if found.is_none() { best_header(&mut rows, table) } else { None };
        match (header, rows) {
            (Some(header), Rows::Workbook(rows)) => found = Some((name, header, rows)),
            _ => unread_sheets.push(name),
        }
    }
    let (sheet, header, rows) = found.ok_or(FileRefusal::NoHeader)?;
    let header = header.complete(table)?;
    let mut rows = Rows::Workbook(rows.rewound());
    skip_to(&mut rows, header.row);
    Ok(Opened { encoding: None, sheet: Some(sheet), unread_sheets, header, rows })
}

/// The first rows' best header: the one with the most known columns, at least two.
fn best_header(rows: &mut Rows<'_>, table: &Table) -> Option<Header> {
    let mut best: Option<Header> = None;
    for _ in 0..header::SEARCHED {
        let Some(row) = rows.next_row() else { break };
        let header = header::read(table, &row);
        if header.matches() >= 2 && best.as_ref().is_none_or(|best| header.matches() > best.matches()) {
            best = Some(header);
        }
    }
    best
}

/// Reads up to and including the row of this number.
fn skip_to(rows: &mut Rows<'_>, number: u64) {
    while let Some(row) = rows.next_row() {
        if row.number >= number {
            break;
        }
    }
}

/// A note below the data (填报人, 填报日期): it starts so, and hardly anything else stands in the row.
fn is_note(row: &Row<'_>, header: &Header) -> bool {
    const STARTS: [&str; 7] = ["填报人", "填报日期", "填报单位", "填表人", "制表人", "审核人", "联系电话"];
    let filled: Vec<_> = row.cells().filter(|cell| !cell.is_blank()).collect();
    let is_start = |cell: &crate::cell::Cell<'_>| STARTS.iter().any(|start| cell.display().trim().starts_with(start));
    filled.first().is_some_and(is_start) && filled.len() <= 6 && filled.len() * 2 < header.matches().max(2)
}
