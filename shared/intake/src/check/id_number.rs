//! Identity numbers: as codes by themselves, and as a natural person's once the kind of document is known.

use std::borrow::Cow;

use xinzheng_domain::identity::citizen_id::mask;
use xinzheng_domain::{CitizenId, Field, SubjectId};

use crate::assembly::PersonIdentity;
use crate::cleaning::clean_code;
use crate::fields::Fields;
use crate::findings::Findings;
use crate::rejection::RejectionCode;
use crate::value::Value;

const ID_CARD: &str = "身份证";

/// The number of a document whose kind is not known yet.
pub(super) fn read<'r>(text: &str, findings: &mut Findings<'_>) -> Value<'r> {
    Value::IdNumber(Cow::Owned(clean_code(text, &mut |n| findings.note_once(n)).into_owned()))
}

/// The identity of a natural person. Identity numbers in rows of other subjects are left unread and unkept.
pub(super) fn identity(fields: &Fields<'_, '_>, findings: &mut Findings<'_>) -> Option<PersonIdentity> {
    let (Value::Code("自然人"), Value::Code(id_type), Value::IdNumber(number)) =
        (fields.get(Field::SubjectType), fields.get(Field::IdType), fields.get(Field::IdNumber))
    else {
        return None;
    };
    let header = fields.at(Field::IdNumber);
    let key = &fields.surroundings.sender.person_key;
    if *id_type != ID_CARD {
        if (5..=30).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric()) {
            let id = SubjectId::person_with_document(id_type, number, key);
            return Some(PersonIdentity { id, masked: mask(number) });
        }
        let reason = "证件号码应为5至30位字母或数字";
        findings.reject(header, &mask(number), RejectionCode::IdNumberInvalid, reason, "请对照证件核对号码");
        return None;
    }
    match CitizenId::parse(number) {
        Ok(id) => Some(PersonIdentity { id: SubjectId::person(&id, key), masked: id.masked() }),
        Err(error) => {
            let hint = "请对照身份证核对号码，该列的单元格格式应为“文本”";
            findings.reject(header, &mask(number), RejectionCode::IdNumberInvalid, error.to_string(), hint);
            None
        }
    }
}
