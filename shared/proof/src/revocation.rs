//! Whether a certificate was taken back, by revocation lists (RFC 5280, 5) and OCSP responses (RFC 6960) that are at
//! hand.

use std::collections::BTreeSet;

use der::Decode;
use jiff::Timestamp;
use x509_cert::Certificate;
use x509_cert::crl::CertificateList;
use x509_cert::ext::pkix::IssuingDistributionPoint;
use x509_ocsp::{BasicOcspResponse, CertStatus, OcspGeneralizedTime, OcspResponse, OcspResponseStatus, SingleResponse};

use crate::judgement::{Revocation, RevocationSource};
use crate::{algorithm, certificate};

const ISSUING_DISTRIBUTION_POINT: &str = "2.5.29.28";
/// id-pkix-ocsp-basic.
const BASIC: &str = "1.3.6.1.5.5.7.48.1.1";

/// What a file has for those who judge it later: a document security store (ISO 32000-2, 12.8.4.3).
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) lists: Vec<Vec<u8>>,
    pub(crate) responses: Vec<Vec<u8>>,
}

impl Evidence {
    /// Whether nothing of another is missing.
    pub(crate) fn has_all_of(&self, other: &Self) -> bool {
        let has = |own: &[Vec<u8>], others: &[Vec<u8>]| {
            let own: BTreeSet<&Vec<u8>> = own.iter().collect();
            others.iter().all(|one| own.contains(one))
        };
        has(&self.certificates, &other.certificates)
            && has(&self.lists, &other.lists)
            && has(&self.responses, &other.responses)
    }
}

/// How each certificate of a path but its root stood at a moment; the worst counts. `now` is when it is judged.
pub(crate) fn of_path(path: &[Vec<u8>], evidence: &Evidence, moment: Timestamp, now: Timestamp) -> Revocation {
    let mut worst = None;
    for pair in path.windows(2) {
        let [der, issuer] = pair else { continue };
        let state = match (certificate::read(der), certificate::read(issuer)) {
            (Some(read), Some(issuer)) => of_certificate(&read, &issuer, evidence, moment, now),
            _ => Revocation::Unknown,
        };
        worst = Some(match (worst, state) {
            (Some(worst @ Revocation::Revoked { .. }), _) => worst,
            (_, revoked @ Revocation::Revoked { .. }) => revoked,
            (Some(Revocation::Unknown), _) => Revocation::Unknown,
            (None, state) | (Some(Revocation::Good { .. }), state) => state,
        });
    }
    worst.unwrap_or_default()
}

fn of_certificate(
    certificate: &Certificate,
    issuer: &Certificate,
    evidence: &Evidence,
    moment: Timestamp,
    now: Timestamp,
) -> Revocation {
    let of_lists = evidence.lists.iter().filter_map(|der| by_list(der, certificate, issuer, moment, now));
    let of_responses = evidence.responses.iter().filter_map(|der| by_response(der, certificate, issuer, moment, now));
    let mut found = Revocation::Unknown;
    for state in of_lists.chain(of_responses) {
        match (found, state) {
            (Revocation::Revoked { .. }, _) | (_, Revocation::Unknown) => {}
            (_, Revocation::Revoked { .. }) | (Revocation::Unknown, _) => found = state,
            (Revocation::Good { as_of: known, .. }, Revocation::Good { as_of, .. }) if known < as_of => found = state,
            (Revocation::Good { .. }, Revocation::Good { .. }) => {}
        }
    }
    found
}

/// Whether what was said then says something of the moment: it was not out of date by then, and is not of the future.
fn is_of_time(this: Timestamp, next: Option<Timestamp>, moment: Timestamp, now: Timestamp) -> bool {
    this <= now && next.is_none_or(|next| moment <= next) && (next.is_some() || moment <= this)
}

fn by_list(
    der: &[u8],
    certificate: &Certificate,
    issuer: &Certificate,
    moment: Timestamp,
    now: Timestamp,
) -> Option<Revocation> {
    let list = CertificateList::from_der(der).ok()?;
    let content = &list.tbs_cert_list;
    if content.issuer != certificate.tbs_certificate.issuer || content.issuer != issuer.tbs_certificate.subject {
        return None;
    }
    content.crl_extensions.iter().flatten().all(is_understood).then_some(())?;
    let signed = algorithm::signed_part(der)?;
    let key = &issuer.tbs_certificate.subject_public_key_info;
    (content.signature == list.signature_algorithm).then_some(())?;
    algorithm::verify(key, &list.signature_algorithm, None, &signed, list.signature.as_bytes()?).ok()?;
    let this = certificate::moment(content.this_update)?;
    let mut entries = content.revoked_certificates.iter().flatten();
    if let Some(entry) = entries.find(|entry| entry.serial_number == certificate.tbs_certificate.serial_number) {
        return Some(Revocation::Revoked { at: certificate::moment(entry.revocation_date)? });
    }
    let next = content.next_update.and_then(certificate::moment);
    is_of_time(this, next, moment, now).then_some(Revocation::Good { by: RevocationSource::Crl, as_of: this })
}

/// A list of a part of the certificates, or of other issuers', says nothing here.
fn is_understood(extension: &x509_cert::ext::Extension) -> bool {
    if extension.extn_id.to_string() != ISSUING_DISTRIBUTION_POINT {
        return !extension.critical;
    }
    let point = IssuingDistributionPoint::from_der(extension.extn_value.as_bytes());
    point.is_ok_and(|point| {
        !point.indirect_crl
            && !point.only_contains_attribute_certs
            && !point.only_contains_user_certs
            && !point.only_contains_ca_certs
            && point.only_some_reasons.is_none()
    })
}

fn by_response(
    der: &[u8],
    certificate: &Certificate,
    issuer: &Certificate,
    moment: Timestamp,
    now: Timestamp,
) -> Option<Revocation> {
    let outer = OcspResponse::from_der(der).ok()?;
    (outer.response_status == OcspResponseStatus::Successful).then_some(())?;
    let inner = outer.response_bytes.filter(|bytes| bytes.response_type.to_string() == BASIC)?;
    let response = BasicOcspResponse::from_der(inner.response.as_bytes()).ok()?;
    is_signed(&response, inner.response.as_bytes(), issuer).then_some(())?;
    let single = response.tbs_response_data.responses.iter().find(|single| is_of(single, certificate, issuer))?;
    let this = instant(single.this_update)?;
    match single.cert_status {
        CertStatus::Revoked(revoked) => Some(Revocation::Revoked { at: instant(revoked.revocation_time)? }),
        CertStatus::Good(_) => is_of_time(this, single.next_update.and_then(instant), moment, now)
            .then_some(Revocation::Good { by: RevocationSource::Ocsp, as_of: this }),
        CertStatus::Unknown(_) => None,
    }
}

/// Whether the issuer signed a response, or whom it made a certificate for that (RFC 6960, 4.2.2.2).
fn is_signed(response: &BasicOcspResponse, der: &[u8], issuer: &Certificate) -> bool {
    let holds = |key: &Certificate| -> Option<bool> {
        let key = &key.tbs_certificate.subject_public_key_info;
        let signed = algorithm::signed_part(der)?;
        let value = response.signature.as_bytes()?;
        Some(algorithm::verify(key, &response.signature_algorithm, None, &signed, value).is_ok())
    };
    let delegates = response.certs.iter().flatten().filter(|delegate| is_delegate(delegate, response, issuer));
    holds(issuer) == Some(true) || delegates.into_iter().any(|delegate| holds(delegate) == Some(true))
}

fn is_delegate(delegate: &Certificate, response: &BasicOcspResponse, issuer: &Certificate) -> bool {
    let vouched = || -> Option<()> {
        let der = der::Encode::to_der(delegate).ok()?;
        let signed = algorithm::signed_part(&der)?;
        let key = &issuer.tbs_certificate.subject_public_key_info;
        let value = delegate.signature.as_bytes()?;
        algorithm::verify(key, &delegate.signature_algorithm, None, &signed, value).ok()
    };
    let produced = instant(response.tbs_response_data.produced_at);
    delegate.tbs_certificate.issuer == issuer.tbs_certificate.subject
        && certificate::is_for(delegate, certificate::OCSP_SIGNING)
        && produced.is_some_and(|at| certificate::holds_at(delegate, at))
        && vouched().is_some()
}

fn is_of(single: &SingleResponse, certificate: &Certificate, issuer: &Certificate) -> bool {
    let named = &single.cert_id;
    let matches = || -> Option<bool> {
        let name = der::Encode::to_der(&issuer.tbs_certificate.subject).ok()?;
        let key = issuer.tbs_certificate.subject_public_key_info.subject_public_key.as_bytes()?;
        let hash = |bytes: &[u8]| algorithm::naming_digest(named.hash_algorithm.oid, bytes);
        Some(hash(&name)? == named.issuer_name_hash.as_bytes() && hash(key)? == named.issuer_key_hash.as_bytes())
    };
    named.serial_number == certificate.tbs_certificate.serial_number && matches() == Some(true)
}

fn instant(time: OcspGeneralizedTime) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(time.0.to_unix_duration().as_secs()).ok()?).ok()
}
