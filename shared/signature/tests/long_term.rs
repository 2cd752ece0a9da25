//! With an authority a file is proven for decades, is proven further by updates of which it is a prefix, and is signed all the
//! same when the authority fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod authority;
mod unsigned;

use std::sync::atomic::Ordering;

use authority::{Authority, NOW};
use jiff::{SignedDuration, Timestamp};
use lopdf::{Dictionary, Document, Object};
use unsigned::unsigned;
use xinzheng_domain::report::file_version::SignatureLevel;
use xinzheng_signature::{DocumentSigner, SignatureError, Signed, rotated};

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

async fn signed(signer: &DocumentSigner) -> Result<Signed, SignatureError> {
    let (pdf, anchor) = unsigned();
    signer.sign(pdf, &anchor, "虚构的平台", now()).await
}

/// How many of each there are in the security store; `None` without one.
fn stored(pdf: &[u8]) -> Option<[usize; 3]> {
    let file = Document::load_mem(pdf).unwrap();
    let number = file.catalog().unwrap().get(b"DSS").ok()?.as_reference().unwrap();
    let store = file.get_dictionary(number).unwrap();
    Some(["Certs", "OCSPs", "CRLs"].map(|name| store.get(name.as_bytes()).unwrap().as_array().unwrap().len()))
}

/// The signature dictionaries of the form's fields, in their order.
fn signatures(file: &Document) -> Vec<Dictionary> {
    let form = file.catalog().unwrap().get(b"AcroForm").unwrap().as_dict().unwrap();
    let fields = form.get(b"Fields").unwrap().as_array().unwrap();
    let of = |field: &Object| file.get_dictionary(field.as_reference().unwrap()).unwrap();
    let value = |field: &Dictionary| field.get(b"V").unwrap().as_reference().unwrap();
    fields.iter().map(|field| file.get_dictionary(value(of(field))).unwrap().clone()).collect()
}

/// Each signature covers all up to the end of its update: the last one all of the file.
fn assert_covered(pdf: &[u8]) {
    let file = Document::load_mem(pdf).unwrap();
    let mut end = 0;
    for signature in signatures(&file) {
        let range: Vec<usize> = signature
            .get(b"ByteRange")
            .unwrap()
            .as_array()
            .unwrap()
            .iter()
            .map(|number| usize::try_from(number.as_i64().unwrap()).unwrap())
            .collect();
        assert_eq!(range[0], 0);
        assert_eq!((pdf[range[1]], pdf[range[2] - 1]), (b'<', b'>'), "the gap is the structure alone");
        assert!(range[2] + range[3] > end);
        end = range[2] + range[3];
        assert!(pdf[..end].ends_with(b"%%EOF\n"));
    }
    assert_eq!(end, pdf.len());
}

/// Each stream that an update adds ends where its length says, for readers too that take a carriage return at its end for
/// half of an end of line.
fn assert_streams_end(pdf: &[u8]) {
    let begin = b">>\nstream\n";
    let updates = unsigned().0.len();
    let mut streams = 0;
    for at in (updates..pdf.len()).filter(|at| pdf[*at..].starts_with(begin)) {
        let entries = String::from_utf8_lossy(&pdf[at.saturating_sub(400)..at]);
        let length: usize = entries.rsplit_once("/Length ").unwrap().1.parse().unwrap();
        assert!(pdf[at + begin.len() + length..].starts_with(b"\r\nendstream\nendobj\n"), "{entries}");
        streams += 1;
    }
    assert!(streams > 7, "{streams}");
}

fn ids(pdf: &[u8]) -> Vec<Vec<u8>> {
    let file = Document::load_mem(pdf).unwrap();
    file.trailer.get(b"ID").unwrap().as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_vec()).collect()
}

#[tokio::test]
async fn a_file_has_what_proves_it_for_decades() {
    let authority = Authority::start().await;
    let signer = authority.signer();
    let made = signed(&signer).await.unwrap();
    assert!(made.shortfall.is_none(), "{:?}", made.shortfall);
    assert_eq!(made.level, SignatureLevel::LongTermArchive);
    assert_eq!(made.stamped_until.unwrap().to_string(), "2040-01-01T00:00:00Z");
    // The certificates of who signs and of who stamps, and their root; a response for each that is no root.
    assert_eq!(stored(&made.file), Some([3, 2, 0]));
    assert_covered(&made.file);
    assert_streams_end(&made.file);
    let file = Document::load_mem(&made.file).unwrap();
    let kinds: Vec<_> =
        signatures(&file).iter().map(|of| of.get(b"SubFilter").unwrap().as_name().unwrap().to_vec()).collect();
    assert_eq!(kinds, [b"ETSI.CAdES.detached".to_vec(), b"ETSI.RFC3161".to_vec()]);

    // Within the hour nobody is asked about the same certificates again.
    let asked = authority.faults.asked.load(Ordering::Relaxed);
    let again = signed(&signer).await.unwrap();
    assert_eq!(again.level, SignatureLevel::LongTermArchive);
    assert_eq!(authority.faults.asked.load(Ordering::Relaxed), asked);
}

#[tokio::test]
async fn each_version_begins_with_the_one_before() {
    let authority = Authority::start().await;
    let signer = authority.signer();
    let first = signed(&signer).await.unwrap().file;
    let mut versions = vec![first];
    for days in [365, 730, 1095] {
        // The authority's clock stands still; what it says is of its time.
        let at = now().saturating_add(SignedDuration::from_mins(days % 5)).unwrap();
        let prolonged = signer.prolong(versions.last().unwrap(), at).await.unwrap();
        assert!(prolonged.file.starts_with(versions.last().unwrap()));
        assert_covered(&prolonged.file);
        versions.push(prolonged.file);
    }
    let newest = Document::load_mem(versions.last().unwrap()).unwrap();
    assert_eq!(signatures(&newest).len(), 5);
    // Nothing is added twice.
    assert_eq!(stored(versions.last().unwrap()), Some([3, 2, 0]));
    let identifiers: Vec<Vec<Vec<u8>>> = versions.iter().map(|version| ids(version)).collect();
    assert!(identifiers.iter().all(|ids| ids[0] == identifiers[0][0]), "the first id stays");
    let seconds: std::collections::BTreeSet<_> = identifiers.iter().map(|ids| ids[1].clone()).collect();
    assert_eq!(seconds.len(), versions.len(), "each update has an id of its own");
}

#[tokio::test]
async fn what_an_authority_does_not_give_is_told_and_added_later() {
    let authority = Authority::start().await;
    // No time stamps; certificates of which nobody says anything, neither this way nor that.
    let faults = &authority.faults;
    for (no_times, no_status, level) in
        [(true, false, SignatureLevel::BasicB), (false, true, SignatureLevel::Timestamped)]
    {
        faults.times.store(no_times, Ordering::Relaxed);
        faults.status.store(no_status, Ordering::Relaxed);
        faults.lists.store(no_status, Ordering::Relaxed);
        let signer = authority.signer();
        let made = signed(&signer).await.unwrap();
        assert_eq!((made.level, stored(&made.file), made.stamped_until), (level, None, None));
        let why = made.shortfall.expect("it says why");
        assert!(match level {
            SignatureLevel::BasicB => matches!(why, SignatureError::TimestampAuthority(_)),
            _ => matches!(why, SignatureError::Revocation(_)),
        });
        assert!(signer.prolong(&made.file, now()).await.is_err());

        for fault in [&faults.times, &faults.status, &faults.lists] {
            fault.store(false, Ordering::Relaxed);
        }
        let completed = signer.prolong(&made.file, now()).await.unwrap();
        assert!(completed.file.starts_with(&made.file));
        assert_eq!(stored(&completed.file), Some([3, 2, 0]));
        assert_covered(&completed.file);
    }
}

#[tokio::test]
async fn where_nobody_answers_the_list_is_taken() {
    let authority = Authority::start().await;
    authority.faults.status.store(true, Ordering::Relaxed);
    let made = signed(&authority.signer()).await.unwrap();
    assert_eq!((made.level, stored(&made.file)), (SignatureLevel::LongTermArchive, Some([3, 0, 1])));
}

#[tokio::test]
async fn a_revoked_certificate_signs_nothing() {
    let authority = Authority::start().await;
    authority.faults.revoked.store(true, Ordering::Relaxed);
    for no_status in [false, true] {
        authority.faults.status.store(no_status, Ordering::Relaxed);
        let refused = signed(&authority.signer()).await;
        assert!(matches!(refused, Err(SignatureError::Revoked(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn what_others_have_added_to_is_not_prolonged() {
    let authority = Authority::start().await;
    let signer = authority.signer();
    let made = signed(&signer).await.unwrap().file;
    let (unsigned, _) = unsigned();
    for foreign in [
        vec![],
        unsigned,
        [made.as_slice(), b"\n"].concat(),
        [made.as_slice(), b"1 0 obj\n<<>>\nendobj\nstartxref\n0\n%%EOF\n"].concat(),
        made[..made.len() - 1].to_vec(),
    ] {
        let refused = signer.prolong(&foreign, now()).await;
        assert!(matches!(refused, Err(SignatureError::Foreign)), "{refused:?}");
    }
    // Any byte of the updates' own cross-references that is not as it was written.
    let text = String::from_utf8_lossy(&made);
    let at = text.rfind("/Type/XRef").unwrap();
    let offset = made.len() - (text.len() - at);
    for changed in offset..made.len() {
        let mut damaged = made.clone();
        damaged[changed] ^= 0x11;
        // Refused or not, nothing panics.
        let _answer = signer.prolong(&damaged, now()).await;
    }
}

#[tokio::test]
async fn an_earlier_key_stays_published() {
    let (before, after) = (Authority::start().await, Authority::start().await);
    let secret = rotated(&before.signing, &after.signing, now()).unwrap();
    let again = Authority::start().await;
    let secret = rotated(&secret, &again.signing, "2026-11-03T02:00:00Z".parse().unwrap()).unwrap();
    let signer = DocumentSigner::parse(&secret, &authority::nobody()).unwrap();
    let keys = signer.to_jwks().unwrap();
    let retired: Vec<Option<i64>> = keys.iter().map(|key| key.get("retired_at").and_then(|at| at.as_i64())).collect();
    assert_eq!(retired, [None, Some(1_793_671_200), Some(1_762_135_200)]);
    let pem = signer.to_published_pem().unwrap();
    for one in [&before, &after, &again] {
        assert_eq!(pem.matches(one.root.trim()).count(), 1, "{pem}");
    }
    assert!(pem.contains("# 签名证书（现用）：2022-01-01 至 2040-01-01"), "{pem}");
    assert!(pem.contains("# 签名证书（2025-11-03 停用）"), "{pem}");
    assert_eq!(pem.matches("BEGIN CERTIFICATE").count(), 6);
    // A key does not follow itself, and what cannot be used follows nobody.
    for next in [again.signing.as_str(), "{}", "{\"certificates\":\"\"}"] {
        assert!(rotated(&secret, next, now()).is_err(), "{next}");
    }
    assert!(!format!("{signer:?}").contains("PRIVATE"));
}
