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
    /// Its id: the certificate's thumbprint; of a key without a certificate its own (RFC 7638).
    pub kid: String,
    /// The SHA-256 of the certificate, in base64url; left out of a key that signs answers, which has none.
    #[serde(rename = "x5t#S256", default, skip_serializing_if = "Option::is_none")]
    pub thumbprint: Option<String>,
    /// The certificate and those that lead to its root, each as DER in base64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub x5c: Vec<String>,
    /// From when on the certificate is valid, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// Until when the certificate is valid, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// Since when the key signs no more, in seconds since 1970; left out of a key that signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<i64>,
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
