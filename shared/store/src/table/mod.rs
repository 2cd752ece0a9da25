//! The table: items and their keys, what is written on what condition, transactions whose conditions have names, lists and
//! their pages. Above it nobody writes an expression or calls DynamoDB.

mod expression;
mod item;
mod page;
mod transaction;

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnValue, ReturnValuesOnConditionCheckFailure};
use serde::de::DeserializeOwned;

pub(crate) use self::expression::{
    Condition, Put, Update, above, at_most, below, has, is, lacks, nothing_there, there,
};
pub(crate) use self::item::{BODY, Item, Key, PK, SK, count, damaged, instant, json, text};
pub(crate) use self::page::{List, cursor_behind, sort_key_of};
pub(crate) use self::transaction::Cancelled;
pub use self::transaction::Committed;
use crate::{Registry, StoreError};
use expression::Expressions;
pub use xinzheng_api::{Cursor, Page};

/// The most items that a BatchGetItem takes.
const MOST_KEYS: usize = 100;
/// How often what DynamoDB left of a batch is asked for again before it counts as failed.
const MOST_TRIES: u32 = 8;

/// What became of a write that stands alone.
#[derive(Debug)]
pub(crate) enum Written {
    /// It is written; holds the item as it is now, of an update.
    Done(Item),
    /// Its condition did not hold; holds the item as it is.
    Refused(Item),
}

impl Written {
    pub(crate) const fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }
}

/// An item that is asked for.
pub(crate) struct Get<'r> {
    registry: &'r Registry,
    key: Key,
}

impl Get<'_> {
    /// The item as of now; `None` when there is none. One GetItem.
    pub(crate) async fn item(self) -> Result<Option<Item>, StoreError> {
        let found = self
            .registry
            .client
            .get_item()
            .table_name(&self.registry.table)
            .set_key(Some(self.key.attributes()))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::service("GetItem"))?;
        Ok(found.item.map(Item))
    }

    /// What its body holds. One GetItem.
    pub(crate) async fn parsed<T: DeserializeOwned>(self, what: &'static str) -> Result<Option<T>, StoreError> {
        self.item().await?.map(|item| item.body(what)).transpose()
    }
}

impl Registry {
    /// Asks for an item.
    pub(crate) const fn get(&self, key: Key) -> Get<'_> {
        Get { registry: self, key }
    }

    /// The items at these places, in no order; those that do not exist are left out. One BatchGetItem for each hundred.
    pub(crate) async fn get_all(&self, keys: &[Key]) -> Result<Vec<Item>, StoreError> {
        let mut items = vec![];
        for hundred in keys.chunks(MOST_KEYS) {
            let mut wanted: Vec<_> = hundred.iter().map(Key::attributes).collect();
            for turn in 0.. {
                if wanted.is_empty() {
                    break;
                }
                let all = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build();
                let all = HashMap::from([(self.table.clone(), all.map_err(StoreError::service("BatchGetItem"))?)]);
                let found = self.client.batch_get_item().set_request_items(Some(all)).send().await;
                let found = found.map_err(StoreError::service("BatchGetItem"))?;
                items.extend(found.responses.unwrap_or_default().into_values().flatten().map(Item));
                // DynamoDB may leave some for another call.
                let left = found.unprocessed_keys.unwrap_or_default().remove(&self.table);
                wanted = left.map(|left| left.keys).unwrap_or_default();
                if !wanted.is_empty() {
                    back_off("BatchGetItem", turn).await?;
                }
            }
        }
        Ok(items)
    }

    /// Writes an item. One PutItem.
    pub(crate) async fn put(&self, put: Put) -> Result<Written, StoreError> {
        let Expressions { condition, names, values, .. } = Expressions::of(&[], put.condition.as_ref());
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(put.item))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match sent.map_err(|error| error.into_service_error()) {
            Ok(_) => Ok(Written::Done(Item::default())),
            Err(PutItemError::ConditionalCheckFailedException(failed)) => {
                Ok(Written::Refused(Item(failed.item.unwrap_or_default())))
            }
            Err(error) => Err(StoreError::service("PutItem")(error)),
        }
    }

    /// Changes an item. One UpdateItem.
    pub(crate) async fn update(&self, update: Update) -> Result<Written, StoreError> {
        let Update { key, changes, condition } = update;
        let Expressions { update, condition, names, values } = Expressions::of(&changes, condition.as_ref());
        let sent = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .set_update_expression(update)
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match sent.map_err(|error| error.into_service_error()) {
            Ok(done) => Ok(Written::Done(Item(done.attributes.unwrap_or_default()))),
            Err(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                Ok(Written::Refused(Item(failed.item.unwrap_or_default())))
            }
            Err(error) => Err(StoreError::service("UpdateItem")(error)),
        }
    }

    /// Takes an item away. One DeleteItem.
    pub(crate) async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key.attributes()));
        delete.send().await.map_err(StoreError::service("DeleteItem"))?;
        Ok(())
    }
}

/// Waits before what DynamoDB left is asked for again: from 25 ms on twice as long each time, and up to as much again by
/// chance. Errs when that was often enough.
async fn back_off(operation: &'static str, turn: u32) -> Result<(), StoreError> {
    if turn >= MOST_TRIES {
        return Err(StoreError::Service { operation, source: "the table is too busy".into() });
    }
    let wait = 25_u64 << turn.min(6);
    // The nanoseconds of the clock differ between those who wait.
    let nanoseconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let chance = nanoseconds.map_or(0, |passed| u64::from(passed.subsec_nanos())) % wait;
    tokio::time::sleep(Duration::from_millis(wait + chance)).await;
    Ok(())
}
