//! Lines of Chinese text: greedy, with the prohibitions at line starts and ends (避头尾) and whole words of Latin text.

use std::ops::Range;

/// Characters that no line starts with.
const NOT_AT_START: &str = "，。、；：？！）〕】》〉」』’”…—·％‰℃,.;:?!)]}>%~～／/";
/// Characters that no line ends with.
const NOT_AT_END: &str = "（〔【《〈「『‘“([{<￥¥";

/// Words of counting that stay with their number.
const COUNTERS: &str = "条项个年月日时分秒元角万亿号款次件份页天倍米吨户人处家";

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '@' | '&' | '+' | '=' | '#')
}

/// Whether a line may end between these two characters.
pub(crate) fn may_break(before: char, after: char) -> bool {
    // Most pairs are two ideographs.
    let ideograph = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    (ideograph(before) && ideograph(after))
        || !(NOT_AT_START.contains(after)
            || NOT_AT_END.contains(before)
            || after == ' '
            || (is_word(before) && is_word(after))
            || (matches!(before, ',' | ':' | '/') && after.is_ascii_digit())
            || (before.is_ascii_digit() && COUNTERS.contains(after)))
}

/// Breaks `text` into lines at most `width` points wide at `size`; line breaks in the text stay. A run without any
/// allowed break that is wider than a line is cut where it must be. At least one line, which may be empty.
///
/// `advance` gives a character's width at a size of one point. The lines are ranges of the text, without the spaces at a
/// break.
pub(crate) fn lines(text: &str, width: f32, size: f32, mut advance: impl FnMut(char) -> f32) -> Vec<Range<usize>> {
    let mut lines = vec![];
    let mut start = 0;
    for paragraph in text.split('\n') {
        break_paragraph(text, start, paragraph.trim_end_matches('\r'), width / size, &mut advance, &mut lines);
        start += paragraph.len() + 1;
    }
    lines
}

/// Breaks a paragraph that begins at `base` of the text; `width` is in em.
fn break_paragraph(
    whole: &str,
    base: usize,
    paragraph: &str,
    width: f32,
    advance: &mut impl FnMut(char) -> f32,
    lines: &mut Vec<Range<usize>>,
) {
    let (mut start, mut used) = (0, 0.0_f32);
    // The last place where the line may end, and how much of the line stands before it.
    let mut allowed: Option<(usize, f32)> = None;
    let mut before: Option<char> = None;
    let trimmed = |start: usize, end: usize| {
        let line = whole.get(base + start..base + end).unwrap_or_default();
        base + start..base + start + line.trim_end_matches(' ').len()
    };
    for (at, character) in paragraph.char_indices() {
        let advance = advance(character);
        if at > start && before.is_some_and(|before| may_break(before, character)) {
            allowed = Some((at, used));
        }
        if used + advance > width && at > start && character != ' ' {
            let (end, kept) = allowed.take().unwrap_or((at, used));
            lines.push(trimmed(start, end));
            start = end;
            used -= kept;
        }
        used += advance;
        before = Some(character);
    }
    lines.push(base + start..base + paragraph.len());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fonts::Fonts;
    use crate::glyphs::Glyphs;

    fn broken(text: &str, characters: f32) -> Vec<&str> {
        let mut glyphs = Glyphs::new(Fonts::get(), None);
        let lines = lines(text, characters * 10.0, 10.0, |c| glyphs.advance(c));
        lines.into_iter().map(|line| &text[line]).collect()
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
            ("罚款共计1,240元整", 6.0, vec!["罚款共计", "1,240元整"]),
            ("未查询到记录0条", 7.0, vec!["未查询到记录", "0条"]),
            ("自2022年8月1日以来", 4.0, vec!["自", "2022年", "8月1日", "以来"]),
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
