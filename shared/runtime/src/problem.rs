//! Problems: error responses as RFC 9457 problem+json.

use serde::Serialize;
use xinzheng_domain::report::ReportRefusal;
use xinzheng_store::StoreError;

use crate::http::HttpResponse;

/// An error response. `type` is stable and for programs; the rest is Chinese and for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// `urn:xinzheng:problem:<code>`.
    #[serde(rename = "type")]
    kind: String,
    /// What is wrong in general.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What is wrong this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Problem {
    /// A problem with its HTTP status, stable code and title.
    pub fn new(status: u16, code: &str, title: impl Into<String>) -> Self {
        Self { kind: format!("urn:xinzheng:problem:{code}"), title: title.into(), status, detail: None, hint: None }
    }

    /// The problem with what is wrong this time.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The problem with how to mend it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Something is wrong on our side; the log says what.
    pub fn internal() -> Self {
        Self::new(500, "internal", "系统暂时无法处理").hint("请稍后重试")
    }

    /// A request with this key is being carried out, or was a moment ago.
    pub(crate) fn request_running() -> Self {
        Self::new(409, "request-running", "相同的请求正在办理").hint("请稍候再用同一个 Idempotency-Key 查询结果")
    }

    /// The caller's role cannot do this.
    pub fn role_not_allowed() -> Self {
        Self::new(403, "role-not-allowed", "当前身份不能使用此功能")
    }

    /// No such route.
    pub fn no_route() -> Self {
        Self::new(404, "route-unknown", "没有这个接口")
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

    /// The type, `urn:xinzheng:problem:<code>`.
    pub fn kind(&self) -> &str {
        &self.kind
    }
}

impl Problem {
    /// A cursor that cannot be read, or that another list gave.
    pub fn cursor() -> Self {
        Self::new(422, "cursor-unreadable", "cursor 无法识别").hint("请使用上一页返回的 next")
    }
}

impl From<Problem> for HttpResponse {
    fn from(problem: Problem) -> Self {
        // A problem is text and numbers: it always serialises.
        let body = serde_json::to_string(&problem).unwrap_or_default();
        Self::text(problem.status, "application/problem+json; charset=utf-8", body)
    }
}

impl From<ReportRefusal> for Problem {
    fn from(refusal: ReportRefusal) -> Self {
        let status = match refusal {
            ReportRefusal::UnknownSubject => 404,
            ReportRefusal::RegisteredElsewhere => 403,
            ReportRefusal::Period(_) | ReportRefusal::UnknownDomain | ReportRefusal::NoDomain => 422,
        };
        Self::new(status, refusal.code(), refusal.to_string()).hint(refusal.hint())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if !matches!(error, StoreError::ForeignCursor) {
            tracing::error!(%error, "the store failed");
        }
        match error {
            StoreError::ForeignCursor => Self::cursor(),
            StoreError::Barred => Self::new(403, "subject-barred", "该主体不再适用“信用代证”"),
            StoreError::GrantOver => Self::new(403, "grant-over", "授权已失效"),
            StoreError::Answered => Self::request_running(),
            StoreError::Service { .. } | StoreError::Overtaken => {
                Self::new(503, "store-unavailable", "系统繁忙").hint("请稍后重试")
            }
            StoreError::NoObject(_) | StoreError::Damaged { .. } | StoreError::NumberTaken => Self::internal(),
        }
    }
}
