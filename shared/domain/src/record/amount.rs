//! Amounts of money in 万元 with up to six decimals, as the sharing standard writes them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// An amount of money, exact to the fen: 0.000001 万元 is 0.01 元 is one fen.
///
/// ```
/// use xinzheng_domain::Amount;
/// let fine: Amount = "1.25".parse().unwrap();
/// assert_eq!(fine.fen(), 1_250_000);
/// assert_eq!(fine.to_string(), "1.25");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i64);

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AmountError {
    /// Something other than digits and one decimal point.
    #[error("金额只能由数字和一个小数点组成")]
    NotANumber,
    /// More than six decimals: finer than one fen.
    #[error("金额最多六位小数（万元）")]
    TooFine,
    /// Above the largest amount that can be recorded (10^11 万元).
    #[error("金额超出可记录范围")]
    TooLarge,
}

const DECIMALS: usize = 6;
const LIMIT_FEN: i64 = 100_000_000_000 * 1_000_000;

impl Amount {
    /// The amount of `fen` (0.01 元); `None` when negative or above 10^11 万元.
    pub const fn from_fen(fen: i64) -> Option<Self> {
        if fen < 0 || fen > LIMIT_FEN { None } else { Some(Self(fen)) }
    }

    /// The amount in fen (0.01 元).
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// True when the amount is zero.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl std::str::FromStr for Amount {
    type Err = AmountError;

    /// Parses plain decimal digits in 万元, such as `12` or `0.35`.
    fn from_str(text: &str) -> Result<Self, AmountError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits_only = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits_only(whole) || !digits_only(fraction) || text.ends_with('.') {
            return Err(AmountError::NotANumber);
        }
        let significant = fraction.trim_end_matches('0');
        if significant.len() > DECIMALS {
            return Err(AmountError::TooFine);
        }
        let digits =
            whole.bytes().chain(significant.bytes()).chain(std::iter::repeat_n(b'0', DECIMALS - significant.len()));
        let mut fen = 0_i64;
        for digit in digits {
            fen = fen
                .checked_mul(10)
                .and_then(|fen| fen.checked_add(i64::from(digit - b'0')))
                .ok_or(AmountError::TooLarge)?;
        }
        Self::from_fen(fen).ok_or(AmountError::TooLarge)
    }
}

impl fmt::Display for Amount {
    /// The amount in 万元 without trailing zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, mut fraction) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let mut digits = DECIMALS;
        while fraction % 10 == 0 {
            (fraction, digits) = (fraction / 10, digits - 1);
        }
        write!(f, "{whole}.{fraction:0digits$}")
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_to_the_fen() {
        for (text, expected) in [
            ("0", Ok(0)),
            ("1", Ok(1_000_000)),
            ("0.000001", Ok(1)),
            ("0.0000010", Ok(1)),
            ("12.5", Ok(12_500_000)),
            ("00012.50", Ok(12_500_000)),
            ("0.0000001", Err(AmountError::TooFine)),
            ("", Err(AmountError::NotANumber)),
            (".5", Err(AmountError::NotANumber)),
            ("5.", Err(AmountError::NotANumber)),
            ("-1", Err(AmountError::NotANumber)),
            ("1e5", Err(AmountError::NotANumber)),
            ("1.2.3", Err(AmountError::NotANumber)),
            ("100000000001", Err(AmountError::TooLarge)),
            ("99999999999999999999999", Err(AmountError::TooLarge)),
        ] {
            assert_eq!(text.parse::<Amount>().map(Amount::fen), expected, "{text}");
        }
    }

    #[test]
    fn an_amount_prints_as_it_parses() {
        for text in ["0", "1", "0.35", "12.000001", "100000000000"] {
            assert_eq!(text.parse::<Amount>().unwrap().to_string(), text);
        }
    }
}
