//! Problems: error answers as RFC 9457 problem+json, and the catalogue of all that there are.

use std::borrow::Cow;
use std::num::NonZeroU16;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::case::attachment::AttachmentRefusal;
use xinzheng_domain::case::commitment::CommitmentRefusal;
use xinzheng_domain::case::feedback::FeedbackRefusal;
use xinzheng_domain::case::grant::GrantRefusal;
use xinzheng_domain::case::living_code::LivingRefusal;
use xinzheng_domain::case::objection::ObjectionRefusal;
use xinzheng_domain::case::repair_application::RepairRefusal;
use xinzheng_domain::reconciliation::ManifestRefusal;
use xinzheng_domain::report::ReportRefusal;
use xinzheng_domain::report::period::PeriodError;

use crate::rate_limit::{Limit, RateLimit};

/// What the type of a problem begins with: an address that tells of it, [`crate::publication::PROBLEM`].
const TYPE: &str = "/problems/";
/// In how many seconds what is busy can be asked again.
const BUSY_SECONDS: Option<NonZeroU16> = NonZeroU16::new(5);

/// An error answer. `type` is stable and for programs; the rest is Chinese and for people (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Stable: `/problems/<code>`, an address of this service that tells of it.
    #[serde(rename = "type")]
    #[schemars(regex(pattern = "^/problems/[a-z0-9-]+$"))]
    kind: Cow<'static, str>,
    /// What is wrong in general.
    title: Cow<'static, str>,
    /// The HTTP status.
    status: u16,
    /// What is wrong this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail: Option<Cow<'static, str>>,
    /// How to mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hint: Option<Cow<'static, str>>,
    /// Which field of what was sent it is about, where that is known: a JSON Pointer (RFC 6901).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<Box<str>>,
    /// What stands in headers, or nowhere.
    #[serde(skip)]
    aside: Aside,
}

/// What a problem says beside its body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Aside {
    /// True when the refusal stands in the audit already.
    noted: bool,
    /// The limit that it counted towards.
    limit: Option<Limit>,
    /// How many there may still be.
    remaining: u16,
    /// In how many seconds it can be asked again, or is counted afresh.
    seconds: Option<NonZeroU16>,
}

/// A kind of problem: its status, its stable code, and what it says unless more is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: &'static str,
    /// What is wrong in general.
    pub title: &'static str,
    /// How to mend it.
    pub hint: Option<&'static str>,
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self {
            kind: fault.kind().into(),
            title: fault.title.into(),
            status: fault.status,
            detail: None,
            hint: fault.hint.map(Cow::Borrowed),
            field: None,
            aside: Aside { seconds: if fault.status == 503 { BUSY_SECONDS } else { None }, ..Aside::default() },
        }
    }
}

impl Fault {
    /// What a problem of this kind has as its `type`.
    pub fn kind(self) -> String {
        format!("{TYPE}{}", self.code)
    }

    /// The problem with what is wrong this time.
    pub fn detail(self, detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::from(self).detail(detail)
    }

    /// The problem with how to mend it this time.
    pub fn hint(self, hint: impl Into<Cow<'static, str>>) -> Problem {
        Problem::from(self).hint(hint)
    }

    /// The problem with what is wrong in general, where that depends on what was asked.
    pub fn titled(self, title: impl Into<Cow<'static, str>>) -> Problem {
        Problem::from(self).titled(title)
    }
}

impl Problem {
    /// The problem with what is wrong this time.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The problem with how to mend it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The problem of this field of what was sent, by its JSON Pointer.
    #[must_use]
    pub fn of_field(mut self, field: impl Into<Box<str>>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Which field of what was sent it is about: a JSON Pointer.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The problem with what is wrong in general, where that depends on what was asked.
    #[must_use]
    pub fn titled(mut self, title: impl Into<Cow<'static, str>>) -> Self {
        self.title = title.into();
        self
    }

    /// The problem of a refusal that stands in the audit already.
    #[must_use]
    pub fn noted(mut self) -> Self {
        self.aside.noted = true;
        self
    }

    /// The problem of what can be asked again after so many seconds.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u16) -> Self {
        self.aside.seconds = NonZeroU16::new(seconds);
        self
    }

    /// In how many seconds it can be asked again (RFC 9110, 10.2.3).
    pub const fn seconds_to_retry(&self) -> Option<u16> {
        match self.aside.seconds {
            // There may still be some.
            Some(_) if self.aside.remaining > 0 => None,
            Some(seconds) => Some(seconds.get()),
            None => None,
        }
    }

    /// The problem of what counted towards a limit.
    #[must_use]
    pub const fn counted(mut self, limit: RateLimit) -> Self {
        let RateLimit { limit, remaining, reset } = limit;
        self.aside = Aside { limit: Some(limit), remaining, seconds: NonZeroU16::new(reset), ..self.aside };
        self
    }

    /// The limit that it counted towards.
    pub const fn limit(&self) -> Option<RateLimit> {
        match (self.aside.limit, self.aside.seconds) {
            (Some(limit), Some(reset)) => {
                Some(RateLimit { limit, remaining: self.aside.remaining, reset: reset.get() })
            }
            _ => None,
        }
    }

    /// True when the refusal stands in the audit already.
    pub const fn is_noted(&self) -> bool {
        self.aside.noted
    }

    /// True when it is of this kind.
    pub fn is(&self, fault: Fault) -> bool {
        self.code() == fault.code
    }

    /// The stable code.
    pub fn code(&self) -> &str {
        self.kind.strip_prefix(TYPE).unwrap_or(&self.kind)
    }

    /// What is wrong in general.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What is wrong this time.
    pub fn detail_text(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// How to mend it.
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        self.status
    }
}

/// Defines the catalogue: each problem once.
macro_rules! catalogue {
    ($($name:ident: $status:literal $code:literal $title:literal $($hint:literal)?;)*) => {
        $(
            #[doc = concat!("`", $code, "` (", stringify!($status), "): ", $title, "。")]
            pub const $name: Fault =
                Fault { status: $status, code: $code, title: $title, hint: catalogue!(@hint $($hint)?) };
        )*

        /// Every problem of this catalogue.
        pub const ALL: &[Fault] = &[$($name),*];
    };
    (@hint) => { None };
    (@hint $hint:literal) => { Some($hint) };
}
pub(crate) use catalogue;

catalogue! {
    // of every endpoint
    INTERNAL: 500 "internal" "系统暂时无法处理" "请稍后重试";
    STORE_UNAVAILABLE: 503 "store-unavailable" "系统繁忙" "请稍后重试";
    ROUTE_UNKNOWN: 404 "route-unknown" "没有这个接口";
    API_VERSION_UNKNOWN: 400 "api-version-unknown" "没有这个版本的接口" "请在 api-version 中写 1，或不写";
    PROBLEM_UNKNOWN: 404 "problem-unknown" "没有这个问题代码" "全部代码见 /problems";
    IDENTITY_NUMBER_WITHIN: 422 "identity-number-within" "内容中有公民身份号码" "请删去号码后再提交";
    TOKEN_MISSING: 401 "token-missing" "请先登录";
    TOKEN_CLAIMS_UNREADABLE: 401 "token-claims-unreadable" "登录凭证缺少所需信息" "请重新登录";
    ROLE_NOT_ALLOWED: 403 "role-not-allowed" "当前身份不能使用此功能";
    BODY_UNREADABLE: 400 "body-unreadable" "请求内容不是所需的 JSON" "请对照接口说明检查字段名称和类型";
    BODY_NOT_OBJECT: 422 "body-not-object" "请求内容应为 JSON 对象" "请对照接口说明，用 { } 写明各字段";
    BODY_NOT_UNICODE: 400 "body-not-unicode" "请求内容不是 UTF-8" "请以 UTF-8 编码发送 JSON";
    MEDIA_TYPE_UNSUPPORTED: 415 "media-type-unsupported" "不接受这种类型的请求内容";
    BODY_TOO_LARGE: 413 "body-too-large" "请求内容过大";
    PARAMETER_MISSING: 422 "parameter-missing" "缺少参数";
    PARAMETER_TWICE: 422 "parameter-twice" "同一参数出现多次" "每个参数只写一次";
    PARAMETERS_CONTRADICT: 422 "parameters-contradict" "subject 和 unit 不能同时指明" "请只写其中一个";
    IDEMPOTENCY_KEY_UNREADABLE: 400 "idempotency-key-unreadable" "Idempotency-Key 不符合要求"
        "请使用 1 至 128 个可见的 ASCII 字符，例如 UUID";
    IDEMPOTENCY_KEY_REUSED: 422 "idempotency-key-reused" "此 Idempotency-Key 已用于内容不同的请求"
        "请为新的请求换一个 Idempotency-Key";
    REQUEST_RUNNING: 409 "request-running" "相同的请求正在办理" "请稍候再用同一个 Idempotency-Key 查询结果";
    VERSION_MISSING: 428 "version-missing" "请指明所依据的版本" "在 If-Match 中填入查询时得到的 ETag";
    VERSION_OUTDATED: 412 "version-outdated" "内容已有变化" "请重新查看后再办理";
    CURSOR_UNREADABLE: 422 "cursor-unreadable" "cursor 无法识别" "请使用上一页返回的 next";
    DATE_UNREADABLE: 422 "date-unreadable" "日期应写作 2025-11-03";
    MONTH_UNREADABLE: 422 "month-unreadable" "月份应为 2022-08 及以后，写作 2025-11";
    FLAG_UNREADABLE: 422 "late-unreadable" "应为 true 或 false";
    FORMAT_UNKNOWN: 422 "format-unknown" "没有这种格式";
    FORMAT_NOT_ACCEPTABLE: 406 "format-unknown" "没有所要的格式" "Accept 可用 application/pdf 或 application/json";
    UNIT_UNKNOWN: 422 "unit-unknown" "单位代码不存在" "请使用目录中的单位代码，县区机构加区划代码";
    UNIT_MISSING: 422 "unit-missing" "请指明单位" "在地址中加 ?unit=单位代码";
    UNIT_NOT_YOURS: 403 "unit-not-yours" "不能查看其他单位的情况";
    SUBJECT_UNREADABLE: 422 "subject-unreadable" "subject 应为统一社会信用代码或主体编号";
    KIND_UNKNOWN: 422 "kind-unknown" "没有这种记录类别";
    TABLE_UNKNOWN: 422 "table-unknown" "没有这个数据表";
    REASON_MISSING: 422 "reason-missing" "请写明理由";
    TEXT_MISSING: 422 "text-missing" "请写明内容";
    LOOK_REASON_UNKNOWN: 422 "look-reason-unknown" "查看事由不在所列各项之中"
        "complaint、enquiry、case、supervision 或 assistance";
    PURPOSE_UNKNOWN: 422 "purpose-unknown" "没有这种用途" "administrative、commercial、financial 或 other";
    RETURN_REASON_UNKNOWN: 422 "return-reason-unknown" "没有这种退回原因" "请使用回执中的代码，如 uscc-invalid";
    LOOK_REASON_MISSING: 422 "look-reason-missing" "请指明查看主体情况的事由"
        "reason 应为 complaint、enquiry、case、supervision 或 assistance";
    SUBJECT_NOT_NAMED: 422 "subject-not-named" "请指明一个主体" "subject、id_number、document、report 中填写一项";
    IDENTITY_NUMBER_UNREADABLE: 422 "identity-number-unreadable" "证件号码有误" "请对照证件核对号码";
    IDENTITY_DOCUMENT_UNKNOWN: 422 "identity-document-unknown" "没有这种证件" "居民身份证请填 id_number";
    ACTION_UNKNOWN: 422 "action-unknown" "没有这种操作";
    FILE_UNKNOWN: 404 "file-unknown" "没有这个文件";

    // reports
    SEAL_UNUSABLE: 503 "seal-unusable" "报告签章暂时不可用" "报告未出具，平台已收到告警；请稍后重试";
    REPORT_UNKNOWN: 404 "report-unknown" "没有这份报告" "请核对报告编号";
    REPORT_WITHDRAWN: 409 "report-withdrawn" "此报告已收回";
    REPLAY_IMPOSSIBLE: 409 "replay-impossible" "此报告出具时未保存重现所需的信息";
    SEARCH_NOT_NAMED: 422 "search-not-named" "没有填写要查找的内容" "文号、统一社会信用代码、名称中填写一项";
    SUBJECT_UNKNOWN: 404 "subject-unknown" "没有这个主体";
    SUBJECT_REGISTERED_ELSEWHERE: 403 "subject-registered-elsewhere" "主体不在本市登记";
    SUBJECT_BARRED: 403 "subject-barred" "该主体不再适用“信用代证”";
    PERIOD_BEFORE_SCOPE: 422 "period-before-scope" "起始日期过早";
    PERIOD_END_BEFORE_START: 422 "period-end-before-start" "截止日期早于起始日期";
    PERIOD_IN_FUTURE: 422 "period-in-future" "查询期间不能包含今天之后的日期";
    DOMAIN_UNKNOWN: 422 "domain-unknown" "没有这个领域";
    DOMAIN_MISSING: 422 "domain-missing" "请至少选择一个领域";

    // the template of reports
    TEMPLATE_UNKNOWN: 404 "template-unknown" "没有这个版本的报告模板" "请先上传此版本，或从版本列表中选择";
    TEMPLATE_INVALID: 422 "template-invalid" "报告模板不符合要求"
        "请对照 /schemas/report-template.schema.json 修改后重新上传";
    TEMPLATE_VERSION_TAKEN: 409 "template-version-taken" "此版本号已有内容不同的模板"
        "版本一经上传不再改变，请换一个版本号";

    // verification
    CODE_IS_NUMBER: 404 "code-is-number" "这是报告编号，不是核验码" "核验码印在报告编号的下一行，共 21 位";
    CODE_MISTYPED: 404 "code-mistyped" "核验码有误" "请对照报告重新输入核验码";
    CODE_UNKNOWN: 404 "code-unknown" "没有出具过此核验码的报告" "此报告可能是伪造的，请向出示人核实";
    ISSUED_FILE_UNKNOWN: 404 "file-unknown" "没有出具过此文件" "文件可能被改动过，或不是本系统出具的";
    LOOKUP_DIGEST_UNREADABLE: 400 "digest-unreadable" "sha256 应为64位十六进制数" "请重新计算文件的 SHA-256";
    LOOKUP_DIGEST_MISSING: 400 "digest-missing" "缺少参数 sha256"
        "请用 /verify/{核验码} 或 /verify?sha256={文件的 SHA-256}";
    SAMPLE_HAS_NO_FILE: 404 "sample-has-no-file" "样例没有报告原件" "样例核验码只用于编写程序，没有出具过这样的报告";
    COPY_ALTERED: 409 "copy-altered" "文件在出具后被改动过" "请以核验页下载的报告原件为准，并向出示人核实";
    COPY_UNREADABLE: 422 "copy-unreadable" "附加的内容与所给摘要不符，或无法读取"
        "请给出 1 至 8 个以文件结束标记结尾的前段（字节数和 SHA-256），以及最短前段之后的全部内容（Base64）";
    LOG_PENDING: 409 "log-pending" "正在写入公开日志" "请过几秒再取证明";
    LOG_PATH_UNKNOWN: 404 "log-path-unknown" "公开日志没有此文件" "请先读取 /log/checkpoint";
    SUMMARY_ONLY: 403 "summary-only" "该主体选择仅出示汇总" "请向出示人索取报告原件，并以文件核验";
    BATCH_SIZE: 422 "batch-size" "一次可核验 1 至 100 份报告" "请分批提交 codes 或 sha256";

    // grants
    GRANT_UNKNOWN: 404 "grant-unknown" "没有这项授权" "请核对授权码";
    GRANT_MISTYPED: 404 "grant-mistyped" "授权码有误" "请核对授权码";
    GRANT_OVER: 403 "grant-over" "授权已失效";
    GRANT_REVOKED_ALREADY: 409 "grant-revoked" "此授权已撤回";
    GRANTEE_MISSING: 422 "grantee-missing" "请写明被授权方名称";
    GRANT_USES: 422 "grant-uses" "授权次数不符合要求";
    GRANT_UNTIL: 422 "grant-until" "授权截止时间不符合要求";
    GRANT_PERIOD: 422 "grant-period" "授权的期间不能晚于授权截止日";
    GRANT_NOT_YOURS: 403 "grant-not-yours" "此授权不是授予您的";
    GRANT_HELD: 403 "grant-held" "此授权已由同名的另一账号使用";
    GRANT_NOT_BEGUN: 403 "grant-not-begun" "授权的期间尚未开始";
    GRANT_REVOKED: 403 "grant-revoked" "授权已被主体撤回";
    GRANT_EXPIRED: 403 "grant-expired" "授权已过期";
    GRANT_SPENT: 403 "grant-spent" "授权次数已用完";
    GRANT_EXCEEDED: 403 "grant-exceeded" "超出授权的领域或期间";

    // webhooks
    WEBHOOK_UNKNOWN: 404 "webhook-unknown" "没有这个推送" "请核对推送编号";
    WEBHOOK_ENDED: 409 "webhook-ended" "此推送已停止" "请重新登记推送地址";
    WEBHOOKS_TOO_MANY: 409 "webhooks-too-many" "推送地址过多" "请先停止不再使用的推送";
    WEBHOOK_ADDRESS: 422 "webhook-address" "推送地址不符合要求"
        "请使用 https:// 开头的公网域名地址，端口为 443 或 8443，不含用户名和 # 之后的部分";
    // living codes
    LIVING_CODE_UNKNOWN: 404 "living-code-unknown" "没有这个信用码" "请向出示人核实，或请对方重新出示";
    LIVING_CODE_MISTYPED: 404 "living-code-mistyped" "信用码有误" "请重新扫描，或核对输入的信用码";
    LIVING_CODE_OVER: 403 "living-code-over" "此信用码已失效" "它已到期或已停用，请对方重新出示";
    LIVING_CODE_UNTIL: 422 "living-code-until" "信用码的截止时间不符合要求";
    LIVING_CODE_SHOWN_TO: 422 "living-code-shown-to" "出示对象不符合要求";
    CODE_IS_LIVING: 404 "code-is-living" "这是信用码，不是报告的核验码" "请直接扫描信用码，或打开 /living/ 加信用码的网址";
    CODE_IS_VERIFICATION: 404 "code-is-verification" "这是报告的核验码，不是信用码" "请在“核验报告”页输入";

    // uploads
    UPLOAD_UNKNOWN: 404 "upload-unknown" "没有这次上传" "请核对上传编号";
    UPLOAD_NOT_READ: 409 "upload-not-read" "文件尚未处理完" "请稍后再试";
    UPLOAD_NOT_INDEXED: 409 "upload-not-indexed" "文件尚未处理完" "请稍后再试";
    REJECTIONS_NONE: 404 "rejections-none" "这次上传没有被退回的行";
    REJECTIONS_TOO_MANY: 422 "rejections-too-many" "退回的行过多" "请下载 CSV 格式";
    EFFECTS_NONE: 404 "effects-none" "接收的各行没有需要留意的情况";
    TABLE_FILE_UNKNOWN: 404 "table-unknown" "没有这个数据表";
    CONFIRMATION_UNKNOWN: 422 "confirmation-unknown" "confirmed 应为 columns 或 origin";
    TABLE_NOT_PERMITTED: 403 "table-not-permitted" "不能报送这个数据表";
    FILE_NAME_NOT_ALLOWED: 422 "file-name-not-allowed" "文件名不符合要求";
    SIZE_NOT_ALLOWED: 422 "size-not-allowed" "文件大小不符合要求";
    DIGEST_UNREADABLE: 422 "digest-unreadable" "文件摘要应为 64 位十六进制的 SHA-256" "请重新计算文件的 SHA-256";

    // records
    RECORD_UNKNOWN: 404 "record-unknown" "没有这条记录" "请核对记录编号";
    RECORD_WITHDRAWN: 409 "record-withdrawn" "此记录已撤销";
    RECORD_REPAIRED: 409 "record-repaired" "此记录已修复";
    RECORD_NOT_REPAIRED: 422 "record-not-repaired" "此记录没有修复结果" "请选择对记录本身提出异议";
    REPAIR_NOT_REFUSED: 422 "repair-not-refused" "此记录没有不予修复的决定" "请选择对记录本身提出异议";
    MARK_UNKNOWN: 409 "mark-unknown" "此记录没有可以取消的事项" "它可能已被取消，请刷新后再看";
    DATE_IN_FUTURE: 422 "date-in-future" "取消日期不能晚于今天";
    DATE_BEFORE_MARK: 422 "date-before-mark" "取消日期不能早于被取消事项的日期";
    SEVERITY_FIXED: 409 "severity-fixed" "按现行规定，此记录的失信程度不能这样设定";

    // attachments
    ATTACHMENT_UNKNOWN: 404 "attachment-unknown" "没有这个附件";
    ATTACHMENT_NAME: 422 "attachment-name" "附件的文件名不符合要求";
    ATTACHMENT_SIZE: 422 "attachment-size" "附件的大小不符合要求";
    ATTACHMENTS_TOO_MANY: 422 "attachments-too-many" "附件过多";
    ATTACHMENT_CONTENT: 422 "attachment-content" "文件内容与扩展名不符";
    ATTACHMENT_MISSING: 422 "attachment-missing" "文件尚未上传";

    // objections
    OBJECTION_UNKNOWN: 404 "objection-unknown" "没有这份异议" "请核对异议编号";
    OBJECTION_OPEN: 409 "objection-open" "此记录已有正在办理的异议" "请等待办理结果，或先撤回原异议";
    OBJECTION_STATE: 409 "objection-state" "异议目前的状态不能进行此操作";
    REMEDY_UNFIT: 422 "remedy-unfit" "所作处理与异议不符";
    CORRECTION_UNFIT: 422 "correction-unfit" "更正内容不符合要求"
        "可更正 domain、decided、authority、remarks 和 details 中的内容；文号或主体有误的，请撤销后重新报送";

    // repairs
    REPAIR_UNKNOWN: 404 "repair-unknown" "没有这份修复申请" "请核对申请编号";
    REPAIR_OPEN: 409 "repair-open" "此记录已有正在办理的修复申请" "请等待办理结果，或先撤回原申请";
    REPAIR_STATE: 409 "repair-state" "修复申请目前的状态不能进行此操作";
    REPAIR_UNFIT: 422 "repair-unfit" "准予修复时应当写明决定文书；其他处理不应写";
    REPAIR_DATE: 422 "repair-date" "修复日期不能早于记录的决定日期或晚于今天";
    PUBLICITY_TOO_SHORT: 409 "publicity-too-short" "尚未达到最短公示期";
    COMMITMENT_MISSING: 422 "commitment-missing" "申请信用修复应当作出公开承诺";

    // commitments
    COMMITMENT_UNKNOWN: 404 "commitment-unknown" "没有这份承诺" "请核对承诺编号";
    COMMITMENT_STATE: 409 "commitment-state" "承诺目前的状态不能进行此操作";
    DOMAIN_NOT_OPEN: 422 "domain-not-open" "该领域不在可承诺的领域之内" "可承诺的领域见 /uncovered-domains";
    UNTIL_PAST: 422 "until-past" "承诺期限应在今天以后";

    // feedback
    FEEDBACK_UNKNOWN: 404 "feedback-unknown" "没有这份反馈" "请核对查询码";
    FEEDBACK_ANSWERED: 409 "feedback-answered" "此反馈已经答复";
    CONTACT_TOO_LONG: 422 "contact-too-long" "联系方式过长";
    TOO_MANY_LOOKUPS: 429 "too-many-lookups" "查无结果的次数过多" "请核对核验码或文件，稍后再试";
    TOO_MUCH_FEEDBACK: 429 "too-much-feedback" "提交过于频繁" "请一小时后再试";

    // oversight
    MANIFEST_UNKNOWN: 404 "manifest-unknown" "没有这份对账单" "请核对编号和单位";
    MANIFEST_KIND: 422 "kind-not-permitted" "目录中本单位不形成此类记录";
    MANIFEST_PERIOD: 422 "manifest-period" "期间不符合要求";
    MANIFEST_COUNT: 422 "manifest-count" "条数过大";
    MANIFEST_DOCUMENTS: 422 "manifest-documents" "文号清单与条数不符";
    MANIFEST_REMARKS: 422 "manifest-remarks" "备注过长";
    MONTHS_TOO_MANY: 422 "months-too-many" "查询的月份过多";
    DAYS_TOO_MANY: 422 "days-too-many" "重新统计的天数过多";
    YEAR_UNKNOWN: 404 "year-unknown" "年份应为 2022 至 2200";
    CALENDAR_INVALID: 422 "calendar-invalid" "工作日历不合理"
        "weekdays_off 只列放假的周一至周五，weekends_worked 只列上班的周六、周日，都应属于这一年";
}

impl From<ReportRefusal> for Problem {
    fn from(refusal: ReportRefusal) -> Self {
        let fault = match refusal {
            ReportRefusal::UnknownSubject => SUBJECT_UNKNOWN,
            ReportRefusal::RegisteredElsewhere => SUBJECT_REGISTERED_ELSEWHERE,
            ReportRefusal::Period(PeriodError::BeforeScope) => PERIOD_BEFORE_SCOPE,
            ReportRefusal::Period(PeriodError::EndBeforeStart) => PERIOD_END_BEFORE_START,
            ReportRefusal::Period(PeriodError::Future) => PERIOD_IN_FUTURE,
            ReportRefusal::UnknownDomain => DOMAIN_UNKNOWN,
            ReportRefusal::NoDomain => DOMAIN_MISSING,
        };
        fault.titled(refusal.to_string()).hint(refusal.hint())
    }
}

impl From<GrantRefusal> for Problem {
    fn from(refusal: GrantRefusal) -> Self {
        let fault = match refusal {
            GrantRefusal::Grantee => GRANTEE_MISSING,
            GrantRefusal::Uses => GRANT_USES,
            GrantRefusal::Until => GRANT_UNTIL,
            GrantRefusal::Period => GRANT_PERIOD,
            GrantRefusal::NotYours => GRANT_NOT_YOURS,
            GrantRefusal::Held => GRANT_HELD,
            GrantRefusal::NotBegun => GRANT_NOT_BEGUN,
            GrantRefusal::Revoked => GRANT_REVOKED,
            GrantRefusal::Expired => GRANT_EXPIRED,
            GrantRefusal::Spent => GRANT_SPENT,
            GrantRefusal::Beyond => GRANT_EXCEEDED,
        };
        fault.titled(refusal.to_string())
    }
}

impl From<LivingRefusal> for Problem {
    fn from(refusal: LivingRefusal) -> Self {
        let fault = match refusal {
            LivingRefusal::Until => LIVING_CODE_UNTIL,
            LivingRefusal::ShownTo | LivingRefusal::ShownToNobody => LIVING_CODE_SHOWN_TO,
        };
        fault.titled(refusal.to_string())
    }
}

impl From<AttachmentRefusal> for Problem {
    fn from(refusal: AttachmentRefusal) -> Self {
        let fault = match refusal {
            AttachmentRefusal::Name => ATTACHMENT_NAME,
            AttachmentRefusal::Bytes => ATTACHMENT_SIZE,
            AttachmentRefusal::TooMany => ATTACHMENTS_TOO_MANY,
            AttachmentRefusal::Content => ATTACHMENT_CONTENT,
            AttachmentRefusal::Missing => ATTACHMENT_MISSING,
        };
        fault.titled(refusal.to_string())
    }
}

impl From<ObjectionRefusal> for Problem {
    fn from(refusal: ObjectionRefusal) -> Self {
        let fault = match refusal {
            ObjectionRefusal::State(_) => OBJECTION_STATE,
            ObjectionRefusal::Reason => REASON_MISSING,
            ObjectionRefusal::Remedy | ObjectionRefusal::OtherRemedy => REMEDY_UNFIT,
        };
        fault.titled(refusal.to_string())
    }
}

impl From<RepairRefusal> for Problem {
    fn from(refusal: RepairRefusal) -> Self {
        let fault = match refusal {
            RepairRefusal::Text => TEXT_MISSING,
            RepairRefusal::Commitment => COMMITMENT_MISSING,
            RepairRefusal::TooEarly(_) => PUBLICITY_TOO_SHORT,
            RepairRefusal::State(_) => REPAIR_STATE,
            RepairRefusal::Repair => REPAIR_UNFIT,
            RepairRefusal::Date => REPAIR_DATE,
        };
        fault.titled(refusal.to_string())
    }
}

impl From<CommitmentRefusal> for Problem {
    fn from(refusal: CommitmentRefusal) -> Self {
        let fault = match refusal {
            CommitmentRefusal::Domain => DOMAIN_NOT_OPEN,
            CommitmentRefusal::Text => TEXT_MISSING,
            CommitmentRefusal::Until => UNTIL_PAST,
            CommitmentRefusal::State(_) => COMMITMENT_STATE,
        };
        fault.titled(refusal.to_string())
    }
}

impl From<FeedbackRefusal> for Problem {
    fn from(refusal: FeedbackRefusal) -> Self {
        let fault = match refusal {
            FeedbackRefusal::Text => TEXT_MISSING,
            FeedbackRefusal::Contact => CONTACT_TOO_LONG,
            FeedbackRefusal::Answered => FEEDBACK_ANSWERED,
        };
        fault.titled(refusal.to_string())
    }
}

impl From<ManifestRefusal> for Problem {
    fn from(refusal: ManifestRefusal) -> Self {
        let fault = match refusal {
            ManifestRefusal::Kind => MANIFEST_KIND,
            ManifestRefusal::Period => MANIFEST_PERIOD,
            ManifestRefusal::Count => MANIFEST_COUNT,
            ManifestRefusal::Documents => MANIFEST_DOCUMENTS,
            ManifestRefusal::Remarks => MANIFEST_REMARKS,
        };
        fault.titled(refusal.to_string())
    }
}
