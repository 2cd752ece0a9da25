//! Drawn keys with certificates.

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CustomExtension, DnType, IsCa, Issuer,
    KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, SignatureAlgorithm, date_time_ymd,
};

/// A moment.
pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A key with its certificate, and with those above it.
pub(crate) struct Person {
    pub(crate) key: KeyPair,
    pub(crate) der: Vec<u8>,
    pub(crate) pem: String,
    pub(crate) above: Vec<Vec<u8>>,
    parameters: CertificateParams,
}

/// What a certificate is for (RFC 5280, 4.2.1.12), as the last arc of id-kp.
pub(crate) const EMAIL: u8 = 4;
pub(crate) const STAMPS: u8 = 8;

impl Person {
    pub(crate) fn root(name: &str) -> Self {
        Self::drawn(name, 1, None, None, &rcgen::PKCS_ECDSA_P256_SHA256, (2022, 2052))
    }

    pub(crate) fn signer(name: &str, by: &Self) -> Self {
        Self::drawn(name, 2, Some(by), Some(EMAIL), &rcgen::PKCS_ECDSA_P256_SHA256, (2022, 2052))
    }

    pub(crate) fn stamping(name: &str, by: &Self) -> Self {
        Self::drawn(name, 3, Some(by), Some(STAMPS), &rcgen::PKCS_ECDSA_P256_SHA256, (2022, 2052))
    }

    pub(crate) fn drawn(
        name: &str,
        serial: u64,
        by: Option<&Self>,
        purpose: Option<u8>,
        algorithm: &'static SignatureAlgorithm,
        years: (i32, i32),
    ) -> Self {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.not_before = date_time_ymd(years.0, 1, 1);
        parameters.not_after = date_time_ymd(years.1, 1, 1);
        parameters.serial_number = Some(SerialNumber::from(serial));
        if let Some(purpose) = purpose {
            parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            let value = vec![0x30, 10, 0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, purpose];
            let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, 37], value);
            extension.set_criticality(true);
            parameters.custom_extensions.push(extension);
        } else {
            parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        }
        let certificate = match by {
            None => parameters.self_signed(&key).unwrap(),
            Some(by) => parameters.signed_by(&key, &Issuer::from_params(&by.parameters, &by.key)).unwrap(),
        };
        let above = by.map(|by| [by.der.clone()].into_iter().chain(by.above.clone()).collect()).unwrap_or_default();
        Self { der: certificate.der().to_vec(), pem: certificate.pem(), key, above, parameters }
    }

    /// A revocation list of this moment, in which these serial numbers were taken back in 2023.
    pub(crate) fn list(&self, serials: &[u64]) -> Vec<u8> {
        let revoked = serials.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2023, 6, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let parameters = CertificateRevocationListParams {
            this_update: date_time_ymd(2025, 1, 1),
            next_update: date_time_ymd(2026, 1, 1),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        parameters.signed_by(&Issuer::from_params(&self.parameters, &self.key)).unwrap().der().to_vec()
    }
}
