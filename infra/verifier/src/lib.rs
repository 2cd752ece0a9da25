//! Whether reports are as they were issued: files and folders judged by pinned certificates, offline, and on request
//! asked about at the service that issued them. The judging itself is `xinzheng-proof`.

mod arguments;
mod error;
mod files;
mod finding;
mod output;
mod run;
mod service;
mod verifying;

pub use arguments::{Arguments, Format};
pub use error::VerifierError;
pub use run::run;
