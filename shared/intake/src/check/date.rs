//! Dates.

use jiff::civil::Date;

use crate::date::{self, Epoch};
use crate::findings::{At, Findings};
use crate::normalisation::Normalisation;
use crate::number_form::NumberForm;
use crate::rejection::RejectionCode;
use crate::value::Value;

pub(super) fn read<'r>(at: At<'_>, text: &str, epoch: Epoch, findings: &mut Findings<'_>) -> Value<'r> {
    let found = date::parse(text, epoch, &mut |n| findings.note_once(n));
    value(at, found, text, findings)
}

/// The date of a workbook's number, which shows as `display`.
pub(super) fn read_number<'r>(
    at: At<'_>,
    (number, form, epoch): (f64, NumberForm, Epoch),
    display: &str,
    findings: &mut Findings<'_>,
) -> Value<'r> {
    // That a date is kept as a number is the spreadsheet's affair, where it shows a date.
    let note = &mut |n| {
        if form != NumberForm::Date || n != Normalisation::SerialDate {
            findings.note(n);
        }
    };
    let found = if number >= 1e7 && number.fract() == 0.0 {
        date::parse(&format!("{number:.0}"), epoch, note)
    } else {
        date::from_serial(number, epoch, note)
    };
    value(at, found, display, findings)
}

fn value<'r>(at: At<'_>, found: Option<Date>, text: &str, findings: &mut Findings<'_>) -> Value<'r> {
    match found {
        Some(date) => Value::Date(date),
        None => {
            let hint = "请写作 2025-07-01，年份在前";
            let reason = if date::is_before_midnight(text) {
                "时间在午夜前一分钟之内，可能是导出程序把日期写早了一天"
            } else {
                "不是能够识别的日期"
            };
            findings.reject(at, text, RejectionCode::DateUnreadable, reason, hint);
            Value::Faulty
        }
    }
}
