//! The tokens that callers show (RFC 7519): the claims that are looked at, and the accounts that they are of.

use serde::{Deserialize, Serialize};

/// A claim of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The account's kind, an [`Account`].
    Role,
    /// Who it is, at the identity provider.
    Id,
    /// The subject: its USCC, or the hashed id of a natural person.
    Subject,
    /// The unit's code.
    Unit,
    /// The name of a person or of a third party.
    Name,
    /// The identity number of a natural person with its middle hidden.
    MaskedIdNumber,
    /// The USCC of a third party.
    Organisation,
    /// Until when the token holds, in seconds.
    Expiry,
}

impl Claim {
    /// Every claim.
    pub const ALL: [Self; 8] = [
        Self::Role,
        Self::Id,
        Self::Subject,
        Self::Unit,
        Self::Name,
        Self::MaskedIdNumber,
        Self::Organisation,
        Self::Expiry,
    ];

    /// As tokens write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Id => "sub",
            Self::Subject => "subject",
            Self::Unit => "unit",
            Self::Name => "name",
            Self::MaskedIdNumber => "masked_id_number",
            Self::Organisation => "organisation",
            Self::Expiry => "exp",
        }
    }
}

/// What kind of account a token is of. What its holder does is done in the role of the same name; an operator's in that of the
/// platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Account {
    /// A subject's.
    Subject,
    /// A source unit's or county office's.
    Unit,
    /// Of the platform's staff.
    Operator,
    /// A third party's.
    ThirdParty,
}

impl Account {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Subject, Self::Unit, Self::Operator, Self::ThirdParty];

    /// As tokens write it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Unit => "unit",
            Self::Operator => "operator",
            Self::ThirdParty => "third-party",
        }
    }

    /// What tokens write so.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|account| account.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_one_code_everywhere() {
        for account in Account::ALL {
            assert_eq!(Account::parse(account.code()), Some(account));
            assert_eq!(serde_json::to_string(&account).ok(), Some(format!("\"{}\"", account.code())));
        }
        assert_eq!(Account::parse("platform"), None);
    }
}
