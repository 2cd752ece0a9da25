//! Saying whether certificates are revoked: the other side of what a signature's evidence is asked for, for places that have no
//! certificate authority of their own, such as the local stack.

use std::collections::BTreeSet;

use der::asn1::{BitString, GeneralizedTime, OctetString};
use der::oid::AssociatedOid;
use der::{Decode, Encode};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use x509_cert::Version;
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlNumber, SubjectKeyIdentifier};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Time;
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspGeneralizedTime, OcspRequest, OcspResponse, ResponderId, ResponseData,
    RevokedInfo, SingleResponse,
};

use crate::document_signer::DocumentSigner;
use crate::error::SignatureError;
use crate::revocation::identified;

/// How long an answer is valid.
const VALID: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The certificates that a local authority has revoked, by serial number, as bytes.
pub type RevokedSerials = BTreeSet<Vec<u8>>;

impl DocumentSigner {
    /// Answers a request of OCSP (`application/ocsp-request`, `application/ocsp-response`) as the issuer that ends its chain, or as
    /// whom that has certified to answer for it (RFC 6960, 4.2.2.2). Certificates of other issuers are unknown to it.
    pub async fn answer_status(
        &self,
        request: &[u8],
        revoked: &RevokedSerials,
        at: Timestamp,
    ) -> Result<Vec<u8>, SignatureError> {
        let Ok(request) = OcspRequest::from_der(request) else {
            return Ok(OcspResponse::malformed_request().to_der()?);
        };
        let own = self.own()?;
        let issuer = self.certificates().chain().last().unwrap_or(own);
        let this_update = OcspGeneralizedTime(generalized(at)?);
        let next_update = Some(OcspGeneralizedTime(generalized(at.saturating_add(VALID).unwrap_or(at))?));
        let mut responses = vec![];
        for asked in &request.tbs_request.request_list {
            let CertId { serial_number, .. } = &asked.req_cert;
            let same = CertId { serial_number: serial_number.clone(), ..identified(own, issuer)? } == asked.req_cert;
            let cert_status = if !same {
                CertStatus::unknown()
            } else if revoked.contains(serial_number.as_bytes()) {
                CertStatus::revoked(RevokedInfo { revocation_time: this_update, revocation_reason: None })
            } else {
                CertStatus::good()
            };
            let cert_id = asked.req_cert.clone();
            responses.push(SingleResponse { cert_id, cert_status, this_update, next_update, single_extensions: None });
        }
        let data = ResponseData {
            version: x509_ocsp::Version::V1,
            responder_id: ResponderId::ByName(own.tbs_certificate.subject.clone()),
            produced_at: this_update,
            responses,
            response_extensions: None,
        };
        let certs = (own != issuer).then(|| vec![own.clone()]);
        let (signature_algorithm, signature) = self.signed(&data.to_der()?).await?;
        let basic = BasicOcspResponse { tbs_response_data: data, signature_algorithm, signature, certs };
        Ok(OcspResponse::successful(basic)?.to_der()?)
    }

    /// The revocation list of this authority (`application/pkix-crl`).
    pub async fn revocation_list(&self, revoked: &RevokedSerials, at: Timestamp) -> Result<Vec<u8>, SignatureError> {
        let own = &self.own()?.tbs_certificate;
        let time = |at| Ok::<_, SignatureError>(Time::GeneralTime(generalized(at)?));
        let entries = revoked.iter().map(|serial| {
            let serial_number = SerialNumber::new(serial)?;
            Ok(RevokedCert { serial_number, revocation_date: time(at)?, crl_entry_extensions: None })
        });
        let entries = entries.collect::<Result<Vec<_>, SignatureError>>()?;
        let number = u64::try_from(at.as_second()).unwrap_or_default().to_be_bytes();
        let number: Vec<u8> = number.into_iter().skip_while(|byte| *byte == 0).collect();
        let mut extensions = vec![extension(&CrlNumber(der::asn1::Uint::new(&number)?))?];
        if let Some((_, key)) = own.get::<SubjectKeyIdentifier>()? {
            let identifier =
                AuthorityKeyIdentifier { key_identifier: Some(key.0), ..AuthorityKeyIdentifier::default() };
            extensions.push(extension(&identifier)?);
        }
        let list = TbsCertList {
            version: Version::V2,
            signature: self.certificates().algorithm().identifier(),
            issuer: own.subject.clone(),
            this_update: time(at)?,
            next_update: Some(time(at.saturating_add(VALID).unwrap_or(at))?),
            revoked_certificates: Some(entries).filter(|entries| !entries.is_empty()),
            crl_extensions: Some(extensions),
        };
        let (signature_algorithm, signature) = self.signed(&list.to_der()?).await?;
        Ok(CertificateList { tbs_cert_list: list, signature_algorithm, signature }.to_der()?)
    }

    fn own(&self) -> Result<&x509_cert::Certificate, SignatureError> {
        let none = || SignatureError::Configuration("there is no certificate".to_owned());
        self.certificates().signing().ok_or_else(none)
    }

    async fn signed(&self, message: &[u8]) -> Result<(AlgorithmIdentifierOwned, BitString), SignatureError> {
        let signature = self.sign_message(&Sha256::digest(message).into(), message).await?;
        Ok((self.certificates().algorithm().identifier(), BitString::from_bytes(&signature)?))
    }
}

fn extension<E: Encode + AssociatedOid>(value: &E) -> Result<Extension, SignatureError> {
    Ok(Extension { extn_id: E::OID, critical: false, extn_value: OctetString::new(value.to_der()?)? })
}

/// A moment as certificates and time stamps write it, to the second.
pub(crate) fn generalized(at: Timestamp) -> Result<GeneralizedTime, SignatureError> {
    let seconds = std::time::Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default());
    Ok(GeneralizedTime::from_unix_duration(seconds)?)
}
