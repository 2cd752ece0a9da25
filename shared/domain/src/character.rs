//! Characters that look like others, or like nothing.

/// Zero-width characters, byte order marks, soft hyphens, fillers that look like blanks, tags, and control characters other
/// than line breaks and tabs.
#[inline]
pub fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fe0e}' | '\u{fe0f}' | '\u{fff9}'..='\u{fffc}'
            | '\u{e0000}'..='\u{e007f}'
    ) || (character.is_control() && !is_break(character) && character != '\t')
}

/// What people wrote, without what surrounds it: blanks and what nobody sees. Empty when nothing of it is to be seen.
pub fn written(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || is_invisible(character))
}

/// Line breaks, also those of Unicode.
#[inline]
pub const fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// Full-width forms of ASCII as ASCII, the ideographic space as a space.
#[inline]
pub fn half_width(character: char) -> char {
    match character {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        c => c,
    }
}
