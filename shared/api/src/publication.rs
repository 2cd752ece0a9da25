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
    pub keys: Vec<Jwk>,
}

/// A public key that signatures are checked with, and its certificates (RFC 7517, 4; RFC 7518, 6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Jwk {
    /// `EC` or `RSA`.
    pub kty: String,
    /// `ES256` or `RS256`.
    pub alg: String,
    /// `sig`.
    #[serde(rename = "use")]
    pub purpose: String,
    /// Its id: the certificate's thumbprint.
    pub kid: String,
    /// The SHA-256 of the certificate, in base64url.
    #[serde(rename = "x5t#S256")]
    pub thumbprint: String,
    /// The certificate and those that lead to its root, each as DER in base64.
    pub x5c: Vec<String>,
    /// The curve, of `EC`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// A coordinate of the point, of `EC`, in base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// The other one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// The modulus, of `RSA`, in base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// The exponent, of `RSA`, in base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
}
