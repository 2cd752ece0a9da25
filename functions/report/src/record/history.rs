//! `GET /records/{id}/history`: every revision of a record and every change to it (R5).

use xinzheng_api::record::{HISTORY, HistoryStep, RecordHistory};
use xinzheng_domain::audit::{Action, LookReason};
use xinzheng_domain::{Entry, SubjectId};
use xinzheng_runtime::problem::{INTERNAL, LOOK_REASON_MISSING, RECORD_UNKNOWN};
use xinzheng_runtime::{HttpRequest, HttpResponse, Official, Problem};
use xinzheng_store::history::HistoryStep as KeptStep;

use crate::App;

/// The most steps of a page.
const LISTED: i32 = 100;

/// A page of the steps that the reader may see, oldest first; later positions win. One GetItem, one Query, and a PutItem for the
/// subject's audit.
pub(crate) async fn history(app: &App, reader: Official, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let (id, asked) = (request.path_of(&HISTORY)?.id, request.query_of(&HISTORY)?);
    let mut page = app.registry.history(&id, asked.cursor.as_ref(), LISTED).await?;
    page.items.retain(|step| reader.may_read(step.unit));
    if page.items.is_empty() && asked.cursor.is_none() && page.next.is_none() {
        return Err(RECORD_UNKNOWN.into());
    }
    if let Some(subject) = page.items.iter().find_map(subject_of) {
        let (actor, now) = (request.actor(&app.address_key), app.clock.now());
        let reason = match reader {
            Official::Platform => asked.reason.ok_or(LOOK_REASON_MISSING)?,
            // By its office.
            Official::Unit(_) => LookReason::Supervision,
        };
        let (what, object) = (Action::RecordHistoryRead, id.to_string());
        app.registry.note_seen(&subject, (&actor, now), (what, &object), reason).await?;
    }
    let page = page.try_map(shown)?;
    Ok(HttpResponse::of(&HISTORY, &RecordHistory { record: id, page }))
}

fn shown(step: KeptStep) -> Result<HistoryStep, Problem> {
    let damaged = |why: &str| {
        tracing::error!(position = %step.position, why, "a step of a history is damaged");
        Problem::from(INTERNAL)
    };
    Ok(HistoryStep {
        stored_at: step.position.stored_at().ok_or_else(|| damaged("its position has no time"))?,
        batch: step.position.source().to_owned(),
        row: step.position.row(),
        entry: serde_json::from_str(step.entry.get()).map_err(|_| damaged("its entry is no JSON"))?,
        unit: step.unit,
        position: step.position.clone(),
    })
}

/// Whom a step is about.
fn subject_of(step: &KeptStep) -> Option<SubjectId> {
    match serde_json::from_str::<Entry<'_>>(step.entry.get()).ok()? {
        Entry::Record(record) => Some(record.subject.id),
        Entry::Mark(marked) => Some(marked.subject),
        Entry::Subject(_) | Entry::Manifest(_) => None,
    }
}
