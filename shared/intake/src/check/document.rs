//! Document numbers, one in a cell or several.

use std::borrow::Cow;

use xinzheng_domain::DocumentNumber;

use crate::cleaning::masked_document;
use crate::findings::{At, Findings};
use crate::normalisation::Normalisation;
use crate::rejection::RejectionCode;
use crate::value::Value;

pub(super) fn read<'r>(at: At<'_>, text: Cow<'r, str>, findings: &mut Findings<'_>) -> Value<'r> {
    match DocumentNumber::parse(without_spaces(text.clone(), &mut |n| findings.note_once(n))) {
        Ok(document) => Value::Document(document),
        Err(error) => {
            let hint = "请填写完整的文书文号，如“晋市监罚〔2024〕12号”";
            findings.reject(at, &text, RejectionCode::DocumentInvalid, error.to_string(), hint);
            Value::Faulty
        }
    }
}

/// The documents of a manifest.
pub(super) fn read_several<'r>(at: At<'_>, text: &str, findings: &mut Findings<'_>) -> Value<'r> {
    let parts = text.split(['、', '；', ';', '\n']).map(str::trim).filter(|part| !part.is_empty());
    let documents: Result<Vec<_>, _> = parts.map(|part| DocumentNumber::parse(part.to_owned())).collect();
    match documents {
        Ok(documents) => Value::Documents(documents),
        Err(error) => {
            let hint = "请用顿号或换行分隔各文号";
            findings.reject(at, text, RejectionCode::DocumentInvalid, error.to_string(), hint);
            Value::Faulty
        }
    }
}

/// A document number without the spaces that stand in it, and with identity numbers hidden.
fn without_spaces<'r>(text: Cow<'r, str>, note: &mut dyn FnMut(Normalisation)) -> Cow<'r, str> {
    let text = masked_document(text, note);
    if !has_space(text.as_bytes()) {
        return text;
    }
    note(Normalisation::Spaces);
    // Without its spaces it may be a number that it was not with them.
    masked_document(text.chars().filter(|c| !c.is_whitespace()).collect::<String>().into(), note)
}

/// True when a space or a line break stands in a text: of ASCII, U+00A0, U+1680, U+2000 to U+2029, U+202F, U+205F, U+3000.
fn has_space(text: &[u8]) -> bool {
    let beyond = memchr::memchr3_iter(b' ', 0xe2, 0xe3, text).any(|at| match text.get(at..) {
        Some([b' ', ..] | [0xe3, 0x80, 0x80, ..] | [0xe2, 0x81, 0x9f, ..]) => true,
        Some(&[0xe2, 0x80, last, ..]) => last < 0x8b || matches!(last, 0xa8 | 0xa9 | 0xaf),
        _ => false,
    });
    let rare = || {
        memchr::memchr2(0xc2, 0xe1, text).is_some()
            && std::str::from_utf8(text).is_ok_and(|text| text.contains(char::is_whitespace))
    };
    beyond || memchr::memchr3(b'\t', b'\n', b'\r', text).is_some() || rare()
}
