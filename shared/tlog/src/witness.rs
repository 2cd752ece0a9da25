//! What a log asks of a witness, and what a witness answers (tlog-witness): it keeps one line of checkpoints for a log, and
//! cosigns nothing that does not go on from it.

use jiff::Timestamp;
use thiserror::Error;
use tlog_tiles::Hash;

use crate::checkpoint::SignedCheckpoint;
use crate::cosignature::Cosigner;
use crate::key::LogKey;
use crate::tree::{Consistency, consistent};

/// The most hashes of a consistency proof.
const LONGEST_PROOF: usize = 63;

/// A checkpoint that a witness is to cosign, and that it goes on from an earlier one.
#[derive(Debug, PartialEq)]
pub struct Request {
    /// The size of the earlier one, as the log knows that the witness knows it.
    pub before: u64,
    /// That it goes on from it.
    pub consistency: Consistency,
    /// The checkpoint.
    pub checkpoint: SignedCheckpoint,
}

/// A request that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a request to add a checkpoint (c2sp.org/tlog-witness)")]
pub struct RequestError;

impl Request {
    /// As it is sent.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("old {}\n", self.before);
        self.consistency.iter().for_each(|hash| text.push_str(&format!("{hash}\n")));
        text.push('\n');
        [text.into_bytes(), self.checkpoint.to_bytes()].concat()
    }

    /// Reads a request.
    pub fn parse(bytes: &[u8]) -> Result<Self, RequestError> {
        let text = std::str::from_utf8(bytes).map_err(|_| RequestError)?;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(RequestError)?;
        let mut lines = head.split('\n');
        let written = lines.next().and_then(|line| line.strip_prefix("old ")).ok_or(RequestError)?;
        let before: u64 = written.parse().map_err(|_| RequestError)?;
        let proof = lines.map(Hash::parse_hash).take(LONGEST_PROOF + 1).collect::<Result<Vec<_>, _>>();
        let consistency = proof.ok().filter(|proof| proof.len() <= LONGEST_PROOF).ok_or(RequestError)?;
        if before.to_string() != written {
            return Err(RequestError);
        }
        let checkpoint = SignedCheckpoint::parse(checkpoint.as_bytes()).map_err(|_| RequestError)?;
        Ok(Self { before, consistency, checkpoint })
    }
}

/// The newest checkpoint of a log that a witness has cosigned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Witnessed {
    /// Its size.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

/// Why a witness does not cosign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// It knows no log of this origin: 404.
    #[error("the log is unknown")]
    UnknownLog,
    /// The log has not signed it: 403.
    #[error("the log has not signed the checkpoint")]
    Unsigned,
    /// The earlier size is larger than the checkpoint: 400.
    #[error("the earlier size is larger than the checkpoint")]
    Backwards,
    /// It knows another one as the newest, of this size: 409.
    #[error("the newest that was cosigned has {0} entries")]
    Outdated(u64),
    /// The same size has another root: 409. The log shows two people two truths.
    #[error("a fork: of the same size another root was cosigned")]
    Fork(u64),
    /// Its root is not that of a log of no entries: 422.
    #[error("the checkpoint of no entries has a root that no empty log has")]
    NotEmpty,
    /// It does not go on from the newest: 422. The log shows two people two truths, or the proof is wrong.
    #[error("a fork, or a wrong proof: the checkpoint does not go on from the newest that was cosigned")]
    Inconsistent,
}

/// What a refused request shows of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Nothing.
    Nothing,
    /// It signed what is not to be reconciled with what was cosigned.
    Fork,
    /// It signed a checkpoint which nobody has proven to go on from what was cosigned: a fork, or somebody's wrong proof.
    Unproven,
}

impl Refusal {
    /// The status of the answer (tlog-witness).
    pub const fn status(self) -> u16 {
        match self {
            Self::UnknownLog => 404,
            Self::Unsigned => 403,
            Self::Backwards => 400,
            Self::Outdated(_) | Self::Fork(_) => 409,
            Self::NotEmpty | Self::Inconsistent => 422,
        }
    }

    /// What the request shows of the log.
    pub const fn shows(self) -> Shown {
        match self {
            Self::Fork(_) | Self::NotEmpty => Shown::Fork,
            Self::Inconsistent => Shown::Unproven,
            Self::UnknownLog | Self::Unsigned | Self::Backwards | Self::Outdated(_) => Shown::Nothing,
        }
    }
}

/// Whether a witness cosigns a checkpoint of this log, of which `newest` is what it cosigned last: the lines of the answer,
/// and what is the newest from now on. That is to be kept before the answer is given, and nobody may come in between.
pub fn decide(
    request: &Request,
    log: &LogKey,
    newest: Option<Witnessed>,
    cosigner: &Cosigner,
    at: Timestamp,
) -> Result<(Vec<u8>, Witnessed), Refusal> {
    let Request { before, consistency, checkpoint } = request;
    if checkpoint.origin() != log.origin() {
        return Err(Refusal::UnknownLog);
    }
    checkpoint.signed_by(log, &[]).map_err(|_| Refusal::Unsigned)?;
    if *before > checkpoint.size() {
        return Err(Refusal::Backwards);
    }
    let known = newest.map_or(0, |newest| newest.size);
    if *before != known {
        return Err(Refusal::Outdated(known));
    }
    if checkpoint.size() == 0 && checkpoint.root() != tlog_tiles::EMPTY_HASH {
        return Err(Refusal::NotEmpty);
    }
    let added = Witnessed { size: checkpoint.size(), root: checkpoint.root() };
    if let Some(newest) = newest {
        if newest.size == added.size && newest.root != added.root {
            return Err(Refusal::Fork(known));
        }
        if newest.size > 0 && !consistent(consistency, added.size, added.root, newest.size, newest.root) {
            return Err(Refusal::Inconsistent);
        }
    }
    if known == 0 && !consistency.is_empty() {
        return Err(Refusal::Inconsistent);
    }
    let line = cosigner.cosign(checkpoint, at).map_err(|_| Refusal::Unsigned)?;
    Ok((line.to_bytes(), added))
}
