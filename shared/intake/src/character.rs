//! Characters that do not show what they are: invisible ones, those of private use, and forms that look like others.

use unicode_normalization::UnicodeNormalization;
pub(crate) use xinzheng_domain::character::{half_width, is_break, is_invisible};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Itself,
    /// Another character: a private-use character of GBK-era systems that GB 18030-2022 gives a place in Unicode, a Kangxi
    /// radical or a compatibility ideograph as the ideograph that it is.
    Other(char),
    /// Nothing that anybody else could read: private use, a noncharacter, a component of ideographs.
    Unreadable,
}

pub(crate) fn meaning(character: char) -> Meaning {
    let code = u32::from(character);
    match code {
        0xe000..=0xf8ff | 0xf_0000.. => of_gbk_era(code).map_or(Meaning::Unreadable, meaning_of_mapped),
        0xfdd0..=0xfdef => Meaning::Unreadable,
        _ if code & 0xfffe == 0xfffe => Meaning::Unreadable,
        0x2e80..=0x2fdf | 0xf900..=0xfaff | 0x2_f800..=0x2_fa1f => {
            match std::iter::once(character).nfkc().next() {
                Some(folded) if folded != character => Meaning::Other(folded),
                // Twelve "compatibility" ideographs are ordinary ones; radicals without an ideograph are not.
                _ if code >= 0xf900 => Meaning::Itself,
                _ => Meaning::Unreadable,
            }
        }
        _ => Meaning::Itself,
    }
}

fn meaning_of_mapped(character: char) -> Meaning {
    match meaning(character) {
        Meaning::Itself => Meaning::Other(character),
        other => other,
    }
}

/// The character that Unicode 4.1 and later have for a private-use character of GBK and GB 18030-2000, as GB 18030-2022
/// gives them.
fn of_gbk_era(code: u32) -> Option<char> {
    const VERTICAL: [char; 10] = [
        '\u{fe10}', '\u{fe12}', '\u{fe11}', '\u{fe13}', '\u{fe14}', '\u{fe15}', '\u{fe16}', '\u{fe17}', '\u{fe18}',
        '\u{fe19}',
    ];
    // FE50 to FEA0, in order.
    const IDEOGRAPHS: &str = "\u{2e81}\u{20087}\u{20089}\u{200cc}\u{2e84}\u{3473}\u{3447}\u{2e88}\u{2e8b}\u{9fb4}\
        \u{359e}\u{361a}\u{360e}\u{2e8c}\u{2e97}\u{396e}\u{3918}\u{9fb5}\u{39cf}\u{39df}\u{3a73}\u{39d0}\u{9fb6}\
        \u{9fb7}\u{3b4e}\u{3c6e}\u{3ce0}\u{2ea7}\u{215d7}\u{9fb8}\u{2eaa}\u{4056}\u{415f}\u{2eae}\u{4337}\u{2eb3}\
        \u{2eb6}\u{2eb7}\u{2298f}\u{43b1}\u{43ac}\u{2ebb}\u{43dd}\u{44d6}\u{4661}\u{464c}\u{9fb9}\u{4723}\u{4729}\
        \u{477c}\u{478d}\u{2eca}\u{4947}\u{497a}\u{497d}\u{4982}\u{4983}\u{4985}\u{4986}\u{499f}\u{499b}\u{49b7}\
        \u{49b6}\u{9fba}\u{241fe}\u{4ca3}\u{4c9f}\u{4ca0}\u{4ca1}\u{4c77}\u{4ca2}\u{4d13}\u{4d14}\u{4d15}\u{4d16}\
        \u{4d17}\u{4d18}\u{4d19}\u{4dae}\u{9fbb}";
    let nth = |from: u32| usize::try_from(code - from).unwrap_or(usize::MAX);
    match code {
        0xe5e5 => Some('\u{3000}'),
        0xe78d..=0xe796 => VERTICAL.get(nth(0xe78d)).copied(),
        0xe7c7 => Some('ḿ'),
        0xe7c8 => Some('ǹ'),
        0xe7e7 => Some('\u{303e}'),
        0xe7e8..=0xe7f3 => char::from_u32(0x2ff0 + (code - 0xe7e8)),
        0xe815..=0xe864 => IDEOGRAPHS.chars().nth(nth(0xe815)),
        _ => None,
    }
}

/// True when a character stands in the text that is invisible, a line break, a tab, U+FFFD, or has another meaning than
/// itself. When none does, a row's cells need no look at each character. Looks at bytes without a branch, so that it runs at
/// the speed of memory.
pub(crate) fn may_hide(text: &[u8]) -> bool {
    // Bytes that begin, among others, what hides. EF BC and EF BD begin full-width letters and punctuation, E3 85 a filler.
    let begins = |a: u8, b: u8| {
        let control = (a < 0x20) | (a == 0x7f);
        // CD 8F and D8 9C join and mark; no other Chinese text has these.
        let rare = (a == 0xcd) | (a == 0xd8) | (a == 0xe1) | (a == 0xee) | (a >= 0xf0);
        control | rare | ((a == 0xef) & (b != 0xbc) & (b != 0xbd)) | ((a == 0xe3) & (b == 0x85))
    };
    let second = text.get(1..).unwrap_or_default();
    let found = text.iter().zip(second).fold(false, |found, (&a, &b)| found | begins(a, b));
    if found | text.last().is_some_and(|&last| begins(last, 0)) {
        return hides(text);
    }
    // Quotes, dashes and dots begin with these: each is looked at.
    memchr::memchr2_iter(0xc2, 0xe2, text).any(|at| match text.get(at..) {
        Some(&[0xe2, b, c, ..]) => hidden_mark(b, c),
        Some(&[0xc2, b, ..]) => b < 0xa0 || b == 0xad,
        _ => true,
    })
}

/// Whether E2 and these two bytes are a character that hides: U+200B to U+200F, U+2028 to U+202E, U+2060 to U+2064, U+2800 to
/// U+283F, U+2E80 to U+2FFF.
const fn hidden_mark(b: u8, c: u8) -> bool {
    let general = (b == 0x80) & ((c.wrapping_sub(0x8b) < 5) | (c.wrapping_sub(0xa8) < 7));
    let joiners = (b == 0x81) & (c.wrapping_sub(0xa0) < 16);
    general | joiners | (b == 0xa0) | (b >= 0xba)
}

/// The same, but for a few harmless characters exactly.
fn hides(text: &[u8]) -> bool {
    let hides = |a: u8, b: u8, c: u8| {
        let control = (a < 0x20) | (a == 0x7f);
        // U+0080 to U+009F, U+00AD.
        let latin = (a == 0xc2) & ((b < 0xa0) | (b == 0xad));
        // U+1140 to U+117F, U+1800 to U+183F.
        let fillers = (a == 0xe1) & ((b == 0x85) | (b == 0xa0));
        let marks = (a == 0xe2) & hidden_mark(b, c);
        let hangul = (a == 0xe3) & (b == 0x85) & (c == 0xa4);
        // U+E000 to U+FAFF, U+FDC0 to U+FDFF, U+FEFF, U+FFA0, U+FFF0 to U+FFFF.
        let ends = ((b == 0xbb) & (c == 0xbf)) | ((b == 0xbe) & (c == 0xa0)) | ((b == 0xbf) & (c >= 0xb0));
        let joined = ((a == 0xcd) & (b == 0x8f)) | ((a == 0xd8) & (b == 0x9c));
        let private =
            joined | ((a == 0xef) & (b == 0xb8)) | (a == 0xee) | ((a == 0xef) & ((b < 0xac) | (b == 0xb7) | ends));
        // U+2F000 to U+2FFFF, planes 14 to 16, and the last two of a plane.
        let planes = ((a == 0xf0) & ((b == 0xaf) | (b == 0x9f) | (b == 0xbf))) | (a > 0xf0);
        control | latin | fillers | marks | hangul | private | planes
    };
    let (second, third) = (text.get(1..).unwrap_or_default(), text.get(2..).unwrap_or_default());
    let all = text.iter().zip(second).zip(third).fold(false, |found, ((&a, &b), &c)| found | hides(a, b, c));
    let last = match text {
        [.., a, b] => hides(*a, *b, 0) | hides(*b, 0, 0),
        [a] => hides(*a, 0, 0),
        [] => false,
    };
    all | last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_found() {
        for hidden in [
            "a\u{200b}",
            "\u{feff}a",
            "a\u{ad}b",
            "a\u{fffd}",
            "a\nb",
            "a\u{7f}",
            "\u{2060}",
            "\u{85}",
            "\u{e863}",
            "\u{3164}",
            "\u{2800}",
            "\u{180e}",
            "\u{2f08}",
            "\u{f9e9}",
            "\u{2028}",
            "\u{e0001}",
            "\u{f0000}",
            "\u{2f800}",
            "\u{ffa0}",
            "\u{fdd0}",
            "\u{1fffe}",
            "\u{10ffff}",
        ] {
            for padded in [hidden.to_owned(), format!("{hidden}长治市"), format!("长治，{hidden}")] {
                assert!(may_hide(padded.as_bytes()), "{padded:?}");
            }
        }
        for plain in ["", "a", "长治市（虚构）商贸，有限公司。", "９１", "￥1", "“引”——……", "阿·买", "𠮷㛃䶮"]
        {
            assert!(!may_hide(plain.as_bytes()), "{plain}");
            assert!(!plain.chars().any(is_invisible));
        }
    }

    #[test]
    fn every_character_that_has_another_meaning_is_found() {
        for code in 0..=0x10_ffff {
            let Some(character) = char::from_u32(code) else { continue };
            if meaning(character) != Meaning::Itself || is_invisible(character) || is_break(character) {
                assert!(may_hide(character.to_string().as_bytes()), "{code:x}");
            }
        }
    }

    #[test]
    fn characters_are_folded_or_named() {
        for (character, expected) in [
            ('\u{e863}', Meaning::Other('䶮')),
            ('\u{e81e}', Meaning::Other('\u{9fb4}')),
            ('\u{e831}', Meaning::Other('\u{215d7}')),
            ('\u{e000}', Meaning::Unreadable),
            ('\u{f0000}', Meaning::Unreadable),
            ('\u{fdd0}', Meaning::Unreadable),
            ('\u{1ffff}', Meaning::Unreadable),
            ('\u{2f08}', Meaning::Other('人')),
            ('\u{f9e9}', Meaning::Other('里')),
            ('\u{2f800}', Meaning::Other('丽')),
            ('\u{fa0e}', Meaning::Itself),
            ('\u{2ed3}', Meaning::Unreadable),
            ('长', Meaning::Itself),
            ('\u{fffd}', Meaning::Itself),
        ] {
            assert_eq!(meaning(character), expected, "{:x}", u32::from(character));
        }
    }
}
