//! A function's environment variables, read once at start and never inside a handler.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;
use xinzheng_store::presigned::LONGEST;

/// Environment variables by name.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

/// A variable that is missing or makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EnvironmentError {
    /// Not set, or empty.
    #[error("environment variable {0} is not set")]
    Missing(String),
    /// Not of the form that it should have.
    #[error("environment variable {0} cannot be read")]
    Unreadable(String),
    /// A secret could not be fetched or is not what it should be.
    #[error("secret of {name}: {why}")]
    Secret {
        /// The variable that names it.
        name: String,
        /// What is wrong; never the secret.
        why: String,
    },
}

impl Environment {
    /// The process's own variables.
    pub fn of_process() -> Self {
        Self(std::env::vars().collect())
    }

    /// These variables.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(variables.into_iter().collect())
    }

    /// A variable's text.
    pub fn text(&self, name: &str) -> Result<&str, EnvironmentError> {
        match self.0.get(name).map(String::as_str) {
            None | Some("") => Err(EnvironmentError::Missing(name.to_owned())),
            Some(text) => Ok(text),
        }
    }

    /// A variable's moment, such as `2026-11-29T02:00:00Z`; `None` when it is empty.
    pub fn moment(&self, name: &str) -> Result<Option<Timestamp>, EnvironmentError> {
        match self.text(name) {
            Err(EnvironmentError::Missing(_)) => Ok(None),
            _ => self.value(name).map(Some),
        }
    }

    /// For how long addresses of the object store are valid: a variable's seconds, or as long as can be promised.
    pub fn link_validity(&self, name: &str) -> Result<Duration, EnvironmentError> {
        Ok(Duration::from_secs(self.value(name)?).min(LONGEST))
    }

    /// The variables whose names end so, with their texts.
    pub fn named(&self, end: &str) -> impl Iterator<Item = (&str, &str)> {
        let set = self.0.iter().filter(move |(name, text)| name.ends_with(end) && !text.is_empty());
        set.map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// A variable's value.
    pub fn value<T: FromStr>(&self, name: &str) -> Result<T, EnvironmentError> {
        self.text(name)?.parse().map_err(|_| EnvironmentError::Unreadable(name.to_owned()))
    }
}
