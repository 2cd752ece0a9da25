//! The signed head of a log at a size (tlog-checkpoint), with what witnesses have signed of it.

use signed_note::{Note, NoteError, Signature, Verifier, VerifierList};
use thiserror::Error;
use tlog_tiles::{Checkpoint, Hash};

use crate::key::{LogKey, LogSigner, WitnessKey};
use crate::tree::LARGEST;

/// Why a checkpoint is none that can be relied on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CheckpointError {
    /// It is not written as checkpoints are.
    #[error("not a checkpoint")]
    Malformed,
    /// It says a size that no log of this kind has.
    #[error("the checkpoint is of more entries than this program reads")]
    TooLarge,
    /// It is of another log.
    #[error("the checkpoint is of another log: {0}")]
    OtherLog(String),
    /// The log has not signed it, or its signature does not hold.
    #[error("the checkpoint is not signed by the log")]
    Unsigned,
    /// A cosignature by the key of a witness does not hold.
    #[error("a cosignature in the checkpoint does not hold")]
    Cosignature,
}

/// A checkpoint and its signatures. What is read holds nothing until its signatures were looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedCheckpoint {
    origin: String,
    size: u64,
    root: Hash,
    /// What is signed.
    text: Vec<u8>,
    signatures: Vec<Signature>,
}

/// The longest checkpoint that is read, in bytes.
const LONGEST: usize = 16 << 10;

impl SignedCheckpoint {
    /// Signs the head of a log.
    pub fn sign(signer: &LogSigner, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        let checkpoint = Checkpoint::new(signer.key().origin(), size, root, "");
        let checkpoint = checkpoint.map_err(|_| CheckpointError::Malformed)?;
        let mut note = Note::new(&checkpoint.to_bytes(), &[]).map_err(|_| CheckpointError::Malformed)?;
        note.add_sigs(&[&signer.signer]).map_err(|_| CheckpointError::Malformed)?;
        Self::parse(&note.to_bytes())
    }

    /// Reads a checkpoint with its signatures.
    pub fn parse(bytes: &[u8]) -> Result<Self, CheckpointError> {
        if bytes.len() > LONGEST {
            return Err(CheckpointError::Malformed);
        }
        let note = Note::from_bytes(bytes).map_err(|_| CheckpointError::Malformed)?;
        let checkpoint = Checkpoint::from_bytes(note.text()).map_err(|_| CheckpointError::Malformed)?;
        // One text has one meaning.
        let rest = bytes.strip_prefix(checkpoint.to_bytes().as_slice()).and_then(|rest| rest.strip_prefix(b"\n"));
        let lines = rest.ok_or(CheckpointError::Malformed)?.split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.is_empty());
        let signatures = lines.map(Signature::from_bytes).collect::<Result<_, _>>();
        let signatures = signatures.map_err(|_| CheckpointError::Malformed)?;
        if checkpoint.size() > LARGEST {
            return Err(CheckpointError::TooLarge);
        }
        let (origin, size, root) = (checkpoint.origin().to_owned(), checkpoint.size(), *checkpoint.hash());
        Ok(Self { origin, size, root, text: checkpoint.to_bytes(), signatures })
    }

    /// The log's origin line.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many entries the log had.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree of these.
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// How many signatures it has.
    pub const fn signatures(&self) -> usize {
        self.signatures.len()
    }

    /// What is signed.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// As it is published.
    pub fn to_bytes(&self) -> Vec<u8> {
        let signatures = self.signatures.iter().flat_map(Signature::to_bytes);
        self.text.iter().copied().chain(*b"\n").chain(signatures).collect()
    }

    /// Whether the log has signed it; the witnesses among those given that have cosigned it, each once. A signature by one of
    /// these keys that does not hold spoils all.
    pub fn signed_by<'w>(
        &self,
        log: &LogKey,
        witnesses: &'w [WitnessKey],
    ) -> Result<Vec<&'w WitnessKey>, CheckpointError> {
        if self.origin() != log.origin() {
            return Err(CheckpointError::OtherLog(self.origin().to_owned()));
        }
        if self.verified(vec![Box::new(log.verifier())])?.is_empty() {
            return Err(CheckpointError::Unsigned);
        }
        let keys = witnesses.iter().map(|key| Box::new(key.clone()) as Box<dyn Verifier>).collect();
        let cosigned = self.verified(keys).map_err(|_| CheckpointError::Cosignature)?;
        Ok(witnesses.iter().filter(|key| cosigned.iter().any(|one| is_by(one, key))).collect())
    }

    /// The signatures by these keys that hold.
    fn verified(&self, keys: Vec<Box<dyn Verifier>>) -> Result<Vec<Signature>, CheckpointError> {
        let note = Note::new(&self.text, &self.signatures).map_err(|_| CheckpointError::Malformed)?;
        match note.verify(&VerifierList::new(keys)) {
            Ok((verified, _)) => Ok(verified),
            Err(NoteError::UnverifiedNote) => Ok(vec![]),
            Err(_) => Err(CheckpointError::Unsigned),
        }
    }

    /// The same with what a witness answered; `None` when that has no cosignature of this by its key.
    #[must_use]
    pub fn cosigned(&self, witness: &WitnessKey, answer: &[u8]) -> Option<Self> {
        let lines = std::str::from_utf8(answer).ok().filter(|lines| lines.len() <= LONGEST)?;
        let signatures = lines.lines().filter_map(|line| Signature::from_bytes(line.as_bytes()).ok());
        let own = signatures
            .filter(|signature| is_by(signature, witness))
            .find(|signature| Verifier::verify(witness, &self.text, signature.signature()))?;
        let kept = self.signatures.iter().filter(|one| !is_by(one, witness)).cloned();
        Some(Self { signatures: kept.chain([own]).collect(), ..self.clone() })
    }
}

/// Whether a signature says that it is by this witness.
fn is_by(signature: &Signature, witness: &WitnessKey) -> bool {
    signature.name() == witness.name() && signature.id() == witness.id()
}
