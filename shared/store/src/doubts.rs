//! Rows that two units should look at together, because one of them is about somebody else than it says: a record under another
//! subject's name, a code that two registers have. They stand in both units' lists for some time after they were last sent.

use jiff::Timestamp;
use xinzheng_domain::record::listed_doubt::ListedDoubt;
use xinzheng_domain::{RecordId, SourcePosition, UnitCode};

use crate::questioned::Questioned;
use crate::table::{BODY, Update, below, json, lacks, text};
use crate::{Registry, StoreError, keys};

/// Seconds for which they stay in the lists after they were last sent: 90 days.
const KEPT: i64 = 90 * 24 * 3600;

/// Whether what was sent `at` some time stays in the lists at `now`.
pub(crate) fn stays(at: Timestamp, now: Timestamp) -> bool {
    now.as_second() - at.as_second() < KEPT
}

impl Registry {
    /// Puts a row into the lists of its units; what was sent later stands. An UpdateItem for each.
    pub(crate) async fn list_doubt(
        &self,
        questioned: Questioned,
        doubt: &ListedDoubt,
        position: &SourcePosition,
    ) -> Result<(), StoreError> {
        let body = json(doubt, "a doubt")?;
        for unit in &doubt.units {
            let listed = Update::at(keys::doubt(*unit, questioned))
                .text(BODY, &body)
                .text("revision", position.as_str())
                .count("expires_at", doubt.since.as_second() + KEPT)
                .when(lacks("revision").or(below("revision", text(position.as_str()))));
            self.update(listed).await?;
        }
        Ok(())
    }

    /// Takes a record off the lists: its name is no other subject's any more. One GetItem, and a DeleteItem for each unit when it
    /// is listed.
    pub async fn settle_name(&self, unit: UnitCode, record: &RecordId) -> Result<(), StoreError> {
        let questioned = Questioned::Record(*record);
        let listed: Option<ListedDoubt> = self.get(keys::doubt(unit, questioned)).parsed("a doubt").await?;
        for unit in listed.into_iter().flat_map(|listed| listed.units) {
            self.delete(&keys::doubt(unit, questioned)).await?;
        }
        Ok(())
    }

    /// The rows that a unit should look at with another one as of `now`, those that were sent last first. One Query.
    pub async fn doubts(&self, unit: UnitCode, now: Timestamp) -> Result<Vec<ListedDoubt>, StoreError> {
        let items = self.query(keys::doubts_of(unit)).all().await?;
        let mut doubts: Vec<ListedDoubt> = items.iter().map(|item| item.body("a doubt")).collect::<Result<_, _>>()?;
        // The table takes expired items away when it comes to it.
        doubts.retain(|doubt| stays(doubt.since, now));
        doubts.sort_by_key(|doubt| std::cmp::Reverse(doubt.since));
        Ok(doubts)
    }
}
