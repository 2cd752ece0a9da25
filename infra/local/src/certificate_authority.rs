//! The local stack's own certificate authority: a root that nobody else trusts, certificates for signing reports and for stamping
//! times, and what it says of them: at the stack's own address.

use pem::{EncodeConfig, LineEnding};
use rcgen::{
    BasicConstraints, CertificateParams, CrlDistributionPoint, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SerialNumber, date_time_ymd,
};
use serde_json::{Value, json};

use crate::error::StackError;

/// Where the authority's revocation list is.
pub(crate) const REVOCATION_LIST: &str = "/dev/crl";
/// Where it says of a certificate whether it is revoked.
pub(crate) const STATUS: &str = "/dev/ocsp";

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Reports,
    Times,
    /// Saying which certificates are revoked.
    Status,
}

/// The root with its key: a configuration as `DocumentSigner::parse` takes it.
pub(crate) fn draw_root() -> Result<String, StackError> {
    let key = KeyPair::generate().map_err(wrong)?;
    let certificate = root().self_signed(&key).map_err(wrong)?;
    Ok(configuration(&certificate.pem(), &key.serialize_pem()))
}

/// The root of an authority's configuration, as PEM.
pub(crate) fn root_of(authority: &str) -> Option<String> {
    let chain = pem::parse_many(text(authority, "certificates")?).ok()?;
    Some(pem::encode_config(chain.last()?, EncodeConfig::new().set_line_ending(LineEnding::LF)))
}

/// A new key with a certificate of this authority, which is reached at `address`.
pub(crate) fn draw(authority: &str, purpose: Purpose, address: &str) -> Result<String, StackError> {
    certify(authority, purpose, address, &KeyPair::generate().map_err(wrong)?)
}

/// The key of a configuration with another certificate: the authority is reached at another address.
pub(crate) fn draw_again(
    authority: &str,
    purpose: Purpose,
    address: &str,
    configured: &str,
) -> Result<String, StackError> {
    let key = text(configured, "private_key").unwrap_or_default();
    certify(authority, purpose, address, &KeyPair::from_pem(&key).map_err(wrong)?)
}

fn certify(authority: &str, purpose: Purpose, address: &str, key: &KeyPair) -> Result<String, StackError> {
    let of_root = |name| text(authority, name).unwrap_or_default();
    let issuer = Issuer::new(root(), KeyPair::from_pem(&of_root("private_key")).map_err(wrong)?);
    let leaf = leaf(purpose, address)?.signed_by(key, &issuer).map_err(wrong)?;
    let root = root_of(authority).unwrap_or_default();
    let drawn = configuration(&format!("{}{root}", leaf.pem()), &key.serialize_pem());
    let Ok(Value::Object(mut drawn)) = serde_json::from_str(&drawn) else { return Ok(drawn) };
    if purpose == Purpose::Reports {
        drawn.insert("timestamp_certificates".to_owned(), root.into());
    }
    Ok(Value::Object(drawn).to_string())
}

fn configuration(certificates: &str, private_key: &str) -> String {
    json!({ "certificates": certificates, "private_key": private_key }).to_string()
}

fn text(configuration: &str, name: &str) -> Option<String> {
    let configuration: Value = serde_json::from_str(configuration).ok()?;
    Some(configuration.get(name)?.as_str()?.to_owned())
}

fn root() -> CertificateParams {
    let mut root = parameters("Xinzheng local test root", 2062);
    root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    root
}

fn leaf(purpose: Purpose, address: &str) -> Result<CertificateParams, StackError> {
    let mut leaf = match purpose {
        Purpose::Reports => parameters("长治市信用信息共享平台（本地测试）", 2031),
        Purpose::Times => parameters("Xinzheng local test time stamps", 2042),
        Purpose::Status => parameters("Xinzheng local test certificate status", 2042),
    };
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    match purpose {
        Purpose::Reports => {
            leaf.key_usages.push(KeyUsagePurpose::ContentCommitment);
            leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
        }
        Purpose::Times => leaf.custom_extensions.push(for_time_stamping_alone()),
        Purpose::Status => {
            leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning];
            leaf.custom_extensions.push(not_asked_about());
        }
    }
    if purpose != Purpose::Status {
        leaf.custom_extensions.push(status_at(&format!("{address}{STATUS}")));
        leaf.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![format!("{address}{REVOCATION_LIST}")] }];
    }
    leaf.use_authority_key_identifier_extension = true;
    // Of one key there may be several certificates.
    let mut serial = [0; 16];
    getrandom::fill(&mut serial).map_err(|error| StackError::NoRandomness(error.to_string()))?;
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x7f | 0x40;
    }
    leaf.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok(leaf)
}

/// The extended key usage timeStamping, critical as RFC 3161, 2.3 asks for.
fn for_time_stamping_alone() -> CustomExtension {
    let time_stamping = [0x30, 10, 0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8];
    let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, 37], time_stamping.to_vec());
    extension.set_criticality(true);
    extension
}

/// That nobody is asked whether the certificate is revoked (RFC 6960, 4.2.2.2.1).
fn not_asked_about() -> CustomExtension {
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 48, 1, 5], vec![5, 0])
}

/// The authority information access that names who answers OCSP (RFC 5280, 4.2.2.1).
fn status_at(address: &str) -> CustomExtension {
    let ocsp = [0x06, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 1];
    let access = tagged(0x30, &[ocsp.as_slice(), &tagged(0x86, address.as_bytes())].concat());
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], tagged(0x30, &access))
}

/// A value of DER of less than 128 bytes, as addresses on loopback are.
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
    [&[tag, length], content].concat()
}

fn parameters(name: &str, until: i32) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.distinguished_name.push(DnType::OrganizationName, "Xinzheng local stack");
    parameters.distinguished_name.push(DnType::CountryName, "CN");
    // Wide enough for clocks of tests.
    parameters.not_before = date_time_ymd(2022, 1, 1);
    parameters.not_after = date_time_ymd(until, 1, 1);
    parameters
}

fn wrong(error: rcgen::Error) -> StackError {
    StackError::NoRandomness(error.to_string())
}
