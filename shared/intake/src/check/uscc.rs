//! Unified social credit codes (GB 32100-2015).

use xinzheng_domain::identity::citizen_id::mask;
use xinzheng_domain::{CitizenId, Uscc};

use crate::cleaning::clean_code;
use crate::findings::{At, Findings};
use crate::rejection::RejectionCode;
use crate::value::Value;

pub(super) fn read<'r>(at: At<'_>, text: &str, findings: &mut Findings<'_>) -> Value<'r> {
    let code = &*clean_code(text, &mut |n| findings.note_once(n));
    match Uscc::parse(code) {
        Ok(uscc) => Value::Uscc(uscc),
        Err(_) if CitizenId::parse(code).is_ok() => {
            let hint = "统一社会信用代码请对照营业执照填写；自然人的证件号码请填入“证件号码”列";
            let reason = "这是居民身份证号码，不是统一社会信用代码";
            findings.reject(at, &mask(code), RejectionCode::UsccInvalid, reason, hint);
            Value::Faulty
        }
        Err(error) => {
            let hint = Uscc::suggestion(code).map_or_else(
                || "请对照营业执照核对统一社会信用代码".to_owned(),
                |uscc| format!("是否应为 {uscc}？请核对后填写，系统不会自动更改"),
            );
            findings.reject(at, code, RejectionCode::UsccInvalid, error.to_string(), hint);
            Value::Faulty
        }
    }
}
