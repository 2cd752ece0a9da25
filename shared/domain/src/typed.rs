//! Codes and numbers as people paste them: in full width, with a label in front, in the middle of an address, with any dash,
//! with what cannot be seen.

use percent_encoding::percent_decode_str;

use crate::character::{half_width, is_invisible};

/// The longest text that is looked at, in characters; whatever is longer is no code.
const LONGEST: usize = 2000;

/// True of a character that writes no part of a code: blanks, dashes and points of every kind.
fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{2010}'
                ..='\u{2015}'
                    | '\u{2212}'
                    | '\u{058a}'
                    | '\u{05be}'
                    | '\u{203e}'
                    | '\u{207b}'
                    | '\u{208b}'
                    | '\u{2796}'
                    | '\u{3161}'
                    | '\u{fe31}'
                    | '\u{fe32}'
                    | '\u{ff70}'
                    | '\u{301c}'
                    | '\u{3030}'
                    | '\u{2e3a}'
                    | '\u{2e3b}'
                    | '\u{30fb}'
                    | '\u{30fc}'
                    | '\u{fe58}'
                    | '\u{fe63}'
                    | '\u{00b7}'
                    | '\u{2043}'
                    | '\u{2027}'
                    | '\u{00ad}'
                    | '\u{2500}'
                    | '\u{2501}'
                    | '\u{4e00}'
        )
        || matches!(character, '-' | '_' | '.' | '~' | '*')
}

/// The pieces of a text that may be a code, with their characters in half width and without separators: what stands between
/// slashes, question marks and the like, without a label in front of it (核验码：) and without punctuation behind it. At least
/// one piece; the last ones first, as a code stands at the end of an address.
pub(crate) fn pieces(text: &str) -> Vec<Vec<char>> {
    let text: String = text.chars().take(LONGEST).map(half_width).collect();
    // Addresses are written with percent signs, and at times twice.
    let once = percent_decode_str(&text).decode_utf8_lossy();
    let text = percent_decode_str(&once).decode_utf8_lossy();
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).map(half_width).collect();
    let ends = |c: char| matches!(c, '/' | '?' | '&' | '#' | '=' | ':' | '\\' | '|');
    let mut pieces: Vec<Vec<char>> = visible.split(ends).map(cleaned).filter(|piece| !piece.is_empty()).collect();
    pieces.reverse();
    // Something else may stand in front of it or behind it, without a sign between them.
    pieces.extend(visible.split(ends).flat_map(str::split_whitespace).map(cleaned).filter(|piece| !piece.is_empty()));
    if pieces.is_empty() { vec![vec![]] } else { pieces }
}

/// A piece without its separators, and without what stands around its letters and digits.
fn cleaned(piece: &str) -> Vec<char> {
    let around = |c: char| !c.is_ascii_alphanumeric();
    let code = Some(piece.trim_matches(around)).filter(|code| !code.is_empty());
    code.unwrap_or(piece).chars().filter(|c| !is_separator(*c)).collect()
}
