//! From what was seen to what is there now.

use std::fmt;
use std::fs;
use std::io::{Seek as _, Write};

use futures::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;
use serde::Serialize;
use tempfile::SpooledTempFile;
use xinzheng_tlog::{
    CheckpointError, Fact, Frontier, Hash, Policy, ProofError, SignedCheckpoint, TILE, Tree, TreeError, consistent,
    record_hash,
};

use super::reader::Reader;
use super::state::State;
use super::told::{Told, is_change};
use super::{AuditError, AuditLogArguments, Evidence};

/// How many bundles are asked for side by side.
const AT_ONCE: usize = 16;
/// After how many bundles their hashes are put into the tree: memory holds no more, however long the log is.
const HELD: u64 = 64;
/// The bytes of what is told that are kept in memory before they are put into a file.
pub(super) const SPOOLED: usize = 8 << 20;

/// What following a log came to.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    origin: String,
    size: u64,
    new: u64,
    told: u64,
    /// Entries that are no facts.
    pub(crate) faults: u64,
    cosigned_by: Vec<String>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, size, new, told, faults, cosigned_by } = self;
        let by = if cosigned_by.is_empty() { "no witness".to_owned() } else { cosigned_by.join(", ") };
        write!(f, "{origin}: {size} entries, {new} of them new, {told} told, {faults} no facts; cosigned by {by}")
    }
}

/// Follows a log: reads what is new, checks it, and tells of it.
pub(crate) async fn follow(
    arguments: &AuditLogArguments,
    to: &mut impl Write,
    bar: &ProgressBar,
) -> Result<Summary, AuditError> {
    let reader = Reader::at(&arguments.address)?;
    let before = State::read(&arguments.state)?;
    let written = policy(arguments, &reader, before.as_ref()).await?;
    let policy = Policy::parse(&written)?;
    let Newest { checkpoint, cosigned_by, published } = newest(&reader, &policy).await?;
    let shown = checkpoint.to_bytes();
    let mut seen = before.as_ref().map_or_else(Frontier::empty, |before| before.seen.clone());
    let (began, seen_last) = (seen.size(), seen.last());
    if let Some(before) = &before
        && let Err(error) = goes_on(&reader, before, &checkpoint, published).await
    {
        // Two that the log has signed and that cannot be reconciled; what was not read, or altered on its way, is none of these.
        if let AuditError::Evidence(Evidence::Fork { .. } | Evidence::SetBack { .. }) = error {
            before.keep_evidence(&arguments.state, &checkpoint)?;
        }
        return Err(error);
    }
    bar.set_length(checkpoint.size());
    bar.set_position(began);
    // Told once all of it is known to be what the checkpoint commits to.
    let mut spool = SpooledTempFile::new(SPOOLED);
    let mut output = Told::begin(&mut spool, arguments.format)?;
    let (size, mut told, mut faults) = (checkpoint.size(), 0, 0);
    let bundles = stream::iter(began / TILE..size.div_ceil(TILE))
        .map(|number| {
            let reader = reader.clone();
            async move { Ok::<_, AuditError>((number, reader.entries(number, size).await?)) }
        })
        .buffered(AT_ONCE);
    let mut bundles = std::pin::pin!(bundles);
    let mut leaves: Vec<Hash> = vec![];
    let kept = |seen: &Frontier| {
        let checkpoint = String::from_utf8_lossy(&shown).into_owned();
        State { policy: written.clone(), checkpoint, seen: seen.clone() }.write(&arguments.state)
    };
    while let Some((number, entries)) = bundles.try_next().await? {
        let known = usize::try_from(began.saturating_sub(number * TILE)).unwrap_or(usize::MAX);
        // What was read before is read again with the rest of its bundle, and has to be the same.
        if entries.iter().take(known).map(|entry| record_hash(entry)).ne(seen_last.iter().take(known).copied()) {
            return Err(AuditError::Evidence(Evidence::Rewritten { from: number * TILE, size }));
        }
        for (index, entry) in (number * TILE..).zip(&entries).skip(known) {
            leaves.push(record_hash(entry));
            match Fact::read(entry) {
                Ok(fact) if arguments.all || is_change(&fact) => {
                    output.entry(index, &fact)?;
                    told += 1;
                }
                Ok(_) => {}
                Err(why) => {
                    output.fault(index, &Evidence::NoFact { index, why }.to_string())?;
                    faults += 1;
                }
            }
        }
        bar.set_position((number * TILE).saturating_add(TILE).min(size));
        if number % HELD == HELD - 1 {
            appended(&mut seen, &mut leaves)?;
        }
    }
    appended(&mut seen, &mut leaves)?;
    bar.finish_and_clear();
    if (seen.size(), seen.root()) != (size, checkpoint.root()) {
        return Err(AuditError::Evidence(Evidence::Rewritten { from: began, size }));
    }
    spool.rewind()?;
    std::io::copy(&mut spool, to)?;
    to.flush()?;
    // What is kept was seen as a whole, and told: a run that broke off is done again.
    kept(&seen)?;
    let origin = checkpoint.origin().to_owned();
    Ok(Summary { origin, size, new: size - began, told, faults, cosigned_by })
}

fn appended(seen: &mut Frontier, leaves: &mut Vec<Hash>) -> Result<(), AuditError> {
    seen.append(&std::mem::take(leaves)).map_err(|error| AuditError::Evidence(Evidence::Tiles(error)))?;
    Ok(())
}

/// Whom to trust: what is given, what was trusted before, or what the log says of itself the first time.
async fn policy(arguments: &AuditLogArguments, reader: &Reader, before: Option<&State>) -> Result<String, AuditError> {
    if let Some(file) = &arguments.log {
        return fs::read_to_string(file)
            .map_err(|error| AuditError::File { path: file.display().to_string(), why: error.to_string() });
    }
    if let Some(before) = before {
        return Ok(before.policy.clone());
    }
    let found = reader.get("policy").await?.ok_or_else(|| AuditError::Unreadable("policy is not there".to_owned()))?;
    eprintln!("xinzheng: the keys are those that the log itself gives; --log pins others");
    String::from_utf8(found).map_err(|_| AuditError::Unreadable("policy is not text".to_owned()))
}

/// What of a log can be relied on.
struct Newest {
    /// The newest checkpoint that holds by the policy.
    checkpoint: SignedCheckpoint,
    /// Who has cosigned it.
    cosigned_by: Vec<String>,
    /// The size of the newest that the log has signed: in the moments before witnesses have answered it is larger.
    published: u64,
}

async fn newest(reader: &Reader, policy: &Policy) -> Result<Newest, AuditError> {
    let (mut refused, mut published) = (None, 0);
    for path in ["checkpoint", "cosigned"] {
        let Some(bytes) = reader.get(path).await? else { continue };
        let evidence = |error: CheckpointError| AuditError::Evidence(Evidence::Checkpoint(error.into()));
        let checkpoint = SignedCheckpoint::parse(&bytes).map_err(evidence)?;
        match policy.accepts(&checkpoint) {
            Ok(by) => {
                let cosigned_by = by.into_iter().map(str::to_owned).collect();
                let published = published.max(checkpoint.size());
                return Ok(Newest { checkpoint, cosigned_by, published });
            }
            Err(ProofError::Unwitnessed) => {
                refused = Some(ProofError::Unwitnessed);
                published = published.max(checkpoint.size());
            }
            Err(error) => return Err(AuditError::Evidence(Evidence::Checkpoint(error))),
        }
    }
    match refused {
        Some(error) => Err(AuditError::Unwitnessed(error)),
        None => Err(AuditError::Unreadable("there is no checkpoint".to_owned())),
    }
}

/// Whether a checkpoint goes on from what was seen, by the log's own tiles. A fork is what tiles show that are those of the
/// checkpoint: others prove nothing of it.
async fn goes_on(
    reader: &Reader,
    before: &State,
    checkpoint: &SignedCheckpoint,
    published: u64,
) -> Result<(), AuditError> {
    let tiles = |error| AuditError::Evidence(Evidence::Tiles(error));
    let (seen, now) = (before.seen.size(), checkpoint.size());
    if now < seen {
        return Err(if published < seen {
            AuditError::Evidence(Evidence::SetBack { seen, now: published })
        } else {
            AuditError::Unwitnessed(ProofError::Unwitnessed)
        });
    }
    if now == seen {
        let is_same = checkpoint.root() == before.seen.root();
        return if is_same { Ok(()) } else { Err(AuditError::Evidence(Evidence::Fork { seen, now })) };
    }
    let tree = reader.tree(Tree::needed_for_growth(now, seen).map_err(tiles)?).await?;
    if !tree.is_of(now, checkpoint.root()) {
        return Err(tiles(TreeError::Root));
    }
    let proof = tree.consistency(now, seen).map_err(tiles)?;
    if consistent(&proof, now, checkpoint.root(), seen, before.seen.root()) {
        Ok(())
    } else {
        Err(AuditError::Evidence(Evidence::Fork { seen, now }))
    }
}
