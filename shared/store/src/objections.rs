//! Objections: the case itself, its place in the unit's work list while it is open, its mark on the record, and what
//! upholding changes, each step in one transaction.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::{PutBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use xinzheng_domain::objection::{Objection, ObjectionId, Remedy};
use xinzheng_domain::record::{Mark, MarkedRecord};
use xinzheng_domain::standing::StandingRecord;
use xinzheng_domain::{Entry, Record, RecordId, SourcePosition, SubjectId, UnitCode, china_time};

use crate::audit::{Actor, Step};
use crate::index::DERIVED;
use crate::keys::{self, PK, SK};
use crate::{Registry, StoreError, index, records};

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stepped {
    /// It is done.
    Done,
    /// Someone else was quicker: the case, or the record, is not what it was.
    Overtaken,
}

/// The row of a history that a case is.
const ROW: u64 = 1;

impl Registry {
    /// A subject's record as it stands, with the unit that it came from. One GetItem.
    pub async fn record(
        &self,
        subject: &SubjectId,
        id: &RecordId,
    ) -> Result<Option<(StandingRecord, UnitCode)>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::subject(subject)))
            .key(SK, keys::text(keys::record(id)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::service("GetItem"))?;
        // Marks that came before their record make no record yet.
        let Some(item) = found.item.filter(|item| item.contains_key("body")) else { return Ok(None) };
        let standing = records::standing(&item)?;
        let owner = item.get("unit").and_then(|unit| unit.as_s().ok()).and_then(|code| UnitCode::parse(code));
        let owner = owner.unwrap_or(standing.record.unit);
        Ok(Some((standing, owner)))
    }

    /// Files a new objection and marks its record. `Overtaken` when the record has an open one already. One
    /// TransactWriteItems.
    pub async fn submit_objection(&self, objection: &Objection, actor: &Actor) -> Result<Stepped, StoreError> {
        let body = body(objection)?;
        let on = china_time::date(objection.submitted_at).to_string();
        let mark = self
            .on_record(objection)
            .update_expression("SET objection = :id, objected_on = :on")
            .condition_expression("attribute_exists(body) AND attribute_not_exists(objection)")
            .expression_attribute_values(":id", keys::text(objection.id.as_str()))
            .expression_attribute_values(":on", keys::text(on));
        let case = self
            .put_of(&keys::case(&objection.id), keys::META)
            .item("body", keys::text(&body))
            .item("version", keys::count(objection.version))
            .condition_expression("attribute_not_exists(pk)");
        let listed = self
            .put_of(&keys::subject(&objection.subject), &keys::listed_case(objection.submitted_at, &objection.id))
            .item("objection", keys::text(objection.id.as_str()));
        let mut writes = vec![
            put(case)?,
            put(listed)?,
            put(self.due_item(objection).item("body", keys::text(&body)))?,
            put(self.open_item(objection))?,
            update(mark)?,
        ];
        for attachment in &objection.attachments {
            writes.push(update(self.bind_attachment(&attachment.id, objection.id.as_str()))?);
        }
        writes.extend(self.objection_audit(objection, "objection.submitted", objection.submitted_at, actor)?);
        self.transact(writes).await
    }

    /// Moves an objection on: `before` to `after`, with what upholding changes. One TransactWriteItems; nothing is written
    /// when either the case or the record has changed since it was read.
    pub async fn move_objection(
        &self,
        before: &Objection,
        after: &Objection,
        corrected: Option<&Record<'static>>,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Stepped, StoreError> {
        let body = body(after)?;
        let case = self
            .put_of(&keys::case(&after.id), keys::META)
            .item("body", keys::text(&body))
            .item("version", keys::count(after.version))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", keys::count(before.version));
        let action = format!(
            "objection.{}",
            serde_json::to_value(after.state)
                .map_or_else(|_| String::new(), |state| state.as_str().unwrap_or_default().to_owned())
        );
        let mut writes = vec![put(case)?];
        writes.extend(self.objection_audit(after, &action, at, actor)?);
        if after.state.is_open() {
            writes.push(put(self.due_item(after).item("body", keys::text(&body)))?);
            return self.transact(writes).await;
        }
        for pk in [keys::unit(after.unit), keys::OPEN_OBJECTIONS.to_owned()] {
            let off = Delete::builder()
                .table_name(&self.table)
                .key(PK, keys::text(pk))
                .key(SK, keys::text(keys::due(after)))
                .build()
                .map_err(StoreError::service("TransactWriteItems"))?;
            writes.push(TransactWriteItem::builder().delete(off).build());
        }
        let position = SourcePosition::new(at, after.id.as_str(), ROW);
        let record = self.on_record(after).expression_attribute_values(":id", keys::text(after.id.as_str()));
        let remedy = after.conclusion.as_ref().and_then(|conclusion| conclusion.remedy.as_ref());
        let record = match (remedy, corrected) {
            (Some(Remedy::Withdrawal(withdrawal)), _) => {
                let mark = Mark::Withdrawal(withdrawal.clone());
                let entry =
                    Entry::Mark(MarkedRecord { id: after.record, subject: after.subject, unit: after.unit, mark });
                writes.push(put(self.step_item(after, &position, at, &entry)?)?);
                let withdrawal = serde_json::to_string(withdrawal).map_err(StoreError::damaged("a withdrawal"))?;
                record
                    .update_expression(
                        "SET withdrawal = :withdrawal, withdrawal_unit = :unit, withdrawal_revision = :position \
                         REMOVE objection, objected_on",
                    )
                    .condition_expression(
                        "objection = :id AND \
                         (attribute_not_exists(withdrawal_revision) OR withdrawal_revision < :position)",
                    )
                    .expression_attribute_values(":withdrawal", keys::text(withdrawal))
                    .expression_attribute_values(":unit", keys::text(after.unit.to_string()))
                    .expression_attribute_values(":position", keys::text(position.as_str()))
            }
            (Some(Remedy::Correction(_)), Some(corrected)) => {
                let entry = Entry::Record(corrected.clone());
                writes.push(put(self.step_item(after, &position, at, &entry)?)?);
                let content = serde_json::to_string(corrected).map_err(StoreError::damaged("a record"))?;
                let update = record
                    .update_expression(format!(
                        "SET {DERIVED}, body = :body, revision = :position REMOVE objection, objected_on"
                    ))
                    .condition_expression("objection = :id AND revision < :position")
                    .expression_attribute_values(":position", keys::text(position.as_str()));
                index::derived_values(corrected, &content)
                    .into_iter()
                    .fold(update, |update, (name, value)| update.expression_attribute_values(name, value))
                    .expression_attribute_values(":body", keys::text(content))
            }
            _ => record.update_expression("REMOVE objection, objected_on").condition_expression("objection = :id"),
        };
        writes.push(update(record)?);
        self.transact(writes).await
    }

    /// An objection. One GetItem.
    pub async fn objection(&self, id: &ObjectionId) -> Result<Option<Objection>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::case(id)))
            .key(SK, keys::text(keys::META))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::service("GetItem"))?;
        found.item.as_ref().map(parsed).transpose()
    }

    /// A unit's open objections, those due first before the others; behind `after` (a sort key that an earlier answer
    /// gave) when it is given. Returns the key to go on with. One Query.
    pub async fn due_objections(
        &self,
        unit: UnitCode,
        after: Option<&str>,
        most: i32,
    ) -> Result<(Vec<Objection>, Option<String>), StoreError> {
        let (pk, prefix) = (keys::unit(unit), keys::DUE);
        let (items, next) = self.listed(&pk, prefix, after, most, true).await?;
        Ok((items.iter().map(parsed).collect::<Result<_, _>>()?, next))
    }

    /// A subject's objections, newest first. One Query, and a GetItem for each.
    pub async fn objections_of(
        &self,
        subject: &SubjectId,
        after: Option<&str>,
        most: i32,
    ) -> Result<(Vec<Objection>, Option<String>), StoreError> {
        let (items, next) = self.listed(&keys::subject(subject), keys::CASES, after, most, false).await?;
        let mut objections = vec![];
        for item in &items {
            let id = item.get("objection").and_then(|id| id.as_s().ok()).and_then(|id| ObjectionId::parse(id));
            if let Some(id) = id {
                objections.extend(self.objection(&id).await?);
            }
        }
        Ok((objections, next))
    }

    /// Open objections of all units whose last day is `until` or before, those due first before the others, each with
    /// whether it was reminded of; behind `after` when it is given. Returns the key to go on with. One Query, and a GetItem
    /// for each.
    pub async fn objections_due(
        &self,
        until: Date,
        after: Option<&str>,
        most: i32,
    ) -> Result<(Vec<(Objection, bool)>, Option<String>), StoreError> {
        let key = |sk: &str| {
            HashMap::from([(PK.to_owned(), keys::text(keys::OPEN_OBJECTIONS)), (SK.to_owned(), keys::text(sk))])
        };
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", keys::text(keys::OPEN_OBJECTIONS))
            .expression_attribute_values(":from", keys::text(keys::DUE))
            // `~` sorts behind every character of an id.
            .expression_attribute_values(":to", keys::text(format!("{}{until}#~", keys::DUE)))
            .set_exclusive_start_key(after.map(key))
            .limit(most)
            .send()
            .await
            .map_err(StoreError::service("Query"))?;
        let next = found.last_evaluated_key.as_ref().and_then(|key| key.get(SK)?.as_s().ok().cloned());
        let mut due = vec![];
        for item in found.items() {
            let id = item.get("objection").and_then(|id| id.as_s().ok()).and_then(|id| ObjectionId::parse(id));
            if let Some(id) = id
                && let Some(objection) = self.objection(&id).await?
            {
                due.push((objection, item.contains_key("reminded_at")));
            }
        }
        Ok((due, next))
    }

    /// Notes that an objection's answer is late, for the platform to see. One TransactWriteItems; nothing is written when
    /// the objection has changed since it was read.
    pub async fn escalate_objection(
        &self,
        before: &Objection,
        after: &Objection,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Stepped, StoreError> {
        let body = body(after)?;
        let case = self
            .put_of(&keys::case(&after.id), keys::META)
            .item("body", keys::text(&body))
            .item("version", keys::count(after.version))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", keys::count(before.version));
        let mut writes = vec![put(case)?, put(self.due_item(after).item("body", keys::text(&body)))?];
        writes.extend(self.objection_audit(after, "objection.overdue", at, actor)?);
        self.transact(writes).await
    }

    /// Reminds of an objection that is due soon, once. One TransactWriteItems; `Overtaken` when it was reminded of, or is
    /// closed.
    pub async fn remind_of_objection(
        &self,
        objection: &Objection,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Stepped, StoreError> {
        let reminded = Update::builder()
            .table_name(&self.table)
            .key(PK, keys::text(keys::OPEN_OBJECTIONS))
            .key(SK, keys::text(keys::due(objection)))
            .update_expression("SET reminded_at = :at")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(reminded_at)")
            .expression_attribute_values(":at", keys::text(keys::instant(at)));
        let mut writes = vec![update(reminded)?];
        writes.extend(self.objection_audit(objection, "objection.due-soon", at, actor)?);
        self.transact(writes).await
    }

    pub(crate) async fn listed(
        &self,
        pk: &str,
        prefix: &str,
        after: Option<&str>,
        most: i32,
        forward: bool,
    ) -> Result<(Vec<HashMap<String, AttributeValue>>, Option<String>), StoreError> {
        let start = after.map(|sk| HashMap::from([(PK.to_owned(), keys::text(pk)), (SK.to_owned(), keys::text(sk))]));
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", keys::text(pk))
            .expression_attribute_values(":prefix", keys::text(prefix))
            .set_exclusive_start_key(start)
            .scan_index_forward(forward)
            .limit(most)
            .send()
            .await
            .map_err(StoreError::service("Query"))?;
        let next = found.last_evaluated_key.as_ref().and_then(|key| key.get(SK)?.as_s().ok().cloned());
        Ok((found.items.unwrap_or_default(), next))
    }

    pub(crate) fn put_of(&self, pk: &str, sk: &str) -> PutBuilder {
        Put::builder().table_name(&self.table).item(PK, keys::text(pk)).item(SK, keys::text(sk))
    }

    fn due_item(&self, objection: &Objection) -> PutBuilder {
        self.put_of(&keys::unit(objection.unit), &keys::due(objection))
    }

    /// The objection in the list of all that are open, over all units.
    fn open_item(&self, objection: &Objection) -> PutBuilder {
        self.put_of(keys::OPEN_OBJECTIONS, &keys::due(objection)).item("objection", keys::text(objection.id.as_str()))
    }

    fn objection_audit(
        &self,
        objection: &Objection,
        action: &str,
        at: Timestamp,
        actor: &Actor,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let Objection { id, unit, due, state, .. } = objection;
        let event = json!({ "objection": id, "unit": unit, "due": due, "state": state });
        self.entries(Some(&objection.subject), actor, &Step::new(at, action, id.as_str()).event(event))
    }

    /// A step in the record's history.
    fn step_item(
        &self,
        objection: &Objection,
        position: &SourcePosition,
        at: Timestamp,
        entry: &Entry<'_>,
    ) -> Result<PutBuilder, StoreError> {
        let entry = serde_json::to_string(entry).map_err(StoreError::damaged("a step of a history"))?;
        Ok(self
            .put_of(&keys::record(&objection.record), position.as_str())
            .item("unit", keys::text(objection.unit.to_string()))
            .item("stored_at", keys::text(keys::instant(at)))
            .item("batch", keys::text(objection.id.as_str()))
            .item("line", keys::count(ROW))
            .item("body", keys::text(entry)))
    }

    fn on_record(&self, objection: &Objection) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.table)
            .key(PK, keys::text(keys::subject(&objection.subject)))
            .key(SK, keys::text(keys::record(&objection.record)))
    }

    pub(crate) async fn transact(
        &self,
        writes: impl IntoIterator<Item = TransactWriteItem>,
    ) -> Result<Stepped, StoreError> {
        let writes = writes.into_iter().collect();
        let sent = self.client.transact_write_items().set_transact_items(Some(writes)).send().await;
        match sent.map_err(|error| error.into_service_error()) {
            Ok(_) => Ok(Stepped::Done),
            Err(TransactWriteItemsError::TransactionCanceledException(cancelled))
                if cancelled
                    .cancellation_reasons()
                    .iter()
                    .any(|reason| matches!(reason.code(), Some("ConditionalCheckFailed" | "TransactionConflict"))) =>
            {
                Ok(Stepped::Overtaken)
            }
            Err(error) => Err(StoreError::service("TransactWriteItems")(error)),
        }
    }
}

pub(crate) fn put(put: PutBuilder) -> Result<TransactWriteItem, StoreError> {
    let put = put.build().map_err(StoreError::service("TransactWriteItems"))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

pub(crate) fn update(update: UpdateBuilder) -> Result<TransactWriteItem, StoreError> {
    let update = update.build().map_err(StoreError::service("TransactWriteItems"))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

fn body(objection: &Objection) -> Result<String, StoreError> {
    serde_json::to_string(objection).map_err(StoreError::damaged("an objection"))
}

fn parsed(item: &HashMap<String, AttributeValue>) -> Result<Objection, StoreError> {
    let body = item.get("body").and_then(|body| body.as_s().ok()).map_or("", String::as_str);
    serde_json::from_str(body).map_err(StoreError::damaged("an objection"))
}
