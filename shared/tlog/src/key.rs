//! Keys of logs and witnesses as signed notes write them: `<name>+<id>+<base64 of algorithm and key>`.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use signed_note::{Signer as _, StandardSigner, StandardVerifier, Verifier, is_key_name_valid, key_id};
use thiserror::Error;

/// An Ed25519 key that signs notes (signed-note).
const NOTE: u8 = 1;
/// An Ed25519 key that cosigns checkpoints (tlog-cosignature).
pub(crate) const COSIGNATURE: u8 = 4;

/// Why a key is none.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// It is not written as keys are.
    #[error("not a key: give <name>+<id>+<key> as signed notes write them")]
    Format,
    /// It is of another kind.
    #[error("a key of another kind: of logs the algorithm is 1 (Ed25519), of witnesses 4 (cosignature/v1)")]
    Algorithm,
    /// Name, id and key do not belong together.
    #[error("the id is not that of this name and key")]
    Id,
    /// The secret that a key is to be made of has fewer than 32 bytes.
    #[error("the secret has fewer than 32 bytes")]
    Short,
    /// No randomness is to be had.
    #[error("no randomness: {0}")]
    NoRandomness(String),
}

/// The public key of a log: its name is the log's origin.
#[derive(Clone)]
pub struct LogKey {
    written: String,
    verifier: StandardVerifier,
}

impl LogKey {
    /// Reads a key as it is published.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        parts(text, NOTE)?;
        let verifier = StandardVerifier::new(text).map_err(|_| KeyError::Format)?;
        Ok(Self { written: text.to_owned(), verifier })
    }

    /// The log's origin line.
    pub fn origin(&self) -> &str {
        self.verifier.name()
    }

    pub(crate) fn verifier(&self) -> StandardVerifier {
        self.verifier.clone()
    }
}

impl std::fmt::Display for LogKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.written)
    }
}

impl std::fmt::Debug for LogKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LogKey({})", self.written)
    }
}

/// Who signs a log's checkpoints.
pub struct LogSigner {
    pub(crate) signer: StandardSigner,
    key: LogKey,
}

impl LogSigner {
    /// Draws a key for a log of this origin; what [`LogSigner::parse`] reads.
    pub fn draw(origin: &str) -> Result<String, KeyError> {
        secret(origin, NOTE, &seed()?)
    }

    /// The signer of a log whose key is made of a secret of at least 32 bytes: the same secret and origin make the same key.
    pub fn of(origin: &str, of: &[u8]) -> Result<Self, KeyError> {
        if of.len() < 32 {
            return Err(KeyError::Short);
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, of);
        let seed = hmac::sign(&key, format!("xinzheng log Ed25519\n{origin}").as_bytes());
        let seed: [u8; 32] = seed.as_ref().try_into().map_err(|_| KeyError::Format)?;
        Self::parse(&secret(origin, NOTE, &seed)?)
    }

    /// Reads a secret key: `PRIVATE+KEY+<name>+<id>+<base64>`.
    pub fn parse(secret: &str) -> Result<Self, KeyError> {
        let (name, seed) = opened(secret.trim(), NOTE)?;
        let signer = StandardSigner::new(secret.trim()).map_err(|_| KeyError::Format)?;
        let public = public_of(&seed)?;
        let key = LogKey::parse(&written(name, signer.key_id(), NOTE, &public))?;
        Ok(Self { signer, key })
    }

    /// The public key.
    pub const fn key(&self) -> &LogKey {
        &self.key
    }
}

impl std::fmt::Debug for LogSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LogSigner({})", self.key)
    }
}

/// The public key of a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessKey {
    name: String,
    id: u32,
    public: [u8; 32],
}

impl WitnessKey {
    /// Reads a key as it is published.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (name, id, public) = parts(text.trim(), COSIGNATURE)?;
        Ok(Self { name: name.to_owned(), id, public })
    }

    pub(crate) fn of(name: &str, public: [u8; 32]) -> Self {
        Self { name: name.to_owned(), id: id_of(name, COSIGNATURE, &public), public }
    }

    /// What the witness is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) const fn id(&self) -> u32 {
        self.id
    }

    /// Whether it is the same key, under whatever name.
    pub(crate) fn is_same_key(&self, other: &Self) -> bool {
        self.public == other.public
    }

    /// Whether the witness has signed this.
    pub(crate) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public).verify(message, signature).is_ok()
    }
}

impl std::fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&written(&self.name, self.id, COSIGNATURE, &self.public))
    }
}

/// Name, id and key of a public key of this algorithm.
fn parts(text: &str, algorithm: u8) -> Result<(&str, u32, [u8; 32]), KeyError> {
    let (name, rest) = text.split_once('+').ok_or(KeyError::Format)?;
    let (id, key) = rest.split_once('+').ok_or(KeyError::Format)?;
    let bytes = STANDARD.decode(key).map_err(|_| KeyError::Format)?;
    let (first, public) = bytes.split_first().ok_or(KeyError::Format)?;
    if *first != algorithm {
        return Err(KeyError::Algorithm);
    }
    let public: [u8; 32] = public.try_into().map_err(|_| KeyError::Format)?;
    let is_id = id.len() == 8 && id.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    if !is_key_name_valid(name) || !is_id {
        return Err(KeyError::Format);
    }
    let id = u32::from_str_radix(id, 16).map_err(|_| KeyError::Format)?;
    if id == id_of(name, algorithm, &public) { Ok((name, id, public)) } else { Err(KeyError::Id) }
}

/// Name and seed of a secret key of this algorithm.
pub(crate) fn opened(secret: &str, algorithm: u8) -> Result<(&str, [u8; 32]), KeyError> {
    let rest = secret.strip_prefix("PRIVATE+KEY+").ok_or(KeyError::Format)?;
    let (name, rest) = rest.split_once('+').ok_or(KeyError::Format)?;
    let (id, key) = rest.split_once('+').ok_or(KeyError::Format)?;
    let bytes = STANDARD.decode(key).map_err(|_| KeyError::Format)?;
    let (first, seed) = bytes.split_first().ok_or(KeyError::Format)?;
    if *first != algorithm {
        return Err(KeyError::Algorithm);
    }
    let seed: [u8; 32] = seed.try_into().map_err(|_| KeyError::Format)?;
    if !is_key_name_valid(name) {
        return Err(KeyError::Format);
    }
    let id = u32::from_str_radix(id, 16).map_err(|_| KeyError::Format)?;
    if id == id_of(name, algorithm, &public_of(&seed)?) { Ok((name, seed)) } else { Err(KeyError::Id) }
}

/// The secret key of a name, as text.
pub(crate) fn secret(name: &str, algorithm: u8, seed: &[u8; 32]) -> Result<String, KeyError> {
    if !is_key_name_valid(name) {
        return Err(KeyError::Format);
    }
    let id = id_of(name, algorithm, &public_of(seed)?);
    Ok(format!("PRIVATE+KEY+{}", written(name, id, algorithm, seed)))
}

pub(crate) fn seed() -> Result<[u8; 32], KeyError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| KeyError::NoRandomness(error.to_string()))?;
    Ok(bytes)
}

pub(crate) fn pair_of(seed: &[u8; 32]) -> Result<Ed25519KeyPair, KeyError> {
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Format)
}

fn public_of(seed: &[u8; 32]) -> Result<[u8; 32], KeyError> {
    pair_of(seed)?.public_key().as_ref().try_into().map_err(|_| KeyError::Format)
}

fn written(name: &str, id: u32, algorithm: u8, key: &[u8; 32]) -> String {
    format!("{name}+{id:08x}+{}", STANDARD.encode(with_algorithm(algorithm, key)))
}

fn id_of(name: &str, algorithm: u8, public: &[u8; 32]) -> u32 {
    key_id(name, &with_algorithm(algorithm, public))
}

fn with_algorithm(algorithm: u8, key: &[u8; 32]) -> Vec<u8> {
    std::iter::once(algorithm).chain(key.iter().copied()).collect()
}
