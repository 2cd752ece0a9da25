//! What a verification says: as JSON for programs, as words for people.

use jiff::Timestamp;

use xinzheng_api::log::LogStanding;
use xinzheng_api::report::{Digest, ReportFile};
use xinzheng_api::verification::{
    Affected, AskedFile, NamedDomain, RecordLine as Line, SubjectEvent, SubjectNote, Superseded, Supplemented,
    SupplementedDomain, Verification, VerifiedDomain, VerifiedFile, VerifiedSubject,
};
use xinzheng_domain::audit::Action;
use xinzheng_domain::case::commitment::Bar;
use xinzheng_domain::identity::subject::RegistrationStatus;
use xinzheng_domain::record::in_force::Belonging;
use xinzheng_domain::record::line::RecordLine;
use xinzheng_domain::report::DomainCount;
use xinzheng_domain::report::file_version::FileVersion;
use xinzheng_domain::report::sample::Sample;
use xinzheng_domain::{Disclosure, DomainId, IssuedReport, ReportStanding, china_time};
use xinzheng_runtime::{HttpRequest, Problem};
use xinzheng_store::records::Dossier;
use xinzheng_store::reports::FiledReport;

use crate::App;
use crate::log::standing;

/// What the words of a sample begin with.
const SAMPLE: &str = "【样例，没有这份报告】";

/// The most lines of records in an answer; the document has all.
pub(crate) const MOST_LINES: usize = 2000;

/// A report that was issued, what it says, and whether it still holds.
pub(crate) struct Verified {
    pub(crate) report: IssuedReport,
    /// All versions of its file.
    pub(crate) versions: Vec<FileVersion>,
    /// What the digest is of that was asked about.
    pub(crate) asked_file: Option<AskedFile>,
    pub(crate) standing: ReportStanding,
    /// When it was verified: what is said holds of this moment.
    pub(crate) at: Timestamp,
    /// A line for each record that is as the report has it, in its order; `None` when the subject shows the summary alone.
    pub(crate) lines: Option<Vec<RecordLine>>,
    /// How many records are not among the lines because they have changed.
    pub(crate) changed: usize,
    /// What else has happened to the subject since.
    pub(crate) notes: Vec<SubjectNote>,
    /// Whether the public log has it; `None` of a sample.
    pub(crate) log: Option<LogStanding>,
}

impl Verified {
    /// At once a PutItem for the audit and a Query of what is held of the subject.
    pub(crate) async fn of(app: &App, filed: FiledReport, request: &HttpRequest) -> Result<Self, Problem> {
        let report = &filed.report;
        let (actor, now) = (request.actor(&app.address_key), app.clock.now());
        let noted =
            app.registry.note_access(&report.subject, &actor, now, Action::ReportVerified, report.number.as_str());
        let ((), dossier) = tokio::try_join!(noted, app.registry.dossier(&report.subject))?;
        let mut unchanged = filed.basis.unchanged(&dossier.records);
        unchanged.sort_by_key(|standing| {
            let record = &standing.record;
            let belonging = standing.belongs_to(&report.period);
            (record.domain, belonging, std::cmp::Reverse(record.decided), record.kind(), record.id)
        });
        let today = china_time::date(now);
        let line = |standing: &xinzheng_domain::record::standing::StandingRecord| {
            RecordLine::of(standing, standing.belongs_to(&report.period).unwrap_or(Belonging::Decided), today)
        };
        let lines: Vec<RecordLine> = unchanged.into_iter().map(line).collect();
        Ok(Self {
            standing: filed.standing(&dossier.records),
            versions: filed.versions().collect(),
            asked_file: None,
            at: now,
            changed: (report.record_count() + report.in_force_count()).saturating_sub(lines.len()),
            lines: (report.disclosure == Disclosure::Full).then_some(lines),
            notes: notes(report, dossier),
            log: Some(standing(app, report, filed.logged.as_ref(), now)),
            report: filed.report,
        })
    }

    /// A sample, which is kept nowhere. No call.
    pub(crate) fn sample(sample: Sample, now: Timestamp) -> Self {
        let Sample { report, standing, lines } = sample;
        Self {
            versions: vec![report.as_issued()],
            asked_file: None,
            at: now,
            changed: report.record_count().saturating_sub(lines.len()),
            lines: Some(lines),
            notes: vec![],
            log: None,
            report,
            standing,
        }
    }

    /// True of a sample.
    pub(crate) fn is_sample(&self) -> bool {
        self.report.code.is_sample()
    }

    /// The same, asked about by a digest: of a version of its file, or of the data in it.
    pub(crate) fn asked_by(self, digest: &str) -> Self {
        Self { asked_file: Some(self.asked_file(digest)), ..self }
    }

    /// What a digest is of that led to the report.
    pub(crate) fn asked_file(&self, digest: &str) -> AskedFile {
        let version = self.versions.iter().find(|version| version.sha256.to_string() == digest);
        version.map_or(AskedFile::Content, |version| version.kind.into())
    }

    /// The newest version of its file.
    pub(crate) fn newest(&self) -> FileVersion {
        self.versions.last().cloned().unwrap_or_else(|| self.report.as_issued())
    }

    /// The same for programs, with at most `most` lines of records.
    pub(crate) fn for_programs(&self, most: usize) -> Verification {
        let Self { report, standing, at, lines, changed, notes, versions, asked_file, log } = self;
        let newest = self.newest();
        let status = standing.status();
        let named = |domains: &[DomainId]| domains.iter().copied().map(NamedDomain::from).collect::<Vec<_>>();
        let affected = (!standing.affected.is_empty()).then(|| Affected { domains: named(&standing.affected) });
        let supplemented = (!standing.supplemented.is_empty()).then(|| Supplemented {
            domains: standing
                .supplemented
                .iter()
                .map(|supplement| SupplementedDomain { domain: supplement.domain.into(), since: supplement.since })
                .collect(),
        });
        let words = |text: &str| if self.is_sample() { format!("{SAMPLE}{text}") } else { text.to_owned() };
        Verification {
            sample: self.is_sample(),
            status,
            statuses: standing.statuses(),
            title: words(status.title()),
            meaning: words(status.meaning()),
            verified_at: *at,
            number: report.number.clone(),
            code: report.code,
            subject: VerifiedSubject {
                name: report.subject_name.clone(),
                id: report.subject.uscc(),
                masked_id_number: report.masked_id_number.clone(),
            },
            period: report.period,
            purpose: report.purpose,
            issued_at: report.issued_at,
            data_as_of: report.data_as_of,
            records: report.record_count(),
            in_force: report.in_force_count(),
            domains: report.counts.iter().map(counted).collect(),
            incomplete: report.incomplete.as_deref().map(named),
            content: Digest { sha256: report.content_digest },
            file: ReportFile { sha256: newest.sha256, bytes: newest.bytes, pages: report.pages, level: newest.level },
            versions: versions.iter().map(version).collect(),
            asked_file: *asked_file,
            disclosure: report.disclosure,
            lines: lines.as_ref().map(|lines| lines.iter().take(most).map(line).collect()),
            lines_left_out: lines.as_ref().map(|lines| lines.len().saturating_sub(most)),
            changed: *changed,
            notes: notes.clone(),
            superseded: standing.superseded.map(|at| Superseded { at }),
            affected,
            supplemented,
            withdrawal: standing.withdrawal.clone(),
            log: log.clone(),
        }
    }
}

fn version(version: &FileVersion) -> VerifiedFile {
    VerifiedFile {
        kind: version.kind,
        title: version.kind.title().to_owned(),
        at: version.at,
        sha256: version.sha256,
        bytes: version.bytes,
        level: version.level,
    }
}

pub(crate) fn counted(count: &DomainCount) -> VerifiedDomain {
    VerifiedDomain {
        number: count.domain,
        name: count.domain.name().to_owned(),
        records: count.records.clone(),
        in_force: count.in_force.clone(),
        collected: count.domain.collected().collect(),
    }
}

pub(crate) fn line(line: &RecordLine) -> Line {
    Line {
        domain: line.domain.into(),
        kind: line.kind,
        kind_title: line.kind.title().to_owned(),
        document: line.document.clone(),
        decided: line.decided,
        amount: line.amount,
        belonging: line.belonging,
        marks: line.marks.clone(),
        state: line.state(),
    }
}

/// What is said of a bar to whoever is shown a report or a code.
fn barred(bar: &Bar) -> String {
    format!("该主体在“{}”领域的承诺被认定为虚假承诺，此后不再适用“信用代证”", bar.domain)
}

/// The same with since when.
pub(crate) fn barred_since(bar: &Bar) -> String {
    format!("{} 起：{}", china_time::display(bar.since), barred(bar))
}

/// What has happened to the subject since its report was issued.
fn notes(report: &IssuedReport, dossier: Dossier) -> Vec<SubjectNote> {
    let since = |at: &Timestamp| *at > report.issued_at;
    let bars = dossier.bars.into_iter().filter(|bar| since(&bar.since)).map(|bar| SubjectNote {
        code: SubjectEvent::SubjectBarred,
        at: bar.since,
        text: barred(&bar),
    });
    let moved = dossier.profile.and_then(|(profile, at)| {
        let at = at.filter(|at| since(at) && profile.status == RegistrationStatus::MovedOut)?;
        let text = "该主体的登记已迁出长治市，此后的情况由迁入地的专项信用报告反映".to_owned();
        Some(SubjectNote { code: SubjectEvent::SubjectMovedOut, at, text })
    });
    bars.chain(moved).collect()
}
