//! Domains of annex 1.

use xinzheng_domain::DomainId;

use crate::findings::{At, Findings};
use crate::rejection::RejectionCode;
use crate::sender::Sender;
use crate::value::Value;

/// A domain that the sender's row of the directory covers.
pub(super) fn read<'r>(at: At<'_>, text: &str, sender: &Sender, findings: &mut Findings<'_>) -> Value<'r> {
    let covered = sender.directory_row().map_or(&[][..], |unit| unit.domains.as_slice());
    let hint = || {
        let names: Vec<&str> = covered.iter().map(|domain| domain.name()).collect();
        format!("贵单位可填：{}", names.join("、"))
    };
    match DomainId::from_name(text) {
        Some(domain) if covered.contains(&domain) => Value::Domain(domain),
        Some(domain) => {
            let reason = format!("目录中贵单位不涉及{domain}领域");
            findings.reject(at, text, RejectionCode::DomainNotCovered, reason, hint());
            Value::Faulty
        }
        None => {
            findings.reject(at, text, RejectionCode::DomainUnknown, "不在39个领域之内", hint());
            Value::Faulty
        }
    }
}
