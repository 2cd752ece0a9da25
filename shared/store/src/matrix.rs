//! The matrix of units and months, a row an item.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use xinzheng_domain::UnitCode;
use xinzheng_domain::month::Month;
use xinzheng_domain::reconciliation::ManifestCounts;
use xinzheng_domain::report::completeness::{MonthState, Reported};

use crate::table::Put;
use crate::{Registry, StoreError, keys};

/// A month of a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Which.
    pub month: Month,
    /// Records decided in it.
    pub records: u64,
    /// Of these, records that came late.
    #[serde(default)]
    pub late: u64,
    /// What there is of it.
    pub state: MonthState,
}

/// The months of a unit or office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatrixRow {
    /// Whose they are.
    pub unit: UnitCode,
    /// When they were worked out.
    pub worked_out_at: Timestamp,
    /// Oldest first.
    pub cells: Vec<Cell>,
    /// How many of its manifests balance, differ, and have differed for too long.
    #[serde(default)]
    pub manifests: ManifestCounts,
    /// How many repairs, withdrawals and removals of its wait for their record; of more than [`MOST_WAITING`] that many.
    #[serde(default)]
    pub waiting: u64,
}

/// The most waiting marks that are counted for a row.
pub const MOST_WAITING: i32 = 200;

impl Registry {
    /// Keeps a row in place of the one before. One PutItem.
    pub async fn keep_matrix_row(&self, row: &MatrixRow) -> Result<(), StoreError> {
        self.put(Put::at(&keys::matrix_row(row.unit)).body(row, "a row of the matrix")?).await?;
        Ok(())
    }

    /// Keeps what all units have reported in place of what was kept before. One PutItem.
    pub async fn keep_reported(&self, reported: &Reported) -> Result<(), StoreError> {
        self.put(Put::at(&keys::reported()).body(reported, "what was reported")?).await?;
        Ok(())
    }

    /// What all units have reported, as it was worked out last; `None` before it ever was. One GetItem.
    pub async fn reported(&self) -> Result<Option<Reported>, StoreError> {
        self.get(keys::reported()).parsed("what was reported").await
    }

    /// All rows, by unit. A Query for each MiB.
    pub async fn matrix(&self) -> Result<Vec<MatrixRow>, StoreError> {
        self.query(keys::matrix()).all().await?.iter().map(|item| item.body("a row of the matrix")).collect()
    }
}
