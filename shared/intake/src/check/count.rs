//! Numbers of records.

use xinzheng_domain::manifest::MOST_DECLARED;

use crate::character::half_width;
use crate::findings::{At, Findings};
use crate::rejection::RejectionCode;
use crate::value::Value;

pub(super) fn read<'r>(at: At<'_>, text: &str, findings: &mut Findings<'_>) -> Value<'r> {
    let digits: String = text.chars().map(half_width).filter(|c| !matches!(c, ',' | ' ')).collect();
    match digits.trim_end_matches(['条', '件']).parse::<u64>() {
        Ok(count) if count <= MOST_DECLARED => Value::Count(count),
        _ => {
            let hint = "请只填数字，没有记录时填 0";
            findings.reject(at, text, RejectionCode::CountInvalid, "条数应为不小于0的整数", hint);
            Value::Faulty
        }
    }
}
