//! `POST /reports/{number}/replay`: the platform renders a report again from what is kept, and proves that it is the very
//! one that was issued (R10, R11).

use xinzheng_api::report::{DigestedBytes, REPLAY, Replay, ReplayProofs};
use xinzheng_domain::audit::Action;
use xinzheng_domain::report::ContentDigest;
use xinzheng_domain::{ReportContent, VerificationCode};
use xinzheng_render::Manuscript;
use xinzheng_runtime::problem::{REPLAY_IMPOSSIBLE, REPORT_UNKNOWN};
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Problem};
use xinzheng_store::objects;

use crate::App;
use crate::issue::unwritable;

/// Two GetItem, two GetObject, and one more when the template is new to the process.
///
/// Each proof stands for itself: `content` (the kept JSON has the digest), `code` (the key makes this code of number and
/// content), `unsigned` (rendering gives the bytes of then), `file` (the kept file has the digest), `prefix` (the signed
/// file begins with the unsigned bytes).
pub(crate) async fn replay(app: &App, _operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let number = request.path_of(&REPLAY)?.number;
    let report = app.registry.report_by_number(&number).await?.ok_or(REPORT_UNKNOWN)?.report;
    let (actor, now) = (request.actor(&app.address_key), app.clock.now());
    app.registry.note_access(&report.subject, &actor, now, Action::ReportReplayed, number.as_str()).await?;
    let (pdf_key, content_key) =
        (objects::pdf_key(&report.content_digest), objects::content_key(&report.content_digest));
    let (pdf, kept) = tokio::try_join!(app.reports.get(&pdf_key), app.reports.get(&content_key))?;
    let content: ReportContent = serde_json::from_slice(&kept.bytes).map_err(|error| unwritable(&error))?;
    let digest = ContentDigest::of(&kept.bytes);
    let code = app.code_keys.by_id(&report.code_key).map(|key| VerificationCode::new(key, &number, &digest));
    let rendering = objects::rendering(&kept.metadata).ok_or(REPLAY_IMPOSSIBLE)?;
    let template = app.templates.version(app, &report.template).await?;
    let manuscript = Manuscript {
        content: &content,
        data: &kept.bytes,
        code: &report.code,
        verification_url: &rendering.verification_url,
        certificate: rendering.certificate.as_ref(),
    };
    let rendered = xinzheng_render::render(manuscript, &template).map_err(|error| unwritable(&error))?;
    let proofs = ReplayProofs {
        content: digest == report.content_digest,
        code: code.is_some_and(|code| code == report.code),
        unsigned: ContentDigest::of(&rendered.pdf) == rendering.unsigned_digest,
        file: ContentDigest::of(&pdf.bytes) == report.file_digest,
        prefix: pdf.bytes.starts_with(&rendered.pdf),
    };
    let same = proofs.content && proofs.code && proofs.unsigned && proofs.file && proofs.prefix;
    if !same {
        tracing::error!(%number, ?proofs, "a replayed report differs from the one issued");
    }
    let replay = Replay {
        number,
        same,
        proofs,
        template: report.template,
        unsigned: DigestedBytes { sha256: rendering.unsigned_digest, bytes: rendering.unsigned_bytes },
        file: DigestedBytes { sha256: report.file_digest, bytes: report.file_bytes },
    };
    Ok(HttpResponse::of(&REPLAY, &replay))
}
