//! The secrets of a local stack: drawn once, kept in the data folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde_json::json;

use crate::stack::StackError;

/// The secrets of the data folder, by the environment variable that names each on AWS; drawn when there are none yet.
pub(crate) fn load(file: &Path) -> Result<BTreeMap<String, String>, StackError> {
    match fs::read(file) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_err(|_| StackError::Damaged { what: file.display().to_string(), why: "it is not JSON".to_owned() }),
        Err(_) => draw(file),
    }
}

fn draw(file: &Path) -> Result<BTreeMap<String, String>, StackError> {
    let code_keys = json!({ "active": "local-1", "local-1": random()? }).to_string();
    let secrets =
        BTreeMap::from([("PERSON_KEY_SECRET".to_owned(), random()?), ("CODE_KEYS_SECRET".to_owned(), code_keys)]);
    write_private(file, json!(secrets).to_string().as_bytes())?;
    Ok(secrets)
}

/// Writes a file that only its owner can read.
pub(crate) fn write_private(file: &Path, bytes: &[u8]) -> Result<(), StackError> {
    let unwritable = |error: std::io::Error| StackError::Unwritable { path: file.to_owned(), why: error.to_string() };
    let mut open = fs::OpenOptions::new();
    open.write(true).create(true).truncate(true).mode(0o600);
    open.open(file).and_then(|mut file| file.write_all(bytes)).map_err(unwritable)
}

fn random() -> Result<String, StackError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| StackError::NoRandomness(error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
