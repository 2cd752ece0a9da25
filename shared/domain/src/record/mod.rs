//! A violation record in canonical form: what intake makes of a valid row and what a report shows.

pub mod amount;
pub mod difference;
pub mod document_number;
pub mod effect;
pub mod entry;
pub mod field;
pub mod id;
pub mod in_force;
pub mod kind;
pub mod line;
pub mod listed_doubt;
pub mod publicity;
pub mod source_position;
pub mod standing;
pub mod table;
pub mod upload_id;
pub mod upload_key;
pub mod waiting_mark;

use std::borrow::Cow;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::identity::subject::SubjectType;
use crate::{Amount, DocumentNumber, DomainId, RecordId, RecordKind, SubjectId, UnitCode};

/// A violation record (违法违规记录): common columns, and the details of its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record<'a> {
    /// What makes it the same record when it is sent again.
    pub id: RecordId,
    /// The unit, or county office, that sent it.
    pub unit: UnitCode,
    /// 涉及领域.
    pub domain: DomainId,
    /// Whom it is about, as the unit wrote it.
    pub subject: RecordSubject<'a>,
    /// 文号 or 案号.
    pub document: DocumentNumber<'a>,
    /// The date that counts for periods: decision, listing or judgment.
    pub decided: Date,
    /// The authority that decided, and its code.
    pub authority: Authority<'a>,
    /// 备注.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remarks: Option<Cow<'a, str>>,
    /// What only this kind has.
    pub details: Details<'a>,
}

impl Record<'_> {
    /// 移出日期, when the record is a listing and its own row has one.
    pub const fn removed(&self) -> Option<Date> {
        match &self.details {
            Details::SeriousDishonesty(SeriousDishonesty { removal: Some(removal), .. })
            | Details::AbnormalOperation(AbnormalOperation { removal: Some(removal), .. }) => Some(removal.date),
            _ => None,
        }
    }

    /// True of kinds that one is listed under and removed from.
    pub const fn is_listing(&self) -> bool {
        self.kind().is_listing()
    }

    /// The record's kind.
    pub const fn kind(&self) -> RecordKind {
        self.details.kind()
    }

    /// A change to this record that `unit` decided.
    pub fn marked(&self, unit: UnitCode, mark: Mark<'static>) -> MarkedRecord<'static> {
        MarkedRecord {
            id: self.id,
            kind: self.kind(),
            of: self.document.clone().into_owned(),
            subject: self.subject.id,
            unit,
            mark,
        }
    }
}

/// The subject as a record names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSubject<'a> {
    /// The key; never an identity number.
    pub id: SubjectId,
    /// 行政相对人名称 at the time of the record.
    pub name: Cow<'a, str>,
    /// 行政相对人类别.
    pub subject_type: SubjectType,
    /// The identity number with its middle hidden, for natural persons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked_id_number: Option<Cow<'a, str>>,
    /// 法定代表人.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_representative: Option<Cow<'a, str>>,
    /// 工商注册号, 组织机构代码 and so on, as header and value.
    #[serde(default, skip_serializing_if = "SmallVec::is_empty")]
    pub other_codes: SmallVec<[(Cow<'a, str>, Cow<'a, str>); 1]>,
}

/// 处罚机关, 强制机关, 列入机关 or 审理法院.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority<'a> {
    /// The name.
    pub name: Cow<'a, str>,
    /// 统一社会信用代码.
    pub uscc: crate::Uscc,
}

/// What only one kind of record has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "boxes would be an allocation for each row of a file")]
pub enum Details<'a> {
    /// 行政处罚.
    Penalty(Penalty<'a>),
    /// 行政强制.
    Coercion(Coercion<'a>),
    /// 严重失信主体名单.
    SeriousDishonesty(SeriousDishonesty<'a>),
    /// 经营异常名录.
    AbnormalOperation(AbnormalOperation<'a>),
    /// 刑事裁判.
    Judgment(Judgment<'a>),
}

impl Details<'_> {
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
pub struct Penalty<'a> {
    /// 违法行为类型.
    pub violation: Cow<'a, str>,
    /// 违法事实.
    pub facts: Cow<'a, str>,
    /// 处罚依据.
    pub basis: Cow<'a, str>,
    /// 处罚类别, of the sharing standard's list, in the order written.
    pub categories: SmallVec<[Cow<'a, str>; 4]>,
    /// 处罚内容.
    pub content: Cow<'a, str>,
    /// 罚款金额（万元）.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fine: Option<Amount>,
    /// 没收违法所得、没收非法财物的金额（万元）.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confiscated: Option<Amount>,
    /// 暂扣或吊销证照名称及编号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<Cow<'a, str>>,
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
    pub source_unit: Authority<'a>,
}

/// 行政强制.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coercion<'a> {
    /// 强制种类, of the sharing standard's list.
    pub category: Cow<'a, str>,
    /// 强制事由.
    pub cause: Cow<'a, str>,
    /// 强制依据.
    pub basis: Cow<'a, str>,
    /// 强制内容.
    pub content: Cow<'a, str>,
    /// 解除日期.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted: Option<Date>,
}

/// 严重失信主体名单.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriousDishonesty<'a> {
    /// 名单名称, one that the unit's directory row names.
    pub list: Cow<'a, str>,
    /// 列入事由.
    pub cause: Cow<'a, str>,
    /// 列入依据.
    pub basis: Cow<'a, str>,
    /// 移出.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removal: Option<Removal<'a>>,
}

/// 经营异常名录.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbnormalOperation<'a> {
    /// 列入原因.
    pub cause: Cow<'a, str>,
    /// 移出.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removal: Option<Removal<'a>>,
}

/// 移出 from a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal<'a> {
    /// 移出日期.
    pub date: Date,
    /// 移出事由 or 移出原因.
    pub cause: Cow<'a, str>,
}

/// 刑事裁判.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgment<'a> {
    /// 罪名.
    pub offence: Cow<'a, str>,
    /// 裁判文书类型.
    pub document_type: Cow<'a, str>,
    /// 裁判结果.
    pub outcome: Cow<'a, str>,
    /// 生效日期.
    pub effective: Date,
}

/// 信用修复: marks a record as repaired; the record stays in the report (scheme, section 3(2)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Repair<'a> {
    /// 修复决定机关.
    pub authority: Cow<'a, str>,
    /// 准予修复决定书文号.
    pub document: DocumentNumber<'a>,
    /// 修复日期.
    #[schemars(with = "crate::calendar_schema::Day")]
    pub date: Date,
    /// 修复内容.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Cow<'a, str>>,
}

/// 撤销: the record is no violation any more and leaves reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Withdrawal<'a> {
    /// 撤销机关.
    pub authority: Cow<'a, str>,
    /// 撤销文书文号.
    pub document: DocumentNumber<'a>,
    /// 撤销日期.
    #[schemars(with = "crate::calendar_schema::Day")]
    pub date: Date,
    /// 撤销事由.
    pub cause: Cow<'a, str>,
}

/// 移出名单, sent by itself: the entry stays in the report with the date on which it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRemoval<'a> {
    /// 移出机关.
    pub authority: Cow<'a, str>,
    /// 移出决定书文号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentNumber<'a>>,
    /// 移出日期 and 移出事由.
    #[serde(flatten)]
    pub removal: Removal<'a>,
}

/// A change to a record that its own table does not carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mark", rename_all = "kebab-case")]
pub enum Mark<'a> {
    /// 信用修复.
    Repair(Repair<'a>),
    /// 撤销.
    Withdrawal(Withdrawal<'a>),
    /// 移出 from a list.
    Removal(ListRemoval<'a>),
    /// 取消 of one of these, which was wrong.
    Cancellation(Cancellation<'a>),
}

/// A kind of mark that can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MarkKind {
    /// 信用修复.
    Repair,
    /// 撤销.
    Withdrawal,
    /// 移出名单.
    Removal,
}

impl MarkKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Repair, Self::Withdrawal, Self::Removal];

    /// A stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Repair => "repair",
            Self::Withdrawal => "withdrawal",
            Self::Removal => "removal",
        }
    }

    /// In the sharing standard's words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Repair => "信用修复",
            Self::Withdrawal => "撤销",
            Self::Removal => "移出名单",
        }
    }

    /// The kind of this title.
    pub fn from_title(title: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.title() == title)
    }
}

/// 取消: a repair, withdrawal or removal is taken back; the record stands as before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cancellation<'a> {
    /// What is taken back.
    pub cancels: MarkKind,
    /// 取消机关.
    pub authority: Cow<'a, str>,
    /// 取消文书文号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentNumber<'a>>,
    /// 取消日期.
    #[schemars(with = "crate::calendar_schema::Day")]
    pub date: Date,
    /// 取消事由.
    pub cause: Cow<'a, str>,
}

impl Mark<'_> {
    /// The document of the repair, withdrawal or removal, when it has one.
    pub fn document(&self) -> Option<&str> {
        match self {
            Self::Repair(repair) => Some(repair.document.as_str()),
            Self::Withdrawal(withdrawal) => Some(withdrawal.document.as_str()),
            Self::Removal(removal) => removal.document.as_ref().map(DocumentNumber::as_str),
            Self::Cancellation(cancellation) => cancellation.document.as_ref().map(DocumentNumber::as_str),
        }
    }

    /// Which kind of mark it is, or takes back.
    pub const fn kind(&self) -> MarkKind {
        match self {
            Self::Repair(_) => MarkKind::Repair,
            Self::Withdrawal(_) => MarkKind::Withdrawal,
            Self::Removal(_) => MarkKind::Removal,
            Self::Cancellation(cancellation) => cancellation.cancels,
        }
    }

    /// True when it takes one back.
    pub const fn is_cancellation(&self) -> bool {
        matches!(self, Self::Cancellation(_))
    }

    /// 修复日期, 撤销日期, 移出日期 or 取消日期.
    pub const fn date(&self) -> Date {
        match self {
            Self::Repair(repair) => repair.date,
            Self::Withdrawal(withdrawal) => withdrawal.date,
            Self::Removal(removal) => removal.removal.date,
            Self::Cancellation(cancellation) => cancellation.date,
        }
    }
}

/// A row of table repair, withdrawal, removal or cancellation: which record, and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkedRecord<'a> {
    /// The record's id, computed from subject, kind, unit, document and list.
    pub id: RecordId,
    /// The record's kind.
    pub kind: RecordKind,
    /// The record's document number, as the row has it (原决定书文号).
    pub of: DocumentNumber<'a>,
    /// Whose record it is.
    pub subject: SubjectId,
    /// The unit, or county office, that sent it.
    pub unit: UnitCode,
    /// The change.
    #[serde(flatten)]
    pub mark: Mark<'a>,
}
