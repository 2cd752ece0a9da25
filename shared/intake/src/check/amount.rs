//! Amounts.

use xinzheng_domain::Amount;

use crate::amount::{self, AmountFault, AmountUnit};
use crate::findings::{At, Findings};
use crate::number_form::NumberForm;
use crate::rejection::RejectionCode;
use crate::value::Value;

/// `unit` is the one that the header states.
pub(super) fn read<'r>(at: At<'_>, text: &str, unit: AmountUnit, findings: &mut Findings<'_>) -> Value<'r> {
    let found = amount::parse(text, unit, &mut |n| findings.note_once(n));
    value(at, found, text, findings)
}

/// The amount of a workbook's number, which shows as `display`: in the unit of its format, else in the header's.
pub(super) fn read_number<'r>(
    at: At<'_>,
    (number, form): (f64, NumberForm),
    unit: AmountUnit,
    display: &str,
    findings: &mut Findings<'_>,
) -> Value<'r> {
    let unit = match (form, unit) {
        (NumberForm::Yuan, _) | (NumberForm::Currency, AmountUnit::Yuan) => Ok(AmountUnit::Yuan),
        (NumberForm::TenThousandYuan, _) => Ok(AmountUnit::TenThousandYuan),
        (NumberForm::Currency, AmountUnit::TenThousandYuan) => Err(AmountFault::UnitUnclear),
        (NumberForm::OtherUnit | NumberForm::Date | NumberForm::Time, _) => Err(AmountFault::OtherUnit),
        (NumberForm::Plain | NumberForm::Padded(_), unit) => Ok(unit),
    };
    let note = &mut |n| findings.note(n);
    let found = unit.and_then(|unit| amount::from_number(number, unit, note).map_err(AmountFault::from));
    value(at, found, display, findings)
}

fn value<'r>(at: At<'_>, found: Result<Amount, AmountFault>, text: &str, findings: &mut Findings<'_>) -> Value<'r> {
    match found {
        Ok(amount) => Value::Amount(amount),
        Err(error) => {
            let hint = match error {
                AmountFault::Not(_) => "请只填以万元为单位的数字，如 1.25",
                _ => "请填写以万元为单位的数字，如 1.25，并把单元格格式改为“常规”；或在数字后写明“元”或“万元”",
            };
            findings.reject(at, text, RejectionCode::AmountInvalid, error.to_string(), hint);
            Value::Faulty
        }
    }
}
