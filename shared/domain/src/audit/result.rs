//! What became of a step.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepResult {
    /// It was done.
    #[default]
    Done,
    /// It was refused.
    Refused,
}
