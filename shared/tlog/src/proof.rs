//! A proof that a fact is in the log, which holds without asking anyone (tlog-proof).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use tlog_tiles::Hash;

use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::fact::{Fact, FactError, LONGEST_ENTRY};
use crate::policy::Policy;
use crate::tree::included;

const FIRST: &str = "c2sp.org/tlog-proof@v1";
/// The longest path to a root, in hashes.
const LONGEST_PATH: usize = 64;

/// An entry, where it is in the log, and what proves it.
#[derive(Debug, PartialEq)]
pub struct Proof {
    /// The entry: what the specification calls extra data.
    pub entry: Vec<u8>,
    /// Its place in the log, from 0 on.
    pub index: u64,
    /// The hashes from its neighbour to the root.
    pub path: Vec<Hash>,
    /// The checkpoint that commits to it.
    pub checkpoint: SignedCheckpoint,
}

/// Why a proof is none.
#[derive(Debug, Error)]
pub enum ProofError {
    /// It is not written as proofs are.
    #[error("not a proof of a log (c2sp.org/tlog-proof@v1)")]
    Malformed,
    /// Its checkpoint is none.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Its entry is none.
    #[error(transparent)]
    Entry(#[from] FactError),
    /// The entry is not in the tree that the checkpoint commits to.
    #[error("the entry is not in the tree that the checkpoint commits to")]
    NotIncluded,
    /// The log that signed it is none of those that are trusted.
    #[error("none of the logs that are trusted has signed the checkpoint")]
    UnknownLog,
    /// Fewer witnesses have cosigned it than are asked for.
    #[error("the witnesses that are asked for have not cosigned the checkpoint")]
    Unwitnessed,
}

impl Proof {
    /// As it is written to a file that ends in `.tlog-proof`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("{FIRST}\nextra {}\nindex {}\n", STANDARD.encode(&self.entry), self.index);
        self.path.iter().for_each(|hash| text.push_str(&format!("{hash}\n")));
        text.push('\n');
        [text.into_bytes(), self.checkpoint.to_bytes()].concat()
    }

    /// Reads a proof; nothing in it holds until it is [judged](Self::judge).
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofError> {
        let text = std::str::from_utf8(bytes).map_err(|_| ProofError::Malformed)?;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(ProofError::Malformed)?;
        let mut lines = head.split('\n');
        let mut next = |prefix: &str| lines.next()?.strip_prefix(prefix);
        next(FIRST).filter(|rest| rest.is_empty()).ok_or(ProofError::Malformed)?;
        let extra = next("extra ").filter(|extra| extra.len() <= LONGEST_ENTRY * 2).ok_or(ProofError::Malformed)?;
        let written = next("index ").ok_or(ProofError::Malformed)?;
        let index: u64 = written.parse().map_err(|_| ProofError::Malformed)?;
        if index.to_string() != written {
            return Err(ProofError::Malformed);
        }
        let path = lines.map(Hash::parse_hash).take(LONGEST_PATH + 1).collect::<Result<Vec<_>, _>>();
        let path = path.ok().filter(|path| path.len() <= LONGEST_PATH).ok_or(ProofError::Malformed)?;
        let entry = STANDARD.decode(extra).map_err(|_| ProofError::Malformed)?;
        Ok(Self { entry, index, path, checkpoint: SignedCheckpoint::parse(checkpoint.as_bytes())? })
    }

    /// What the log says, when the proof holds by this policy; with the witnesses of the policy that have cosigned it.
    pub fn judge<'p>(&self, policy: &'p Policy) -> Result<(Fact, Vec<&'p str>), ProofError> {
        let cosigned = policy.accepts(&self.checkpoint)?;
        if !included(&self.path, self.checkpoint.size(), self.checkpoint.root(), self.index, &self.entry) {
            return Err(ProofError::NotIncluded);
        }
        Ok((Fact::read(&self.entry)?, cosigned))
    }
}
