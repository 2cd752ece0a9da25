//! Rejected rows as a workbook: each as it stood, its faulty cells marked, the reasons beside it.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Color, Format, Note, Workbook, Worksheet};
use xinzheng_domain::record::effect::{EFFECTS_HEADER, EFFECTS_SHEET, ReceiptEffect};
use xinzheng_intake::{MARKED_BEYOND, MARKED_FAULTS, MARKED_ROW, ReceiptHeader, RejectedRow, Rejection};

use crate::{FormError, fitting, header_format, workbook};

/// The most rows below the header of a worksheet: a limit of the format.
const MOST_ROWS: u32 = 1_048_575;
/// How many faulty cells get a note; all get their colour, and the reasons stand in the last column anyway.
const MOST_NOTES: usize = 2000;
/// The most columns of a worksheet: a limit of the format. Three are ours.
const MOST_COLUMNS: usize = 16_384 - 3;

/// The workbook of rejected rows, written row by row. Every cell is text: nothing in it is a formula or a number that a
/// spreadsheet would change. Rows that stood under different headers stand on worksheets of their own, each under its own.
/// Mended, it can be uploaded as it is: the columns behind the file's own are passed over, but for cells that had no
/// header, which must be moved to where they belong.
pub struct MarkedTable {
    title: String,
    headers: Vec<Under>,
    notes: usize,
}

/// The rows under one header.
struct Under {
    sheet: Option<String>,
    row: u64,
    header: Vec<String>,
    sheets: Vec<Sheet>,
}

struct Sheet {
    worksheet: Worksheet,
    next_row: u32,
}

impl MarkedTable {
    /// A workbook for rows of a file with these headers; its worksheets are named after `title`.
    pub fn new(title: &str, headers: &[ReceiptHeader]) -> Self {
        // A file that was mended once has our columns already.
        let own = |name: &&String| ![MARKED_ROW, MARKED_FAULTS, MARKED_BEYOND].contains(&name.trim());
        let under = |header: &ReceiptHeader| Under {
            sheet: header.sheet.clone(),
            row: header.row,
            header: header.cells.iter().take_while(own).take(MOST_COLUMNS).cloned().collect(),
            sheets: vec![],
        };
        Self { title: title.to_owned(), headers: headers.iter().map(under).collect(), notes: 0 }
    }

    /// Adds a row.
    pub fn push(&mut self, row: &RejectedRow) -> Result<(), FormError> {
        let stands = |under: &Under| under.sheet == row.sheet && under.row == row.header;
        let at = match self.headers.iter().position(stands) {
            Some(at) => at,
            // A sheet without a header: its rows stand under the first one's, which they need.
            None => {
                let header = self.headers.first().map(|first| first.header.clone()).unwrap_or_default();
                self.headers.push(Under { sheet: row.sheet.clone(), row: row.header, header, sheets: vec![] });
                self.headers.len() - 1
            }
        };
        let is_full = |under: &Under| under.sheets.last().is_none_or(|sheet| sheet.next_row > MOST_ROWS);
        let names: Option<Vec<String>> =
            self.headers.get(at).is_some_and(is_full).then(|| {
                self.headers.iter().flat_map(|under| &under.sheets).map(|sheet| sheet.worksheet.name()).collect()
            });
        let Some(under) = self.headers.get_mut(at) else { return Ok(()) };
        if let Some(names) = names {
            let sheet = under.sheet(&self.title, &names)?;
            under.sheets.push(sheet);
        }
        let (text, faulty) = (Format::new().set_num_format("@").set_text_wrap(), faulty_format());
        let width = under.header.len();
        let mut by_cell: BTreeMap<usize, Vec<&Rejection>> = BTreeMap::new();
        for fault in &row.faults {
            by_cell.entry(fault.cell.filter(|&cell| cell < width).unwrap_or(width)).or_default().push(fault);
        }
        let Some(sheet) = under.sheets.last_mut() else { return Ok(()) };
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
        let said: Vec<String> = row.faults.iter().map(explanation).collect();
        let said = fitting(&said.join("\n"));
        sheet.worksheet.write_string_with_format(sheet.next_row, column(width + 1), said, &text)?;
        let beyond: Vec<&str> =
            row.cells.iter().skip(width).map(String::as_str).filter(|cell| !cell.is_empty()).collect();
        if !beyond.is_empty() {
            let beyond = fitting(&beyond.join("\n"));
            sheet.worksheet.write_string_with_format(0, column(width + 2), MARKED_BEYOND, &header_format(true))?;
            sheet.worksheet.set_column_width(column(width + 2), 30.0)?;
            sheet.worksheet.write_string_with_format(sheet.next_row, column(width + 2), beyond, &faulty)?;
        }
        sheet.next_row += 1;
        Ok(())
    }

    /// The workbook's bytes, with a worksheet that tells what accepted rows came to when there is something to tell;
    /// `listed` is how many of them there are.
    pub fn finish(mut self, effects: &[ReceiptEffect], listed: u64) -> Result<Vec<u8>, FormError> {
        if self.headers.iter().all(|under| under.sheets.is_empty()) {
            let mut under = Under { sheet: None, row: 0, header: vec![], sheets: vec![] };
            if let Some(first) = self.headers.first() {
                under.header.clone_from(&first.header);
            }
            let sheet = under.sheet(&self.title, &[])?;
            under.sheets.push(sheet);
            self.headers.push(under);
        }
        let mut workbook: Workbook = workbook(&format!("{}（退回修改）", self.title))?;
        for under in self.headers {
            for mut sheet in under.sheets {
                let last = sheet.next_row.saturating_sub(1);
                sheet.worksheet.autofilter(0, 0, last, column(under.header.len() + 1))?;
                workbook.push_worksheet(sheet.worksheet);
            }
        }
        if !effects.is_empty() {
            workbook.push_worksheet(effects_sheet(effects, listed)?);
        }
        Ok(workbook.save_to_buffer()?)
    }
}

/// What accepted rows came to. Intake passes this worksheet over.
fn effects_sheet(effects: &[ReceiptEffect], listed: u64) -> Result<Worksheet, FormError> {
    let mut sheet = Worksheet::new();
    sheet.set_name(EFFECTS_SHEET)?.set_freeze_panes(1, 0)?;
    for (index, (name, width)) in EFFECTS_HEADER.into_iter().zip([12.0, 8.0, 28.0, 16.0, 60.0, 60.0]).enumerate() {
        sheet.write_string_with_format(0, column(index), name, &header_format(false))?;
        sheet.set_column_width(column(index), width)?;
    }
    let text = Format::new().set_num_format("@").set_text_wrap();
    for (row, effect) in (1..).zip(effects) {
        for (index, cell) in effect.cells().iter().enumerate() {
            sheet.write_string_with_format(row, column(index), fitting(cell), &text)?;
        }
    }
    if listed > effects.len() as u64 {
        let row = u32::try_from(effects.len() + 1).unwrap_or(MOST_ROWS);
        let said = format!("共{listed}行，这里只列出{}行，其余见处理结果 CSV", effects.len());
        sheet.write_string_with_format(row, 4, said, &text)?;
    }
    Ok(sheet)
}

impl Under {
    /// A further worksheet for rows under this header; `taken` are the names of those there are.
    fn sheet(&self, title: &str, taken: &[String]) -> Result<Sheet, FormError> {
        let mut worksheet = Worksheet::new();
        let name = self.sheet.as_deref().unwrap_or(title);
        let name: String = name.chars().filter(|c| !"[]:*?/\\'".contains(*c)).take(24).collect();
        let name = if name.is_empty() { title.chars().take(24).collect() } else { name };
        let numbered = (2..).map(|number| format!("{name}（{number}）"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name));
        worksheet.set_name(free.unwrap_or(name))?;
        worksheet.set_freeze_panes(1, 0)?;
        worksheet.set_row_height(0, 36)?;
        for (index, header) in self.header.iter().enumerate() {
            worksheet.write_string_with_format(0, column(index), fitting(header), &header_format(false))?;
            let width = (header.chars().count() * 2 + 4).clamp(12, 36);
            worksheet.set_column_width(column(index), width as f64)?;
        }
        let width = self.header.len();
        let own = [(MARKED_ROW, 10.0), (MARKED_FAULTS, 60.0)];
        for (index, (name, characters)) in own.into_iter().enumerate() {
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

fn explanation(fault: &Rejection) -> String {
    let column = if fault.column.is_empty() { String::new() } else { format!("{}：", fault.column) };
    format!("{column}{}（{}）", fault.reason, fault.hint)
}

fn column(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}
