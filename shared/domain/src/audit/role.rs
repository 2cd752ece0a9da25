//! In which role someone acts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::UnknownCode;

/// In which role someone acts. Which unit or person it is, is told beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A subject, for itself.
    Subject,
    /// A source unit or county office.
    Unit,
    /// The platform's staff.
    Platform,
    /// A third party with an account.
    ThirdParty,
    /// Someone without a token.
    Anyone,
    /// The system itself, by a schedule.
    System,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] =
        [Self::Subject, Self::Unit, Self::Platform, Self::ThirdParty, Self::Anyone, Self::System];

    /// The stable code used in entries and JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Unit => "unit",
            Self::Platform => "platform",
            Self::ThirdParty => "third-party",
            Self::Anyone => "anyone",
            Self::System => "system",
        }
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Subject => "本人",
            Self::Unit => "责任单位",
            Self::Platform => "平台",
            Self::ThirdParty => "第三方",
            Self::Anyone => "公众",
            Self::System => "系统",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Role {
    type Err = UnknownCode;

    fn from_str(code: &str) -> Result<Self, UnknownCode> {
        Self::ALL.into_iter().find(|role| role.code() == code).ok_or(UnknownCode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_one_code_everywhere() {
        for role in Role::ALL {
            assert_eq!(role.code().parse(), Ok(role));
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{role}\""));
            assert_ne!(role.title(), role.code());
        }
    }
}
