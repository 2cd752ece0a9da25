//! What signs is proven before it does: by its certificates' times, path and purpose, and by its key.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod authority;

use authority::{Authority, NOW, nobody};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use serde_json::json;
use xinzheng_signature::{DocumentSigner, SignatureError};

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn named(name: &str, (from, until): (i32, i32)) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, name);
    (parameters.not_before, parameters.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
    parameters
}

fn authority(name: &str, years: (i32, i32)) -> CertificateParams {
    let mut parameters = named(name, years);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    parameters
}

/// Root, intermediate authority and leaf as PEM, and the leaf's key.
fn chain(root: (i32, i32), between: (i32, i32), leaf: CertificateParams) -> ([String; 3], String) {
    let [root_key, between_key, key] = [0; 3].map(|_| KeyPair::generate().unwrap());
    let root = authority("虚构的根", root);
    let root_pem = root.self_signed(&root_key).unwrap().pem();
    let issuer = Issuer::new(root, root_key);
    let between = authority("虚构的中间", between);
    let between_pem = between.signed_by(&between_key, &issuer).unwrap().pem();
    let leaf_pem = leaf.signed_by(&key, &Issuer::new(between, between_key)).unwrap().pem();
    ([root_pem, between_pem, leaf_pem], key.serialize_pem())
}

async fn proven(certificates: &str, key: &str) -> Result<(), SignatureError> {
    let configuration = json!({ "certificates": certificates, "private_key": key }).to_string();
    DocumentSigner::parse(&configuration, &nobody()).unwrap().prove(now()).await
}

#[tokio::test]
async fn certificates_are_proven_at_the_moment() {
    let (long, leaf) = ((2022, 2040), |years| named("虚构的平台", years));
    let for_servers = || {
        let mut parameters = leaf(long);
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters
    };
    for (root, between, leaf, wrong) in [
        (long, long, leaf(long), None),
        (long, long, leaf((2022, 2025)), Some("2025-01-01")),
        (long, long, leaf((2026, 2040)), Some("2026-01-01")),
        (long, (2022, 2025), leaf(long), Some("虚构的中间")),
        ((2022, 2025), long, leaf(long), Some("虚构的根")),
        (long, long, for_servers(), Some("something else")),
    ] {
        let ([root, between, leaf], key) = chain(root, between, leaf);
        let found = proven(&format!("{leaf}{between}{root}"), &key).await;
        match (found, wrong) {
            (Ok(()), None) => {}
            (Err(SignatureError::Unfit(why)), Some(wrong)) => assert!(why.contains(wrong), "{why}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_path_ends_with_its_root() {
    let long = (2022, 2040);
    let drawn = || chain(long, long, named("虚构的平台", long));
    let (([root, between, leaf], key), ([other_root, other_between, other_leaf], _)) = (drawn(), drawn());
    for (certificates, is_whole) in [
        (vec![&leaf, &between, &root], true),
        (vec![&leaf, &root, &between], true),
        (vec![&leaf, &between, &root, &other_root], true),
        (vec![&leaf], false),
        (vec![&leaf, &between], false),
        (vec![&leaf, &root], false),
        (vec![&leaf, &other_between, &root], false),
        (vec![&leaf, &between, &other_root], false),
        (vec![&other_leaf, &other_between, &other_root], false),
    ] {
        let certificates = certificates.into_iter().map(String::as_str).collect::<String>();
        let found = proven(&certificates, &key).await;
        assert_eq!(found.is_ok(), is_whole, "{found:?}");
        assert!(is_whole || matches!(found, Err(SignatureError::Unfit(_))), "{found:?}");
    }
    let alone = KeyPair::generate().unwrap();
    let itself = named("虚构的平台", long).self_signed(&alone).unwrap().pem();
    proven(&itself, &alone.serialize_pem()).await.expect("one that names itself is its own root");
}

#[tokio::test]
async fn when_certificates_end_is_told() {
    let served = Authority::start().await;
    let end: Timestamp = "2040-01-01T00:00:00Z".parse().unwrap();
    let unstamped = DocumentSigner::parse(&served.signing, &nobody()).unwrap();
    assert_eq!(unstamped.certified_until().unwrap(), end);
    assert_eq!(unstamped.stamped_until(now()).await.unwrap(), None, "without an authority");
    let stamped = served.signer();
    assert_eq!(stamped.stamped_until(now()).await.unwrap(), Some(end));
    let ([root, between, leaf], key) = chain((2022, 2040), (2022, 2040), named("虚构的平台", (2022, 2040)));
    let elsewhere = json!({ "certificates": format!("{leaf}{between}{root}"), "private_key": key }).to_string();
    let elsewhere = DocumentSigner::parse(&elsewhere, &nobody()).unwrap().stamped_by(Some(served.authority()));
    let unpinned = elsewhere.stamped_until(now()).await;
    assert!(matches!(unpinned, Err(SignatureError::TimestampAuthority(_))), "{unpinned:?}");
    let after: Timestamp = "2041-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(stamped.stamped_until(after).await.unwrap(), Some(end), "it has ended");

    let ([root, between, leaf], key) = chain((2022, 2040), (2022, 2027), named("虚构的平台", (2022, 2030)));
    let configuration = json!({ "certificates": format!("{leaf}{between}{root}"), "private_key": key }).to_string();
    let first = DocumentSigner::parse(&configuration, &nobody()).unwrap().certified_until().unwrap();
    assert_eq!(first.to_string(), "2027-01-01T00:00:00Z", "the first of them to end");
}
