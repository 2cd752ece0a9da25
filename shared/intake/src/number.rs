//! Numbers of workbooks as spreadsheets show them.

use jiff::civil::Date;

use crate::date::{Epoch, from_serial};
use crate::number_form::NumberForm;

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
    let date: Date = from_serial(serial.floor(), epoch, &mut |_| {})?;
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
