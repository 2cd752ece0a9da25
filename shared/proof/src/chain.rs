//! Whether certificates are fit to sign or to stamp, before anything is: as who judges files will find them.

use jiff::Timestamp;
use thiserror::Error;

use crate::certificate;
use crate::path::{PathFault, Usage, find};
use crate::trust::{Pinned, Trust};

/// Why certificates are not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ChainFault {
    /// None of them ends the path, or one between is missing or does not vouch for the next.
    #[error("the certificates do not lead to a root that is among them")]
    Incomplete,
    /// One of them does not hold at the moment.
    #[error("a certificate is not valid at this time")]
    OutOfTime,
    /// The first is for something else.
    #[error("the certificate is for something else")]
    OtherPurpose,
    /// One is signed in a way that is not known here.
    #[error("a certificate is signed in a way that is not known here")]
    Unsupported,
}

impl From<PathFault> for ChainFault {
    fn from(fault: PathFault) -> Self {
        match fault {
            PathFault::NotPinned => Self::Incomplete,
            PathFault::OutOfTime => Self::OutOfTime,
            PathFault::OtherPurpose => Self::OtherPurpose,
            PathFault::Unsupported => Self::Unsupported,
        }
    }
}

/// The path from the first of these certificates, in DER, to a root that is among them, for signing documents at a moment. A
/// root is one that names itself as its issuer; a first certificate that does is its own.
pub fn signing_chain(certificates: &[Vec<u8>], at: Timestamp) -> Result<Vec<Vec<u8>>, ChainFault> {
    let (end, others) = certificates.split_first().ok_or(ChainFault::Incomplete)?;
    let mut roots = Pinned::default();
    for der in certificates.iter().filter(|der| names_itself(der)) {
        roots.add(der).ok_or(ChainFault::Incomplete)?;
    }
    Ok(find(end, others, &roots, at, Usage::Signing)?)
}

impl Trust {
    /// The path from a certificate that stamps times, in DER, by these others to one that is pinned for that, at a moment.
    pub fn stamping_chain(&self, end: &[u8], others: &[Vec<u8>], at: Timestamp) -> Result<Vec<Vec<u8>>, ChainFault> {
        Ok(find(end, others, &self.stamping, at, Usage::TimeStamping)?)
    }
}

fn names_itself(der: &[u8]) -> bool {
    certificate::read(der).is_some_and(|read| read.tbs_certificate.subject == read.tbs_certificate.issuer)
}
