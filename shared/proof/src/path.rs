//! From a certificate to a pinned one (RFC 5280, 6).

use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter, aws_lc_rs as known};
use x509_cert::Certificate;

use crate::certificate;
use crate::trust::Pinned;

static ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    known::ECDSA_P256_SHA256,
    known::ECDSA_P256_SHA384,
    known::ECDSA_P256_SHA512,
    known::ECDSA_P384_SHA256,
    known::ECDSA_P384_SHA384,
    known::ECDSA_P384_SHA512,
    known::RSA_PKCS1_2048_8192_SHA256,
    known::RSA_PKCS1_2048_8192_SHA384,
    known::RSA_PKCS1_2048_8192_SHA512,
];

/// What a certificate is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usage {
    Signing,
    TimeStamping,
}

/// Purposes (4.2.1.12) of certificates that documents are signed with: any, e-mail, documents by their three names.
const SIGNING: [&str; 5] =
    ["2.5.29.37.0", "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", "1.2.840.113583.1.1.5", "1.3.6.1.4.1.311.10.3.12"];

impl ExtendedKeyUsageValidator for Usage {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let mut has_purposes = false;
        for purpose in purposes {
            has_purposes = true;
            let numbers = purpose?.to_decoded_oid();
            let purpose = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
            let fits = match self {
                Self::Signing => SIGNING.contains(&purpose.as_str()),
                Self::TimeStamping => purpose == certificate::TIME_STAMPING,
            };
            if fits {
                return Ok(());
            }
        }
        // Without the extension it is for anything; that a stamp's certificate has it is looked at apart.
        if has_purposes { Err(Error::EmptyEkuExtension) } else { Ok(()) }
    }
}

/// Why there is no path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathFault {
    /// It leads to nobody who is pinned.
    NotPinned,
    /// A certificate of it did not hold at the moment.
    OutOfTime,
    /// The certificate is for something else.
    OtherPurpose,
    /// It is signed in a way that is not known here.
    Unsupported,
}

/// The certificates from this one to a pinned one, both included, as they stood at a moment.
pub(crate) fn find(
    end: &[u8],
    others: &[Vec<u8>],
    pinned: &Pinned,
    at: Timestamp,
    usage: Usage,
) -> Result<Vec<Vec<u8>>, PathFault> {
    let read = certificate::read(end).ok_or(PathFault::NotPinned)?;
    if usage == Usage::Signing && !pinned.admits(&read.tbs_certificate.subject) {
        return Err(PathFault::NotPinned);
    }
    if pinned.roots.is_empty() && pinned.has_end(end) {
        let holds = certificate::holds_at(&read, at);
        return if holds { fit(&read, usage).map(|()| vec![end.to_vec()]) } else { Err(PathFault::OutOfTime) };
    }
    let encoded = CertificateDer::from(end);
    let between: Vec<_> = others.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let anchors: Vec<_> = pinned.roots.iter().map(|root| root.anchor.clone()).collect();
    let seconds = u64::try_from(at.as_second()).map_err(|_| PathFault::OutOfTime)?;
    let moment = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let end_entity = EndEntityCert::try_from(&encoded).map_err(|error| fault(&error))?;
    let path = end_entity
        .verify_for_usage(ALGORITHMS, &anchors, &between, moment, usage, None, None)
        .map_err(|error| fault(&error))?;
    let root = pinned.roots.iter().find(|root| root.anchor == *path.anchor()).ok_or(PathFault::NotPinned)?;
    fit(&read, usage)?;
    let mut found = vec![end.to_vec()];
    found.extend(path.intermediate_certificates().map(|between| between.der().to_vec()));
    found.push(root.der.clone());
    Ok(found)
}

fn fit(certificate: &Certificate, usage: Usage) -> Result<(), PathFault> {
    let is_fit = certificate::may_sign(certificate)
        && (usage == Usage::Signing || certificate::is_for(certificate, certificate::TIME_STAMPING));
    if is_fit { Ok(()) } else { Err(PathFault::OtherPurpose) }
}

fn fault(error: &Error) -> PathFault {
    match error {
        Error::CertExpired { .. } | Error::CertNotValidYet { .. } => PathFault::OutOfTime,
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => PathFault::OtherPurpose,
        Error::UnsupportedSignatureAlgorithmContext(_) | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            PathFault::Unsupported
        }
        _ => PathFault::NotPinned,
    }
}
