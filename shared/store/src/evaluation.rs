//! Evaluation: what each day's entries of the audit count up to.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use xinzheng_domain::evaluation::{AuditedStep, Count, Tally};

use crate::keys::{self, PK, SK};
use crate::{Bucket, Registry, StoreError, objects};

/// What a day's entries count up to. Days are China's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCounts {
    /// The day.
    pub day: Date,
    /// When it was counted.
    pub counted_at: Timestamp,
    /// The counts.
    pub counts: Vec<(Count, u64)>,
}

impl Bucket {
    /// Counts a day's copied entries of the audit. A ListObjectsV2 for each thousand objects, and a GetObject for each.
    pub async fn count_audit(&self, day: Date) -> Result<BTreeMap<Count, u64>, StoreError> {
        let prefix = objects::audit_day(day);
        let (mut tally, mut after) = (Tally::default(), None);
        loop {
            let page = self.list(&prefix, after.as_deref()).await?;
            for file in &page.files {
                let object = self.get(&file.key).await?;
                for line in object.bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                    let step: AuditedStep =
                        serde_json::from_slice(line).map_err(StoreError::damaged("a copied entry of the audit"))?;
                    tally.add(&step);
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(tally.into_counts()),
            }
        }
    }
}

impl Registry {
    /// Keeps a day's counts in place of those before. One PutItem.
    pub async fn keep_day(&self, day: &DayCounts) -> Result<(), StoreError> {
        let body = serde_json::to_string(day).map_err(StoreError::damaged("a day's counts"))?;
        self.client
            .put_item()
            .table_name(&self.table)
            .item(PK, keys::text(keys::EVALUATION))
            .item(SK, keys::text(keys::day(day.day)))
            .item("body", keys::text(body))
            .send()
            .await
            .map_err(StoreError::service("PutItem"))?;
        Ok(())
    }

    /// The counts of the days from `from` to `to`, both included. One Query, in pages of 1 MiB.
    pub async fn days(&self, from: Date, to: Date) -> Result<Vec<DayCounts>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :evaluation AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":evaluation", keys::text(keys::EVALUATION))
            .expression_attribute_values(":from", keys::text(keys::day(from)))
            .expression_attribute_values(":to", keys::text(keys::day(to)))
            .into_paginator()
            .send();
        let mut days = vec![];
        while let Some(page) = pages.next().await {
            for item in page.map_err(StoreError::service("Query"))?.items() {
                let body = item.get("body").and_then(|body| body.as_s().ok()).map_or("", String::as_str);
                days.push(serde_json::from_str(body).map_err(StoreError::damaged("a day's counts"))?);
            }
        }
        Ok(days)
    }
}
