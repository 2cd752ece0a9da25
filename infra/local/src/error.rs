//! Why a stack cannot start or do its job.

use std::path::{Path, PathBuf};

use thiserror::Error;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_signature::SignatureError;

/// Why a stack cannot start or do its job: one line for a person.
#[derive(Debug, Error)]
pub enum StackError {
    /// Another program, or another stack, listens there.
    #[error("port {port} on 127.0.0.1 cannot be used: {why}; choose another with --port")]
    Port {
        /// The port.
        port: u16,
        /// What the system says.
        why: String,
    },
    /// The folder or a file in it cannot be written.
    #[error("{path} cannot be written: {why}; choose another folder with --data")]
    Unwritable {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// Another stack runs on the folder.
    #[error("{0} is in use by another running stack")]
    InUse(PathBuf),
    /// Something in the data folder is not what a stack wrote.
    #[error("{what} is damaged ({why}); move the data folder away to start afresh")]
    Damaged {
        /// What is damaged.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// A part of the data folder is gone, and what belongs to it is not.
    #[error(
        "{missing} is missing or empty, while what belongs to it is there ({of}); put it back from a copy, or move the data folder away to start afresh"
    )]
    Lost {
        /// What is missing.
        missing: PathBuf,
        /// What is there.
        of: &'static str,
    },
    /// A secret is gone that the registry rests on.
    #[error(
        "{file} lacks {secret}, while what rests on it is there (the registry); put the file back from a copy, or move the data folder away to start afresh"
    )]
    SecretLost {
        /// The file of secrets.
        file: PathBuf,
        /// The name of the secret.
        secret: String,
    },
    /// How far a stream was told of cannot be read.
    #[error("{0} is damaged (it is no place in a stream); remove it to have everything told again")]
    Position(PathBuf),
    /// The template cannot be deployed locally.
    #[error("template.yaml: {0}")]
    Template(String),
    /// A table or bucket could not be made.
    #[error("{resource} could not be made: {why}")]
    Provision {
        /// Its logical id.
        resource: String,
        /// What the service said.
        why: String,
    },
    /// A function could not start.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The system gives no random numbers.
    #[error("no randomness: {0}")]
    NoRandomness(String),
    /// A key cannot follow another.
    #[error("the key cannot be rotated: {0}")]
    Rotation(SignatureError),
    /// A step of the main job did not do what it should.
    #[error("{step}: {why}")]
    Step {
        /// The step.
        step: &'static str,
        /// What went wrong.
        why: String,
    },
}

impl StackError {
    pub(crate) fn unwritable(path: &Path, why: impl ToString) -> Self {
        Self::Unwritable { path: path.to_owned(), why: why.to_string() }
    }

    pub(crate) fn damaged(file: &Path, why: impl ToString) -> Self {
        Self::Damaged { what: file.display().to_string(), why: why.to_string() }
    }

    pub(crate) fn provision(resource: &str, error: &dyn std::error::Error) -> Self {
        Self::Provision { resource: resource.to_owned(), why: error.to_string() }
    }

    pub(crate) fn step(step: &'static str) -> impl FnOnce(Box<dyn std::error::Error + Send + Sync>) -> Self {
        move |error| Self::Step { step, why: error.to_string() }
    }
}
