//! `GET /.well-known/…`: what is needed to check a report's signature without us (RFC 8615).

use xinzheng_api::publication::{KEY_SET, KeySet};
use xinzheng_runtime::{HttpResponse, Problem};

use crate::App;
use crate::issue::unwritable;

/// Certificates change seldom.
const CACHED: &str = "public, max-age=3600";

/// The signing key as a JSON Web Key Set (RFC 7517), with its certificates. No call.
pub(crate) fn key_set(app: &App) -> Result<HttpResponse, Problem> {
    let key = app.signer.certificates().to_jwk().map_err(|error| unwritable(&error))?;
    let key = serde_json::from_value(key.into()).map_err(|error| unwritable(&error))?;
    Ok(HttpResponse::of(&KEY_SET, &KeySet { keys: vec![key] }).header("cache-control", CACHED))
}

/// The signing certificate and those that lead to its root, as PEM. No call.
pub(crate) fn certificates(app: &App) -> Result<HttpResponse, Problem> {
    let pem = app.signer.certificates().to_pem().map_err(|error| unwritable(&error))?;
    Ok(HttpResponse::text(200, "application/pem-certificate-chain", pem).header("cache-control", CACHED))
}
