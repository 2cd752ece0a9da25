//! Whether a certificate is revoked, as its issuer says: by OCSP (RFC 6960), else by a revocation list (RFC 5280, 5), at the
//! addresses that stand in the certificate.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use der::asn1::{Null, OctetString};
use der::oid::ObjectIdentifier;
use der::{Decode, Encode};
use jiff::{SignedDuration, Timestamp};
use x509_cert::Certificate;
use x509_cert::crl::CertificateList;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{AuthorityInfoAccessSyntax, CrlDistributionPoints};
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspRequest, OcspResponse, Request, SingleResponse, TbsRequest,
};

use crate::answer::answer;
use crate::error::SignatureError;

const OCSP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1");
const SHA_1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
/// The most bytes of an answer: lists of large authorities have some hundred thousand.
const LONGEST_ANSWER: usize = 4 << 20;
/// How far clocks may be apart.
pub(crate) const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// How long an answer is used again, when it is valid for so long.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// What an issuer said.
#[derive(Clone, Debug)]
pub(crate) enum Said {
    Response {
        response: Vec<u8>,
        /// The certificates of who answered.
        by: Vec<Certificate>,
    },
    List(Vec<u8>),
}

/// Asks issuers, and keeps what they said.
#[derive(Clone, Debug)]
pub(crate) struct Revocation {
    client: reqwest::Client,
    kept: Arc<Mutex<BTreeMap<Vec<u8>, Kept>>>,
}

#[derive(Clone, Debug)]
struct Kept {
    said: Said,
    since: Timestamp,
    until: Timestamp,
}

impl Revocation {
    pub(crate) fn by(client: reqwest::Client) -> Self {
        Self { client, kept: Arc::default() }
    }

    /// What is said of a certificate at this time: one request, or none when it was asked within the hour.
    ///
    /// [`SignatureError::Revoked`] when it is revoked; [`SignatureError::Revocation`] when nobody says.
    pub(crate) async fn of(
        &self,
        certificate: &Certificate,
        issuer: Option<&Certificate>,
        at: Timestamp,
    ) -> Result<Said, SignatureError> {
        let thumbprint = digest(&SHA256, &certificate.to_der()?).as_ref().to_vec();
        if let Some(said) = self.kept(&thumbprint, at) {
            return Ok(said);
        }
        let (said, until) = self.asked(certificate, issuer, at).await?;
        self.keep(thumbprint, &said, at, until);
        Ok(said)
    }

    fn kept(&self, by: &[u8], at: Timestamp) -> Option<Said> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(by).cloned();
        kept.filter(|kept| kept.since <= at && at < kept.until).map(|kept| kept.said)
    }

    fn keep(&self, by: Vec<u8>, said: &Said, at: Timestamp, until: Option<Timestamp>) {
        let until = until.unwrap_or(at).min(at.saturating_add(KEPT).unwrap_or(at));
        let kept = Kept { said: said.clone(), since: at, until };
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(by, kept);
    }

    async fn asked(
        &self,
        certificate: &Certificate,
        issuer: Option<&Certificate>,
        at: Timestamp,
    ) -> Result<(Said, Option<Timestamp>), SignatureError> {
        let mut why = wrong("the certificate says nowhere who is to be asked");
        if let (Some(address), Some(issuer)) = (responder(certificate), issuer) {
            match self.response(&address, certificate, issuer, at).await {
                Err(error @ SignatureError::Revoked(_)) => return Err(error),
                Err(error) => why = error,
                found => return found,
            }
        }
        for address in lists(certificate) {
            match self.list(&address, certificate, at).await {
                Err(error @ SignatureError::Revoked(_)) => return Err(error),
                Err(error) => why = error,
                found => return found,
            }
        }
        Err(why)
    }

    async fn response(
        &self,
        address: &str,
        certificate: &Certificate,
        issuer: &Certificate,
        at: Timestamp,
    ) -> Result<(Said, Option<Timestamp>), SignatureError> {
        let id = identified(certificate, issuer)?;
        let request = self.client.post(address).header("content-type", "application/ocsp-request");
        let bytes = answer(request.body(asking(id.clone()).to_der()?), LONGEST_ANSWER).await.map_err(wrong)?;
        let response = OcspResponse::from_der(&bytes).ok().and_then(|response| response.response_bytes);
        let response = response.ok_or_else(|| wrong("the responder refuses"))?;
        let basic = BasicOcspResponse::from_der(response.response.as_bytes())?;
        let single = basic.tbs_response_data.responses.iter().find(|single| single.cert_id == id);
        let single = single.ok_or_else(|| wrong("the response is of another certificate"))?;
        let until = current(single, at)?;
        match single.cert_status {
            CertStatus::Good(_) => Ok((Said::Response { response: bytes, by: basic.certs.unwrap_or_default() }, until)),
            CertStatus::Revoked(_) => Err(revoked(certificate)),
            CertStatus::Unknown(_) => Err(wrong("the responder does not know the certificate")),
        }
    }

    async fn list(
        &self,
        address: &str,
        certificate: &Certificate,
        at: Timestamp,
    ) -> Result<(Said, Option<Timestamp>), SignatureError> {
        // Of one issuer all certificates are on one list.
        let bytes = match self.kept(address.as_bytes(), at) {
            Some(Said::List(bytes)) => bytes,
            _ => answer(self.client.get(address), LONGEST_ANSWER).await.map_err(wrong)?,
        };
        let list = CertificateList::from_der(&bytes)?.tbs_cert_list;
        let own = &certificate.tbs_certificate;
        if list.issuer != own.issuer {
            return Err(wrong("the list is of another issuer"));
        }
        let until = list.next_update.map(|time| moment(time.to_unix_duration())).transpose()?;
        is_current(moment(list.this_update.to_unix_duration())?, until, at)?;
        self.keep(address.as_bytes().to_vec(), &Said::List(bytes.clone()), at, until);
        let mut named = list.revoked_certificates.iter().flatten();
        if named.any(|entry| entry.serial_number == own.serial_number) {
            return Err(revoked(certificate));
        }
        Ok((Said::List(bytes), until))
    }
}

fn asking(id: CertId) -> OcspRequest {
    let request = Request { req_cert: id, single_request_extensions: None };
    OcspRequest {
        tbs_request: TbsRequest { request_list: vec![request], ..TbsRequest::default() },
        optional_signature: None,
    }
}

/// A certificate as OCSP names it. Responders know no other digest for sure than SHA-1 (RFC 5019, 2.1.1).
pub(crate) fn identified(certificate: &Certificate, issuer: &Certificate) -> Result<CertId, SignatureError> {
    let hash = |bytes: &[u8]| OctetString::new(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref());
    let issuer = &issuer.tbs_certificate;
    Ok(CertId {
        hash_algorithm: AlgorithmIdentifierOwned { oid: SHA_1, parameters: Some(Null.into()) },
        issuer_name_hash: hash(&issuer.subject.to_der()?)?,
        issuer_key_hash: hash(issuer.subject_public_key_info.subject_public_key.raw_bytes())?,
        serial_number: certificate.tbs_certificate.serial_number.clone(),
    })
}

fn current(single: &SingleResponse, at: Timestamp) -> Result<Option<Timestamp>, SignatureError> {
    let until = single.next_update.map(|time| moment(time.0.to_unix_duration())).transpose()?;
    is_current(moment(single.this_update.0.to_unix_duration())?, until, at)?;
    Ok(until)
}

fn is_current(since: Timestamp, until: Option<Timestamp>, at: Timestamp) -> Result<(), SignatureError> {
    let late = |time: Timestamp| time.saturating_add(SKEW).unwrap_or(time);
    if since > late(at) || until.is_some_and(|until| late(until) < at) {
        return Err(wrong("the answer is not of this time"));
    }
    Ok(())
}

pub(crate) fn moment(since_1970: Duration) -> Result<Timestamp, SignatureError> {
    let seconds = i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_err(|_| wrong("a time is out of range"))
}

/// The address of the issuer's responder.
fn responder(certificate: &Certificate) -> Option<String> {
    let (_, access) = certificate.tbs_certificate.get::<AuthorityInfoAccessSyntax>().ok()??;
    access.0.iter().find(|description| description.access_method == OCSP).and_then(|d| address(&d.access_location))
}

/// The addresses of the issuer's revocation list.
fn lists(certificate: &Certificate) -> Vec<String> {
    let points = certificate.tbs_certificate.get::<CrlDistributionPoints>().ok().flatten();
    let points = points.map(|(_, points)| points.0).unwrap_or_default();
    let names = points.into_iter().filter_map(|point| match point.distribution_point? {
        DistributionPointName::FullName(names) => Some(names),
        DistributionPointName::NameRelativeToCRLIssuer(_) => None,
    });
    names.flatten().filter_map(|name| address(&name)).collect()
}

fn address(name: &GeneralName) -> Option<String> {
    let GeneralName::UniformResourceIdentifier(address) = name else { return None };
    Some(address.as_str().to_owned()).filter(|address| address.starts_with("http"))
}

fn revoked(certificate: &Certificate) -> SignatureError {
    SignatureError::Revoked(certificate.tbs_certificate.subject.to_string())
}

fn wrong(why: impl Into<String>) -> SignatureError {
    SignatureError::Revocation(why.into())
}
