//! Whom clients believe: the certificate authorities of Mozilla's programme, which come along with the program. To read them from
//! the system's folder takes longer than all else at the start of a function, and Lambda's system has no others.
//!
//! Where `SSL_CERT_FILE` names others, those are believed instead, as by OpenSSL.

use std::env;

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use reqwest::{Certificate, ClientBuilder};
use thiserror::Error;
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

/// The variable by which a deployment names other authorities.
const OWN: &str = "SSL_CERT_FILE";

/// A client could not be made of the certificates.
#[derive(Debug, Error)]
#[error("the certificates of the authorities cannot be used: {0}")]
pub struct RootsError(String);

fn are_others_named() -> bool {
    env::var_os(OWN).is_some_and(|file| !file.is_empty())
}

/// The authorities as PEM (`build.rs`).
const PEM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/authorities.pem"));

/// A client that reads its certificates once, when it is first used. By itself it reads them for each service besides, to see
/// whether they can be.
#[derive(Debug)]
struct ReadOnce(SharedHttpClient);

impl HttpClient for ReadOnce {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

/// One HTTPS client for all services of AWS, with its connections.
///
/// # Errors
///
/// When it cannot be made.
pub fn aws_client() -> Result<SharedHttpClient, RootsError> {
    let believed =
        if are_others_named() { TrustStore::default() } else { TrustStore::empty().with_pem_certificate(PEM) };
    let context = TlsContext::builder().with_trust_store(believed).build();
    let context = context.map_err(|error| RootsError(error.to_string()))?;
    let client = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(context).build_https();
    Ok(SharedHttpClient::new(ReadOnce(client)))
}

/// What clients of other servers are made of.
pub fn client() -> ClientBuilder {
    let client = reqwest::Client::builder();
    if are_others_named() {
        return client;
    }
    client
        .tls_certs_only(TLS_SERVER_ROOT_CERTS.iter().filter_map(|certificate| Certificate::from_der(certificate).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_authority_can_be_used() {
        assert!(TLS_SERVER_ROOT_CERTS.len() > 100);
        assert!(TLS_SERVER_ROOT_CERTS.iter().all(|certificate| Certificate::from_der(certificate).is_ok()));
        assert_eq!(PEM.windows(11).filter(|begin| begin == b"-----BEGIN ").count(), TLS_SERVER_ROOT_CERTS.len());
        assert!(aws_client().is_ok());
        assert!(client().build().is_ok());
    }
}
