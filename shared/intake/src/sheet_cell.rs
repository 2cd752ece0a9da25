//! A cell of a worksheet, whichever format the workbook is in.

use std::borrow::Cow;

use crate::cell::Cell;
use crate::date::Epoch;
use crate::number_form::NumberForm;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum SheetCell {
    #[default]
    Blank,
    Text(String),
    /// A number with what its format says.
    Number(f64, NumberForm),
    /// 是 or 否.
    Flag(bool),
    /// A formula's error, as the spreadsheet shows it: `#REF!`.
    Fault(String),
    /// A formula whose value was never saved.
    NoValue,
}

impl SheetCell {
    /// The cell as intake sees it; serial numbers are counted from `epoch`.
    pub(crate) fn cell(&self, epoch: Epoch) -> Cell<'_> {
        match self {
            Self::Blank => Cell::Text(""),
            Self::Text(text) if text.contains(char::REPLACEMENT_CHARACTER) => Cell::Undecodable(text),
            Self::Text(text) => Cell::Text(text),
            Self::Number(number, form) => Cell::Number { number: *number, form: *form, epoch },
            Self::Flag(true) => Cell::Text("是"),
            Self::Flag(false) => Cell::Text("否"),
            Self::Fault(error) => Cell::Fault(Cow::Borrowed(error)),
            Self::NoValue => Cell::NoValue,
        }
    }

    /// True when nothing visible stands in the cell.
    pub(crate) fn is_blank(&self) -> bool {
        self.cell(Epoch::Y1900).is_blank()
    }
}
