//! Workbooks: whether one may be read at all, which sheets it has, and their rows one after another.

mod biff;
mod grid;
mod number_form;
mod package;
mod sheet_cell;
mod strings;
mod xls;
mod xlsx;

use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::format::Format;
use crate::intake::Limits;
use crate::refusal::FileRefusal;
use crate::rows::Row;
use crate::workbook::grid::RowGate;
use crate::workbook::xls::Xls;
use crate::workbook::xlsx::Xlsx;

pub(crate) use number_form::NumberForm;
pub(crate) use sheet_cell::{EXACT, SheetCell, scientific, shown};
pub(crate) use xlsx::COLUMNS;

/// An open workbook.
pub(crate) struct Workbook {
    /// The most bytes of a row's texts.
    longest: usize,
    file: File,
}

enum File {
    Xlsx(Box<Xlsx>),
    Xls(Box<Xls>),
}

/// A sheet of a workbook.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub(crate) name: String,
    pub(crate) visible: bool,
}

/// Merged cells: rows from 1, columns from 0, the last included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Merge {
    pub(crate) first_row: u64,
    pub(crate) last_row: u64,
    pub(crate) first_column: usize,
    pub(crate) last_column: usize,
}

impl Merge {
    /// `A1:B2`.
    fn parse(reference: &str) -> Option<Self> {
        let (first, last) = reference.split_once(':')?;
        let ((first_row, first_column), (last_row, last_column)) = (xlsx::place(first)?, xlsx::place(last)?);
        Some(Self { first_row, last_row, first_column, last_column })
    }

    /// True when a cell is one of these, but not the one that holds their value.
    pub(crate) fn covers(&self, row: u64, column: usize) -> bool {
        (self.first_row..=self.last_row).contains(&row)
            && (self.first_column..=self.last_column).contains(&column)
            && (row, column) != (self.first_row, self.first_column)
    }
}

/// The letters of a column from 0: `A`, `Z`, `AA`.
pub(crate) fn column_letters(column: usize) -> String {
    let mut letters = vec![];
    let mut left = column + 1;
    while left > 0 {
        left -= 1;
        letters.push(char::from(b'A' + u8::try_from(left % 26).unwrap_or(0)));
        left /= 26;
    }
    letters.iter().rev().collect()
}

impl Workbook {
    /// Opens a workbook that is not damaged, protected, larger unpacked than the limit, or with macros.
    pub(crate) fn open(bytes: Arc<[u8]>, format: Format, limits: &Limits) -> Result<Self, FileRefusal> {
        let file = match format {
            Format::Xls => File::Xls(Box::new(Xls::open(bytes, limits.workbook_unpacked_bytes)?)),
            _ => File::Xlsx(Box::new(Xlsx::open(bytes, limits.workbook_unpacked_bytes)?)),
        };
        Ok(Self { longest: limits.row_bytes, file })
    }

    /// Its worksheets, in order.
    pub(crate) fn sheets(&self) -> Vec<Sheet> {
        match &self.file {
            File::Xlsx(workbook) => workbook.sheets(),
            File::Xls(workbook) => workbook.sheets(),
        }
    }

    /// Calls `each` with every row of a sheet that has a cell, until it breaks: with its first `width` columns, and the
    /// first cell beyond that is not blank. `again` when the sheet was read to its end before. Returns the merged cells that
    /// stand before the place where it ended.
    pub(crate) fn rows(
        &mut self,
        sheet: usize,
        width: &Cell<usize>,
        again: bool,
        each: &mut dyn FnMut(Row<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<Merge>, FileRefusal> {
        let epoch = match &self.file {
            File::Xlsx(workbook) => workbook.epoch,
            File::Xls(workbook) => workbook.epoch,
        };
        let mut gate = RowGate { width, longest: self.longest, epoch, each };
        match &mut self.file {
            File::Xlsx(workbook) => workbook.rows(sheet, again, &mut gate),
            File::Xls(workbook) => workbook.rows(sheet, &mut gate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_letters() {
        for (column, letters) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")] {
            assert_eq!(column_letters(column), letters);
        }
    }

    #[test]
    fn merged_cells_are_covered_but_the_first() {
        let merge = Merge::parse("B2:C3").unwrap();
        assert!(merge.covers(2, 2) && merge.covers(3, 1) && !merge.covers(2, 1) && !merge.covers(4, 1));
    }
}
