//! The row of a worksheet that is being read: its cells by column, no more of them than are looked at.

use std::cell::Cell;
use std::ops::ControlFlow;

use crate::date::Epoch;
use crate::refusal::FileRefusal;
use crate::row::{Cells, Row, RowFault};
use crate::sheet_cell::SheetCell;
use crate::workbook::package::damaged;

/// Who takes the rows of a sheet, and how much of them.
pub(crate) struct RowGate<'g> {
    /// How many columns are kept; of the cells beyond only the first that is not blank is told. May change between rows.
    pub(crate) width: &'g Cell<usize>,
    /// The most bytes of a row's texts.
    pub(crate) longest: usize,
    pub(crate) epoch: Epoch,
    pub(crate) each: &'g mut dyn FnMut(Row<'_>) -> ControlFlow<()>,
}

/// A row that is being read, and which rows were.
#[derive(Default)]
pub(crate) struct Grid {
    number: u64,
    hidden: bool,
    cells: Vec<SheetCell>,
    /// The first cell beyond the columns kept that is not blank.
    beyond: Option<(usize, SheetCell)>,
    filled: bool,
    /// The bytes of the row's texts.
    bytes: usize,
    /// A bit for each row that was begun.
    seen: Vec<u64>,
}

impl Grid {
    /// Begins a row; refuses numbers that no sheet of so many `rows` has, and a row that was begun before.
    pub(crate) fn begin(&mut self, number: u64, hidden: bool, rows: u64) -> Result<(), FileRefusal> {
        if number == 0 || number > rows {
            return Err(damaged(format!("第{number}行超出工作表的范围")));
        }
        let (word, bit) = (usize::try_from(number / 64).unwrap_or(0), 1 << (number % 64));
        if self.seen.len() <= word {
            self.seen.resize(word + 1, 0);
        }
        if let Some(seen) = self.seen.get_mut(word) {
            if *seen & bit != 0 {
                return Err(damaged(format!("第{number}行出现了两次")));
            }
            *seen |= bit;
        }
        (self.number, self.hidden, self.filled, self.beyond, self.bytes) = (number, hidden, false, None, 0);
        self.cells.clear();
        Ok(())
    }

    /// Puts a cell into the row. Blank cells take no room.
    pub(crate) fn put(
        &mut self,
        column: usize,
        cell: SheetCell,
        gate: &RowGate<'_>,
        columns: usize,
    ) -> Result<(), FileRefusal> {
        let width = gate.width.get();
        if column >= columns {
            return Err(damaged(format!("第{}列超出工作表的范围", column + 1)));
        }
        self.filled = true;
        if cell == SheetCell::Blank {
            return Ok(());
        }
        if let SheetCell::Text(text) = &cell {
            self.bytes += text.len();
            if self.bytes > gate.longest {
                // What was kept tells which row it is.
                return Ok(());
            }
        }
        if column >= width {
            if self.beyond.as_ref().is_none_or(|(first, _)| column < *first) && !cell.is_blank() {
                self.beyond = Some((column, cell));
            }
            return Ok(());
        }
        if self.cells.len() <= column {
            self.cells.resize(column + 1, SheetCell::Blank);
        }
        match self.cells.get_mut(column) {
            Some(place @ SheetCell::Blank) => *place = cell,
            _ => return Err(damaged(format!("第{}行第{}列有两个单元格", self.number, column + 1))),
        }
        Ok(())
    }

    /// Gives the row that was read, when it has a cell.
    pub(crate) fn give(&mut self, gate: &mut RowGate<'_>) -> Result<ControlFlow<()>, FileRefusal> {
        if !std::mem::take(&mut self.filled) {
            return Ok(ControlFlow::Continue(()));
        }
        let beyond = self.beyond.as_ref().map(|(column, cell)| (*column, cell));
        let cells = Cells::Workbook { cells: &self.cells, beyond, epoch: gate.epoch };
        let fault = (self.bytes > gate.longest).then_some(RowFault::TooLong);
        Ok((gate.each)(Row { number: self.number, plain: false, hidden: self.hidden, fault, cells }))
    }
}
