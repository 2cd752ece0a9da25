//! Rejections: what is wrong with a cell, where, and how to mend it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::spreadsheet_text::inert;

use crate::reference::column_letters;

/// What is wrong with a cell or row. The kebab-case name is the stable code for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RejectionCode {
    ValueMissing,
    /// A text is longer than the standard allows.
    ValueTooLong,
    /// A formula's error, or a value of a kind that the column cannot hold.
    ValueUnreadable,
    /// A byte that the file's encoding cannot decode.
    Undecodable,
    /// More cells than the header has columns.
    RowShape,
    /// A row of a worksheet without a header.
    HeaderMissing,
    QuoteUnclosed,
    /// A row longer than a row may be.
    RowTooLong,
    /// A line that is no JSON object.
    RowNoObject,
    /// Digits that a spreadsheet destroyed: 1.40402E+17.
    DigitsDestroyed,
    /// A character of private use or a component of characters, which nobody else could read.
    CharacterUnreadable,
    /// Two columns, or two keys, for one value say different things.
    ValuesDiffer,
    /// An earlier row of the file about the same record says something else.
    RecordTwice,
    /// Not a unified social credit code (GB 32100-2015).
    UsccInvalid,
    /// Not a resident identity number (GB 11643-1999).
    IdNumberInvalid,
    /// No date in a known form.
    DateUnreadable,
    DateInFuture,
    /// A decision before 2022-08-01 (scheme, section 4(1)).
    DateBeforeScope,
    /// Two dates of a row contradict each other.
    DateOrder,
    /// No amount.
    AmountInvalid,
    /// An amount that the text of the decision contradicts by a unit.
    AmountContradicted,
    /// Not an entry of the code list.
    CodeUnknown,
    /// Neither 是 nor 否.
    FlagUnknown,
    /// No domain of annex 1.
    DomainUnknown,
    /// A domain that the unit's directory row does not cover.
    DomainNotCovered,
    /// No division of Changzhi.
    DivisionUnknown,
    /// No document number.
    DocumentInvalid,
    /// No whole number.
    CountInvalid,
    /// A manifest whose list of documents has another length than its count.
    CountContradicted,
    /// A list that the unit's directory row does not name.
    ListNotNamed,
    /// A kind of record that the unit's directory row does not name.
    KindNotPermitted,
}

impl RejectionCode {
    /// The stable code, such as `uscc-invalid`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ValueMissing => "value-missing",
            Self::ValueTooLong => "value-too-long",
            Self::ValueUnreadable => "value-unreadable",
            Self::Undecodable => "undecodable",
            Self::RowShape => "row-shape",
            Self::HeaderMissing => "header-missing",
            Self::QuoteUnclosed => "quote-unclosed",
            Self::RowTooLong => "row-too-long",
            Self::RowNoObject => "row-no-object",
            Self::DigitsDestroyed => "digits-destroyed",
            Self::CharacterUnreadable => "character-unreadable",
            Self::ValuesDiffer => "values-differ",
            Self::RecordTwice => "record-twice",
            Self::AmountContradicted => "amount-contradicted",
            Self::UsccInvalid => "uscc-invalid",
            Self::IdNumberInvalid => "id-number-invalid",
            Self::DateUnreadable => "date-unreadable",
            Self::DateInFuture => "date-in-future",
            Self::DateBeforeScope => "date-before-scope",
            Self::DateOrder => "date-order",
            Self::AmountInvalid => "amount-invalid",
            Self::CodeUnknown => "code-unknown",
            Self::FlagUnknown => "flag-unknown",
            Self::DomainUnknown => "domain-unknown",
            Self::DomainNotCovered => "domain-not-covered",
            Self::DivisionUnknown => "division-unknown",
            Self::CountInvalid => "count-invalid",
            Self::CountContradicted => "count-contradicted",
            Self::DocumentInvalid => "document-invalid",
            Self::ListNotNamed => "list-not-named",
            Self::KindNotPermitted => "kind-not-permitted",
        }
    }
}

impl RejectionCode {
    /// In a few words, for people who look at many: what is wrong with one stands in its reason.
    pub const fn title(self) -> &'static str {
        match self {
            Self::ValueMissing => "缺少必填内容",
            Self::ValueTooLong => "内容过长",
            Self::ValueUnreadable => "内容无法识别",
            Self::Undecodable => "编码有误",
            Self::RowShape => "列数与表头不符",
            Self::HeaderMissing => "没有表头",
            Self::QuoteUnclosed => "引号没有闭合",
            Self::RowTooLong => "行过长",
            Self::RowNoObject => "不是 JSON 对象",
            Self::DigitsDestroyed => "长数字被表格软件改坏",
            Self::CharacterUnreadable => "无法辨认的字",
            Self::ValuesDiffer => "同一内容前后不一",
            Self::RecordTwice => "同一文件两行不一",
            Self::AmountContradicted => "金额与内容相差一个单位",
            Self::UsccInvalid => "统一社会信用代码有误",
            Self::IdNumberInvalid => "身份证号码有误",
            Self::DateUnreadable => "日期无法识别",
            Self::DateInFuture => "日期在将来",
            Self::DateBeforeScope => "早于归集范围",
            Self::DateOrder => "日期先后矛盾",
            Self::AmountInvalid => "金额有误",
            Self::CodeUnknown => "不在代码表中",
            Self::FlagUnknown => "应为是或否",
            Self::DomainUnknown => "领域不存在",
            Self::DomainNotCovered => "不属本单位领域",
            Self::DivisionUnknown => "行政区划有误",
            Self::CountInvalid => "条数有误",
            Self::CountContradicted => "条数与清单不符",
            Self::DocumentInvalid => "文号有误",
            Self::ListNotNamed => "名单不在目录中",
            Self::KindNotPermitted => "类别不在目录中",
        }
    }
}

/// A row that was rejected, as it stands in the file, with every fault found in it.
///
/// Its cells are the unit's own words, identity numbers included: it goes back to that unit and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRow {
    /// The row in its worksheet or file, counted from 1 as a spreadsheet does.
    pub row: u64,
    /// The worksheet, for workbooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// The row of the header that it stands under.
    #[serde(default)]
    pub header: u64,
    /// Every cell as a person would see it, up to the last that is not blank.
    pub cells: Vec<String>,
    /// Every fault; never empty.
    pub faults: Vec<Rejection>,
}

/// A faulty cell of a rejected row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rejection {
    /// The row in its worksheet or file, counted from 1 as a spreadsheet does.
    pub row: u64,
    /// The worksheet, for the second and further worksheets that were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// The index of the cell in its row, from 0; left out when the whole row is meant, or a column that the file lacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<usize>,
    /// The column's header; empty when the whole row is meant.
    pub column: String,
    /// What stands there; identity numbers with their middle hidden.
    pub value: String,
    /// What is wrong, for programs.
    pub code: RejectionCode,
    /// What is wrong, for people.
    pub reason: String,
    /// How to mend it.
    pub hint: String,
}

impl Rejection {
    /// Where it stands, for people: `15`, or `续表!15` in a further worksheet.
    pub fn place(&self) -> String {
        match &self.sheet {
            None => self.row.to_string(),
            Some(sheet) => inert(&format!("{sheet}!{}", self.row)),
        }
    }
}

/// Longest value shown in a rejection, in characters.
const SHOWN: usize = 100;

/// Shortens a value for showing.
pub(crate) fn shown(value: &str) -> String {
    match value.char_indices().nth(SHOWN) {
        None => value.to_owned(),
        Some((end, _)) => format!("{}……", value.get(..end).unwrap_or_default()),
    }
}

/// The beginning of a rejections file: UTF-8 with a byte order mark, and the header.
pub fn rejections_header() -> Result<Vec<u8>, csv::Error> {
    let header = written(std::iter::once(["行号", "列", "列名", "原值", "错误代码", "原因", "修改建议"]))?;
    Ok([b"\xef\xbb\xbf".as_slice(), &header].concat())
}

/// Rejections as CSV for spreadsheets, below [`rejections_header`]: UTF-8, CRLF.
///
/// A cell that a spreadsheet would take for a formula (`=`, `+`, `-`, `@`, tab or line break in front) gets an
/// apostrophe in front.
pub fn rejections_csv<'a>(rejections: impl IntoIterator<Item = &'a Rejection>) -> Result<Vec<u8>, csv::Error> {
    written(rejections.into_iter().map(|rejection| {
        [
            rejection.place(),
            rejection.cell.map(column_letters).unwrap_or_default(),
            inert(&rejection.column),
            inert(&rejection.value),
            rejection.code.code().to_owned(),
            inert(&rejection.reason),
            inert(&rejection.hint),
        ]
    }))
}

fn written<T: AsRef<[u8]>>(rows: impl Iterator<Item = [T; 7]>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(vec![]);
    for row in rows {
        writer.write_record(row)?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_in_a_value_stays_text() {
        let rejection = Rejection {
            row: 7,
            sheet: None,
            cell: Some(3),
            column: "备注".to_owned(),
            value: "=cmd|'/c calc'!A0".to_owned(),
            code: RejectionCode::ValueTooLong,
            reason: "太长".to_owned(),
            hint: "缩短".to_owned(),
        };
        let csv = String::from_utf8(rejections_csv([&rejection]).unwrap()).unwrap();
        assert_eq!(csv, "7,D,备注,'=cmd|'/c calc'!A0,value-too-long,太长,缩短\r\n");
        let header = String::from_utf8(rejections_header().unwrap()).unwrap();
        assert_eq!(header, "\u{feff}行号,列,列名,原值,错误代码,原因,修改建议\r\n");
    }

    #[test]
    fn codes_and_their_json_names_agree() {
        for code in [RejectionCode::ValueMissing, RejectionCode::UsccInvalid, RejectionCode::KindNotPermitted] {
            assert_eq!(serde_json::to_value(code).unwrap(), code.code());
        }
    }
}
