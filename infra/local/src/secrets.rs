//! The secrets of a local stack: drawn once, kept in the data folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use aws_config::SdkConfig;
use serde_json::json;
use xinzheng_domain::sha256::hexadecimal;
use xinzheng_signature::DocumentSigner;

use crate::data_folder::DataFolder;
use crate::database::Held;
use crate::error::StackError;
use crate::losses::SECRETS;
use crate::{certificate_authority, state_file};

const PERSON_KEY: &str = "PERSON_KEY_SECRET";
const ADDRESS_KEY: &str = "ADDRESS_KEY_SECRET";
const PORTAL_KEY: &str = "PORTAL_KEY_SECRET";
const CODE_KEYS: &str = "CODE_KEYS_SECRET";
const SIGNING: &str = "SIGNING_SECRET";
/// The name of the secret of who stamps times.
const STAMPING: &str = "LOCAL_STAMPING_SECRET";
/// All of them.
const NAMES: [&str; 6] = [PERSON_KEY, ADDRESS_KEY, PORTAL_KEY, CODE_KEYS, SIGNING, STAMPING];

/// The secrets of the data folder.
pub(crate) struct LocalSecrets {
    /// What functions are given, by the environment variable that names each on AWS.
    pub(crate) of_functions: BTreeMap<String, String>,
    /// Who stamps times; no function is given it.
    stamping: String,
    file: PathBuf,
}

impl LocalSecrets {
    /// Reads them; those that are not there yet are drawn, unless a registry rests on them.
    pub(crate) fn load(data: &DataFolder, held: Held) -> Result<Self, StackError> {
        let file = data.file(SECRETS);
        let mut secrets = kept(&file)?;
        if held == Held::Items
            && let Some(lost) = NAMES.iter().find(|name| !secrets.contains_key(**name))
        {
            return Err(StackError::SecretLost { file, secret: (*lost).to_owned() });
        }
        let before = secrets.len();
        for drawn in [PERSON_KEY, ADDRESS_KEY, PORTAL_KEY] {
            if !secrets.contains_key(drawn) {
                secrets.insert(drawn.to_owned(), random()?);
            }
        }
        if !secrets.contains_key(CODE_KEYS) {
            let keys = json!({ "active": "local-1", "local-1": random()? });
            secrets.insert(CODE_KEYS.to_owned(), keys.to_string());
        }
        if !secrets.contains_key(SIGNING) || !secrets.contains_key(STAMPING) {
            let drawn = certificate_authority::draw()?;
            secrets.insert(SIGNING.to_owned(), drawn.signing);
            secrets.insert(STAMPING.to_owned(), drawn.stamping);
        }
        if secrets.len() > before {
            state_file::write(&file, json!(secrets).to_string().as_bytes())?;
        }
        // For whoever checks signatures; it is in the secrets, so that nothing is lost with the file.
        let root = data.file("ca.pem");
        if !root.exists() {
            let signing = secrets.get(SIGNING).map(String::as_str).unwrap_or_default();
            let pem = certificate_authority::root_of(signing).ok_or_else(|| StackError::damaged(&file, SIGNING))?;
            state_file::write(&root, pem.as_bytes())?;
        }
        let stamping = secrets.remove(STAMPING).unwrap_or_default();
        Ok(Self { of_functions: secrets, stamping, file })
    }

    /// Who stamps times.
    pub(crate) fn stamping(&self, sdk: &SdkConfig) -> Result<DocumentSigner, StackError> {
        DocumentSigner::parse(&self.stamping, &aws_sdk_kms::Client::new(sdk))
            .map_err(|error| StackError::damaged(&self.file, error))
    }
}

/// The secrets in a file; none when there is no file.
pub(crate) fn kept(file: &Path) -> Result<BTreeMap<String, String>, StackError> {
    match fs::read(file) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| StackError::damaged(file, "it is not JSON")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(StackError::damaged(file, error)),
    }
}

/// A secret of 256 bits, in hexadecimal.
pub(crate) fn random() -> Result<String, StackError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| StackError::NoRandomness(error.to_string()))?;
    Ok(hexadecimal(&bytes))
}
