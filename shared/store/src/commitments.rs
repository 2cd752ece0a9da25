//! Commitments, and the bar that a false one is: each step in one transaction.

use jiff::Timestamp;
use serde_json::json;
use xinzheng_domain::SubjectId;
use xinzheng_domain::audit::Action;
use xinzheng_domain::case::commitment::{Bar, Commitment, CommitmentId, CommitmentMove};

use crate::audit::{Actor, Step};
use crate::cases::{Case, Failed};
use crate::idempotency::kept_answer;
use crate::keys::Whose;
use crate::table::{BODY, Committed, Cursor, Key, Page, Put, Update, json as json_of};
use crate::{Registry, StoreError, keys};

impl Case for Commitment {
    const WHAT: &'static str = "a commitment";

    fn key(&self) -> Key {
        keys::commitment(&self.id)
    }

    fn key_of(id: &str) -> Option<Key> {
        CommitmentId::parse(id).map(|id| keys::commitment(&id))
    }

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn version(&self) -> u32 {
        self.version
    }
}

impl Registry {
    /// Files a new commitment. One TransactWriteItems.
    pub async fn make_commitment(&self, commitment: &Commitment, actor: &Actor) -> Result<(), StoreError> {
        let [of_subject, of_unit] = keys::listed_commitment(commitment);
        let transaction = self
            .transaction()
            .put_when(Failed::Version, commitment.filed()?)
            .answers(kept_answer(actor))
            .put(commitment.pointed_from(&of_subject))
            .put(commitment.pointed_from(&of_unit))
            .put_all_when(
                Failed::Noted,
                self.commitment_entries(commitment, Action::CommitmentMade, commitment.made_at, actor),
            );
        transaction.commit_or_overtaken().await?;
        Ok(())
    }

    /// Moves a commitment on. A false one bars its subject from this moment on, and lifting frees it. One
    /// TransactWriteItems; nothing is written when the commitment has changed since it was read.
    pub async fn move_commitment(
        &self,
        before: &Commitment,
        after: &Commitment,
        step: CommitmentMove,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Committed, StoreError> {
        let action = match step {
            CommitmentMove::Check => Action::CommitmentChecked,
            CommitmentMove::Keep => Action::CommitmentKept,
            CommitmentMove::Break => Action::CommitmentBroken,
            CommitmentMove::Falsify => Action::CommitmentFalse,
            CommitmentMove::Lift => Action::CommitmentLifted,
        };
        let mut transaction = self
            .transaction()
            .put_when(Failed::Version, after.moved_from(before)?)
            .put_all_when(Failed::Noted, self.commitment_entries(after, action, at, actor))
            .answers(kept_answer(actor));
        // Each false commitment has an item of its own: lifting one leaves the others.
        let bar = keys::bar(&after.subject, &after.id);
        let counted = |by: i32| Update::at(keys::bar_count(&after.subject)).add(BARS, by);
        if let Some(found) = after.bar() {
            let found = json_of(&found, "a bar")?;
            transaction = transaction.update(Update::at(bar).text(BODY, found).remove(LIFTED)).update(counted(1));
        } else if step == CommitmentMove::Lift {
            // It stays, as what was: a role that takes bars away could take away records.
            transaction = transaction.update(Update::at(bar).instant(LIFTED, at)).update(counted(-1));
        }
        transaction.commit_or_overtaken().await
    }

    /// A commitment. One GetItem.
    pub async fn commitment(&self, id: &CommitmentId) -> Result<Option<Commitment>, StoreError> {
        self.get(keys::commitment(id)).parsed(Commitment::WHAT).await
    }

    /// The commitments of a subject, or those that a unit tracks, newest first, a page of them. One Query and one
    /// BatchGetItem.
    pub async fn commitments(
        &self,
        whose: Whose,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<Commitment>, StoreError> {
        self.cases(keys::commitments_of(&whose), true, cursor, most).await
    }

    /// What bars a subject from reports, the first found false first. One Query.
    pub async fn bars(&self, subject: &SubjectId) -> Result<Vec<Bar>, StoreError> {
        let items = self.query(keys::bars(subject)).consistent().all().await?;
        items.iter().filter(|item| !item.has(LIFTED)).map(|item| item.body("a bar")).collect()
    }

    fn commitment_entries(&self, commitment: &Commitment, action: Action, at: Timestamp, actor: &Actor) -> Vec<Put> {
        let event = json!({ "commitment": commitment.id, "unit": commitment.unit, "state": commitment.state });
        let step = Step::new(at, action, commitment.id.as_str()).event(event);
        self.entries(Some(&commitment.subject), actor, &step)
    }
}

/// When a bar was lifted.
pub(crate) const LIFTED: &str = "lifted_at";
/// The number of a subject's bars: what the transaction that issues a report looks at.
pub(crate) const BARS: &str = "bars";
