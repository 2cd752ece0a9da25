//! The kinds of record that a report shows (scheme, section 3(2)).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of violation record. The order is the order in which a report lists kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RecordKind {
    /// 行政处罚, simplified procedure included.
    Penalty,
    /// 行政强制.
    Coercion,
    /// 严重失信主体名单.
    SeriousDishonesty,
    /// 经营异常名录, market supervision only.
    AbnormalOperation,
    /// 刑事裁判（犯罪记录）, court only.
    Judgment,
}

impl RecordKind {
    /// Every kind, in report order.
    pub const ALL: [RecordKind; 5] =
        [Self::Penalty, Self::Coercion, Self::SeriousDishonesty, Self::AbnormalOperation, Self::Judgment];

    /// True of kinds that one is listed under and removed from.
    pub const fn is_listing(self) -> bool {
        matches!(self, Self::SeriousDishonesty | Self::AbnormalOperation)
    }

    /// The name in the scheme's words, as annex 2 writes it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Penalty => "行政处罚",
            Self::Coercion => "行政强制",
            Self::SeriousDishonesty => "严重失信主体名单",
            Self::AbnormalOperation => "经营异常名录",
            Self::Judgment => "刑事裁判",
        }
    }

    /// The stable code used in keys, JSON and addresses, such as `serious-dishonesty`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Penalty => "penalty",
            Self::Coercion => "coercion",
            Self::SeriousDishonesty => "serious-dishonesty",
            Self::AbnormalOperation => "abnormal-operation",
            Self::Judgment => "judgment",
        }
    }

    /// The kind whose title is `title` (annex 2's wording), also with 「（犯罪记录）」 behind 刑事裁判.
    pub fn from_title(title: &str) -> Option<Self> {
        let title = title.strip_suffix("（犯罪记录）").unwrap_or(title);
        Self::ALL.into_iter().find(|kind| kind.title() == title)
    }
}

impl std::fmt::Display for RecordKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}
