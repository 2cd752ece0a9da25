//! A unit's records by month of decision: the index [`keys::BY_UNIT`], which holds what oversight looks at. It follows the
//! records with a moment's delay.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use xinzheng_domain::{RecordId, RecordKind, SubjectId, UnitCode};

use crate::keys::{self, BY_UNIT, PK, SK};
use crate::{Registry, StoreError};

/// What oversight looks at of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnitRecord {
    /// Its id.
    pub id: RecordId,
    /// Whom it is about.
    pub subject: SubjectId,
    /// The unit, or county office, that sent it first.
    pub unit: UnitCode,
    /// Its kind.
    pub kind: RecordKind,
    /// Its document number.
    pub document: String,
    /// The day of the decision.
    pub decided: Date,
    /// When it came first.
    pub first_stored: Timestamp,
    /// True when it was withdrawn.
    pub withdrawn: bool,
}

impl Registry {
    /// A page of the records that a municipal unit and its offices decided in a month (`2025-11`), oldest first; behind
    /// `after` when it is given. Returns the key to go on with. One Query.
    pub async fn records_of_unit(
        &self,
        unit: UnitCode,
        month: &str,
        after: Option<&str>,
        most: i32,
    ) -> Result<(Vec<UnitRecord>, Option<String>), StoreError> {
        let partition = keys::unit_month(unit, month);
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(BY_UNIT)
            .key_condition_expression("unit_month = :month")
            .expression_attribute_values(":month", keys::text(&partition))
            .set_exclusive_start_key(after.and_then(|after| start(&partition, after)))
            .limit(most)
            .send()
            .await
            .map_err(StoreError::service("Query"))?;
        let next =
            found.last_evaluated_key.as_ref().map(|key| ["decided", PK, SK].map(|name| text(key, name)).join("|"));
        Ok((found.items().iter().map(record).collect::<Result<_, _>>()?, next))
    }

    /// All records that a municipal unit and its offices decided in a month. A Query for each thousand.
    pub async fn all_records_of_unit(&self, unit: UnitCode, month: &str) -> Result<Vec<UnitRecord>, StoreError> {
        let (mut all, mut after) = (vec![], None);
        loop {
            let (records, next) = self.records_of_unit(unit, month, after.as_deref(), 1000).await?;
            all.extend(records);
            match next {
                Some(next) => after = Some(next),
                None => return Ok(all),
            }
        }
    }
}

fn start(partition: &str, after: &str) -> Option<HashMap<String, AttributeValue>> {
    let mut parts = after.splitn(3, '|');
    let (decided, pk, sk) = (parts.next()?, parts.next()?, parts.next()?);
    let key = [("unit_month", partition), ("decided", decided), (PK, pk), (SK, sk)];
    Some(key.into_iter().map(|(name, value)| (name.to_owned(), keys::text(value))).collect())
}

fn text(item: &HashMap<String, AttributeValue>, name: &str) -> String {
    item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}

fn record(item: &HashMap<String, AttributeValue>) -> Result<UnitRecord, StoreError> {
    let read = || {
        let decided = text(item, "decided");
        Some(UnitRecord {
            id: RecordId::parse(text(item, SK).trim_start_matches("RECORD#"))?,
            subject: SubjectId::parse(text(item, PK).trim_start_matches("SUBJECT#"))?,
            unit: UnitCode::parse(&text(item, "unit"))?,
            kind: RecordKind::ALL.into_iter().find(|kind| kind.code() == text(item, "kind"))?,
            document: text(item, "document"),
            decided: decided.split('#').next()?.parse().ok()?,
            first_stored: text(item, "first_stored").parse().ok()?,
            withdrawn: item.contains_key("withdrawal"),
        })
    };
    read().ok_or_else(|| StoreError::Damaged {
        what: "a record in its unit's index".to_owned(),
        why: "it cannot be read".to_owned(),
    })
}
