//! Document numbers (文号、案号): what a decision is known by.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smallvec::SmallVec;
use thiserror::Error;

use crate::character::half_width;

/// The longest document number taken, in characters.
pub const MAX_CHARACTERS: usize = 128;

/// A document number as the unit wrote it, with a key form under which spellings of the same number meet.
///
/// `晋市监罚[2024]12号`, `晋市监罚（2024）12 号` and `晋市监罚〔2024〕１２号` are one document: equality, order and hashing use
/// the key form; display keeps what was written.
#[derive(Clone)]
pub struct DocumentNumber<'a>(Cow<'a, str>);

/// Why a text is not a document number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DocumentNumberError {
    /// Nothing but spaces and punctuation.
    #[error("文号中没有文字或数字")]
    Empty,
    /// More than [`MAX_CHARACTERS`]; holds the number found.
    #[error("文号最长 128 字，实际 {0} 字")]
    TooLong(usize),
    /// A control character inside.
    #[error("文号含有控制字符")]
    Control,
}

/// Folds one character of a document number: `None` where it does not count.
fn fold(character: char) -> Option<char> {
    match character {
        // Most characters, first.
        c @ ('0'..='9' | 'A'..='Z' | '\u{4e00}'..='\u{9fff}') => Some(c),
        '[' | '(' | '【' | '（' | '［' | '｛' | '{' | '〔' | '﹝' | '<' | '〈' | '《' | '⟨' | '〖' | '「' | '『'
        | '﹙' => Some('〔'),
        ']' | ')' | '】' | '）' | '］' | '｝' | '}' | '〕' | '﹞' | '>' | '〉' | '》' | '⟩' | '〗' | '」' | '』'
        | '﹚' => Some('〕'),
        c if c.is_whitespace() => None,
        // Full-width forms of ASCII.
        c @ '\u{ff01}'..='\u{ff5e}' => Some(half_width(c).to_ascii_uppercase()),
        '—' | '–' | '−' | '‐' => Some('-'),
        c => Some(c.to_ascii_uppercase()),
    }
}

impl<'a> DocumentNumber<'a> {
    /// Takes 1 to [`MAX_CHARACTERS`] characters with at least one letter or digit; spaces at the ends are cut off.
    pub fn parse(text: impl Into<Cow<'a, str>>) -> Result<Self, DocumentNumberError> {
        let written = match text.into() {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        };
        let (mut count, mut control, mut visible) = (0, false, false);
        for character in written.chars() {
            count += 1;
            control |= character.is_control();
            visible = visible || matches!(character, '\u{4e00}'..='\u{9fff}') || character.is_alphanumeric();
        }
        if count > MAX_CHARACTERS {
            return Err(DocumentNumberError::TooLong(count));
        }
        if control {
            return Err(DocumentNumberError::Control);
        }
        if !visible {
            return Err(DocumentNumberError::Empty);
        }
        Ok(Self(written))
    }

    /// The number as written by the unit.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which different spellings of the same number are equal, in UTF-8.
    pub fn key(&self) -> SmallVec<[u8; 128]> {
        let mut key = SmallVec::new();
        // What folds to itself is copied as it stands.
        let (mut rest, mut kept) = (self.0.as_ref(), 0);
        for character in self.0.chars() {
            let folded = fold(character);
            if folded == Some(character) {
                kept += character.len_utf8();
                continue;
            }
            let (same, behind) = rest.split_at_checked(kept).unwrap_or_default();
            key.extend_from_slice(same.as_bytes());
            if let Some(folded) = folded {
                key.extend_from_slice(folded.encode_utf8(&mut [0; 4]).as_bytes());
            }
            (rest, kept) = (behind.get(character.len_utf8()..).unwrap_or_default(), 0);
        }
        key.extend_from_slice(rest.as_bytes());
        key
    }

    fn key_characters(&self) -> impl Iterator<Item = char> + '_ {
        self.0.chars().filter_map(fold)
    }

    /// The same number with its own text.
    pub fn into_owned(self) -> DocumentNumber<'static> {
        DocumentNumber(Cow::Owned(self.0.into_owned()))
    }
}

impl PartialEq for DocumentNumber<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.key_characters().eq(other.key_characters())
    }
}

impl Eq for DocumentNumber<'_> {}

impl std::hash::Hash for DocumentNumber<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl PartialOrd for DocumentNumber<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DocumentNumber<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key_characters().cmp(other.key_characters())
    }
}

impl fmt::Display for DocumentNumber<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DocumentNumber<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocumentNumber({self})")
    }
}

impl Serialize for DocumentNumber<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DocumentNumber<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_number_are_equal() {
        let number = DocumentNumber::parse("晋市监罚〔2024〕12号").unwrap();
        for spelling in
            ["晋市监罚[2024]12号", "晋市监罚（2024）12 号", "晋市监罚【２０２４】１２号", " 晋市监罚(2024)12号 "]
        {
            assert_eq!(DocumentNumber::parse(spelling).unwrap(), number, "{spelling}");
        }
        for other in ["晋市监罚〔2024〕13号", "晋市监罚〔2023〕12号", "晋市监强〔2024〕12号"] {
            assert_ne!(DocumentNumber::parse(other).unwrap(), number, "{other}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        assert_eq!(DocumentNumber::parse("  "), Err(DocumentNumberError::Empty));
        assert_eq!(DocumentNumber::parse("——"), Err(DocumentNumberError::Empty));
        assert_eq!(DocumentNumber::parse("a\u{7}b"), Err(DocumentNumberError::Control));
        assert_eq!(DocumentNumber::parse("号".repeat(129)), Err(DocumentNumberError::TooLong(129)));
    }
}
