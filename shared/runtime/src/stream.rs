//! Answers to batches of a table's stream.

use serde::{Deserialize, Serialize};

/// Which changes of a batch failed: the first of them, since those behind it come again too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamResponse {
    batch_item_failures: Vec<Failure>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

impl StreamResponse {
    /// Everything from the change with this sequence number on failed.
    pub fn failed_from(sequence: String) -> Self {
        Self { batch_item_failures: vec![Failure { item_identifier: sequence }] }
    }

    /// True when nothing failed.
    pub fn is_done(&self) -> bool {
        self.batch_item_failures.is_empty()
    }
}
