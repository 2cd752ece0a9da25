//! What is asked of a certificate (RFC 5280).

use der::Decode;
use jiff::Timestamp;
use x509_cert::Certificate;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use x509_cert::time::Time;

use crate::algorithm::{self, SignatureFault};

const COMMON_NAME: &str = "2.5.4.3";
const ORGANISATION: &str = "2.5.4.10";
/// id-kp-timeStamping.
pub(crate) const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
/// id-kp-OCSPSigning.
pub(crate) const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";

pub(crate) fn read(der: &[u8]) -> Option<Certificate> {
    Certificate::from_der(der).ok()
}

pub(crate) fn moment(time: Time) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(time.to_unix_duration().as_secs()).ok()?).ok()
}

/// Whether it was made to vouch for others.
pub(crate) fn is_authority(certificate: &Certificate) -> bool {
    matches!(certificate.tbs_certificate.get::<BasicConstraints>(), Ok(Some((_, constraints))) if constraints.ca)
}

pub(crate) fn holds_at(certificate: &Certificate, at: Timestamp) -> bool {
    let validity = &certificate.tbs_certificate.validity;
    match (moment(validity.not_before), moment(validity.not_after)) {
        (Some(from), Some(until)) => (from..=until).contains(&at),
        _ => false,
    }
}

/// Whether its key may sign what is not a certificate.
pub(crate) fn may_sign(certificate: &Certificate) -> bool {
    match certificate.tbs_certificate.get::<KeyUsage>() {
        Ok(None) => true,
        Ok(Some((_, usage))) => usage.digital_signature() || usage.non_repudiation(),
        Err(_) => false,
    }
}

/// Whether it is for this purpose (4.2.1.12) by name.
pub(crate) fn is_for(certificate: &Certificate, purpose: &str) -> bool {
    matches!(
        certificate.tbs_certificate.get::<ExtendedKeyUsage>(),
        Ok(Some((_, usage))) if usage.0.iter().any(|found| found.to_string() == purpose)
    )
}

/// Whether each of these certificates is as its issuer made it, whoever that is. Those of `path` are known to be.
/// When there is none, one whose issuer is not here or that is signed in a way that is not known here is let pass.
pub(crate) fn are_whole(ders: &[Vec<u8>], path: Option<&[Vec<u8>]>) -> bool {
    let known = path.unwrap_or_default();
    let issuers: Vec<Certificate> = ders.iter().chain(known).filter_map(|der| read(der)).collect();
    ders.iter().filter(|der| !known.contains(der)).all(|der| match is_whole(der, &issuers) {
        Some(Ok(())) => true,
        Some(Err(SignatureFault::Wrong)) => false,
        Some(Err(SignatureFault::Unsupported(_))) | None => path.is_none(),
    })
}

/// Whether one of these made it; none when nobody here is its issuer.
fn is_whole(der: &[u8], issuers: &[Certificate]) -> Option<Result<(), SignatureFault>> {
    let certificate = read(der)?;
    let (signed, value) = (algorithm::signed_part(der)?, certificate.signature.as_bytes()?);
    let named = issuers.iter().filter(|issuer| issuer.tbs_certificate.subject == certificate.tbs_certificate.issuer);
    let held = |issuer: &Certificate| {
        let key = &issuer.tbs_certificate.subject_public_key_info;
        algorithm::verify(key, &certificate.signature_algorithm, None, &signed, value)
    };
    named.map(held).reduce(|one, other| if one.is_ok() { one } else { other })
}

/// What its holder is called: its common name, or its organisation.
pub(crate) fn holder(certificate: &Certificate) -> String {
    let name = &certificate.tbs_certificate.subject;
    let attributes = || name.0.iter().flat_map(|part| part.0.iter());
    let called = |kind: &str| attributes().find(|attribute| attribute.oid.to_string() == kind).map(text);
    called(COMMON_NAME).or_else(|| called(ORGANISATION)).unwrap_or_else(|| name.to_string())
}

fn text(attribute: &AttributeTypeAndValue) -> String {
    String::from_utf8_lossy(attribute.value.value()).chars().filter(|letter| !letter.is_control()).collect()
}
