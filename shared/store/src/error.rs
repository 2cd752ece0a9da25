//! What can go wrong in the store.

use thiserror::Error;
use xinzheng_api::problem::{self, Problem};

/// An error of the store. None carries an identity number or a secret.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A service refused or could not be reached; worth another try.
    #[error("{operation} failed: {source}")]
    Service {
        /// The SDK operation.
        operation: &'static str,
        /// What the SDK said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The object is not there.
    #[error("no object {0}")]
    NoObject(String),
    /// The version of a stored file is not there any more, or another file is in its place.
    #[error("the version of the file is gone")]
    VersionGone,
    /// An item or object is not what this program writes.
    #[error("{what} is damaged: {why}")]
    Damaged {
        /// Which item or object.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The report number or code is taken; draw another.
    #[error("the report number is taken")]
    NumberTaken,
    /// A false commitment bars the subject from reports.
    #[error("the subject is barred from reports")]
    Barred,
    /// A grant does not let query any more: revoked, expired or spent since it was looked at.
    #[error("the grant does not let query any more")]
    GrantOver,
    /// The request, known by its key, was carried out meanwhile; its answer is kept.
    #[error("the request was carried out meanwhile")]
    Answered,
    /// A cursor was used that another list gave.
    #[error("the cursor is another list's")]
    ForeignCursor,
    /// Another report of the same subject, period and domains was issued at the same time; look again and repeat.
    #[error("another report of the same scope was issued at the same time")]
    Overtaken,
}

impl StoreError {
    pub(crate) fn service<E>(operation: &'static str) -> impl FnOnce(E) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        move |error| Self::Service { operation, source: describe(&error).into() }
    }

    pub(crate) fn damaged(what: impl Into<String>) -> impl FnOnce(serde_json::Error) -> Self {
        // Only the kind and place of the fault: serde's text can quote the value.
        let what = what.into();
        move |error| Self::Damaged { what, why: format!("line {} column {}", error.line(), error.column()) }
    }
}

/// What the caller is told of it.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if !matches!(error, StoreError::ForeignCursor) {
            tracing::error!(%error, "the store failed");
        }
        Self::from(match error {
            StoreError::ForeignCursor => problem::CURSOR_UNREADABLE,
            StoreError::Barred => problem::SUBJECT_BARRED,
            StoreError::GrantOver => problem::GRANT_OVER,
            StoreError::Answered => problem::REQUEST_RUNNING,
            StoreError::Service { .. } | StoreError::Overtaken => problem::STORE_UNAVAILABLE,
            StoreError::NoObject(_)
            | StoreError::VersionGone
            | StoreError::Damaged { .. }
            | StoreError::NumberTaken => problem::INTERNAL,
        })
    }
}

/// The whole chain of an SDK error: the outermost only says "service error".
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
