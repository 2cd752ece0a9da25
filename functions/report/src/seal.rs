//! The seal: who signs reports. It is proven before it signs any, and none is issued while it is not fit to.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tracing::{error, info};
use xinzheng_runtime::Problem;
use xinzheng_runtime::problem::SEAL_UNUSABLE;
use xinzheng_signature::{DocumentSigner, SignatureError, TimestampAuthority};

use crate::App;

/// After how many seconds a seal that is not fit is looked at again, and whoever was refused may ask again.
const AGAIN: u16 = 60;

/// Who signs reports, and what is wrong with it, if anything is.
#[derive(Debug)]
pub(crate) struct Seal {
    /// `None` when the configuration cannot be read.
    signer: Option<DocumentSigner>,
    fault: Mutex<Option<SealFault>>,
}

#[derive(Clone, Debug)]
struct SealFault {
    why: String,
    seen: Timestamp,
}

impl Seal {
    /// Reads a signing configuration, and proves it at this moment. One Sign of the key service where the key is there.
    pub(crate) async fn of(
        configuration: &str,
        key_service: &aws_sdk_kms::Client,
        authority: Option<TimestampAuthority>,
        at: Timestamp,
    ) -> Self {
        match DocumentSigner::parse(configuration, key_service) {
            Ok(signer) => {
                let seal = Self { signer: Some(signer.stamped_by(authority)), fault: Mutex::default() };
                seal.prove(at).await;
                seal
            }
            Err(error) => {
                let seal = Self { signer: None, fault: Mutex::default() };
                seal.note(Err(error), at);
                seal
            }
        }
    }

    /// What is wrong with it, as it was seen last.
    pub(crate) fn fault(&self) -> Option<String> {
        self.seen().map(|fault| fault.why)
    }

    fn seen(&self) -> Option<SealFault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Proves it at this moment; true when it is fit. One Sign of the key service where the key is there.
    pub(crate) async fn prove(&self, at: Timestamp) -> bool {
        let Some(signer) = &self.signer else { return false };
        let proven = signer.prove(at).await;
        self.note(proven, at)
    }

    fn note(&self, proven: Result<(), SignatureError>, at: Timestamp) -> bool {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        match &proven {
            Ok(()) if fault.is_some() => info!(event = "seal-usable", "reports are issued again"),
            Ok(()) => {}
            Err(error) => error!(event = "seal-unusable", %error, "no report is issued"),
        }
        *fault = proven.err().map(|error| SealFault { why: error.to_string(), seen: at });
        fault.is_none()
    }

    /// Its certificates and those of earlier keys, for whoever checks signatures, whether or not it may sign.
    pub(crate) fn published(&self) -> Result<&DocumentSigner, Problem> {
        self.signer.as_ref().ok_or_else(refused)
    }

    /// Who may sign at this moment. No call; one Sign of the key service when it was not fit a minute ago: it is looked at again.
    pub(crate) async fn proven(&self, app: &App, at: Timestamp) -> Result<&DocumentSigner, Problem> {
        if let Some(fault) = self.seen() {
            let is_recent = at.duration_since(fault.seen).abs() < SignedDuration::from_secs(AGAIN.into());
            if is_recent || !self.prove(at).await {
                return Err(refusal(app, at));
            }
        }
        let signer = self.published()?;
        match signer.assert_in_time(at) {
            Ok(()) => Ok(signer),
            Err(error) => {
                self.note(Err(error), at);
                Err(refusal(app, at))
            }
        }
    }

    /// What whoever asked for a report is told when it was not signed.
    pub(crate) fn failed(&self, app: &App, error: SignatureError, at: Timestamp) -> Problem {
        self.note(Err(error), at);
        refusal(app, at)
    }
}

/// The metric of how often the seal was found not fit.
pub(crate) const UNUSABLE: &str = "SealUnusable";

fn refusal(app: &App, at: Timestamp) -> Problem {
    app.metrics.tell(&app.namespace, at, &[(UNUSABLE, 1)]);
    refused()
}

fn refused() -> Problem {
    Problem::from(SEAL_UNUSABLE).retry_after(AGAIN)
}
