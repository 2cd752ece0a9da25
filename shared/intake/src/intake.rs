//! The intake of one file: its rows, one after another.

use std::io::{self, Read};
use std::ops::ControlFlow;

use thiserror::Error;
use xinzheng_domain::TableId;

use crate::admission::{accept_header, accept_keys, check_origin};
use crate::delimited::{DelimitedRows, Next};
use crate::delimiter;
use crate::encoding::{self, TextEncoding};
use crate::format::Format;
use crate::header::{self, Header};
use crate::json::Keys;
use crate::limits::Limits;
use crate::lines::JsonLines;
use crate::objects::{self, Objects};
use crate::parts::{Layout, Part, plan};
use crate::receipt::{Notice, Reading, without_numbers};
use crate::refusal::FileRefusal;
use crate::repeated_header::header_again;
use crate::row::{Cells, Row, RowFault};
use crate::sender::Sender;
use crate::tally::{RowOutcome, Standing, Tally};
use crate::workbook::Workbook;
use crate::worksheets::{self, Worksheet};

/// Why a file could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The file is refused as a whole.
    #[error(transparent)]
    Refused(#[from] FileRefusal),
    #[error("the file cannot be read: {0}")]
    Source(#[from] io::Error),
}

/// How much of a file is looked at to tell its encoding, delimiter and header.
const HEAD: usize = 1 << 20;
/// How many objects of a JSONL file are looked at to tell its keys.
const KEYS_SEARCHED: usize = 1000;

type Source<'s> = Box<dyn Read + 's>;

/// A text whose beginning was looked at.
struct Text<'s> {
    head: Vec<u8>,
    rest: Source<'s>,
    /// Where in the file the head begins.
    offset: u64,
    encoding: TextEncoding,
}

/// An uploaded file, its header read, its rows still to come.
///
/// ```
/// use xinzheng_intake::{Confirmed, Intake, Limits, RowOutcome, Sender};
/// use xinzheng_domain::{TableId, UnitCode, identity::subject::PersonKey};
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
    Objects(Objects),
    Workbook {
        workbook: Workbook,
        sheets: Vec<Worksheet>,
    },
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
        if format.streams() {
            Self::open_text(head, source, format, sender, limits)
        } else {
            Self::open_held(head, source, (format, file_name), sender, limits)
        }
    }

    fn open_held(
        head: Vec<u8>,
        source: impl Read,
        (format, file_name): (Format, &str),
        sender: &'s Sender,
        limits: &Limits,
    ) -> Result<Self, OpenError> {
        let table = sender.table.standard();
        let mut bytes = head;
        source.take(limits.held_bytes + 1 - (bytes.len() as u64).min(limits.held_bytes)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limits.held_bytes {
            return Err(FileRefusal::TooLarge(limits.held_bytes).into());
        }
        if format == Format::Json {
            let (reading, objects) = objects::open(&bytes, sender, table)?;
            return Ok(Self { sender, reading, body: Body::Objects(objects) });
        }
        let opened = worksheets::open(bytes.into(), format, sender, table, limits);
        // An .xls under the name of an .xlsx; one that has a password says so first.
        if !matches!(opened, Err(FileRefusal::PasswordProtected | FileRefusal::Macros)) {
            format.check_name(file_name)?;
        }
        let (reading, workbook, sheets) = opened?;
        Ok(Self { sender, reading, body: Body::Workbook { workbook, sheets } })
    }

    fn open_text(
        mut head: Vec<u8>,
        source: impl Read + 's,
        format: Format,
        sender: &'s Sender,
        limits: &Limits,
    ) -> Result<Self, OpenError> {
        let detected = encoding::detect(&head);
        let encoding = detected.encoding;
        let (head, rest, offset): (Vec<u8>, Source<'s>, u64) = if encoding == TextEncoding::Utf16 {
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
        let reading = Reading::begun(format, Some(encoding), sender.confirmed);
        // The head may end inside a line.
        let cut = head.len() + detected.mark >= HEAD;
        let text = Text { head, rest, offset, encoding };
        if format == Format::Jsonl {
            Self::open_lines(text, reading, cut, sender, limits)
        } else {
            Self::open_delimited(text, reading, sender, limits)
        }
    }

    fn open_lines(
        text: Text<'s>,
        mut reading: Reading,
        cut: bool,
        sender: &'s Sender,
        limits: &Limits,
    ) -> Result<Self, OpenError> {
        let Text { head, rest, offset, encoding } = text;
        let table = sender.table.standard();
        let keys = JsonLines::keys(table, &head, cut, encoding, limits.row_bytes, KEYS_SEARCHED)?;
        let mut header = accept_keys(table, keys, sender, &mut reading)?;
        let keys = Keys::complete(table, &mut header);
        let reading = reading.with_header(None, &header);
        let rows =
            |head, rest: Source<'s>, keys| JsonLines::new(head, rest, encoding, limits.row_bytes, offset, 1, keys);
        let mut sampled = rows(head.clone(), Box::new(io::empty()), Keys::complete(table, &mut header.clone()));
        check_origin(sender, &header, |see| {
            while let Ok(Some(row)) = sampled.next() {
                if !see(&row) {
                    break;
                }
            }
        })?;
        Ok(Self { sender, reading, body: Body::Lines { rows: rows(head, rest, keys), header } })
    }

    fn open_delimited(
        text: Text<'s>,
        mut reading: Reading,
        sender: &'s Sender,
        limits: &Limits,
    ) -> Result<Self, OpenError> {
        let Text { head, rest, offset, encoding } = text;
        let table = sender.table.standard();
        let found = delimiter::find(&head, encoding, table, limits.row_bytes);
        let (shape, header) = found.ok_or(FileRefusal::NoHeader(Some(encoding)))?;
        let header = accept_header(header, table, sender, &mut reading)?;
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
            Body::Objects(_) | Body::Workbook { .. } => return Ok(None),
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
        match body {
            Body::Delimited { mut rows, mut header, above } => {
                let mut above = above.into_iter();
                let stopped = above.any(|(number, cells)| take(tally.without_header(number, cells)).is_break());
                while !stopped && let Some(row) = rows.next()? {
                    if take(tally.outcome(&row, &mut header, Standing::FILE, &mut reading)).is_break() {
                        break;
                    }
                }
            }
            Body::Lines { mut rows, mut header } => {
                while let Some(row) = rows.next()? {
                    if take(tally.outcome(&row, &mut header, Standing::FILE, &mut reading)).is_break() {
                        break;
                    }
                }
                reading.unknown_columns.extend(rows.unknown().cloned().map(without_numbers));
            }
            Body::Objects(Objects { objects, mut header, mut keys }) => {
                for (number, object) in (1..).zip(objects) {
                    let cells = keys.align(object);
                    let cells = Cells::Json(&cells);
                    let row = Row { number, plain: false, hidden: false, fault: None, cells };
                    if take(tally.outcome(&row, &mut header, Standing::FILE, &mut reading)).is_break() {
                        break;
                    }
                }
                reading.unknown_columns.extend(keys.unknown.into_iter().map(without_numbers));
            }
            Body::Workbook { mut workbook, sheets } => {
                let several = sheets.len() > 1;
                for (ordinal, sheet) in (0..).zip(sheets) {
                    let read = read_worksheet(&mut workbook, sheet, (ordinal, several), &mut tally, &mut reading, take);
                    if read?.is_break() {
                        break;
                    }
                }
            }
        }
        let faults = tally.faults.iter().map(|(code, times)| (code.code().to_owned(), *times)).collect();
        Ok(Reading { counts: tally.counts, normalisations: tally.normalisations(), faults, ..reading })
    }
}

/// Reads the rows of a worksheet; `several` when others are read beside it.
fn read_worksheet(
    workbook: &mut Workbook,
    sheet: Worksheet,
    (ordinal, several): (u64, bool),
    tally: &mut Tally<'_>,
    reading: &mut Reading,
    take: &mut dyn FnMut(RowOutcome<'_>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, FileRefusal> {
    let Worksheet { index, name, header, width, merges } = sheet;
    let standing = Standing { sheet: Some(&name), ordinal, several, merges: &merges };
    let (mut header, headless) = header.map_or_else(|| (Header::default(), true), |h| (h, false));
    let found = header.clone();
    let (first, mut last, mut seen) = (header.row, header.row, 0);
    let (mut hidden, mut flow) = (0, ControlFlow::Continue(()));
    workbook.rows(index, &std::cell::Cell::new(width), true, &mut |mut row| {
        let is_above = row.number <= first;
        if is_above && !header::is_above(&row, &found, tally.table) {
            return ControlFlow::Continue(());
        }
        if is_above || (headless && !row.is_blank()) {
            row.fault = Some(RowFault::NoHeader);
        }
        if !is_above {
            (last, seen) = (last.max(row.number), seen + 1);
            hidden += u64::from(row.hidden && !row.is_blank());
        }
        flow = take(tally.outcome(&row, &mut header, standing, reading));
        flow
    })?;
    // Rows without any cell are not in the file; a spreadsheet shows them all the same.
    tally.passed_over(last - first - seen);
    if hidden > 0 {
        reading.notice(Notice::HiddenRowsRead { sheet: name, rows: hidden });
    }
    Ok(flow)
}

impl Intake<'_> {
    pub const fn table(&self) -> TableId {
        self.sender.table
    }
}
