//! Words of the vocabulary as entries have them, which another version may have written.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::{Action, Role};

/// This version has no such word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a code that this version does not know")]
pub struct UnknownCode;

/// A word that was read: what is known of it, or the code that another version wrote. It is written as its code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coded<T> {
    /// A word of this version.
    Known(T),
    /// The code of another version's word.
    Other(String),
}

impl<T: FromStr> Coded<T> {
    /// Reads a code.
    pub fn read(code: &str) -> Self {
        code.parse().map_or_else(|_| Self::Other(code.to_owned()), Self::Known)
    }
}

impl<T: Copy> Coded<T> {
    /// The word, when this version knows it.
    pub fn known(&self) -> Option<T> {
        match self {
            Self::Known(word) => Some(*word),
            Self::Other(_) => None,
        }
    }
}

impl Coded<Action> {
    /// For people: the title, or the code of another version's action.
    pub fn title(&self) -> &str {
        match self {
            Self::Known(action) => action.title(),
            Self::Other(code) => code,
        }
    }
}

impl Coded<Role> {
    /// For people: the title, or the code of another version's role.
    pub fn title(&self) -> &str {
        match self {
            Self::Known(role) => role.title(),
            Self::Other(code) => code,
        }
    }
}

impl<T: fmt::Display> fmt::Display for Coded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(word) => word.fmt(f),
            Self::Other(code) => f.write_str(code),
        }
    }
}

impl<T: fmt::Display> Serialize for Coded<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: FromStr> Deserialize<'de> for Coded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer).map(|code| Self::read(&code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_version_wrote_stays_as_it_is() {
        for (code, known, title) in
            [("report.issued", Some(Action::ReportIssued), "开具报告"), ("report.eaten", None, "report.eaten")]
        {
            let json = format!("\"{code}\"");
            let read: Coded<Action> = serde_json::from_str(&json).unwrap();
            assert_eq!((read.known(), read.title()), (known, title));
            assert_eq!(serde_json::to_string(&read).unwrap(), json);
        }
    }
}
