//! Resident identity numbers (公民身份号码), GB 11643-1999.

use std::fmt;
use std::ops::RangeInclusive;

use jiff::civil::Date;
use thiserror::Error;

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";

/// A resident identity number whose check character is right and whose birth date exists.
///
/// It has no `Display` and no serialisation, and its `Debug` is masked: the number itself can only be taken out by
/// [`CitizenId::expose`], to be hashed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CitizenId([u8; 18]);

/// Why a text is not a resident identity number. No variant carries the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CitizenIdError {
    /// Not 18 characters; holds the number found.
    #[error("公民身份号码应为 18 位，实际 {0} 位")]
    Length(usize),
    /// Something other than 17 digits and a digit or X.
    #[error("公民身份号码第 {0} 位不是允许的字符")]
    Character(usize),
    /// Positions 7 to 14 are no date.
    #[error("公民身份号码中的出生日期不存在")]
    BirthDate,
    /// The check character is wrong. The right one is not told: it would complete a guessed number.
    #[error("公民身份号码校验位不正确")]
    Check,
}

fn check(body: &[u8]) -> u8 {
    let sum: u32 = body.iter().zip(WEIGHTS).map(|(&c, w)| u32::from(c.wrapping_sub(b'0')) * w).sum();
    CHECKS.get((sum % 11) as usize).copied().unwrap_or(b'0')
}

impl CitizenId {
    /// Parses 18 characters: 17 digits and a check character 0–9 or X (upper case).
    pub fn parse(text: &str) -> Result<Self, CitizenIdError> {
        let count = text.chars().count();
        if count != 18 {
            return Err(CitizenIdError::Length(count));
        }
        for (index, character) in text.chars().enumerate() {
            if !(character.is_ascii_digit() || (index == 17 && character == 'X')) {
                return Err(CitizenIdError::Character(index + 1));
            }
        }
        let number = |range| text.get(range).and_then(|part: &str| part.parse::<i16>().ok()).unwrap_or(0);
        let (month, day) = (number(10..12), number(12..14));
        let birth = Date::new(number(6..10), i8::try_from(month).unwrap_or(0), i8::try_from(day).unwrap_or(0));
        if birth.is_err() {
            return Err(CitizenIdError::BirthDate);
        }
        let bytes: [u8; 18] = text.as_bytes().try_into().map_err(|_| CitizenIdError::Length(count))?;
        let [body @ .., last] = bytes;
        if check(&body) != last {
            return Err(CitizenIdError::Check);
        }
        Ok(Self(bytes))
    }

    /// Composes a number from 17 digits by adding the check character. For samples and tests.
    pub fn compose(body: &str) -> Result<Self, CitizenIdError> {
        Self::parse(&format!("{body}{}", char::from(check(body.as_bytes()))))
    }

    /// The number itself, for hashing only: never log, store or print it.
    pub fn expose(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The number with birth date and the first digits of the sequence hidden: `140403********001X`.
    pub fn masked(&self) -> String {
        mask(self.expose())
    }
}

/// Masks any text that may be an identity number: at most six characters at the start and four at the end stay.
/// Texts of up to ten characters keep only their first two.
pub fn mask(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let (start, end) = if characters.len() > 10 { (6, 4) } else { (2, 0) };
    let last_kept_from = characters.len().saturating_sub(end);
    let keep = |index: usize| index < start || index >= last_kept_from;
    characters.iter().enumerate().map(|(index, &c)| if keep(index) { c } else { '*' }).collect()
}

/// The length of a number.
const LENGTH: usize = 18;

/// Years of birth that a number is known by.
const BIRTHS: RangeInclusive<u16> = 1850..=2099;
/// The same in a document number: those of people who can be punished. `140403-20250110-0016` is a place, a day and a serial
/// number, of which one in eleven has the right check character.
const BIRTHS_IN_DOCUMENTS: RangeInclusive<u16> = 1850..=2012;

/// A text in which the middle of every identity number is hidden, in digits of any width, and with spaces, dashes, points,
/// brackets or what cannot be seen between its parts; `None` when none stands in it.
#[inline]
pub fn mask_within(text: &str) -> Option<String> {
    mask_births(text, BIRTHS)
}

/// The same of a document number, by which records are told apart: what may as well be a day and a serial number stays.
#[inline]
pub fn mask_within_document(text: &str) -> Option<String> {
    mask_births(text, BIRTHS_IN_DOCUMENTS)
}

#[inline]
fn mask_births(text: &str, births: RangeInclusive<u16>) -> Option<String> {
    if text.len() < LENGTH {
        return None;
    }
    // Hardly any text has so many digits.
    let (digits, wide) = at_most(text.as_bytes());
    if digits + wide < LENGTH - 1 || digits + wide_digits(text.as_bytes()) < LENGTH - 1 {
        return None;
    }
    mask_groups(text, &births)
}

/// How many digits a text has, and how many characters that may be digits of other widths. Without a branch, a few bytes at
/// once.
fn at_most(text: &[u8]) -> (usize, usize) {
    text.chunks(255).fold((0, 0), |(digits, wide), chunk| {
        let count = |is: fn(u8) -> bool| {
            usize::from(chunk.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(u8::from(is(byte)))))
        };
        (digits + count(|byte| byte.wrapping_sub(b'0') < 10), wide + count(|byte| (byte == 0xef) | (byte == 0xf0)))
    })
}

/// How many digits of other widths a text has. Full-width punctuation begins with the same byte.
fn wide_digits(bytes: &[u8]) -> usize {
    let digit = |at: &usize| matches!(bytes.get(*at..), Some([0xef, 0xbc, 0x90..=0x99, ..] | [0xf0, 0x9d, 0x9f, ..]));
    memchr::memchr2_iter(0xef, 0xf0, bytes).filter(digit).count()
}

/// A digit of any width, or X, as a number has it.
fn folded(character: char) -> Option<char> {
    let digit = |value: u32| char::from_digit(value, 10);
    match character {
        '0'..='9' => Some(character),
        // Also the Roman ten, and letters of other scripts that look the same.
        'X' | 'x' | 'Ｘ' | 'ｘ' | 'Ⅹ' | 'ⅹ' | 'Χ' | 'χ' | 'Х' | 'х' => Some('X'),
        '０'..='９' => digit(u32::from(character) - 0xff10),
        '\u{1d7ce}'..='\u{1d7ff}' => digit((u32::from(character) - 0x1_d7ce) % 10),
        _ => None,
    }
}

/// True for what may stand between the parts of a number.
fn separates(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '-' | '－' | '\u{2010}'..='\u{2015}' | '−' | '_' | '.' | '·' | '/' | '~' | '～' | '(' | ')' | '（' | '）' | ','
                | '，' | ':' | '：' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
        )
}

/// How many separators may stand between two parts.
const BETWEEN: usize = 8;
/// A number has no more parts than digits.
const PARTS: usize = LENGTH;

/// The same, exactly: digits stand in groups, and a number is one group or some that follow each other.
fn mask_groups(text: &str, births: &RangeInclusive<u16>) -> Option<String> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let digit = |at: usize| characters.get(at).and_then(|(_, c)| folded(*c));
    // From and to of each group; X ends one, or stands apart.
    let mut groups: Vec<(usize, usize)> = vec![];
    let mut at = 0;
    while at < characters.len() {
        let digits = (at..).take_while(|&at| digit(at).is_some_and(|c| c != 'X')).count();
        let end = at + digits + usize::from(digit(at + digits) == Some('X'));
        if end > at {
            groups.push((at, end));
        }
        at = end.max(at + 1);
    }
    let follows = |one: (usize, usize), other: (usize, usize)| {
        (1..=BETWEEN).contains(&(other.0 - one.1))
            && characters.get(one.1..other.0).is_some_and(|between| between.iter().all(|(_, c)| separates(*c)))
    };
    let (mut found, mut first): (Vec<Vec<usize>>, usize) = (vec![], 0);
    while let Some(&start) = groups.get(first) {
        let mut places: Vec<usize> = (start.0..start.1).collect();
        let (mut last, mut next) = (start, first + 1);
        while places.len() < LENGTH && next < first + PARTS {
            let Some(&group) = groups.get(next).filter(|group| follows(last, **group)) else { break };
            places.extend(group.0..group.1);
            (last, next) = (group, next + 1);
        }
        let number: String = places.iter().filter_map(|&at| digit(at)).collect();
        let born = number.get(6..10).and_then(|year| year.parse().ok()).is_some_and(|year| births.contains(&year));
        if number.len() == LENGTH && born && CitizenId::parse(&number).is_ok() {
            found.push(places);
            first = next;
        } else {
            first += 1;
        }
    }
    if found.is_empty() {
        return None;
    }
    let mut hidden = text.to_owned();
    // From the end on, so that places in front stay.
    for places in found.iter().rev() {
        for &place in places.iter().skip(6).take(LENGTH - 10).rev() {
            if let Some((from, character)) = characters.get(place) {
                hidden.replace_range(*from..from + character.len_utf8(), "*");
            }
        }
    }
    Some(hidden)
}

impl fmt::Debug for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CitizenId({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_characters_and_birth_dates_are_verified() {
        let right = CitizenId::compose("14040319900101001").unwrap();
        assert!(CitizenId::parse(right.expose()).is_ok());
        // The number printed as the worked example of GB 11643-1999.
        assert!(CitizenId::parse("11010519491231002X").is_ok());
        for (text, expected) in [
            ("", CitizenIdError::Length(0)),
            ("11010519491231002x", CitizenIdError::Character(18)),
            ("1101051949123100AX", CitizenIdError::Character(17)),
            ("11010519490231002X", CitizenIdError::BirthDate),
            ("110105194912310021", CitizenIdError::Check),
        ] {
            assert_eq!(CitizenId::parse(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn nothing_but_expose_shows_the_number() {
        let id = CitizenId::parse("11010519491231002X").unwrap();
        assert_eq!(id.masked(), "110105********002X");
        assert_eq!(format!("{id:?}"), "CitizenId(110105********002X)");
        assert_eq!(mask("123456"), "12****");
        assert_eq!(mask(""), "");
    }

    #[test]
    fn a_day_and_a_serial_number_stay_in_a_document_number() {
        for (text, everywhere, in_documents) in [
            ("140403-20250110-0016", Some("140403-********-0016"), None),
            ("140403-20250129-0016", Some("140403-********-0016"), None),
            ("虚罚140403199003077816号", Some("虚罚140403********7816号"), Some("虚罚140403********7816号")),
        ] {
            assert_eq!(mask_within(text).as_deref(), everywhere, "{text}");
            assert_eq!(mask_within_document(text).as_deref(), in_documents, "{text}");
        }
        // A "year of birth" 0312, as the code of an organisation may have it.
        assert_eq!(mask_within(CitizenId::compose("12140403120101001").unwrap().expose()), None);
    }

    #[test]
    fn numbers_are_hidden_wherever_they_stand() {
        for (text, expected) in [
            ("虚某140403199003077816处", Some("虚某140403********7816处")),
            ("140403199003077816、11010519491231002x", Some("140403********7816、110105********002x")),
            ("名单 140403199003077816.xlsx", Some("名单 140403********7816.xlsx")),
            ("虚某１４０４０３１９９００３０７７８１６处", Some("虚某１４０４０３********７８１６处")),
            ("身份证140403 19900307 7816。", Some("身份证140403 ******** 7816。")),
            ("身份证140403-19900307-7816", Some("身份证140403-********-7816")),
            ("2024-01-02 140403199003077816", Some("2024-01-02 140403********7816")),
            ("电话13800000000 140403199003077816", Some("电话13800000000 140403********7816")),
            ("1404031990０３０７７８１６", Some("140403********７８１６")),
            ("2024-01-02 140403 19900307 7816 2024-03-05", Some("2024-01-02 140403 ******** 7816 2024-03-05")),
            ("13800000000 140403-19900307-7816", Some("13800000000 140403-********-7816")),
            ("140403\t19900307\u{2009}7816", Some("140403\t********\u{2009}7816")),
            ("140403（19900307）7816", Some("140403（********）7816")),
            ("虚某140403_19900307_7816.csv", Some("虚某140403_********_7816.csv")),
            ("14 04 03 19 90 03 07 78 16", Some("14 04 03 ** ** ** ** 78 16")),
            ("1 4 0 4 0 3 1 9 9 0 0 3 0 7 7 8 1 6", Some("1 4 0 4 0 3 * * * * * * * * 7 8 1 6")),
            ("11010519491231002-X、11010519491231002 Ⅹ", Some("110105********002-X、110105********002 Ⅹ")),
            ("140403\u{200b}19900307\u{ad}7816", Some("140403\u{200b}********\u{ad}7816")),
            ("140403，19900307，7816", Some("140403，********，7816")),
            ("140403     19900307     7816", Some("140403     ********     7816")),
            ("虚某140403199003077817处", None),
            ("2024年1月2日罚款140403元，编号19900307、7816", None),
            ("1140403199003077816", None),
            ("MAX 100, x 2024", None),
            ("91140403MA0XN00001", None),
            ("", None),
        ] {
            assert_eq!(mask_within(text).as_deref(), expected, "{text}");
        }
    }
}
