//! The intake of one file: its rows, one after another.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use xinzheng_domain::citizen_id::mask_within;
use xinzheng_domain::effect::{EFFECTS_HEADER, EFFECTS_SHEET};
use xinzheng_domain::entry::ROWS_OF_A_SHEET;
use xinzheng_domain::table::Table;
use xinzheng_domain::{ChunkLine, TableId};

use crate::cell::Cell;
use crate::check::{self, Checker};
use crate::delimited::{DelimitedRows, Next, Shape};
use crate::delimiter;
use crate::doubles::Doubles;
use crate::encoding::{self, TextEncoding};
use crate::findings::Notes;
use crate::format::Format;
use crate::header::{self, Header};
use crate::json::{self, JsonFault, JsonObject, Keys};
use crate::limits::Limits;
use crate::lines::JsonLines;
use crate::merge::Merge;
use crate::normalisation::Normalisation;
use crate::origin::{self, Origin};
use crate::receipt::{Counts, Notice, NoticedRow, Reading, ReceiptNormalisation, without_numbers};
use crate::reference::COLUMNS;
use crate::refusal::FileRefusal;
use crate::rejection::RejectedRow;
use crate::rejection::RejectionCode;
use crate::remembered::Remembered;
use crate::row::{Cells, Row, RowFault};
use crate::sender::{Confirmed, Sender};
use crate::surroundings::Surroundings;
use crate::workbook::{Sheet, Workbook};

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
/// use xinzheng_intake::{Confirmed, Intake, Limits, RowOutcome, Sender};
/// use xinzheng_domain::{TableId, UnitCode, subject::PersonKey};
///
/// let sender = Sender {
///     unit: UnitCode::parse("market-supervision").unwrap(),
///     table: TableId::Subject,
///     today: jiff::civil::date(2025, 11, 3),
///     person_key: PersonKey::new("a secret"),
///     confirmed: Confirmed::default(),
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
    /// Rows of data above the header are kept with their numbers.
    Delimited {
        rows: DelimitedRows<Source<'s>>,
        header: Header,
        above: Vec<(u64, Vec<String>)>,
    },
    Lines {
        rows: JsonLines<Source<'s>>,
        header: Header,
    },
    Objects {
        objects: Vec<JsonObject>,
        header: Header,
        keys: Keys,
    },
    Workbook {
        workbook: Workbook,
        sheets: Vec<Worksheet>,
    },
}

/// A worksheet that is read.
struct Worksheet {
    /// Where it stands among the workbook's worksheets.
    index: usize,
    name: String,
    /// `None` for a sheet whose rows look like data, but stand under no header.
    header: Option<Header>,
    /// How many columns of its rows are kept.
    width: usize,
    merges: Vec<Merge>,
}

/// How the rows of a text are read: what a part of a file needs to know about its beginning.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Layout {
    reading: Reading,
    /// Each header that stands in the file, and each that stands there again.
    headers: Vec<Header>,
    shape: Option<Shape>,
}

impl Layout {
    /// What the clerk said of the file.
    pub const fn confirmed(&self) -> Confirmed {
        self.reading.confirmed
    }
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
    /// Which of the layout's headers its first rows stand under.
    #[serde(default)]
    pub header: usize,
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
            if format == Format::Json {
                return Ok(of_objects(&bytes, sender, table)?);
            }
            let opened = of_workbook(bytes.into(), format, sender, table, limits);
            // An .xls under the name of an .xlsx; one that has a password says so first.
            if !matches!(opened, Err(FileRefusal::PasswordProtected | FileRefusal::Macros)) {
                format.check_name(file_name)?;
            }
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
        let mut reading = Reading::begun(format, Some(detected.encoding), sender.confirmed);
        if format == Format::Jsonl {
            let cut = head.len() + detected.mark >= HEAD;
            let keys = JsonLines::keys(table, &head, cut, detected.encoding, limits.row_bytes, KEYS_SEARCHED)?;
            let mut header = of_keys(table, keys, sender, &mut reading)?;
            let keys = Keys::complete(table, &mut header);
            let reading = reading.with_header(None, &header);
            let rows = |head, rest: Source<'s>, keys| {
                JsonLines::new(head, rest, detected.encoding, limits.row_bytes, offset, 1, keys)
            };
            let mut sampled = rows(head.clone(), Box::new(io::empty()), Keys::complete(table, &mut header.clone()));
            check_origin(sender, &header, |see| {
                while let Ok(Some(row)) = sampled.next() {
                    if !see(&row) {
                        break;
                    }
                }
            })?;
            return Ok(Self { sender, reading, body: Body::Lines { rows: rows(head, rest, keys), header } });
        }
        let found = delimiter::find(&head, detected.encoding, table, limits.row_bytes);
        let (shape, header) = found.ok_or(FileRefusal::NoHeader(Some(detected.encoding)))?;
        let header = accepted(header, table, sender, &mut reading)?;
        // Rows of data above the header are rows too.
        let past_header = |rows: &mut DelimitedRows<_>| -> io::Result<Vec<(u64, Vec<String>)>> {
            let mut above = vec![];
            for _ in 0..header.row {
                if let Some(row) = rows.next()?
                    && header::is_above(&row, &header, table)
                {
                    above.push((row.number, row.written(header.width())));
                }
            }
            Ok(above)
        };
        let rows = |head, rest: Source<'s>| DelimitedRows::new(head, rest, shape, limits.row_bytes, offset, 1);
        let mut sampled = rows(head.clone(), Box::new(io::empty()));
        past_header(&mut sampled)?;
        check_origin(sender, &header, |see| {
            while let Ok(Some(row)) = sampled.next() {
                if !see(&row) {
                    break;
                }
            }
        })?;
        let mut rows = rows(head, rest);
        let above = past_header(&mut rows)?;
        let reading = reading.with_header(None, &header);
        Ok(Self { sender, reading, body: Body::Delimited { rows, header, above } })
    }

    /// The rows of a part of a text, as [`Self::parts`] planned it; `source` gives the part's bytes and no more.
    pub fn resume(source: impl Read + 's, layout: Layout, part: Part, sender: &'s Sender, limits: &Limits) -> Self {
        let Layout { mut reading, mut headers, shape } = layout;
        let mut header = if part.header < headers.len() { headers.swap_remove(part.header) } else { Header::default() };
        let rest: Source<'s> = Box::new(source);
        let (longest, start, first) = (limits.row_bytes, part.start, part.first_row);
        // What stands at the beginning of the file is told by its first part.
        reading.headers.clear();
        reading.notices.clear();
        reading.add_header(None, &header);
        let body = if let Some(shape) = shape {
            Body::Delimited {
                rows: DelimitedRows::new(vec![], rest, shape, longest, start, first),
                header,
                above: vec![],
            }
        } else {
            let encoding = reading.encoding.unwrap_or(TextEncoding::Utf8);
            let keys = Keys::complete(sender.table.standard(), &mut header);
            Body::Lines { rows: JsonLines::new(vec![], rest, encoding, longest, start, first, keys), header }
        };
        Self { sender, reading, body }
    }

    /// Reads to the end and says where the file can be parted, and how its rows are read: every part has at least `bytes`
    /// bytes but the last, and no row is cut. `None` when parts of the file cannot be worked on by themselves: only text
    /// can, but not UTF-16.
    pub fn parts(self, bytes: u64) -> io::Result<Option<(Layout, Vec<Part>)>> {
        if self.reading.encoding == Some(TextEncoding::Utf16) {
            return Ok(None);
        }
        let table = self.sender.table.standard();
        let mut parts = vec![];
        let (headers, shape) = match self.body {
            // What stands above the header belongs to no part.
            Body::Delimited { above, .. } if !above.is_empty() => return Ok(None),
            Body::Delimited { mut rows, header, .. } => {
                let (start, shape) = (rows.position(), rows.shape());
                let mut headers = vec![header];
                plan(&mut parts, bytes, start, || {
                    let found = match rows.next_if(header::may_be)? {
                        Next::End => return Ok(None),
                        Next::Passed => None,
                        Next::Row(row) => headers.last().and_then(|current| header_again(&row, table, current)),
                    };
                    headers.extend(found);
                    Ok(Some((rows.position(), headers.len() - 1)))
                })?;
                (headers, Some(shape))
            }
            Body::Lines { mut rows, header } => {
                let start = rows.position();
                plan(&mut parts, bytes, start, || Ok(rows.pass_over()?.then(|| (rows.position(), 0))))?;
                (vec![header], None)
            }
            Body::Objects { .. } | Body::Workbook { .. } => return Ok(None),
        };
        Ok(Some((Layout { reading: self.reading, headers, shape }, parts)))
    }

    /// Reads every row and gives it to `take`, until `take` breaks. Returns what was read: `accepted + rejected +
    /// blank` is the number of rows below the header.
    ///
    /// Errors only when the source cannot be read.
    pub fn read(self, take: &mut dyn FnMut(RowOutcome<'_>) -> ControlFlow<()>) -> Result<Reading, OpenError> {
        let Self { sender, mut reading, body } = self;
        let mut tally = Tally::new(sender);
        let table = sender.table.standard();
        match body {
            Body::Delimited { mut rows, mut header, above } => {
                let mut above = above.into_iter();
                let stopped = above.any(|(number, cells)| take(tally.without_header(number, cells)).is_break());
                while !stopped && let Some(row) = rows.next()? {
                    if take(tally.outcome(&row, &mut header, Place::FILE, &mut reading)).is_break() {
                        break;
                    }
                }
            }
            Body::Lines { mut rows, mut header } => {
                while let Some(row) = rows.next()? {
                    if take(tally.outcome(&row, &mut header, Place::FILE, &mut reading)).is_break() {
                        break;
                    }
                }
                reading.unknown_columns.extend(rows.unknown().cloned().map(without_numbers));
            }
            Body::Objects { objects, mut header, mut keys } => {
                for (number, object) in (1..).zip(objects) {
                    let cells = keys.align(object);
                    let cells = Cells::Json(&cells);
                    let row = Row { number, plain: false, hidden: false, fault: None, cells };
                    if take(tally.outcome(&row, &mut header, Place::FILE, &mut reading)).is_break() {
                        break;
                    }
                }
                reading.unknown_columns.extend(keys.unknown.into_iter().map(without_numbers));
            }
            Body::Workbook { mut workbook, sheets } => {
                let several = sheets.len() > 1;
                for (ordinal, sheet) in (0..).zip(sheets) {
                    let Worksheet { index, name, header, width, merges } = sheet;
                    let place = Place { sheet: Some(&name), ordinal, several, merges: &merges };
                    let (mut header, headless) = header.map_or_else(|| (Header::default(), true), |h| (h, false));
                    let found = header.clone();
                    let (first, mut last, mut seen) = (header.row, header.row, 0);
                    let (mut hidden, mut broken) = (0, false);
                    workbook.rows(index, &std::cell::Cell::new(width), true, &mut |mut row| {
                        let is_above = row.number <= first;
                        if is_above && !header::is_above(&row, &found, table) {
                            return ControlFlow::Continue(());
                        }
                        if is_above || (headless && !row.is_blank()) {
                            row.fault = Some(RowFault::NoHeader);
                        }
                        if !is_above {
                            (last, seen) = (last.max(row.number), seen + 1);
                            hidden += u64::from(row.hidden && !row.is_blank());
                        }
                        let flow = take(tally.outcome(&row, &mut header, place, &mut reading));
                        broken = flow.is_break();
                        flow
                    })?;
                    // Rows without any cell are not in the file; a spreadsheet shows them all the same.
                    tally.passed_over(last - first - seen);
                    if hidden > 0 {
                        reading.notice(Notice::HiddenRowsRead { sheet: name, rows: hidden });
                    }
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

/// Where rows stand.
#[derive(Clone, Copy)]
struct Place<'w> {
    /// The worksheet, for workbooks.
    sheet: Option<&'w str>,
    ordinal: u64,
    several: bool,
    merges: &'w [Merge],
}

impl Place<'static> {
    /// A file without worksheets.
    const FILE: Self = Self { sheet: None, ordinal: 0, several: false, merges: &[] };
}

/// What the rows read so far came to.
struct Tally<'s> {
    sender: &'s Sender,
    table: &'static Table,
    counts: Counts,
    faults: BTreeMap<RejectionCode, u64>,
    notes: BTreeMap<(usize, Normalisation), u64>,
    remembered: Vec<Remembered>,
    doubles: Doubles,
}

impl<'s> Tally<'s> {
    fn new(sender: &'s Sender) -> Self {
        let table = sender.table.standard();
        let remembered = table.columns.iter().map(|_| Remembered::default()).collect();
        Self {
            sender,
            table,
            counts: Counts::default(),
            notes: BTreeMap::new(),
            remembered,
            faults: BTreeMap::new(),
            doubles: Doubles::new(),
        }
    }

    /// What a row comes to. A row that is a header again becomes the header of those below it.
    #[inline]
    fn outcome<'r>(
        &mut self,
        row: &Row<'r>,
        header: &mut Header,
        place: Place<'_>,
        reading: &mut Reading,
    ) -> RowOutcome<'r> {
        self.counts.rows += 1;
        if row.is_blank() || is_note(row, header) {
            self.counts.blank += 1;
            return RowOutcome::Blank;
        }
        let sheet = place.sheet.filter(|_| place.several);
        let surroundings = Surroundings { sender: self.sender, table: self.table, header, sheet, merges: place.merges };
        let checker = Checker { surroundings, remembered: &self.remembered };
        let mut noted = Notes::default();
        let mut checked = checker.check(row, &mut noted);
        // By reference: an entry is long, and each move of it shows.
        let earlier = match &checked {
            Ok(entry) => self.doubles.see(entry, row, header, place.ordinal),
            Err(_) => None,
        };
        if let (Some((sheet, earlier)), Ok(entry)) = (earlier, &checked) {
            let name = reading.sheets.get(usize::try_from(sheet).unwrap_or(usize::MAX));
            let earlier = match name.filter(|_| place.several && sheet != place.ordinal) {
                Some(name) => format!("工作表“{name}”第{earlier}行"),
                None => format!("第{earlier}行"),
            };
            checked = Err(vec![checker.twice(row, entry, &earlier)]);
        }
        match checked {
            Ok(entry) => {
                if noted.amount_unlike_text {
                    let row = NoticedRow { sheet: sheet.map(str::to_owned), row: row.number };
                    reading.notice(Notice::AmountUnlikeText { rows: vec![row], times: 1 });
                }
                for note in noted.normalised {
                    *self.notes.entry(note).or_default() += 1;
                }
                self.counts.accepted += 1;
                RowOutcome::Accepted(ChunkLine { row: place.ordinal * ROWS_OF_A_SHEET + row.number, entry })
            }
            Err(faults) => {
                if let Some(again) = header_again(row, self.table, header) {
                    if again.cells != header.cells {
                        reading.add_header(place.sheet, &again);
                    }
                    reading.notice(Notice::HeaderAgain { sheet: place.sheet.map(str::to_owned), times: 1 });
                    // The same header keeps its row, under which the receipt knows it.
                    let row = if again.cells == header.cells { header.row } else { again.row };
                    *header = Header { row, ..again };
                    self.counts.blank += 1;
                    return RowOutcome::Blank;
                }
                self.counts.rejected += 1;
                for fault in &faults {
                    *self.faults.entry(fault.code).or_default() += 1;
                }
                RowOutcome::Rejected(RejectedRow {
                    row: row.number,
                    sheet: place.sheet.map(str::to_owned),
                    header: header.row,
                    cells: row.written(header.width()),
                    faults,
                })
            }
        }
    }

    /// A row of data that stands above the header.
    fn without_header<'r>(&mut self, number: u64, cells: Vec<String>) -> RowOutcome<'r> {
        self.counts.rows += 1;
        self.counts.rejected += 1;
        *self.faults.entry(RejectionCode::HeaderMissing).or_default() += 1;
        let faults = vec![check::above_header(number, cells.first().map_or("", String::as_str))];
        RowOutcome::Rejected(RejectedRow { row: number, sheet: None, header: 0, cells, faults })
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

/// A header that a file may be read under, or the refusal of the file.
fn accepted(
    header: Header,
    table: &'static Table,
    sender: &Sender,
    reading: &mut Reading,
) -> Result<Header, FileRefusal> {
    let looks = origin::other_table(&header, table).map(|other| other.title.clone());
    let missing = header.missing(table);
    if !missing.is_empty() {
        return Err(FileRefusal::MissingColumns { missing, sheet: None, looks });
    }
    if let Some(looks) = looks.filter(|_| !sender.confirmed.origin) {
        return Err(FileRefusal::OtherTable { looks, sent: table.title.clone() });
    }
    let near = header.near_misses(table);
    if !near.is_empty() {
        if !sender.confirmed.columns {
            return Err(FileRefusal::NearMisses(near));
        }
        reading
            .notice(Notice::NearlyKnownLeftOut { columns: near.into_iter().filter_map(|near| near.nearest).collect() });
    }
    Ok(header)
}

/// Refuses a file whose first rows another unit decided, unless the clerk said that it is right.
fn check_origin(
    sender: &Sender,
    header: &Header,
    rows: impl FnOnce(&mut dyn FnMut(&Row<'_>) -> bool),
) -> Result<(), FileRefusal> {
    if sender.confirmed.origin {
        return Ok(());
    }
    let mut origin = Origin::new(sender, header);
    rows(&mut |row| {
        if !row.is_blank() {
            origin.see(|place| match row.cell(place) {
                Cell::Text(text) => text.into(),
                cell => cell.display().into_owned().into(),
            });
        }
        !origin.has_enough()
    });
    origin.verdict()
}

/// The header that a row below one is again; `None` for a row of data.
fn header_again(row: &Row<'_>, table: &'static Table, current: &Header) -> Option<Header> {
    let cells = row.written(current.width());
    if row.fault.is_some() || !cells.iter().all(|cell| header::may_be(cell.as_bytes())) {
        return None;
    }
    // The same header, or a line of the same in two lines: what was read of it stays.
    if current.is_line(&cells) {
        return Some(current.clone());
    }
    let mut found = header::read(table, header::names(table), row.number, cells);
    if !header::is_again(&found, current) {
        return None;
    }
    let near = found.near_misses(table).into_iter().filter_map(|near| near.nearest);
    let near: Vec<String> = near.filter(|name| !current.unknown.contains(name)).collect();
    if !near.is_empty() {
        found.refusal = Some(format!("“{}”与归集标准的列名相近而不相同", near.join("、")));
    }
    Some(found)
}

/// The header that the keys of objects make.
fn of_keys(
    table: &'static Table,
    keys: Vec<String>,
    sender: &Sender,
    reading: &mut Reading,
) -> Result<Header, FileRefusal> {
    let header = header::read(table, header::names(table), 0, keys);
    if header.matches() < 2 { Err(FileRefusal::NoHeader(None)) } else { accepted(header, table, sender, reading) }
}

fn of_objects<'s>(bytes: &[u8], sender: &'s Sender, table: &'static Table) -> Result<Intake<'s>, FileRefusal> {
    let detected = encoding::detect(bytes);
    let mut scratch = String::new();
    let decoded;
    let text = if detected.encoding == TextEncoding::Utf16 {
        decoded = encoding::of_utf16(bytes);
        decoded.as_str()
    } else {
        encoding::text(detected.encoding, bytes.get(detected.mark..).unwrap_or_default(), &mut scratch)
    };
    let mut lists = json::lists(text.as_bytes()).map_err(|fault| match fault {
        JsonFault::NoList => FileRefusal::NoList,
        JsonFault::TooMany => FileRefusal::TooManyObjects(json::MOST_OBJECTS as u64),
        JsonFault::Damaged(error) => FileRefusal::DamagedJson(error.line(), error.column()),
    })?;
    lists.retain(|(_, objects)| !objects.is_empty());
    let mut reading = Reading::begun(Format::Json, Some(detected.encoding), sender.confirmed);
    let matches =
        |objects: &[JsonObject]| header::read(table, header::names(table), 0, json::keys(table, objects)).matches();
    let known: Vec<usize> = lists.iter().map(|(_, objects)| matches(objects)).collect();
    let most = known.iter().copied().max().ok_or(FileRefusal::Empty)?;
    let mut objects = vec![];
    for ((key, list), known) in lists.into_iter().zip(known) {
        // Lists of other things have hardly a key in common with the table.
        if known * 2 >= most {
            objects.extend(list);
        } else {
            let key = without_numbers(key.unwrap_or_default());
            reading.notice(Notice::ListUnread { key, rows: list.len() as u64 });
        }
    }
    let mut header = of_keys(table, json::keys(table, &objects), sender, &mut reading)?;
    let keys = Keys::complete(table, &mut header);
    let reading = reading.with_header(None, &header);
    let mut sample = Keys::complete(table, &mut header.clone());
    check_origin(sender, &header, |see| {
        for object in &objects {
            let cells = sample.align(object.clone());
            let cells = Cells::Json(&cells);
            if !see(&Row { number: 1, plain: false, hidden: false, fault: None, cells }) {
                break;
            }
        }
    })?;
    Ok(Intake { sender, reading, body: Body::Objects { objects, header, keys } })
}

fn of_workbook<'s>(
    bytes: Arc<[u8]>,
    format: Format,
    sender: &'s Sender,
    table: &'static Table,
    limits: &Limits,
) -> Result<Intake<'s>, FileRefusal> {
    let mut workbook = Workbook::open(bytes, format, limits)?;
    let mut reading = Reading::begun(format, None, sender.confirmed);
    let mut sheets: Vec<Worksheet> = vec![];
    let mut refusal = None;
    for (index, Sheet { name, visible }) in workbook.sheets().into_iter().enumerate() {
        if visible && name == EFFECTS_SHEET && is_of_effects(&mut workbook, index)? {
            continue;
        }
        // Sheets are found by their place; what is told of them names nobody's number.
        let name = mask_within(&name).unwrap_or(name);
        if !visible {
            reading.notice(Notice::SheetUnread { sheet: name, hidden: true });
            continue;
        }
        let found = look_through(&mut workbook, index, table, sender)?;
        let Some(header) = found.header else {
            if found.data_rows > 0 {
                sheets.push(Worksheet { index, name, header: None, width: COLUMNS, merges: vec![] });
            } else if found.cells > 0 {
                reading.notice(Notice::SheetUnread { sheet: name, hidden: false });
            }
            continue;
        };
        match accepted(header, table, sender, &mut reading).and_then(|header| found.origin.map(|()| header)) {
            Ok(header) => {
                reading = reading.with_header(Some(&name), &header);
                let width = found.width.max(header.kept());
                sheets.push(Worksheet { index, name, header: Some(header), width, merges: found.merges });
            }
            Err(FileRefusal::MissingColumns { missing, looks, .. }) => {
                refusal.get_or_insert(FileRefusal::MissingColumns { missing, sheet: Some(name), looks });
            }
            Err(other) => _ = refusal.get_or_insert(other),
        }
    }
    if let Some(refusal) = refusal {
        // A sheet that is meant to be read and cannot be would be lost in silence.
        return Err(refusal);
    }
    if sheets.iter().all(|sheet| sheet.header.is_none()) {
        return Err(FileRefusal::NoHeader(None));
    }
    Ok(Intake { sender, reading, body: Body::Workbook { workbook, sheets } })
}

/// True of the worksheet that a marked workbook has beside the returned rows, which tells what the others came to.
fn is_of_effects(workbook: &mut Workbook, index: usize) -> Result<bool, FileRefusal> {
    let mut is_of_effects = false;
    workbook.rows(index, &std::cell::Cell::new(EFFECTS_HEADER.len()), false, &mut |row| {
        is_of_effects = row.written(EFFECTS_HEADER.len()) == EFFECTS_HEADER;
        ControlFlow::Break(())
    })?;
    Ok(is_of_effects)
}

/// What a look through a worksheet found.
struct Found {
    header: Option<Header>,
    /// How many columns its headers need.
    width: usize,
    cells: u64,
    /// Rows that have as many cells as rows of the table, whatever they say.
    data_rows: u64,
    merges: Vec<Merge>,
    origin: Result<(), FileRefusal>,
}

/// Looks through a worksheet to its end, although the header stands at the beginning: damage below must not come up half
/// way.
fn look_through(
    workbook: &mut Workbook,
    index: usize,
    table: &'static Table,
    sender: &Sender,
) -> Result<Found, FileRefusal> {
    let names = header::names(table);
    let mut first: Vec<(u64, Vec<String>)> = vec![];
    let (mut header, mut origin): (Option<Header>, Option<Origin<'_>>) = (None, None);
    let (mut cells, mut data_rows) = (0, 0);
    let width = std::cell::Cell::new(COLUMNS);
    let settle = |first: &[(u64, Vec<String>)]| {
        let header = header::search(table, names, first)?;
        let mut origin = Origin::new(sender, &header);
        for (_, cells) in first.iter().filter(|(number, _)| *number > header.row) {
            origin.see(|place| cells.get(place).map_or("", String::as_str).into());
        }
        width.set(header.kept());
        Some((header, origin))
    };
    let mut settled = false;
    let merges = workbook.rows(index, &width, false, &mut |row| {
        let filled = row.filled();
        cells += filled as u64;
        data_rows += u64::from(header::is_data(filled, table));
        if first.len() < header::SEARCHED {
            first.push((row.number, row.written(COLUMNS)));
            return ControlFlow::Continue(());
        }
        if !settled {
            settled = true;
            (header, origin) = settle(&first).unzip();
        }
        if let Some(current) = &header
            && filled > 0
            && let Some(again) = header_again(&row, table, current)
        {
            width.set(width.get().max(again.kept()));
        }
        if let Some(origin) = &mut origin {
            origin.see(|place| row.cell(place).display().into_owned().into());
        }
        ControlFlow::Continue(())
    })?;
    if !settled {
        (header, origin) = settle(&first).unzip();
    }
    for (number, row) in &first {
        if let Some(current) = header.as_ref().filter(|header| *number > header.row) {
            let again = header::read(table, names, *number, row.clone());
            if header::is_again(&again, current) {
                width.set(width.get().max(again.kept()));
            }
        }
    }
    let verdict = match origin {
        Some(origin) if !sender.confirmed.origin => origin.verdict(),
        _ => Ok(()),
    };
    Ok(Found { header, width: width.get(), cells, data_rows, merges, origin: verdict })
}

/// Goes from row to row and parts the file where a part is full. `next` says where the row behind the next one begins, its
/// number, and the header that it stands under.
fn plan(
    parts: &mut Vec<Part>,
    bytes: u64,
    (mut start, mut first_row): (u64, u64),
    mut next: impl FnMut() -> io::Result<Option<((u64, u64), usize)>>,
) -> io::Result<()> {
    let (mut end, mut header) = (start, 0);
    while let Some(((position, row), under)) = next()? {
        end = position;
        if end - start >= bytes.max(1) {
            parts.push(Part { start, end, first_row, header });
            (start, first_row, header) = (end, row, under);
        }
    }
    if end > start {
        parts.push(Part { start, end, first_row, header });
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
    let filled = row.filled();
    filled <= 6 && filled * 2 < header.matches().max(2)
}

impl Intake<'_> {
    /// The table that the file holds.
    pub const fn table(&self) -> TableId {
        self.sender.table
    }
}
