//! Checkpoints, cosignatures, proofs and policies: what holds is told, and what was altered is not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;
use xinzheng_tlog::{
    CheckpointError, Cosigner, Digest, Fact, Hash, LogKey, LogSigner, Policy, Proof, ProofError, Refusal, Request,
    SignedCheckpoint, Tree, WitnessKey, Witnessed, decide, record_hash,
};

const ORIGIN: &str = "credit.example.invalid/log";

fn log() -> LogSigner {
    LogSigner::parse(&LogSigner::draw(ORIGIN).unwrap()).unwrap()
}

fn witness(name: &str) -> Cosigner {
    Cosigner::parse(&Cosigner::draw(name).unwrap()).unwrap()
}

fn now() -> jiff::Timestamp {
    "2026-11-29T03:00:00Z".parse().unwrap()
}

fn fact(number: usize) -> Fact {
    let content = Digest::of(&number.to_be_bytes());
    Fact::ReportIssued { number: format!("CZXY-20261129-{number:08}"), content, file: content, at: now() }
}

/// The entries of a log, and its heads at these sizes.
fn heads(sizes: &[usize], of: usize) -> Vec<Witnessed> {
    let root = |size: usize| {
        let leaves: Vec<Hash> = (0..size).map(|number| record_hash(&fact(number + of).entry().unwrap())).collect();
        Tree::default().grow(0, Tree::default().root(0).unwrap(), &leaves).unwrap().root
    };
    sizes.iter().map(|size| Witnessed { size: *size as u64, root: root(*size) }).collect()
}

fn consistency(before: usize, size: usize) -> Vec<Hash> {
    let leaves: Vec<Hash> = (0..size).map(|number| record_hash(&fact(number).entry().unwrap())).collect();
    let mut tree = Tree::default();
    tree.grow(0, Tree::default().root(0).unwrap(), &leaves).unwrap();
    tree.consistency(size as u64, before as u64).unwrap()
}

#[test]
fn keys_are_what_they_say() {
    let (log, witness) = (log(), witness("witness.example.invalid"));
    assert_eq!(LogKey::parse(&log.key().to_string()).unwrap().origin(), ORIGIN);
    assert_eq!(&WitnessKey::parse(&witness.key().to_string()).unwrap(), witness.key());
    assert!(LogKey::parse(&witness.key().to_string()).is_err(), "a witness is no log");
    assert!(WitnessKey::parse(&log.key().to_string()).is_err(), "a log is no witness");
    let key = log.key().to_string();
    for text in ["", "a", "a+b+c", &key.replace("credit", "other"), &key[..key.len() - 4], &key.replace('+', " ")] {
        assert!(LogKey::parse(text).is_err() && LogSigner::parse(text).is_err(), "{text}");
    }
    assert!(LogSigner::draw("a b").is_err() && Cosigner::draw("a+b").is_err(), "no names of keys");
}

#[test]
fn a_witness_keeps_one_line() {
    let (log, witness) = (log(), witness("w"));
    let [one, two, ..] = heads(&[3, 7], 0)[..] else { unreachable!() };
    let sign = |head: Witnessed| SignedCheckpoint::sign(&log, head.size, head.root).unwrap();
    let asked = |before: u64, head: Witnessed, consistency: Vec<Hash>| {
        let request = Request { before, consistency, checkpoint: sign(head) };
        Request::parse(&request.to_bytes()).unwrap()
    };
    let decided = |request: &Request, newest| decide(request, log.key(), newest, &witness, now());
    let (lines, newest) = decided(&asked(0, one, vec![]), None).unwrap();
    assert_eq!(newest, one);
    let cosigned = sign(one).cosigned(witness.key(), &lines).unwrap();
    assert_eq!(cosigned.signed_by(log.key(), &[witness.key().clone()]).unwrap().len(), 1);
    assert!(sign(two).cosigned(witness.key(), &lines).is_none(), "of another checkpoint");

    let proof = consistency(3, 7);
    assert_eq!(decided(&asked(3, two, proof.clone()), Some(one)).unwrap().1, two);
    assert_eq!(decided(&asked(7, two, vec![]), Some(two)).unwrap().1, two, "again");
    let fork = heads(&[3, 7], 100);
    for (request, newest, refusal) in [
        (asked(0, two, vec![]), Some(one), Refusal::Outdated(3)),
        (asked(3, two, proof.clone()), Some(two), Refusal::Outdated(7)),
        (asked(3, fork[1], proof.clone()), Some(one), Refusal::Inconsistent),
        (asked(3, two, vec![]), Some(one), Refusal::Inconsistent),
        (asked(3, fork[0], vec![]), Some(one), Refusal::Fork(3)),
        (asked(7, one, vec![]), Some(two), Refusal::Backwards),
        (asked(0, one, proof.clone()), None, Refusal::Inconsistent),
    ] {
        assert_eq!(decided(&request, newest).unwrap_err(), refusal);
    }
    let other = LogSigner::parse(&LogSigner::draw("other.example.invalid").unwrap()).unwrap();
    let same_name = LogSigner::parse(&LogSigner::draw(ORIGIN).unwrap()).unwrap();
    let request = asked(0, one, vec![]);
    assert_eq!(decide(&request, other.key(), None, &witness, now()).unwrap_err(), Refusal::UnknownLog);
    assert_eq!(decide(&request, same_name.key(), None, &witness, now()).unwrap_err(), Refusal::Unsigned);
}

#[test]
fn a_signature_that_does_not_hold_spoils_the_checkpoint() {
    let (log, witness) = (log(), witness("w"));
    let head = heads(&[3], 0)[0];
    let checkpoint = SignedCheckpoint::sign(&log, head.size, head.root).unwrap();
    let request = Request { before: 0, consistency: vec![], checkpoint };
    let (lines, _) = decide(&request, log.key(), None, &witness, now()).unwrap();
    let cosigned = request.checkpoint.cosigned(witness.key(), &lines).unwrap();
    let text = String::from_utf8(cosigned.to_bytes()).unwrap();
    // The size that is stated, as another one of the same length.
    let forged = SignedCheckpoint::parse(text.replace("\n3\n", "\n4\n").as_bytes()).unwrap();
    assert_eq!(forged.signed_by(log.key(), &[]), Err(CheckpointError::Unsigned));
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let without_log = [&lines[..4], &lines[5..]].concat().concat();
    let without_log = SignedCheckpoint::parse(without_log.as_bytes()).unwrap();
    assert_eq!(without_log.signed_by(log.key(), &[witness.key().clone()]), Err(CheckpointError::Unsigned));
    let twice = SignedCheckpoint::parse([text.as_str(), lines[5]].concat().as_bytes()).unwrap();
    let key = witness.key().clone();
    assert_eq!(twice.signed_by(log.key(), &[key]).unwrap().len(), 1, "a witness counts once");
    for text in ["", "\n", "a\n1\nx\n\n", &text.replace("\n3\n", "\n03\n"), &text.replace('\n', "\r\n")] {
        assert!(SignedCheckpoint::parse(text.as_bytes()).is_err(), "{text:?}");
    }
    let large = SignedCheckpoint::sign(&log, (1 << 40) + 1, head.root);
    assert_eq!(large.unwrap_err(), CheckpointError::TooLarge);
}

/// A proof of the fifth of nine entries, cosigned by these.
fn proof(log: &LogSigner, witnesses: &[&Cosigner]) -> Proof {
    let leaves: Vec<Hash> = (0..9).map(|number| record_hash(&fact(number).entry().unwrap())).collect();
    let mut tree = Tree::default();
    let growth = tree.grow(0, Tree::default().root(0).unwrap(), &leaves).unwrap();
    let mut checkpoint = SignedCheckpoint::sign(log, growth.size, growth.root).unwrap();
    for witness in witnesses {
        let request = Request { before: 0, consistency: vec![], checkpoint };
        let (lines, _) = decide(&request, log.key(), None, witness, now()).unwrap();
        checkpoint = request.checkpoint.cosigned(witness.key(), &lines).unwrap();
    }
    Proof { entry: fact(4).entry().unwrap(), index: 4, path: tree.inclusion(9, 4).unwrap(), checkpoint }
}

#[test]
fn a_proof_holds_by_a_policy() {
    let (log, one, two, three) = (log(), witness("one"), witness("two"), witness("three"));
    let key = |witness: &Cosigner| witness.key().to_string();
    let policy = |quorum: &str| {
        let (one, two, three) = (key(&one), key(&two), key(&three));
        let text = format!(
            "# whom a bank trusts\nlog {}\t https://example.invalid/log\n\nwitness a {one}\nwitness b {two}\nwitness c {three}\n\
             group ab all a b\ngroup any any ab c\nquorum {quorum}\n",
            log.key()
        );
        Policy::parse(&text).unwrap()
    };
    let judged = |witnesses: &[&Cosigner], quorum: &str| {
        let proof = Proof::parse(&proof(&log, witnesses).to_bytes()).unwrap();
        proof.judge(&policy(quorum)).map(|(found, cosigned)| (found == fact(4), cosigned.len()))
    };
    assert_eq!(judged(&[], "none").unwrap(), (true, 0));
    assert_eq!(judged(&[&one, &two], "ab").unwrap(), (true, 2));
    assert_eq!(judged(&[&three], "any").unwrap(), (true, 1));
    for (witnesses, quorum) in [(&[] as &[&Cosigner], "a"), (&[&one], "b"), (&[&one], "ab"), (&[&two], "any")] {
        assert!(matches!(judged(witnesses, quorum), Err(ProofError::Unwitnessed)), "{quorum}");
    }
    let other = Policy::of(LogSigner::parse(&LogSigner::draw("x").unwrap()).unwrap().key().clone(), vec![], 0);
    assert!(matches!(proof(&log, &[]).judge(&other), Err(ProofError::UnknownLog)));
    let written = Policy::written(log.key(), "https://example.invalid/log", &[one.key().clone()], 1);
    assert_eq!(proof(&log, &[&one]).judge(&Policy::parse(&written).unwrap()).unwrap().1, ["one"]);

    let witness_line = format!("witness a {}\n", key(&one));
    for text in [
        "",
        "quorum a\n",
        "quorum none\nquorum none\n",
        "log x\nquorum none\n",
        "witness a b\nquorum none\n",
        "what\nquorum none\n",
        &format!("{witness_line}{witness_line}quorum none\n"),
        &format!("{witness_line}witness b {}\nquorum none\n", key(&one)),
        &format!("{witness_line}group g 2 a\nquorum g\n"),
        &format!("{witness_line}group g 0 a\nquorum g\n"),
        &format!("{witness_line}group g any a a\nquorum g\n"),
        &format!("{witness_line}group none any a\nquorum none\n"),
        &format!("group g any a\n{witness_line}quorum g\n"),
    ] {
        assert!(Policy::parse(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn an_altered_proof_does_not_hold(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let (log, one) = (log(), witness("one"));
        let bytes = proof(&log, &[&one]).to_bytes();
        let policy = Policy::of(log.key().clone(), vec![one.key().clone()], 1);
        let mut altered = bytes.clone();
        let at = at.index(bytes.len());
        prop_assume!(altered[at] != to);
        altered[at] = to;
        let outcome = Proof::parse(&altered).map(|proof| proof.judge(&policy).is_ok());
        prop_assert!(!outcome.unwrap_or(false), "byte {at} as {to}");
    }

    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), text in "[ -~\n—]{0,300}") {
        for bytes in [bytes.as_slice(), text.as_bytes()] {
            let _ = (Proof::parse(bytes), Request::parse(bytes), SignedCheckpoint::parse(bytes), Fact::read(bytes));
            let _ = xinzheng_tlog::entries(bytes);
        }
        let _ = (Policy::parse(&text), LogKey::parse(&text), WitnessKey::parse(&text), xinzheng_tlog::Resource::parse(&text));
    }
}
