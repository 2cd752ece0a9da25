//! A record as it stands: its content in the latest revision, with what has happened to it since.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::record::publicity::Severity;
use crate::record::{ListRemoval, Repair, Withdrawal};
use crate::{Record, SourcePosition};

/// A record with its marks, as the index holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingRecord {
    /// The content of the latest revision.
    pub record: Record<'static>,
    /// The position of that revision.
    pub revision: SourcePosition,
    /// When the record was first received, when that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Timestamp>,
    /// 已修复: stays in the report and is marked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<Repair<'static>>,
    /// 移出名单, when it came by itself and not in the record's own row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removal: Option<ListRemoval<'static>>,
    /// 撤销: leaves the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawal: Option<Withdrawal<'static>>,
    /// 异议处理中: since when an objection to it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objected: Option<Date>,
    /// How grave its unit has set it, where it may (信用修复管理办法).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
}

impl StandingRecord {
    /// True when a report shows the record: all but withdrawn ones (scheme, section 3(2)).
    pub const fn is_reported(&self) -> bool {
        self.withdrawal.is_none()
    }
}

/// Made-up records for tests.
#[cfg(test)]
pub(crate) mod made_up {
    use jiff::civil::Date;
    use serde_json::{Value, json};
    use sha2::{Digest, Sha256};

    use super::StandingRecord;
    use crate::Uscc;
    use crate::hex_text::HexText;

    fn record(document: &str, decided: Date, details: Value) -> StandingRecord {
        let uscc = Uscc::compose("91140403", "MA0TE1T1").unwrap();
        let digest = Sha256::digest(format!("{document}{decided}").as_bytes());
        let id = HexText::<32>::of("", &digest[..16]);
        let mut details = details;
        if details["kind"] == "penalty" {
            details["source_unit"] = json!({ "name": "长治市虚构局", "uscc": uscc });
        }
        serde_json::from_value(json!({
            "record": {
                "id": id.as_str(), "unit": "market-supervision", "domain": 17,
                "subject": { "id": uscc, "name": "长治市虚构商贸有限公司", "subject_type": "organisation" },
                "document": document, "decided": decided, "authority": { "name": "长治市虚构局", "uscc": uscc },
                "details": details,
            },
            "revision": "2025-07-01T00:00:00.000Z#0123456789abcdef0123456789abcdef#0000000001",
        }))
        .unwrap()
    }

    /// A fine, with a warning.
    pub(crate) fn penalty(document: &str, decided: Date) -> StandingRecord {
        record(
            document,
            decided,
            json!({
                "kind": "penalty", "violation": "虚构的行为", "facts": "虚构的事实。", "basis": "《虚构办法》第一条",
                "categories": ["警告", "罚款"], "content": "警告，罚款1000元。", "fine": "0.1",
            }),
        )
    }

    /// A coercion that is not lifted.
    pub(crate) fn coercion(document: &str, decided: Date) -> StandingRecord {
        record(
            document,
            decided,
            json!({
                "kind": "coercion", "category": "查封场所、设施或者财物", "cause": "虚构的事由", "basis": "《虚构办法》第二条",
                "content": "查封。",
            }),
        )
    }

    /// An entry on a list that has not ended.
    pub(crate) fn listing(document: &str, decided: Date) -> StandingRecord {
        record(
            document,
            decided,
            json!({
                "kind": "serious-dishonesty", "list": "虚构名单", "cause": "虚构的事由", "basis": "《虚构办法》第三条",
            }),
        )
    }
}
