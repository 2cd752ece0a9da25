//! What the audit's entries say, in words.

use xinzheng_api::access_log::AuditEntry;
use xinzheng_domain::UnitCode;
use xinzheng_domain::audit::Role;

/// Who did it, to whoever is no staff of the platform.
pub(crate) fn who(entry: &AuditEntry) -> String {
    match entry.role.known() {
        Some(Role::ThirdParty) => entry.by.clone(),
        Some(Role::Unit) => UnitCode::parse(&entry.by).map_or_else(|| entry.by.clone(), UnitCode::name),
        _ => entry.role.title().to_owned(),
    }
}

/// Who did it, to the platform's staff: which of them it was.
pub(crate) fn named(entry: &AuditEntry) -> String {
    match entry.role.known() {
        Some(Role::Platform) => entry.by.clone(),
        _ => who(entry),
    }
}
