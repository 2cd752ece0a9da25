//! Secrets that follow each other, as they are kept: `{"active": "2", "1": "<secret>", "2": "<secret>"}`.

use std::collections::BTreeMap;

use thiserror::Error;

/// An id and its secret.
pub type SecretWithId = (String, String);

/// What is wrong with secrets. No variant carries one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SecretsError {
    /// Not a JSON object of texts.
    #[error("the secrets are not a JSON object of texts")]
    Json,
    /// `active` is missing, or names no secret of at least 32 characters.
    #[error("the secrets name no active one of at least 32 characters")]
    NoActive,
}

/// Reads secrets: the one that `active` names, and the others in the order of their ids.
pub fn parse(json: &str) -> Result<(SecretWithId, Vec<SecretWithId>), SecretsError> {
    let mut fields: BTreeMap<String, String> = serde_json::from_str(json).map_err(|_| SecretsError::Json)?;
    let id = fields.remove("active").ok_or(SecretsError::NoActive)?;
    let secret = fields.remove(&id).filter(|secret| secret.len() >= 32).ok_or(SecretsError::NoActive)?;
    Ok(((id, secret), fields.into_iter().collect()))
}
