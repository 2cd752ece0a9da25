//! The store: DynamoDB and S3 behind the names of the domain. The only crate that knows keys, tables and buckets.
//!
//! Every write can be repeated, reordered or run twice at once and leaves the same items: conditions compare source
//! positions, never arrival.

#![warn(missing_docs)]

mod attachments;
pub mod audit;
pub mod batch;
pub mod by_unit;
pub mod calendar;
pub mod cancellations;
mod cases;
pub mod changes;
pub mod checkpoint;
mod chunk_name;
pub mod commitments;
mod corrected;
pub mod doubts;
mod effects;
mod error;
pub mod evaluation;
pub mod feedback;
pub mod file_versions;
pub mod grants;
pub mod history;
pub mod idempotency;
pub mod index;
pub mod inventory;
mod keys;
mod lane;
pub mod living_codes;
pub mod log;
pub mod manifests;
pub mod matrix;
pub mod notices;
pub mod objections;
pub mod objects;
pub mod presigned;
pub mod published_log;
mod questioned;
pub mod records;
pub mod register;
pub mod repair_applications;
pub mod repairable;
pub mod reports;
pub mod sessions;
pub mod severity;
mod table;
pub mod templates;
pub mod throttle;
pub mod uploads;
pub mod versions;
pub mod waiting;
pub mod webhooks;

pub use chunk_name::ChunkName;
pub use error::StoreError;
pub use keys::Whose;
pub use table::{Committed, Cursor, Page};

/// The city's registry: one DynamoDB table.
#[derive(Clone, Debug)]
pub struct Registry {
    client: aws_sdk_dynamodb::Client,
    table: String,
}

impl Registry {
    /// The registry in `table`, reached through `client`.
    pub fn new(client: aws_sdk_dynamodb::Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }
}

/// A bucket of the object store.
#[derive(Clone, Debug)]
pub struct Bucket {
    client: aws_sdk_s3::Client,
    name: String,
}

impl Bucket {
    /// The bucket `name`, reached through `client`.
    pub fn new(client: aws_sdk_s3::Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// The bucket's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}
