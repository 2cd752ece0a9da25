//! The people of the sample: what the local issuer's tokens say of them.

use serde_json::{Map, Value, json};
use xinzheng_domain::{UnitCode, Uscc};
use xinzheng_sample::SampleSubject;

/// The bank that asks for reports.
pub(crate) const BANK: &str = "长治市虚构银行";
/// What the platform's own are called.
pub(crate) const OPERATOR: &str = "平台工作人员";

/// The claims of a token.
pub(crate) type Claims = Map<String, Value>;

fn claims(value: Value) -> Claims {
    match value {
        Value::Object(claims) => claims,
        _ => Claims::new(),
    }
}

/// A subject of the sample.
pub(crate) fn subject(of: &SampleSubject) -> Claims {
    company(&of.uscc, &of.name)
}

/// A company by its unified social credit code and name.
pub(crate) fn company(uscc: &Uscc, name: &str) -> Claims {
    claims(json!({ "role": "subject", "subject": uscc, "name": name, "sub": uscc }))
}

/// A clerk of a unit.
pub(crate) fn clerk(unit: UnitCode) -> Claims {
    claims(json!({ "role": "unit", "unit": unit, "sub": format!("clerk of {unit}") }))
}

/// Somebody of the platform.
pub(crate) fn operator() -> Claims {
    claims(json!({ "role": "operator", "sub": "operator-1", "name": OPERATOR }))
}

/// Somebody of the bank.
pub(crate) fn bank() -> Claims {
    claims(json!({ "role": "third-party", "sub": "bank-1", "name": BANK }))
}
