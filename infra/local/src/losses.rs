//! What a data folder has lost. Its parts belong together: a registry without its secrets would know persons and codes by
//! other ids from now on, secrets and objects without their registry would belong to an empty one. Nothing is made anew in
//! the place of what was lost.

use std::path::Path;

use crate::data_folder::DataFolder;
use crate::database::{self, Held};
use crate::error::StackError;

/// The database's file.
pub(crate) const DATABASE: &str = "dynamodb.sqlite";
/// The folder of the object store.
pub(crate) const OBJECTS: &str = "s3";
/// The folder of the queues.
pub(crate) const QUEUES: &str = "queues";
/// The key of the token issuer.
pub(crate) const ISSUER: &str = "issuer.pem";
/// The secrets of functions.
pub(crate) const SECRETS: &str = "secrets.json";

/// What a folder holds of the registry; an error when it does not hold what belongs to it.
///
/// At a first start the table is made first, then the buckets, then the secrets, and only then anything is written, so that
/// a first start that was broken off has lost nothing.
pub(crate) fn check(data: &DataFolder, registry: &str) -> Result<Held, StackError> {
    let held = database::held(&data.file(DATABASE), registry)?;
    let missing = |name: &str| !data.file(name).exists();
    let lost = |name: &str, of: &'static str| Err(StackError::Lost { missing: data.file(name), of });
    match held {
        Held::Items => match [SECRETS, ISSUER, OBJECTS, QUEUES].into_iter().find(|name| missing(name)) {
            Some(name) => lost(name, "the registry"),
            None => Ok(held),
        },
        Held::Nothing if !missing(SECRETS) => lost(DATABASE, "secrets"),
        Held::Nothing if has_objects(&data.file(OBJECTS)) => lost(DATABASE, "objects"),
        Held::Nothing | Held::Table => Ok(held),
    }
}

/// True when a bucket of the object store has anything in it.
fn has_objects(store: &Path) -> bool {
    let entries = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries(store).any(|bucket| entries(&bucket.path()).next().is_some())
}
