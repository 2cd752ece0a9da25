//! Lists of serious dishonesty.

use crate::character::half_width;
use crate::findings::{At, Findings};
use crate::rejection::RejectionCode;
use crate::sender::Sender;
use crate::value::Value;

/// A list that the sender's row of the directory names.
pub(super) fn read<'r>(at: At<'_>, text: &str, sender: &Sender, findings: &mut Findings<'_>) -> Value<'r> {
    let lists = sender.directory_row().map_or(&[][..], |unit| unit.lists.as_slice());
    let fold = |text: &str| -> String { text.chars().map(half_width).collect() };
    let folded = fold(text);
    match lists.iter().find(|list| fold(list) == folded) {
        Some(list) => Value::List(list),
        None => {
            let hint = if lists.is_empty() {
                "目录中贵单位没有严重失信主体名单".to_owned()
            } else {
                format!("贵单位可填：{}", lists.join("、"))
            };
            findings.reject(at, text, RejectionCode::ListNotNamed, "目录中贵单位没有这个名单", hint);
            Value::Faulty
        }
    }
}
