//! What a verification says: as JSON for programs, as words for people.

use serde_json::{Value, json};
use xinzheng_domain::{DomainId, IssuedReport, ReportStatus};
use xinzheng_runtime::{HttpRequest, Problem, caller};
use xinzheng_store::reports::FiledReport;

use crate::App;

/// A report that was issued, and whether it still holds.
pub(crate) struct Verified {
    pub(crate) report: IssuedReport,
    pub(crate) status: ReportStatus,
}

impl Verified {
    /// At once a PutItem for the audit and a Query, which is left out when the report has no records.
    pub(crate) async fn of(app: &App, filed: FiledReport, request: &HttpRequest) -> Result<Self, Problem> {
        let FiledReport { report, basis, superseded_at, withdrawal, .. } = filed;
        let (actor, now) = (caller::actor(request, &app.address_key), app.clock.now());
        let number = report.number.as_str();
        let noted = app.registry.note_access(&report.subject, &actor, now, "report.verified", number);
        let affected = async {
            if basis.is_empty() {
                return Ok(vec![]);
            }
            Ok(basis.affected(&app.registry.records(&report.subject, &report.period).await?))
        };
        let ((), affected) = tokio::try_join!(noted, affected)?;
        Ok(Self { status: ReportStatus::of(withdrawal, affected, superseded_at), report })
    }

    /// In words that a program can rely on: fields are only ever added.
    pub(crate) fn to_json(&self) -> Value {
        let Self { report, status } = self;
        let mut body = json!({
            "status": status.code(),
            "meaning": status.meaning(),
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
            "domains": report.counts.iter().map(|count| json!({
                "number": count.domain,
                "name": count.domain.name(),
                "records": count.records,
            })).collect::<Vec<_>>(),
            "file": { "sha256": report.file_digest, "bytes": report.file_bytes, "pages": report.pages },
        });
        let detail = match status {
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
        body
    }
}
