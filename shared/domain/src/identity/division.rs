//! Administrative divisions of Changzhi, GB/T 2260.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A county-level division of Changzhi, or the city itself (140400).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Division(&'static (&'static str, &'static str));

const DIVISIONS: [(&str, &str); 14] = [
    ("140400", "长治市"),
    ("140401", "市辖区"),
    ("140403", "潞州区"),
    ("140404", "上党区"),
    ("140405", "屯留区"),
    ("140406", "潞城区"),
    ("140423", "襄垣县"),
    ("140425", "平顺县"),
    ("140426", "黎城县"),
    ("140427", "壶关县"),
    ("140428", "长子县"),
    ("140429", "武乡县"),
    ("140430", "沁县"),
    ("140431", "沁源县"),
];

/// The codes of divisions that were merged or renamed in 2018, and the divisions that they are now.
const FORMER: [(&str, &str); 5] =
    [("140402", "140403"), ("140411", "140403"), ("140421", "140404"), ("140424", "140405"), ("140481", "140406")];

impl Division {
    /// The division that a former one of Changzhi, still found in older registrations, is now.
    pub fn of_former(code: &str) -> Option<Self> {
        FORMER.iter().find(|(former, _)| *former == code).and_then(|(_, now)| Self::parse(now))
    }

    /// The division with this six-digit code, when it lies in Changzhi (R2).
    pub fn parse(code: &str) -> Option<Self> {
        DIVISIONS.iter().find(|(known, _)| *known == code).map(Self)
    }

    /// Every division of the city, the city first.
    pub fn all() -> impl Iterator<Item = Self> {
        DIVISIONS.iter().map(Self)
    }

    /// The six-digit code.
    pub const fn code(self) -> &'static str {
        self.0.0
    }

    /// The name, such as 潞州区.
    pub const fn name(self) -> &'static str {
        self.0.1
    }
}

impl fmt::Display for Division {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Division {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Division {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).ok_or_else(|| serde::de::Error::custom("not a division of Changzhi"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn former_codes_are_what_they_are_now() {
        for (former, name) in [
            ("140402", "潞州区"),
            ("140411", "潞州区"),
            ("140421", "上党区"),
            ("140424", "屯留区"),
            ("140481", "潞城区"),
        ] {
            assert_eq!(Division::parse(former), None);
            assert_eq!(Division::of_former(former).map(Division::name), Some(name));
        }
        assert_eq!(Division::of_former("140403"), None);
    }
}
