//! Rejections: what is wrong with a cell, where, and how to mend it.

use serde::{Deserialize, Serialize};

/// What is wrong with a cell or row. The kebab-case name is the stable code for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RejectionCode {
    /// A mandatory cell is empty.
    ValueMissing,
    /// A text is longer than the standard allows.
    ValueTooLong,
    /// A formula's error, or a value of a kind that the column cannot hold.
    ValueUnreadable,
    /// A byte that the file's encoding cannot decode.
    Undecodable,
    /// More cells than the header has columns.
    RowShape,
    /// Digits that a spreadsheet destroyed: 1.40402E+17.
    DigitsDestroyed,
    /// Not a unified social credit code (GB 32100-2015).
    UsccInvalid,
    /// Not a resident identity number (GB 11643-1999).
    IdNumberInvalid,
    /// No date in a known form.
    DateUnreadable,
    /// A date after today.
    DateInFuture,
    /// A decision before 2022-08-01 (scheme, section 4(1)).
    DateBeforeScope,
    /// Two dates of a row contradict each other.
    DateOrder,
    /// No amount.
    AmountInvalid,
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
            Self::DigitsDestroyed => "digits-destroyed",
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
            Self::DocumentInvalid => "document-invalid",
            Self::ListNotNamed => "list-not-named",
            Self::KindNotPermitted => "kind-not-permitted",
        }
    }
}

/// A faulty cell of a rejected row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// The row in the file, counted from 1 as a spreadsheet does.
    pub row: u64,
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

/// Longest value shown in a rejection, in characters.
const SHOWN: usize = 100;

/// Shortens a value for showing.
pub(crate) fn shown(value: &str) -> String {
    match value.char_indices().nth(SHOWN) {
        None => value.to_owned(),
        Some((end, _)) => format!("{}……", value.get(..end).unwrap_or_default()),
    }
}

/// Writes rejections as CSV for spreadsheets: UTF-8 with a byte order mark, CRLF.
///
/// A cell that a spreadsheet would take for a formula (`=`, `+`, `-`, `@`, tab or line break in front) gets an
/// apostrophe in front.
pub fn rejections_csv<'a>(rejections: impl IntoIterator<Item = &'a Rejection>) -> Result<Vec<u8>, csv::Error> {
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut bytes);
    writer.write_record(["行号", "列名", "原值", "错误代码", "原因", "修改建议"])?;
    for rejection in rejections {
        writer.write_record([
            rejection.row.to_string(),
            inert(&rejection.column),
            inert(&rejection.value),
            rejection.code.code().to_owned(),
            inert(&rejection.reason),
            inert(&rejection.hint),
        ])?;
    }
    writer.flush()?;
    drop(writer);
    Ok(bytes)
}

fn inert(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_in_a_value_stays_text() {
        let rejection = Rejection {
            row: 7,
            column: "备注".to_owned(),
            value: "=cmd|'/c calc'!A0".to_owned(),
            code: RejectionCode::ValueTooLong,
            reason: "太长".to_owned(),
            hint: "缩短".to_owned(),
        };
        let csv = String::from_utf8(rejections_csv([&rejection]).unwrap()).unwrap();
        assert_eq!(
            csv,
            "\u{feff}行号,列名,原值,错误代码,原因,修改建议\r\n7,备注,'=cmd|'/c calc'!A0,value-too-long,太长,缩短\r\n"
        );
    }

    #[test]
    fn codes_and_their_json_names_agree() {
        for code in [RejectionCode::ValueMissing, RejectionCode::UsccInvalid, RejectionCode::KindNotPermitted] {
            assert_eq!(serde_json::to_value(code).unwrap(), code.code());
        }
    }
}
