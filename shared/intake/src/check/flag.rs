//! 是 and 否.

use crate::findings::{At, Findings};
use crate::rejection::RejectionCode;
use crate::value::Value;

pub(super) fn read<'r>(at: At<'_>, text: &str, findings: &mut Findings<'_>) -> Value<'r> {
    match text {
        "是" | "Y" | "y" | "1" => Value::Flag(true),
        "否" | "N" | "n" | "0" => Value::Flag(false),
        _ => {
            findings.reject(at, text, RejectionCode::FlagUnknown, "应填“是”或“否”", "请改为“是”或“否”");
            Value::Faulty
        }
    }
}
