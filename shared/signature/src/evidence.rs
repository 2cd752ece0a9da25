//! What a signature's certificates are worth later, when nobody can be asked any more: themselves, and who said of them that
//! they were not revoked (ETSI EN 319 142-1, 5.4).

use std::collections::VecDeque;

use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use der::{Decode, Encode, Header, Reader, SliceReader};
use jiff::Timestamp;
use x509_cert::Certificate;

use crate::cms::SIGNATURE_TIME_STAMP;
use crate::error::SignatureError;
use crate::revocation::{Revocation, Said};

/// Certificates and revocation data, each in DER.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) certificates: Vec<Vec<u8>>,
    /// Of OCSP (RFC 6960).
    pub(crate) responses: Vec<Vec<u8>>,
    /// Certificate revocation lists (RFC 5280, 5).
    pub(crate) lists: Vec<Vec<u8>>,
}

impl Evidence {
    /// Asks about each of these certificates that is no root, and about those that answer.
    pub(crate) async fn of(
        certificates: Vec<Certificate>,
        revocation: &Revocation,
        at: Timestamp,
    ) -> Result<Self, SignatureError> {
        let mut known: Vec<Certificate> = vec![];
        let mut asked = Self::default();
        let mut waiting = VecDeque::from(certificates.clone());
        while let Some(certificate) = waiting.pop_front() {
            if known.contains(&certificate) {
                continue;
            }
            known.push(certificate.clone());
            asked.certificates.push(certificate.to_der()?);
            if is_root(&certificate) || is_not_asked_about(&certificate) {
                continue;
            }
            let issuer = known.iter().chain(&certificates).find(|other| is_issuer(other, &certificate));
            match revocation.of(&certificate, issuer, at).await? {
                Said::Response { response, by } => {
                    waiting.extend(by);
                    add(&mut asked.responses, response);
                }
                Said::List(list) => add(&mut asked.lists, list),
            }
        }
        Ok(asked)
    }
}

/// Adds what is not there yet.
fn add(to: &mut Vec<Vec<u8>>, bytes: Vec<u8>) {
    if !to.contains(&bytes) {
        to.push(bytes);
    }
}

fn is_issuer(issuer: &Certificate, of: &Certificate) -> bool {
    issuer.tbs_certificate.subject == of.tbs_certificate.issuer
}

/// A root is trusted or not; nobody is asked about it.
fn is_root(certificate: &Certificate) -> bool {
    is_issuer(certificate, certificate)
}

/// True of the certificate of an OCSP responder that says so itself (RFC 6960, 4.2.2.2.1).
fn is_not_asked_about(certificate: &Certificate) -> bool {
    const NO_CHECK: der::oid::ObjectIdentifier = der::oid::ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.5");
    let extensions = certificate.tbs_certificate.extensions.as_deref().unwrap_or_default();
    extensions.iter().any(|extension| extension.extn_id == NO_CHECK)
}

/// The certificates of a structure, behind which there may be zeros, and of the time stamp in it.
pub(crate) fn certificates_of(structure: &[u8]) -> Result<Vec<Certificate>, SignatureError> {
    let mut reader = SliceReader::new(structure)?;
    let header = Header::decode(&mut reader)?;
    let length = usize::try_from((reader.position() + header.length)?)?;
    let data: SignedData = ContentInfo::from_der(structure.get(..length).unwrap_or_default())?.content.decode_as()?;
    let mut found: Vec<Certificate> = held_in(&data);
    for signer in data.signer_infos.0.iter() {
        let attributes = signer.unsigned_attrs.iter().flat_map(|attributes| attributes.iter());
        for token in attributes.filter(|attribute| attribute.oid == SIGNATURE_TIME_STAMP) {
            for value in token.values.iter() {
                let token: ContentInfo = value.decode_as()?;
                found.extend(held_in(&token.content.decode_as()?));
            }
        }
    }
    Ok(found)
}

/// The certificates in a structure.
pub(crate) fn held_in(data: &SignedData) -> Vec<Certificate> {
    let choices = data.certificates.iter().flat_map(|set| set.0.iter());
    choices
        .filter_map(|choice| match choice {
            CertificateChoices::Certificate(certificate) => Some(certificate.clone()),
            CertificateChoices::Other(_) => None,
        })
        .collect()
}
