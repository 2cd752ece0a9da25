//! Verification codes: short proof that a report with this number and this content was issued here.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;
use thiserror::Error;

use crate::report::ContentDigest;
use crate::secrets_by_id::{self, SecretsError};
use crate::{ReportNumber, typed};

/// Crockford base32: no I, L, O, U.
pub(crate) const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of the code without its check character: 100 bits.
const BODY: usize = 20;
/// All characters of a code, by their values.
pub(crate) type Symbols = [u8; BODY + 1];
/// Characters of a printed group.
pub(crate) const GROUP: usize = 7;

/// What the codes of samples begin with, and no report's does: `EXAMP1E`, as values of [`CROCKFORD`].
const SAMPLE: [u8; GROUP] = [14, 29, 10, 20, 22, 1, 14];

/// A verification code: 20 Crockford base32 characters of an HMAC and one check character, printed in three groups
/// of seven: `7K3M9QX-T0ABCDE-FGHJKMN`.
///
/// The code cannot be guessed (100 bits) nor derived from the document alone (the key is secret), and it binds number
/// and content. The check character is a weighted sum in GF(2^5): every single wrong character and every exchange of
/// two characters is noticed, so that a typing error is told apart from a code that was never issued.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerificationCode(Symbols);

/// Why a text is not a verification code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum VerificationCodeError {
    /// Not 21 characters after separators are left out; holds the number found.
    #[error("核验码应为 21 位，实际 {0} 位")]
    Length(usize),
    /// A character that no code has; holds its place from 1, separators not counted.
    #[error("核验码第 {0} 位不是可用的字符")]
    Character(usize),
    /// The check character does not fit: a typing error.
    #[error("核验码校验位不符，请检查是否输错")]
    Check,
}

/// The secret key of codes.
#[derive(Clone)]
pub struct CodeKey {
    id: String,
    secret: Vec<u8>,
}

impl CodeKey {
    /// A key with its public id (such as `2025-1`) and its secret bytes.
    pub fn new(id: impl Into<String>, secret: impl Into<Vec<u8>>) -> Self {
        Self { id: id.into(), secret: secret.into() }
    }

    /// The public id, stored with each report.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeKey({})", self.id)
    }
}

/// The keys of codes: the one that new codes are made with, and the earlier ones.
#[derive(Clone, Debug)]
pub struct CodeKeys {
    active: CodeKey,
    earlier: Vec<CodeKey>,
}

impl CodeKeys {
    /// A single key.
    pub const fn single(key: CodeKey) -> Self {
        Self { active: key, earlier: vec![] }
    }

    /// Reads the secret as it is kept: `{"active": "2", "1": "<secret>", "2": "<secret>"}`; `active` names the key that
    /// new codes are made with.
    pub fn parse(json: &str) -> Result<Self, SecretsError> {
        let ((id, secret), earlier) = secrets_by_id::parse(json)?;
        let earlier = earlier.into_iter().map(|(id, secret)| CodeKey::new(id, secret)).collect();
        Ok(Self { active: CodeKey::new(id, secret), earlier })
    }

    /// The key that new codes are made with.
    pub const fn active(&self) -> &CodeKey {
        &self.active
    }

    /// The ids of all keys, and whether new codes are made with it.
    pub fn ids(&self) -> impl Iterator<Item = (&str, bool)> {
        std::iter::once((self.active.id(), true)).chain(self.earlier.iter().map(|key| (key.id(), false)))
    }

    /// The key with this id.
    pub fn by_id(&self, id: &str) -> Option<&CodeKey> {
        std::iter::once(&self.active).chain(&self.earlier).find(|key| key.id() == id)
    }
}

/// The value of a character as people type it: any case, O as 0, I and L as 1.
pub(crate) fn read_symbol(character: char) -> Option<u8> {
    let character = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    CROCKFORD.iter().position(|&c| char::from(c) == character).and_then(|value| u8::try_from(value).ok())
}

/// Multiplies by x in GF(2^5) modulo x^5 + x^2 + 1, whose powers run through all 31 non-zero elements.
const fn times_x(element: u8) -> u8 {
    let shifted = element << 1;
    if shifted & 32 == 0 { shifted } else { (shifted ^ 0b10_0101) & 31 }
}

/// What is added to the check value of a kind of codes, so that a code of one kind is never one of another.
pub(crate) type Shift = u8;

/// Nothing is added to that of verification codes.
const UNSHIFTED: Shift = 0;

/// The check value of a code's body: Σ cᵢ·xⁱ, by Horner's rule, and what its kind adds.
fn check(body: &[u8], shift: Shift) -> u8 {
    body.iter().fold(0, |sum, &value| times_x(sum ^ value)) ^ shift
}

/// A code of random bits: the lower 100 of `random`, and the check character.
pub(crate) fn drawn(random: u128, shift: Shift) -> Symbols {
    let mut symbols = [0; BODY + 1];
    for (place, symbol) in symbols.iter_mut().take(BODY).enumerate() {
        *symbol = ((random >> (5 * place)) & 31) as u8;
    }
    let [body @ .., last] = &mut symbols;
    *last = check(body, shift);
    symbols
}

/// Reads a code as people type and paste it: case, width, spaces and dashes do not matter, O is read as 0, I and L as 1; a label in
/// front (核验码：), punctuation behind and the address around it are left out.
pub(crate) fn parsed(text: &str, shift: Shift) -> Result<Symbols, VerificationCodeError> {
    let pieces = typed::pieces(text);
    let found = pieces.iter().find_map(|piece| read(piece, shift).ok());
    // Of several pieces the one that is nearest to a code says what is wrong.
    let nearest = || pieces.iter().min_by_key(|piece| piece.len().abs_diff(BODY + 1));
    found.map_or_else(|| nearest().map_or(Err(VerificationCodeError::Length(0)), |piece| read(piece, shift)), Ok)
}

fn read(characters: &[char], shift: Shift) -> Result<Symbols, VerificationCodeError> {
    let mut symbols = [0; BODY + 1];
    if characters.len() != symbols.len() {
        return Err(VerificationCodeError::Length(characters.len()));
    }
    for (place, (symbol, character)) in (1..).zip(symbols.iter_mut().zip(characters)) {
        *symbol = read_symbol(*character).ok_or(VerificationCodeError::Character(place))?;
    }
    let [body @ .., last] = symbols;
    if check(&body, shift) == last { Ok(symbols) } else { Err(VerificationCodeError::Check) }
}

/// The characters of a code, without groups.
pub(crate) fn characters(symbols: &Symbols) -> impl Iterator<Item = char> {
    symbols.iter().map(|&value| CROCKFORD.get(usize::from(value)).map_or('0', |&c| char::from(c)))
}

/// A code in its three groups.
pub(crate) fn grouped(symbols: &Symbols, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, character) in characters(symbols).enumerate() {
        if index > 0 && index % GROUP == 0 {
            f.write_str("-")?;
        }
        write!(f, "{character}")?;
    }
    Ok(())
}

impl VerificationCode {
    /// The code of a report: the first 100 bits of HMAC-SHA-256(key, number ‖ digest) and the check character. It is never a
    /// [sample's](Self::is_sample): where the bits would begin as those do, the first five are zero instead.
    pub fn new(key: &CodeKey, number: &ReportNumber, digest: &ContentDigest) -> Self {
        // HMAC takes keys of any length, so this cannot fail; zeros never verify anything.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key.secret) else { return Self([0; BODY + 1]) };
        mac.update(number.as_str().as_bytes());
        mac.update(digest.as_bytes());
        Self::of_bits(&mac.finalize().into_bytes())
    }

    fn of_bits(bytes: &[u8]) -> Self {
        let mut symbols = [0; BODY + 1];
        let mut bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |n| (byte >> n) & 1));
        for symbol in symbols.iter_mut().take(BODY) {
            *symbol = bits.by_ref().take(5).fold(0, |value, bit| (value << 1) | bit);
        }
        if symbols.starts_with(&SAMPLE)
            && let Some(first) = symbols.first_mut()
        {
            *first = 0;
        }
        Self::checked(symbols)
    }

    /// The code with this body and its check character.
    fn checked(mut symbols: [u8; BODY + 1]) -> Self {
        let [body @ .., last] = &mut symbols;
        *last = check(body, UNSHIFTED);
        Self(symbols)
    }

    /// The code of the sample with this number: `EXAMP1E-000000n-…`.
    pub(crate) fn sample(number: u8) -> Self {
        let mut symbols = [0; BODY + 1];
        for (symbol, value) in symbols.iter_mut().zip(SAMPLE) {
            *symbol = value;
        }
        if let Some(symbol) = symbols.get_mut(2 * GROUP - 1) {
            *symbol = number & 31;
        }
        Self::checked(symbols)
    }

    /// True of a code that no report ever has: it begins with `EXAMP1E` (typed `EXAMPLE`, too).
    pub fn is_sample(&self) -> bool {
        self.0.starts_with(&SAMPLE)
    }

    /// A code of random bits, for grants: the lower 100 of `random`, and the check character.
    pub fn drawn(random: u128) -> Self {
        Self(drawn(random, UNSHIFTED))
    }

    /// Parses a code as people type and paste it: case, width, spaces and dashes do not matter, O is read as 0, I and L as 1; a
    /// label in front (核验码：), punctuation behind and the address around it are left out.
    pub fn parse(text: &str) -> Result<Self, VerificationCodeError> {
        parsed(text, UNSHIFTED).map(Self)
    }

    /// The 21 characters without groups, for keys and addresses.
    pub fn compact(&self) -> String {
        characters(&self.0).collect()
    }
}

impl fmt::Display for VerificationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        grouped(&self.0, f)
    }
}

impl fmt::Debug for VerificationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerificationCode({self})")
    }
}

impl Serialize for VerificationCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VerificationCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> VerificationCode {
        let number = ReportNumber::parse("CZXY-20251103-7K3M9QXT").unwrap();
        VerificationCode::new(&CodeKey::new("test", "secret"), &number, &ContentDigest::of(b"content"))
    }

    #[test]
    fn a_code_parses_however_it_is_typed() {
        let code = sample();
        let printed = code.to_string();
        assert_eq!(printed.len(), 23);
        let typed = printed.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        let wide: String = printed.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
        for text in [
            printed.as_str(),
            &code.compact(),
            &typed,
            &format!("  {printed}\n"),
            &wide,
            &wide.to_lowercase(),
            &format!("核验码：{printed}。"),
            &format!("核验码{printed}"),
            &format!("核验码: {printed} ，请查收"),
            &format!("“{printed}”"),
            &format!("https://credit.example.cn/verify/{printed}"),
            &format!("https://credit.example.cn/verify/{printed}/document?x=1#y"),
            &format!("credit.example.cn/verify?code={}", printed.replace('-', "%2D")),
            &format!("\u{feff}{}\u{200b}", printed.replace('-', "\u{2011}")),
            &printed.replace('-', "——"),
            &printed.replace('-', "−"),
            &printed.replace('-', "・"),
            &printed.replace('-', "︱"),
            &printed.replace('-', "ｰ"),
            &printed.replace('-', "ㅡ"),
            &printed.replace('-', "%EF%BC%8D"),
            &printed.replace('-', "%E2%80%94"),
            &printed.replace('-', "%252D"),
            &format!("CZXY-20251103-7K3M9QXT\n{printed}"),
            &format!("code {printed} thanks"),
            &printed.replace('-', "\u{200b}"),
        ] {
            assert_eq!(VerificationCode::parse(text), Ok(code), "{text}");
        }
    }

    #[test]
    fn keys_rotate_by_id() {
        let secret = "s".repeat(32);
        let json = format!(r#"{{"active":"2","1":"old","2":"{secret}"}}"#);
        let keys = CodeKeys::parse(&json).unwrap();
        assert_eq!(keys.active().id(), "2");
        assert!(keys.by_id("1").is_some() && keys.by_id("2").is_some() && keys.by_id("3").is_none());
        assert!(!format!("{keys:?}").contains(&secret), "secrets are never printed");
        for json in ["", "[]", "{}", r#"{"active":"1"}"#, r#"{"active":"1","1":"short"}"#] {
            assert!(CodeKeys::parse(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_code_binds_key_number_and_content() {
        let number = |text| ReportNumber::parse(text).unwrap();
        let code = |secret: &str, text, content: &[u8]| {
            VerificationCode::new(&CodeKey::new("k", secret), &number(text), &ContentDigest::of(content))
        };
        let base = code("a", "CZXY-20251103-7K3M9QXT", b"x");
        assert_eq!(base, code("a", "CZXY-20251103-7K3M9QXT", b"x"));
        assert_ne!(base, code("b", "CZXY-20251103-7K3M9QXT", b"x"));
        assert_ne!(base, code("a", "CZXY-20251103-7K3M9QXW", b"x"));
        assert_ne!(base, code("a", "CZXY-20251103-7K3M9QXT", b"y"));
    }

    #[test]
    fn every_single_error_and_every_exchange_is_noticed() {
        let code = sample();
        for place in 0..21 {
            for value in (0..32).filter(|&value| value != code.0[place]) {
                let mut wrong = code;
                wrong.0[place] = value;
                assert_eq!(VerificationCode::parse(&wrong.to_string()), Err(VerificationCodeError::Check));
            }
            for other in (0..place).filter(|&other| code.0[other] != code.0[place]) {
                let mut wrong = code;
                wrong.0.swap(place, other);
                assert_eq!(VerificationCode::parse(&wrong.to_string()), Err(VerificationCodeError::Check));
            }
        }
    }

    #[test]
    fn no_report_has_the_code_of_a_sample() {
        let code = VerificationCode::sample(1);
        assert!(code.is_sample() && code.to_string().starts_with("EXAMP1E-0000001-"), "{code}");
        assert_eq!(VerificationCode::parse(&code.to_string().replace('1', "l")), Ok(code), "as it is typed");
        // The bits of EXAMP1E, and others behind them.
        let mut bytes = [0u8; 32];
        let bits = SAMPLE.iter().flat_map(|value| (0..5).rev().map(move |n| (value >> n) & 1));
        for (place, bit) in bits.enumerate() {
            bytes[place / 8] |= bit << (7 - place % 8);
        }
        bytes[9] = 0xa5;
        let issued = VerificationCode::of_bits(&bytes);
        assert!(!issued.is_sample() && issued.to_string().starts_with("0XAMP1E-"), "{issued}");
        assert_eq!(VerificationCode::parse(&issued.to_string()), Ok(issued));
        assert!(!sample().is_sample());
    }

    #[test]
    fn what_is_no_code_says_why() {
        assert_eq!(VerificationCode::parse(""), Err(VerificationCodeError::Length(0)));
        assert_eq!(VerificationCode::parse("七"), Err(VerificationCodeError::Length(1)));
        assert_eq!(VerificationCode::parse(&"U".repeat(21)), Err(VerificationCodeError::Character(1)));
    }
}
