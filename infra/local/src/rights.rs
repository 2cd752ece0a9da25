//! Holds each function to what its role in the template may do with the table: a call that IAM would refuse is refused here.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemInput;
use aws_sdk_dynamodb::operation::get_item::GetItemInput;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::query::QueryInput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{BeforeSerializationInterceptorContextRef, Input};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use xinzheng_template::TableAccess;

/// The file to which what was written is appended, a line for each role, action and beginning of a partition key.
const WRITTEN: &str = "XINZHENG_TABLE_WRITES";

/// An interceptor for a function's client of DynamoDB that refuses what its role may not do.
pub(crate) fn hold_to(role: &str, access: TableAccess) -> impl Intercept + 'static {
    Guard { role: role.to_owned(), access, seen: Arc::default() }
}

#[derive(Debug)]
struct Guard {
    role: String,
    access: TableAccess,
    seen: Arc<Mutex<BTreeSet<(&'static str, String)>>>,
}

#[dyn_dispatch_hint]
impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "hold to the role"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        for (action, key) in touched(context.input()) {
            if !self.access.allows(action, &key) {
                let partition = beginning(&key);
                return Err(format!("AccessDenied: {} may not {action} with {partition}", self.role).into());
            }
            self.note(action, &key);
        }
        Ok(())
    }
}

impl Guard {
    fn note(&self, action: &'static str, key: &str) {
        let Some(file) = std::env::var_os(WRITTEN) else { return };
        let is_new = self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert((action, beginning(key)));
        if is_new && let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(file) {
            // One write: lines of several processes stay apart.
            let _written = file.write_all(format!("{} {action} {}\n", self.role, beginning(key)).as_bytes());
        }
    }
}

/// What tells partitions of one kind from others: all of a key that has no number or name of its own.
fn beginning(key: &str) -> String {
    match key.split_once('#') {
        None => key.to_owned(),
        Some(("CONFIG", _)) | Some(("FEEDBACK", "open" | "published")) => key.to_owned(),
        Some((kind, _)) => format!("{kind}#"),
    }
}

/// The actions of a call, as IAM names them, with the partition keys of the items; queries of an index are left out.
fn touched(input: &Input) -> Vec<(&'static str, String)> {
    let pk = |item: Option<&std::collections::HashMap<String, AttributeValue>>| {
        item.and_then(|item| item.get("pk")?.as_s().ok().cloned()).unwrap_or_default()
    };
    if let Some(put) = input.downcast_ref::<PutItemInput>() {
        return vec![("dynamodb:PutItem", pk(put.item()))];
    }
    if let Some(update) = input.downcast_ref::<UpdateItemInput>() {
        return vec![("dynamodb:UpdateItem", pk(update.key()))];
    }
    if let Some(delete) = input.downcast_ref::<DeleteItemInput>() {
        return vec![("dynamodb:DeleteItem", pk(delete.key()))];
    }
    if let Some(get) = input.downcast_ref::<GetItemInput>() {
        return vec![("dynamodb:GetItem", pk(get.key()))];
    }
    if let Some(get) = input.downcast_ref::<BatchGetItemInput>() {
        let keys = get.request_items().into_iter().flat_map(|items| items.values()).flat_map(|items| items.keys());
        return keys.map(|key| ("dynamodb:BatchGetItem", pk(Some(key)))).collect();
    }
    if let Some(query) = input.downcast_ref::<QueryInput>() {
        let values = query.expression_attribute_values().filter(|_| query.index_name().is_none());
        let key = values.and_then(|values| values.get(":pk")?.as_s().ok().cloned());
        return key.into_iter().map(|key| ("dynamodb:Query", key)).collect();
    }
    let Some(transaction) = input.downcast_ref::<TransactWriteItemsInput>() else { return vec![] };
    let mut touched = vec![];
    for item in transaction.transact_items() {
        touched.extend(item.put().map(|put| ("dynamodb:PutItem", pk(Some(put.item())))));
        touched.extend(item.update().map(|update| ("dynamodb:UpdateItem", pk(Some(update.key())))));
        touched.extend(item.delete().map(|delete| ("dynamodb:DeleteItem", pk(Some(delete.key())))));
        touched.extend(item.condition_check().map(|check| ("dynamodb:ConditionCheckItem", pk(Some(check.key())))));
    }
    touched
}
