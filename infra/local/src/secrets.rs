//! The secrets of a local stack: drawn once, kept in the data folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde_json::json;

use crate::stack::StackError;
use crate::{certificate_authority, state_file};

/// Who stamps times locally; no function is given it.
pub(crate) const STAMPING: &str = "LOCAL_STAMPING_SECRET";

/// The secrets of the data folder, by the environment variable that names each on AWS; those that are not there yet are
/// drawn.
pub(crate) fn load(data: &Path) -> Result<BTreeMap<String, String>, StackError> {
    let file = data.join("secrets.json");
    let damaged = |why: String| StackError::Damaged { what: file.display().to_string(), why };
    let mut secrets: BTreeMap<String, String> = match fs::read(&file) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| damaged("it is not JSON".to_owned()))?,
        Err(error) if error.kind() == ErrorKind::NotFound => BTreeMap::new(),
        Err(error) => return Err(damaged(error.to_string())),
    };
    let before = secrets.len();
    for drawn in ["PERSON_KEY_SECRET", "ADDRESS_KEY_SECRET", "PORTAL_KEY_SECRET"] {
        if !secrets.contains_key(drawn) {
            secrets.insert(drawn.to_owned(), random()?);
        }
    }
    if !secrets.contains_key("CODE_KEYS_SECRET") {
        let keys = json!({ "active": "local-1", "local-1": random()? });
        secrets.insert("CODE_KEYS_SECRET".to_owned(), keys.to_string());
    }
    if !secrets.contains_key("SIGNING_SECRET") || !secrets.contains_key(STAMPING) {
        let drawn = certificate_authority::draw(&data.join("ca.pem"))?;
        secrets.insert("SIGNING_SECRET".to_owned(), drawn.signing);
        secrets.insert(STAMPING.to_owned(), drawn.stamping);
    }
    if secrets.len() > before {
        write_private(&file, json!(secrets).to_string().as_bytes())?;
    }
    Ok(secrets)
}

/// Writes a file that only its owner can read.
pub(crate) fn write_private(file: &Path, bytes: &[u8]) -> Result<(), StackError> {
    state_file::replace(file, bytes)
        .map_err(|error| StackError::Unwritable { path: file.to_owned(), why: error.to_string() })
}

fn random() -> Result<String, StackError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| StackError::NoRandomness(error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
