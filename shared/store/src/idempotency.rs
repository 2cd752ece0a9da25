//! Answers that are kept by the key that their request came with, so that a request that is sent again is not carried out
//! again.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use jiff::Timestamp;

use crate::keys::{self, PK, SK};
use crate::{Registry, StoreError};

/// Seconds that an answer is kept.
const KEPT: i64 = 24 * 3600;
/// Seconds after which a request that left no answer counts as broken off: longer than a function may run.
const PATIENCE: i64 = 60;

/// What is known of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// Nothing: carry it out.
    New,
    /// It is being carried out.
    Running,
    /// It was carried out, with this answer.
    Answered(String),
    /// Its key came with another request.
    Other,
}

impl Registry {
    /// Claims a request: `key` is a hash of who sent it, where, and its key, `content` one of what it says. One PutItem.
    pub async fn claim_request(&self, key: &str, content: &str, at: Timestamp) -> Result<Claimed, StoreError> {
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .item(PK, keys::text(keys::request(key)))
            .item(SK, keys::text(keys::META))
            .item("content", keys::text(content))
            .item("claimed_at", keys::count(at.as_second()))
            .item("expires_at", keys::count(at.as_second() + KEPT))
            // Expired items may stay for days, and one that was broken off may be claimed again.
            .condition_expression(
                "attribute_not_exists(pk) OR expires_at < :now OR \
                 (attribute_not_exists(answer) AND claimed_at < :broken AND content = :content)",
            )
            .expression_attribute_values(":now", keys::count(at.as_second()))
            .expression_attribute_values(":broken", keys::count(at.as_second() - PATIENCE))
            .expression_attribute_values(":content", keys::text(content))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match sent.map_err(|error| error.into_service_error()) {
            Ok(_) => Ok(Claimed::New),
            Err(PutItemError::ConditionalCheckFailedException(failed)) => {
                let text = |name: &str| failed.item()?.get(name)?.as_s().ok().cloned();
                Ok(match (text("content"), text("answer")) {
                    (Some(known), _) if known != content => Claimed::Other,
                    (_, Some(answer)) => Claimed::Answered(answer),
                    _ => Claimed::Running,
                })
            }
            Err(error) => Err(StoreError::service("PutItem")(error)),
        }
    }

    /// Keeps the answer of a claimed request. One UpdateItem.
    pub async fn keep_answer(&self, key: &str, answer: &str) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::request(key)))
            .key(SK, keys::text(keys::META))
            .update_expression("SET answer = :answer")
            .expression_attribute_values(":answer", keys::text(answer))
            .send()
            .await
            .map_err(StoreError::service("UpdateItem"))?;
        Ok(())
    }

    /// Gives a claim back: the request may be sent again. One DeleteItem.
    pub async fn release_request(&self, key: &str) -> Result<(), StoreError> {
        self.client
            .delete_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::request(key)))
            .key(SK, keys::text(keys::META))
            .send()
            .await
            .map_err(StoreError::service("DeleteItem"))?;
        Ok(())
    }
}
