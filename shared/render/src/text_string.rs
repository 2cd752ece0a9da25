//! Text strings (ISO 32000-1, 7.9.2.2).

use std::borrow::Cow;

use lopdf::{Object, StringFormat};

/// A text in UTF-16 with a byte order mark; what is no character in it is replaced.
pub(crate) fn text_string(value: &str) -> Object {
    let units: Vec<u16> = readable(value).encode_utf16().collect();
    let bytes = [0xfe, 0xff].into_iter().chain(units.into_iter().flat_map(u16::to_be_bytes)).collect();
    Object::String(bytes, StringFormat::Hexadecimal)
}

/// A text with U+FFFD in the place of controls and noncharacters: XML takes few of them (XML 1.0, 2.2), and a text
/// string may have escape sequences.
pub(crate) fn readable(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_unreadable) {
        text.chars().map(|c| if is_unreadable(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
    } else {
        Cow::Borrowed(text)
    }
}

fn is_unreadable(character: char) -> bool {
    let code = u32::from(character);
    character.is_control() || code & 0xfffe == 0xfffe || (0xfdd0..=0xfdef).contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_character_is_replaced() {
        for (text, expected) in [
            ("甲乙", "甲乙"),
            ("甲\u{0}乙\u{1b}丙\n丁\u{85}", "甲\u{fffd}乙\u{fffd}丙\u{fffd}丁\u{fffd}"),
            ("\u{ffff}\u{fffe}\u{fdd0}\u{10ffff}", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
            ("𠁅\u{e000}\u{10fffd}\u{fffd}", "𠁅\u{e000}\u{10fffd}\u{fffd}"),
        ] {
            assert_eq!(readable(text), expected);
        }
    }
}
