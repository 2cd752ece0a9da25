//! Texts in files that people open with spreadsheets.

use crate::character::{half_width, is_invisible};

/// A cell that no spreadsheet takes for a formula, whatever stands in front of the sign: when it begins with `=`, `+`, `-` or
/// `@`, also of full width, or with a tab or a line break, it gets an apostrophe in front.
pub fn inert(text: &str) -> String {
    let first = text.chars().map(half_width).find(|c| !c.is_whitespace() && !is_invisible(*c));
    let breaks = text.starts_with(['\t', '\r', '\n']);
    if breaks || matches!(first, Some('=' | '+' | '-' | '@')) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn formulas_are_texts() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("\u{200b}＝1", "'\u{200b}＝1"),
            (" @SUM", "' @SUM"),
            ("\t1", "'\t1"),
            ("晋市监罚〔2024〕1-2号", "晋市监罚〔2024〕1-2号"),
            ("", ""),
        ] {
            assert_eq!(inert(text), expected, "{text:?}");
        }
    }
}
