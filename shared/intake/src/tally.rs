//! What becomes of a file's rows, one after another, and how often.

use std::collections::BTreeMap;

use xinzheng_domain::ChunkLine;
use xinzheng_domain::record::entry::ROWS_OF_A_SHEET;
use xinzheng_domain::record::table::Table;

use crate::cell::Cell;
use crate::check::{self, Checker};
use crate::doubles::Doubles;
use crate::findings::Notes;
use crate::header::Header;
use crate::merge::Merge;
use crate::normalisation::Normalisation;
use crate::receipt::{Counts, Notice, NoticedRow, Reading, ReceiptNormalisation};
use crate::rejection::{RejectedRow, RejectionCode};
use crate::remembered::Remembered;
use crate::repeated_header::header_again;
use crate::row::Row;
use crate::sender::Sender;
use crate::surroundings::Surroundings;

#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one at a time; a box would be an allocation for each row")]
pub enum RowOutcome<'r> {
    Accepted(ChunkLine<'r>),
    /// An invalid row with every fault.
    Rejected(RejectedRow),
    /// Nothing to read: blank, or a note below the data.
    Blank,
}

/// Where rows stand.
#[derive(Clone, Copy)]
pub(crate) struct Standing<'w> {
    /// The worksheet, for workbooks.
    pub(crate) sheet: Option<&'w str>,
    pub(crate) ordinal: u64,
    pub(crate) several: bool,
    pub(crate) merges: &'w [Merge],
}

impl Standing<'static> {
    /// A file without worksheets.
    pub(crate) const FILE: Self = Self { sheet: None, ordinal: 0, several: false, merges: &[] };
}

/// What the rows read so far came to.
pub(crate) struct Tally<'s> {
    sender: &'s Sender,
    pub(crate) table: &'static Table,
    pub(crate) counts: Counts,
    pub(crate) faults: BTreeMap<RejectionCode, u64>,
    notes: BTreeMap<(usize, Normalisation), u64>,
    remembered: Vec<Remembered>,
    doubles: Doubles,
}

impl<'s> Tally<'s> {
    pub(crate) fn new(sender: &'s Sender) -> Self {
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
    pub(crate) fn outcome<'r>(
        &mut self,
        row: &Row<'r>,
        header: &mut Header,
        place: Standing<'_>,
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
    pub(crate) fn without_header<'r>(&mut self, number: u64, cells: Vec<String>) -> RowOutcome<'r> {
        self.counts.rows += 1;
        self.counts.rejected += 1;
        *self.faults.entry(RejectionCode::HeaderMissing).or_default() += 1;
        let faults = vec![check::above_header(number, cells.first().map_or("", String::as_str))];
        RowOutcome::Rejected(RejectedRow { row: number, sheet: None, header: 0, cells, faults })
    }

    /// Rows without any cell.
    pub(crate) fn passed_over(&mut self, rows: u64) {
        self.counts.rows += rows;
        self.counts.blank += rows;
    }

    /// What was normalised, in the table's column order.
    pub(crate) fn normalisations(&self) -> Vec<ReceiptNormalisation> {
        let column = |index: usize| self.table.columns.get(index).map_or_else(String::new, |c| c.header.clone());
        let one = |(&(index, normalisation), &cells): (&(usize, Normalisation), &u64)| ReceiptNormalisation {
            column: column(index),
            normalisation,
            cells,
        };
        self.notes.iter().map(one).collect()
    }
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
