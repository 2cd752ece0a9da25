//! Records whose first day of repair has come: how far they were looked through, and who was told.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use xinzheng_domain::audit::Action;
use xinzheng_domain::{RecordId, SubjectId, UnitCode};

use crate::audit::{Actor, AuditOf, KEPT_DAYS, Step};
use crate::table::{Committed, Put};
use crate::{Registry, StoreError, keys};

const WHAT: &str = "how far records were looked through";

/// How far records were looked through for their first day of repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairableProgress {
    /// The last day that was done.
    pub through: Date,
    /// How many units of the day behind it are done.
    pub units: usize,
    /// Up to when records that came after their first day were looked for.
    pub arrived: Timestamp,
}

#[derive(Clone, Copy, Debug)]
enum Failed {
    /// It was told before.
    Told,
    /// It is noted already.
    Noted,
}

impl Registry {
    /// How far records were looked through; `None` before the first time. One GetItem.
    pub async fn repairable_progress(&self) -> Result<Option<RepairableProgress>, StoreError> {
        self.get(keys::repairable_progress()).parsed(WHAT).await
    }

    /// Keeps how far they were. One PutItem.
    pub async fn keep_repairable_progress(&self, progress: &RepairableProgress) -> Result<(), StoreError> {
        self.put(Put::at(&keys::repairable_progress()).body(progress, WHAT)?).await?;
        Ok(())
    }

    /// Tells, once, that a record can be repaired from a day on: an entry of the subject's audit, whose event names the record.
    /// One TransactWriteItems; `Overtaken` when it was told before.
    pub async fn tell_repairable(
        &self,
        subject: &SubjectId,
        record: &RecordId,
        unit: UnitCode,
        from: Date,
        at: Timestamp,
    ) -> Result<Committed, StoreError> {
        let told =
            Put::new_at(&keys::told_repairable(record)).count("expires_at", at.as_second() + KEPT_DAYS * 24 * 3600);
        let object = record.to_string();
        let event = json!({ "record": record, "unit": unit, "from": from });
        let step = Step::new(at, Action::RecordRepairable, &object).event(event);
        self.transaction()
            .put_when(Failed::Told, told)
            .put_when(Failed::Noted, self.entry(&AuditOf::Subject(*subject), &Actor::system(), &step))
            .commit_or_overtaken()
            .await
    }
}
