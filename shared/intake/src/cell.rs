//! A cell as it stands in the file, and the normalisations that are made openly.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};

/// A cell of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    /// Text, as written.
    Text(&'a str),
    /// A number of a workbook or of JSON; what it means depends on the column.
    Number(f64),
    /// A date of a workbook, as the spreadsheet's serial number.
    Serial(f64),
    /// A formula's error or another value that is no text.
    Fault(Cow<'a, str>),
    /// Bytes that the file's encoding cannot decode; holds what could be, U+FFFD where it could not.
    Undecodable(&'a str),
}

impl<'a> Cell<'a> {
    /// The cell as a person would see it, for rejections and blank tests.
    pub(crate) fn display(&self) -> Cow<'a, str> {
        match self {
            Self::Text(text) | Self::Undecodable(text) => Cow::Borrowed(text),
            // Spreadsheets show whole numbers of up to 11 digits plainly and longer ones in scientific notation.
            Self::Number(number) if number.fract() == 0.0 && number.abs() < 1e11 => Cow::Owned(format!("{number:.0}")),
            Self::Number(number) if number.abs() >= 1e11 => Cow::Owned(scientific(*number)),
            Self::Number(number) | Self::Serial(number) => Cow::Owned(number.to_string()),
            Self::Fault(text) => text.clone(),
        }
    }

    /// True when nothing visible stands in the cell.
    pub(crate) fn is_blank(&self) -> bool {
        match self {
            Self::Text(text) => text.chars().all(|c| c.is_whitespace() || is_invisible(c)),
            Self::Number(_) | Self::Serial(_) | Self::Fault(_) | Self::Undecodable(_) => false,
        }
    }
}

/// The number as spreadsheets show it when it is too long: `1.40402E+17`.
fn scientific(number: f64) -> String {
    let text = format!("{number:.5e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{mantissa}E+{exponent}"),
        None => text,
    }
}

/// A change that intake makes to a cell without asking, because it cannot change the meaning. The receipt counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalisation {
    /// Spaces at the ends cut off, or inside a code left out.
    Spaces,
    /// Zero-width or control characters left out.
    Invisible,
    /// Full-width digits and letters of a code made half-width.
    FullWidth,
    /// Lower-case letters of a code made upper-case.
    UpperCase,
    /// A date in another form than 2025-07-01.
    DateForm,
    /// A time behind a date left out.
    TimeOfDay,
    /// A spreadsheet's serial number read as a date.
    SerialDate,
    /// 元 turned into 万元, or a unit behind the number left out.
    AmountUnit,
    /// Thousands separators left out.
    Thousands,
    /// Another wording of a code or domain turned into the standard's.
    Wording,
}

impl Normalisation {
    /// What was done, for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Spaces => "去除空格",
            Self::Invisible => "去除不可见字符",
            Self::FullWidth => "全角转半角",
            Self::UpperCase => "小写转大写",
            Self::DateForm => "统一日期格式",
            Self::TimeOfDay => "去除日期后的时间",
            Self::SerialDate => "电子表格日期序号转日期",
            Self::AmountUnit => "金额单位换算为万元",
            Self::Thousands => "去除千位分隔符",
            Self::Wording => "统一为标准用语",
        }
    }
}

/// Zero-width characters, byte order marks, soft hyphens and control characters other than line breaks and tabs.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}'
    ) || (character.is_control() && !matches!(character, '\n' | '\r' | '\t'))
}

/// Full-width forms of ASCII as ASCII, the ideographic space as a space.
pub(crate) fn half_width(character: char) -> char {
    match character {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        c => c,
    }
}

/// True when an invisible character, a line break, a tab or U+FFFD stands in the text. When none does, a row's cells need
/// no look at each character. Looks at bytes without a branch, so that it runs at the speed of memory.
pub(crate) fn may_hide(text: &[u8]) -> bool {
    static MARKS: LazyLock<[Finder<'static>; 2]> =
        LazyLock::new(|| ["\u{feff}", "\u{fffd}"].map(|mark| Finder::new(mark.as_bytes())));
    // C2 and E2 begin, among many others, the rest of what hides.
    let begins = |byte: u8| (byte < 0x20) | (byte == 0x7f) | (byte == 0xc2) | (byte == 0xe2);
    if text.iter().fold(false, |found, &byte| found | begins(byte)) {
        return hides(text);
    }
    MARKS.iter().any(|mark| mark.find(text).is_some())
}

/// The same, exactly.
fn hides(text: &[u8]) -> bool {
    // U+0080 to U+009F, U+00AD; U+200B to U+200F, U+202A to U+202E; U+2060 to U+2064; U+FEFF; U+FFFD.
    let hides = |a: u8, b: u8, c: u8| {
        let control = (a < 0x20) | (a == 0x7f);
        let latin = (a == 0xc2) & ((b < 0xa0) | (b == 0xad));
        let general = (b == 0x80) & ((c.wrapping_sub(0x8b) < 5) | (c.wrapping_sub(0xaa) < 5));
        let invisible = (b == 0x81) & (c.wrapping_sub(0xa0) < 5);
        let mark = ((b == 0xbb) & (c == 0xbf)) | ((b == 0xbf) & (c == 0xbd));
        control | latin | ((a == 0xe2) & (general | invisible)) | ((a == 0xef) & mark)
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

/// True when the ends are plainly no spaces: visible ASCII, or a character from U+4000 on. A look at two bytes instead of
/// decoding two characters; false says nothing.
fn is_trimmed(text: &str) -> bool {
    let visible = |byte: u8| (0x21..0x7f).contains(&byte);
    match text.as_bytes() {
        [first, .., lead, _, last] => (visible(*first) || *first >= 0xe4) && (visible(*last) || *lead >= 0xe4),
        _ => false,
    }
}

/// Free text: ends trimmed, invisible characters left out. `plain` when [`may_hide`] is false of the whole row.
pub(crate) fn clean_text<'a>(text: &'a str, plain: bool, note: &mut dyn FnMut(Normalisation)) -> Cow<'a, str> {
    if plain {
        if is_trimmed(text) {
            return Cow::Borrowed(text);
        }
        let trimmed = text.trim();
        if trimmed.len() != text.len() {
            note(Normalisation::Spaces);
        }
        return Cow::Borrowed(trimmed);
    }
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c));
    if trimmed.len() != text.len() {
        note(if text.trim().len() == trimmed.len() { Normalisation::Spaces } else { Normalisation::Invisible });
    }
    if !trimmed.chars().any(is_invisible) {
        return Cow::Borrowed(trimmed);
    }
    note(Normalisation::Invisible);
    Cow::Owned(trimmed.chars().filter(|&c| !is_invisible(c)).collect())
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
    fn what_hides_is_found() {
        for hidden in ["a\u{200b}", "\u{feff}a", "a\u{ad}b", "a\u{fffd}", "a\nb", "a\u{7f}", "\u{2060}", "\u{85}"] {
            for padded in [hidden.to_owned(), format!("{hidden}长治市"), format!("长治，{hidden}")] {
                assert!(may_hide(padded.as_bytes()), "{padded:?}");
            }
        }
        for plain in ["", "a", "长治市（虚构）商贸，有限公司。", "９１", "￥1", "“引”——……", "阿·买"]
        {
            assert!(!may_hide(plain.as_bytes()), "{plain}");
            assert!(!plain.chars().any(is_invisible));
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
            assert_eq!(clean_text(text, true, &mut |_| {}), trimmed, "{text:?}");
        }
    }

    #[test]
    fn numbers_show_as_spreadsheets_show_them() {
        assert_eq!(Cell::Number(1.40402e17).display(), "1.40402E+17");
        assert_eq!(Cell::Number(12.0).display(), "12");
        assert_eq!(Cell::Number(0.35).display(), "0.35");
    }
}
