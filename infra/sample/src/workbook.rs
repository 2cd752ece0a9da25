//! Grids as workbooks (.xlsx).

use jiff::civil::Date;
use rust_xlsxwriter::{
    ColNum, DocProperties, ExcelDateTime, Format, FormatAlign, RowNum, Workbook, Worksheet, XlsxError,
};

use crate::SampleError;
use crate::layout::{Dates, Grid, Layout};
use crate::row::Content;

/// The bytes of a workbook. Codes are text cells; the creation time is the day of filing, so that the bytes are the
/// same whenever they are made.
pub(crate) fn bytes(grid: &Grid, layout: &Layout, filed: Date) -> Result<Vec<u8>, SampleError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&DocProperties::new().set_author("甲某（虚构）").set_creation_datetime(&excel(filed)?));
    let sheet = workbook.add_worksheet();
    sheet.set_name(grid.name)?;
    let (title, bold) = (Format::new().set_bold().set_align(FormatAlign::Center), Format::new().set_bold());
    let mut next: RowNum = 0;
    if let Some(text) = &grid.title {
        let last = ColNum::try_from(grid.headers.len().saturating_sub(1)).unwrap_or(ColNum::MAX);
        sheet.merge_range(next, 0, next, last, text, &title)?;
        next += 1;
    }
    for (column, header) in (0..).zip(&grid.headers) {
        sheet.write_string_with_format(next, column, header, &bold)?;
    }
    for row in &grid.rows {
        next += 1;
        for (column, content) in (0..).zip(row) {
            if let Some(content) = content {
                write(sheet, next, column, content, layout)?;
            }
        }
    }
    for (column, note) in (0..).zip(&grid.notes) {
        sheet.write_string(next + 1, column, note)?;
    }
    Ok(workbook.save_to_buffer()?)
}

fn write(
    sheet: &mut Worksheet,
    row: RowNum,
    column: ColNum,
    content: &Content,
    layout: &Layout,
) -> Result<(), SampleError> {
    match content {
        Content::Day(day) if layout.dates == Dates::Cells => {
            let format = Format::new().set_num_format("yyyy/m/d");
            sheet.write_datetime_with_format(row, column, &excel(*day)?, &format)?;
        }
        Content::Money(amount) if !layout.yuan => {
            #[expect(clippy::cast_precision_loss, reason = "sample amounts have at most nine digits")]
            sheet.write_number(row, column, amount.fen() as f64 / 1e6)?;
        }
        Content::Number(number) => {
            sheet.write_number(row, column, *number)?;
        }
        text => {
            sheet.write_string(row, column, layout.text(text))?;
        }
    }
    Ok(())
}

fn excel(day: Date) -> Result<ExcelDateTime, XlsxError> {
    let part = |number: i8| u8::try_from(number).unwrap_or_default();
    ExcelDateTime::from_ymd(u16::try_from(day.year()).unwrap_or_default(), part(day.month()), part(day.day()))
}
