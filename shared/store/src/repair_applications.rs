//! Applications for repair: each step in one transaction, the record's mark with it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, Update};
use jiff::Timestamp;
use serde_json::json;
use xinzheng_domain::record::{Mark, MarkedRecord};
use xinzheng_domain::repair_application::{RepairApplication, RepairApplicationId, RepairState};
use xinzheng_domain::{Entry, SourcePosition, SubjectId, UnitCode};

use crate::audit::{Actor, Step};
use crate::keys::{self, PK, SK};
use crate::objections::{Stepped, put, update};
use crate::{Registry, StoreError};

/// The row of a history that an application is.
const ROW: u64 = 1;

/// Whose applications.
#[derive(Clone, Copy, Debug)]
pub enum ApplicationsOf {
    /// A subject's own.
    Subject(SubjectId),
    /// Those that wait for a unit.
    Unit(UnitCode),
}

impl Registry {
    /// Files an application. `Overtaken` when the record has an open one, or is repaired already. One TransactWriteItems.
    pub async fn apply_for_repair(
        &self,
        application: &RepairApplication,
        actor: &Actor,
    ) -> Result<Stepped, StoreError> {
        let body = body(application)?;
        let mark = self
            .application_record(application)
            .update_expression("SET repair_application = :id")
            .condition_expression(
                "attribute_exists(body) AND attribute_not_exists(repair_application) AND attribute_not_exists(repair)",
            )
            .expression_attribute_values(":id", keys::text(application.id.as_str()));
        let case = self
            .put_of(&keys::repair_application(&application.id), keys::META)
            .item("body", keys::text(&body))
            .item("version", keys::count(application.version))
            .condition_expression("attribute_not_exists(pk)");
        let listed = |pk: &str| {
            self.put_of(pk, &keys::listed_repair(application.submitted_at, &application.id))
                .item("application", keys::text(application.id.as_str()))
        };
        let mut writes = vec![
            put(case)?,
            put(listed(&keys::subject(&application.subject)))?,
            put(listed(&keys::unit(application.unit)))?,
            update(mark)?,
        ];
        for attachment in &application.attachments {
            writes.push(update(self.bind_attachment(&attachment.id, application.id.as_str()))?);
        }
        writes.extend(self.application_audit(application, "repair.applied", application.submitted_at, actor)?);
        self.transact(writes).await
    }

    /// Moves an application on; a granted one marks the record as repaired. One TransactWriteItems; nothing is written when
    /// the application or the record has changed since it was read.
    pub async fn move_repair(
        &self,
        before: &RepairApplication,
        after: &RepairApplication,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Stepped, StoreError> {
        let case = self
            .put_of(&keys::repair_application(&after.id), keys::META)
            .item("body", keys::text(body(after)?))
            .item("version", keys::count(after.version))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", keys::count(before.version));
        let action = match after.state {
            RepairState::Submitted => "repair.applied",
            RepairState::Granted => "repair.granted",
            RepairState::Refused => "repair.refused",
            RepairState::Withdrawn => "repair.withdrawn",
        };
        let off = Delete::builder()
            .table_name(&self.table)
            .key(PK, keys::text(keys::unit(after.unit)))
            .key(SK, keys::text(keys::listed_repair(after.submitted_at, &after.id)))
            .build()
            .map_err(StoreError::service("TransactWriteItems"))?;
        let mut writes = vec![put(case)?, TransactWriteItem::builder().delete(off).build()];
        writes.extend(self.application_audit(after, action, at, actor)?);
        let record = self
            .application_record(after)
            .condition_expression("repair_application = :id")
            .expression_attribute_values(":id", keys::text(after.id.as_str()));
        let repair = after.decision.as_ref().and_then(|decision| decision.repair.as_ref());
        let record = if let Some(repair) = repair {
            let position = SourcePosition::new(at, after.id.as_str(), ROW);
            let mark = Mark::Repair(repair.clone());
            let entry = Entry::Mark(MarkedRecord { id: after.record, subject: after.subject, unit: after.unit, mark });
            let entry = serde_json::to_string(&entry).map_err(StoreError::damaged("a step of a history"))?;
            let step = self
                .put_of(&keys::record(&after.record), position.as_str())
                .item("unit", keys::text(after.unit.to_string()))
                .item("stored_at", keys::text(keys::instant(at)))
                .item("batch", keys::text(after.id.as_str()))
                .item("line", keys::count(ROW))
                .item("body", keys::text(entry));
            writes.push(put(step)?);
            let repair = serde_json::to_string(repair).map_err(StoreError::damaged("a repair"))?;
            record
                .update_expression(
                    "SET repair = :repair, repair_unit = :unit, repair_revision = :position REMOVE repair_application",
                )
                .expression_attribute_values(":repair", keys::text(repair))
                .expression_attribute_values(":unit", keys::text(after.unit.to_string()))
                .expression_attribute_values(":position", keys::text(position.as_str()))
        } else {
            record.update_expression("REMOVE repair_application")
        };
        writes.push(update(record)?);
        self.transact(writes).await
    }

    /// An application. One GetItem.
    pub async fn repair_application(&self, id: &RepairApplicationId) -> Result<Option<RepairApplication>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::repair_application(id)))
            .key(SK, keys::text(keys::META))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::service("GetItem"))?;
        let parse = |item: &HashMap<String, AttributeValue>| {
            let body = item.get("body").and_then(|body| body.as_s().ok()).map_or("", String::as_str);
            serde_json::from_str(body).map_err(StoreError::damaged("an application for repair"))
        };
        found.item.as_ref().map(parse).transpose()
    }

    /// A subject's applications, newest first, or those that wait for a unit, oldest first. One Query, and a GetItem for
    /// each.
    pub async fn repair_applications(
        &self,
        of: ApplicationsOf,
        after: Option<&str>,
        most: i32,
    ) -> Result<(Vec<RepairApplication>, Option<String>), StoreError> {
        let (pk, forward) = match of {
            ApplicationsOf::Subject(subject) => (keys::subject(&subject), false),
            ApplicationsOf::Unit(unit) => (keys::unit(unit), true),
        };
        let (items, next) = self.listed(&pk, keys::REPAIRS, after, most, forward).await?;
        let mut applications = vec![];
        for item in &items {
            let id = item.get("application").and_then(|id| id.as_s().ok());
            if let Some(id) = id.and_then(|id| RepairApplicationId::parse(id)) {
                applications.extend(self.repair_application(&id).await?);
            }
        }
        Ok((applications, next))
    }

    fn application_record(&self, application: &RepairApplication) -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
        Update::builder()
            .table_name(&self.table)
            .key(PK, keys::text(keys::subject(&application.subject)))
            .key(SK, keys::text(keys::record(&application.record)))
    }

    fn application_audit(
        &self,
        application: &RepairApplication,
        action: &str,
        at: Timestamp,
        actor: &Actor,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let event = json!({ "repair": application.id, "unit": application.unit, "state": application.state });
        let step = Step::new(at, action, application.id.as_str()).event(event);
        self.entries(Some(&application.subject), actor, &step)
    }
}

fn body(application: &RepairApplication) -> Result<String, StoreError> {
    serde_json::to_string(application).map_err(StoreError::damaged("an application for repair"))
}
