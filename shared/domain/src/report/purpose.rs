//! What a report is asked for (scheme, section 3(3), 应用场景).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The four groups of uses that the scheme names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// 行政管理: approvals, qualifications, procurement, funds, honours.
    Administrative,
    /// 商务经营: tenders, property and resource exchanges, third-party assessments.
    Commercial,
    /// 金融: listing, financing, mergers, bonds.
    Financial,
    /// 其他依法依规可以适用的场景.
    Other,
}

impl Purpose {
    /// Every purpose, in the scheme's order.
    pub const ALL: [Self; 4] = [Self::Administrative, Self::Commercial, Self::Financial, Self::Other];

    /// The stable code used in keys, JSON and addresses.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Administrative => "administrative",
            Self::Commercial => "commercial",
            Self::Financial => "financial",
            Self::Other => "other",
        }
    }

    /// The name in the scheme's words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Administrative => "行政管理",
            Self::Commercial => "商务经营",
            Self::Financial => "金融",
            Self::Other => "其他",
        }
    }

    /// The purpose of an entry of the audit: its code, or its title, which entries had at first.
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| [purpose.code(), purpose.title()].contains(&text))
    }
}
