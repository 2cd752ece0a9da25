//! What the platform looks at a subject's affairs for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the platform looks at a subject's affairs for. The subject reads it in its access log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LookReason {
    /// A complaint.
    Complaint,
    /// An enquiry.
    Enquiry,
    /// An objection, a repair or a commitment that is being dealt with.
    Case,
    /// Supervision of units.
    Supervision,
    /// Another authority that may ask by law.
    Assistance,
}

impl LookReason {
    /// Every reason.
    pub const ALL: [Self; 5] = [Self::Complaint, Self::Enquiry, Self::Case, Self::Supervision, Self::Assistance];

    /// The stable code used in entries, addresses and JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Complaint => "complaint",
            Self::Enquiry => "enquiry",
            Self::Case => "case",
            Self::Supervision => "supervision",
            Self::Assistance => "assistance",
        }
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Complaint => "处理投诉",
            Self::Enquiry => "答复咨询",
            Self::Case => "协调异议、修复或承诺",
            Self::Supervision => "监督检查",
            Self::Assistance => "协助有权机关查询",
        }
    }

    /// The reason with this code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_one_code_everywhere() {
        for reason in LookReason::ALL {
            assert_eq!(LookReason::parse(reason.code()), Some(reason));
            assert_eq!(serde_json::to_string(&reason).ok(), Some(format!("\"{}\"", reason.code())));
        }
        assert_eq!(LookReason::parse("curiosity"), None);
    }
}
