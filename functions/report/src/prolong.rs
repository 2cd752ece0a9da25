//! What is due by the schedule: reports' files are proven for longer. What could not be had at issue is added, and time stamps are
//! added before the last ones end; each is a further version of the same report, of which the ones before are prefixes.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};
use xinzheng_domain::report::ContentDigest;
use xinzheng_domain::report::file_version::{FileVersion, SignatureLevel};
use xinzheng_signature::{DocumentSigner, SignatureError};
use xinzheng_store::file_versions::ProofDue;
use xinzheng_store::reports::FiledReport;
use xinzheng_store::{Committed, StoreError, objects};

use crate::seal::UNUSABLE;
use crate::{App, announce};

/// The most files of a tick.
const MOST: usize = 60;
/// How long a tick goes on: less than the function may take.
const GOES_ON: std::time::Duration = std::time::Duration::from_secs(18);
/// When what failed is tried again.
const AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// The metric of how many files are not proven for longer although it is due.
const UNPROVEN: &str = "UnprovenReports";

/// Proves the seal, tells the public log of keys that are new, and proves anew what is due. It can be done at any time and as often as one likes.
///
/// A Sign of the key service where the key is there, a GetItem, and sixteen Query; for each file a GetItem, a GetObject, a PutObject, one TransactWriteItems, and the requests of
/// [`xinzheng_signature::DocumentSigner::prolong`]. No more than the GetItem without a time-stamping
/// authority.
pub async fn tick(app: &App) -> Result<(), StoreError> {
    let (now, began) = (app.clock.now(), Instant::now());
    tell_of_seal(app, now).await;
    announce::announce(app).await?;
    let Some(signer) = app.seal.published().ok().filter(|signer| signer.is_stamped()) else {
        app.metrics.tell(&app.namespace, now, &[("ProlongedReports", 0), (UNPROVEN, 0)]);
        return Ok(());
    };
    let (mut done, mut failed) = (0_u64, 0_u64);
    for due in app.registry.proofs_due(now, MOST).await? {
        if began.elapsed() > GOES_ON {
            break;
        }
        match prolong(app, signer, &due, now).await {
            Ok(()) => done += 1,
            Err(error) => {
                // The code alone would let whoever reads the log see the report.
                warn!(event = "proof-failed", %error, due = %due.due, "a report's file is not proven for longer");
                app.registry.put_off_proof(&due, now.saturating_add(AGAIN).unwrap_or(now)).await?;
                failed += 1;
            }
        }
    }
    app.metrics.tell(&app.namespace, now, &[("ProlongedReports", done), (UNPROVEN, failed)]);
    Ok(())
}

/// Tells whether reports can be signed, and for how many days the certificates still are valid: the metrics that alarms watch, whose
/// silence is an alarm too. A Sign of the key service where the key is there; a request to the time-stamping authority when it
/// has given nothing yet.
async fn tell_of_seal(app: &App, now: Timestamp) {
    let is_fit = app.seal.prove(now).await;
    let mut told = vec![(UNUSABLE, u64::from(!is_fit))];
    if let Ok(signer) = app.seal.published() {
        match signer.certified_until() {
            Ok(until) => told.push(("SigningCertificateDays", days_to(until, now))),
            Err(error) => warn!(%error, "until when the signing certificate is valid cannot be told"),
        }
        match signer.stamped_until(now).await {
            Ok(Some(until)) => told.push(("TimestampCertificateDays", days_to(until, now))),
            Ok(None) => {}
            Err(error) => warn!(%error, "until when the time-stamping authority's certificate is valid cannot be told"),
        }
    }
    app.metrics.tell(&app.namespace, now, &told);
}

/// The whole days that are left; none when it is over.
fn days_to(until: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(until.duration_since(now).as_hours() / 24).unwrap_or(0)
}

/// Why a file is not proven for longer.
#[derive(Debug, thiserror::Error)]
enum ProlongError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error("the file that is kept is not the one that was recorded")]
    Changed,
}

async fn prolong(app: &App, signer: &DocumentSigner, due: &ProofDue, now: Timestamp) -> Result<(), ProlongError> {
    let Some(filed) = app.registry.report_by_code(&due.code).await? else {
        return Ok(app.registry.forget_proof(due).await?);
    };
    let newest = filed.newest();
    // Another tick was here, and was broken off before the list was written; or a version is not due any more.
    match newest.next_due(filed.report.issued_at) {
        None => return Ok(app.registry.forget_proof(due).await?),
        Some(next) if next > now => return Ok(app.registry.put_off_proof(due, next).await?),
        Some(_) => {}
    }
    let version = further(app, signer, &filed, &newest, now).await?;
    if app.registry.add_version(&filed, &version, due).await? == Committed::Done {
        info!(number = %filed.report.number, level = version.level.code(), "proven for longer");
    }
    Ok(())
}

/// Makes and keeps the next version of a file.
async fn further(
    app: &App,
    signer: &DocumentSigner,
    filed: &FiledReport,
    newest: &FileVersion,
    now: Timestamp,
) -> Result<FileVersion, ProlongError> {
    let kept = app.reports.get(&objects::version_key(&filed.report.content_digest, newest)).await?;
    if ContentDigest::of(&kept.bytes) != newest.sha256 {
        return Err(ProlongError::Changed);
    }
    let prolonged = signer.prolong(&kept.bytes, now).await?;
    let version = FileVersion {
        kind: newest.next_kind(),
        at: now,
        sha256: ContentDigest::of(&prolonged.file),
        bytes: prolonged.file.len() as u64,
        level: SignatureLevel::LongTermArchive,
        stamped_until: Some(prolonged.stamped_until),
    };
    app.reports
        .put(&objects::version_key(&filed.report.content_digest, &version), "application/pdf", prolonged.file, &[])
        .await?;
    Ok(version)
}
