//! Feedback, its open list, and what is published of it.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, Update};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use sha2::{Digest, Sha256};
use xinzheng_domain::VerificationCode;
use xinzheng_domain::feedback::Feedback;

use crate::audit::{Actor, Step};
use crate::grants::ending;
use crate::keys::{self, PK, SK};
use crate::objections::{Stepped, put, update};
use crate::{Registry, StoreError};

/// Seconds that a count of an address is kept: longer than the hour that it counts for.
const KEPT: i64 = 7200;

/// What was noted of open feedback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted {
    /// That it is due soon.
    pub reminded: bool,
    /// That it is late.
    pub escalated: bool,
}

impl Registry {
    /// Counts an address's feedback of this hour; `false` when it had `most` already. One UpdateItem. The address is kept
    /// as a hash of itself and the hour, and not for long.
    pub async fn count_feedback(&self, address: &str, at: Timestamp, most: u32) -> Result<bool, StoreError> {
        let hour = at.as_second() / 3600;
        let hash = Sha256::digest(format!("{address}#{hour}"));
        let hash: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let sent = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::throttle(&hash)))
            .key(SK, keys::text(keys::META))
            .update_expression("SET expires_at = :end ADD sent :one")
            .condition_expression("attribute_not_exists(sent) OR sent < :most")
            .expression_attribute_values(":end", keys::count(at.as_second() + KEPT))
            .expression_attribute_values(":one", keys::count(1))
            .expression_attribute_values(":most", keys::count(most))
            .send()
            .await;
        match sent.map_err(|error| error.into_service_error()) {
            Ok(_) => Ok(true),
            Err(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
            Err(error) => Err(StoreError::service("UpdateItem")(error)),
        }
    }

    /// Files feedback. One TransactWriteItems, with the open list and the platform's audit.
    pub async fn file_feedback(&self, feedback: &Feedback, actor: &Actor) -> Result<(), StoreError> {
        let body = body(feedback)?;
        let case = self
            .put_of(&keys::feedback(&feedback.code), keys::META)
            .item("body", keys::text(&body))
            .condition_expression("attribute_not_exists(pk)");
        let open = self.put_of(keys::FEEDBACK_OPEN, &keys::listed_feedback(feedback.at, &feedback.code));
        let object = ending(&feedback.code);
        let event = json!({ "feedback": object, "kind": feedback.kind });
        let step = Step::new(feedback.at, "feedback.received", &object).event(event);
        let audit = self.entry(keys::PLATFORM_AUDIT, actor, &step);
        self.transact([put(case)?, put(open.item("body", keys::text(&body)))?, put(audit)?]).await?;
        Ok(())
    }

    /// Files an answer, once. One TransactWriteItems: the case, the lists, the platform's audit.
    pub async fn answer_feedback(
        &self,
        answered: &Feedback,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Stepped, StoreError> {
        let body = body(answered)?;
        let case = self
            .put_of(&keys::feedback(&answered.code), keys::META)
            .item("body", keys::text(&body))
            .item("answered_at", keys::text(keys::instant(at)))
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(answered_at)");
        let off = Delete::builder()
            .table_name(&self.table)
            .key(PK, keys::text(keys::FEEDBACK_OPEN))
            .key(SK, keys::text(keys::listed_feedback(answered.at, &answered.code)))
            .build()
            .map_err(StoreError::service("TransactWriteItems"))?;
        let object = ending(&answered.code);
        let event = json!({ "feedback": object, "kind": answered.kind });
        let step = Step::new(at, "feedback.answered", &object).event(event);
        let mut writes = vec![put(case)?, TransactWriteItem::builder().delete(off).build()];
        writes.extend(self.entries(None, actor, &step)?);
        if answered.reply.as_ref().is_some_and(|reply| reply.published) {
            let published = self.put_of(keys::FEEDBACK_PUBLISHED, &keys::listed_feedback(at, &answered.code));
            writes.push(put(published.item("body", keys::text(&body)))?);
        }
        self.transact(writes).await
    }

    /// A page of open feedback, oldest first, each with whether it was reminded of and escalated; behind `after` when it is
    /// given. Returns the key to go on with. One Query.
    pub async fn open_feedback(
        &self,
        after: Option<&str>,
        most: i32,
    ) -> Result<(Vec<(Feedback, Noted)>, Option<String>), StoreError> {
        let (items, next) = self.listed(keys::FEEDBACK_OPEN, keys::FEEDBACKS, after, most, true).await?;
        let noted = |item: &HashMap<String, AttributeValue>| Noted {
            reminded: item.contains_key("reminded_at"),
            escalated: item.contains_key("escalated_at"),
        };
        let open = items.iter().map(|item| Ok((parsed(item)?, noted(item)))).collect::<Result<_, StoreError>>()?;
        Ok((open, next))
    }

    /// Notes, once, that open feedback is due soon, or `late`. One TransactWriteItems; `Overtaken` when that was noted, or it
    /// was answered.
    pub async fn note_feedback(
        &self,
        feedback: &Feedback,
        late: bool,
        due: Date,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Stepped, StoreError> {
        let (attribute, action) =
            if late { ("escalated_at", "feedback.overdue") } else { ("reminded_at", "feedback.due-soon") };
        let noted = Update::builder()
            .table_name(&self.table)
            .key(PK, keys::text(keys::FEEDBACK_OPEN))
            .key(SK, keys::text(keys::listed_feedback(feedback.at, &feedback.code)))
            .update_expression("SET #noted = :at")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(#noted)")
            .expression_attribute_names("#noted", attribute)
            .expression_attribute_values(":at", keys::text(keys::instant(at)));
        let object = ending(&feedback.code);
        let event = json!({ "feedback": object, "kind": feedback.kind, "due": due });
        let audit = self.entry(keys::PLATFORM_AUDIT, actor, &Step::new(at, action, &object).event(event));
        self.transact([update(noted)?, put(audit)?]).await
    }

    /// Feedback by its tracking code. One GetItem.
    pub async fn feedback(&self, code: &VerificationCode) -> Result<Option<Feedback>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::feedback(code)))
            .key(SK, keys::text(keys::META))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::service("GetItem"))?;
        found.item.as_ref().map(parsed).transpose()
    }

    /// A page of feedback: what is open, oldest first, or what is published, newest first. One Query.
    pub async fn feedback_list(
        &self,
        published: bool,
        after: Option<&str>,
        most: i32,
    ) -> Result<(Vec<Feedback>, Option<String>), StoreError> {
        let pk = if published { keys::FEEDBACK_PUBLISHED } else { keys::FEEDBACK_OPEN };
        let (items, next) = self.listed(pk, keys::FEEDBACKS, after, most, !published).await?;
        Ok((items.iter().map(parsed).collect::<Result<_, _>>()?, next))
    }
}

fn body(feedback: &Feedback) -> Result<String, StoreError> {
    serde_json::to_string(feedback).map_err(StoreError::damaged("feedback"))
}

fn parsed(item: &HashMap<String, AttributeValue>) -> Result<Feedback, StoreError> {
    let body = item.get("body").and_then(|body| body.as_s().ok()).map_or("", String::as_str);
    serde_json::from_str(body).map_err(StoreError::damaged("feedback"))
}
