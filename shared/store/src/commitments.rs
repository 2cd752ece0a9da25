//! Commitments, and the bar that a false one is: each step in one transaction.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, Update};
use jiff::Timestamp;
use serde_json::json;
use xinzheng_domain::commitment::{Bar, Commitment, CommitmentId, CommitmentMove};
use xinzheng_domain::{SubjectId, UnitCode};

use crate::audit::{Actor, Step};
use crate::keys::{self, PK, SK};
use crate::objections::{Stepped, put, update};
use crate::{Registry, StoreError};

impl Registry {
    /// Files a new commitment. One TransactWriteItems.
    pub async fn make_commitment(&self, commitment: &Commitment, actor: &Actor) -> Result<(), StoreError> {
        let case = self
            .put_of(&keys::commitment(&commitment.id), keys::META)
            .item("body", keys::text(body(commitment)?))
            .item("version", keys::count(commitment.version))
            .condition_expression("attribute_not_exists(pk)");
        let listed = |pk: &str| {
            self.put_of(pk, &keys::listed_commitment(commitment.made_at, &commitment.id))
                .item("commitment", keys::text(commitment.id.as_str()))
        };
        let mut writes = vec![
            put(case)?,
            put(listed(&keys::subject(&commitment.subject)))?,
            put(listed(&keys::unit(commitment.unit)))?,
        ];
        writes.extend(self.commitment_audit(commitment, "commitment.made", commitment.made_at, actor)?);
        self.transact(writes).await?;
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
    ) -> Result<Stepped, StoreError> {
        let case = self
            .put_of(&keys::commitment(&after.id), keys::META)
            .item("body", keys::text(body(after)?))
            .item("version", keys::count(after.version))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", keys::count(before.version));
        let action = match step {
            CommitmentMove::Check => "commitment.checked",
            CommitmentMove::Keep => "commitment.kept",
            CommitmentMove::Break => "commitment.broken",
            CommitmentMove::Falsify => "commitment.false",
            CommitmentMove::Lift => "commitment.lifted",
        };
        let mut writes = vec![put(case)?];
        writes.extend(self.commitment_audit(after, action, at, actor)?);
        // Each false commitment has an item of its own: lifting one leaves the others.
        let (pk, sk) = (keys::bars(&after.subject), after.id.as_str());
        if let Some(bar) = after.bar() {
            let bar = serde_json::to_string(&bar).map_err(StoreError::damaged("a bar"))?;
            writes.push(put(self.put_of(&pk, sk).item("body", keys::text(bar)))?);
            writes.push(update(self.count_bars(after, 1))?);
        } else if step == CommitmentMove::Lift {
            let lifted = Delete::builder()
                .table_name(&self.table)
                .key(PK, keys::text(&pk))
                .key(SK, keys::text(sk))
                .build()
                .map_err(StoreError::service("TransactWriteItems"))?;
            writes.push(TransactWriteItem::builder().delete(lifted).build());
            writes.push(update(self.count_bars(after, -1))?);
        }
        self.transact(writes).await
    }

    /// A commitment. One GetItem.
    pub async fn commitment(&self, id: &CommitmentId) -> Result<Option<Commitment>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::commitment(id)))
            .key(SK, keys::text(keys::META))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::service("GetItem"))?;
        let parse = |item: &HashMap<String, AttributeValue>| {
            let body = item.get("body").and_then(|body| body.as_s().ok()).map_or("", String::as_str);
            serde_json::from_str(body).map_err(StoreError::damaged("a commitment"))
        };
        found.item.as_ref().map(parse).transpose()
    }

    /// The commitments of a subject, or those that a unit tracks, newest first, a page of them. One Query, and a GetItem for
    /// each.
    pub async fn commitments(
        &self,
        of: CommitmentsOf,
        after: Option<&str>,
        most: i32,
    ) -> Result<(Vec<Commitment>, Option<String>), StoreError> {
        let pk = match of {
            CommitmentsOf::Subject(subject) => keys::subject(&subject),
            CommitmentsOf::Unit(unit) => keys::unit(unit),
        };
        let (items, next) = self.listed(&pk, keys::COMMITMENTS, after, most, false).await?;
        let mut commitments = vec![];
        for item in &items {
            let id = item.get("commitment").and_then(|id| id.as_s().ok()).and_then(|id| CommitmentId::parse(id));
            if let Some(id) = id {
                commitments.extend(self.commitment(&id).await?);
            }
        }
        Ok((commitments, next))
    }

    /// What bars a subject from reports, the first found false first. One Query.
    pub async fn bars(&self, subject: &SubjectId) -> Result<Vec<Bar>, StoreError> {
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :bars")
            .expression_attribute_values(":bars", keys::text(keys::bars(subject)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::service("Query"))?;
        let bar = |item: &HashMap<String, AttributeValue>| {
            let body = item.get("body").and_then(|body| body.as_s().ok()).map_or("", String::as_str);
            serde_json::from_str(body).map_err(StoreError::damaged("a bar"))
        };
        found.items().iter().map(bar).collect()
    }

    /// How many bars a subject has: what the transaction that issues a report looks at.
    fn count_bars(&self, commitment: &Commitment, by: i32) -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
        Update::builder()
            .table_name(&self.table)
            .key(PK, keys::text(keys::subject(&commitment.subject)))
            .key(SK, keys::text(keys::BAR))
            .update_expression("ADD bars :by")
            .expression_attribute_values(":by", keys::count(by))
    }

    fn commitment_audit(
        &self,
        commitment: &Commitment,
        action: &str,
        at: Timestamp,
        actor: &Actor,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let event = json!({ "commitment": commitment.id, "unit": commitment.unit, "state": commitment.state });
        let step = Step::new(at, action, commitment.id.as_str()).event(event);
        self.entries(Some(&commitment.subject), actor, &step)
    }
}

/// Whose commitments.
#[derive(Clone, Copy, Debug)]
pub enum CommitmentsOf {
    /// A subject's own.
    Subject(SubjectId),
    /// Those that a unit tracks.
    Unit(UnitCode),
}

fn body(commitment: &Commitment) -> Result<String, StoreError> {
    serde_json::to_string(commitment).map_err(StoreError::damaged("a commitment"))
}
