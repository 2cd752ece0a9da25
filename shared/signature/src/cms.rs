//! The CMS structure (RFC 5652) with the attributes that PAdES asks for (ETSI EN 319 142-1, 6.3; ESS: RFC 5035).

use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedAttributes, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use der::asn1::{Any, OctetString, SetOfVec};
use der::oid::ObjectIdentifier;
use der::{Decode, Encode};
use sha2::{Digest, Sha256};
use x509_cert::attr::Attribute;
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::certificates::Certificates;
use crate::error::SignatureError;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
pub(crate) const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
/// The attribute that carries a token (RFC 3161, appendix A).
pub(crate) const SIGNATURE_TIME_STAMP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");

/// What a signature is of.
#[derive(Clone, Copy)]
pub(crate) enum Content<'c> {
    /// Bytes elsewhere, by their SHA-256.
    Detached(&'c [u8; 32]),
    /// Bytes inside the structure, of this type.
    Enclosed(ObjectIdentifier, &'c [u8]),
}

impl Content<'_> {
    const fn kind(self) -> ObjectIdentifier {
        match self {
            Self::Detached(_) => DATA,
            Self::Enclosed(kind, _) => kind,
        }
    }

    fn digest(self) -> [u8; 32] {
        match self {
            Self::Detached(digest) => *digest,
            Self::Enclosed(_, bytes) => Sha256::digest(bytes).into(),
        }
    }
}

/// The attributes that are signed: what kind of content, its digest, and by which certificate.
pub(crate) fn signed_attributes(
    certificates: &Certificates,
    content: Content<'_>,
) -> Result<SignedAttributes, SignatureError> {
    // SigningCertificateV2 with one ESSCertIDv2, whose hash is SHA-256 by default: three sequences around the hash.
    let mut certificate = vec![0x30, 38, 0x30, 36, 0x30, 34, 0x04, 32];
    certificate.extend(certificates.thumbprint()?);
    let attributes = [
        (CONTENT_TYPE, Any::encode_from(&content.kind())?),
        (MESSAGE_DIGEST, Any::encode_from(&OctetString::new(content.digest())?)?),
        (SIGNING_CERTIFICATE_V2, Any::from_der(&certificate)?),
    ];
    let attributes = attributes
        .into_iter()
        .map(|(oid, value)| Ok(Attribute { oid, values: SetOfVec::try_from(vec![value])? }))
        .collect::<Result<Vec<_>, der::Error>>()?;
    Ok(SetOfVec::try_from(attributes)?)
}

/// What is signed: the attributes as a SET (RFC 5652, 5.4).
pub(crate) fn to_sign(attributes: &SignedAttributes) -> Result<Vec<u8>, SignatureError> {
    Ok(attributes.to_der()?)
}

/// The whole structure around a signature of these attributes, with the token of a time-stamping authority when there is
/// one.
pub(crate) fn signed_data(
    certificates: &Certificates,
    content: Content<'_>,
    signature: Vec<u8>,
    token: Option<&[u8]>,
) -> Result<Vec<u8>, SignatureError> {
    let sha_256 = AlgorithmIdentifierOwned { oid: SHA_256, parameters: None };
    let algorithm = certificates.algorithm().identifier();
    let signing =
        certificates.signing().ok_or_else(|| SignatureError::Configuration("there is no certificate".to_owned()))?;
    let unsigned = token.map(|token| -> Result<_, SignatureError> {
        let values = SetOfVec::try_from(vec![Any::from_der(token)?])?;
        Ok(SetOfVec::try_from(vec![Attribute { oid: SIGNATURE_TIME_STAMP, values }])?)
    });
    let signer = SignerInfo {
        version: CmsVersion::V1,
        sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: signing.tbs_certificate.issuer.clone(),
            serial_number: signing.tbs_certificate.serial_number.clone(),
        }),
        digest_alg: sha_256.clone(),
        signed_attrs: Some(signed_attributes(certificates, content)?),
        signature_algorithm: algorithm,
        signature: OctetString::new(signature)?,
        unsigned_attrs: unsigned.transpose()?,
    };
    let chain: Vec<CertificateChoices> =
        certificates.chain().iter().cloned().map(CertificateChoices::Certificate).collect();
    let enclosed = match content {
        Content::Detached(_) => None,
        Content::Enclosed(_, bytes) => Some(Any::encode_from(&OctetString::new(bytes)?)?),
    };
    // RFC 5652, 5.1: version 3 for content other than data.
    let data = SignedData {
        version: if content.kind() == DATA { CmsVersion::V1 } else { CmsVersion::V3 },
        digest_algorithms: SetOfVec::try_from(vec![sha_256])?,
        encap_content_info: EncapsulatedContentInfo { econtent_type: content.kind(), econtent: enclosed },
        certificates: Some(CertificateSet(SetOfVec::try_from(chain)?)),
        crls: None,
        signer_infos: SignerInfos(SetOfVec::try_from(vec![signer])?),
    };
    Ok(ContentInfo { content_type: SIGNED_DATA, content: Any::encode_from(&data)? }.to_der()?)
}
