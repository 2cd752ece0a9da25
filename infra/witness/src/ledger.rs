//! What a witness has cosigned, on disk before anybody is told.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use xinzheng_tlog::{Digest, Hash, SignedCheckpoint, Witnessed};

use crate::WitnessError;

/// The most requests that are kept of a kind. Of each checkpoint that the log signed one is kept, so that only the log can
/// bring about many; forks have a folder of their own, which nobody else's wrong proofs fill.
const EVIDENCE: usize = 100;

/// How often a ledger is asked for that another one has, which may be about to end.
const ATTEMPTS: u32 = 20;
const BETWEEN: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(crate) struct Ledger {
    file: PathBuf,
    /// Held as long as this lives: two witnesses of one ledger would each cosign a line of their own.
    _lock: File,
    newest: BTreeMap<String, Cosigned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cosigned {
    size: u64,
    root: String,
}

impl Ledger {
    pub(crate) fn open(file: &Path) -> Result<Self, WitnessError> {
        let wrong = |why: String| WitnessError::Ledger { file: file.display().to_string(), why };
        let lock = File::create(file.with_extension("lock")).map_err(|error| wrong(error.to_string()))?;
        let mut attempt = 1;
        while let Err(error) = lock.try_lock() {
            match error {
                TryLockError::WouldBlock if attempt < ATTEMPTS => std::thread::sleep(BETWEEN),
                TryLockError::WouldBlock => return Err(wrong("another witness has it".to_owned())),
                TryLockError::Error(error) => return Err(wrong(error.to_string())),
            }
            attempt += 1;
        }
        let newest = match fs::read(file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?,
            Err(error) if error.kind() == ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(wrong(error.to_string())),
        };
        let ledger = Self { file: file.to_owned(), _lock: lock, newest };
        match ledger.newest.keys().find(|origin| ledger.newest(origin).is_none()) {
            Some(origin) => Err(wrong(format!("the root of {origin} is none"))),
            None => Ok(ledger),
        }
    }

    /// The newest checkpoint of a log.
    pub(crate) fn newest(&self, origin: &str) -> Option<Witnessed> {
        let cosigned = self.newest.get(origin)?;
        Some(Witnessed { size: cosigned.size, root: Hash::parse_hash(&cosigned.root).ok()? })
    }

    /// Keeps what is the newest from now on: it is on disk when this ends.
    pub(crate) fn keep(&mut self, origin: &str, newest: Witnessed) -> Result<(), WitnessError> {
        let mut next = self.newest.clone();
        next.insert(origin.to_owned(), Cosigned { size: newest.size, root: newest.root.to_string() });
        let written = serde_json::to_vec_pretty(&next).map_err(std::io::Error::other);
        written
            .and_then(|bytes| replace(&self.file, &bytes))
            .map_err(|error| WitnessError::Ledger { file: self.file.display().to_string(), why: error.to_string() })?;
        self.newest = next;
        Ok(())
    }

    /// Keeps a request that was refused in the folder `evidence` beside the file, or in `unproven` when it may be somebody's
    /// wrong proof; of each checkpoint the first.
    pub(crate) fn keep_refused(&self, folder: &str, checkpoint: &SignedCheckpoint, request: &[u8]) {
        let folder = self.file.with_file_name(folder);
        let name = format!("{}-{}.txt", checkpoint.size(), Digest::from(checkpoint.root().0));
        if folder.join(&name).exists() {
            return;
        }
        let kept = fs::create_dir_all(&folder).and_then(|()| {
            if fs::read_dir(&folder)?.count() >= EVIDENCE {
                return Ok(());
            }
            replace(&folder.join(&name), request)
        });
        if let Err(error) = kept {
            tracing::error!(%error, "the evidence could not be kept");
        }
    }
}

/// Writes a file beside the old one, and puts it in its place: it is on disk when this ends.
fn replace(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = file.with_extension("new");
    let mut new = File::create(&beside)?;
    new.write_all(bytes)?;
    new.sync_all()?;
    fs::rename(&beside, file)?;
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
