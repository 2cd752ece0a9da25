//! Workbooks: whether one may be read at all, which sheets it has, and their rows one after another.

mod biff;
mod grid;
mod package;
mod sheet;
mod strings;
mod xls;
mod xlsx;

use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::format::Format;
use crate::limits::Limits;
use crate::merge::Merge;
use crate::refusal::FileRefusal;
use crate::row::Row;
use crate::workbook::grid::RowGate;
use crate::workbook::xls::Xls;
use crate::workbook::xlsx::Xlsx;

pub(crate) use sheet::Sheet;

pub(crate) struct Workbook {
    /// The most bytes of a row's texts.
    longest: usize,
    file: File,
}

enum File {
    Xlsx(Box<Xlsx>),
    Xls(Box<Xls>),
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
