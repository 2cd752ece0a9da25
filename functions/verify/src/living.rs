//! `GET /living/{code}`: how a subject's report stands at this moment, for whoever scans the code that the subject shows. It is
//! worked out at each look, by the rules by which reports are made; nothing is issued.

use jiff::Timestamp;
use xinzheng_api::living_code::{LOOK, LivingLook};
use xinzheng_api::verification::{NamedDomain, VerifiedSubject};
use xinzheng_domain::case::living_code::{LivingCode, LivingReport, StandingLivingReport};
use xinzheng_domain::record::line::RecordLine;
use xinzheng_domain::report::{DomainCount, ReportRefusal, ReportSubject, admit};
use xinzheng_domain::{
    Disclosure, DomainId, Period, ReportContent, SubjectId, SubjectProfile, VerificationCode, china_time,
};
use xinzheng_runtime::problem::{
    CODE_IS_VERIFICATION, INTERNAL, LIVING_CODE_MISTYPED, LIVING_CODE_OVER, LIVING_CODE_UNKNOWN, SUBJECT_BARRED,
};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem};
use xinzheng_store::living_codes::Look;

use crate::answer::{MOST_LINES, barred_since, counted, line};
use crate::{App, Wanted, lookup, page};

/// What a look is, and what it is not.
pub(crate) const MEANING: &str = "这是查看时的即时情况，不是出具的报告：没有编号、签名和文件，不能存档，也不能再次核验";

/// How a subject's report stands at a moment.
pub(crate) struct Looked {
    pub(crate) report: LivingReport,
    pub(crate) at: Timestamp,
    pub(crate) subject: ReportSubject,
    pub(crate) period: Period,
    pub(crate) counts: Vec<DomainCount>,
    /// How many records were decided in the period, and how many measures hold in it from before.
    pub(crate) records: usize,
    pub(crate) in_force: usize,
    /// Domains whose data are not complete; `None` when that is not known.
    pub(crate) incomplete: Option<Vec<DomainId>>,
    /// A line for each record; `None` when the subject shows the summary alone.
    pub(crate) lines: Option<Vec<RecordLine>>,
}

/// For programs JSON, for people a page.
pub(crate) async fn look(app: &App, request: &HttpRequest, wanted: Wanted) -> Result<HttpResponse, Problem> {
    match looked(app, request).await {
        Ok(looked) if wanted == Wanted::Page => Ok(page::living(&looked, request)),
        Ok(looked) => Ok(HttpResponse::of(&LOOK, &looked.for_programs())),
        Err(problem) if wanted == Wanted::Page => Ok(page::nothing_living(&problem, request)),
        Err(problem) => Err(problem),
    }
    .map(|response| response.header("vary", "accept"))
}

/// One UpdateItem, which counts the look; then at once a PutItem for the subject's audit, a Query of what is held of it, and a
/// GetItem of what was reported. One UpdateItem and a PutItem for a code that is over, two UpdateItem for one that is unknown, none
/// for one that is mistyped.
async fn looked(app: &App, request: &HttpRequest) -> Result<Looked, Problem> {
    let code = parsed(&request.path_of(&LOOK)?.code)?;
    let (actor, now) = (request.actor(&app.address_key), app.clock.now());
    let standing = match app.registry.look_at(&code, now).await? {
        Look::Shown(standing) => standing,
        Look::Over(standing) => {
            app.registry.note_living_look(&standing, &actor, now, false).await?;
            return Err(LIVING_CODE_OVER.into());
        }
        Look::Unknown => {
            lookup::counted(app, 1, request).await?;
            return Err(LIVING_CODE_UNKNOWN.into());
        }
    };
    let id = standing.report.subject;
    let (noted, dossier, reported) = tokio::join!(
        app.registry.note_living_look(&standing, &actor, now, true),
        app.registry.dossier(&id),
        app.registry.reported(),
    );
    noted?;
    let (dossier, reported) = (dossier?, reported?);
    let StandingLivingReport { report, .. } = standing;
    // As it is with reports: a bar ends them, and what the register says decides who has one.
    if let Some(bar) = dossier.bars.first() {
        return Err(SUBJECT_BARRED.detail(barred_since(bar)));
    }
    let subject = subject(&report, dossier.profile.as_ref().map(|(profile, _)| profile))?;
    let today = china_time::date(now);
    let period = report.period.until(today).ok_or(INTERNAL)?;
    let selected = ReportContent::select(dossier.records, &period, &report.domains);
    let lines = selected.all(&report.domains).map(|(belonging, standing)| RecordLine::of(standing, belonging, today));
    Ok(Looked {
        at: now,
        subject,
        period,
        counts: selected.counts(&report.domains),
        records: selected.records.len(),
        in_force: selected.in_force.len(),
        incomplete: reported.and_then(|reported| reported.completeness(&period, &report.domains).incomplete()),
        lines: (report.disclosure == Disclosure::Full).then(|| lines.collect()),
        report,
    })
}

fn parsed(text: &str) -> Result<LivingCode, Problem> {
    LivingCode::parse(text).map_err(|error| {
        if VerificationCode::parse(text).is_ok() {
            return CODE_IS_VERIFICATION.into();
        }
        LIVING_CODE_MISTYPED.detail(error.to_string().replace("核验码", "信用码"))
    })
}

/// Whom it is about: an organisation as it is registered now, a natural person as the identity provider vouched for it.
fn subject(report: &LivingReport, profile: Option<&SubjectProfile<'static>>) -> Result<ReportSubject, ReportRefusal> {
    if let (SubjectId::Person(_), Some(name)) = (report.subject, &report.subject_name) {
        let masked_id_number = report.masked_id_number.clone();
        return Ok(ReportSubject { id: report.subject, name: name.clone(), registration: None, masked_id_number });
    }
    Ok(ReportSubject::from(admit(&report.subject, profile)?))
}

impl Looked {
    fn for_programs(&self) -> LivingLook {
        let Self { report, at, subject, period, counts, records, in_force, incomplete, lines } = self;
        LivingLook {
            looked_at: *at,
            until: report.until,
            meaning: MEANING.to_owned(),
            subject: VerifiedSubject {
                name: subject.name.clone(),
                id: subject.id.uscc(),
                masked_id_number: subject.masked_id_number.clone(),
            },
            registration: subject.registration.as_ref().map(|registration| registration.status.title().to_owned()),
            shown_to: report.shown_to.clone(),
            period: *period,
            rolling: report.period,
            purpose: report.purpose,
            records: *records,
            in_force: *in_force,
            domains: counts.iter().map(counted).collect(),
            incomplete: incomplete.as_ref().map(|domains| domains.iter().copied().map(NamedDomain::from).collect()),
            disclosure: report.disclosure,
            lines: lines.as_ref().map(|lines| lines.iter().take(MOST_LINES).map(line).collect()),
            lines_left_out: lines.as_ref().map(|lines| lines.len().saturating_sub(MOST_LINES)),
        }
    }
}
