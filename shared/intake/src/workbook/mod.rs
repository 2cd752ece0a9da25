//! Workbooks: whether one may be read at all, which sheets it has, and their rows one after another.

use std::borrow::Cow;
use std::io::{Cursor, Read};
use std::ops::ControlFlow;
use std::sync::Arc;

use calamine::{Data, DataRef, Reader, SheetType, SheetVisible, Xls, XlsError, Xlsx, XlsxError};

use crate::cell::Cell;
use crate::format::Format;
use crate::intake::Limits;
use crate::refusal::FileRefusal;
use crate::rows::{Cells, Row};

/// An open workbook.
pub(crate) enum Workbook {
    Xlsx(Box<Xlsx<Cursor<Arc<[u8]>>>>),
    Xls(Box<Xls<Cursor<Arc<[u8]>>>>),
}

/// A sheet of a workbook.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub(crate) name: String,
    pub(crate) visible: bool,
}

impl Workbook {
    /// Opens a workbook that is not damaged, protected, larger unpacked than the limit, or with macros.
    pub(crate) fn open(bytes: Arc<[u8]>, format: Format, limits: &Limits) -> Result<Self, FileRefusal> {
        if format == Format::Xls {
            return match Xls::new(Cursor::new(Arc::clone(&bytes))) {
                Ok(mut workbook) => match workbook.vba_project() {
                    Ok(None) => Ok(Self::Xls(Box::new(workbook))),
                    Ok(Some(_)) | Err(_) => Err(FileRefusal::Macros),
                },
                Err(XlsError::Password) => Err(FileRefusal::PasswordProtected),
                // An encrypted .xlsx lies in a compound file, as an .xls does.
                Err(error) => match Xlsx::new(Cursor::new(bytes)) {
                    Err(XlsxError::Password) => Err(FileRefusal::PasswordProtected),
                    _ => Err(damaged(error)),
                },
            };
        }
        inspect(&bytes, limits)?;
        match Xlsx::new(Cursor::new(bytes)) {
            Ok(workbook) => Ok(Self::Xlsx(Box::new(workbook))),
            Err(XlsxError::Password) => Err(FileRefusal::PasswordProtected),
            Err(error) => Err(damaged(error)),
        }
    }

    /// Its worksheets, in order.
    pub(crate) fn sheets(&self) -> Vec<Sheet> {
        let sheets = match self {
            Self::Xlsx(workbook) => workbook.sheets_metadata(),
            Self::Xls(workbook) => workbook.sheets_metadata(),
        };
        let worksheets = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        worksheets.map(|s| Sheet { name: s.name.clone(), visible: s.visible == SheetVisible::Visible }).collect()
    }

    /// Calls `each` with every row of a sheet that has a cell, until it breaks.
    pub(crate) fn rows(
        &mut self,
        sheet: &str,
        each: &mut dyn FnMut(Row<'_>) -> ControlFlow<()>,
    ) -> Result<(), FileRefusal> {
        match self {
            Self::Xlsx(workbook) => xlsx_rows(workbook, sheet, each),
            Self::Xls(workbook) => {
                let range = workbook.worksheet_range(sheet).map_err(damaged)?;
                let first = range.start().map_or(0, |(row, _)| u64::from(row)) + 1;
                let left = range.start().map_or(0, |(_, column)| column as usize);
                let mut cells = vec![];
                for (number, row) in (first..).zip(range.rows()) {
                    cells.clear();
                    cells.resize(left, Data::Empty);
                    cells.extend_from_slice(row);
                    if each(worksheet_row(number, &cells)).is_break() {
                        break;
                    }
                }
                Ok(())
            }
        }
    }
}

fn worksheet_row(number: u64, cells: &[Data]) -> Row<'_> {
    Row { number, plain: false, fault: None, cells: Cells::Workbook(cells) }
}

fn xlsx_rows(
    workbook: &mut Xlsx<Cursor<Arc<[u8]>>>,
    sheet: &str,
    each: &mut dyn FnMut(Row<'_>) -> ControlFlow<()>,
) -> Result<(), FileRefusal> {
    let mut reader = workbook.worksheet_cells_reader(sheet).map_err(damaged)?;
    let mut cells: Vec<Data> = vec![];
    let mut current = None;
    while let Some(cell) = reader.next_cell().map_err(damaged)? {
        let (row, column) = cell.get_position();
        if let Some(number) = current.filter(|&number| number != row) {
            if each(worksheet_row(u64::from(number) + 1, &cells)).is_break() {
                return Ok(());
            }
            cells.clear();
        }
        current = Some(row);
        let column = column as usize;
        if cells.len() <= column {
            cells.resize(column + 1, Data::Empty);
        }
        if let Some(place) = cells.get_mut(column) {
            *place = owned(cell.get_value());
        }
    }
    if let Some(number) = current {
        // Nothing is left to break off.
        let _last = each(worksheet_row(u64::from(number) + 1, &cells));
    }
    Ok(())
}

fn owned(value: &DataRef<'_>) -> Data {
    match value {
        DataRef::Int(number) => Data::Int(*number),
        DataRef::Float(number) => Data::Float(*number),
        DataRef::String(text) => Data::String(text.clone()),
        DataRef::SharedString(text) => Data::String((*text).to_owned()),
        DataRef::Bool(flag) => Data::Bool(*flag),
        DataRef::DateTime(moment) => Data::DateTime(*moment),
        DataRef::DateTimeIso(text) => Data::DateTimeIso(text.clone()),
        DataRef::DurationIso(text) => Data::DurationIso(text.clone()),
        DataRef::Error(error) => Data::Error(error.clone()),
        DataRef::Empty => Data::Empty,
    }
}

/// Unpacks every part of an Office Open XML package without keeping it: the sizes that a package states are not
/// believed.
fn inspect(bytes: &[u8], limits: &Limits) -> Result<(), FileRefusal> {
    let mut package = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut left = limits.workbook_unpacked_bytes;
    for index in 0..package.len() {
        let mut part = package.by_index(index).map_err(damaged)?;
        let name = part.name().map_err(damaged)?.to_ascii_lowercase();
        if name.ends_with("vbaproject.bin") {
            return Err(FileRefusal::Macros);
        }
        let unpacked = std::io::copy(&mut part.by_ref().take(left + 1), &mut std::io::sink()).map_err(damaged)?;
        left = left.checked_sub(unpacked).ok_or(FileRefusal::UnpackedTooLarge(limits.workbook_unpacked_bytes))?;
    }
    Ok(())
}

fn damaged(error: impl std::fmt::Display) -> FileRefusal {
    FileRefusal::DamagedWorkbook(error.to_string())
}

/// A workbook's cell as intake sees it.
pub(crate) fn cell(data: &Data) -> Cell<'_> {
    match data {
        Data::Empty => Cell::Text(""),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
            if text.contains(char::REPLACEMENT_CHARACTER) { Cell::Undecodable(text) } else { Cell::Text(text) }
        }
        Data::Float(number) => Cell::Number(*number),
        #[expect(clippy::cast_precision_loss, reason = "integers of a workbook are floats in the file")]
        Data::Int(number) => Cell::Number(*number as f64),
        Data::DateTime(moment) => Cell::Serial(moment.as_f64()),
        Data::Bool(true) => Cell::Text("是"),
        Data::Bool(false) => Cell::Text("否"),
        Data::Error(error) => Cell::Fault(Cow::Owned(error.to_string())),
    }
}
