//! Forms: the workbooks that clerks are given. Pure: no I/O, no clock; the same input gives the same bytes.
//!
//! What is handed out is what intake takes: an empty table filled in by its notes is accepted, and the workbook of
//! rejected rows is accepted when its marked cells are mended.

mod empty_table;
mod marked_table;

use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, XlsxError};
use thiserror::Error;

pub use empty_table::empty_table;
pub use marked_table::MarkedTable;

/// A workbook could not be written.
#[derive(Debug, Error)]
#[error("the workbook cannot be written: {0}")]
pub struct FormError(#[from] XlsxError);

/// A workbook whose bytes do not depend on when it is made.
fn workbook(title: &str) -> Result<Workbook, FormError> {
    let mut workbook = Workbook::new();
    let made = ExcelDateTime::from_ymd(2025, 11, 1)?;
    let properties = DocProperties::new().set_title(title).set_author("长治市信用信息共享平台");
    workbook.set_properties(&properties.set_creation_datetime(&made));
    Ok(workbook)
}

/// How a header looks; mandatory ones are darker.
fn header_format(mandatory: bool) -> Format {
    let fill = if mandatory { Color::RGB(0x1F_4E_79) } else { Color::RGB(0xDD_E6_F0) };
    let ink = if mandatory { Color::White } else { Color::RGB(0x1F_2A_37) };
    Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_border(FormatBorder::Thin)
        .set_border_color(Color::RGB(0xB8_C4_D2))
        .set_background_color(fill)
        .set_font_color(ink)
}

/// The longest text that a cell holds (a limit of the format), in characters as the format counts them.
const LONGEST_CELL: usize = 32_767;

/// A text that fits into a cell, without characters that XML cannot hold.
fn fitting(text: &str) -> String {
    let allowed = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    let clean: String = text.chars().filter(allowed).collect();
    if clean.encode_utf16().count() <= LONGEST_CELL {
        return clean;
    }
    let mut length = 0;
    let shortened: String = clean
        .chars()
        .take_while(|c| {
            length += c.len_utf16();
            length < LONGEST_CELL - 2
        })
        .collect();
    format!("{shortened}……")
}
