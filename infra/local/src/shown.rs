//! What commands show of files and rows: without identity numbers, and without what a terminal would act on.

use std::path::Path;

use xinzheng_domain::identity::citizen_id::mask_within;
use xinzheng_intake::Rejection;

/// A path in which identity numbers are hidden.
pub(crate) fn path(path: &Path) -> String {
    text(&path.display().to_string())
}

/// A text in which identity numbers are hidden, on one line.
pub(crate) fn text(text: &str) -> String {
    let masked = mask_within(text);
    let shown = masked.as_deref().unwrap_or(text);
    shown.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

/// A fault of a returned row, in a line.
pub(crate) fn rejection(fault: &Rejection) -> String {
    let Rejection { column, value, code, reason, hint, .. } = fault;
    let line = format!("  第 {} 行　{column}　“{value}”　{reason}；{hint}（{}）", fault.place(), code.code());
    text(&line)
}
