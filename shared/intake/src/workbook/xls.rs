//! Workbooks of Excel 95 to 2003 (MS-XLS) and those that other programs write so. Only the records that tables consist of
//! are read.

use std::collections::{HashMap, HashSet};
use std::io::{Cursor, Read};
use std::sync::Arc;

use encoding_rs::{Encoding, GBK};

use crate::date::Epoch;
use crate::merge::Merge;
use crate::number_form::NumberForm;
use crate::refusal::FileRefusal;
use crate::sheet_cell::SheetCell;
use crate::workbook::biff::{Record, Records, Text};
use crate::workbook::grid::{Grid, RowGate};
use crate::workbook::package::damaged;
use crate::workbook::sheet::Sheet;
use crate::workbook::strings::Strings;

/// Rows and columns that a worksheet has at most.
const ROWS: u64 = 65_536;
const COLUMNS: usize = 256;

mod record {
    pub(super) const FORMULA: u16 = 0x0006;
    pub(super) const EOF: u16 = 0x000a;
    pub(super) const DATE_MODE: u16 = 0x0022;
    pub(super) const FILE_PASS: u16 = 0x002f;
    pub(super) const CODE_PAGE: u16 = 0x0042;
    pub(super) const SHEET: u16 = 0x0085;
    pub(super) const RK_ROW: u16 = 0x00bd;
    pub(super) const RICH_LABEL: u16 = 0x00d6;
    pub(super) const STYLE: u16 = 0x00e0;
    pub(super) const MERGED: u16 = 0x00e5;
    pub(super) const SHARED_TEXTS: u16 = 0x00fc;
    pub(super) const SHARED_LABEL: u16 = 0x00fd;
    pub(super) const NUMBER: u16 = 0x0203;
    pub(super) const LABEL: u16 = 0x0204;
    pub(super) const FLAG_OR_ERROR: u16 = 0x0205;
    pub(super) const FORMULA_TEXT: u16 = 0x0207;
    pub(super) const ROW: u16 = 0x0208;
    pub(super) const RK: u16 = 0x027e;
    pub(super) const FORMAT: u16 = 0x041e;
    pub(super) const BEGIN: u16 = 0x0809;
}

/// What a sheet holds.
#[derive(Default)]
struct Held {
    /// Row, column and cell, in the file's order.
    cells: Vec<(u16, u16, HeldCell)>,
    hidden: HashSet<u16>,
    merges: Vec<Merge>,
    /// True when a formula has a value.
    calculated: bool,
}

/// A cell of a sheet that is being sorted by rows.
enum HeldCell {
    Value(SheetCell),
    /// The shared text of this index.
    Shared(u32),
    /// A formula whose value is an empty text, or was never calculated: the file does not tell.
    EmptyFormula,
}

pub(crate) struct Xls {
    /// The most bytes of the texts of a sheet's cells.
    limit: u64,
    stream: Vec<u8>,
    text: Text,
    sheets: Vec<(Sheet, usize)>,
    strings: Strings,
    forms: Vec<NumberForm>,
    pub(crate) epoch: Epoch,
}

impl Xls {
    /// Opens a workbook without password and macros.
    pub(crate) fn open(bytes: Arc<[u8]>, limit: u64) -> Result<Self, FileRefusal> {
        let mut file = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(damaged)?;
        // An encrypted .xlsx lies in a compound file, as an .xls does.
        if file.exists("/EncryptedPackage") {
            return Err(FileRefusal::PasswordProtected);
        }
        if file.exists("/_VBA_PROJECT_CUR") || file.exists("/_VBA_PROJECT") {
            return Err(FileRefusal::Macros);
        }
        let name = ["/Workbook", "/Book"].into_iter().find(|name| file.is_stream(name));
        let mut stream = vec![];
        file.open_stream(name.ok_or(FileRefusal::NoSpreadsheet)?)
            .and_then(|mut from| from.read_to_end(&mut stream))
            .map_err(damaged)?;
        Self::read_globals(stream, limit)
    }

    fn read_globals(stream: Vec<u8>, limit: u64) -> Result<Self, FileRefusal> {
        let mut records = Records::new(&stream, 0);
        let begin = records.next().filter(|first| first.kind == record::BEGIN).ok_or_else(|| damaged("缺少文件头"))?;
        let mut text = Text { unicode: begin.u16(0) == Some(0x0600), encoding: GBK };
        let (mut epoch, mut sheets, mut strings, mut styles) = (Epoch::Y1900, vec![], Strings::of_file(0), vec![]);
        let mut codes = HashMap::new();
        while let Some(found) = records.next() {
            match found.kind {
                record::EOF => break,
                record::FILE_PASS => return Err(FileRefusal::PasswordProtected),
                record::DATE_MODE if found.u16(0) == Some(1) => epoch = Epoch::Y1904,
                record::CODE_PAGE => text.encoding = found.u16(0).and_then(code_page).unwrap_or(GBK),
                record::FORMAT => {
                    let (Some(id), Some(code)) = (found.u16(0), text.read(&found, 2, !text.unicode)) else { continue };
                    codes.insert(id, NumberForm::of_code(&code));
                }
                record::STYLE => styles.push(found.u16(2).unwrap_or(0)),
                record::SHEET => {
                    let (Some(at), Some(state), Some(kind)) = (found.u32(0), found.u8(4), found.u8(5)) else {
                        return Err(damaged("工作表信息不完整"));
                    };
                    let name = text.read(&found, 6, true).ok_or_else(|| damaged("工作表没有名称"))?;
                    if kind == 0 {
                        sheets.push((Sheet { name, visible: state & 3 == 0 }, at as usize));
                    }
                }
                record::SHARED_TEXTS => strings = records.shared_texts(&found)?,
                _ => {}
            }
        }
        let form = |id: u16| codes.get(&id).copied().unwrap_or_else(|| NumberForm::of_builtin(u32::from(id)));
        let forms = styles.into_iter().map(form).collect();
        Ok(Self { limit, stream, text, sheets, strings, forms, epoch })
    }

    /// Its worksheets, in order.
    pub(crate) fn sheets(&self) -> Vec<Sheet> {
        self.sheets.iter().map(|(sheet, _)| sheet.clone()).collect()
    }

    /// Gives every row of a sheet that has a cell to the gate; returns the sheet's merged cells.
    pub(crate) fn rows(&self, sheet: usize, gate: &mut RowGate<'_>) -> Result<Vec<Merge>, FileRefusal> {
        let Some(&(_, start)) = self.sheets.get(sheet) else { return Ok(vec![]) };
        let Held { mut cells, hidden, mut merges, calculated } = self.held(start)?;
        merges.sort_unstable_by_key(|merge| merge.first_row);
        let mut left = self.limit;
        // Writers may go by columns; a file's order says nothing.
        cells.sort_by_key(|&(row, column, _)| (row, column));
        let mut grid = Grid::default();
        let mut current = None;
        for (row, column, cell) in cells {
            if current != Some(row) {
                if current.is_some() && grid.give(gate)?.is_break() {
                    return Ok(merges);
                }
                grid.begin(u64::from(row) + 1, hidden.contains(&row), ROWS)?;
                current = Some(row);
            }
            let cell = match cell {
                HeldCell::Value(cell) => cell,
                // When no formula of the sheet has a value, nothing was calculated.
                HeldCell::EmptyFormula if calculated => SheetCell::Blank,
                HeldCell::EmptyFormula => SheetCell::NoValue,
                HeldCell::Shared(index) => {
                    let text = self.strings.get(index as usize);
                    let text = text.ok_or_else(|| damaged(format!("共享文字{index}不存在")))?;
                    // A text counts each time that a cell has it.
                    left = left.checked_sub(text.len() as u64).ok_or(FileRefusal::UnpackedTooLarge(self.limit))?;
                    if text.is_empty() { SheetCell::Blank } else { SheetCell::Text(text.to_owned()) }
                }
            };
            grid.put(usize::from(column), cell, gate, COLUMNS)?;
        }
        // Nothing is left to break off.
        let _last = grid.give(gate)?;
        Ok(merges)
    }

    fn held(&self, start: usize) -> Result<Held, FileRefusal> {
        let mut held = Held::default();
        let mut records = Records::new(&self.stream, start);
        let mut depth = 0_usize;
        // Where the text of a formula belongs that stands in the next record.
        let mut waiting: Option<(u16, u16)> = None;
        while let Some(found) = records.next() {
            match found.kind {
                record::BEGIN => depth += 1,
                record::EOF if depth <= 1 => return Ok(held),
                record::EOF => depth -= 1,
                // A chart that lies in the sheet.
                _ if depth != 1 => {}
                record::ROW if found.u16(12).unwrap_or(0) & 0x20 != 0 => held.hidden.extend(found.u16(0)),
                record::MERGED => held.merges.extend(merged(&found)),
                record::FORMULA_TEXT => {
                    if let Some((row, column)) = waiting.take() {
                        let text = self.text.read(&found, 0, false).ok_or_else(|| damaged("文字不完整"))?;
                        held.cells.push((row, column, HeldCell::Value(SheetCell::Text(text))));
                    }
                }
                record::RK_ROW => {
                    let (Some(row), Some(first)) = (found.u16(0), found.u16(2)) else { continue };
                    let last = found.data.len().saturating_sub(2);
                    for (column, at) in (first..).zip((4..last).step_by(6)) {
                        if let (Some(style), Some(value)) = (found.u16(at), found.u32(at + 2)) {
                            let cell = SheetCell::Number(of_rk(value), self.form(style));
                            held.cells.push((row, column, HeldCell::Value(cell)));
                        }
                    }
                }
                record::NUMBER
                | record::RK
                | record::SHARED_LABEL
                | record::LABEL
                | record::RICH_LABEL
                | record::FLAG_OR_ERROR
                | record::FORMULA => {
                    let (Some(row), Some(column), Some(style)) = (found.u16(0), found.u16(2), found.u16(4)) else {
                        return Err(cut_cell());
                    };
                    waiting = None;
                    let cell = self.cell(&found, style)?;
                    held.calculated |= found.kind == record::FORMULA && !matches!(cell, Some(HeldCell::EmptyFormula));
                    match cell {
                        Some(cell) => held.cells.push((row, column, cell)),
                        None => waiting = Some((row, column)),
                    }
                }
                _ => {}
            }
        }
        Err(damaged("工作表不完整"))
    }

    /// The cell of a record; `None` for a formula whose text stands in the next one.
    fn cell(&self, found: &Record<'_>, style: u16) -> Result<Option<HeldCell>, FileRefusal> {
        let form = self.form(style);
        Ok(Some(HeldCell::Value(match found.kind {
            record::SHARED_LABEL => return Ok(Some(HeldCell::Shared(found.u32(6).ok_or_else(cut_cell)?))),
            record::NUMBER => SheetCell::Number(found.f64(6).ok_or_else(cut_cell)?, form),
            record::RK => SheetCell::Number(of_rk(found.u32(6).ok_or_else(cut_cell)?), form),
            record::LABEL | record::RICH_LABEL => {
                SheetCell::Text(self.text.read(found, 6, false).ok_or_else(cut_cell)?)
            }
            record::FLAG_OR_ERROR => match (found.u8(6), found.u8(7)) {
                (Some(value), Some(0)) => SheetCell::Flag(value != 0),
                (Some(code), Some(_)) => SheetCell::Fault(error(code).to_owned()),
                _ => return Err(cut_cell()),
            },
            _ => match (found.u8(6), found.u8(8), found.u16(12)) {
                (Some(0), _, Some(0xffff)) => return Ok(None),
                (Some(1), Some(value), Some(0xffff)) => SheetCell::Flag(value != 0),
                (Some(2), Some(code), Some(0xffff)) => SheetCell::Fault(error(code).to_owned()),
                (Some(3), _, Some(0xffff)) => return Ok(Some(HeldCell::EmptyFormula)),
                (_, _, Some(0xffff)) => SheetCell::Blank,
                _ => SheetCell::Number(found.f64(6).ok_or_else(cut_cell)?, form),
            },
        })))
    }

    fn form(&self, style: u16) -> NumberForm {
        self.forms.get(usize::from(style)).copied().unwrap_or_default()
    }
}

fn cut_cell() -> FileRefusal {
    damaged("单元格不完整")
}

/// The number of an RK value (MS-XLS 2.5.218): the high bits of a double or a whole number, perhaps in hundredths.
fn of_rk(value: u32) -> f64 {
    let number = if value & 2 != 0 {
        f64::from(value.cast_signed() >> 2)
    } else {
        f64::from_bits(u64::from(value & 0xffff_fffc) << 32)
    };
    if value & 1 != 0 { number / 100.0 } else { number }
}

const fn error(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0f => "#VALUE!",
        0x17 => "#REF!",
        0x1d => "#NAME?",
        0x24 => "#NUM!",
        _ => "#N/A",
    }
}

/// The merged cells of a record.
fn merged<'r>(found: &'r Record<'r>) -> impl Iterator<Item = Merge> + 'r {
    (2..found.data.len()).step_by(8).filter_map(|at| {
        Some(Merge {
            first_row: u64::from(found.u16(at)?) + 1,
            last_row: u64::from(found.u16(at + 2)?) + 1,
            first_column: usize::from(found.u16(at + 4)?),
            last_column: usize::from(found.u16(at + 6)?),
        })
    })
}

/// The encoding of a code page that workbooks of before Unicode name.
fn code_page(number: u16) -> Option<&'static Encoding> {
    match number {
        936 | 54936 => Some(GBK),
        950 => Some(encoding_rs::BIG5),
        1252 => Some(encoding_rs::WINDOWS_1252),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_numbers_are_unpacked() {
        for (value, number) in [
            (0x0000_0002, 0.0),
            ((12 << 2) | 2, 12.0),
            (((1234_u32) << 2) | 3, 12.34),
            (((-5_i32) << 2).cast_unsigned() | 2, -5.0),
            (0x3ff0_0000, 1.0),
        ] {
            assert_eq!(of_rk(value), number, "{value:x}");
        }
    }
}
