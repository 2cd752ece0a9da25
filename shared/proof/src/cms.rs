//! The CMS structure of a signature (RFC 5652), as PAdES has it (ETSI EN 319 142-1; ESS: RFC 2634, RFC 5035).

use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{EncapsulatedContentInfo, SignerIdentifier, SignerInfo};
use der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec};
use der::{Decode, Encode, Sequence, Tag, Tagged};
use x509_cert::Certificate;
use x509_cert::attr::Attribute;
use x509_cert::ext::pkix::SubjectKeyIdentifier;
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::algorithm::{self, SHA_256, SignatureFault};
use crate::certificate;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
const SIGNATURE_TIME_STAMP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");
const SHA_1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");

/// SignedData (RFC 5652, 5.1) with its certificates as they are written.
#[derive(Clone, Debug, Sequence)]
struct SignedData {
    version: CmsVersion,
    digest_algorithms: SetOfVec<AlgorithmIdentifierOwned>,
    encap_content_info: EncapsulatedContentInfo,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true", optional = "true")]
    certificates: Option<SetOfVec<Any>>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", constructed = "true", optional = "true")]
    crls: Option<SetOfVec<Any>>,
    signer_infos: SetOfVec<SignerInfo>,
}

/// What a signature is of.
#[derive(Clone, Copy)]
pub(crate) enum Content<'c> {
    /// Bytes elsewhere, in parts.
    Detached(&'c [&'c [u8]]),
    /// A TSTInfo (RFC 3161) inside the structure.
    TimeStamp,
}

/// A signature that is of its content, by the key of its certificate. Whose that is, is another question.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) certificate: Vec<u8>,
    /// The certificates beside it.
    pub(crate) others: Vec<Vec<u8>>,
    pub(crate) value: Vec<u8>,
    /// Tokens of time-stamping authorities, outside of what is signed.
    pub(crate) tokens: Vec<Vec<u8>>,
    /// Whether there is something else outside of what is signed.
    pub(crate) has_more: bool,
    /// What stands inside the structure.
    pub(crate) content: Vec<u8>,
}

/// Why a signature is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CmsFault {
    /// It is not the structure that it should be.
    Malformed,
    /// It is of other content.
    Content,
    /// The key of its certificate did not make it.
    Value,
    /// Its algorithm is not known here.
    Unsupported(String),
}

impl From<SignatureFault> for CmsFault {
    fn from(fault: SignatureFault) -> Self {
        match fault {
            SignatureFault::Unsupported(name) => Self::Unsupported(name),
            SignatureFault::Wrong => Self::Value,
        }
    }
}

/// The structure at the beginning of bytes that are filled up with zeros.
pub(crate) fn structure(bytes: &[u8]) -> Option<&[u8]> {
    let length = match *bytes.get(1)? {
        length @ 0..=127 => 2 + usize::from(length),
        count => {
            let digits = bytes.get(2..2 + usize::from(count & 127))?;
            let length = digits
                .iter()
                .try_fold(0_usize, |length, byte| length.checked_mul(256)?.checked_add(usize::from(*byte)))?;
            length.checked_add(2 + digits.len())?
        }
    };
    let (structure, rest) = bytes.split_at_checked(length)?;
    rest.iter().all(|byte| *byte == 0).then_some(structure)
}

/// Verifies the structure against its content.
pub(crate) fn verify(structure: &[u8], content: Content<'_>) -> Result<Signed, CmsFault> {
    let (data, signer) = read(structure).ok_or(CmsFault::Malformed)?;
    let certificates: Vec<Vec<u8>> = encoded(data.certificates.as_ref()).ok_or(CmsFault::Malformed)?;
    let at =
        certificates.iter().position(|der| certificate::read(der).is_some_and(|read| is_named(&read, &signer.sid)));
    let at = at.ok_or(CmsFault::Malformed)?;
    let mut others = certificates;
    let der = others.remove(at);
    let certificate = certificate::read(&der).ok_or(CmsFault::Malformed)?;

    let key = &certificate.tbs_certificate.subject_public_key_info;
    let attributes = signer.signed_attrs.as_ref().ok_or(CmsFault::Malformed)?;
    let message = attributes.to_der().map_err(|_| CmsFault::Malformed)?;
    let signature = signer.signature.as_bytes();
    algorithm::verify(key, &signer.signature_algorithm, Some(&signer.digest_alg), &message, signature)?;

    let (kind, enclosed) = match content {
        Content::Detached(_) => (DATA, None),
        Content::TimeStamp => (TST_INFO, enclosed(&data)),
    };
    let parts: &[&[u8]] = match (content, &enclosed) {
        (Content::Detached(parts), _) => parts,
        (Content::TimeStamp, Some(bytes)) => &[bytes.as_slice()],
        (Content::TimeStamp, None) => return Err(CmsFault::Malformed),
    };
    let digest = algorithm::digest(&signer.digest_alg, parts).ok_or(CmsFault::Malformed)?;
    let is_of = data.encap_content_info.econtent_type == kind
        && value(attributes.iter(), CONTENT_TYPE).and_then(|found| found.decode_as().ok()) == Some(kind)
        && value(attributes.iter(), MESSAGE_DIGEST).is_some_and(|found| found.value() == digest);
    if !is_of {
        return Err(CmsFault::Content);
    }
    if !names(attributes.iter(), &der) {
        return Err(CmsFault::Value);
    }
    let (tokens, has_more) = outside(&signer).ok_or(CmsFault::Malformed)?;
    Ok(Signed {
        certificate: der,
        others,
        value: signature.to_vec(),
        tokens,
        has_more: has_more || data.crls.is_some(),
        content: enclosed.unwrap_or_default(),
    })
}

fn read(structure: &[u8]) -> Option<(SignedData, SignerInfo)> {
    let info = ContentInfo::from_der(structure).ok().filter(|info| info.content_type == SIGNED_DATA)?;
    let data: SignedData = info.content.decode_as().ok()?;
    let signer = data.signer_infos.get(0).filter(|_| data.signer_infos.len() == 1)?.clone();
    // RFC 5652, 5.1 and 5.3.
    let is_data = data.encap_content_info.econtent_type == DATA;
    let by_name = matches!(signer.sid, SignerIdentifier::IssuerAndSerialNumber(_));
    let version = |is_first| if is_first { CmsVersion::V1 } else { CmsVersion::V3 };
    let fits = data.version == version(is_data && by_name)
        && signer.version == version(by_name)
        && data.digest_algorithms.len() == 1
        && data
            .digest_algorithms
            .get(0)
            .is_some_and(|found| found.oid == signer.digest_alg.oid && algorithm::has_no_parameters(found))
        && (!is_data || data.encap_content_info.econtent.is_none());
    fits.then_some((data, signer))
}

fn encoded(values: Option<&SetOfVec<Any>>) -> Option<Vec<Vec<u8>>> {
    values?.iter().map(|value| value.to_der().ok()).collect()
}

fn enclosed(data: &SignedData) -> Option<Vec<u8>> {
    let content: OctetString = data.encap_content_info.econtent.as_ref()?.decode_as().ok()?;
    Some(content.into_bytes())
}

fn is_named(certificate: &Certificate, signer: &SignerIdentifier) -> bool {
    let certificate = &certificate.tbs_certificate;
    match signer {
        SignerIdentifier::IssuerAndSerialNumber(named) => {
            named.issuer == certificate.issuer && named.serial_number == certificate.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(named) => {
            matches!(certificate.get::<SubjectKeyIdentifier>(), Ok(Some((_, found))) if found == *named)
        }
    }
}

/// The one value of an attribute that stands there once.
fn value<'a>(mut attributes: impl Iterator<Item = &'a Attribute>, kind: ObjectIdentifier) -> Option<&'a Any> {
    let attribute = attributes.find(|attribute| attribute.oid == kind)?;
    (attribute.values.len() == 1 && attributes.all(|other| other.oid != kind)).then(|| attribute.values.get(0))?
}

/// Whether the signing-certificate attribute, of either version, is of this certificate.
fn names<'a>(attributes: impl Iterator<Item = &'a Attribute> + Clone, der: &[u8]) -> bool {
    let first = |kind| -> Option<Vec<Any>> {
        let outer: Vec<Any> = value(attributes.clone(), kind)?.decode_as().ok()?;
        let certificates: Vec<Any> = outer.first()?.decode_as().ok()?;
        certificates.first()?.decode_as().ok()
    };
    let matches = |default, fields: Vec<Any>| -> Option<bool> {
        let (algorithm, hash) = match fields.as_slice() {
            [hash, ..] if hash.tag() == Tag::OctetString => (default, hash),
            [named, hash, ..] => (named.decode_as::<AlgorithmIdentifierOwned>().ok()?.oid, hash),
            _ => return None,
        };
        Some(algorithm::naming_digest(algorithm, der)? == hash.value())
    };
    match first(SIGNING_CERTIFICATE_V2) {
        Some(fields) => matches(SHA_256, fields),
        None => first(SIGNING_CERTIFICATE).and_then(|fields| matches(SHA_1, fields)),
    }
    .unwrap_or(false)
}

/// What stands outside of what is signed: tokens, and whether there is more.
fn outside(signer: &SignerInfo) -> Option<(Vec<Vec<u8>>, bool)> {
    let (mut tokens, mut has_more) = (vec![], false);
    for attribute in signer.unsigned_attrs.iter().flat_map(|attributes| attributes.iter()) {
        if attribute.oid == SIGNATURE_TIME_STAMP {
            for value in attribute.values.iter() {
                tokens.push(value.to_der().ok()?);
            }
        } else {
            has_more = true;
        }
    }
    Some((tokens, has_more))
}
