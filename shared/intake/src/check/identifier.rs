//! Codes and numbers that are looked up digit by digit, and digits that a spreadsheet destroyed.

use xinzheng_domain::Field;
use xinzheng_domain::record::table::{Column, ValueType};

use crate::character::half_width;
use crate::findings::{At, Findings};
use crate::rejection::RejectionCode;
use crate::value::Value;

/// Columns whose values are looked up digit by digit.
pub(super) fn is_identifier(column: &Column) -> bool {
    match column.value {
        ValueType::Uscc | ValueType::IdNumber | ValueType::Document | ValueType::Documents | ValueType::Division => {
            true
        }
        ValueType::Text => matches!(
            column.field,
            Field::BusinessRegistration
                | Field::OrganisationCode
                | Field::TaxRegistration
                | Field::InstitutionCertificate
                | Field::SocialOrganisationCertificate
                | Field::Licence
        ),
        _ => false,
    }
}

/// Rejects a number whose last digits are lost.
pub(super) fn reject_destroyed<'r>(at: At<'_>, text: &str, findings: &mut Findings<'_>) -> Value<'r> {
    let reason = "数字已被电子表格改成科学计数法，后几位已丢失";
    let hint = "请先把该列的单元格格式设为“文本”，再重新填写完整号码";
    findings.reject(at, text, RejectionCode::DigitsDestroyed, reason, hint);
    Value::Faulty
}

/// True for `1.40402E+17`, in capital or small letters, and for the like with spaces, commas or full-width characters in it
/// or words around it; also for `1.4×10^17`.
pub(super) fn is_destroyed(text: &str) -> bool {
    // Nearly every number has neither a sign nor a point.
    let may_have = text.bytes().any(|byte| matches!(byte, b'+' | b'.' | 0xc3 | 0xef));
    if !may_have || !text.contains(['+', '.', '＋', '．', '×']) {
        return false;
    }
    let folded: Vec<u8> = text
        .chars()
        .map(half_width)
        .filter(|c| !c.is_whitespace() && *c != ',')
        .map(|c| u8::try_from(c).unwrap_or(0))
        .collect();
    let digit = |at: Option<usize>| at.and_then(|at| folded.get(at)).is_some_and(u8::is_ascii_digit);
    let signed = (0..folded.len()).any(|at| {
        matches!(folded.get(at), Some(b'E' | b'e'))
            && folded.get(at + 1) == Some(&b'+')
            && digit(at.checked_sub(1))
            && digit(Some(at + 2))
    });
    signed || text.contains("×10") || unsigned_exponent(&folded)
}

/// `1.40402E17`: a digit, a fraction and an exponent, and nothing else.
fn unsigned_exponent(text: &[u8]) -> bool {
    let Some(at) = text.iter().position(|byte| matches!(byte, b'E' | b'e')) else { return false };
    let (Some([whole, b'.', fraction @ ..]), Some(exponent)) = (text.get(..at), text.get(at + 1..)) else {
        return false;
    };
    let digits = |bytes: &[u8]| !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    whole.is_ascii_digit() && digits(fraction) && digits(exponent) && exponent.len() <= 3
}
