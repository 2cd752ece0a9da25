//! The audit of units: what they were refused.

use jiff::Timestamp;
use xinzheng_domain::UnitCode;

use crate::keys::{self, PK, SK};
use crate::{Registry, StoreError};

impl Registry {
    /// Notes that a unit was refused something: what, and what about. Said again, it is the same item. One PutItem.
    pub async fn audit_unit(
        &self,
        unit: UnitCode,
        at: Timestamp,
        action: &str,
        object: &str,
    ) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .item(PK, keys::text(keys::unit_audit(unit)))
            .item(SK, keys::text(keys::audited(at, action, object)))
            .item("action", keys::text(action))
            .item("object", keys::text(object))
            .send()
            .await
            .map_err(StoreError::service("PutItem"))?;
        Ok(())
    }

    /// What a unit was refused, oldest first: the action and its object. One Query.
    pub async fn unit_audit(&self, unit: UnitCode) -> Result<Vec<(String, String)>, StoreError> {
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :unit")
            .expression_attribute_values(":unit", keys::text(keys::unit_audit(unit)))
            .send()
            .await
            .map_err(StoreError::service("Query"))?;
        let text = |value: Option<&aws_sdk_dynamodb::types::AttributeValue>| {
            value.and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
        };
        let items = found.items.unwrap_or_default();
        Ok(items.iter().map(|item| (text(item.get("action")), text(item.get("object")))).collect())
    }
}
