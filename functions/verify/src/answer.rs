//! What a verification says: as JSON for programs, as words for people.

use jiff::Timestamp;

use serde_json::{Value, json};
use xinzheng_domain::audit::Action;
use xinzheng_domain::in_force::Belonging;
use xinzheng_domain::record_line::RecordLine;
use xinzheng_domain::subject::RegistrationStatus;
use xinzheng_domain::{Disclosure, DomainId, IssuedReport, ReportStanding, china_time};
use xinzheng_runtime::{HttpRequest, Problem, caller};
use xinzheng_store::records::Dossier;
use xinzheng_store::reports::FiledReport;

use crate::App;

/// The most lines of records in an answer; the document has all.
pub(crate) const MOST_LINES: usize = 2000;

/// A report that was issued, what it says, and whether it still holds.
pub(crate) struct Verified {
    pub(crate) report: IssuedReport,
    pub(crate) standing: ReportStanding,
    /// When it was verified: what is said holds of this moment.
    pub(crate) at: Timestamp,
    /// A line for each record that is as the report has it, in its order; `None` when the subject shows the summary alone.
    pub(crate) lines: Option<Vec<RecordLine>>,
    /// How many records are not among the lines because they have changed.
    pub(crate) changed: usize,
    /// What else has happened to the subject since.
    pub(crate) notes: Vec<Note>,
}

/// Something that has happened to a report's subject since it was issued, and does not change what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// The stable code for programs.
    pub(crate) code: &'static str,
    /// When.
    pub(crate) at: Timestamp,
    /// For people.
    pub(crate) text: String,
}

impl Verified {
    /// At once a PutItem for the audit and a Query of what is held of the subject.
    pub(crate) async fn of(app: &App, filed: FiledReport, request: &HttpRequest) -> Result<Self, Problem> {
        let report = &filed.report;
        let (actor, now) = (caller::actor(request, &app.address_key), app.clock.now());
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
        let line = |standing: &xinzheng_domain::standing::StandingRecord| {
            RecordLine::of(standing, standing.belongs_to(&report.period).unwrap_or(Belonging::Decided), today)
        };
        let lines: Vec<RecordLine> = unchanged.into_iter().map(line).collect();
        Ok(Self {
            standing: filed.standing(&dossier.records),
            at: now,
            changed: (report.record_count() + report.in_force_count()).saturating_sub(lines.len()),
            lines: (report.disclosure == Disclosure::Full).then_some(lines),
            notes: notes(report, dossier),
            report: filed.report,
        })
    }

    /// In words that a program can rely on: fields are only ever added. At most `most` lines of records.
    pub(crate) fn to_json(&self, most: usize) -> Value {
        let Self { report, standing, at, lines, changed, notes } = self;
        let named = |domain: &DomainId| json!({ "number": domain, "name": domain.name() });
        let mut body = json!({
            "status": standing.status(),
            "statuses": standing.statuses(),
            "title": standing.status().title(),
            "meaning": standing.status().meaning(),
            "verified_at": at,
            "number": report.number,
            "code": report.code,
            "subject": {
                "name": report.subject_name, "id": report.subject.uscc(), "masked_id_number": report.masked_id_number,
            },
            "period": report.period,
            "purpose": report.purpose,
            "issued_at": report.issued_at,
            "data_as_of": report.data_as_of,
            "records": report.record_count(),
            "in_force": report.in_force_count(),
            "domains": report.counts.iter().map(|count| json!({
                "number": count.domain,
                "name": count.domain.name(),
                "records": count.records,
                "in_force": count.in_force,
                "collected": count.domain.collected().collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "incomplete": report.incomplete.as_ref().map(|domains| domains.iter().map(named).collect::<Vec<_>>()),
            "content": { "sha256": report.content_digest },
            "file": { "sha256": report.file_digest, "bytes": report.file_bytes, "pages": report.pages },
            "disclosure": report.disclosure,
            "changed": changed,
            "notes": notes.iter().map(|note| json!({ "code": note.code, "at": note.at, "text": note.text }))
                .collect::<Vec<_>>(),
        });
        let Some(fields) = body.as_object_mut() else { return body };
        if let Some(lines) = lines {
            let told = |line: &RecordLine| {
                json!({
                    "domain": named(&line.domain),
                    "kind": line.kind,
                    "kind_title": line.kind.title(),
                    "document": line.document,
                    "decided": line.decided,
                    "amount": line.amount,
                    "belonging": line.belonging,
                    "marks": line.marks,
                    "state": line.state(),
                })
            };
            fields.insert("lines".to_owned(), lines.iter().take(most).map(told).collect());
            fields.insert("lines_left_out".to_owned(), json!(lines.len().saturating_sub(most)));
        }
        if let Some(at) = standing.superseded {
            fields.insert("superseded".to_owned(), json!({ "at": at }));
        }
        if !standing.affected.is_empty() {
            let domains: Vec<Value> = standing.affected.iter().map(named).collect();
            fields.insert("affected".to_owned(), json!({ "domains": domains }));
        }
        if !standing.supplemented.is_empty() {
            let told = |supplement: &xinzheng_domain::report_status::Supplement| {
                let mut told = named(&supplement.domain);
                if let (Some(since), Some(fields)) = (supplement.since, told.as_object_mut()) {
                    fields.insert("since".to_owned(), json!(since));
                }
                told
            };
            let domains: Vec<Value> = standing.supplemented.iter().map(told).collect();
            fields.insert("supplemented".to_owned(), json!({ "domains": domains }));
        }
        if let Some(withdrawal) = &standing.withdrawal {
            fields.insert("withdrawal".to_owned(), json!(withdrawal));
        }
        body
    }
}

/// What has happened to the subject since its report was issued.
fn notes(report: &IssuedReport, dossier: Dossier) -> Vec<Note> {
    let since = |at: &Timestamp| *at > report.issued_at;
    let bars = dossier.bars.into_iter().filter(|bar| since(&bar.since)).map(|bar| {
        let text = format!("该主体在“{}”领域的承诺被认定为虚假承诺，此后不再适用“信用代证”", bar.domain);
        Note { code: "subject-barred", at: bar.since, text }
    });
    let moved = dossier.profile.and_then(|(profile, at)| {
        let at = at.filter(|at| since(at) && profile.status == RegistrationStatus::MovedOut)?;
        let text = "该主体的登记已迁出长治市，此后的情况由迁入地的专项信用报告反映".to_owned();
        Some(Note { code: "subject-moved-out", at, text })
    });
    bars.chain(moved).collect()
}
