//! Entries of a code list, one in a cell or several.

use xinzheng_domain::record::table::{Column, SharingStandard};

use crate::character::half_width;
use crate::codes::Codes;
use crate::findings::{At, Findings};
use crate::normalisation::Normalisation;
use crate::rejection::{RejectionCode, shown};
use crate::value::Value;

pub(super) fn read<'r>(at: At<'_>, text: &str, column: &Column, findings: &mut Findings<'_>) -> Value<'r> {
    code(at, text, column, findings).map_or(Value::Faulty, Value::Code)
}

/// Several entries, each of which counts once.
pub(super) fn read_several<'r>(at: At<'_>, text: &str, column: &Column, findings: &mut Findings<'_>) -> Value<'r> {
    let parts = text.split(['、', '，', ',', '；', ';', '/', '\n']).map(str::trim).filter(|part| !part.is_empty());
    let list = column.codes.as_deref().unwrap_or_default();
    let mut codes = Codes::of(SharingStandard::get().codes(list));
    for part in parts {
        let Some(code) = code(at, part, column, findings) else { return Value::Faulty };
        if !codes.add(code) {
            findings.note(Normalisation::Wording);
        }
    }
    Value::Codes(codes)
}

fn code(at: At<'_>, text: &str, column: &Column, findings: &mut Findings<'_>) -> Option<&'static str> {
    let list = column.codes.as_deref().unwrap_or_default();
    let codes = SharingStandard::get().codes(list);
    if let Some(code) = codes.iter().find(|code| *code == text) {
        return Some(code);
    }
    let folded: String = text.chars().map(half_width).filter(|c| !c.is_whitespace()).collect();
    let known = |wording: &str| codes.iter().find(|code| *code == wording).map(String::as_str);
    let meant = known(&folded).or_else(|| SharingStandard::get().wording(list, text)).or_else(|| {
        // 其他-责令改正: the national tables let units add a word, which the content says as well.
        let (other, _) = folded.split_once(['-', '—', '－', ':'])?;
        known(other).filter(|_| other == "其他")
    });
    if meant.is_some() {
        findings.note(Normalisation::Wording);
    } else {
        let reason = format!("“{}”不在可选值之内", shown(text));
        findings.reject(at, text, RejectionCode::CodeUnknown, reason, format!("可选值：{}", codes.join("、")));
    }
    meant
}
