//! Workbooks of Office Open XML (ECMA-376, also its strict form): read cell by cell, in memory that the file's bytes bound,
//! whatever positions and counts the file states.

use std::sync::Arc;

use quick_xml::events::{BytesStart, Event};

use crate::date::Epoch;
use crate::merge::Merge;
use crate::number_form::NumberForm;
use crate::reference::{COLUMNS, ROWS, place};
use crate::refusal::FileRefusal;
use crate::sheet_cell::SheetCell;
use crate::workbook::grid::{Grid, RowGate};
use crate::workbook::package::{Package, Part, attribute, damaged};
use crate::workbook::sheet::Sheet;
use crate::workbook::strings::Strings;

pub(crate) struct Xlsx {
    package: Package,
    sheets: Vec<(Sheet, String)>,
    strings: Strings,
    forms: Vec<NumberForm>,
    pub(crate) epoch: Epoch,
    /// Whether a formula's 0 may be what a program wrote that does not calculate.
    uncalculated: bool,
}

impl Xlsx {
    /// Opens a workbook without macros.
    pub(crate) fn open(bytes: Arc<[u8]>, limit: u64) -> Result<Self, FileRefusal> {
        let size = bytes.len();
        let mut package = Package::open(bytes, limit)?;
        if package.has_file("vbaproject.bin") {
            return Err(FileRefusal::Macros);
        }
        if package.text("mimetype").is_some_and(|kind| kind.contains("opendocument.spreadsheet")) {
            return Err(FileRefusal::OpenDocument);
        }
        let start = package.relationships("")?.into_iter().find(|part| part.kind == "officeDocument");
        let main = start.map_or_else(|| "xl/workbook.xml".to_owned(), |part| part.target);
        if !main.to_ascii_lowercase().ends_with("workbook.xml") && !package.has("xl/workbook.xml") {
            return Err(if main.to_ascii_lowercase().ends_with(".bin") {
                FileRefusal::BinaryWorkbook
            } else {
                FileRefusal::NoSpreadsheet
            });
        }
        let parts = package.relationships(&main)?;
        let target = |kind: &str| parts.iter().find(|part| part.kind == kind).map(|part| part.target.clone());
        let (listed, epoch, uncalculated) = read_main(&mut package, &main)?;
        let mut sheets = vec![];
        for (sheet, id) in listed {
            if let Some(part) = parts.iter().find(|part| part.id == id && part.kind == "worksheet") {
                sheets.push((sheet, part.target.clone()));
            }
        }
        let strings = match target("sharedStrings") {
            Some(name) => read_strings(&mut package, &name, size)?,
            None => Strings::of_file(0),
        };
        let forms = match target("styles") {
            Some(name) => read_forms(&mut package, &name)?,
            None => vec![],
        };
        Ok(Self { package, sheets, strings, forms, epoch, uncalculated })
    }

    /// Its worksheets, in order.
    pub(crate) fn sheets(&self) -> Vec<Sheet> {
        self.sheets.iter().map(|(sheet, _)| sheet.clone()).collect()
    }

    /// Gives every row of a sheet that has a cell to the gate; returns the sheet's merged cells.
    pub(crate) fn rows(
        &mut self,
        sheet: usize,
        again: bool,
        gate: &mut RowGate<'_>,
    ) -> Result<Vec<Merge>, FileRefusal> {
        let Self { package, sheets, strings, forms, uncalculated, .. } = self;
        let Some((_, name)) = sheets.get(sheet) else { return Ok(vec![]) };
        let budget = package.budget(again);
        let mut part = package.part(name, again)?.ok_or_else(|| damaged("缺少工作表的内容"))?;
        let mut merges = vec![];
        let mut grid = Grid::default();
        let (mut row, mut column) = (0_u64, 0_usize);
        while let Some(event) = part.next()? {
            match event {
                Event::Start(start) => match start.local_name().as_ref() {
                    "row" => {
                        let (stated, hidden) = row_attributes(&start)?;
                        row = stated.unwrap_or(row + 1);
                        column = 0;
                        grid.begin(row, hidden, ROWS)?;
                    }
                    "c" => {
                        let CellStart { place, style, kind } = CellStart::of(&start)?;
                        if let Some((at_row, at_column)) = place {
                            if at_row != row {
                                return Err(damaged(format!("第{at_row}行的单元格写在第{row}行里")));
                            }
                            column = at_column;
                        }
                        let form = style.and_then(|style| forms.get(style)).copied().unwrap_or_default();
                        let value = read_cell(&mut part, kind, form, strings, *uncalculated)?;
                        if let (Kind::Shared, SheetCell::Text(text)) = (kind, &value) {
                            budget.spend(text.len())?;
                        }
                        grid.put(column, value, gate, COLUMNS)?;
                        column += 1;
                    }
                    "mergeCell" => merges.extend(attribute(&start, "ref")?.as_deref().and_then(Merge::parse)),
                    _ => {}
                },
                Event::End(end) if end.local_name().as_ref() == "row" && grid.give(gate)?.is_break() => {
                    return Ok(merges);
                }
                _ => {}
            }
        }
        merges.sort_unstable_by_key(|merge: &Merge| merge.first_row);
        Ok(merges)
    }
}

/// The sheets with their relationship's id, the date system, and whether formulas are to be calculated when the file is
/// opened: what stands there until then is not their value.
#[expect(clippy::type_complexity, reason = "what the main part says, taken apart at once")]
fn read_main(package: &mut Package, name: &str) -> Result<(Vec<(Sheet, String)>, Epoch, bool), FileRefusal> {
    let mut part = package.part(name, false)?.ok_or_else(|| damaged("缺少工作簿的内容"))?;
    let (mut sheets, mut epoch, mut uncalculated) = (vec![], Epoch::Y1900, false);
    while let Some(event) = part.next()? {
        let Event::Start(start) = event else { continue };
        match start.local_name().as_ref() {
            "workbookPr" => {
                // An extension has an element of the same name, without the flag.
                let flag = is_true(attribute(&start, "date1904")?.as_deref());
                epoch = if flag { Epoch::Y1904 } else { epoch };
            }
            "calcPr" => uncalculated |= is_true(attribute(&start, "fullCalcOnLoad")?.as_deref()),
            "sheet" => {
                if let (Some(name), Some(id)) = (attribute(&start, "name")?, attribute(&start, "id")?) {
                    let visible = attribute(&start, "state")?.is_none_or(|state| state == "visible");
                    sheets.push((Sheet { name, visible }, id));
                }
            }
            _ => {}
        }
    }
    Ok((sheets, epoch, uncalculated))
}

fn is_true(flag: Option<&str>) -> bool {
    flag.is_some_and(|flag| matches!(flag.trim(), "1" | "true" | "on"))
}

fn read_strings(package: &mut Package, name: &str, size: usize) -> Result<Strings, FileRefusal> {
    let mut strings = Strings::of_file(size);
    let Some(mut part) = package.part(name, false)? else { return Ok(strings) };
    let mut text = String::new();
    while let Some(event) = part.next()? {
        let Event::Start(start) = event else { continue };
        if start.local_name().as_ref() == "si" {
            text.clear();
            read_rich(&mut part, &mut text)?;
            strings.push(&unescaped(&text))?;
        }
    }
    Ok(strings)
}

/// What the number formats of the cell styles say, by the style's index.
fn read_forms(package: &mut Package, name: &str) -> Result<Vec<NumberForm>, FileRefusal> {
    let Some(mut part) = package.part(name, false)? else { return Ok(vec![]) };
    let (mut codes, mut forms) = (std::collections::HashMap::new(), vec![]);
    let mut in_cells = false;
    while let Some(event) = part.next()? {
        match event {
            Event::Start(start) => match start.local_name().as_ref() {
                "numFmt" => {
                    let id = attribute(&start, "numFmtId")?.and_then(|id| id.parse::<u32>().ok());
                    if let (Some(id), Some(code)) = (id, attribute(&start, "formatCode")?) {
                        codes.insert(id, NumberForm::of_code(&code));
                    }
                }
                "cellXfs" => in_cells = true,
                "xf" if in_cells => {
                    let id = attribute(&start, "numFmtId")?.and_then(|id| id.parse::<u32>().ok()).unwrap_or(0);
                    forms.push(codes.get(&id).copied().unwrap_or_else(|| NumberForm::of_builtin(id)));
                }
                _ => {}
            },
            Event::End(end) if end.local_name().as_ref() == "cellXfs" => in_cells = false,
            _ => {}
        }
    }
    Ok(forms)
}

/// The text of an element's `t` elements, in its runs too; what is only for reading aloud (`rPh`) is passed over.
fn read_rich(part: &mut Part<'_>, to: &mut String) -> Result<(), FileRefusal> {
    let mut depth = 1_usize;
    while depth > 0 {
        match part.next()? {
            Some(Event::Start(start)) => match start.local_name().as_ref() {
                "t" => part.text(to)?,
                "rPh" => part.skip()?,
                _ => depth += 1,
            },
            Some(Event::End(_)) => depth -= 1,
            Some(_) => {}
            None => return Err(damaged("文字没有结束")),
        }
    }
    Ok(())
}

/// `_x000D_` and the like as the characters that they stand for (ECMA-376 part 1, 22.9.2.19).
fn unescaped(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains("_x") {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        plain.push_str(before);
        let code = from.get(2..6).filter(|_| from.as_bytes().get(6) == Some(&b'_'));
        let character = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        let length = if let Some(character) = character {
            plain.push(character);
            7
        } else {
            plain.push_str("_x");
            2
        };
        rest = from.get(length..).unwrap_or_default();
    }
    plain.push_str(rest);
    plain.into()
}

/// A row's number, and whether it is hidden.
fn row_attributes(start: &BytesStart<'_>) -> Result<(Option<u64>, bool), FileRefusal> {
    let (mut number, mut hidden) = (None, false);
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(damaged)?;
        match attribute.key.as_ref() {
            "r" => number = Some(attribute.value.parse().map_err(|_| damaged("行号不是数字"))?),
            "hidden" => hidden = matches!(&*attribute.value, "1" | "true"),
            _ => {}
        }
    }
    Ok((number, hidden))
}

/// What kind of value a cell holds (18.18.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Number,
    Shared,
    /// A formula's text, or text that stands in the cell itself.
    Text,
    Flag,
    Fault,
    IsoDate,
}

struct CellStart {
    /// Row from 1, column from 0.
    place: Option<(u64, usize)>,
    style: Option<usize>,
    kind: Kind,
}

impl CellStart {
    fn of(start: &BytesStart<'_>) -> Result<Self, FileRefusal> {
        let mut cell = Self { place: None, style: None, kind: Kind::Number };
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(damaged)?;
            let value = &*attribute.value;
            match attribute.key.as_ref() {
                "r" => {
                    let place = place(value).ok_or_else(|| damaged(format!("单元格位置“{value}”不存在")))?;
                    cell.place = Some(place);
                }
                "s" => cell.style = value.parse().ok(),
                "t" => {
                    cell.kind = match value {
                        "s" => Kind::Shared,
                        "str" | "inlineStr" => Kind::Text,
                        "b" => Kind::Flag,
                        "e" => Kind::Fault,
                        "d" => Kind::IsoDate,
                        _ => Kind::Number,
                    }
                }
                _ => {}
            }
        }
        Ok(cell)
    }
}

/// Reads a cell whose beginning was read.
fn read_cell(
    part: &mut Part<'_>,
    kind: Kind,
    form: NumberForm,
    strings: &Strings,
    uncalculated: bool,
) -> Result<SheetCell, FileRefusal> {
    let (mut formula, mut inline) = (false, None);
    let mut value: Option<String> = None;
    loop {
        match part.next()? {
            Some(Event::Start(start)) => match start.local_name().as_ref() {
                "f" => {
                    formula = true;
                    part.skip()?;
                }
                "v" => part.text(value.get_or_insert_default())?,
                "is" => read_rich(part, inline.get_or_insert_default())?,
                _ => part.skip()?,
            },
            Some(Event::End(_)) => break,
            Some(_) => {}
            None => return Err(damaged("单元格没有结束")),
        }
    }
    if let Some(text) = inline {
        return Ok(SheetCell::Text(unescaped(&text).into_owned()));
    }
    let Some(value) = value else { return Ok(if formula { SheetCell::NoValue } else { SheetCell::Blank }) };
    if formula && uncalculated && value.trim() == "0" {
        return Ok(SheetCell::NoValue);
    }
    if value.is_empty() {
        return Ok(if formula && kind != Kind::Text { SheetCell::NoValue } else { SheetCell::Blank });
    }
    Ok(match kind {
        Kind::Shared => match value.trim().parse().ok().and_then(|index| strings.get(index)) {
            Some("") => SheetCell::Blank,
            Some(text) => SheetCell::Text(text.to_owned()),
            None => return Err(damaged(format!("共享文字{}不存在", value.trim()))),
        },
        Kind::Text => SheetCell::Text(unescaped(&value).into_owned()),
        Kind::IsoDate => SheetCell::Text(value),
        Kind::Flag => SheetCell::Flag(matches!(value.trim(), "1" | "true")),
        Kind::Fault => SheetCell::Fault(value),
        Kind::Number => match value.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => SheetCell::Number(number, form),
            _ => SheetCell::Text(value),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_placed_within_a_sheet() {
        for (reference, expected) in [
            ("A1", Some((1, 0))),
            ("b7", Some((7, 1))),
            ("XFD1048576", Some((1_048_576, 16_383))),
            ("XFE1", None),
            ("ZZZZZZ2", None),
            ("A0", None),
            ("A1048577", None),
            ("A99999999999999999999", None),
            ("7", None),
            ("AA", None),
            ("", None),
        ] {
            assert_eq!(place(reference), expected, "{reference}");
        }
    }

    #[test]
    fn escapes_are_what_they_stand_for() {
        for (text, expected) in [
            ("a_x000D_b", "a\rb"),
            ("_x005F_x000D_", "_x000D_"),
            ("_x_y_xZZZZ_", "_x_y_xZZZZ_"),
            ("长_x4E2D_治", "长中治"),
            ("_x", "_x"),
        ] {
            assert_eq!(unescaped(text), expected);
        }
    }
}
