//! The matrix of units and months, a row an item.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use xinzheng_domain::UnitCode;

use crate::keys::{self, PK, SK};
use crate::{Registry, StoreError};

/// What of a unit's month there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellState {
    /// Balanced manifests cover it.
    Complete,
    /// Balanced manifests cover it, and there is no record.
    DeclaredZero,
    /// There is something, and no balanced manifest of every kind.
    Partial,
    /// There is nothing.
    Missing,
}

/// A month of a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// `2025-11`.
    pub month: String,
    /// Records decided in it.
    pub records: u64,
    /// Of these, records that came late.
    #[serde(default)]
    pub late: u64,
    /// What there is of it.
    pub state: CellState,
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
}

/// A unit's manifests by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestCounts {
    /// 相符.
    pub balanced: u64,
    /// 有差异.
    pub open: u64,
    /// 逾期未处理.
    pub overdue: u64,
}

impl Registry {
    /// Keeps a row in place of the one before. One PutItem.
    pub async fn keep_matrix_row(&self, row: &MatrixRow) -> Result<(), StoreError> {
        let body = serde_json::to_string(row).map_err(StoreError::damaged("a row of the matrix"))?;
        self.client
            .put_item()
            .table_name(&self.table)
            .item(PK, keys::text(keys::MATRIX))
            .item(SK, keys::text(keys::matrix_row(row.unit)))
            .item("body", keys::text(body))
            .send()
            .await
            .map_err(StoreError::service("PutItem"))?;
        Ok(())
    }

    /// All rows, by unit. One Query.
    pub async fn matrix(&self) -> Result<Vec<MatrixRow>, StoreError> {
        let (items, _) = self.listed(keys::MATRIX, keys::ROWS, None, 1000, true).await?;
        let body = |item: &std::collections::HashMap<_, aws_sdk_dynamodb::types::AttributeValue>| {
            let body = item.get("body").and_then(|body| body.as_s().ok()).map_or("", String::as_str);
            serde_json::from_str(body).map_err(StoreError::damaged("a row of the matrix"))
        };
        items.iter().map(body).collect()
    }
}
