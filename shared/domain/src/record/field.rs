//! The fields that the columns of the sharing standard fill.

use serde::{Deserialize, Serialize};

/// A field: what a column means, whatever its header in this or that table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// 行政相对人名称.
    Name,
    /// 行政相对人类别.
    SubjectType,
    /// 统一社会信用代码.
    Uscc,
    /// 工商注册号.
    BusinessRegistration,
    /// 组织机构代码.
    OrganisationCode,
    /// 税务登记号.
    TaxRegistration,
    /// 事业单位证书号.
    InstitutionCertificate,
    /// 社会组织登记证号.
    SocialOrganisationCertificate,
    /// 法定代表人.
    LegalRepresentative,
    /// 证件类型.
    IdType,
    /// 证件号码.
    IdNumber,
    /// 行政处罚决定书文号.
    Document,
    /// 违法行为类型.
    Violation,
    /// 违法事实.
    Facts,
    /// 处罚依据.
    Basis,
    /// 处罚类别.
    Categories,
    /// 处罚内容.
    Content,
    /// 罚款金额（万元）.
    Fine,
    /// 没收违法所得、没收非法财物的金额（万元）.
    Confiscated,
    /// 暂扣或吊销证照名称及编号.
    Licence,
    /// 处罚决定日期.
    Decided,
    /// 处罚有效期.
    ValidUntil,
    /// 公示截止期.
    PublishedUntil,
    /// 处罚机关.
    Authority,
    /// 处罚机关统一社会信用代码.
    AuthorityUscc,
    /// 数据来源单位.
    SourceUnit,
    /// 数据来源单位统一社会信用代码.
    SourceUnitUscc,
    /// 是否简易程序.
    Simplified,
    /// 涉及领域.
    Domain,
    /// 备注.
    Remarks,
    /// 强制种类.
    Category,
    /// 强制事由.
    Cause,
    /// 解除日期.
    Lifted,
    /// 名单名称.
    List,
    /// 移出日期.
    Removed,
    /// 移出事由.
    RemovalCause,
    /// 罪名.
    Offence,
    /// 裁判文书类型.
    DocumentType,
    /// 裁判结果.
    Outcome,
    /// 生效日期.
    Effective,
    /// 主体类型.
    RegisterType,
    /// 行政区划代码.
    Division,
    /// 成立日期.
    Established,
    /// 登记状态.
    Status,
    /// 住所.
    Address,
    /// 记录类别.
    Kind,
    /// 准予修复决定书文号.
    RepairDocument,
    /// 撤销文书文号.
    WithdrawalDocument,
    /// 移出决定书文号.
    RemovalDocument,
    /// 期间起.
    PeriodFrom,
    /// 期间止.
    PeriodTo,
    /// 条数.
    Count,
    /// 决定书文号清单.
    Documents,
    /// 取消事项.
    CancelledMark,
    /// 取消文书文号.
    CancellationDocument,
    /// 取消事由.
    CancellationCause,
}

impl Field {
    /// How many fields there are.
    pub const COUNT: usize = Self::CancellationCause as usize + 1;

    /// Codes beside the unified one: 工商注册号, 组织机构代码 and so on.
    pub const OTHER_CODES: [Self; 5] = [
        Self::BusinessRegistration,
        Self::OrganisationCode,
        Self::TaxRegistration,
        Self::InstitutionCertificate,
        Self::SocialOrganisationCertificate,
    ];

    /// The field's name in `tables.json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::SubjectType => "subject_type",
            Self::Uscc => "uscc",
            Self::BusinessRegistration => "business_registration",
            Self::OrganisationCode => "organisation_code",
            Self::TaxRegistration => "tax_registration",
            Self::InstitutionCertificate => "institution_certificate",
            Self::SocialOrganisationCertificate => "social_organisation_certificate",
            Self::LegalRepresentative => "legal_representative",
            Self::IdType => "id_type",
            Self::IdNumber => "id_number",
            Self::Document => "document",
            Self::Violation => "violation",
            Self::Facts => "facts",
            Self::Basis => "basis",
            Self::Categories => "categories",
            Self::Content => "content",
            Self::Fine => "fine",
            Self::Confiscated => "confiscated",
            Self::Licence => "licence",
            Self::Decided => "decided",
            Self::ValidUntil => "valid_until",
            Self::PublishedUntil => "published_until",
            Self::Authority => "authority",
            Self::AuthorityUscc => "authority_uscc",
            Self::SourceUnit => "source_unit",
            Self::SourceUnitUscc => "source_unit_uscc",
            Self::Simplified => "simplified",
            Self::Domain => "domain",
            Self::Remarks => "remarks",
            Self::Category => "category",
            Self::Cause => "cause",
            Self::Lifted => "lifted",
            Self::List => "list",
            Self::Removed => "removed",
            Self::RemovalCause => "removal_cause",
            Self::Offence => "offence",
            Self::DocumentType => "document_type",
            Self::Outcome => "outcome",
            Self::Effective => "effective",
            Self::RegisterType => "register_type",
            Self::Division => "division",
            Self::Established => "established",
            Self::Status => "status",
            Self::Address => "address",
            Self::Kind => "kind",
            Self::RepairDocument => "repair_document",
            Self::WithdrawalDocument => "withdrawal_document",
            Self::RemovalDocument => "removal_document",
            Self::PeriodFrom => "period_from",
            Self::PeriodTo => "period_to",
            Self::Count => "count",
            Self::Documents => "documents",
            Self::CancelledMark => "cancelled_mark",
            Self::CancellationDocument => "cancellation_document",
            Self::CancellationCause => "cancellation_cause",
        }
    }
}
