//! Empty tables for clerks.

use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, DataValidationRule, ExcelDateTime, Format, FormatAlign, Formula,
    Note, Worksheet,
};
use xinzheng_domain::record::table::{Column, Requirement, SharingStandard, Table, ValueType};
use xinzheng_domain::{Catalogue, Division, DomainId, TableId, UnitCode};

use crate::{FormError, header_format, workbook};

/// How many rows below the header are prepared.
const PREPARED: u32 = 5000;
/// The longest list that a cell's validation holds by itself: a limit of the format.
const LONGEST_LIST: usize = 255;

/// An empty table (.xlsx): the standard's headers with notes, text format for codes, drop-downs for lists, and a sheet
/// that says how to fill it in. With a unit, lists and domains are those of its directory row.
pub fn empty_table(table: TableId, unit: Option<UnitCode>) -> Result<Vec<u8>, FormError> {
    let standard = table.standard();
    let mut sheet = Worksheet::new();
    let mut choices = Worksheet::new();
    sheet.set_name(&standard.title)?;
    choices.set_name("可选值")?;
    choices.set_hidden(true);
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_row_height(0, 48)?;
    let mut listed = 0;
    for (index, column) in (0..).zip(&standard.columns) {
        let mandatory = column.required.is_mandatory();
        sheet.write_string_with_format(0, index, &column.header, &header_format(mandatory))?;
        let note = Note::new(explained(column, standard, unit)).set_author("信用信息共享平台");
        sheet.insert_note(0, index, &note.add_author_prefix(false).set_width(300).set_height(130))?;
        sheet.set_column_format(index, &cell_format(column))?;
        sheet.set_column_width(index, width(column))?;
        if let Some(validation) = validation(column, unit, &mut choices, &mut listed)? {
            sheet.add_data_validation(1, index, PREPARED, index, &validation)?;
        }
    }
    let mut book = workbook(&format!("{}空白表", standard.title))?;
    book.push_worksheet(sheet);
    book.push_worksheet(guide(table, standard)?);
    if listed > 0 {
        book.push_worksheet(choices);
    }
    Ok(book.save_to_buffer()?)
}

fn cell_format(column: &Column) -> Format {
    let format = Format::new().set_align(FormatAlign::Top).set_text_wrap();
    match column.value {
        ValueType::Date => format.set_num_format("yyyy-mm-dd"),
        ValueType::Amount => format.set_num_format("0.######"),
        ValueType::Count => format.set_num_format("0"),
        _ => format.set_num_format("@"),
    }
}

fn width(column: &Column) -> f64 {
    match column.value {
        ValueType::Text if column.max > 500 => 40.0,
        ValueType::Uscc | ValueType::IdNumber => 24.0,
        ValueType::Document => 28.0,
        ValueType::Text if column.max >= 200 => 28.0,
        _ => 16.0,
    }
}

/// The values that a cell may have, when they are a list.
fn choices_of(column: &Column, unit: Option<UnitCode>) -> Vec<String> {
    let row = unit.and_then(|unit| Catalogue::get().unit(unit.row()));
    match column.value {
        ValueType::Code | ValueType::Codes => {
            SharingStandard::get().codes(column.codes.as_deref().unwrap_or_default()).to_vec()
        }
        ValueType::Flag => vec!["是".to_owned(), "否".to_owned()],
        ValueType::Division => Division::all().map(|division| division.code().to_owned()).collect(),
        ValueType::Domain => match row {
            Some(row) => row.domains.iter().map(|domain| domain.name().to_owned()).collect(),
            None => DomainId::all().map(|domain| domain.name().to_owned()).collect(),
        },
        ValueType::List => row.map(|row| row.lists.clone()).unwrap_or_default(),
        _ => vec![],
    }
}

/// What a spreadsheet lets into the cells of a column; longer lists stand in the sheet of choices.
fn validation(
    column: &Column,
    unit: Option<UnitCode>,
    choices: &mut Worksheet,
    listed: &mut u16,
) -> Result<Option<DataValidation>, FormError> {
    let refusing = |validation: DataValidation, title: &str, hint: &str| -> Result<DataValidation, FormError> {
        Ok(validation
            .set_error_title(title)?
            .set_error_message(hint)?
            .set_error_style(DataValidationErrorStyle::Stop)
            .ignore_blank(true))
    };
    Ok(match column.value {
        ValueType::Codes => None,
        ValueType::Code | ValueType::Flag | ValueType::Division | ValueType::Domain | ValueType::List => {
            let values = choices_of(column, unit);
            if values.is_empty() {
                return Ok(None);
            }
            // Commas part the list in the file itself.
            let joined: usize = values.iter().map(|value| value.encode_utf16().count() + 1).sum();
            let simple = joined <= LONGEST_LIST && values.iter().all(|value| !value.contains(','));
            let validation = if simple {
                DataValidation::new().allow_list_strings(&values)?
            } else {
                for (row, value) in (0..).zip(&values) {
                    choices.write_string(row, *listed, value)?;
                }
                let name = rust_xlsxwriter::utility::column_number_to_name(*listed);
                *listed += 1;
                let formula = Formula::new(format!("='可选值'!${name}$1:${name}${}", values.len()));
                DataValidation::new().allow_list_formula(formula)
            };
            Some(refusing(validation, "不在可选值之内", "请从下拉列表中选择")?)
        }
        ValueType::Date => {
            let rule = DataValidationRule::Between(
                ExcelDateTime::from_ymd(1949, 10, 1)?,
                ExcelDateTime::from_ymd(2099, 12, 31)?,
            );
            let validation = DataValidation::new().allow_date(rule);
            Some(refusing(validation, "不是日期", "请写作 2025-07-01，年份在前")?)
        }
        ValueType::Amount => {
            let validation = DataValidation::new().allow_decimal_number(DataValidationRule::GreaterThanOrEqualTo(0.0));
            Some(refusing(validation, "不是金额", "请只填以万元为单位的数字，如 1.25")?)
        }
        ValueType::Count => {
            let validation = DataValidation::new().allow_whole_number(DataValidationRule::GreaterThanOrEqualTo(0));
            Some(refusing(validation, "不是条数", "请只填整数，没有记录时填 0")?)
        }
        _ => None,
    })
}

/// What a header's note says.
fn explained(column: &Column, table: &Table, unit: Option<UnitCode>) -> String {
    let header = |field| {
        table.index_of(field).and_then(|index| table.columns.get(index)).map_or("", |column| column.header.as_str())
    };
    let required = match &column.required {
        Requirement::Always | Requirement::UnlessTold => "必填".to_owned(),
        Requirement::Optional => "选填".to_owned(),
        Requirement::IfIs(field, values) => format!("{}为{}时必填", header(*field), values.join("、")),
        Requirement::UnlessIs(field, values) => format!("必填，{}为{}时不填", header(*field), values.join("、")),
        Requirement::IfHas(field, values) => format!("{}含{}时必填", header(*field), values.join("、")),
        Requirement::IfPresent(field) => format!("填写了{}时必填", header(*field)),
        Requirement::IfSeveralDomains => "单位涉及多个领域时必填".to_owned(),
    };
    let choices = choices_of(column, unit);
    let shown = if choices.len() <= 16 { choices.join("、") } else { "见下拉列表".to_owned() };
    let what = match column.value {
        ValueType::Text => format!("文字，最长{}字", column.max),
        ValueType::Uscc => "18位统一社会信用代码，按文本填写".to_owned(),
        ValueType::IdNumber => "证件号码，按文本填写；只填自然人的".to_owned(),
        ValueType::Date => "日期，如 2025-07-01".to_owned(),
        ValueType::Amount => "金额，以万元为单位，最多6位小数，如 1.25".to_owned(),
        ValueType::Code => format!("从下列选一项：{shown}"),
        ValueType::Codes => format!("可填多项，用顿号隔开：{shown}"),
        ValueType::Flag => "填“是”或“否”".to_owned(),
        ValueType::Domain => format!("领域：{shown}"),
        ValueType::Division => "6位行政区划代码，如潞州区 140403".to_owned(),
        ValueType::Document => "完整的文书文号，如：晋市监罚〔2024〕12号".to_owned(),
        ValueType::List if choices.is_empty() => "目录中本单位的名单名称".to_owned(),
        ValueType::List => format!("名单：{shown}"),
        ValueType::Count => "条数，没有记录时填 0".to_owned(),
        ValueType::Documents => "文号清单，用顿号或换行隔开，可不填".to_owned(),
    };
    format!("{required}。{what}")
}

/// The sheet that says how to fill the table in.
fn guide(table: TableId, standard: &Table) -> Result<Worksheet, FormError> {
    let mut sheet = Worksheet::new();
    sheet.set_name("填报说明")?;
    sheet.set_column_width(0, 100)?;
    let title = Format::new().set_bold().set_font_size(14).set_font_color(Color::RGB(0x1F_4E_79));
    let text = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    sheet.write_string_with_format(0, 0, format!("《{}》填报说明", standard.title), &title)?;
    let lines = [
        "深色表头为必填列，浅色表头为选填或按条件必填；把鼠标放在表头上可查看每一列的要求。".to_owned(),
        "请勿改动表头文字；列的顺序可以调整，多余的列不会被读取。".to_owned(),
        "代码、证件号码和文号所在的列已设为文本格式，请勿改成数字，否则后几位会丢失。".to_owned(),
        "日期写作 2025-07-01；金额以万元为单位，只填数字。".to_owned(),
        "一行一条记录，请勿合并单元格，请勿在数据中间插入小计。".to_owned(),
        "证件类型和证件号码只在相对人为自然人时填写。".to_owned(),
        format!("填好后保存为 .xlsx，上传到本单位目录下的 {table}。被退回的行会标明原因，改好后可直接重新上传。"),
    ];
    for (row, line) in (2..).zip(lines) {
        sheet.write_string_with_format(row, 0, line, &text)?;
    }
    Ok(sheet)
}
