//! Writes that happen together or not at all.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{self, ConditionCheck, TransactWriteItem};

use super::expression::{Condition, Expressions, Put, Update};
use super::item::Key;
use crate::{Registry, StoreError};

/// A transaction that is put together. Each condition in it has a name of the type `N`.
#[must_use]
pub(crate) struct Transaction<'r, N> {
    registry: &'r Registry,
    writes: Vec<(Write, Option<Name<N>>)>,
}

/// What a condition is called.
#[derive(Clone, Copy)]
enum Name<N> {
    Its(N),
    /// That the request which it is done for has no answer yet.
    Unanswered,
}

enum Write {
    Put(Put),
    Update(Update),
    Delete(Key),
    Check(Key, Condition),
}

/// Why a transaction was not done.
#[derive(Debug)]
pub(crate) enum Cancelled<N> {
    /// The conditions of these names did not hold.
    Failed(Vec<N>),
    /// Others wrote the same items at the same time.
    Conflict,
    /// The store failed, or the request that it is done for is answered ([`StoreError::Answered`]).
    Store(StoreError),
}

impl<N> From<StoreError> for Cancelled<N> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Registry {
    /// A transaction of nothing yet.
    pub(crate) const fn transaction<N>(&self) -> Transaction<'_, N> {
        Transaction { registry: self, writes: vec![] }
    }
}

impl<N: Copy> Transaction<'_, N> {
    fn with(self, write: Write, name: Option<N>) -> Self {
        self.push(write, name.map(Name::Its))
    }

    fn push(mut self, write: Write, name: Option<Name<N>>) -> Self {
        self.writes.push((write, name));
        self
    }

    /// Keeps the answer that goes with the work, when there is one: its condition is that there is none yet, so that the
    /// request is answered once.
    pub(crate) fn answers(self, kept: Option<Update>) -> Self {
        match kept {
            Some(kept) => self.push(Write::Update(kept), Some(Name::Unanswered)),
            None => self,
        }
    }

    /// Writes an item whatever stands there.
    pub(crate) fn put(self, put: Put) -> Self {
        debug_assert!(put.condition.is_none(), "a condition has a name");
        self.with(Write::Put(put), None)
    }

    /// Writes items whatever stands there.
    pub(crate) fn put_all(self, puts: impl IntoIterator<Item = Put>) -> Self {
        puts.into_iter().fold(self, Self::put)
    }

    /// Writes an item when its condition holds.
    pub(crate) fn put_when(self, name: N, put: Put) -> Self {
        self.with(Write::Put(put), Some(name))
    }

    /// Writes items, each when its condition holds.
    pub(crate) fn put_all_when(self, name: N, puts: impl IntoIterator<Item = Put>) -> Self {
        puts.into_iter().fold(self, |transaction, put| transaction.put_when(name, put))
    }

    /// Changes an item whatever it is.
    pub(crate) fn update(self, update: Update) -> Self {
        debug_assert!(update.condition.is_none(), "a condition has a name");
        self.with(Write::Update(update), None)
    }

    /// Changes an item when its condition holds.
    pub(crate) fn update_when(self, name: N, update: Update) -> Self {
        self.with(Write::Update(update), Some(name))
    }

    /// Takes an item away.
    pub(crate) fn delete(self, key: Key) -> Self {
        self.with(Write::Delete(key), None)
    }

    /// Asks that something holds of an item that is not written.
    pub(crate) fn require(self, name: N, key: Key, condition: Condition) -> Self {
        self.with(Write::Check(key, condition), Some(name))
    }

    /// Writes all of it. One TransactWriteItems.
    pub(crate) async fn commit(self) -> Result<(), Cancelled<N>> {
        let Self { registry, writes } = self;
        let mut names = vec![];
        let mut items = vec![];
        for (write, name) in writes {
            items.push(write.into_sdk(&registry.table)?);
            names.push(name);
        }
        let sent = registry.client.transact_write_items().set_transact_items(Some(items)).send().await;
        match sent.map_err(|error| error.into_service_error()) {
            Ok(_) => Ok(()),
            Err(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                let codes: Vec<Option<&str>> =
                    cancelled.cancellation_reasons().iter().map(|reason| reason.code()).collect();
                let failed = codes.iter().zip(names).filter(|(code, _)| **code == Some("ConditionalCheckFailed"));
                let (mut of_its_own, mut answered) = (vec![], false);
                for (_, name) in failed {
                    match name {
                        Some(Name::Its(name)) => of_its_own.push(name),
                        Some(Name::Unanswered) => answered = true,
                        None => {}
                    }
                }
                if answered {
                    Err(StoreError::Answered.into())
                } else if !of_its_own.is_empty() {
                    Err(Cancelled::Failed(of_its_own))
                } else if codes.contains(&Some("TransactionConflict")) {
                    Err(Cancelled::Conflict)
                } else {
                    let error = TransactWriteItemsError::TransactionCanceledException(cancelled);
                    Err(StoreError::service("TransactWriteItems")(error).into())
                }
            }
            Err(error) => Err(StoreError::service("TransactWriteItems")(error).into()),
        }
    }

    /// The same, where it does not matter what came in between.
    pub(crate) async fn commit_or_overtaken(self) -> Result<Committed, StoreError> {
        match self.commit().await {
            Ok(()) => Ok(Committed::Done),
            Err(Cancelled::Failed(_) | Cancelled::Conflict) => Ok(Committed::Overtaken),
            Err(Cancelled::Store(error)) => Err(error),
        }
    }
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It is done.
    Done,
    /// Someone else was quicker: what was to be changed is not what it was.
    Overtaken,
}

impl Write {
    fn into_sdk(self, table: &str) -> Result<TransactWriteItem, StoreError> {
        let item = TransactWriteItem::builder();
        let item = match self {
            Self::Put(Put { item: attributes, condition }) => {
                let Expressions { condition, names, values, .. } = Expressions::of(&[], condition.as_ref());
                let put = types::Put::builder()
                    .table_name(table)
                    .set_item(Some(attributes))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values);
                item.put(put.build().map_err(unbuilt)?)
            }
            Self::Update(Update { key, changes, condition }) => {
                let Expressions { update, condition, names, values } = Expressions::of(&changes, condition.as_ref());
                let change = types::Update::builder()
                    .table_name(table)
                    .set_key(Some(key.attributes()))
                    .set_update_expression(update)
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values);
                item.update(change.build().map_err(unbuilt)?)
            }
            Self::Delete(key) => {
                let delete = types::Delete::builder().table_name(table).set_key(Some(key.attributes()));
                item.delete(delete.build().map_err(unbuilt)?)
            }
            Self::Check(key, condition) => {
                let Expressions { condition, names, values, .. } = Expressions::of(&[], Some(&condition));
                let check = ConditionCheck::builder()
                    .table_name(table)
                    .set_key(Some(key.attributes()))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values);
                item.condition_check(check.build().map_err(unbuilt)?)
            }
        };
        Ok(item.build())
    }
}

fn unbuilt(error: aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::service("TransactWriteItems")(error)
}
