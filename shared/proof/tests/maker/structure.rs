//! CMS structures and time-stamp tokens, written byte by byte.

use aws_lc_rs::digest::{SHA256, digest as hash};
use jiff::Timestamp;
use rcgen::SigningKey as _;
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};

use super::people::Person;

const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 4];
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
const SIGNING_CERTIFICATE_V2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 47];
const SIGNATURE_TIME_STAMP: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 14];
const SHA_256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
const ECDSA_SHA_256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const ECDSA_SHA_384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
const SHA_384: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2];

pub(crate) fn digest(bytes: &[u8]) -> Vec<u8> {
    hash(&SHA256, bytes).as_ref().to_vec()
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let value = parts.concat();
    let length = match value.len() {
        length @ 0..=127 => vec![length as u8],
        length @ 128..=255 => vec![0x81, length as u8],
        length => vec![0x82, (length >> 8) as u8, length as u8],
    };
    [&[tag], length.as_slice(), &value].concat()
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, parts)
}

fn oid(value: &[u8]) -> Vec<u8> {
    tlv(6, &[value])
}

fn attribute(kind: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(kind), &tlv(0x31, &[value])])
}

fn set(mut parts: Vec<Vec<u8>>, tag: u8) -> Vec<u8> {
    parts.sort();
    tlv(tag, &[&parts.concat()])
}

/// A signature of bytes elsewhere, with a time stamp of somebody's when there is one.
pub(crate) fn signature(by: &Person, covered: &[u8], stamped: Option<(&Person, Timestamp)>) -> Vec<u8> {
    structure(by, DATA, covered, None, stamped)
}

/// A token of this moment for bytes.
pub(crate) fn token(by: &Person, bytes: &[u8], time: Timestamp) -> Vec<u8> {
    let imprint = sequence(&[&sequence(&[&oid(SHA_256)]), &tlv(4, &[&digest(bytes)])]);
    let time = tlv(0x18, &[time.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes()]);
    let info = sequence(&[&[2, 1, 1], &oid(&[0x55, 0x1d, 0x20, 0]), &imprint, &[2, 1, 7], &time]);
    structure(by, TST_INFO, &info, Some(&info), None)
}

fn structure(
    by: &Person,
    kind: &[u8],
    content: &[u8],
    enclosed: Option<&[u8]>,
    stamped: Option<(&Person, Timestamp)>,
) -> Vec<u8> {
    let is_384 = by.key.algorithm() == &rcgen::PKCS_ECDSA_P384_SHA384;
    let (hashing, signing) = if is_384 { (SHA_384, ECDSA_SHA_384) } else { (SHA_256, ECDSA_SHA_256) };
    let content = if is_384 { hash(&aws_lc_rs::digest::SHA384, content).as_ref().to_vec() } else { digest(content) };
    let certificate = Certificate::from_der(&by.der).unwrap().tbs_certificate;
    let reference = sequence(&[&sequence(&[&sequence(&[&tlv(4, &[&digest(&by.der)])])])]);
    let attributes = vec![
        attribute(CONTENT_TYPE, &oid(kind)),
        attribute(MESSAGE_DIGEST, &tlv(4, &[&content])),
        attribute(SIGNING_CERTIFICATE_V2, &reference),
    ];
    let value = by.key.sign(&set(attributes.clone(), 0x31)).unwrap();
    let outside = stamped
        .map(|(authority, time)| set(vec![attribute(SIGNATURE_TIME_STAMP, &token(authority, &value, time))], 0xa1));
    let name = sequence(&[&certificate.issuer.to_der().unwrap(), &certificate.serial_number.to_der().unwrap()]);
    let signer = sequence(&[
        &[2, 1, 1],
        &name,
        &sequence(&[&oid(hashing)]),
        &set(attributes, 0xa0),
        &sequence(&[&oid(signing)]),
        &tlv(4, &[&value]),
        &outside.unwrap_or_default(),
    ]);
    let enclosed = enclosed.map(|bytes| tlv(0xa0, &[&tlv(4, &[bytes])])).unwrap_or_default();
    let version: &[u8] = if kind == DATA { &[2, 1, 1] } else { &[2, 1, 3] };
    let certificates = [by.der.clone()].into_iter().chain(by.above.clone()).collect();
    let data = sequence(&[
        version,
        &tlv(0x31, &[&sequence(&[&oid(hashing)])]),
        &sequence(&[&oid(kind), &enclosed]),
        &set(certificates, 0xa0),
        &tlv(0x31, &[&signer]),
    ]);
    sequence(&[&oid(SIGNED_DATA), &tlv(0xa0, &[&data])])
}
