//! Texts and codes without what has no meaning in them; each change is noted.

use std::borrow::Cow;

use xinzheng_domain::identity::citizen_id::{mask_within, mask_within_document};

use crate::character::{Meaning, half_width, is_break, is_invisible, meaning};
use crate::normalisation::Normalisation;

/// Text: ends trimmed, invisible characters left out, what tells a spreadsheet that it is text left out, private-use and
/// compatibility characters as what they stand for; on a single line, line breaks left out. Tells the first character that
/// nobody else could read. `plain` when [`may_hide`](crate::character::may_hide) is false of the whole row.
pub(crate) fn clean_text<'a>(
    text: &'a str,
    plain: bool,
    single_line: bool,
    note: &mut dyn FnMut(Normalisation),
    unreadable: &mut Option<char>,
) -> Cow<'a, str> {
    if plain {
        if is_trimmed(text) && !is_marked(text) {
            return Cow::Borrowed(text);
        }
        let trimmed = text.trim();
        if trimmed.len() != text.len() {
            note(Normalisation::Spaces);
        }
        return without_mark(trimmed, note);
    }
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c));
    if trimmed.len() != text.len() {
        note(if text.trim().len() == trimmed.len() { Normalisation::Spaces } else { Normalisation::Invisible });
    }
    let mut clean = String::with_capacity(trimmed.len());
    let mut rest = trimmed.chars().peekable();
    let mut changed = false;
    while let Some(character) = rest.next() {
        if is_invisible(character) {
            note(Normalisation::Invisible);
            changed = true;
        } else if single_line && is_break(character) {
            note(Normalisation::LineBreak);
            changed = true;
            while rest.next_if(|&next| is_break(next)).is_some() {}
            let between_letters = clean.chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric())
                && rest.peek().is_some_and(char::is_ascii_alphanumeric);
            if between_letters {
                clean.push(' ');
            }
        } else {
            match meaning(character) {
                Meaning::Itself => clean.push(character),
                Meaning::Other(other) => {
                    note(Normalisation::Character);
                    changed = true;
                    clean.push(other);
                }
                Meaning::Unreadable => {
                    unreadable.get_or_insert(character);
                }
            }
        }
    }
    if !changed {
        return without_mark(trimmed, note);
    }
    Cow::Owned(without_mark(&clean, note).into_owned())
}

/// A code: half-width, upper-case, without any space.
pub(crate) fn clean_code<'a>(text: &'a str, note: &mut dyn FnMut(Normalisation)) -> Cow<'a, str> {
    if text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    let mut code = String::with_capacity(text.len());
    for original in text.chars() {
        if is_invisible(original) {
            note(Normalisation::Invisible);
            continue;
        }
        let character = half_width(original);
        if character.is_whitespace() {
            note(Normalisation::Spaces);
            continue;
        }
        if character != original {
            note(Normalisation::FullWidth);
        }
        let upper = character.to_ascii_uppercase();
        if upper != character {
            note(Normalisation::UpperCase);
        }
        code.push(upper);
    }
    Cow::Owned(code)
}

/// Hides the middle of every identity number in a text.
pub(crate) fn masked<'a>(text: Cow<'a, str>, note: &mut dyn FnMut(Normalisation)) -> Cow<'a, str> {
    let hidden = mask_within(&text);
    replaced(text, hidden, note)
}

/// The same in a document number.
pub(crate) fn masked_document<'a>(text: Cow<'a, str>, note: &mut dyn FnMut(Normalisation)) -> Cow<'a, str> {
    let hidden = mask_within_document(&text);
    replaced(text, hidden, note)
}

fn replaced<'a>(text: Cow<'a, str>, hidden: Option<String>, note: &mut dyn FnMut(Normalisation)) -> Cow<'a, str> {
    match hidden {
        None => text,
        Some(hidden) => {
            note(Normalisation::IdentityNumber);
            Cow::Owned(hidden)
        }
    }
}

/// True when the ends are plainly no spaces: visible ASCII, or a character from U+4000 on. A look at two bytes instead of
/// decoding two characters; false says nothing.
fn is_trimmed(text: &str) -> bool {
    let visible = |byte: u8| (0x21..0x7f).contains(&byte);
    match text.as_bytes() {
        [first, .., lead, _, last] => (visible(*first) || *first >= 0xe4) && (visible(*last) || *lead >= 0xe4),
        _ => false,
    }
}

fn is_marked(text: &str) -> bool {
    matches!(text.as_bytes(), [b'\'', _, ..] | [b'=', b'"', ..])
}

/// Leaves out what tells a spreadsheet that a value is text: `="…"`, an apostrophe in front.
fn without_mark<'a>(text: &'a str, note: &mut dyn FnMut(Normalisation)) -> Cow<'a, str> {
    let inner = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    if let Some(inner) = inner.filter(|inner| !inner.replace("\"\"", "").contains('"')) {
        note(Normalisation::TextMark);
        return if inner.contains("\"\"") { inner.replace("\"\"", "\"").into() } else { inner.into() };
    }
    match text.strip_prefix('\'') {
        Some(inner) if !inner.is_empty() && !inner.contains('\'') => {
            note(Normalisation::TextMark);
            inner.into()
        }
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_cleaned_openly() {
        for (text, expected, notes) in [
            ("91140403MA", "91140403MA", vec![]),
            (" 9114 0403ma", "91140403MA", vec![Normalisation::Spaces, Normalisation::UpperCase]),
            ("９１１４０４０３ＭＡ", "91140403MA", vec![Normalisation::FullWidth]),
            ("91140403MA\u{200b}", "91140403MA", vec![Normalisation::Invisible]),
        ] {
            let mut noted = vec![];
            assert_eq!(clean_code(text, &mut |n| noted.push(n)), expected);
            noted.sort();
            noted.dedup();
            assert_eq!(noted, notes, "{text}");
        }
    }

    #[test]
    fn ends_are_trimmed_whatever_they_are() {
        for (text, trimmed) in [
            ("长治市虚构", "长治市虚构"),
            (" 长治", "长治"),
            ("长治\u{3000}", "长治"),
            ("\u{a0}ab", "ab"),
            ("ab\u{2003}", "ab"),
            ("a ", "a"),
            ("", ""),
            ("\u{3000}", ""),
            ("（甲）", "（甲）"),
            ("长\u{85}", "长"),
        ] {
            assert_eq!(clean_text(text, true, true, &mut |_| {}, &mut None), trimmed, "{text:?}");
        }
    }

    #[test]
    fn names_stand_on_one_line_and_show_what_they_are() {
        for (text, expected, note) in [
            ("长治市\n虚构", Ok("长治市虚构"), Some(Normalisation::LineBreak)),
            ("ABC\r\nCo", Ok("ABC Co"), Some(Normalisation::LineBreak)),
            ("长治\u{2028}虚构", Ok("长治虚构"), Some(Normalisation::LineBreak)),
            ("虚构\u{e863}丰", Ok("虚构䶮丰"), Some(Normalisation::Character)),
            ("虚构\u{2f08}", Ok("虚构人"), Some(Normalisation::Character)),
            ("虚构\u{e000}", Err('\u{e000}'), None),
            ("虚\u{3164}构", Ok("虚构"), Some(Normalisation::Invisible)),
            ("\u{3164}", Ok(""), Some(Normalisation::Invisible)),
            ("=\"虚构\"", Ok("虚构"), Some(Normalisation::TextMark)),
            ("'虚构", Ok("虚构"), Some(Normalisation::TextMark)),
            ("'虚构'", Ok("'虚构'"), None),
        ] {
            let mut noted = vec![];
            let plain = !crate::character::may_hide(text.as_bytes());
            let mut unreadable = None;
            let clean = clean_text(text, plain, true, &mut |n| noted.push(n), &mut unreadable);
            assert_eq!(unreadable.map_or(Ok(&*clean), Err), expected, "{text}");
            assert_eq!(noted.first().copied(), note, "{text}");
        }
    }
}
