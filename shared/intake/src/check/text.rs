//! Texts.

use std::borrow::Cow;

use crate::cleaning::masked;
use crate::findings::{At, Findings};
use crate::rejection::RejectionCode;
use crate::value::Value;

/// A text of at most `longest` characters, identity numbers in it hidden.
pub(super) fn read<'r>(at: At<'_>, text: Cow<'r, str>, longest: usize, findings: &mut Findings<'_>) -> Value<'r> {
    let text = masked(text, &mut |n| findings.note_once(n));
    // No text has more characters than bytes.
    if text.len() > longest && text.chars().count() > longest {
        let count = text.chars().count();
        let reason = format!("最长{longest}字，实际{count}字");
        findings.reject(at, &text, RejectionCode::ValueTooLong, reason, "请缩短该内容");
        return Value::Faulty;
    }
    Value::Text(text)
}
