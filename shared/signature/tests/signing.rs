//! Both kinds of keys, at hand and in the key service, make signatures that hold. The key service of these tests speaks
//! KMS's own protocol on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod authority;
mod unsigned;

use std::sync::Arc;

use authority::Authority;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
    RsaKeyPair, UnparsedPublicKey, VerificationAlgorithm,
};
use aws_sdk_kms::config::{Credentials, SharedCredentialsProvider};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerIdentifier};
use der::{Decode, DecodePem, Encode};
use pem::Pem;
use rcgen::{CertificateParams, DnType, KeyPair, PublicKeyData};
use serde_json::{Value, json};
use unsigned::unsigned;
use x509_cert::request::CertReq;
use x509_tsp::TstInfo;
use xinzheng_signature::{DocumentSigner, KeyPlace, SignatureError, TimestampAuthority, certificate_request};

/// A key with its certificate.
struct Drawn {
    private_key: String,
    certificate: String,
    pkcs8: Vec<u8>,
    is_rsa: bool,
}

fn drawn(is_rsa: bool) -> Drawn {
    let pkcs8 = if is_rsa {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        AsDer::<aws_lc_rs::encoding::Pkcs8V1Der>::as_der(&key).unwrap().as_ref().to_vec()
    } else {
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).unwrap().as_ref().to_vec()
    };
    let private_key = pem::encode(&Pem::new("PRIVATE KEY", pkcs8.as_slice()));
    let key = KeyPair::from_pem(&private_key).unwrap();
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, "虚构的签署者");
    let certificate = parameters.self_signed(&key).unwrap().pem();
    Drawn { private_key, certificate, pkcs8, is_rsa }
}

fn key_service(address: &str) -> aws_sdk_kms::Client {
    let credentials = SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test"));
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("cn-north-1"))
        .credentials_provider(credentials)
        .endpoint_url(address)
        .build();
    aws_sdk_kms::Client::new(&sdk)
}

/// A key service with one key, `alias/seal`. Returns its address.
async fn serve(key: &Drawn) -> String {
    let (pkcs8, is_rsa) = (Arc::new(key.pkcs8.clone()), key.is_rsa);
    let public_key = KeyPair::from_pem(&key.private_key).unwrap().subject_public_key_info();
    let sign = async move |headers: HeaderMap, body: String| {
        let request: Value = serde_json::from_str(&body).unwrap();
        if request["KeyId"] != "alias/seal" {
            let refused = json!({ "__type": "NotFoundException", "message": "no such key" });
            return (StatusCode::BAD_REQUEST, refused.to_string());
        }
        if headers["x-amz-target"] == "TrentService.GetPublicKey" {
            let told = json!({ "KeyId": "alias/seal", "PublicKey": STANDARD.encode(&public_key) });
            return (StatusCode::OK, told.to_string());
        }
        assert_eq!(headers["x-amz-target"], "TrentService.Sign");
        assert_eq!(request["MessageType"], "DIGEST");
        let digest = STANDARD.decode(request["Message"].as_str().unwrap()).unwrap();
        let digest = Digest::import_less_safe(&digest, &SHA256).unwrap();
        let signature = if is_rsa {
            assert_eq!(request["SigningAlgorithm"], "RSASSA_PKCS1_V1_5_SHA_256");
            let key = RsaKeyPair::from_pkcs8(&pkcs8).unwrap();
            let mut signature = vec![0; key.public_modulus_len()];
            key.sign_digest(&RSA_PKCS1_SHA256, &digest, &mut signature).unwrap();
            signature
        } else {
            assert_eq!(request["SigningAlgorithm"], "ECDSA_SHA_256");
            let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &pkcs8).unwrap();
            key.sign_digest(&digest).unwrap().as_ref().to_vec()
        };
        let answer = json!({ "KeyId": "alias/seal", "Signature": STANDARD.encode(signature) });
        (StatusCode::OK, answer.to_string())
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/", post(sign))).await });
    address
}

/// The bytes that a signed file's range covers, and the structure in its gap.
fn taken_apart(pdf: &[u8]) -> (Vec<u8>, SignedData) {
    let text = String::from_utf8_lossy(pdf);
    let range = text.split_once("/ByteRange[").unwrap().1.split_once(']').unwrap().0;
    let range: Vec<usize> = range.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let covered = [&pdf[..range[1]], &pdf[range[2]..range[2] + range[3]]].concat();
    let digits = &pdf[range[1] + 1..range[2] - 1];
    let bytes: Vec<u8> =
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
    // What is left of the gap is zeros behind the structure.
    let length = 4 + usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
    assert!(bytes[length..].iter().all(|byte| *byte == 0));
    assert!(bytes.len() - length < 80, "no more room than is needed: {}", bytes.len() - length);
    let info = ContentInfo::from_der(&bytes[..length]).unwrap();
    (covered, info.content.decode_as().unwrap())
}

fn assert_holds(pdf: &[u8]) {
    let (covered, data) = taken_apart(pdf);
    let signer = data.signer_infos.0.get(0).unwrap();
    let attributes = signer.signed_attrs.as_ref().unwrap();
    let digest = aws_lc_rs::digest::digest(&SHA256, &covered);
    let encoded = attributes.to_der().unwrap();
    assert!(encoded.windows(32).any(|window| window == digest.as_ref()), "the digest is of the covered bytes");
    let SignerIdentifier::IssuerAndSerialNumber(named) = &signer.sid else { panic!("no name") };
    let certificates = data.certificates.as_ref().unwrap().0.iter().filter_map(|choice| match choice {
        CertificateChoices::Certificate(certificate) => Some(certificate),
        CertificateChoices::Other(_) => None,
    });
    let mut signing = certificates.filter(|one| one.tbs_certificate.serial_number == named.serial_number);
    let certificate = signing.next().expect("the signing certificate");
    let key = &certificate.tbs_certificate.subject_public_key_info;
    let is_rsa = key.algorithm.oid.to_string() == "1.2.840.113549.1.1.1";
    let algorithm: &'static dyn VerificationAlgorithm =
        if is_rsa { &RSA_PKCS1_2048_8192_SHA256 } else { &ECDSA_P256_SHA256_ASN1 };
    let key = UnparsedPublicKey::new(algorithm, key.subject_public_key.as_bytes().unwrap());
    key.verify(&encoded, signer.signature.as_bytes()).expect("the signature holds");
}

#[tokio::test]
async fn every_kind_of_key_makes_signatures_that_hold() {
    let (unsigned, anchor) = unsigned();
    let at = "2025-11-03T02:00:00Z".parse().unwrap();
    for is_rsa in [false, true] {
        let key = drawn(is_rsa);
        let service = key_service(&serve(&key).await);
        for holder in [
            json!({ "certificates": key.certificate, "private_key": key.private_key }),
            json!({ "certificates": key.certificate, "kms_key_id": "alias/seal" }),
        ] {
            let seal = DocumentSigner::parse(&holder.to_string(), &service).unwrap();
            let signed = seal.sign(unsigned.clone(), &anchor, "虚构的平台", at).await.unwrap().file;
            assert!(signed.starts_with(&unsigned), "the unsigned file is a prefix");
            assert_holds(&signed);
            assert!(!format!("{seal:?}").contains("PRIVATE"));
        }
        let absent = json!({ "certificates": key.certificate, "kms_key_id": "alias/none" }).to_string();
        let refused = DocumentSigner::parse(&absent, &service).unwrap().sign(unsigned.clone(), &anchor, "x", at).await;
        assert!(matches!(refused, Err(SignatureError::KeyService(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn a_certificate_is_asked_for_by_the_key_wherever_it_is() {
    for is_rsa in [false, true] {
        let key = drawn(is_rsa);
        let service = key_service(&serve(&key).await);
        for place in [KeyPlace::AtHand(&key.private_key), KeyPlace::KeyService(&service, "alias/seal")] {
            let pem = certificate_request("CN=虚构的平台,O=虚构的市,C=CN", place).await.unwrap();
            let request = CertReq::from_pem(&pem).unwrap();
            assert_eq!(request.info.subject.to_string(), "CN=虚构的平台,O=虚构的市,C=CN");
            let public_key = KeyPair::from_pem(&key.private_key).unwrap().subject_public_key_info();
            assert_eq!(request.info.public_key.to_der().unwrap(), public_key);
            let algorithm: &'static dyn VerificationAlgorithm =
                if is_rsa { &RSA_PKCS1_2048_8192_SHA256 } else { &ECDSA_P256_SHA256_ASN1 };
            let bits = request.info.public_key.subject_public_key.as_bytes().unwrap();
            let message = request.info.to_der().unwrap();
            let signature = request.signature.as_bytes().unwrap();
            UnparsedPublicKey::new(algorithm, bits).verify(&message, signature).expect("the key has signed it");
        }
        for (subject, place) in [
            ("", KeyPlace::AtHand(&key.private_key)),
            ("a city", KeyPlace::AtHand(&key.private_key)),
            ("CN=x", KeyPlace::AtHand("secret")),
            ("CN=x", KeyPlace::AtHand(&key.certificate)),
        ] {
            let refused = certificate_request(subject, place).await.unwrap_err();
            assert!(matches!(refused, SignatureError::Request(_)) && !refused.to_string().contains("secret"));
        }
        let absent = certificate_request("CN=x", KeyPlace::KeyService(&service, "alias/none")).await.unwrap_err();
        assert_eq!(absent.to_string(), "the key service failed: NotFoundException: no such key");
    }
    let nobody = certificate_request("CN=x", KeyPlace::KeyService(&key_service("http://127.0.0.1:9"), "x")).await;
    let nobody = nobody.unwrap_err().to_string();
    assert!(nobody.starts_with("the key service failed: dispatch failure: "), "{nobody}");
}

#[tokio::test]
async fn a_key_that_is_another_certificates_signs_nothing() {
    let (unsigned, anchor) = unsigned();
    let at = "2025-11-03T02:00:00Z".parse().unwrap();
    for is_rsa in [false, true] {
        let (key, other) = (drawn(is_rsa), drawn(is_rsa));
        let service = key_service(&serve(&key).await);
        for holder in [
            json!({ "certificates": other.certificate, "private_key": key.private_key }),
            json!({ "certificates": other.certificate, "kms_key_id": "alias/seal" }),
        ] {
            let seal = DocumentSigner::parse(&holder.to_string(), &service).unwrap();
            let unfit = seal.prove(at).await.unwrap_err();
            assert!(matches!(unfit, SignatureError::Unfit(_)), "{unfit}");
            let refused = seal.sign(unsigned.clone(), &anchor, "虚构的平台", at).await.unwrap_err();
            assert!(matches!(refused, SignatureError::Unfit(_)), "{refused}");
        }
        let fit = json!({ "certificates": key.certificate, "kms_key_id": "alias/seal" }).to_string();
        DocumentSigner::parse(&fit, &service).unwrap().prove(at).await.unwrap();
        let absent = json!({ "certificates": key.certificate, "kms_key_id": "alias/none" }).to_string();
        let silent = DocumentSigner::parse(&absent, &service).unwrap().prove(at).await;
        assert!(matches!(silent, Err(SignatureError::KeyService(_))), "{silent:?}");
    }
}

/// How an authority answers.
#[derive(Clone, Copy, Debug)]
enum Answers {
    TheTokenOfAnotherRequest,
    ARefusal,
    AnotherPage,
}

/// An authority on loopback that answers so.
async fn failing(answers: Answers) -> TimestampAuthority {
    let key = drawn(false);
    let seal = json!({ "certificates": key.certificate, "private_key": key.private_key }).to_string();
    let seal = Arc::new(DocumentSigner::parse(&seal, &key_service("http://127.0.0.1:9")).unwrap());
    let earlier = Arc::new(std::sync::Mutex::new(None));
    let stamp = async move |headers: HeaderMap, body: axum::body::Bytes| {
        assert_eq!(headers["content-type"], "application/timestamp-query");
        let request = match answers {
            Answers::TheTokenOfAnotherRequest => earlier.lock().unwrap().get_or_insert(body.to_vec()).clone(),
            Answers::ARefusal => b"x".to_vec(),
            Answers::AnotherPage => return b"<html>".to_vec(),
        };
        seal.grant_timestamp(&request, "2025-11-03T02:00:05Z".parse().unwrap(), u64::MAX).await.unwrap()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/", post(stamp))).await });
    TimestampAuthority::at(&address).unwrap()
}

/// The token of a signed file.
fn token(pdf: &[u8]) -> Option<TstInfo> {
    let (_, data) = taken_apart(pdf);
    let signer = data.signer_infos.0.get(0).unwrap();
    let attribute = signer.unsigned_attrs.as_ref()?.get(0).unwrap();
    assert_eq!(attribute.oid.to_string(), "1.2.840.113549.1.9.16.2.14");
    let token: ContentInfo = attribute.values.get(0).unwrap().decode_as().unwrap();
    let data: SignedData = token.content.decode_as().unwrap();
    let info: der::asn1::OctetString = data.encap_content_info.econtent.unwrap().decode_as().unwrap();
    let info = TstInfo::from_der(info.as_bytes()).unwrap();
    let imprint = aws_lc_rs::digest::digest(&SHA256, signer.signature.as_bytes());
    assert_eq!(info.message_imprint.hashed_message.as_bytes(), imprint.as_ref(), "the stamp is of the signature");
    Some(info)
}

#[tokio::test]
async fn a_signature_carries_the_stamp_of_the_authority_and_holds_without_one() {
    let (unsigned, anchor) = unsigned();
    let at = "2025-11-03T02:00:00Z".parse().unwrap();
    let proper = Authority::start().await;
    let seal = DocumentSigner::parse(&proper.signing, &key_service("http://127.0.0.1:9")).unwrap();

    let stamped = seal.clone().stamped_by(Some(proper.authority()));
    for _ in 0..2 {
        let signed = stamped.sign(unsigned.clone(), &anchor, "虚构的平台", at).await.unwrap();
        assert!(signed.shortfall.is_none(), "{:?}", signed.shortfall);
        assert_holds(&signed.file);
        let info = token(&signed.file).expect("a token");
        assert_eq!(info.gen_time.to_unix_duration().as_secs(), 1_762_135_200);
    }

    let repeating = seal.clone().stamped_by(Some(failing(Answers::TheTokenOfAnotherRequest).await));
    // What it is asked first is how long its tokens are.
    let nobody = TimestampAuthority::at("http://127.0.0.1:9/").unwrap();
    for (failing, told) in [
        (repeating, "its token is not of this signature"),
        (seal.clone().stamped_by(Some(failing(Answers::ARefusal).await)), "it refused"),
        (seal.clone().stamped_by(Some(failing(Answers::AnotherPage).await)), "its answer is none of RFC 3161"),
        (seal.stamped_by(Some(nobody)), "error sending request"),
    ] {
        let signed = failing.sign(unsigned.clone(), &anchor, "x", at).await.unwrap();
        assert_holds(&signed.file);
        assert_eq!(token(&signed.file), None);
        let why = signed.shortfall.expect("it says why").to_string();
        assert!(why.contains(told), "{why}");
    }
}

#[tokio::test]
async fn what_is_no_configuration_is_refused() {
    let (elliptic, rsa) = (drawn(false), drawn(true));
    let service = key_service("http://127.0.0.1:9");
    for configuration in [
        json!({}),
        json!({ "certificates": elliptic.certificate }),
        json!({ "certificates": elliptic.certificate, "private_key": elliptic.private_key, "kms_key_id": "x" }),
        json!({ "certificates": "", "private_key": elliptic.private_key }),
        json!({ "certificates": elliptic.certificate, "private_key": rsa.private_key }),
        json!({ "certificates": rsa.certificate, "private_key": "secret" }),
    ] {
        let refused = DocumentSigner::parse(&configuration.to_string(), &service).unwrap_err();
        assert!(!refused.to_string().contains("secret"), "{refused}");
    }
}
