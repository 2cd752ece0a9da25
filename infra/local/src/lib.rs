//! The local stack: embedded S3 and DynamoDB that speak their real protocols on loopback, the delivery of S3 events, a
//! gateway that serves the routes of `template.yaml`, and a token issuer. The functions in it are the very ones that
//! run on Lambda.

mod access_key;
mod broken_off;
pub mod calls;
mod certificate_authority;
pub mod cli;
mod client_credentials;
mod clients;
mod connections;
mod data_folder;
mod database;
mod database_protocol;
mod deployment;
mod embedded;
mod ending;
mod error;
pub mod event_bus;
mod gateway;
mod http_event;
mod issuer;
mod loopback;
mod losses;
pub mod main_job;
mod metrics_log;
mod notifications;
mod object_store;
mod options;
mod provision;
mod queues;
mod resource_name;
mod rights;
mod rotation;
mod schedules;
mod secrets;
mod sign_in;
pub mod stack;
mod state_file;
mod streams;
mod torn;
mod witness;
mod witness_command;

pub use calls::{Calls, count_calls};
pub use clients::client_builder;
pub use error::StackError;
pub use event_bus::{SentEvent, SentEvents};
pub use issuer::Issuer;
pub use options::{Counted, Options, Outage};
pub use queues::Faults;
pub use rotation::rotate_local;
pub use stack::Stack;
