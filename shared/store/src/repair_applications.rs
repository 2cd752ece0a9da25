//! Applications for repair: each step in one transaction, the record's mark with it.

use jiff::Timestamp;
use serde_json::json;
use xinzheng_domain::audit::Action;
use xinzheng_domain::case::repair_application::{RepairApplication, RepairApplicationId, RepairState};
use xinzheng_domain::record::{Mark, MarkedRecord};
use xinzheng_domain::{Record, SourcePosition};

use crate::attachments::bound;
use crate::audit::{Actor, Step};
use crate::cases::{Case, Failed};
use crate::idempotency::kept_answer;
use crate::index::mark_of;
use crate::keys::Whose;
use crate::lane::Lane;
use crate::table::{BODY, Committed, Cursor, Key, Page, Put, Update, has, is, lacks, text};
use crate::{Registry, StoreError, history, keys};

/// The attribute of a record that names its open application.
const OPEN: &str = "repair_application";

impl Case for RepairApplication {
    const WHAT: &'static str = "an application for repair";

    fn key(&self) -> Key {
        keys::repair_application(&self.id)
    }

    fn key_of(id: &str) -> Option<Key> {
        RepairApplicationId::parse(id).map(|id| keys::repair_application(&id))
    }

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn version(&self) -> u32 {
        self.version
    }
}

impl Registry {
    /// Files an application. `Overtaken` when the record has an open one, or is repaired already. One GetItem, one
    /// TransactWriteItems.
    pub async fn apply_for_repair(
        &self,
        application: &RepairApplication,
        actor: &Actor,
    ) -> Result<Committed, StoreError> {
        let item = self.get(keys::record(&application.record)).item().await?.unwrap_or_default();
        let repair: Option<MarkedRecord<'static>> = item.json(Lane::REPAIR.body, "a repair")?;
        let unrepaired = match repair {
            // What was taken back can be applied for again.
            Some(marked) if marked.mark.is_cancellation() => Lane::REPAIR.unchanged(&item),
            _ => lacks(Lane::REPAIR.body),
        };
        let free = has(BODY).and(lacks(OPEN)).and(unrepaired);
        let mark = Update::at(keys::record(&application.record)).text(OPEN, application.id.as_str()).when(free);
        let [of_subject, of_unit] = keys::listed_repair(application);
        let mut transaction = self
            .transaction()
            .put_when(Failed::Version, application.filed()?)
            .answers(kept_answer(actor))
            .put(application.pointed_from(&of_subject))
            .put(application.pointed_from(&of_unit))
            .update_when(Failed::Record, mark);
        for attachment in &application.attachments {
            transaction = transaction.update_when(Failed::Attachment, bound(&attachment.id, application.id.as_str()));
        }
        let entries = self.application_entries(application, Action::RepairApplied, application.submitted_at, actor);
        transaction.put_all_when(Failed::Noted, entries).commit_or_overtaken().await
    }

    /// Moves an application on; a granted one marks the record as repaired. One TransactWriteItems, and a GetItem when it is
    /// granted; nothing is written when the application or the record has changed since it was read.
    pub async fn move_repair(
        &self,
        before: &RepairApplication,
        after: &RepairApplication,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Committed, StoreError> {
        let action = match after.state {
            RepairState::Submitted => Action::RepairApplied,
            RepairState::Granted => Action::RepairGranted,
            RepairState::Refused => Action::RepairRefused,
            RepairState::Withdrawn => Action::RepairWithdrawn,
        };
        let [_, of_unit] = keys::listed_repair(after);
        let mut transaction = self
            .transaction()
            .answers(kept_answer(actor))
            .put_when(Failed::Version, after.moved_from(before)?)
            .delete(of_unit)
            .put_all_when(Failed::Noted, self.application_entries(after, action, at, actor));
        let open = is(OPEN, text(after.id.as_str()));
        let mut record = Update::at(keys::record(&after.record)).remove(OPEN);
        let mut condition = open;
        if let Some(repair) = after.decision.as_ref().and_then(|decision| decision.repair.as_ref()) {
            let item = self.get(keys::record(&after.record)).item().await?.unwrap_or_default();
            let known: Record<'static> = item.body("a record")?;
            let marked = known.marked(after.unit, Mark::Repair(repair.clone()));
            let position = SourcePosition::of_case(at, after.id.as_str());
            record = mark_of(record, &marked, &position)?;
            // A repair that was sent in the meantime is replaced, and kept in the history.
            if Lane::REPAIR.position(&item).is_some_and(|latest| latest >= position) {
                return Ok(Committed::Overtaken);
            }
            condition = condition.and(Lane::REPAIR.unchanged(&item));
            if let Some(replaced) = history::replaced(&after.record, &item, Lane::REPAIR)? {
                transaction = transaction.put(replaced);
            }
        }
        transaction.update_when(Failed::Record, record.when(condition)).commit_or_overtaken().await
    }

    /// An application. One GetItem.
    pub async fn repair_application(&self, id: &RepairApplicationId) -> Result<Option<RepairApplication>, StoreError> {
        self.get(keys::repair_application(id)).parsed(RepairApplication::WHAT).await
    }

    /// A subject's applications, newest first, or those that wait for a unit, oldest first. One Query and one BatchGetItem.
    pub async fn repair_applications(
        &self,
        whose: Whose,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<RepairApplication>, StoreError> {
        self.cases(keys::repairs_of(&whose), matches!(whose, Whose::Subject(_)), cursor, most).await
    }

    fn application_entries(
        &self,
        application: &RepairApplication,
        action: Action,
        at: Timestamp,
        actor: &Actor,
    ) -> Vec<Put> {
        let event = json!({ "repair": application.id, "unit": application.unit, "state": application.state });
        let step = Step::new(at, action, application.id.as_str()).event(event);
        self.entries(Some(&application.subject), actor, &step)
    }
}
