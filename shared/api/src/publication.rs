//! What is published for everyone: keys, certificates, schemas, this description (RFC 8615).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::endpoint::{Endpoint, Topic};
use crate::parameter::parameters;

/// The signing key.
pub const KEY_SET: Endpoint<(), (), (), KeySet> = Endpoint::get(
    "/.well-known/jwks.json",
    Topic::Proof,
    "The signing keys (RFC 7517)",
)
.about(
    "The public keys that reports and signed answers are signed with, of now and before. A key that signs no more has \
             `retired_at`; what it signed before holds",
)
.for_any_origin();

/// The signing certificates.
pub const CERTIFICATES: Endpoint<(), (), (), ()> = Endpoint::get_file(
    "/.well-known/certificates.pem",
    Topic::Proof,
    "The signing certificates",
)
.about(
    "The certificates of the keys that reports are signed with, in PEM, to be pinned by whoever judges files offline",
)
.files(&["application/pem-certificate-chain"])
.for_any_origin();

/// A published schema.
pub const SCHEMA: Endpoint<FilePath, (), (), ()> =
    Endpoint::get_file("/schemas/{file}", Topic::Proof, "A published schema")
        .about(
            "JSON Schema 2020-12: `report-content.schema.json` of the data in a report, `report-template.schema.json`, \
             `event.schema.json` of what is told to the event bus, `log-entry.schema.json` of the public log",
        )
        .files(&["application/schema+json"])
        .problems(&[404])
        .for_any_origin();

/// A file of the pages.
pub const ASSET: Endpoint<FilePath, (), (), ()> =
    Endpoint::get_file("/assets/{file}", Topic::Proof, "A file of the pages")
        .about("Style sheet and scripts of the pages for people; no interface: they change with the pages")
        .files(&["text/css", "text/javascript", "image/svg+xml"])
        .problems(&[404]);

/// This description.
pub const DESCRIPTION: Endpoint<(), (), (), serde_json::Map<String, serde_json::Value>> =
    Endpoint::get("/openapi.json", Topic::Proof, "This description")
        .about("OpenAPI 3.1, made of the types that the service answers with; `/docs` shows it to people")
        .for_any_origin();

/// This description for people.
pub const DOCS: Endpoint<(), (), (), ()> =
    Endpoint::get_file("/docs", Topic::Proof, "This description, as a page for people")
        .about("With the sample codes and all problems")
        .files(&["text/html"]);

/// Every problem.
pub const PROBLEMS: Endpoint<(), (), (), Problems> = Endpoint::get("/problems", Topic::Proof, "Every kind of problem")
    .about("What an answer's `type` can be, with status, title and how to mend it")
    .for_any_origin();

/// One of them: where the `type` of a problem leads.
pub const PROBLEM: Endpoint<ProblemPath, (), (), ProblemKind> =
    Endpoint::get("/problems/{code}", Topic::Proof, "A kind of problem")
        .about("The address that stands in the `type` of a problem; browsers are led to its place in `/docs`")
        .files(&["text/html"])
        .leads_on()
        .problems(&[404])
        .for_any_origin();

parameters! {
    /// Which file.
    pub struct FilePath {
        /// Its name.
        pub file: String,
    }

    /// Which problem.
    pub struct ProblemPath {
        /// What stands behind `/problems/` in its `type`.
        pub code: String,
    }
}

/// Every kind of problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problems {
    /// Each of them, in the order of what they are about.
    pub problems: Vec<ProblemKind>,
}

/// A kind of problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProblemKind {
    /// As it stands in the answer: `/problems/<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The stable code.
    pub code: String,
    /// What it means, in English, for programmers.
    pub description: String,
    /// What it is answered as: mostly one way; the same code may be a missing thing in one place and a wrong value in another.
    pub answers: Vec<ProblemAnswer>,
}

/// How a kind of problem is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProblemAnswer {
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, for people; an answer may say more of this time.
    pub title: String,
    /// How to mend it, for people; null where the answer says so by itself or nothing can be done.
    pub hint: Option<String>,
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
