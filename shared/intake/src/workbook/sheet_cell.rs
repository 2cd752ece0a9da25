//! A cell of a worksheet, whichever format the workbook is in.

use std::borrow::Cow;

use jiff::civil::Date;

use crate::cell::Cell;
use crate::date::Epoch;
use crate::workbook::number_form::NumberForm;

/// A cell of a worksheet.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum SheetCell {
    /// No value.
    #[default]
    Blank,
    /// Text as it stands.
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

/// A number as a spreadsheet shows it: 15 digits at most, so that `0.1 + 0.2` is 0.3; whole numbers of up to 2^53 with all
/// their digits; dates as dates.
pub(crate) fn shown(number: f64, form: NumberForm, epoch: Epoch) -> String {
    if form == NumberForm::Date
        && let Some(text) = date_shown(number, epoch)
    {
        return text;
    }
    let whole = number.fract() == 0.0;
    match form {
        NumberForm::Padded(digits) if whole && (0.0..EXACT).contains(&number) => {
            format!("{number:0>width$.0}", width = usize::from(digits))
        }
        _ if whole && number.abs() <= EXACT => format!("{number:.0}"),
        _ if number.abs() >= EXACT => scientific(number),
        _ => {
            let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
            rounded.to_string()
        }
    }
}

/// A double tells all whole numbers up to this one apart.
pub(crate) const EXACT: f64 = 9_007_199_254_740_992.0;

fn date_shown(serial: f64, epoch: Epoch) -> Option<String> {
    let date: Date = crate::date::from_serial(serial.floor(), epoch, &mut |_| {})?;
    let minutes = ((serial - serial.floor()) * 1440.0).floor() as i64;
    Some(if minutes == 0 { date.to_string() } else { format!("{date} {:02}:{:02}", minutes / 60, minutes % 60) })
}

/// `1.40402E+17`, as spreadsheets show numbers whose last digits are lost.
pub(crate) fn scientific(number: f64) -> String {
    let text = format!("{number:.5e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{mantissa}E+{exponent}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_show_as_spreadsheets_show_them() {
        for (number, form, expected) in [
            (12.0, NumberForm::Plain, "12"),
            (0.35, NumberForm::Plain, "0.35"),
            (0.1 + 0.2, NumberForm::Plain, "0.3"),
            (14_040_320_250_001.0, NumberForm::Plain, "14040320250001"),
            (9_007_199_254_740_991.0, NumberForm::Plain, "9007199254740991"),
            (1.40402e17, NumberForm::Plain, "1.40402E+17"),
            (12.0, NumberForm::Padded(6), "000012"),
            (45839.0, NumberForm::Date, "2025-07-01"),
            (45839.5, NumberForm::Date, "2025-07-01 12:00"),
            (-1.0, NumberForm::Date, "-1"),
        ] {
            assert_eq!(shown(number, form, Epoch::Y1900), expected);
        }
        assert_eq!(shown(44377.0, NumberForm::Date, Epoch::Y1904), "2025-07-01");
    }
}
