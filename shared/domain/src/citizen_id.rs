//! Resident identity numbers (公民身份号码), GB 11643-1999.

use std::fmt;

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

/// A text in which the middle of every identity number is hidden; `None` when none stands in it. Costs a look at every
/// seventeenth byte of a text without long runs of digits.
#[inline]
pub fn mask_within(text: &str) -> Option<String> {
    // A run of 17 digits has one at a place that 17 divides, and more beside it.
    let bytes = text.as_bytes();
    let mut at = LENGTH - 2;
    let digits = |run: Option<&[u8]>| run.is_some_and(|run| run.iter().all(u8::is_ascii_digit));
    while let Some(byte) = bytes.get(at) {
        if byte.is_ascii_digit() && (digits(bytes.get(at - 8..at)) || digits(bytes.get(at + 1..at + 9))) {
            return mask_runs(text);
        }
        at += LENGTH - 1;
    }
    None
}

/// The same, exactly.
fn mask_runs(text: &str) -> Option<String> {
    let digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let (mut found, mut at) = (vec![], 0);
    while at + LENGTH <= text.len() {
        let run = (at..).take_while(|&at| digit(at)).count();
        if run >= LENGTH - 1
            && !digit(at + LENGTH)
            && text.get(at..at + LENGTH).is_some_and(|number| CitizenId::parse(&number.to_ascii_uppercase()).is_ok())
        {
            found.push(at);
        }
        at += run.max(1);
    }
    if found.is_empty() {
        return None;
    }
    let mut hidden = text.to_owned();
    for at in found {
        let masked = hidden.get(at..at + LENGTH).map(mask).unwrap_or_default();
        hidden.replace_range(at..at + LENGTH, &masked);
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
    fn numbers_are_hidden_wherever_they_stand() {
        for (text, expected) in [
            ("虚某140403199003077816处", Some("虚某140403********7816处")),
            ("140403199003077816、11010519491231002x", Some("140403********7816、110105********002x")),
            ("名单 140403199003077816.xlsx", Some("名单 140403********7816.xlsx")),
            ("虚某140403199003077817处", None),
            ("1140403199003077816", None),
            ("91140403MA0XN00001", None),
            ("", None),
        ] {
            assert_eq!(mask_within(text).as_deref(), expected, "{text}");
        }
    }
}
