//! Addresses of the object store that the API hands out.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An address from which a file can be downloaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Download {
    /// The address.
    #[schemars(url)]
    pub url: String,
    /// How long it is valid, in seconds.
    pub valid_seconds: u64,
}

/// A request that puts exactly the announced bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UploadAddress {
    /// Its method.
    pub method: UploadMethod,
    /// Its address.
    #[schemars(url)]
    pub url: String,
    /// Its headers; it is refused without them.
    pub headers: BTreeMap<String, String>,
    /// How long it is valid, in seconds.
    pub valid_seconds: u64,
}

/// How a file is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum UploadMethod {
    /// As the body of a PUT.
    #[serde(rename = "PUT")]
    Put,
}
