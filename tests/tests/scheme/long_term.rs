//! A report is proven for decades: what cannot be had when it is issued is added later, time stamps follow each other, keys have a
//! history; whatever version somebody has is verified for what it is.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::json;
use xinzheng::{Options, Stack, rotate_local};
use xinzheng_api::publication::{Jwk, KeySet};
use xinzheng_api::report::{ISSUE, NewReport, PendingProofReason};
use xinzheng_api::verification::{
    ADDITIONS, AskedFile, BATCH, BY_FILE, BatchAnswer, CopyPrefix, ExtendedCopy, Verification, VerifyQuery,
};
use xinzheng_domain::ReportStatus;
use xinzheng_domain::report::file_version::{FileKind, SignatureLevel};
use xinzheng_signature::{DocumentSigner, TimestampAuthority};
use xinzheng_tests::{
    TestStack, client_builder, penalties, penalty_row, public_log, register, sha256, ticking_clock, uscc,
};
use xinzheng_tlog::Fact;

async fn issued(test: &TestStack) -> NewReport {
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let answer = test.report(uscc(1), &json!({ "purpose": "other" })).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.of(&ISSUE)
}

/// What anyone is told of a file.
async fn verified(test: &TestStack, pdf: &[u8]) -> Verification {
    let query = VerifyQuery { sha256: Some(sha256(pdf)), code: None };
    let answer = test.send(test.get(&BY_FILE.address(&(), &query))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.of(&BY_FILE)
}

/// The newest file, as its subject downloads it.
async fn newest(test: &TestStack, report: &NewReport) -> Vec<u8> {
    let path = format!("/reports/{}", report.opened.report.number);
    let answer = test.send(test.get(&path).bearer_auth(test.subject_token(uscc(1)))).await;
    test.pdf(&answer.of(&xinzheng_api::report::READ)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_proven_for_decades_when_it_is_issued() {
    let test = TestStack::stamped().await;
    let report = issued(&test).await;
    assert!(report.pending_proof.is_none(), "{:?}", report.pending_proof);
    assert_eq!(report.opened.report.file.level, SignatureLevel::LongTermArchive);
    // Nothing is due: what the schedule does leaves the file as it is.
    test.stack.run_schedules().await.unwrap();
    let pdf = newest(&test, &report).await;
    let answer = verified(&test, &pdf).await;
    assert_eq!((answer.status, answer.asked_file), (ReportStatus::Valid, Some(AskedFile::AsIssued)));
    assert_eq!(answer.versions.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_authority_did_not_give_is_added_by_the_schedule() {
    let test = TestStack::stamped().await;
    test.authority.set(true);
    let report = issued(&test).await;
    let pending = report.pending_proof.as_ref().expect("it says what is missing");
    assert_eq!(pending.code, PendingProofReason::TimestampAuthority);
    assert!(pending.title.contains("时间戳服务暂时不可用"), "{}", pending.title);
    let told = test.stack.take_metrics().concat();
    assert!(told.contains("\"UnstampedReports\":1"), "for the alarm: {told}");
    let first = test.pdf(&report.opened).await;
    let answer = verified(&test, &first).await;
    assert_eq!(answer.file.level, SignatureLevel::BasicB);

    // It still fails: the report stays as it is and is not asked about again within the hour.
    test.stack.run_schedules().await.unwrap();
    assert_eq!(newest(&test, &report).await, first);
    test.authority.set(false);
    test.stack.run_schedules().await.unwrap();
    assert_eq!(newest(&test, &report).await, first);
    test.pass_seconds(3601);
    test.stack.calls.take();
    test.stack.run_schedules().await.unwrap();
    test.stack.run_schedules().await.unwrap();

    let second = newest(&test, &report).await;
    assert!(second.starts_with(&first) && second.len() > first.len());
    for (pdf, asked) in [(&first, AskedFile::AsIssued), (&second, AskedFile::Completed)] {
        let answer = verified(&test, pdf).await;
        assert_eq!((answer.status, answer.asked_file), (ReportStatus::Valid, Some(asked)));
        let kinds: Vec<_> = answer.versions.iter().map(|version| (version.kind, version.level)).collect();
        assert_eq!(
            kinds,
            [(FileKind::AsIssued, SignatureLevel::BasicB), (FileKind::Completed, SignatureLevel::LongTermArchive)]
        );
        assert_eq!(answer.file.sha256.to_string(), sha256(&second), "the newest is what downloads give");
    }
    // A batch names each version too, and by code no file is asked about.
    let asked = json!({ "codes": [report.opened.report.code], "sha256": [sha256(&first), sha256(&second)] });
    let answers = test.send(test.post("/verify", &asked)).await.of(&BATCH).results;
    let kinds: Vec<_> = answers
        .iter()
        .map(|answer| match answer {
            BatchAnswer::Report(report) => report.verification.asked_file,
            BatchAnswer::None(none) => panic!("{none:?}"),
        })
        .collect();
    assert_eq!(kinds, [None, Some(AskedFile::AsIssued), Some(AskedFile::Completed)]);
    let told = test.stack.take_metrics();
    assert!(told.iter().any(|line| line.contains("\"ProlongedReports\":1")), "{told:?}");
    assert!(told.iter().any(|line| line.contains("\"UnprovenReports\":1")), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_year_a_time_stamp_is_added() {
    let test = TestStack::stamped().await;
    let report = issued(&test).await;
    let mut versions = vec![test.pdf(&report.opened).await];
    for year in 1..=3 {
        test.pass_days(364);
        test.stack.run_schedules().await.unwrap();
        assert_eq!(newest(&test, &report).await, *versions.last().unwrap(), "not before a year is over");
        test.pass_days(2);
        test.stack.run_schedules().await.unwrap();
        let next = newest(&test, &report).await;
        assert!(next.starts_with(versions.last().unwrap()) && next.len() > versions.last().unwrap().len());
        versions.push(next);
        let answer = verified(&test, versions.last().unwrap()).await;
        assert_eq!((answer.asked_file, answer.versions.len()), (Some(AskedFile::Restamped), year + 1));
    }
    for (index, pdf) in versions.iter().enumerate() {
        let asked = if index == 0 { AskedFile::AsIssued } else { AskedFile::Restamped };
        assert_eq!(verified(&test, pdf).await.asked_file, Some(asked));
    }
    // The public log has each version, in its order.
    test.stack.idle(|_| {}).await;
    let logged = public_log::entries(&test.stack).await.into_iter().filter_map(|entry| {
        match Fact::read(entry.as_bytes()).unwrap() {
            Fact::ReportIssued { file, .. } => Some(file.to_string()),
            Fact::FileAdded { file, version, .. } if version == "restamped" => Some(file.to_string()),
            _ => None,
        }
    });
    let files: Vec<String> = versions.iter().map(|pdf| sha256(pdf)).collect();
    assert_eq!(logged.collect::<Vec<_>>(), files);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_schedules_at_once_make_one_version() {
    let test = TestStack::stamped().await;
    let report = issued(&test).await;
    test.pass_days(366);
    let runs = (0..4).map(|_| test.stack.run_schedules());
    for done in futures::future::join_all(runs).await {
        done.unwrap();
    }
    let pdf = newest(&test, &report).await;
    let answer = verified(&test, &pdf).await;
    assert_eq!((answer.asked_file, answer.versions.len()), (Some(AskedFile::Restamped), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_rotation_old_reports_are_checked_against_what_is_published() {
    let folder = tempfile::tempdir().unwrap();
    let options = || Options { clock: ticking_clock(), timestamps: true, ..Options::new(folder.path()) };
    let client = client_builder().build().unwrap();
    let published = async |stack: &Stack| {
        let get = |path: &str| client.get(format!("{}{path}", stack.address)).send();
        let keys: KeySet = get("/.well-known/jwks.json").await.unwrap().json().await.unwrap();
        let keys = keys.keys;
        (keys, get("/.well-known/certificates.pem").await.unwrap().text().await.unwrap())
    };
    let stack = Stack::start(options()).await.unwrap();
    let (before, before_pem) = published(&stack).await;
    assert_eq!(before.len(), 2, "who signs reports, and who signs answers");
    assert!(rotate_local(folder.path(), Timestamp::UNIX_EPOCH).is_err(), "not while it runs");
    assert!(stack.end(std::time::Duration::from_secs(10)).await);
    rotate_local(folder.path(), "2025-11-04T00:00:00Z".parse().unwrap()).unwrap();

    let stack = Stack::start(options()).await.unwrap();
    let (after, after_pem) = published(&stack).await;
    // The same keys with certificates that name another address of the authority may be among them.
    let public = |key: &Jwk| (key.x.clone(), key.y.clone());
    assert_ne!(public(&after[0]), public(&before[0]), "another key signs");
    let earlier = after.iter().find(|key| public(key) == public(&before[0]) && key.kid == before[0].kid);
    assert!(earlier.is_some_and(|key| key.retired_at.is_some()), "{after:?}");
    assert_eq!(before.last(), after.last(), "the key of answers is the same");
    for certificate in before_pem.split_inclusive("-----END CERTIFICATE-----\n") {
        let certificate = &certificate[certificate.find("-----BEGIN").unwrap()..];
        assert!(after_pem.contains(certificate), "each certificate of before is published");
    }
    assert!(fs::read_to_string(folder.path().join("ca.pem")).is_ok_and(|root| after_pem.contains(root.trim())));
    assert!(stack.end(std::time::Duration::from_secs(10)).await);
}

/// A bank with a time-stamping authority of its own choice, which adds to its copy.
async fn prolonged_by_a_bank(test: &TestStack, pdf: &[u8]) -> Vec<u8> {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap().pem();
    // It has pinned what is published.
    let published = test.get("/.well-known/certificates.pem").send().await.unwrap().text().await.unwrap();
    let configuration = json!({
        "certificates": certificate, "private_key": key.serialize_pem(),
        "earlier": [{ "certificates": published, "retired_at": test.stack.now() }],
    });
    let sdk = aws_config::SdkConfig::builder().behavior_version(aws_config::BehaviorVersion::latest()).build();
    let nobody = aws_sdk_kms::Client::new(&sdk);
    let authority = TimestampAuthority::at(&format!("{}/dev/timestamp", test.stack.address)).unwrap();
    let bank = DocumentSigner::parse(&configuration.to_string(), &nobody).unwrap().stamped_by(Some(authority));
    bank.prolong(pdf, test.stack.now()).await.unwrap().file
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_others_have_added_to_is_known_by_what_it_begins_with() {
    let test = TestStack::stamped().await;
    let report = issued(&test).await;
    let pdf = test.pdf(&report.opened).await;
    let copy = prolonged_by_a_bank(&test, &pdf).await;
    assert!(copy.starts_with(&pdf) && copy.len() > pdf.len());
    let query = VerifyQuery { sha256: Some(sha256(&copy)), code: None };
    let whole = test.send(test.get(&BY_FILE.address(&(), &query))).await;
    assert_eq!((whole.status, whole.problem()), (404, "file-unknown"), "as a whole it was never issued");

    let prefix = |bytes: usize| CopyPrefix { bytes: bytes as u64, sha256: sha256(&copy[..bytes]) };
    let shortest = pdf.len() / 2;
    let asked = |copy: &[u8]| ExtendedCopy {
        prefixes: vec![prefix(pdf.len()), prefix(shortest)],
        additions: STANDARD.encode(&copy[shortest..]),
    };
    let judged = async |asked: &ExtendedCopy| {
        test.send(test.post("/verify/additions", &serde_json::to_value(asked).unwrap())).await
    };
    test.stack.calls.take();
    let answer = judged(&asked(&copy)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let verified = answer.of(&ADDITIONS);
    assert_eq!((verified.status, verified.asked_file), (ReportStatus::Valid, Some(AskedFile::ExtendedByOthers)));
    let calls = test.stack.calls.take();
    assert_eq!(calls["GetObject"], 1, "{calls:?}");

    // Anything else that is added is told.
    let hidden =
        b"9999 0 obj\n<</Type/Annot>>\nendobj\nxref\n9999 1\n0000000000 00000 n \ntrailer\n<<>>\nstartxref\n0\n%%EOF\n";
    let flipped = {
        let mut flipped = copy.clone();
        // The bank's authority is not known here; of what its stamp is of is.
        let at = copy[pdf.len()..].windows(10).position(|window| window == b"/Rect[-1 -").unwrap();
        flipped[pdf.len() + at + 7] = b'2';
        flipped
    };
    let another_time = {
        let mut another = copy.clone();
        let behind = |from: usize, mark: &[u8]| {
            from + copy[from..].windows(mark.len()).position(|window| window == mark).unwrap() + mark.len()
        };
        // The year of a TSTInfo, in hexadecimal digits.
        another[behind(behind(pdf.len(), b"060B2A864886F70D0109100104"), b"180F3230") + 3] ^= 1;
        another
    };
    let altered = [
        ("another time", another_time),
        ("an object behind it", [&copy, &hidden[..]].concat()),
        ("an object", [&pdf, &hidden[..]].concat()),
        ("a comment", [&pdf, &b"%\n"[..]].concat()),
        ("a byte", flipped),
    ];
    for (what, altered) in altered {
        let answer = judged(&asked(&altered)).await;
        assert_eq!((answer.status, answer.problem()), (409, "copy-altered"), "{what}");
    }
    for (unreadable, status, code) in [
        (ExtendedCopy { additions: "?".to_owned(), ..asked(&copy) }, 422, "copy-unreadable"),
        (ExtendedCopy { prefixes: vec![], ..asked(&copy) }, 422, "copy-unreadable"),
        (ExtendedCopy { prefixes: vec![prefix(shortest); 9], ..asked(&copy) }, 422, "copy-unreadable"),
        (asked(&pdf), 422, "copy-unreadable"),
        (ExtendedCopy { prefixes: vec![prefix(shortest)], ..asked(&copy) }, 404, "file-unknown"),
        (
            ExtendedCopy { prefixes: vec![CopyPrefix { bytes: 7, ..prefix(pdf.len()) }], ..asked(&copy) },
            404,
            "file-unknown",
        ),
    ] {
        let answer = judged(&unreadable).await;
        assert_eq!((answer.status, answer.problem()), (status, code), "{answer:?}");
    }
}

/// The newest value of a metric.
fn told(lines: &[String], name: &str) -> Option<u64> {
    lines.iter().rev().find_map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line[name].as_u64()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_end_with_notice_and_nothing_is_signed_by_one_that_has_ended() {
    let test = TestStack::stamped().await;
    issued(&test).await;
    test.stack.run_schedules().await.unwrap();
    let lines = test.stack.take_metrics();
    // The local authority certifies until the first days of 2031 and 2042.
    let days = |name| told(&lines, name).unwrap();
    assert_eq!((days("SigningCertificateDays"), days("TimestampCertificateDays")), (1884, 5902));
    assert_eq!(days("SealUnusable"), 0);

    test.pass_days(1885);
    let refused = test.report(uscc(1), &json!({ "purpose": "other" })).await;
    assert_eq!((refused.status, refused.problem()), (503, "seal-unusable"));
    assert_eq!(told(&test.stack.take_metrics(), "SealUnusable"), Some(1));
    // By the schedule it is told even when nobody asks for a report.
    test.stack.run_schedules().await.unwrap();
    let lines = test.stack.take_metrics();
    assert_eq!((told(&lines, "SealUnusable"), told(&lines, "SigningCertificateDays")), (Some(1), Some(0)));
    // What was issued is still published with its certificates, and another key ends it.
    let published = test.get("/.well-known/certificates.pem").send().await.unwrap();
    assert_eq!(published.status().as_u16(), 200);
}
