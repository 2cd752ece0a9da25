//! A witness of logs (C2SP tlog-witness), for a province or a bank: it keeps one line of checkpoints for each log that it was
//! told of, cosigns what goes on from it, and refuses a fork, which it keeps as evidence.

#![warn(missing_docs)]

mod ledger;
mod server;

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use thiserror::Error;
use tracing::{error, info, warn};
use xinzheng_tlog::{Cosigner, LogKey, Refusal, Request, Shown, WitnessKey, decide};

use crate::ledger::Ledger;
pub use crate::server::{router, serve};

/// Why a witness cannot do its work.
#[derive(Debug, Error)]
pub enum WitnessError {
    /// What it has cosigned cannot be read or written: without it, it would cosign anything.
    #[error("what was cosigned cannot be kept in {file}: {why}")]
    Ledger {
        /// The file.
        file: String,
        /// Why.
        why: String,
    },
}

/// A witness.
#[derive(Debug)]
pub struct Witness {
    logs: Vec<LogKey>,
    cosigner: Cosigner,
    ledger: Mutex<Ledger>,
}

/// What a witness answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The media type.
    pub content_type: &'static str,
    /// The content.
    pub body: Vec<u8>,
}

impl Answer {
    fn text(status: u16, text: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: text.into() }
    }
}

impl Witness {
    /// A witness of these logs, that has cosigned what `file` says; of nothing, when there is no such file.
    pub fn open(logs: Vec<LogKey>, cosigner: Cosigner, file: &Path) -> Result<Self, WitnessError> {
        Ok(Self { logs, cosigner, ledger: Mutex::new(Ledger::open(file)?) })
    }

    /// Its public key.
    pub const fn key(&self) -> &WitnessKey {
        self.cosigner.key()
    }

    /// Answers a request to add a checkpoint. One at a time: nobody comes in between what is looked up and what is kept.
    pub fn add(&self, body: &[u8], at: Timestamp) -> Answer {
        let Ok(request) = Request::parse(body) else {
            return Answer::text(400, "not a request to add a checkpoint (c2sp.org/tlog-witness)\n");
        };
        let origin = request.checkpoint.origin().to_owned();
        let Some(log) = self.logs.iter().find(|log| log.origin() == origin) else {
            return Answer::text(404, "the log is unknown\n");
        };
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        match decide(&request, log, ledger.newest(&origin), &self.cosigner, at) {
            Ok((lines, newest)) => match ledger.keep(&origin, newest) {
                Ok(()) => {
                    info!(origin, size = newest.size, "cosigned");
                    Answer::text(200, lines)
                }
                Err(error) => {
                    error!(%error, "nothing is cosigned that is not kept");
                    Answer::text(500, "what was cosigned cannot be kept\n")
                }
            },
            Err(refusal) => {
                let kept = match refusal.shows() {
                    Shown::Nothing => None,
                    Shown::Fork => Some("evidence"),
                    Shown::Unproven => Some("unproven"),
                };
                if let Some(folder) = kept {
                    warn!(origin, %refusal, folder, "a checkpoint is refused, and kept");
                    ledger.keep_refused(folder, &request.checkpoint, body);
                }
                refused(refusal)
            }
        }
    }
}

fn refused(refusal: Refusal) -> Answer {
    match refusal {
        Refusal::Outdated(size) | Refusal::Fork(size) => {
            // A fork of the same size is told as a size, too: the log asks from there, and has nothing that goes on from it.
            Answer { status: refusal.status(), content_type: "text/x.tlog.size", body: format!("{size}\n").into() }
        }
        other => Answer::text(other.status(), format!("{other}\n")),
    }
}
