//! What the audit's entries say, in words.

use serde_json::Value;
use xinzheng_domain::UnitCode;
use xinzheng_domain::audit::{Action, Coded, Role, Why};

use crate::said::Said;

fn action_of(step: &Value) -> Coded<Action> {
    Coded::read(step.text("action"))
}

/// What was done.
pub(crate) fn action(step: &Value) -> String {
    action_of(step).title().to_owned()
}

/// What it was done for, or why; `None` when nothing is said.
pub(crate) fn why(step: &Value) -> Option<Why> {
    step.filled("purpose").map(|written| Why::read(&action_of(step), written))
}

fn role_of(step: &Value) -> Coded<Role> {
    Coded::read(step.text("role"))
}

/// In which role.
pub(crate) fn role(step: &Value) -> String {
    role_of(step).title().to_owned()
}

/// Who did it.
pub(crate) fn by(step: &Value) -> String {
    let name = step.text("by");
    match role_of(step).known() {
        Some(Role::ThirdParty) => name.to_owned(),
        Some(Role::Unit) => UnitCode::parse(name).map_or_else(|| name.to_owned(), UnitCode::name),
        _ => role(step),
    }
}
