//! Evaluation: what each day's entries of the audit count up to.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use xinzheng_domain::evaluation::{AuditedStep, Count, Tally};

use crate::table::Put;
use crate::{Bucket, Registry, StoreError, keys, objects};

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
        self.put(Put::at(&keys::day(day.day)).body(day, "a day's counts")?).await?;
        Ok(())
    }

    /// The counts of the days from `from` to `to`, both included. One Query, in pages of 1 MiB.
    pub async fn days(&self, from: Date, to: Date) -> Result<Vec<DayCounts>, StoreError> {
        let items = self.query(keys::days(from, to)).all().await?;
        items.iter().map(|item| item.body("a day's counts")).collect()
    }
}
