//! What makes a template unreadable.

use thiserror::Error;

/// A template that cannot be read. A template that can be read but is unwise yields [`crate::Finding`]s instead.
#[derive(Debug, Error)]
pub enum DeploymentError {
    /// The text is not YAML, names a key twice, or uses a tag such as `!Sub`.
    #[error("the template is not plain YAML: {0}")]
    Yaml(#[source] Box<serde_saphyr::Error>),
    /// A property is missing or of the wrong form.
    #[error("{resource}: {property}: {problem}")]
    Property {
        /// Logical id of the resource or parameter, or the name of a top-level section.
        resource: String,
        /// Path of the property within it, such as `Properties.KeySchema.0.KeyType`.
        property: String,
        /// What is wrong with it.
        problem: Problem,
    },
}

/// What is wrong with a property.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Problem {
    /// It is not there.
    #[error("is missing")]
    Missing,
    /// It is there, in another form than this.
    #[error("should be {0}")]
    Expected(&'static str),
}
