//! Lines of Chinese text: greedy, with the prohibitions at line starts and ends (避头尾) and whole words of Latin text.

use crate::fonts::Font;

/// Characters that no line starts with.
const NOT_AT_START: &str = "，。、；：？！）〕】》〉」』’”…—·％‰℃,.;:?!)]}>%~～／/";
/// Characters that no line ends with.
const NOT_AT_END: &str = "（〔【《〈「『‘“([{<￥¥";

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '@' | '&' | '+' | '=' | '#')
}

/// Whether a line may end between these two characters.
pub(crate) fn may_break(before: char, after: char) -> bool {
    !(NOT_AT_START.contains(after)
        || NOT_AT_END.contains(before)
        || after == ' '
        || (is_word(before) && is_word(after)))
}

/// Breaks `text` into lines at most `width` points wide at `size`; line breaks in the text stay. A run without any
/// allowed break that is wider than a line is cut where it must be. At least one line, which may be empty.
///
/// The lines are slices of the text, without the spaces at a break.
pub(crate) fn lines<'t>(text: &'t str, width: f32, size: f32, font: &Font) -> Vec<&'t str> {
    let mut lines = vec![];
    for paragraph in text.split('\n') {
        break_paragraph(paragraph.trim_end_matches('\r'), width, size, font, &mut lines);
    }
    lines
}

fn break_paragraph<'t>(text: &'t str, width: f32, size: f32, font: &Font, lines: &mut Vec<&'t str>) {
    let (mut start, mut used) = (0, 0.0_f32);
    // The last place where the line may end, and how much of the line stands before it.
    let mut allowed: Option<(usize, f32)> = None;
    let mut before: Option<char> = None;
    for (at, character) in text.char_indices() {
        let advance = font.advance(character) * size;
        if at > start && before.is_some_and(|before| may_break(before, character)) {
            allowed = Some((at, used));
        }
        if used + advance > width && at > start && character != ' ' {
            let (end, kept) = allowed.take().unwrap_or((at, used));
            lines.push(text.get(start..end).unwrap_or_default().trim_end_matches(' '));
            start = end;
            used -= kept;
        }
        used += advance;
        before = Some(character);
    }
    lines.push(text.get(start..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fonts::{Fonts, Weight};

    fn broken(text: &str, characters: f32) -> Vec<&str> {
        lines(text, characters * 10.0, 10.0, Fonts::get().unwrap().weight(Weight::Regular))
    }

    #[test]
    fn lines_end_where_they_may() {
        for (text, characters, expected) in [
            ("", 4.0, vec![""]),
            ("一二三四五六", 4.0, vec!["一二三四", "五六"]),
            ("一二三四，五六", 4.0, vec!["一二三", "四，五六"]),
            ("一二三（四五）", 4.0, vec!["一二三", "（四五）"]),
            ("一二三“四五”。", 4.0, vec!["一二三", "“四", "五”。"]),
            ("一\n二三", 4.0, vec!["一", "二三"]),
            ("按 ABCDEF 号", 4.0, vec!["按", "ABCDEF", "号"]),
            ("一二三四五六七八九十", 10.0, vec!["一二三四五六七八九十"]),
        ] {
            assert_eq!(broken(text, characters), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_prohibitions_hold(text in "[一-龥，。、（）《》“”a-z0-9]{0,80}", width in 3.0..30.0_f32) {
            let lines = broken(&text, width);
            prop_assert_eq!(lines.concat(), &*text);
            for pair in lines.windows(2) {
                let (Some(end), Some(start)) = (pair[0].chars().last(), pair[1].chars().next()) else { continue };
                // Only a run wider than the line is cut where it may not be.
                let could_end_earlier = pair[0].chars().zip(pair[0].chars().skip(1)).any(|(a, b)| may_break(a, b));
                if could_end_earlier {
                    prop_assert!(may_break(end, start), "{end}|{start}");
                }
            }
        }
    }
}
