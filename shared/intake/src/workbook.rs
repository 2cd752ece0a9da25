//! Workbooks: which sheets there are, and their cells.

use std::borrow::Cow;
use std::io::Cursor;

use calamine::{Data, Reader, SheetType, SheetVisible, Sheets, Xls, XlsError, Xlsx, XlsxError};

use crate::cell::Cell;
use crate::format::Format;
use crate::refusal::FileRefusal;

/// A worksheet in memory.
pub(crate) struct Sheet {
    /// Its name.
    pub(crate) name: String,
    rows: Vec<Vec<Data>>,
    first_row: u64,
}

impl Sheet {
    /// The row at `index` of the used range, with its number in the sheet.
    pub(crate) fn row(&self, index: usize) -> Option<(u64, &[Data])> {
        self.rows.get(index).map(|cells| (self.first_row + index as u64, cells.as_slice()))
    }
}

/// The visible worksheets that have cells, in order, and the names of the hidden ones.
pub(crate) fn sheets(bytes: &[u8], format: Format) -> Result<(Vec<Sheet>, Vec<String>), FileRefusal> {
    let mut workbook = open(bytes, format)?;
    let described: Vec<_> = workbook.sheets_metadata().to_vec();
    let (mut visible, mut hidden) = (vec![], vec![]);
    for sheet in described.into_iter().filter(|sheet| sheet.typ == SheetType::WorkSheet) {
        if sheet.visible != SheetVisible::Visible {
            hidden.push(sheet.name);
            continue;
        }
        let range = workbook.worksheet_range(&sheet.name).map_err(damaged)?;
        if let Some((row, _)) = range.start() {
            let rows = range.rows().map(<[Data]>::to_vec).collect();
            visible.push(Sheet { name: sheet.name, rows, first_row: u64::from(row) + 1 });
        }
    }
    Ok((visible, hidden))
}

fn open(bytes: &[u8], format: Format) -> Result<Sheets<Cursor<&[u8]>>, FileRefusal> {
    if format == Format::Xls {
        return match Xls::new(Cursor::new(bytes)) {
            Ok(workbook) => Ok(Sheets::Xls(workbook)),
            Err(XlsError::Password) => Err(FileRefusal::PasswordProtected),
            // An encrypted .xlsx lies in a compound file, as an .xls does.
            Err(error) => match Xlsx::new(Cursor::new(bytes)) {
                Err(XlsxError::Password) => Err(FileRefusal::PasswordProtected),
                _ => Err(damaged(error)),
            },
        };
    }
    match Xlsx::new(Cursor::new(bytes)) {
        Ok(workbook) => Ok(Sheets::Xlsx(workbook)),
        Err(XlsxError::Password) => Err(FileRefusal::PasswordProtected),
        Err(error) => Err(damaged(error)),
    }
}

fn damaged(error: impl std::fmt::Display) -> FileRefusal {
    FileRefusal::DamagedWorkbook(error.to_string())
}

/// A workbook's cell as intake sees it.
pub(crate) fn cell(data: &Data) -> Cell<'_> {
    match data {
        Data::Empty => Cell::Text(Cow::Borrowed("")),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => Cell::Text(Cow::Borrowed(text)),
        Data::Float(number) => Cell::Number(*number),
        #[expect(clippy::cast_precision_loss, reason = "integers of a workbook are floats in the file")]
        Data::Int(number) => Cell::Number(*number as f64),
        Data::DateTime(moment) => Cell::Serial(moment.as_f64()),
        Data::Bool(true) => Cell::Text(Cow::Borrowed("是")),
        Data::Bool(false) => Cell::Text(Cow::Borrowed("否")),
        Data::Error(error) => Cell::Fault(error.to_string()),
    }
}
