//! The secrets of a local stack: drawn once, kept in the data folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use aws_config::SdkConfig;
use jiff::Timestamp;
use serde_json::json;
use xinzheng_domain::sha256::hexadecimal;
use xinzheng_runtime::secrets::Secrets;
use xinzheng_signature::{DocumentSigner, rotated};
use xinzheng_tlog::{Cosigner, LogKey, LogSigner};

use crate::certificate_authority::Purpose;
use crate::data_folder::DataFolder;
use crate::database::Held;
use crate::error::StackError;
use crate::losses::SECRETS;
use crate::{certificate_authority, state_file};

const PERSON_KEY: &str = "PERSON_KEY_SECRET";
const ADDRESS_KEY: &str = "ADDRESS_KEY_SECRET";
const PORTAL_KEY: &str = "PORTAL_KEY_SECRET";
const CODE_KEYS: &str = "CODE_KEYS_SECRET";
const ANSWER_KEYS: &str = "ANSWER_KEYS_SECRET";
const WEBHOOK_KEYS: &str = "WEBHOOK_KEYS_SECRET";
const LOG_KEY: &str = "LOG_KEY_SECRET";
const SIGNING: &str = "SIGNING_SECRET";
/// What the witness is called.
const WITNESS_NAME: &str = "witness.example.invalid";
/// The name of the secret of who stamps times.
const STAMPING: &str = "LOCAL_STAMPING_SECRET";
/// The name of the secret of the certificate authority.
const AUTHORITY: &str = "LOCAL_AUTHORITY_SECRET";
/// The name of the secret of who says which certificates are revoked.
const RESPONDER: &str = "LOCAL_RESPONDER_SECRET";
/// The name of the secret of the witness of the public log.
const WITNESS: &str = "LOCAL_WITNESS_SECRET";
/// Where the certificates say that the authority is.
const AUTHORITY_ADDRESS: &str = "LOCAL_AUTHORITY_ADDRESS";
/// Those that no function is given.
const OWN: [&str; 5] = [STAMPING, AUTHORITY, RESPONDER, WITNESS, AUTHORITY_ADDRESS];
/// All of them.
const NAMES: [&str; 13] = [
    PERSON_KEY,
    ADDRESS_KEY,
    PORTAL_KEY,
    CODE_KEYS,
    ANSWER_KEYS,
    WEBHOOK_KEYS,
    LOG_KEY,
    WITNESS,
    SIGNING,
    STAMPING,
    AUTHORITY,
    RESPONDER,
    AUTHORITY_ADDRESS,
];

/// The secrets of the data folder.
pub(crate) struct LocalSecrets {
    /// What functions are given, by the environment variable that names each on AWS.
    of_functions: BTreeMap<String, String>,
    /// Who stamps times; no function is given it.
    stamping: String,
    /// The certificate authority; no function is given it.
    authority: String,
    /// Who says which certificates are revoked; no function is given it.
    responder: String,
    /// The witness of the public log; no function is given it.
    witness: String,
    file: PathBuf,
}

impl LocalSecrets {
    /// Reads them; those that are not there yet are drawn, unless a registry rests on them. The certificates name the stack's
    /// address: at another one the keys have others, and those of before are earlier ones.
    pub(crate) fn load(data: &DataFolder, held: Held, address: &str, now: Timestamp) -> Result<Self, StackError> {
        let file = data.file(SECRETS);
        let mut secrets = kept(&file)?;
        if held == Held::Items
            && let Some(lost) = NAMES.iter().find(|name| !secrets.contains_key(**name))
        {
            return Err(StackError::SecretLost { file, secret: (*lost).to_owned() });
        }
        let before = secrets.clone();
        for drawn in [PERSON_KEY, ADDRESS_KEY, PORTAL_KEY, LOG_KEY] {
            if !secrets.contains_key(drawn) {
                secrets.insert(drawn.to_owned(), random()?);
            }
        }
        for drawn in [CODE_KEYS, ANSWER_KEYS, WEBHOOK_KEYS] {
            if !secrets.contains_key(drawn) {
                let keys = json!({ "active": "local-1", "local-1": random()? });
                secrets.insert(drawn.to_owned(), keys.to_string());
            }
        }
        if !secrets.contains_key(WITNESS) {
            let drawn = Cosigner::draw(WITNESS_NAME).map_err(|error| StackError::NoRandomness(error.to_string()))?;
            secrets.insert(WITNESS.to_owned(), drawn);
        }
        certify(&mut secrets, address, now)?;
        if secrets != before {
            state_file::write(&file, json!(secrets).to_string().as_bytes())?;
        }
        // For whoever checks signatures; it is in the secrets, so that nothing is lost with the file.
        let root = data.file("ca.pem");
        if !root.exists() {
            let authority = secrets.get(AUTHORITY).map(String::as_str).unwrap_or_default();
            let pem = certificate_authority::root_of(authority).ok_or_else(|| StackError::damaged(&file, AUTHORITY))?;
            state_file::write(&root, pem.as_bytes())?;
        }
        let [stamping, authority, responder, witness, _] = OWN.map(|name| secrets.remove(name).unwrap_or_default());
        Ok(Self { of_functions: secrets, stamping, authority, responder, witness, file })
    }

    /// What functions read, at start and again while they run: the file.
    pub(crate) fn for_functions(&self) -> Secrets {
        let file = self.file.clone();
        Secrets::kept_by(move || {
            let mut secrets = kept(&file).map_err(|error| error.to_string())?;
            secrets.retain(|name, _| !OWN.contains(&name.as_str()));
            Ok(secrets)
        })
    }

    /// The key of the public log.
    pub(crate) fn log_key(&self, origin: &str) -> Result<LogKey, StackError> {
        let secret = self.of_functions.get(LOG_KEY).map_or("", String::as_str);
        let signer = LogSigner::of(origin, secret.as_bytes());
        signer.map(|signer| signer.key().clone()).map_err(|error| StackError::damaged(&self.file, error))
    }

    /// The witness of the public log.
    pub(crate) fn witness(&self) -> Result<Cosigner, StackError> {
        Cosigner::parse(&self.witness).map_err(|error| StackError::damaged(&self.file, error))
    }

    /// Who stamps times.
    pub(crate) fn stamping(&self, sdk: &SdkConfig) -> Result<DocumentSigner, StackError> {
        self.signer(&self.stamping, sdk)
    }

    /// Who says of a certificate whether it is revoked.
    pub(crate) fn responder(&self, sdk: &SdkConfig) -> Result<DocumentSigner, StackError> {
        self.signer(&self.responder, sdk)
    }

    /// Who signs certificates and the list of those that are revoked.
    pub(crate) fn authority(&self, sdk: &SdkConfig) -> Result<DocumentSigner, StackError> {
        self.signer(&self.authority, sdk)
    }

    fn signer(&self, configuration: &str, sdk: &SdkConfig) -> Result<DocumentSigner, StackError> {
        DocumentSigner::parse(configuration, &aws_sdk_kms::Client::new(sdk))
            .map_err(|error| StackError::damaged(&self.file, error))
    }
}

/// Draws the certificate authority and the keys that it certifies, and certifies them anew at another address.
fn certify(secrets: &mut BTreeMap<String, String>, address: &str, now: Timestamp) -> Result<(), StackError> {
    if !secrets.contains_key(AUTHORITY) {
        secrets.insert(AUTHORITY.to_owned(), certificate_authority::draw_root()?);
    }
    let authority = secrets.get(AUTHORITY).cloned().unwrap_or_default();
    let moved =
        secrets.insert(AUTHORITY_ADDRESS.to_owned(), address.to_owned()).is_some_and(|before| before != address);
    for (name, purpose) in [(SIGNING, Purpose::Reports), (STAMPING, Purpose::Times), (RESPONDER, Purpose::Status)] {
        let certified = match secrets.get(name) {
            Some(_) if !moved => continue,
            None => certificate_authority::draw(&authority, purpose, address)?,
            Some(current) => {
                let again = certificate_authority::draw_again(&authority, purpose, address, current)?;
                match purpose {
                    Purpose::Times | Purpose::Status => again,
                    Purpose::Reports => rotated(current, &again, now).map_err(StackError::Rotation)?,
                }
            }
        };
        secrets.insert(name.to_owned(), certified);
    }
    Ok(())
}

/// Gives a data folder's stack another key to sign reports by; the one of before becomes an earlier one.
pub(crate) fn rotate(data: &DataFolder, now: Timestamp) -> Result<(), StackError> {
    let file = data.file(SECRETS);
    let mut secrets = kept(&file)?;
    let lost = |secret: &str| StackError::SecretLost { file: file.clone(), secret: secret.to_owned() };
    let of = |name: &str| secrets.get(name).ok_or_else(|| lost(name));
    let next = certificate_authority::draw(of(AUTHORITY)?, Purpose::Reports, of(AUTHORITY_ADDRESS)?)?;
    let rotated = rotated(of(SIGNING)?, &next, now).map_err(StackError::Rotation)?;
    secrets.insert(SIGNING.to_owned(), rotated);
    state_file::write(&file, json!(secrets).to_string().as_bytes())
}

/// Changes one of the secrets that functions are given.
pub(crate) fn change(data: &DataFolder, name: &str, change: impl FnOnce(&str) -> String) -> Result<(), StackError> {
    let file = data.file(SECRETS);
    let mut secrets = kept(&file)?;
    let lost = || StackError::SecretLost { file: file.clone(), secret: name.to_owned() };
    let secret = secrets.get_mut(name).filter(|_| !OWN.contains(&name)).ok_or_else(lost)?;
    *secret = change(secret);
    state_file::write(&file, json!(secrets).to_string().as_bytes())
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
