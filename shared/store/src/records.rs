//! A subject's records.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;
use xinzheng_domain::period::Period;
use xinzheng_domain::standing::StandingRecord;
use xinzheng_domain::{SourcePosition, SubjectId, UnitCode};

use crate::keys::{self, BY_DECISION_DATE};
use crate::{Registry, StoreError};

impl Registry {
    /// The subject's records decided in `period`, oldest first, withdrawn ones included, as of now (consistent reads).
    ///
    /// One Query on one partition, however many records the city has; it goes on in pages of 1 MiB.
    pub async fn records(&self, subject: &SubjectId, period: &Period) -> Result<Vec<StandingRecord>, StoreError> {
        let (from, to) = keys::decided_between(period.from(), period.to());
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(BY_DECISION_DATE)
            .key_condition_expression("pk = :subject AND decided BETWEEN :from AND :to")
            .expression_attribute_values(":subject", keys::text(keys::subject(subject)))
            .expression_attribute_values(":from", keys::text(from))
            .expression_attribute_values(":to", keys::text(to))
            .projection_expression(
                "body, revision, #unit, repair, repair_unit, removal, removal_unit, withdrawal, withdrawal_unit, \
                 objected_on",
            )
            .expression_attribute_names("#unit", "unit")
            .consistent_read(true)
            .into_paginator()
            .send();
        let mut records = vec![];
        while let Some(page) = pages.next().await {
            let page = page.map_err(StoreError::service("Query"))?;
            for item in page.items.unwrap_or_default() {
                records.push(standing(&item)?);
            }
        }
        Ok(records)
    }
}

pub(crate) fn standing(item: &HashMap<String, AttributeValue>) -> Result<StandingRecord, StoreError> {
    Ok(StandingRecord {
        record: parsed(item, "body")?
            .ok_or_else(|| StoreError::Damaged { what: "a record".to_owned(), why: "it has no body".to_owned() })?,
        revision: item
            .get("revision")
            .and_then(|value| value.as_s().ok())
            .map(|text| SourcePosition::stored(text.clone()))
            .ok_or_else(|| StoreError::Damaged { what: "a record".to_owned(), why: "it has no revision".to_owned() })?,
        repair: mark(item, "repair")?,
        removal: mark(item, "removal")?,
        withdrawal: mark(item, "withdrawal")?,
        objected: item.get("objected_on").and_then(|day| day.as_s().ok()).and_then(|day| day.parse().ok()),
    })
}

/// A mark that counts: one that came before its record, from a unit that may not change it, does not.
fn mark<T: DeserializeOwned>(
    item: &HashMap<String, AttributeValue>,
    name: &'static str,
) -> Result<Option<T>, StoreError> {
    let unit = |attribute: &str| item.get(attribute).and_then(|v| v.as_s().ok()).and_then(|code| UnitCode::parse(code));
    match (unit(&keys::mark_unit(name)), unit("unit")) {
        (Some(sender), Some(owner)) if !sender.may_change(owner) => Ok(None),
        _ => parsed(item, name),
    }
}

fn parsed<T: DeserializeOwned>(
    item: &HashMap<String, AttributeValue>,
    attribute: &'static str,
) -> Result<Option<T>, StoreError> {
    let Some(text) = item.get(attribute).and_then(|value| value.as_s().ok()) else { return Ok(None) };
    serde_json::from_str(text).map(Some).map_err(StoreError::damaged(format!("a record's {attribute}")))
}
