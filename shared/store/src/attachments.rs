//! Attachments: announced under their subject, and bound to the case that they are sent with. What is never sent with a
//! case is forgotten.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Update};
use jiff::Timestamp;
use xinzheng_domain::SubjectId;
use xinzheng_domain::attachment::{Attachment, AttachmentId};

use crate::keys::{self, PK, SK};
use crate::{Registry, StoreError};

/// Seconds that an attachment without a case is kept.
const KEPT: i64 = 2 * 24 * 3600;

impl Registry {
    /// Files an attachment that is about to be sent. One PutItem.
    pub async fn announce_attachment(
        &self,
        subject: &SubjectId,
        attachment: &Attachment,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let body = serde_json::to_string(attachment).map_err(StoreError::damaged("an attachment"))?;
        self.client
            .put_item()
            .table_name(&self.table)
            .item(PK, keys::text(keys::attachment(&attachment.id)))
            .item(SK, keys::text(keys::META))
            .item("body", keys::text(body))
            .item("subject", keys::text(subject.to_string()))
            .item("expires_at", keys::count(at.as_second() + KEPT))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await
            .map_err(StoreError::service("PutItem"))?;
        Ok(())
    }

    /// A subject's attachment that is in no case yet. One GetItem.
    pub async fn attachment(&self, subject: &SubjectId, id: &AttachmentId) -> Result<Option<Attachment>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::attachment(id)))
            .key(SK, keys::text(keys::META))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::service("GetItem"))?;
        let text = |item: &HashMap<String, AttributeValue>, name: &str| {
            item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
        };
        let own = |item: &HashMap<String, AttributeValue>| {
            text(item, "subject") == subject.to_string() && !item.contains_key("of_case")
        };
        let Some(item) = found.item.filter(own) else { return Ok(None) };
        serde_json::from_str(&text(&item, "body")).map(Some).map_err(StoreError::damaged("an attachment"))
    }

    /// Binds an attachment to a case, once.
    pub(crate) fn bind_attachment(&self, id: &AttachmentId, case: &str) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.table)
            .key(PK, keys::text(keys::attachment(id)))
            .key(SK, keys::text(keys::META))
            .update_expression("SET of_case = :case REMOVE expires_at")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(of_case)")
            .expression_attribute_values(":case", keys::text(case))
    }
}
