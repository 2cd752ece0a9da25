//! Answers to batches of a table's stream.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The first change of a batch failed, and there are others behind it: as an error of the function it has Lambda bring the batch again
/// in halves (`BisectBatchOnFunctionError`), which counts as no further try. A change that is named in an answer comes again with
/// all behind it, and would share its fate with them.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("change {sequence}, the first of several, failed: the batch is to come again in halves")]
pub struct Halve {
    /// Where it stands in the stream.
    pub sequence: String,
}

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

    /// Where the change stands in the stream from which on all failed; `None` when nothing did.
    pub fn failed(&self) -> Option<&str> {
        self.batch_item_failures.first().map(|failure| failure.item_identifier.as_str())
    }

    /// True when nothing failed.
    pub fn is_done(&self) -> bool {
        self.batch_item_failures.is_empty()
    }
}
