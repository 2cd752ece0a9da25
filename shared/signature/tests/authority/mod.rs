//! An authority on loopback that certifies, stamps times and says which certificates are revoked.
#![allow(dead_code, reason = "not each program of tests needs all of it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use rcgen::{
    BasicConstraints, CertificateParams, CrlDistributionPoint, CustomExtension, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SerialNumber, date_time_ymd,
};
use serde_json::json;
use xinzheng_signature::{DocumentSigner, RevokedSerials, TimestampAuthority};

pub(crate) const NOW: &str = "2025-11-03T02:00:00Z";
/// The serial number of the certificate that signs.
const SIGNING: [u8; 3] = [0x41, 2, 3];

/// What goes wrong.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) times: AtomicBool,
    pub(crate) status: AtomicBool,
    pub(crate) lists: AtomicBool,
    pub(crate) revoked: AtomicBool,
    /// How often it was asked about certificates.
    pub(crate) asked: AtomicUsize,
}

pub(crate) struct Authority {
    pub(crate) faults: Arc<Faults>,
    /// The configuration of who signs.
    pub(crate) signing: String,
    pub(crate) root: String,
    pub(crate) address: String,
}

struct Served {
    faults: Arc<Faults>,
    root: DocumentSigner,
    stamping: DocumentSigner,
}

pub(crate) fn nobody() -> aws_sdk_kms::Client {
    let sdk = aws_config::SdkConfig::builder().behavior_version(aws_config::BehaviorVersion::latest()).build();
    aws_sdk_kms::Client::new(&sdk)
}

fn parameters(name: &str, serial: &[u8]) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.not_before = date_time_ymd(2022, 1, 1);
    parameters.not_after = date_time_ymd(2040, 1, 1);
    parameters.serial_number = Some(SerialNumber::from_slice(serial));
    parameters
}

/// That this address is asked by OCSP.
fn status_at(address: &str) -> CustomExtension {
    let tagged = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()], content].concat();
    let ocsp = [0x06, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 1];
    let access = tagged(0x30, &[ocsp.as_slice(), &tagged(0x86, address.as_bytes())].concat());
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], tagged(0x30, &access))
}

/// The extended key usage timeStamping, critical as RFC 3161, 2.3 asks for.
fn for_time_stamping_alone() -> CustomExtension {
    let usage = vec![0x30, 10, 0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8];
    let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, 37], usage);
    extension.set_criticality(true);
    extension
}

fn configured(certificates: &str, key: &KeyPair) -> String {
    json!({ "certificates": certificates, "private_key": key.serialize_pem() }).to_string()
}

impl Authority {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let mut of_root = parameters("虚构的根", &[0x40, 1]);
        of_root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        of_root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let root = of_root.self_signed(&key).unwrap().pem();
        let root_configuration = configured(&root, &key);
        let issuer = Issuer::new(of_root, key);
        let certified = |name: &str, serial: &[u8]| {
            let key = KeyPair::generate().unwrap();
            let mut leaf = parameters(name, serial);
            leaf.custom_extensions = vec![status_at(&format!("{address}/status"))];
            if serial != SIGNING {
                leaf.custom_extensions.push(for_time_stamping_alone());
            }
            leaf.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![format!("{address}/list")] }];
            let leaf = leaf.signed_by(&key, &issuer).unwrap().pem();
            configured(&format!("{leaf}{root}"), &key)
        };
        let signer = |configuration: &str| DocumentSigner::parse(configuration, &nobody()).unwrap();
        let signing = certified("虚构的平台", &SIGNING);
        let faults = Arc::new(Faults::default());
        let served = Arc::new(Served {
            faults: Arc::clone(&faults),
            root: signer(&root_configuration),
            stamping: signer(&certified("虚构的授时", &[0x42, 5])),
        });
        let router = axum::Router::new()
            .route("/times", post(times))
            .route("/status", post(status))
            .route("/list", get(list))
            .with_state(served);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { faults, signing, root, address }
    }

    /// Who signs, stamped by this authority.
    pub(crate) fn signer(&self) -> DocumentSigner {
        DocumentSigner::parse(&self.signing, &nobody()).unwrap().stamped_by(Some(self.authority()))
    }

    /// Who stamps times.
    pub(crate) fn authority(&self) -> TimestampAuthority {
        TimestampAuthority::at(&format!("{}/times", self.address)).unwrap()
    }
}

type Answer = Result<Vec<u8>, StatusCode>;

fn revoked(faults: &Faults) -> RevokedSerials {
    if faults.revoked.load(Ordering::Relaxed) {
        RevokedSerials::from([SIGNING.to_vec()])
    } else {
        RevokedSerials::new()
    }
}

fn unless(fails: &AtomicBool) -> Result<(), StatusCode> {
    if fails.load(Ordering::Relaxed) { Err(StatusCode::SERVICE_UNAVAILABLE) } else { Ok(()) }
}

async fn times(State(served): State<Arc<Served>>, request: Bytes) -> Answer {
    unless(&served.faults.times)?;
    Ok(served.stamping.grant_timestamp(&request, NOW.parse().unwrap(), 7).await.unwrap())
}

async fn status(State(served): State<Arc<Served>>, request: Bytes) -> Answer {
    served.faults.asked.fetch_add(1, Ordering::Relaxed);
    unless(&served.faults.status)?;
    Ok(served.root.answer_status(&request, &revoked(&served.faults), NOW.parse().unwrap()).await.unwrap())
}

async fn list(State(served): State<Arc<Served>>) -> Answer {
    served.faults.asked.fetch_add(1, Ordering::Relaxed);
    unless(&served.faults.lists)?;
    Ok(served.root.revocation_list(&revoked(&served.faults), NOW.parse().unwrap()).await.unwrap())
}
