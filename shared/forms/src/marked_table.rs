//! Rejected rows as a workbook: each as it stood, its faulty cells marked, the reasons beside it.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Color, Format, Note, Workbook, Worksheet};
use xinzheng_intake::{MARKED_FAULTS, MARKED_ROW, RejectedRow, Rejection};

use crate::{FormError, fitting, header_format, workbook};

/// The most rows below the header of a worksheet: a limit of the format.
const MOST_ROWS: u32 = 1_048_575;
/// How many faulty cells get a note; all get their colour, and the reasons stand in the last column anyway.
const MOST_NOTES: usize = 2000;
/// The most columns of a worksheet: a limit of the format. Two are ours.
const MOST_COLUMNS: usize = 16_384 - 2;

/// The workbook of rejected rows, written row by row. Every cell is text: nothing in it is a formula or a number that a
/// spreadsheet would change. Mended, it can be uploaded as it is: the two columns behind the file's own are passed over.
pub struct MarkedTable {
    title: String,
    header: Vec<String>,
    sheets: Vec<Sheet>,
    notes: usize,
}

struct Sheet {
    worksheet: Worksheet,
    next_row: u32,
}

impl MarkedTable {
    /// A workbook for rows of a file with this header; its worksheets are named after `title`.
    pub fn new(title: &str, header: &[String]) -> Self {
        // A file that was mended once has our columns already.
        let own = |name: &&String| ![MARKED_ROW, MARKED_FAULTS].contains(&name.trim());
        let header = header.iter().take_while(own).take(MOST_COLUMNS).cloned().collect();
        Self { title: title.to_owned(), header, sheets: vec![], notes: 0 }
    }

    /// Adds a row.
    pub fn push(&mut self, row: &RejectedRow) -> Result<(), FormError> {
        if self.sheets.last().is_none_or(|sheet| sheet.next_row > MOST_ROWS) {
            let sheet = self.sheet()?;
            self.sheets.push(sheet);
        }
        let (text, faulty) = (Format::new().set_num_format("@").set_text_wrap(), faulty_format());
        let mut by_cell: BTreeMap<usize, Vec<&Rejection>> = BTreeMap::new();
        for fault in &row.faults {
            let cell = fault.cell.filter(|&cell| cell < self.header.len()).unwrap_or(self.header.len());
            by_cell.entry(cell).or_default().push(fault);
        }
        let width = self.header.len();
        let Some(sheet) = self.sheets.last_mut() else { return Ok(()) };
        for index in 0..width {
            let cell = fitting(row.cells.get(index).map_or("", String::as_str));
            let faults = by_cell.get(&index);
            let format = if faults.is_some() { &faulty } else { &text };
            sheet.worksheet.write_string_with_format(sheet.next_row, column(index), cell, format)?;
            if let Some(faults) = faults
                && self.notes < MOST_NOTES
            {
                self.notes += 1;
                let said: Vec<String> = faults.iter().map(|f| format!("{}\n{}", f.reason, f.hint)).collect();
                let note = Note::new(said.join("\n"))
                    .set_author("信用信息共享平台")
                    .add_author_prefix(false)
                    .set_width(260)
                    .set_height(90);
                sheet.worksheet.insert_note(sheet.next_row, column(index), &note)?;
            }
        }
        let place = match &row.sheet {
            Some(name) => format!("{name}!{}", row.row),
            None => row.row.to_string(),
        };
        let format = if by_cell.contains_key(&width) { &faulty } else { &text };
        sheet.worksheet.write_string_with_format(sheet.next_row, column(width), place, format)?;
        let said: Vec<String> = row.faults.iter().map(described).collect();
        let said = fitting(&said.join("\n"));
        sheet.worksheet.write_string_with_format(sheet.next_row, column(width + 1), said, &text)?;
        sheet.next_row += 1;
        Ok(())
    }

    /// The workbook's bytes.
    pub fn finish(mut self) -> Result<Vec<u8>, FormError> {
        if self.sheets.is_empty() {
            let sheet = self.sheet()?;
            self.sheets.push(sheet);
        }
        let mut workbook: Workbook = workbook(&format!("{}（退回修改）", self.title))?;
        for mut sheet in self.sheets {
            let last = sheet.next_row.saturating_sub(1);
            sheet.worksheet.autofilter(0, 0, last, column(self.header.len() + 1))?;
            workbook.push_worksheet(sheet.worksheet);
        }
        Ok(workbook.save_to_buffer()?)
    }

    fn sheet(&self) -> Result<Sheet, FormError> {
        let mut worksheet = Worksheet::new();
        let number = self.sheets.len() + 1;
        let name: String = self.title.chars().filter(|c| !"[]:*?/\\'".contains(*c)).take(24).collect();
        worksheet.set_name(if number == 1 { name } else { format!("{name}（{number}）") })?;
        worksheet.set_freeze_panes(1, 0)?;
        worksheet.set_row_height(0, 36)?;
        for (index, header) in self.header.iter().enumerate() {
            worksheet.write_string_with_format(0, column(index), fitting(header), &header_format(false))?;
            let width = (header.chars().count() * 2 + 4).clamp(12, 36);
            worksheet.set_column_width(column(index), width as f64)?;
        }
        let width = self.header.len();
        for (index, (name, characters)) in [(MARKED_ROW, 10.0), (MARKED_FAULTS, 60.0)].into_iter().enumerate() {
            worksheet.write_string_with_format(0, column(width + index), name, &header_format(true))?;
            worksheet.set_column_width(column(width + index), characters)?;
        }
        Ok(Sheet { worksheet, next_row: 1 })
    }
}

fn faulty_format() -> Format {
    Format::new()
        .set_num_format("@")
        .set_text_wrap()
        .set_background_color(Color::RGB(0xF8_D7_DA))
        .set_font_color(Color::RGB(0x8A_1C_1C))
}

fn described(fault: &Rejection) -> String {
    let column = if fault.column.is_empty() { String::new() } else { format!("{}：", fault.column) };
    format!("{column}{}（{}）", fault.reason, fault.hint)
}

fn column(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}
