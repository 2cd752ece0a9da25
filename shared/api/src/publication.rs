//! What is published for everyone: keys, certificates, schemas, this description (RFC 8615).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::endpoint::{Endpoint, Topic};
use crate::parameter::parameters;

/// The signing key.
pub const KEY_SET: Endpoint<(), (), (), KeySet> =
    Endpoint::get("/.well-known/jwks.json", Topic::Proof, "The signing key (RFC 7517)");

/// The signing certificates.
pub const CERTIFICATES: Endpoint<(), (), (), ()> =
    Endpoint::get_file("/.well-known/certificates.pem", Topic::Proof, "The signing certificates")
        .files(&["application/pem-certificate-chain"]);

/// A published schema.
pub const SCHEMA: Endpoint<FilePath, (), (), ()> =
    Endpoint::get_file("/schemas/{file}", Topic::Proof, "A published schema")
        .files(&["application/schema+json"])
        .problems(&[404]);

/// A file of the pages.
pub const ASSET: Endpoint<FilePath, (), (), ()> =
    Endpoint::get_file("/assets/{file}", Topic::Proof, "A file of the pages")
        .files(&["text/css", "text/javascript", "image/svg+xml"])
        .problems(&[404]);

/// This description.
pub const DESCRIPTION: Endpoint<(), (), (), serde_json::Map<String, serde_json::Value>> =
    Endpoint::get("/openapi.json", Topic::Proof, "This description");

parameters! {
    /// Which file.
    pub struct FilePath {
        /// Its name.
        pub file: String,
    }
}

/// A JSON Web Key Set (RFC 7517).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct KeySet {
    /// The keys, each with its certificates.
    pub keys: Vec<serde_json::Map<String, serde_json::Value>>,
}
