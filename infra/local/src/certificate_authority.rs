//! The local stack's own certificate authority: a root that nobody else trusts, and a certificate for signing reports.

use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use serde_json::json;

use crate::secrets::write_private;
use crate::stack::StackError;

/// Draws root and signing certificate. The root is written to `root`, for whoever checks signatures; its key is forgotten.
/// Returns the signing configuration.
pub(crate) fn draw(root: &Path) -> Result<String, StackError> {
    let wrong = |error: rcgen::Error| StackError::NoRandomness(error.to_string());
    let key = KeyPair::generate().map_err(wrong)?;
    let mut authority = parameters("Xinzheng local test root");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = authority.self_signed(&key).map_err(wrong)?;
    write_private(root, certificate.pem().as_bytes())?;
    let issuer = Issuer::new(authority, key);

    let key = KeyPair::generate().map_err(wrong)?;
    let mut signing = parameters("长治市信用信息共享平台（本地测试）");
    signing.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
    signing.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
    signing.use_authority_key_identifier_extension = true;
    let leaf = signing.signed_by(&key, &issuer).map_err(wrong)?;
    let certificates = format!("{}{}", leaf.pem(), certificate.pem());
    Ok(json!({ "certificates": certificates, "private_key": key.serialize_pem() }).to_string())
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
