//! The local stack: embedded S3 and DynamoDB that speak their real protocols on loopback, the delivery of S3 events, a
//! gateway that serves the routes of `template.yaml`, and a token issuer. The functions in it are the very ones that
//! run on Lambda.

pub mod calls;
mod certificate_authority;
pub mod cli;
mod database;
mod deployment;
pub mod event_bus;
mod gateway;
mod issuer;
pub mod main_job;
mod object_store;
mod provision;
mod queues;
mod rights;
mod secrets;
mod sign_in;
pub mod stack;
mod state_file;
mod streams;

pub use calls::Calls;
pub use event_bus::{SentEvent, SentEvents};
pub use issuer::Issuer;
pub use queues::Faults;
pub use stack::{Options, Stack, StackError, client_builder};
