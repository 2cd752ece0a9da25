//! Bundles: up to 256 entries, each behind its length in sixteen bits (tlog-tiles).

use thiserror::Error;

use crate::fact::LONGEST_ENTRY;

/// Why a bundle is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BundleError {
    /// It ends within an entry.
    #[error("a bundle of entries that breaks off")]
    BrokenOff,
    /// An entry is longer than can be stated.
    #[error("an entry of more than {LONGEST_ENTRY} bytes")]
    TooLong,
}

/// The bundle of these entries.
pub fn bundle<'e>(entries: impl IntoIterator<Item = &'e [u8]>) -> Result<Vec<u8>, BundleError> {
    let mut bytes = vec![];
    for entry in entries {
        let length = u16::try_from(entry.len()).map_err(|_| BundleError::TooLong)?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// The entries of a bundle.
pub fn entries(mut bundle: &[u8]) -> Result<Vec<&[u8]>, BundleError> {
    let mut found = vec![];
    while !bundle.is_empty() {
        let (length, rest) = bundle.split_first_chunk::<2>().ok_or(BundleError::BrokenOff)?;
        let (entry, rest) =
            rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(BundleError::BrokenOff)?;
        found.push(entry);
        bundle = rest;
    }
    Ok(found)
}
