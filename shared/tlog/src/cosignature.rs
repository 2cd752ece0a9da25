//! What a witness says of a checkpoint: that as of a moment it is the largest that it has seen, and consistent with all before
//! (tlog-cosignature, cosignature/v1).

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use jiff::Timestamp;
use signed_note::{Signature, Verifier};

use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::key::{COSIGNATURE, KeyError, WitnessKey, opened, pair_of, secret, seed};

/// A witness that can sign.
pub struct Cosigner {
    pair: Ed25519KeyPair,
    key: WitnessKey,
}

impl Cosigner {
    /// Draws a key for a witness of this name; what [`Cosigner::parse`] reads.
    pub fn draw(name: &str) -> Result<String, KeyError> {
        secret(name, COSIGNATURE, &seed()?)
    }

    /// Reads a secret key: `PRIVATE+KEY+<name>+<id>+<base64>`.
    pub fn parse(secret: &str) -> Result<Self, KeyError> {
        let (name, seed) = opened(secret.trim(), COSIGNATURE)?;
        let pair = pair_of(&seed)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| KeyError::Format)?;
        Ok(Self { key: WitnessKey::of(name, public), pair })
    }

    /// The public key.
    pub const fn key(&self) -> &WitnessKey {
        &self.key
    }

    /// Cosigns a checkpoint; the line of its signature. Whether it may is decided before.
    pub(crate) fn cosign(&self, checkpoint: &SignedCheckpoint, at: Timestamp) -> Result<Signature, CheckpointError> {
        let seconds = u64::try_from(at.as_second()).map_err(|_| CheckpointError::Malformed)?;
        let signature = self.pair.sign(&message(seconds, checkpoint.text()));
        let timestamped = [&seconds.to_be_bytes(), signature.as_ref()].concat();
        Signature::new(self.key.name().to_owned(), self.key.id(), timestamped).map_err(|_| CheckpointError::Malformed)
    }
}

impl std::fmt::Debug for Cosigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cosigner({})", self.key)
    }
}

impl Verifier for WitnessKey {
    fn name(&self) -> &str {
        Self::name(self)
    }

    fn key_id(&self) -> u32 {
        self.id()
    }

    fn verify(&self, text: &[u8], timestamped: &[u8]) -> bool {
        let Some((seconds, signature)) = timestamped.split_first_chunk::<8>() else { return false };
        let seconds = u64::from_be_bytes(*seconds);
        i64::try_from(seconds).is_ok() && self.signed(&message(seconds, text), signature)
    }
}

fn message(seconds: u64, text: &[u8]) -> Vec<u8> {
    [format!("cosignature/v1\ntime {seconds}\n").as_bytes(), text].concat()
}
