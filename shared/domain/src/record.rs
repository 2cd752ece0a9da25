//! A violation record in canonical form: what intake makes of a valid row and what a report shows.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::subject::SubjectType;
use crate::{Amount, DocumentNumber, DomainId, RecordId, RecordKind, SubjectId, UnitCode};

/// A violation record (违法违规记录): common columns, and the details of its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What makes it the same record when it is sent again.
    pub id: RecordId,
    /// The unit, or county office, that sent it.
    pub unit: UnitCode,
    /// 涉及领域.
    pub domain: DomainId,
    /// Whom it is about, as the unit wrote it.
    pub subject: RecordSubject,
    /// 文号 or 案号.
    pub document: DocumentNumber,
    /// The date that counts for periods: decision, listing or judgment.
    pub decided: Date,
    /// The authority that decided, and its code.
    pub authority: Authority,
    /// 备注.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remarks: Option<String>,
    /// What only this kind has.
    pub details: Details,
}

impl Record {
    /// The record's kind.
    pub const fn kind(&self) -> RecordKind {
        self.details.kind()
    }
}

/// The subject as a record names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSubject {
    /// The key; never an identity number.
    pub id: SubjectId,
    /// 行政相对人名称 at the time of the record.
    pub name: String,
    /// 行政相对人类别.
    pub subject_type: SubjectType,
    /// The identity number with its middle hidden, for natural persons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked_id_number: Option<String>,
    /// 法定代表人.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_representative: Option<String>,
    /// 工商注册号, 组织机构代码 and so on, as header and value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_codes: Vec<(String, String)>,
}

/// 处罚机关, 强制机关, 列入机关 or 审理法院.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// The name.
    pub name: String,
    /// 统一社会信用代码.
    pub uscc: crate::Uscc,
}

/// What only one kind of record has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Details {
    /// 行政处罚.
    Penalty(Penalty),
    /// 行政强制.
    Coercion(Coercion),
    /// 严重失信主体名单.
    SeriousDishonesty(SeriousDishonesty),
    /// 经营异常名录.
    AbnormalOperation(AbnormalOperation),
    /// 刑事裁判.
    Judgment(Judgment),
}

impl Details {
    /// The kind that these details belong to.
    pub const fn kind(&self) -> RecordKind {
        match self {
            Self::Penalty(_) => RecordKind::Penalty,
            Self::Coercion(_) => RecordKind::Coercion,
            Self::SeriousDishonesty(_) => RecordKind::SeriousDishonesty,
            Self::AbnormalOperation(_) => RecordKind::AbnormalOperation,
            Self::Judgment(_) => RecordKind::Judgment,
        }
    }
}

/// 行政处罚.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Penalty {
    /// 违法行为类型.
    pub violation: String,
    /// 违法事实.
    pub facts: String,
    /// 处罚依据.
    pub basis: String,
    /// 处罚类别, of the sharing standard's list, in the order written.
    pub categories: Vec<String>,
    /// 处罚内容.
    pub content: String,
    /// 罚款金额（万元）.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fine: Option<Amount>,
    /// 没收违法所得、没收非法财物的金额（万元）.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confiscated: Option<Amount>,
    /// 暂扣或吊销证照名称及编号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// 处罚有效期.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
    /// 公示截止期.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_until: Option<Date>,
    /// 是否简易程序.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simplified: Option<bool>,
    /// 数据来源单位.
    pub source_unit: Authority,
}

/// 行政强制.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coercion {
    /// 强制种类, of the sharing standard's list.
    pub category: String,
    /// 强制事由.
    pub cause: String,
    /// 强制依据.
    pub basis: String,
    /// 强制内容.
    pub content: String,
    /// 解除日期.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted: Option<Date>,
}

/// 严重失信主体名单.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriousDishonesty {
    /// 名单名称, one that the unit's directory row names.
    pub list: String,
    /// 列入事由.
    pub cause: String,
    /// 列入依据.
    pub basis: String,
    /// 移出.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removal: Option<Removal>,
}

/// 经营异常名录.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbnormalOperation {
    /// 列入原因.
    pub cause: String,
    /// 移出.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removal: Option<Removal>,
}

/// 移出 from a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// 移出日期.
    pub date: Date,
    /// 移出事由 or 移出原因.
    pub cause: String,
}

/// 刑事裁判.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgment {
    /// 罪名.
    pub offence: String,
    /// 裁判文书类型.
    pub document_type: String,
    /// 裁判结果.
    pub outcome: String,
    /// 生效日期.
    pub effective: Date,
}

/// 信用修复: marks a record as repaired; the record stays in the report (scheme, section 3(2)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// 修复决定机关.
    pub authority: String,
    /// 准予修复决定书文号.
    pub document: DocumentNumber,
    /// 修复日期.
    pub date: Date,
    /// 修复内容.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// 撤销: the record is no violation any more and leaves reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// 撤销机关.
    pub authority: String,
    /// 撤销文书文号.
    pub document: DocumentNumber,
    /// 撤销日期.
    pub date: Date,
    /// 撤销事由.
    pub cause: String,
}

/// A change to a record that its own table does not carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mark", rename_all = "kebab-case")]
pub enum Mark {
    /// 信用修复.
    Repair(Repair),
    /// 撤销.
    Withdrawal(Withdrawal),
}

/// A row of table repair or withdrawal: which record, and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkedRecord {
    /// The record's id, computed from subject, kind, unit, document and list.
    pub id: RecordId,
    /// Whose record it is.
    pub subject: SubjectId,
    /// The change.
    #[serde(flatten)]
    pub mark: Mark,
}
