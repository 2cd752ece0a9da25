//! How grave a record counts: set by its unit where the rule lets it choose, audited.

use jiff::Timestamp;
use serde_json::json;
use xinzheng_domain::audit::Action;
use xinzheng_domain::record::publicity::{self, Severity};
use xinzheng_domain::{Record, RecordId, UnitCode, china_time};

use crate::audit::{Actor, Step};
use crate::idempotency::kept_answer;
use crate::lane::Lane;
use crate::table::{Committed, Item, Update};
use crate::{Registry, StoreError, keys};

/// The attribute of a record that says how grave its unit has set it.
pub(crate) const SEVERITY: &str = "severity";

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Classified {
    /// It is set.
    Done,
    /// The unit has no such record.
    NoRecord,
    /// The rule does not let it; holds what it lets.
    Fixed(Vec<Severity>),
    /// Someone else has changed the record at the same time.
    Overtaken,
}

#[derive(Clone, Copy, Debug)]
enum Failed {
    Record,
    Noted,
}

/// How grave the unit of a record has set it.
pub(crate) fn of(item: &Item) -> Option<Severity> {
    let code = item.text(SEVERITY)?;
    Severity::ALL.into_iter().find(|severity| severity.code() == code)
}

impl Registry {
    /// Sets how grave a record of a unit is, for `reason`. One GetItem and one TransactWriteItems.
    pub async fn classify(
        &self,
        record: &RecordId,
        unit: UnitCode,
        severity: Severity,
        reason: &str,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Classified, StoreError> {
        let Some(item) = self.own_record(record, unit).await? else { return Ok(Classified::NoRecord) };
        let known: Record<'static> = item.body("a record")?;
        let choices = publicity::choices(&known, china_time::date(at));
        if !choices.contains(&severity) {
            return Ok(Classified::Fixed(choices));
        }
        let set = Update::at(keys::record(record)).text(SEVERITY, severity.code());
        let event = json!({ "record": record, "unit": unit, "severity": severity });
        let object = record.to_string();
        let step = Step::new(at, Action::SeveritySet, &object).because(reason).event(event);
        let transaction = self
            .transaction()
            .answers(kept_answer(actor))
            .update_when(Failed::Record, set.when(Lane::CONTENT.unchanged(&item)))
            .put_all_when(Failed::Noted, self.entries(Some(&known.subject.id), actor, &step));
        Ok(match transaction.commit_or_overtaken().await? {
            Committed::Done => Classified::Done,
            Committed::Overtaken => Classified::Overtaken,
        })
    }
}
