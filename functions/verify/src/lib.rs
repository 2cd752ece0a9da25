//! verify: anyone checks a report by its code or by the file itself (R13). Public: no token, nothing but what stands on
//! the report.

use serde_json::json;
use xinzheng_domain::{DomainId, ReportStatus, VerificationCode};
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem};
use xinzheng_store::Registry;
use xinzheng_store::reports::FiledReport;

/// What verify works with.
#[derive(Debug)]
pub struct App {
    registry: Registry,
}

impl App {
    /// Reads `TABLE_NAME`.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        Ok(Self { registry: start.services.registry(&start.environment)? })
    }
}

/// Answers a request of one of the function's routes.
pub async fn handle(app: &App, request: HttpRequest) -> HttpResponse {
    route(app, &request).await.unwrap_or_else(HttpResponse::from)
}

async fn route(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    match request.route() {
        "GET /verify/{code}" => by_code(app, request.path_parameter("code")).await,
        "GET /verify" => match request.query_parameter("sha256") {
            Some(digest) => by_file(app, digest).await,
            None => Err(Problem::new(400, "digest-missing", "缺少参数 sha256")
                .hint("请用 /verify/{核验码} 或 /verify?sha256={文件的 SHA-256}")),
        },
        _ => Err(Problem::no_route()),
    }
}

/// By code. One GetItem, and a Query when the report has records; no call when the code is mistyped.
async fn by_code(app: &App, text: &str) -> Result<HttpResponse, Problem> {
    // A mistyped code is told apart from an unknown one, but both are "not found" to a machine.
    let code = VerificationCode::parse(text).map_err(|error| {
        Problem::new(404, "code-mistyped", "核验码有误").detail(error.to_string()).hint("请对照报告重新输入核验码")
    })?;
    let report = app.registry.report_by_code(&code).await?;
    let report = report.ok_or_else(|| {
        Problem::new(404, "code-unknown", "没有出具过此核验码的报告").hint("此报告可能是伪造的，请向出示人核实")
    })?;
    answer(app, report).await
}

/// By the file's digest. Two GetItem, and a Query when the report has records; one GetItem when there is no such file.
async fn by_file(app: &App, text: &str) -> Result<HttpResponse, Problem> {
    let digest = text.trim().to_ascii_lowercase();
    if digest.len() != 64 || !digest.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(
            Problem::new(400, "digest-unreadable", "sha256 应为64位十六进制数").hint("请重新计算文件的 SHA-256")
        );
    }
    let report = app.registry.report_by_file(&digest).await?;
    let report = report.ok_or_else(|| {
        Problem::new(404, "file-unknown", "没有出具过此文件").hint("文件可能被改动过，或不是本系统出具的")
    })?;
    answer(app, report).await
}

/// What was issued and whether it still holds, in words that a machine can rely on: fields are only ever added. One
/// Query, none when the report has no records.
async fn answer(app: &App, filed: FiledReport) -> Result<HttpResponse, Problem> {
    let FiledReport { report, basis, superseded_at, withdrawal } = filed;
    let affected = if basis.is_empty() {
        vec![]
    } else {
        basis.affected(&app.registry.records(&report.subject, &report.period).await?)
    };
    let status = ReportStatus::of(withdrawal, affected, superseded_at);
    let mut body = json!({
        "status": status.code(),
        "meaning": status.meaning(),
        "number": report.number,
        "code": report.code,
        "subject": { "name": report.subject_name, "id": report.subject.uscc(), "masked_id_number": report.masked_id_number },
        "period": report.period,
        "purpose": report.purpose,
        "issued_at": report.issued_at,
        "data_as_of": report.data_as_of,
        "records": report.record_count(),
        "domains": report.counts.iter().map(|count| json!({
            "number": count.domain,
            "name": count.domain.name(),
            "records": count.records,
        })).collect::<Vec<_>>(),
        "file": { "sha256": report.file_digest, "bytes": report.file_bytes, "pages": report.pages },
    });
    let detail = match &status {
        ReportStatus::Valid => None,
        ReportStatus::Superseded { at } => Some(("superseded", json!({ "at": at }))),
        ReportStatus::Affected { domains } => {
            let named = |domain: &DomainId| json!({ "number": domain, "name": domain.name() });
            Some(("affected", json!({ "domains": domains.iter().map(named).collect::<Vec<_>>() })))
        }
        ReportStatus::Withdrawn(withdrawal) => Some(("withdrawal", json!(withdrawal))),
    };
    if let (Some((name, detail)), Some(fields)) = (detail, body.as_object_mut()) {
        fields.insert(name.to_owned(), detail);
    }
    Ok(HttpResponse::json(200, &body).header("cache-control", "public, max-age=5"))
}
