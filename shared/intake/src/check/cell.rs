//! A cell, by the type of its column.

use xinzheng_domain::Field;
use xinzheng_domain::record::table::{Column, ValueType};

use super::identifier::{is_destroyed, is_identifier, reject_destroyed};
use super::{amount, code, count, date, division, document, domain, flag, id_number, list, text, uscc};
use crate::cell::Cell;
use crate::cleaning::clean_text;
use crate::date::Epoch;
use crate::findings::{At, Findings};
use crate::header::Place;
use crate::normalisation::Normalisation;
use crate::number::EXACT;
use crate::number_form::NumberForm;
use crate::placeholder::{Placeholder, placeholder};
use crate::rejection::{RejectionCode, shown};
use crate::remembered::Remembered;
use crate::row::Row;
use crate::sender::Sender;
use crate::value::Value;

/// A column of the table, and where the file has it.
#[derive(Clone, Copy)]
pub(super) struct PlacedColumn<'c> {
    /// Where it stands among the table's columns.
    pub(super) index: usize,
    pub(super) column: &'c Column,
    pub(super) place: &'c Place,
    pub(super) sender: &'c Sender,
    /// What stood in it last.
    pub(super) remembered: &'c Remembered,
}

impl PlacedColumn<'_> {
    /// The value of the row's cell; its faults are written.
    pub(super) fn value<'r>(self, row: &Row<'r>, findings: &mut Findings<'_>) -> Value<'r> {
        let at = At::from(self.place);
        let cell = row.cell(self.place.index);
        match cell {
            Cell::Undecodable(text) => {
                let reason = "该单元格含有无法按文件编码解读的字节，或在上传前已成乱码";
                findings.reject(
                    at,
                    text,
                    RejectionCode::Undecodable,
                    reason,
                    "请改正乱码，并另存为 UTF-8 编码后重新上传",
                );
                Value::Faulty
            }
            Cell::Fault(error) => {
                let reason = format!("单元格的公式出错（{error}）");
                findings.reject(at, &error, RejectionCode::ValueUnreadable, reason, "请把公式改为它的值");
                Value::Faulty
            }
            Cell::NoValue => {
                let hint = "请用 Excel 或 WPS 打开该文件，计算后保存，再上传";
                findings.reject(at, "", RejectionCode::ValueUnreadable, "单元格的公式没有保存计算结果", hint);
                Value::Faulty
            }
            Cell::Several(values) => {
                let reason = "同一列有几个不同的值";
                let hint = "请只保留一个值；JSON 中同一个键只能出现一次";
                findings.reject(at, &values, RejectionCode::ValuesDiffer, reason, hint);
                Value::Faulty
            }
            Cell::Number { number, form, epoch } => self.number((number, form, epoch), findings),
            Cell::Float(number) if number.fract() == 0.0 && is_identifier(self.column) => {
                reject_destroyed(at, &cell.display(), findings)
            }
            Cell::Float(number) => self.number((number, NumberForm::Plain, Epoch::Y1900), findings),
            Cell::Text("") => Value::Blank,
            Cell::Text(text) => self.new_text(text, row, findings),
        }
    }

    /// The value of a text that is not the one that stood in the column before; kept in mind when it is taken as it stands.
    pub(super) fn new_text<'r>(self, text: &'r str, row: &Row<'r>, findings: &mut Findings<'_>) -> Value<'r> {
        let found = findings.count();
        let value = self.text(text, (row.plain, row.epoch()), findings);
        if found == findings.count() {
            self.remembered.remember(text, &value);
        }
        value
    }

    /// A number of a workbook: what it means depends on the column.
    fn number<'r>(self, (number, form, epoch): (f64, NumberForm, Epoch), findings: &mut Findings<'_>) -> Value<'r> {
        let display = Cell::Number { number, form, epoch }.display().into_owned();
        let at = At::from(self.place);
        findings.begin(self.index);
        match self.column.value {
            ValueType::Amount => amount::read_number(at, (number, form), self.place.unit, &display, findings),
            ValueType::Date => date::read_number(at, (number, form, epoch), &display, findings),
            _ if matches!(form, NumberForm::Date | NumberForm::Time) => {
                let hint = "请将单元格格式设为“文本”后重新填写";
                findings.reject(at, &display, RejectionCode::ValueUnreadable, "该列不应为日期", hint);
                Value::Faulty
            }
            _ if !matches!(form, NumberForm::Plain | NumberForm::Padded(_)) => {
                let reason = "单元格的格式在数字前后显示了别的内容，实际保存的只有数字";
                let hint = "请将单元格格式设为“文本”，填写完整的内容";
                findings.reject(at, &display, RejectionCode::ValueUnreadable, reason, hint);
                Value::Faulty
            }
            _ if is_identifier(self.column) && (number.fract() != 0.0 || number < 0.0) => {
                let hint = "请将单元格格式设为“文本”，填写完整号码";
                findings.reject(at, &display, RejectionCode::ValueUnreadable, "号码不应是小数或负数", hint);
                Value::Faulty
            }
            _ if number.abs() >= EXACT => reject_destroyed(at, &display, findings),
            _ => self.text(&display, (true, epoch), findings).into_owned(),
        }
    }

    fn text<'r>(self, written: &'r str, (plain, epoch): (bool, Epoch), findings: &mut Findings<'_>) -> Value<'r> {
        let (at, column) = (At::from(self.place), self.column);
        findings.begin(self.index);
        let mut unreadable = None;
        let note = &mut |n| findings.note_once(n);
        let clean = clean_text(written, plain, is_single_line(column), note, &mut unreadable);
        if let Some(character) = unreadable {
            let reason = format!("含有他人无法识别的字（U+{:04X}，自造字或部首）", u32::from(character));
            let hint = "请改为国家标准 GB 18030 中的汉字，打不出时请与平台联系";
            findings.reject(at, written, RejectionCode::CharacterUnreadable, reason, hint);
            return Value::Faulty;
        }
        if clean.is_empty() {
            return Value::Blank;
        }
        if let Some(placeholder) = placeholder(&clean) {
            return self.instead(placeholder, &clean, findings);
        }
        if let ValueType::Document | ValueType::Count = column.value
            && !plain
            && written.trim().contains(['\n', '\r', '\u{2028}'])
        {
            let hint = "一个单元格只填一个值；换行只是为了美观的，请删去换行";
            findings.reject(at, written, RejectionCode::ValuesDiffer, "单元格内有几行，无法判断是一个还是几个", hint);
            return Value::Faulty;
        }
        if is_identifier(column) && is_destroyed(&clean) {
            return reject_destroyed(at, &clean, findings);
        }
        match column.value {
            ValueType::Text => text::read(at, clean, column.max, findings),
            ValueType::Uscc => uscc::read(at, &clean, findings),
            ValueType::IdNumber => id_number::read(&clean, findings),
            ValueType::Date => date::read(at, &clean, epoch, findings),
            ValueType::Amount => amount::read(at, &clean, self.place.unit, findings),
            ValueType::Code => code::read(at, &clean, column, findings),
            ValueType::Codes => code::read_several(at, &clean, column, findings),
            ValueType::Flag => flag::read(at, &clean, findings),
            ValueType::Domain => domain::read(at, &clean, self.sender, findings),
            ValueType::Division => division::read(at, &clean, findings),
            ValueType::Document => document::read(at, clean, findings),
            ValueType::Documents => document::read_several(at, &clean, findings),
            ValueType::List => list::read(at, &clean, self.sender, findings),
            ValueType::Count => count::read(at, &clean, findings),
        }
    }

    /// What stands in a cell instead of a value.
    fn instead<'r>(self, placeholder: Placeholder, clean: &str, findings: &mut Findings<'_>) -> Value<'r> {
        let at = At::from(self.place);
        match placeholder {
            Placeholder::Lost => {
                let reason = format!("“{}”是电子表格的出错提示或列宽不足的显示，原值已丢失", shown(clean));
                let hint = "请在原文件中改正公式或加宽该列，填写实际的值";
                findings.reject(at, clean, RejectionCode::ValueUnreadable, reason, hint);
            }
            Placeholder::Formula => {
                let hint = "请在原文件中改填公式的值，或用 Excel、WPS 打开后另存";
                findings.reject(at, clean, RejectionCode::ValueUnreadable, "这是公式的文字，不是它的值", hint);
            }
            Placeholder::Nothing if self.column.required.is_mandatory() => {
                let reason = format!("必填项为空（“{}”不是内容）", shown(clean));
                findings.reject(at, clean, RejectionCode::ValueMissing, reason, "请填写实际的值");
            }
            Placeholder::Nothing => {
                findings.note_once(Normalisation::Wording);
                return Value::Blank;
            }
        }
        Value::Faulty
    }
}

/// Columns whose values stand on one line: names and codes, not what is told in sentences.
fn is_single_line(column: &Column) -> bool {
    match column.value {
        ValueType::Text => !matches!(
            column.field,
            Field::Violation
                | Field::Facts
                | Field::Basis
                | Field::Content
                | Field::Cause
                | Field::RemovalCause
                | Field::Outcome
                | Field::Offence
                | Field::Licence
                | Field::Remarks
        ),
        ValueType::Codes | ValueType::Documents => false,
        _ => true,
    }
}
