//! A record that its unit has set to a lesser class, so that it can be repaired already: its subject is told (R5). Days that are
//! still to come are seen by the schedule of `oversight`.

use jiff::Timestamp;
use serde_json::Value;
use xinzheng_domain::audit::Action;
use xinzheng_domain::record::publicity;
use xinzheng_domain::{RecordId, SubjectId, china_time};
use xinzheng_store::StoreError;

use crate::App;

/// The record of an entry of the audit that says that its unit has set how grave it is, in its subject's audit.
pub(crate) fn record_of(entry: &Value) -> Option<(SubjectId, RecordId)> {
    let text = |place: &str| entry.pointer(place).and_then(Value::as_str);
    text("/action").filter(|action| *action == Action::SeveritySet.code())?;
    Some((SubjectId::parse(text("/of")?)?, RecordId::parse(text("/event/record")?)?))
}

/// Tells that it can be repaired, once, when its day has come. One GetItem, and one TransactWriteItems when it has.
pub(crate) async fn tell(
    app: &App,
    (subject, record): (&SubjectId, &RecordId),
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some((standing, owner)) = app.registry.record(subject, record).await? else { return Ok(()) };
    let today = china_time::date(now);
    let first = publicity::of(&standing.record, standing.severity, today).earliest;
    if first <= today && standing.repair.is_none() && standing.is_reported() {
        app.registry.tell_repairable(subject, record, owner, first, now).await?;
    }
    Ok(())
}
