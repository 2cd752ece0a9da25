//! A row of a file, whatever its format.

use crate::cell::Cell;
use crate::date::Epoch;
use crate::json_cell::JsonCell;
use crate::sheet_cell::SheetCell;

/// A row: where it stands in the file, and its cells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'r> {
    /// From 1, as a spreadsheet counts: blank lines count, a quoted line break does not.
    pub(crate) number: u64,
    /// True when nothing in the row's text hides (see [`may_hide`](crate::character::may_hide)).
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
    QuoteUnclosed,
    /// A carriage return outside quotes, which is no line end of this text.
    LoneReturn,
    /// A row of a worksheet that has no header.
    NoHeader,
    TooLong,
    /// A line that is no JSON object; holds the column where it stops being one.
    NoObject(usize),
}

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
