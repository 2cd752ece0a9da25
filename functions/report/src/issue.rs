//! `POST /reports`: the subject's records of its period and domains, as a PDF with a verification code.

use jiff::Timestamp;
use jiff::civil::Date;
use tracing::{Instrument, info, info_span, instrument};
use xinzheng_api::link::Download;
use xinzheng_api::report::{
    Digest, DomainSummary, ISSUE, NewReport, NumberPath, OpenedReport, PendingProof, PendingProofReason, READ,
    ReasonQuery, Report, ReportFile, ReportRequest, ReportSummary, RequestedDomain,
};
use xinzheng_domain::file_name;
use xinzheng_domain::report::file_version::FileVersion;
use xinzheng_domain::report::period::SCOPE_START;
use xinzheng_domain::report::salt::ContentSalt;
use xinzheng_domain::report::{ContentDigest, DomainCount, ReportRefusal, ReportSubject, Selected, admit};
use xinzheng_domain::{
    Basis, Disclosure, DomainId, IssuedReport, Period, Purpose, Rendering, ReportContent, ReportNumber, SubjectId,
    SubjectProfile, VerificationCode, china_time,
};
use xinzheng_render::{Manuscript, SealPlace, Template};
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::problem::{INTERNAL, SUBJECT_BARRED, TOKEN_CLAIMS_UNREADABLE};
use xinzheng_runtime::randomness::{random, random_wide};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Subject};
use xinzheng_signature::{Anchor, DocumentSigner, SignatureError, Signed};
use xinzheng_store::audit::Actor;
use xinzheng_store::reports::AskedBy;
use xinzheng_store::{StoreError, objects};

use crate::App;

fn period_of(asked: &ReportRequest, today: Date) -> Result<Period, ReportRefusal> {
    let (from, to) = asked.period.as_ref().map_or((SCOPE_START, today), |period| (period.from, period.to));
    Ok(Period::new(from, to, today)?)
}

/// The chosen domains in annex 1's order, each once.
pub(crate) fn chosen(requested: &[RequestedDomain]) -> Result<Vec<DomainId>, ReportRefusal> {
    let mut domains = requested
        .iter()
        .map(|domain| match domain {
            RequestedDomain::Number(number) => DomainId::from_number(*number),
            RequestedDomain::Name(name) => DomainId::from_name(name),
        })
        .collect::<Option<Vec<DomainId>>>()
        .ok_or(ReportRefusal::UnknownDomain)?;
    domains.sort();
    domains.dedup();
    if domains.is_empty() { Err(ReportRefusal::NoDomain) } else { Ok(domains) }
}

/// Issues a report: 201 with its number, code, download address and summary.
///
/// Three GetItem and one Query at once (what the subject is and has, its newest report, what was reported, the template), two
/// PutObject at once, one TransactWriteItems; a Sign of the key service where the key is there, a GetObject when the template
/// is new to the process. A crash before the transaction leaves at worst files that nothing refers to.
#[instrument(skip_all)]
pub(crate) async fn issue(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.body_of(&ISSUE)?;
    let issued_at = app.clock.now();
    let period = period_of(&asked, china_time::date(issued_at))?;
    let domains = asked.domains.as_deref().map_or_else(|| Ok(DomainId::all().collect()), chosen)?;
    let wanted = Wanted { period, domains, purpose: asked.purpose, disclosure: asked.disclosure };
    issue_for(app, caller, wanted, AskedBy::Subject, request.actor(&app.address_key), issued_at).await
}

/// What a report is to say.
pub(crate) struct Wanted {
    pub(crate) period: Period,
    pub(crate) domains: Vec<DomainId>,
    pub(crate) purpose: Purpose,
    pub(crate) disclosure: Disclosure,
}

/// Issues a report about a subject to whoever asked for it and may.
pub(crate) async fn issue_for(
    app: &App,
    caller: Subject,
    wanted: Wanted,
    asked_by: AskedBy<'_>,
    actor: Actor,
    issued_at: Timestamp,
) -> Result<HttpResponse, Problem> {
    let Wanted { period, domains, purpose, disclosure } = wanted;
    let signer = app.seal.proven(app, issued_at).await?;
    let (dossier, mut previous, reported, template) = tokio::try_join!(
        async { app.registry.dossier(&caller.id).await.map_err(Problem::from) },
        async { app.registry.newest_of_scope(&caller.id, &period, &domains, purpose).await.map_err(Problem::from) },
        async { app.registry.reported().await.map_err(Problem::from) },
        app.templates.active(app),
    )?;
    let subject = reported_subject(&caller, dossier.profile.as_ref().map(|(profile, _)| profile))?;
    let Selected { records, in_force } = ReportContent::select(dossier.records, &period, &domains);
    let content = ReportContent {
        number: ReportNumber::new(issued_at, random()?),
        salt: ContentSalt::of(random_wide()?),
        issued_at,
        data_as_of: issued_at,
        subject,
        period,
        records,
        in_force,
        completeness: reported.map(|reported| reported.completeness(&period, &domains)),
        domains,
        purpose,
        template: template.version().to_owned(),
    };
    let Made { report, verification_url, missing, pending } =
        make(app, signer, &content, &template, disclosure).await?;
    let new = NewReport {
        opened: opened(app, &report, &report.as_issued()).await?,
        verification_url,
        missing_characters: missing.clone(),
        pending_proof: pending.map(PendingProof::from),
    };
    let number = NumberPath { number: report.number.clone() };
    let mut response =
        HttpResponse::of(&ISSUE, &new).header("location", READ.address(&number, &ReasonQuery { reason: None }));
    let actor = answering(actor, &mut response);
    let basis = Basis::of(content.all().map(|(_, standing)| standing));
    loop {
        match app.registry.issue(&report, &basis, previous.as_ref(), asked_by, &actor).await {
            Err(StoreError::Overtaken) => {
                previous = app.registry.newest_of_scope(&caller.id, &period, &content.domains, purpose).await?;
            }
            Err(StoreError::Barred) => return Err(barred(app, &caller).await?),
            issued => break issued?,
        }
    }
    info!(number = %report.number, records = report.record_count(), pages = report.pages, "issued");
    if !missing.is_empty() {
        tracing::warn!(number = %report.number, missing = missing.len(), "the fonts lack characters");
    }
    Ok(response)
}

/// A report whose files are kept and that is not issued yet.
struct Made {
    report: IssuedReport,
    verification_url: String,
    /// Characters that the fonts lack.
    missing: Vec<char>,
    /// What its signature is still to be proven by.
    pending: Option<PendingProofReason>,
}

/// Gives a content its code, sets, signs and keeps it. Two PutObject at once, a Sign of the key service where the key is there.
async fn make(
    app: &App,
    signer: &DocumentSigner,
    content: &ReportContent,
    template: &Template,
    disclosure: Disclosure,
) -> Result<Made, Problem> {
    let canonical = content.canonical_json().map_err(|error| unwritable(&error))?;
    let digest = ContentDigest::of(&canonical);
    let key = app.code_keys.active();
    let code = VerificationCode::new(key, &content.number, &digest);
    let verification_url = format!("{}/{code}", app.verification_base);
    let certificate = signer.certificates().thumbprint().map_err(|error| unwritable(&error))?;
    let certificate = Some(ContentDigest::from(certificate));
    let manuscript = Manuscript {
        content,
        data: &canonical,
        code: &code,
        verification_url: &verification_url,
        certificate: certificate.as_ref(),
    };
    let rendered = info_span!("render")
        .in_scope(|| xinzheng_render::render(manuscript, template))
        .map_err(|error| unwritable(&error))?;
    let rendering = Rendering {
        verification_url: verification_url.clone(),
        certificate,
        unsigned_digest: ContentDigest::of(&rendered.pdf),
        unsigned_bytes: rendered.pdf.len() as u64,
    };
    let anchor = rendered.seal.map(anchor).ok_or_else(|| unwritable(&"it has no seal block"))?;
    let signed = signer.sign(rendered.pdf, &anchor, template.issuer(), content.issued_at);
    let signed = signed.instrument(info_span!("sign")).await;
    let signed = signed.map_err(|error| app.seal.failed(app, error, content.issued_at))?;
    let pending = signed.shortfall.as_ref().map(|error| {
        tracing::warn!(event = "proof-pending", %error, number = %content.number, "the signature is not proven for long yet");
        match error {
            SignatureError::Revocation(_) => PendingProofReason::Revocation,
            SignatureError::Unproven(_) => PendingProofReason::Unproven,
            _ => PendingProofReason::TimestampAuthority,
        }
    });
    if pending.is_some() {
        app.metrics.tell(&app.namespace, app.clock.now(), &[("UnstampedReports", 1)]);
    }
    let Signed { file: signed, level, stamped_until, .. } = signed;
    let report = IssuedReport {
        number: content.number.clone(),
        code,
        code_key: key.id().to_owned(),
        subject: content.subject.id,
        subject_name: content.subject.name.clone(),
        masked_id_number: content.subject.masked_id_number.clone(),
        period: content.period,
        counts: content.counts(),
        purpose: content.purpose,
        issued_at: content.issued_at,
        data_as_of: content.data_as_of,
        template: content.template.clone(),
        content_digest: digest,
        file_digest: ContentDigest::of(&signed),
        file_bytes: signed.len() as u64,
        file_level: level,
        stamped_until,
        pages: rendered.pages,
        disclosure,
        incomplete: content.incomplete(),
    };
    let (pdf_key, content_key) = (objects::pdf_key(&digest), objects::content_key(&digest));
    let beside = objects::kept_beside(&code, &rendering);
    let beside = beside.pairs();
    tokio::try_join!(
        app.reports.put(&pdf_key, "application/pdf", signed, &[]),
        app.reports.put(&content_key, "application/json", canonical, &beside),
    )?;
    Ok(Made { report, verification_url, missing: rendered.missing, pending })
}

/// The seal block of a rendered report as the place of its signature.
fn anchor(place: SealPlace) -> Anchor {
    Anchor {
        page: place.page,
        page_entries: place.page_entries,
        annotations: place.annotations,
        catalog: place.catalog,
        catalog_entries: place.catalog_entries,
        information: place.information,
        id: place.id,
        next: place.next,
        cross_references: place.cross_references,
        rect: place.rect,
        structure_parent: place.structure_parent,
        structure: place.structure,
    }
}

/// Why a subject cannot use 信用代证, and where it can object. One Query.
pub(crate) async fn barred(app: &App, caller: &Subject) -> Result<Problem, StoreError> {
    let bars = app.registry.bars(&caller.id).await?;
    let told = bars.iter().map(|bar| {
        let since = china_time::display(bar.since);
        format!("{since} 起，{}认定“{}”领域的承诺（{}）为虚假承诺", bar.unit.name(), bar.domain, bar.commitment)
    });
    Ok(SUBJECT_BARRED
        .detail(told.collect::<Vec<_>>().join("；"))
        .hint("请按原途径开具有无违法违规记录证明；对认定有异议的，请向作出认定的单位或平台提出"))
}

/// An issued report as its subject sees it, with a version of its file.
pub(crate) fn summarised(report: &IssuedReport, file: &FileVersion) -> Report {
    Report {
        number: report.number.clone(),
        code: report.code,
        issued_at: report.issued_at,
        data_as_of: report.data_as_of,
        subject: report.subject_name.clone(),
        period: report.period,
        purpose: report.purpose,
        file: ReportFile { sha256: file.sha256, bytes: file.bytes, pages: report.pages, level: file.level },
        summary: counted(report),
        content: Digest { sha256: report.content_digest },
        disclosure: report.disclosure,
    }
}

/// What an issued report found.
pub(crate) fn counted(report: &IssuedReport) -> ReportSummary {
    let domain = |count: &DomainCount| DomainSummary {
        number: count.domain,
        name: count.domain.name().to_owned(),
        unit: count.domain.responsible_unit().to_owned(),
        records: count.records.clone(),
        in_force: count.in_force.clone(),
        collected: count.domain.collected().collect(),
    };
    ReportSummary {
        records: report.record_count(),
        in_force: report.in_force_count(),
        domains: report.counts.iter().map(domain).collect(),
    }
}

/// An issued report as its subject sees it, with a fresh download address.
pub(crate) async fn opened(app: &App, report: &IssuedReport, file: &FileVersion) -> Result<OpenedReport, StoreError> {
    let file_name = file_name::of_report(&report.number, "pdf");
    let key = objects::version_key(&report.content_digest, file);
    let url = app.reports.presigned_download(&key, &file_name, app.download_valid).await?;
    let download = Download { url, valid_seconds: app.download_valid.as_secs() };
    Ok(OpenedReport { report: summarised(report, file), download: Some(download) })
}

/// The subject as the report names it: organisations by the register, natural persons by what the identity provider
/// vouches for (scheme, section 3(1): 自然人参照执行).
pub(crate) fn reported_subject(
    caller: &Subject,
    profile: Option<&SubjectProfile<'static>>,
) -> Result<ReportSubject, Problem> {
    if let SubjectId::Person(_) = caller.id {
        let name = caller
            .name
            .clone()
            .filter(|name| !name.trim().is_empty())
            .ok_or_else(|| TOKEN_CLAIMS_UNREADABLE.titled("登录凭证缺少姓名"))?;
        // Without it nobody could tell whom of that name the report is about.
        // A whole number must not stand on the report either.
        if !caller.masked_id_number.as_deref().is_some_and(is_masked) {
            return Err(TOKEN_CLAIMS_UNREADABLE.titled("登录凭证缺少隐去中间各位的证件号码"));
        }
        return Ok(ReportSubject {
            id: caller.id,
            name,
            registration: None,
            masked_id_number: caller.masked_id_number.clone(),
        });
    }
    Ok(ReportSubject::from(admit(&caller.id, profile)?))
}

/// True of a number of which some is hidden and some is shown.
fn is_masked(number: &str) -> bool {
    let shown = number.chars().filter(|c| c.is_alphanumeric()).count();
    let hidden = number.chars().filter(|c| matches!(c, '*' | '＊' | '×')).count();
    (2..=12).contains(&shown) && hidden >= 4
}

pub(crate) fn unwritable(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%error, "the report cannot be written");
    INTERNAL.into()
}
