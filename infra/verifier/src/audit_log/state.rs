//! What was seen of a log, and where to go on.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};
use xinzheng_tlog::{Digest, Frontier, SignedCheckpoint};

use super::AuditError;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct State {
    /// Whom is trusted: what was given, or what the log said the first time.
    pub(crate) policy: String,
    /// The newest checkpoint that was seen, with its signatures: evidence, when the log shows another one.
    pub(crate) checkpoint: String,
    /// The tree of all entries that were read.
    pub(crate) seen: Frontier,
}

impl State {
    /// What a file says; `None` when there is none. That it can be written is seen before anything is read of a log.
    pub(crate) fn read(file: &Path) -> Result<Option<Self>, AuditError> {
        let wrong = |why: String| AuditError::File { path: file.display().to_string(), why };
        fs::File::create(file.with_extension("new")).map_err(|error| wrong(error.to_string()))?;
        match fs::read(file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| wrong(error.to_string())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(wrong(error.to_string())),
        }
    }

    /// Writes it beside the old file, and puts it in its place.
    pub(crate) fn write(&self, file: &Path) -> Result<(), AuditError> {
        let wrong = |why: String| AuditError::File { path: file.display().to_string(), why };
        let beside = file.with_extension("new");
        let text = serde_json::to_vec(self).map_err(|error| wrong(error.to_string()))?;
        fs::write(&beside, text).and_then(|()| fs::rename(&beside, file)).map_err(|error| wrong(error.to_string()))
    }

    /// Keeps a checkpoint that contradicts this one, beside the file, for whoever has to be shown both; each in a file of its own.
    pub(crate) fn keep_evidence(&self, file: &Path, shown: &SignedCheckpoint) -> Result<(), AuditError> {
        let digest = Digest::from(shown.root().0).to_string();
        let name = format!("evidence-{}-{}.txt", shown.size(), digest.get(..16).unwrap_or_default());
        let kept = file.with_extension(name);
        let both = [b"seen:\n", self.checkpoint.as_bytes(), b"\nshown:\n", &shown.to_bytes()].concat();
        fs::write(&kept, both)
            .map_err(|error| AuditError::File { path: kept.display().to_string(), why: error.to_string() })
    }
}
