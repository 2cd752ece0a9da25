//! The local stack's own certificate authority: a root that nobody else trusts, a certificate for signing reports, and one
//! for stamping times.

use pem::{EncodeConfig, LineEnding};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use serde_json::json;

use crate::error::StackError;

/// The configurations of those who sign, as `DocumentSigner::parse` takes them.
pub(crate) struct Drawn {
    /// Who signs reports.
    pub(crate) signing: String,
    /// Who stamps times.
    pub(crate) stamping: String,
}

/// The root that a signing configuration's chain ends with, as PEM.
pub(crate) fn root_of(signing: &str) -> Option<String> {
    let configuration: serde_json::Value = serde_json::from_str(signing).ok()?;
    let chain = pem::parse_many(configuration.get("certificates")?.as_str()?).ok()?;
    Some(pem::encode_config(chain.last()?, EncodeConfig::new().set_line_ending(LineEnding::LF)))
}

/// Draws the root and two certificates; the root's key is forgotten.
pub(crate) fn draw() -> Result<Drawn, StackError> {
    let wrong = |error: rcgen::Error| StackError::NoRandomness(error.to_string());
    let key = KeyPair::generate().map_err(wrong)?;
    let mut authority = parameters("Xinzheng local test root");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = authority.self_signed(&key).map_err(wrong)?;
    let issuer = Issuer::new(authority, key);

    let configuration = |parameters: CertificateParams| {
        let key = KeyPair::generate().map_err(wrong)?;
        let leaf = parameters.signed_by(&key, &issuer).map_err(wrong)?;
        let certificates = format!("{}{}", leaf.pem(), certificate.pem());
        Ok::<_, StackError>(json!({ "certificates": certificates, "private_key": key.serialize_pem() }).to_string())
    };
    let mut signing = parameters("长治市信用信息共享平台（本地测试）");
    signing.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
    signing.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
    signing.use_authority_key_identifier_extension = true;
    let mut stamping = parameters("Xinzheng local test time stamps");
    stamping.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    stamping.use_authority_key_identifier_extension = true;
    stamping.custom_extensions = vec![for_time_stamping_alone()];
    Ok(Drawn { signing: configuration(signing)?, stamping: configuration(stamping)? })
}

/// The extended key usage timeStamping, critical as RFC 3161, 2.3 asks for.
fn for_time_stamping_alone() -> CustomExtension {
    let time_stamping = [0x30, 10, 0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8];
    let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, 37], time_stamping.to_vec());
    extension.set_criticality(true);
    extension
}

fn parameters(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.distinguished_name.push(DnType::OrganizationName, "Xinzheng local stack");
    parameters.distinguished_name.push(DnType::CountryName, "CN");
    // Wide enough for clocks of tests.
    parameters.not_before = date_time_ymd(2022, 1, 1);
    parameters.not_after = date_time_ymd(2052, 1, 1);
    parameters
}
