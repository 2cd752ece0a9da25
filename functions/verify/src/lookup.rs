//! Finding a report by its code or by the digest of its file.

use xinzheng_api::rate_limit::RateLimit;
use xinzheng_domain::case::living_code::LivingCode;
use xinzheng_domain::report::ContentDigest;
use xinzheng_domain::report::sample::Sample;
use xinzheng_domain::sha256::{hexadecimal, parse_sha256};
use xinzheng_domain::{ReportNumber, VerificationCode};
use xinzheng_runtime::problem::{
    CODE_IS_LIVING, CODE_IS_NUMBER, CODE_MISTYPED, CODE_UNKNOWN, Fault, ISSUED_FILE_UNKNOWN, LOOKUP_DIGEST_UNREADABLE,
    SAMPLE_HAS_NO_FILE,
};
use xinzheng_runtime::{HttpRequest, Problem, throttle};
use xinzheng_store::objects;
use xinzheng_store::reports::FiledReport;

use crate::App;
use crate::answer::Verified;

/// Reads a code as people type it.
pub(crate) fn parse_code(text: &str) -> Result<VerificationCode, Problem> {
    VerificationCode::parse(text).map_err(|error| {
        if let Some(number) = ReportNumber::parse(text) {
            return CODE_IS_NUMBER.detail(format!("{number} 只用来称呼报告，不能核验"));
        }
        if LivingCode::parse(text).is_ok() {
            return CODE_IS_LIVING.into();
        }
        CODE_MISTYPED.detail(error.to_string())
    })
}

/// Reads a SHA-256: 64 hexadecimal digits.
pub(crate) fn parse_digest(text: &str) -> Result<String, Problem> {
    Ok(parse_sha256(text.trim()).map(|digest| hexadecimal(&digest)).ok_or(LOOKUP_DIGEST_UNREADABLE)?)
}

/// The sample with a code that is kept free for samples. No call.
pub(crate) fn sample(app: &App, code: &VerificationCode) -> Result<Verified, Problem> {
    Sample::by_code(code).map(|sample| Verified::sample(sample, app.clock.now())).ok_or_else(|| CODE_UNKNOWN.into())
}

/// Counts look-ups in vain, and refuses them to a network that has had too many: then they are not noted. One UpdateItem; a
/// metric, which an alarm watches, and the log tell of each either way.
pub(crate) async fn counted(app: &App, how_many: usize, request: &HttpRequest) -> Result<RateLimit, Problem> {
    let now = app.clock.now();
    for _ in 0..how_many {
        tracing::warn!(event = "lookup-failed", "a code or file is unknown");
    }
    app.metrics.tell(&app.namespace, now, &[("FailedLookups", how_many as u64)]);
    let how_many = u32::try_from(how_many).unwrap_or(u32::MAX);
    throttle::lookups_in_vain(&app.registry, &app.address_key, request, now, how_many).await
}

/// Counts and notes one look-up in vain: the problem, with how many more there may be. One UpdateItem, one PutItem.
pub(crate) async fn in_vain(app: &App, fault: Fault, asked: &str, request: &HttpRequest) -> Result<Problem, Problem> {
    let limit = counted(app, 1, request).await?;
    failed(app, asked, request).await?;
    Ok(Problem::from(fault).counted(limit))
}

/// Notes a look-up in vain. One PutItem.
pub(crate) async fn failed(app: &App, asked: &str, request: &HttpRequest) -> Result<(), Problem> {
    let actor = request.actor(&app.address_key);
    Ok(app.registry.note_failed_lookup(&actor, app.clock.now(), asked).await?)
}

/// By code. One GetItem, then at once a PutItem for the audit and a Query of what is held of the subject; no call when the
/// code is mistyped or a sample's, and an UpdateItem and a PutItem for one that is unknown.
pub(crate) async fn by_code(app: &App, text: &str, request: &HttpRequest) -> Result<Verified, Problem> {
    let code = parse_code(text)?;
    if code.is_sample() {
        return sample(app, &code);
    }
    let filed = filed(app, &code, request).await?;
    Verified::of(app, filed, request).await
}

/// The report with this code, whose files are asked for: a sample has none. One GetItem; none when the code is mistyped or a
/// sample's, an UpdateItem and a PutItem for one that is unknown.
pub(crate) async fn filed_by_code(app: &App, text: &str, request: &HttpRequest) -> Result<FiledReport, Problem> {
    let code = parse_code(text)?;
    if code.is_sample() {
        return Err(SAMPLE_HAS_NO_FILE.into());
    }
    filed(app, &code, request).await
}

async fn filed(app: &App, code: &VerificationCode, request: &HttpRequest) -> Result<FiledReport, Problem> {
    match app.registry.report_by_code(code).await? {
        Some(filed) => Ok(filed),
        None => Err(in_vain(app, CODE_UNKNOWN, &code.compact(), request).await?),
    }
}

/// By the digest of the file or of the data in it. Two GetItem, then as by code, and a HeadObject between them for the data;
/// one GetItem, a HeadObject, an UpdateItem and a PutItem when there is neither.
pub(crate) async fn by_file(app: &App, text: &str, request: &HttpRequest) -> Result<Verified, Problem> {
    let digest = parse_digest(text)?;
    let filed = match app.registry.report_by_file(&digest).await? {
        Some(filed) => Some(filed),
        None => match code_of_content(app, &digest).await? {
            Some(code) => app.registry.report_by_code(&code).await?,
            None => None,
        },
    };
    let Some(filed) = filed else {
        return Err(in_vain(app, ISSUED_FILE_UNKNOWN, &digest, request).await?);
    };
    Ok(Verified::of(app, filed, request).await?.asked_by(&digest))
}

/// The code of the report whose canonical JSON has this digest. One HeadObject.
pub(crate) async fn code_of_content(app: &App, digest: &str) -> Result<Option<VerificationCode>, Problem> {
    let Some(digest) = ContentDigest::parse(digest) else { return Ok(None) };
    let metadata = app.reports.metadata(&objects::content_key(&digest)).await?;
    Ok(metadata.as_ref().and_then(objects::report_code))
}
