//! Notices (通知): what a subject is told without asking, and a third party with the subject's consent (R12, R13, R15).

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::case::objection::ObjectionId;
use crate::case::repair_application::RepairApplicationId;
use crate::case::webhook::WebhookId;
use crate::report::ContentDigest;
use crate::sha256::is_hexadecimal;
use crate::{RecordId, ReportNumber, SubjectId, UnitCode, Uscc, china_time};

/// Days that a notice is kept.
pub const KEPT_DAYS: i64 = 180;

/// Whom notices are for. As text: `subject.<id>`, `organisation.<code>`, `account.<digest>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recipient {
    /// A subject.
    Subject(SubjectId),
    /// A third party for which the identity provider vouches by its 统一社会信用代码, whichever of its accounts asks.
    Organisation(Uscc),
    /// Another third party: a digest of its account at the identity provider.
    Account(String),
}

/// Hexadecimal digits of an account's digest.
const ACCOUNT_DIGITS: usize = 32;

impl Recipient {
    /// The third party that an account is of.
    pub fn third_party(account: &str, organisation: Option<&Uscc>) -> Self {
        let digest = || ContentDigest::of(account.as_bytes()).to_string().chars().take(ACCOUNT_DIGITS).collect();
        organisation.map_or_else(|| Self::Account(digest()), |code| Self::Organisation(*code))
    }

    /// What was written by `Display`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once('.')? {
            ("subject", id) => SubjectId::parse(id).map(Self::Subject),
            ("organisation", code) => Uscc::parse(code).ok().map(Self::Organisation),
            ("account", digest) if is_hexadecimal(digest, ACCOUNT_DIGITS) => Some(Self::Account(digest.to_owned())),
            _ => None,
        }
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subject(id) => write!(f, "subject.{id}"),
            Self::Organisation(code) => write!(f, "organisation.{code}"),
            Self::Account(digest) => write!(f, "account.{digest}"),
        }
    }
}

impl FromStr for Recipient {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::parse(text).ok_or(())
    }
}

impl Serialize for Recipient {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Recipient {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("no recipient of notices"))
    }
}

/// The id of a notice: `msg_<128 bits>`, made of what caused it, so that the same cause told again is the same notice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoticeId(String);

impl NoticeId {
    /// The id of what has this cause.
    pub fn of(cause: &str) -> Self {
        Self(format!("msg_{}", ContentDigest::of(cause.as_bytes()).to_string().get(..32).unwrap_or_default()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Each kind in a line: its code, its title.
macro_rules! kinds {
    ($($kind:ident: $code:literal, $title:literal;)+) => {
        /// What a notice tells.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum NoticeKind {
            $(#[doc = $title] #[serde(rename = $code)] $kind,)+
        }

        impl NoticeKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$kind => $code,)+
                }
            }

            /// For people.
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$kind => $title,)+
                }
            }
        }
    };
}

kinds! {
    GrantUsed: "grant.used", "授权被使用";
    ReportAffected: "report.affected", "报告所依据的记录有变化";
    ReportSupplemented: "report.supplemented", "报告范围内有新的记录";
    ReportSuperseded: "report.superseded", "已出具更新的报告";
    ReportWithdrawn: "report.withdrawn", "报告被平台收回";
    ObjectionUpheld: "objection.upheld", "异议成立";
    ObjectionRejected: "objection.rejected", "异议不成立";
    RepairGranted: "repair.granted", "准予信用修复";
    RepairRefused: "repair.refused", "不予信用修复";
    RecordRepairable: "record.repairable", "可以申请信用修复";
    GrantRevoked: "grant.revoked", "授权被撤回";
    GrantExpired: "grant.expired", "授权到期";
    GrantSpent: "grant.spent", "授权次数用完";
    WebhookEnded: "webhook.ended", "推送已停止";
    WebhookTest: "webhook.test", "试推送";
}

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// Its id.
    pub id: NoticeId,
    /// What it tells.
    pub kind: NoticeKind,
    /// When that happened.
    #[schemars(with = "crate::calendar_schema::Moment")]
    pub at: Timestamp,
    /// What it concerns.
    #[serde(flatten)]
    pub concerns: Concerns,
}

/// What a notice concerns. A third party's names reports, grants and webhooks alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Concerns {
    /// The number of a report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportNumber>,
    /// The end of a grant's code, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
    /// The SHA-256 of a grant's code, without dashes and in capitals: whoever holds the code knows which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_sha256: Option<ContentDigest>,
    /// Who used a grant, as the subject named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// An objection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objection: Option<ObjectionId>,
    /// An application for repair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<RepairApplicationId>,
    /// A record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    /// The first day on which a record can be repaired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<crate::calendar_schema::Day>")]
    pub from: Option<Date>,
    /// The unit that decides, or decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    /// A webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookId>,
}

impl Notice {
    /// What it says, in words.
    pub fn text(&self) -> String {
        let Concerns { report, grant, by, objection, repair, from, unit, webhook, .. } = &self.concerns;
        let report = report.as_ref().map(ReportNumber::as_str).unwrap_or_default();
        let grant = grant.as_deref().unwrap_or_default();
        let by = by.as_deref().unwrap_or("被授权方");
        let unit = unit.map(UnitCode::name).unwrap_or_default();
        let objection = objection.as_ref().map(ObjectionId::as_str).unwrap_or_default();
        let repair = repair.as_ref().map(RepairApplicationId::as_str).unwrap_or_default();
        match self.kind {
            NoticeKind::GrantUsed => format!("“{by}”凭授权（授权码尾号 {grant}）开具了报告 {report}"),
            NoticeKind::ReportAffected => format!("报告 {report} 所依据的记录有变化，核验时会提示；需要时请重新开具"),
            NoticeKind::ReportSupplemented => {
                format!("报告 {report} 出具后，其领域和期间内有新的记录，核验时会提示；需要时请重新开具")
            }
            NoticeKind::ReportSuperseded => {
                format!("报告 {report} 之后，同一主体就相同的期间、领域和用途出具了更新的报告")
            }
            NoticeKind::ReportWithdrawn => format!("报告 {report} 已被平台收回，原因见核验结果"),
            NoticeKind::ObjectionUpheld => format!("异议 {objection} 经{unit}核实成立，相关记录已作处理"),
            NoticeKind::ObjectionRejected => format!("异议 {objection} 经{unit}核实不成立，理由见异议详情"),
            NoticeKind::RepairGranted => format!("{unit}准予信用修复（申请 {repair}），记录已标注“已修复”"),
            NoticeKind::RepairRefused => format!("{unit}不予信用修复（申请 {repair}），理由见申请详情"),
            NoticeKind::RecordRepairable => match from {
                Some(from) => format!("{unit}报送的一条记录自{}起可以申请信用修复", china_time::long_date(*from)),
                None => format!("{unit}报送的一条记录可以申请信用修复"),
            },
            NoticeKind::GrantRevoked => format!("授权（授权码尾号 {grant}）已被主体撤回，此后不再通知"),
            NoticeKind::GrantExpired => format!("授权（授权码尾号 {grant}）已到期，此后不再通知"),
            NoticeKind::GrantSpent => {
                format!("授权（授权码尾号 {grant}）的次数已用完；在到期或撤回之前，已开具报告的变化仍会通知")
            }
            NoticeKind::WebhookEnded => {
                let webhook = webhook.as_ref().map(WebhookId::as_str).unwrap_or_default();
                format!("推送 {webhook} 连续数日未能送达，或接收方已关闭，现已停止；通知仍可在此查询")
            }
            NoticeKind::WebhookTest => "试推送，不涉及任何报告".to_owned(),
        }
    }

    /// What a webhook is told: JSON of [`Message`].
    pub fn message(&self) -> String {
        let Concerns { report, grant, grant_sha256, .. } = &self.concerns;
        let data = MessageData { report: report.clone(), grant: grant.clone(), grant_sha256: *grant_sha256 };
        // It is text alone.
        serde_json::to_string(&Message { kind: self.kind, timestamp: self.at, data }).unwrap_or_default()
    }
}

/// What a webhook is told (Standard Webhooks, "Payload structure"): that something happened to which report or grant, never
/// what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What is told.
    #[serde(rename = "type")]
    pub kind: NoticeKind,
    /// When it happened.
    pub timestamp: Timestamp,
    /// What it concerns.
    pub data: MessageData,
}

/// What a message concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageData {
    /// The number of a report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportNumber>,
    /// The end of the grant's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
    /// The SHA-256 of the grant's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_sha256: Option<ContentDigest>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_recipient_is_read_as_it_was_written() {
        let code = Uscc::compose("91140403", "MA0TE1T1").unwrap();
        let (account, of_organisation) =
            (Recipient::third_party("bank-1", None), Recipient::third_party("bank-1", Some(&code)));
        assert_eq!(of_organisation, Recipient::third_party("bank-2", Some(&code)), "whichever account asks");
        assert_ne!(account, Recipient::third_party("bank-2", None));
        for recipient in [account, of_organisation, Recipient::Subject(SubjectId::Organisation(code))] {
            assert_eq!(Recipient::parse(&recipient.to_string()), Some(recipient));
        }
        for text in ["", "subject", "subject.x", "account.BANK", "other.1"] {
            assert_eq!(Recipient::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_kind_has_a_code_a_title_and_words_of_its_own() {
        let mut said = BTreeSet::new();
        for &kind in NoticeKind::ALL {
            let notice = Notice {
                id: NoticeId::of(kind.code()),
                kind,
                at: Timestamp::UNIX_EPOCH,
                concerns: Concerns::default(),
            };
            assert!(said.insert(notice.text()) && said.insert(kind.title().to_owned()), "{kind:?}");
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.code());
            let message: serde_json::Value = serde_json::from_str(&notice.message()).unwrap();
            assert_eq!(
                message,
                serde_json::json!({ "type": kind.code(), "timestamp": "1970-01-01T00:00:00Z", "data": {} })
            );
        }
    }

    #[test]
    fn a_message_says_nothing_of_records_or_of_whom_they_are() {
        let concerns = Concerns {
            by: Some("虚构银行".to_owned()),
            record: RecordId::parse(&"0".repeat(32)),
            grant: Some("…AB12".to_owned()),
            ..Concerns::default()
        };
        let notice =
            Notice { id: NoticeId::of("1"), kind: NoticeKind::GrantRevoked, at: Timestamp::UNIX_EPOCH, concerns };
        let message: Message = serde_json::from_str(&notice.message()).unwrap();
        let data = MessageData { report: None, grant: Some("…AB12".to_owned()), grant_sha256: None };
        assert_eq!(message, Message { kind: notice.kind, timestamp: notice.at, data });
        assert!(!notice.message().contains("虚构银行"));
    }
}
