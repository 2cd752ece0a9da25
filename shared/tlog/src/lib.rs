//! The public log of what the platform has done, by the specifications of C2SP: what an entry says, the tree that commits
//! to all of them (RFC 6962), its tiles (tlog-tiles), signed heads (tlog-checkpoint, signed-note), proofs (tlog-proof),
//! and what witnesses say of heads (tlog-witness, tlog-cosignature). No I/O, no clock.

#![warn(missing_docs)]

mod bundle;
mod checkpoint;
mod cosignature;
mod digest;
mod fact;
mod frontier;
mod key;
mod policy;
mod proof;
mod tile;
mod tree;
mod witness;

pub use bundle::{BundleError, bundle, entries};
pub use checkpoint::{CheckpointError, SignedCheckpoint};
pub use cosignature::Cosigner;
pub use digest::{Digest, Salt};
pub use fact::{Fact, FactError, KeyPurpose, LONGEST_ENTRY};
pub use frontier::Frontier;
pub use key::{KeyError, LogKey, LogSigner, WitnessKey};
pub use policy::{Policy, PolicyError, Quorum};
pub use proof::{Proof, ProofError};
pub use tile::{PathError, Resource, TILE};
pub use tlog_tiles::{Hash, Tile, record_hash};
pub use tree::{Consistency, Growth, LARGEST, Tree, TreeError, consistent, edge, included};
pub use witness::{Refusal, Request, RequestError, Shown, Witnessed, decide};
