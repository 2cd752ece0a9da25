//! Whom to trust: certificates that are pinned.

use rustls_pki_types::{CertificateDer, TrustAnchor};
use thiserror::Error;
use x509_cert::Certificate;
use x509_cert::name::Name;

use crate::certificate;

/// The pinned certificates cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TrustError {
    #[error("there is no certificate in PEM")]
    NoCertificate,
    #[error("certificate {0} of the PEM cannot be read")]
    Unreadable(usize),
}

/// Certificates that signatures and time stamps must lead to.
///
/// Those of authorities are roots. When others stand beside them, a signing certificate must lead to a root and bear
/// the name of one of these: an authority that many use vouches for each of them.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    pub(crate) signing: Pinned,
    pub(crate) stamping: Pinned,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Pinned {
    pub(crate) roots: Vec<Root>,
    /// Certificates that are no authority's.
    ends: Vec<Vec<u8>>,
    names: Vec<Name>,
}

#[derive(Clone, Debug)]
pub(crate) struct Root {
    pub(crate) der: Vec<u8>,
    pub(crate) anchor: TrustAnchor<'static>,
}

impl Trust {
    /// Pins the same certificates for signatures and time stamps, in PEM with any text around them.
    pub fn parse(pem: &str) -> Result<Self, TrustError> {
        Self::apart(pem, pem)
    }

    /// Pins some for signatures, others for time stamps.
    pub fn apart(signing: &str, stamping: &str) -> Result<Self, TrustError> {
        Ok(Self { signing: Pinned::parse(signing)?, stamping: Pinned::parse(stamping)? })
    }

    /// Nobody: a signature can be valid, but not put down to anyone.
    pub fn nobody() -> Self {
        Self::default()
    }

    pub fn is_empty(&self) -> bool {
        self.signing.roots.is_empty() && self.signing.ends.is_empty()
    }
}

impl Pinned {
    fn parse(pem: &str) -> Result<Self, TrustError> {
        let blocks = pem::parse_many(pem).map_err(|_| TrustError::NoCertificate)?;
        let mut pinned = Self::default();
        for (at, block) in blocks.iter().filter(|block| block.tag() == "CERTIFICATE").enumerate() {
            pinned.add(block.contents()).ok_or(TrustError::Unreadable(at + 1))?;
        }
        let is_empty = pinned.roots.is_empty() && pinned.ends.is_empty();
        if is_empty { Err(TrustError::NoCertificate) } else { Ok(pinned) }
    }

    pub(crate) fn add(&mut self, der: &[u8]) -> Option<()> {
        let certificate: Certificate = certificate::read(der)?;
        if certificate::is_authority(&certificate) {
            let encoded = CertificateDer::from(der);
            let anchor = webpki::anchor_from_trusted_cert(&encoded).ok()?.to_owned();
            self.roots.push(Root { der: der.to_vec(), anchor });
        } else {
            self.names.push(certificate.tbs_certificate.subject);
            self.ends.push(der.to_vec());
        }
        Some(())
    }

    /// Whether this very certificate, no authority's, is pinned.
    pub(crate) fn has_end(&self, der: &[u8]) -> bool {
        self.ends.iter().any(|end| end == der)
    }

    /// Whether a certificate of this name is one of those that are meant.
    pub(crate) fn admits(&self, name: &Name) -> bool {
        self.names.is_empty() || self.names.contains(name)
    }
}
