//! Whether reports are as they were issued: files and folders judged by pinned certificates, offline, and on request
//! asked about at the service that issued them. The judging itself is `xinzheng-proof`. And the public log, followed as a monitor
//! does, and its proofs.

mod arguments;
mod audit_log;
mod document;
mod error;
mod files;
mod finding;
mod log_proof;
mod logged;
mod output;
mod run;
mod service;
mod verifying;

pub use arguments::{Arguments, Format};
pub use audit_log::{AuditLogArguments, EntryFormat, audit_log};
pub use error::VerifierError;
pub use log_proof::{LogProofArguments, log_proof};
pub use run::run;
