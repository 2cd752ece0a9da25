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

/// What entries call lists and sums, in words.
const LISTS: [(&str, &str); 9] = [
    ("all", "全部"),
    ("cases", "办理事项"),
    ("feedback", "反馈"),
    ("manifests", "对账清单"),
    ("marks", "等待其记录的行"),
    ("matrix", "各单位各月报送情况"),
    ("objections", "逾期的异议"),
    ("platform", "平台"),
    ("uploads", "报送文件"),
];

/// With what it was done: units and lists by their names.
pub(crate) fn object(entry: &AuditEntry) -> String {
    let word = entry.object.as_str();
    let list = LISTS.iter().find(|(known, _)| *known == word).map(|(_, title)| (*title).to_owned());
    list.or_else(|| UnitCode::parse(word).map(UnitCode::name)).unwrap_or_else(|| word.to_owned())
}
