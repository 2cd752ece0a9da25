//! Unified social credit codes (统一社会信用代码), GB 32100-2015.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// The 31 characters of GB 32100-2015: no I, O, S, V, Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// 3^(i-1) mod 31 for positions 1 to 17.
const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// Weights of the organisation code inside positions 9 to 16, GB 11714-1997.
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
/// Readings that people and OCR confuse; the left one never occurs in a valid code.
const CONFUSABLE: [(char, char); 4] = [('O', '0'), ('I', '1'), ('Z', '2'), ('S', '5')];

/// A unified social credit code whose check character is right.
///
/// Both check characters are verified: the last one (GB 32100-2015) and that of the organisation code inside
/// (GB 11714-1997) at position 17.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uscc([u8; 18]);

/// Why a text is not a unified social credit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UsccError {
    /// Not 18 characters; holds the number found.
    #[error("统一社会信用代码应为 18 位，实际 {0} 位")]
    Length(usize),
    /// A character outside the alphabet; holds the character and its position from 1.
    #[error("第 {position} 位的“{character}”不是统一社会信用代码可用的字符")]
    Character {
        /// The character found.
        character: char,
        /// Its position, from 1.
        position: usize,
    },
    /// The organisation code's check character (position 17) is wrong.
    #[error("第 17 位（组织机构代码校验位）应为“{expected}”")]
    OrganisationCheck {
        /// The character that the eight before it call for.
        expected: char,
    },
    /// The code's check character (position 18) is wrong.
    #[error("第 18 位（校验位）应为“{expected}”")]
    Check {
        /// The character that the seventeen before it call for.
        expected: char,
    },
}

/// The value of each byte that is a character of the alphabet; 255 for every other.
#[expect(clippy::indexing_slicing, reason = "worked out when it is compiled")]
const VALUES: [u8; 256] = {
    let mut values = [255; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        values[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    values
};

fn value(character: u8) -> Option<u32> {
    VALUES.get(usize::from(character)).filter(|&&value| value != 255).map(|&value| u32::from(value))
}

fn letter(value: u32) -> char {
    ALPHABET.get(value as usize).map_or('0', |&c| char::from(c))
}

/// The organisation code's check character for eight characters (GB 11714-1997).
fn organisation_check(body: &[u8]) -> char {
    // Organisation codes count letters from A = 10 without gaps.
    let weighted = body.iter().zip(ORGANISATION_WEIGHTS).map(|(&c, w)| char::from(c).to_digit(36).unwrap_or(0) * w);
    match 11 - weighted.sum::<u32>() % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}

/// The check character for the first seventeen characters (GB 32100-2015).
fn check(body: &[u8]) -> char {
    let weighted = body.iter().zip(WEIGHTS).map(|(&c, w)| value(c).unwrap_or(0) * w);
    letter((31 - weighted.sum::<u32>() % 31) % 31)
}

impl Uscc {
    /// Parses exactly 18 characters of the alphabet with right check characters. Nothing is corrected: upper case,
    /// no spaces. Normalisation is intake's work.
    ///
    /// ```
    /// use xinzheng_domain::Uscc;
    /// assert!(Uscc::parse("91140400MA0000001X").is_err());
    /// assert!(Uscc::compose("91140400", "MA000001").is_some());
    /// ```
    pub fn parse(text: &str) -> Result<Self, UsccError> {
        let Ok(bytes) = <[u8; 18]>::try_from(text.as_bytes()) else {
            let count = text.chars().count();
            return Err(if count == 18 { Self::strange_character(text) } else { UsccError::Length(count) });
        };
        if bytes.iter().any(|&byte| value(byte).is_none()) {
            let count = text.chars().count();
            return Err(if count == 18 { Self::strange_character(text) } else { UsccError::Length(count) });
        }
        let [head @ .., organisation, last] = bytes;
        let [_, _, _, _, _, _, _, _, body @ ..] = head;
        let expected = organisation_check(&body);
        if char::from(organisation) != expected {
            return Err(UsccError::OrganisationCheck { expected });
        }
        let expected = bytes.split_last().map_or('0', |(_, first)| check(first));
        if char::from(last) != expected {
            return Err(UsccError::Check { expected });
        }
        Ok(Self(bytes))
    }

    /// The first character outside the alphabet.
    fn strange_character(text: &str) -> UsccError {
        let strange = |&(_, c): &(usize, char)| !c.is_ascii() || value(c as u8).is_none();
        let found = text.chars().enumerate().find(strange);
        found
            .map_or(UsccError::Length(18), |(index, character)| UsccError::Character { character, position: index + 1 })
    }

    /// Composes a code from its first eight characters (authority, kind, division) and the eight characters of the
    /// organisation code, adding both check characters; `None` when a part is not of the alphabet or length.
    pub fn compose(prefix: &str, organisation: &str) -> Option<Self> {
        if prefix.len() != 8 || organisation.len() != 8 {
            return None;
        }
        let mut text = format!("{prefix}{organisation}");
        if text.bytes().any(|c| value(c).is_none()) {
            return None;
        }
        text.push(organisation_check(organisation.as_bytes()));
        text.push(check(text.as_bytes()));
        Self::parse(&text).ok()
    }

    /// The one valid code that `text` becomes when a single confusable character (O/0, I/1, Z/2, S/5) is read the
    /// other way; `None` when there is no such code or more than one. For a suggestion only: never apply it.
    pub fn suggestion(text: &str) -> Option<Self> {
        let mut found = None;
        for (index, character) in text.char_indices() {
            let readings = CONFUSABLE.iter().filter_map(|&(wrong, right)| (character == wrong).then_some(right));
            for reading in readings {
                let mut candidate = text.to_owned();
                candidate.replace_range(index..index + character.len_utf8(), reading.encode_utf8(&mut [0; 4]));
                if let Ok(code) = Self::parse(&candidate)
                    && found.replace(code).is_some()
                {
                    return None;
                }
            }
        }
        found
    }

    /// The code's 18 characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The division where the code was FIRST registered (positions 3 to 8); a hint only, the register decides.
    pub fn first_division(&self) -> &str {
        self.as_str().get(2..8).unwrap_or_default()
    }
}

impl fmt::Display for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uscc({self})")
    }
}

impl Serialize for Uscc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Uscc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Uscc {
        Uscc::compose("91140403", "MA0TEST1".replace('S', "5").as_str()).unwrap()
    }

    #[test]
    fn the_examples_published_with_the_standards_are_valid() {
        // GB 32100-2015 gives 91350100M000100Y43 as its worked example.
        assert!(Uscc::parse("91350100M000100Y43").is_ok());
    }

    #[test]
    fn every_single_wrong_character_is_found() {
        let right = sample();
        for position in 0..18 {
            for &replacement in ALPHABET {
                let mut bytes = right.0;
                if bytes[position] == replacement {
                    continue;
                }
                bytes[position] = replacement;
                let text = std::str::from_utf8(&bytes).unwrap();
                assert!(Uscc::parse(text).is_err(), "{text} must not pass for {right}");
            }
        }
    }

    #[test]
    fn faults_name_their_place() {
        assert_eq!(Uscc::parse("123"), Err(UsccError::Length(3)));
        let lower = sample().as_str().to_lowercase();
        assert!(matches!(Uscc::parse(&lower), Err(UsccError::Character { position: 9, .. })));
        let mut wrong = sample().as_str().to_owned();
        let last = wrong.pop().unwrap();
        wrong.push(if last == '0' { '1' } else { '0' });
        assert_eq!(Uscc::parse(&wrong), Err(UsccError::Check { expected: last }));
    }

    #[test]
    fn one_confusable_character_gives_a_suggestion() {
        let right = sample();
        let wrong = right.as_str().replacen('0', "O", 1);
        assert_eq!(Uscc::suggestion(&wrong), Some(right));
        assert_eq!(Uscc::suggestion("ABC"), None);
    }
}
