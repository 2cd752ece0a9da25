//! Administrative divisions (GB/T 2260).

use xinzheng_domain::Division;

use crate::cleaning::clean_code;
use crate::findings::{At, Findings};
use crate::normalisation::Normalisation;
use crate::rejection::RejectionCode;
use crate::value::Value;

/// A division of the city; a former one as what it is now.
pub(super) fn read<'r>(at: At<'_>, text: &str, findings: &mut Findings<'_>) -> Value<'r> {
    let code = clean_code(text, &mut |n| findings.note_once(n));
    if let Some(division) = Division::parse(&code) {
        return Value::Division(division);
    }
    if let Some(division) = Division::of_former(&code) {
        findings.note_once(Normalisation::Wording);
        return Value::Division(division);
    }
    let hint = "请填6位代码，如潞州区 140403；注册地不在长治市的主体不报送";
    findings.reject(at, text, RejectionCode::DivisionUnknown, "不是长治市的行政区划代码", hint);
    Value::Faulty
}
