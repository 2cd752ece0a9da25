//! The intake of one file: its rows, one after another.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use xinzheng_domain::entry::ROWS_OF_A_SHEET;
use xinzheng_domain::table::Table;
use xinzheng_domain::{ChunkLine, TableId, Uscc};

use crate::cell::{Cell, Normalisation};
use crate::check::{Checker, Sender};
use crate::delimiter;
use crate::encoding::{self, TextEncoding};
use crate::format::Format;
use crate::header::{self, Header};
use crate::json::{self, JsonObject, Keys};
use crate::lines::JsonLines;
use crate::receipt::{Counts, Reading, ReceiptNormalisation};
use crate::refusal::FileRefusal;
use crate::rejection::RejectedRow;
use crate::rejection::RejectionCode;
use crate::rows::{Cells, DelimitedRows, Row};
use crate::workbook::Workbook;

/// Limits on what is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most bytes of a text that is read row by row (CSV, JSONL).
    pub text_bytes: u64,
    /// The most bytes of a file that has to be held whole: workbooks, JSON.
    pub held_bytes: u64,
    /// The most bytes that a workbook may have unpacked.
    pub workbook_unpacked_bytes: u64,
    /// The most bytes of a row of text.
    pub row_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { text_bytes: 5 << 30, held_bytes: 64 << 20, workbook_unpacked_bytes: 1 << 30, row_bytes: 1 << 20 }
    }
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one at a time; a box would be an allocation for each row")]
pub enum RowOutcome<'r> {
    /// A valid row.
    Accepted(ChunkLine<'r>),
    /// An invalid row with every fault.
    Rejected(RejectedRow),
    /// Nothing to read: blank, or a note below the data.
    Blank,
}

/// Why a file could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The file is refused as a whole.
    #[error(transparent)]
    Refused(#[from] FileRefusal),
    /// The file could not be read.
    #[error("the file cannot be read: {0}")]
    Source(#[from] io::Error),
}

/// How much of a file is looked at to tell its encoding, delimiter and header.
const HEAD: usize = 1 << 20;
/// How many objects of a JSONL file are looked at to tell its keys.
const KEYS_SEARCHED: usize = 1000;

type Source<'s> = Box<dyn Read + 's>;

/// An uploaded file, its header read, its rows still to come.
///
/// ```
/// use xinzheng_intake::{Intake, Limits, RowOutcome, Sender};
/// use xinzheng_domain::{TableId, UnitCode, subject::PersonKey};
///
/// let sender = Sender {
///     unit: UnitCode::parse("market-supervision").unwrap(),
///     table: TableId::Subject,
///     today: jiff::civil::date(2025, 11, 3),
///     person_key: PersonKey::new("a secret"),
/// };
/// let file = "名称,统一社会信用代码,主体类型,法定代表人,登记机关,行政区划代码,成立日期,登记状态\n\
///             某公司,9114,企业,甲某,某局,140403,2020/1/1,存续\n";
/// let intake = Intake::open(file.as_bytes(), "主体.csv", &sender, &Limits::default()).unwrap();
/// let reading = intake
///     .read(&mut |outcome| {
///         let RowOutcome::Rejected(row) = outcome else { panic!() };
///         assert_eq!(row.faults[0].code.code(), "uscc-invalid");
///         std::ops::ControlFlow::Continue(())
///     })
///     .unwrap();
/// assert_eq!(reading.counts.rejected, 1);
/// ```
pub struct Intake<'s> {
    sender: &'s Sender,
    reading: Reading,
    body: Body<'s>,
}

enum Body<'s> {
    Delimited { rows: DelimitedRows<Source<'s>>, header: Header, delimiter: u8 },
    Lines { rows: JsonLines<Source<'s>>, header: Header },
    Objects { objects: Vec<JsonObject>, header: Header, keys: Keys },
    Workbook { workbook: Workbook, sheets: Vec<(String, Header)> },
}

/// How the rows of a text are read: what a part of a file needs to know about its beginning.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Layout {
    reading: Reading,
    header: Header,
    delimiter: u8,
}

/// Rows of a file that are worked on by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The first byte.
    pub start: u64,
    /// The byte behind the last.
    pub end: u64,
    /// The number of its first row.
    pub first_row: u64,
}

impl<'s> Intake<'s> {
    /// Opens a file: tells its format and encoding, finds the header, checks that the unit may send this table.
    ///
    /// Refusals are of the whole file, with a code, a reason and a hint for the clerk. Workbooks and JSON are held in
    /// memory and read to their end before the first row is given, so that damage anywhere refuses the file as a whole.
    pub fn open(
        mut source: impl Read + 's,
        file_name: &str,
        sender: &'s Sender,
        limits: &Limits,
    ) -> Result<Self, OpenError> {
        let permitted = sender.directory_row().is_some_and(|unit| unit.may_send(sender.table));
        let table = sender.table.standard();
        if !permitted {
            return Err(FileRefusal::NotPermitted { unit: sender.unit.name(), table: table.title.clone() }.into());
        }
        let mut head = vec![];
        source.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
        let format = Format::detect(&head, file_name)?;
        if !format.streams() {
            let mut bytes = head;
            source.take(limits.held_bytes + 1 - (bytes.len() as u64).min(limits.held_bytes)).read_to_end(&mut bytes)?;
            if bytes.len() as u64 > limits.held_bytes {
                return Err(FileRefusal::TooLarge(limits.held_bytes).into());
            }
            let opened = if format == Format::Json {
                of_objects(&bytes, sender, table)
            } else {
                of_workbook(bytes.into(), format, sender, table, limits)
            };
            return Ok(opened?);
        }
        let detected = encoding::detect(&head);
        let (head, rest, offset): (Vec<u8>, Source<'s>, u64) = if detected.encoding == TextEncoding::Utf16 {
            let mut decoded: Source<'s> = Box::new(encoding::from_utf16(head, source));
            let mut head = vec![];
            decoded.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
            (head, decoded, 0)
        } else {
            (head.split_off(detected.mark), Box::new(source), detected.mark as u64)
        };
        if head.iter().all(u8::is_ascii_whitespace) {
            return Err(FileRefusal::Empty.into());
        }
        let reading = Reading { format: Some(format), encoding: Some(detected.encoding), ..Reading::default() };
        if format == Format::Jsonl {
            let cut = head.len() + detected.mark >= HEAD;
            let keys = JsonLines::keys(&head, cut, detected.encoding, limits.row_bytes, KEYS_SEARCHED)?;
            let mut header = of_keys(table, keys)?;
            let reading = reading.with_header(None, &header);
            let keys = Keys::complete(table, &mut header);
            let rows = JsonLines::new(head, rest, detected.encoding, limits.row_bytes, offset, 1, keys);
            return Ok(Self { sender, reading, body: Body::Lines { rows, header } });
        }
        let (delimiter, header) =
            delimiter::find(&head, detected.encoding, table, limits.row_bytes).ok_or(FileRefusal::NoHeader)?;
        let header = header.complete(table)?;
        let mut rows = DelimitedRows::new(head, rest, detected.encoding, delimiter, limits.row_bytes, offset, 1);
        for _ in 0..header.row {
            rows.pass_over()?;
        }
        let reading = reading.with_header(None, &header);
        Ok(Self { sender, reading, body: Body::Delimited { rows, header, delimiter } })
    }

    /// The rows of a part of a text, as [`Self::parts`] planned it; `source` gives the part's bytes and no more.
    pub fn resume(source: impl Read + 's, layout: Layout, part: Part, sender: &'s Sender, limits: &Limits) -> Self {
        let Layout { reading, mut header, delimiter } = layout;
        let encoding = reading.encoding.unwrap_or(TextEncoding::Utf8);
        let rest: Source<'s> = Box::new(source);
        let (longest, start, first) = (limits.row_bytes, part.start, part.first_row);
        let body = if reading.format == Some(Format::Jsonl) {
            let keys = Keys::complete(sender.table.standard(), &mut header);
            let rows = JsonLines::new(vec![], rest, encoding, longest, start, first, keys);
            Body::Lines { rows, header }
        } else {
            let rows = DelimitedRows::new(vec![], rest, encoding, delimiter, longest, start, first);
            Body::Delimited { rows, header, delimiter }
        };
        Self { sender, reading, body }
    }

    /// How the rows of this file are read, when parts of it can be worked on by themselves: text, but not UTF-16.
    pub fn layout(&self) -> Option<Layout> {
        let (header, delimiter) = match &self.body {
            Body::Delimited { header, delimiter, .. } => (header.clone(), *delimiter),
            Body::Lines { header, .. } => (header.clone(), 0),
            Body::Objects { .. } | Body::Workbook { .. } => return None,
        };
        let splits = self.reading.encoding != Some(TextEncoding::Utf16);
        splits.then(|| Layout { reading: self.reading.clone(), header, delimiter })
    }

    /// The cells of the header of the first table read, as written.
    pub fn header(&self) -> &[String] {
        match &self.body {
            Body::Delimited { header, .. } | Body::Lines { header, .. } | Body::Objects { header, .. } => &header.cells,
            Body::Workbook { sheets, .. } => sheets.first().map_or(&[], |(_, header)| &header.cells),
        }
    }

    /// Reads to the end and says where the file can be parted: every part has at least `bytes` bytes but the last, and
    /// no row is cut. Empty when [`Self::layout`] is `None`.
    pub fn parts(self, bytes: u64) -> io::Result<Vec<Part>> {
        let mut parts = vec![];
        match self.body {
            Body::Delimited { mut rows, .. } => {
                let start = rows.position();
                plan(&mut parts, bytes, start, || Ok(rows.pass_over()?.then(|| rows.position())))?;
            }
            Body::Lines { mut rows, .. } => {
                let start = rows.position();
                plan(&mut parts, bytes, start, || Ok(rows.pass_over()?.then(|| rows.position())))?;
            }
            Body::Objects { .. } | Body::Workbook { .. } => {}
        }
        Ok(parts)
    }

    /// Reads every row and gives it to `take`, until `take` breaks. Returns what was read: `accepted + rejected +
    /// blank` is the number of rows below the header.
    ///
    /// Errors only when the source cannot be read.
    pub fn read(self, take: &mut dyn FnMut(RowOutcome<'_>) -> ControlFlow<()>) -> Result<Reading, OpenError> {
        let Self { sender, mut reading, body } = self;
        let mut tally = Tally::new(sender);
        match body {
            Body::Delimited { mut rows, header, .. } => {
                while let Some(row) = rows.next()? {
                    if take(tally.outcome(&row, &header, None)).is_break() {
                        break;
                    }
                }
            }
            Body::Lines { mut rows, header } => {
                while let Some(row) = rows.next()? {
                    if take(tally.outcome(&row, &header, None)).is_break() {
                        break;
                    }
                }
                reading.unknown_columns.extend(rows.unknown().cloned());
            }
            Body::Objects { objects, header, mut keys } => {
                for (number, object) in (1..).zip(objects) {
                    let cells = keys.align(object);
                    let row = Row { number, plain: false, fault: None, cells: Cells::Json(&cells) };
                    if take(tally.outcome(&row, &header, None)).is_break() {
                        break;
                    }
                }
            }
            Body::Workbook { mut workbook, sheets } => {
                for (ordinal, (name, header)) in (0..).zip(&sheets) {
                    let sheet = Worksheet { name, ordinal, several: sheets.len() > 1 };
                    let mut last = header.row;
                    let mut broken = false;
                    workbook.rows(name, &mut |row| {
                        if row.number <= header.row {
                            return ControlFlow::Continue(());
                        }
                        // Rows without any cell are not in the file; a spreadsheet shows them all the same.
                        tally.passed_over(row.number - last - 1);
                        last = row.number;
                        let flow = take(tally.outcome(&row, header, Some(sheet)));
                        broken = flow.is_break();
                        flow
                    })?;
                    if broken {
                        break;
                    }
                }
            }
        }
        let faults = tally.faults.iter().map(|(code, times)| (code.code().to_owned(), *times)).collect();
        Ok(Reading { counts: tally.counts, normalisations: tally.normalisations(), faults, ..reading })
    }
}

/// A worksheet that is read.
#[derive(Clone, Copy)]
struct Worksheet<'w> {
    name: &'w str,
    ordinal: u64,
    several: bool,
}

/// What the rows read so far came to.
struct Tally<'s> {
    sender: &'s Sender,
    table: &'static Table,
    counts: Counts,
    faults: BTreeMap<RejectionCode, u64>,
    notes: BTreeMap<(usize, Normalisation), u64>,
    last_codes: Vec<std::cell::Cell<Option<Uscc>>>,
}

impl<'s> Tally<'s> {
    fn new(sender: &'s Sender) -> Self {
        let table = sender.table.standard();
        let last_codes = table.columns.iter().map(|_| std::cell::Cell::new(None)).collect();
        Self { sender, table, counts: Counts::default(), notes: BTreeMap::new(), last_codes, faults: BTreeMap::new() }
    }

    #[inline]
    fn outcome<'r>(&mut self, row: &Row<'r>, header: &Header, sheet: Option<Worksheet<'_>>) -> RowOutcome<'r> {
        self.counts.rows += 1;
        if row.is_blank() || is_note(row, header) {
            self.counts.blank += 1;
            return RowOutcome::Blank;
        }
        let further = sheet.filter(|sheet| sheet.several).map(|sheet| sheet.name);
        let checker =
            Checker { sender: self.sender, table: self.table, header, sheet: further, last_codes: &self.last_codes };
        let mut noted = vec![];
        match checker.check(row, &mut |column, normalisation| noted.push((column, normalisation))) {
            Ok(entry) => {
                for note in noted {
                    *self.notes.entry(note).or_default() += 1;
                }
                self.counts.accepted += 1;
                let before = sheet.map_or(0, |sheet| sheet.ordinal * ROWS_OF_A_SHEET);
                RowOutcome::Accepted(ChunkLine { row: before + row.number, entry })
            }
            Err(faults) => {
                self.counts.rejected += 1;
                for fault in &faults {
                    *self.faults.entry(fault.code).or_default() += 1;
                }
                let sheet = sheet.map(|sheet| sheet.name.to_owned());
                RowOutcome::Rejected(RejectedRow { row: row.number, sheet, cells: row.written(), faults })
            }
        }
    }

    fn passed_over(&mut self, rows: u64) {
        self.counts.rows += rows;
        self.counts.blank += rows;
    }

    /// What was normalised, in the table's column order.
    fn normalisations(&self) -> Vec<ReceiptNormalisation> {
        let column = |index: usize| self.table.columns.get(index).map_or_else(String::new, |c| c.header.clone());
        let one = |(&(index, normalisation), &cells): (&(usize, Normalisation), &u64)| ReceiptNormalisation {
            column: column(index),
            normalisation,
            cells,
        };
        self.notes.iter().map(one).collect()
    }
}

/// The header that the keys of objects make.
fn of_keys(table: &Table, keys: Vec<String>) -> Result<Header, FileRefusal> {
    let header = header::read(table, &header::names(table), 0, keys);
    if header.matches() < 2 { Err(FileRefusal::NoHeader) } else { header.complete(table) }
}

fn of_objects<'s>(bytes: &[u8], sender: &'s Sender, table: &Table) -> Result<Intake<'s>, FileRefusal> {
    let detected = encoding::detect(bytes);
    let mut scratch = String::new();
    let text = encoding::text(detected.encoding, bytes.get(detected.mark..).unwrap_or_default(), &mut scratch);
    let damaged = |error: serde_json::Error| FileRefusal::DamagedJson(error.line(), error.column());
    let objects = json::objects(text.as_bytes()).map_err(damaged)?;
    if objects.is_empty() {
        return Err(FileRefusal::Empty);
    }
    let mut header = of_keys(table, json::keys(&objects))?;
    let reading = Reading { format: Some(Format::Json), encoding: Some(detected.encoding), ..Reading::default() };
    let reading = reading.with_header(None, &header);
    let keys = Keys::complete(table, &mut header);
    Ok(Intake { sender, reading, body: Body::Objects { objects, header, keys } })
}

fn of_workbook<'s>(
    bytes: Arc<[u8]>,
    format: Format,
    sender: &'s Sender,
    table: &Table,
    limits: &Limits,
) -> Result<Intake<'s>, FileRefusal> {
    let mut workbook = Workbook::open(bytes, format, limits)?;
    let names = header::names(table);
    let mut reading = Reading { format: Some(format), ..Reading::default() };
    let mut sheets: Vec<(String, Header)> = vec![];
    let mut incomplete = None;
    for sheet in workbook.sheets() {
        if !sheet.visible {
            reading.unread_sheets.push(sheet.name);
            continue;
        }
        let (mut best, mut searched, mut cells): (Option<Header>, usize, u64) = (None, 0, 0);
        // To the end, although the header stands at the beginning: damage below must not come up half way.
        workbook.rows(&sheet.name, &mut |row| {
            cells += row.len() as u64;
            if searched < header::SEARCHED {
                searched += 1;
                header::better(&mut best, header::read(table, &names, row.number, row.written()));
            }
            ControlFlow::Continue(())
        })?;
        match best.map(|header| header.complete(table)) {
            Some(Ok(header)) => {
                reading = reading.with_header(Some(&sheet.name), &header);
                sheets.push((sheet.name, header));
            }
            Some(Err(refusal)) => {
                incomplete.get_or_insert(refusal);
                reading.unread_sheets.push(sheet.name);
            }
            None if cells == 0 => {}
            None => reading.unread_sheets.push(sheet.name),
        }
    }
    if sheets.is_empty() {
        return Err(incomplete.unwrap_or(FileRefusal::NoHeader));
    }
    if let Some(refusal) = incomplete {
        // A second sheet that is meant to be read and cannot be would be lost in silence.
        return Err(refusal);
    }
    Ok(Intake { sender, reading, body: Body::Workbook { workbook, sheets } })
}

/// Goes from row to row and parts the file where a part is full.
fn plan(
    parts: &mut Vec<Part>,
    bytes: u64,
    (mut start, mut first_row): (u64, u64),
    mut next: impl FnMut() -> io::Result<Option<(u64, u64)>>,
) -> io::Result<()> {
    let mut end = start;
    while let Some((position, row)) = next()? {
        end = position;
        if end - start >= bytes.max(1) {
            parts.push(Part { start, end, first_row });
            (start, first_row) = (end, row);
        }
    }
    if end > start {
        parts.push(Part { start, end, first_row });
    }
    Ok(())
}

/// A note below the data (填报人, 填报日期): it starts so, and hardly anything else stands in the row.
fn is_note(row: &Row<'_>, header: &Header) -> bool {
    const STARTS: [&str; 7] = ["填报人", "填报日期", "填报单位", "填表人", "制表人", "审核人", "联系电话"];
    let Some(first) = row.cells().find(|cell| !cell.is_blank()) else { return false };
    let Cell::Text(first) = first else { return false };
    if !STARTS.iter().any(|start| first.trim_start().starts_with(start)) {
        return false;
    }
    let filled = row.cells().filter(|cell| !cell.is_blank()).count();
    filled <= 6 && filled * 2 < header.matches().max(2)
}

impl Intake<'_> {
    /// The table that the file holds.
    pub const fn table(&self) -> TableId {
        self.sender.table
    }
}
