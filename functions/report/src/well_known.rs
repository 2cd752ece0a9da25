//! `GET /.well-known/…`: what is needed to check a report's signature without us (RFC 8615).

use xinzheng_api::publication::{KEY_SET, KeySet};
use xinzheng_runtime::{HttpResponse, Problem};

use crate::App;
use crate::issue::unwritable;

/// Certificates change seldom.
const CACHED: &str = "public, max-age=3600";

/// The signing keys of now and before as a JSON Web Key Set (RFC 7517), with their certificates; the present one first. Behind
/// them the keys that sign answers, which have none. No call.
pub(crate) fn key_set(app: &App) -> Result<HttpResponse, Problem> {
    let keys = app.seal.published()?.to_jwks().map_err(|error| unwritable(&error))?;
    let keys = keys.into_iter().chain(app.answer_keys.to_jwks());
    let keys = keys.map(|key| serde_json::from_value(key.into())).collect::<Result<_, _>>();
    let keys = keys.map_err(|error| unwritable(&error))?;
    Ok(HttpResponse::of(&KEY_SET, &KeySet { keys }).header("cache-control", CACHED))
}

/// The signing certificates of now and before and those that lead to their roots, as PEM, and what leads to the roots of time
/// stamps; above each what it is. No call.
pub(crate) fn certificates(app: &App) -> Result<HttpResponse, Problem> {
    let pem = app.seal.published()?.to_published_pem().map_err(|error| unwritable(&error))?;
    Ok(HttpResponse::text(200, "application/pem-certificate-chain", pem).header("cache-control", CACHED))
}
