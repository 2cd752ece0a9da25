//! `POST /verify/additions`: a copy to which others have added, such as a bank's own time stamp, is judged by what stands behind the
//! file that was issued. The file itself is not sent: it is kept here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use xinzheng_api::verification::{ADDITIONS, AskedFile, CopyPrefix, ExtendedCopy};
use xinzheng_domain::report::file_version::FileVersion;
use xinzheng_proof::{AdditionsKind, ReasonCode, TimeStampState, Trust, Verdict};
use xinzheng_runtime::problem::{COPY_ALTERED, COPY_UNREADABLE, INTERNAL, ISSUED_FILE_UNKNOWN};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem};
use xinzheng_store::objects;
use xinzheng_store::reports::FiledReport;

use crate::App;
use crate::answer::{MOST_LINES, Verified};
use crate::lookup::{in_vain, parse_digest};

/// The most prefixes that are looked up.
const MOST: usize = 8;

/// What `GET /verify/{code}` answers, when nothing was added but what proves the report for longer;
/// [`COPY_ALTERED`] with what was changed when anything else was.
///
/// At most two GetItem for each prefix and a GetObject, then as by code; two GetItem for each prefix, an UpdateItem and a
/// PutItem when none was issued.
pub(crate) async fn judged(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let ExtendedCopy { mut prefixes, additions } = request.body_of(&ADDITIONS)?;
    prefixes.sort_by_key(|prefix| prefix.bytes);
    let behind = STANDARD.decode(additions).map_err(|_| COPY_UNREADABLE.detail("附加的内容不是 Base64"))?;
    let shortest = match prefixes.as_slice() {
        [shortest, ..] if prefixes.len() <= MOST => shortest.bytes,
        _ => return Err(COPY_UNREADABLE.detail(format!("给出了 {} 个前段", prefixes.len()))),
    };
    let Some((filed, version)) = issued(app, &prefixes).await? else {
        let asked = prefixes.last().map(|prefix| prefix.sha256.clone()).unwrap_or_default();
        return Err(in_vain(app, ISSUED_FILE_UNKNOWN, &asked, request).await?);
    };
    let skipped = usize::try_from(version.bytes - shortest.min(version.bytes)).unwrap_or(usize::MAX);
    let behind = behind.get(skipped..).filter(|behind| !behind.is_empty());
    let behind = behind.ok_or_else(|| COPY_UNREADABLE.detail("前段之后没有附加的内容"))?;
    let kept = app.reports.get(&objects::version_key(&filed.report.content_digest, &version)).await?;
    let copy = [&*kept.bytes, behind].concat();
    // Whose the signature is is known: it begins with a file that was issued.
    let judged = tokio::task::spawn_blocking({
        let at = app.clock.now();
        move || xinzheng_proof::judge(&copy, &Trust::nobody(), at)
    });
    let judgement = judged.await.map_err(|_| Problem::from(INTERNAL))?;
    let is_proof = judgement.additions.kind == AdditionsKind::ProofsOnly;
    if is_proof && judgement.time_stamps.iter().any(|stamp| stamp.state == TimeStampState::Unsupported) {
        return Err(COPY_UNREADABLE.detail("附加的时间戳使用的算法（如国密 SM2）这里不能判断"));
    }
    // Nobody is pinned, so that nothing better can be said of it than that; what else there is to say is against it.
    let against = judgement.reasons.into_iter().filter(|reason| reason.code != ReasonCode::NoTrust);
    let against: Vec<String> = against.map(|reason| reason.text).collect();
    if judgement.verdict != Verdict::NotOurs || !is_proof || !against.is_empty() {
        return Err(COPY_ALTERED.detail(against.join("；")));
    }
    let verified = Verified::of(app, filed, request).await?;
    let verified = Verified { asked_file: Some(AskedFile::ExtendedByOthers), ..verified };
    Ok(HttpResponse::of(&ADDITIONS, &verified.for_programs(MOST_LINES)))
}

/// The longest of these that was issued, with its report.
async fn issued(app: &App, prefixes: &[CopyPrefix]) -> Result<Option<(FiledReport, FileVersion)>, Problem> {
    for prefix in prefixes.iter().rev() {
        let digest = parse_digest(&prefix.sha256)?;
        let Some(filed) = app.registry.report_by_file(&digest).await? else { continue };
        let is_this = |version: &FileVersion| version.sha256.to_string() == digest && version.bytes == prefix.bytes;
        let found = filed.versions().find(is_this);
        if let Some(version) = found {
            return Ok(Some((filed, version)));
        }
    }
    Ok(None)
}
