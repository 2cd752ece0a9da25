//! Why nothing could be said at all.

use std::io;
use std::path::PathBuf;

use thiserror::Error;
use xinzheng_proof::TrustError;
use xinzheng_tlog::{PolicyError, ProofError};

#[derive(Debug, Error)]
pub enum VerifierError {
    #[error("{path} cannot be read: {error}", path = .path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("{from} has no certificates that can be used: {error}")]
    Trust { from: String, error: TrustError },
    #[error("{from} is no policy: {error}")]
    Policy { from: String, error: PolicyError },
    #[error("the proof does not hold: {0}")]
    Proof(#[from] ProofError),
    #[error("{0} is not an address over HTTPS or on this machine")]
    Address(String),
    #[error("the service cannot be asked: {0}")]
    Service(String),
    #[error("the outcome cannot be written: {0}")]
    Output(#[from] io::Error),
}
