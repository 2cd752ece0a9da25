//! Subjects (经营主体、信用主体): whom records and reports are about.

use std::borrow::Cow;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::hex_text::HexText;
use crate::sha256::is_hexadecimal;
use crate::{CitizenId, Division, Uscc};

/// What a subject is known by in keys: the USCC, or for natural persons an HMAC of the identity number, so that no
/// key, log line or address carries one (R19).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectId {
    /// A subject with a unified social credit code.
    Organisation(Uscc),
    /// A natural person, by the first 160 bits of HMAC-SHA-256(key, identity number).
    Person([u8; 20]),
}

/// The secret under which identity numbers become subject ids. One key for the city's lifetime: changing it parts
/// people from their records.
#[derive(Clone)]
pub struct PersonKey(Hmac<Sha256>);

impl PersonKey {
    /// Takes the secret's bytes.
    pub fn new(secret: impl AsRef<[u8]>) -> Self {
        // Keys longer than a block are hashed and shorter ones padded (RFC 2104): every length is taken.
        let block = |secret: &[u8]| {
            let mut block = [0; 64];
            let hashed = Sha256::digest(secret);
            let bytes = if secret.len() > 64 { hashed.as_slice() } else { secret };
            block.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            block
        };
        Self(Hmac::new(&block(secret.as_ref()).into()))
    }

    /// HMAC-SHA-256 of a text.
    pub(crate) fn digest(&self, text: &str) -> [u8; 32] {
        self.0.clone().chain_update(text).finalize().into_bytes().into()
    }

    /// True when `digest` is the text's; as quick for any wrong one.
    pub(crate) fn verify(&self, text: &str, digest: &[u8; 32]) -> bool {
        self.0.clone().chain_update(text).verify(digest.into()).is_ok()
    }
}

impl fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonKey(..)")
    }
}

impl SubjectId {
    /// The id of the natural person with this identity number.
    pub fn person(number: &CitizenId, key: &PersonKey) -> Self {
        Self::hashed(number.expose(), key)
    }

    /// The id of the natural person with another identity document, such as a passport: its type counts too.
    pub fn person_with_document(document_type: &str, number: &str, key: &PersonKey) -> Self {
        Self::hashed(&format!("{document_type}:{number}"), key)
    }

    fn hashed(identity: &str, key: &PersonKey) -> Self {
        let mut id = [0; 20];
        for (to, from) in id.iter_mut().zip(key.digest(identity)) {
            *to = from;
        }
        Self::Person(id)
    }

    /// Parses what [`fmt::Display`] writes: a USCC, or `P-` and 40 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let Some(digits) = text.strip_prefix("P-") else { return Uscc::parse(text).ok().map(Self::Organisation) };
        if !is_hexadecimal(digits, 40) {
            return None;
        }
        let mut id = [0; 20];
        for (index, byte) in id.iter_mut().enumerate() {
            *byte = u8::from_str_radix(digits.get(2 * index..2 * index + 2)?, 16).ok()?;
        }
        Some(Self::Person(id))
    }

    /// The id as text, without an allocation.
    pub(crate) fn text(&self) -> SubjectText {
        match self {
            Self::Organisation(uscc) => SubjectText::Organisation(*uscc),
            Self::Person(id) => SubjectText::Person(HexText::of("P-", id)),
        }
    }

    /// The USCC, when the subject has one.
    pub const fn uscc(&self) -> Option<Uscc> {
        match self {
            Self::Organisation(uscc) => Some(*uscc),
            Self::Person(_) => None,
        }
    }
}

impl fmt::Display for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().as_str())
    }
}

/// What [`SubjectId::text`] gives.
pub(crate) enum SubjectText {
    Organisation(Uscc),
    Person(HexText<42>),
}

impl SubjectText {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Organisation(uscc) => uscc.as_str(),
            Self::Person(text) => text.as_str(),
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.as_str().as_bytes()
    }
}

impl Serialize for SubjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text().as_str())
    }
}

impl<'de> Deserialize<'de> for SubjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("not a subject id"))
    }
}

/// 行政相对人类别: the class that record tables give a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectType {
    /// 法人及非法人组织.
    Organisation,
    /// 个体工商户.
    IndividualBusiness,
    /// 自然人.
    NaturalPerson,
}

impl SubjectType {
    /// Every class.
    pub const ALL: [Self; 3] = [Self::Organisation, Self::IndividualBusiness, Self::NaturalPerson];

    /// The class in the sharing standard's words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Organisation => "法人及非法人组织",
            Self::IndividualBusiness => "个体工商户",
            Self::NaturalPerson => "自然人",
        }
    }

    /// The class with this title.
    pub fn from_title(title: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.title() == title)
    }
}

/// 主体类型 in the subject register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegisterType {
    /// 企业.
    Enterprise,
    /// 个体工商户.
    IndividualBusiness,
    /// 农民专业合作社.
    FarmersCooperative,
    /// 事业单位.
    PublicInstitution,
    /// 社会组织.
    SocialOrganisation,
}

impl RegisterType {
    /// Every type.
    pub const ALL: [Self; 5] = [
        Self::Enterprise,
        Self::IndividualBusiness,
        Self::FarmersCooperative,
        Self::PublicInstitution,
        Self::SocialOrganisation,
    ];

    /// The type in the register's words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Enterprise => "企业",
            Self::IndividualBusiness => "个体工商户",
            Self::FarmersCooperative => "农民专业合作社",
            Self::PublicInstitution => "事业单位",
            Self::SocialOrganisation => "社会组织",
        }
    }

    /// The type with this title.
    pub fn from_title(title: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.title() == title)
    }
}

/// 登记状态.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegistrationStatus {
    /// 存续.
    Active,
    /// 注销.
    Deregistered,
    /// 吊销: the licence is revoked, the subject still exists.
    Revoked,
    /// 迁出: moved to another city, whose report now serves (scheme, section 4(4)).
    MovedOut,
    /// 迁入: moved here from another city; its code's division is the earlier place's.
    MovedIn,
}

impl RegistrationStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [Self::Active, Self::Deregistered, Self::Revoked, Self::MovedOut, Self::MovedIn];

    /// The status in the register's words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Active => "存续",
            Self::Deregistered => "注销",
            Self::Revoked => "吊销",
            Self::MovedOut => "迁出",
            Self::MovedIn => "迁入",
        }
    }

    /// The status with this title.
    pub fn from_title(title: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.title() == title)
    }
}

/// A row of the subject register (主体登记信息).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectProfile<'a> {
    /// 统一社会信用代码.
    pub uscc: Uscc,
    /// 名称.
    pub name: Cow<'a, str>,
    /// 主体类型.
    pub register_type: RegisterType,
    /// 法定代表人.
    pub legal_representative: Cow<'a, str>,
    /// 登记机关.
    pub authority: Cow<'a, str>,
    /// 行政区划代码, where the subject is registered now.
    pub division: Division,
    /// 成立日期.
    pub established: Date,
    /// 登记状态.
    pub status: RegistrationStatus,
    /// 住所.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Cow<'a, str>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_id_hides_the_number_and_depends_on_the_key() {
        let number = CitizenId::parse("11010519491231002X").unwrap();
        let id = SubjectId::person(&number, &PersonKey::new("one"));
        assert_eq!(SubjectId::parse(&id.to_string()), Some(id));
        assert!(!id.to_string().contains("110105"));
        assert_ne!(id, SubjectId::person(&number, &PersonKey::new("other")));
    }

    #[test]
    fn only_what_display_writes_is_an_id() {
        for text in ["", "P-", "P-12", "91140400", "p-0000000000000000000000000000000000000000"] {
            assert_eq!(SubjectId::parse(text), None, "{text}");
        }
    }
}
