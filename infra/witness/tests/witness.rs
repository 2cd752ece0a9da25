//! A witness over HTTP: what it cosigns, what it refuses, and that it remembers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;
use std::sync::Arc;

use xinzheng_tlog::{Cosigner, Hash, LogSigner, Request, SignedCheckpoint, Tree, record_hash};
use xinzheng_witness::{Witness, serve};

struct Log {
    signer: LogSigner,
    leaves: Vec<Hash>,
}

impl Log {
    fn of(entries: &[&str]) -> Self {
        let signer = LogSigner::of("log.example.invalid", &[7; 32]).unwrap();
        Self { signer, leaves: entries.iter().map(|entry| record_hash(entry.as_bytes())).collect() }
    }

    fn request(&self, before: usize, size: usize) -> Request {
        let mut tree = Tree::default();
        let growth = tree.grow(0, Tree::default().root(0).unwrap(), &self.leaves[..size]).unwrap();
        let consistency = tree.consistency(size as u64, before.min(size) as u64).unwrap();
        let checkpoint = SignedCheckpoint::sign(&self.signer, growth.size, growth.root).unwrap();
        Request { before: before as u64, consistency, checkpoint }
    }
}

fn cosigner(file: &Path) -> Cosigner {
    let secret = std::fs::read_to_string(file.with_extension("key")).unwrap_or_else(|_| {
        let drawn = Cosigner::draw("witness.example.invalid").unwrap();
        std::fs::write(file.with_extension("key"), &drawn).unwrap();
        drawn
    });
    Cosigner::parse(&secret).unwrap()
}

fn witness(log: &Log, file: &Path) -> Witness {
    Witness::open(vec![log.signer.key().clone()], cosigner(file), file).unwrap()
}

#[tokio::test]
async fn one_line_is_kept_over_http_and_over_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cosigned.json");
    let (log, fork) = (Log::of(&["a", "b", "c", "d", "e"]), Log::of(&["a", "b", "x", "y", "z"]));
    let mut address = String::new();
    let mut ends: Option<tokio::sync::oneshot::Sender<()>> = None;
    let mut served: Option<tokio::task::JoinHandle<std::io::Result<()>>> = None;
    let mut key = None;
    let ask = async |address: &str, request: Vec<u8>| {
        let answer =
            reqwest::Client::new().post(format!("{address}/add-checkpoint")).body(request).send().await.unwrap();
        let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        (answer.status().as_u16(), kind.unwrap_or_default(), answer.text().await.unwrap())
    };
    for (restart, request, status, told) in [
        (true, log.request(0, 2), 200, ""),
        (false, log.request(0, 3), 409, "2\n"),
        (true, log.request(2, 3), 200, ""),
        (false, fork.request(3, 3), 409, "3\n"),
        (false, fork.request(3, 5), 422, "a fork"),
        (true, fork.request(3, 5), 422, "a fork"),
        (false, log.request(5, 3), 400, "the earlier size"),
        (false, log.request(3, 5), 200, ""),
        (true, log.request(5, 5), 200, ""),
        (false, log.request(3, 5), 409, "5\n"),
    ] {
        if restart {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            address = format!("http://{}", listener.local_addr().unwrap());
            if let Some(served) = served.take() {
                assert!(Witness::open(vec![], cosigner(&file), &file).is_err(), "one ledger has one witness");
                ends.take().unwrap().send(()).unwrap();
                served.await.unwrap().unwrap();
            }
            let witness = witness(&log, &file);
            key = Some(witness.key().clone());
            let (end, ended) = tokio::sync::oneshot::channel();
            ends = Some(end);
            served = Some(tokio::spawn(serve(listener, Arc::new(witness), async { ended.await.unwrap() })));
        }
        let (answered, kind, text) = ask(&address, request.to_bytes()).await;
        assert_eq!(answered, status, "{text}");
        assert!(text.starts_with(told), "{text}");
        assert_eq!(kind == "text/x.tlog.size", status == 409, "{kind}");
        assert_eq!(
            request.checkpoint.cosigned(key.as_ref().unwrap(), text.as_bytes()).is_some(),
            status == 200,
            "{text}"
        );
    }
    let other = LogSigner::of("other.example.invalid", &[8; 32]).unwrap();
    let unknown =
        Request { checkpoint: SignedCheckpoint::sign(&other, 1, log.leaves[0]).unwrap(), ..log.request(0, 1) };
    assert_eq!(ask(&address, unknown.to_bytes()).await.0, 404);
    let forged = LogSigner::of("log.example.invalid", &[9; 32]).unwrap();
    let forged =
        Request { checkpoint: SignedCheckpoint::sign(&forged, 5, log.leaves[0]).unwrap(), ..log.request(5, 5) };
    assert_eq!(ask(&address, forged.to_bytes()).await.0, 403);
    assert_eq!(ask(&address, b"old x\n\n".to_vec()).await.0, 400);
    assert_eq!(ask(&address, vec![b'a'; 65 << 10]).await.0, 413);
    let empty = SignedCheckpoint::sign(&log.signer, 0, log.leaves[0]).unwrap();
    let empty = Request { before: 0, consistency: vec![], checkpoint: empty };
    assert_eq!(ask(&address, empty.to_bytes()).await.0, 409, "it knows more");
    // Wrong proofs of what the log has signed fill nothing, and take the place of no fork.
    let known = log.request(5, 5);
    for wrong in 0..3_u8 {
        let wrong =
            Request { consistency: vec![record_hash(&[wrong])], checkpoint: known.checkpoint.clone(), before: 5 };
        assert_eq!(ask(&address, wrong.to_bytes()).await.0, 422);
    }
    assert_eq!(ask(&address, fork.request(5, 5).to_bytes()).await.0, 409);
    let kept = |name: &str| std::fs::read_dir(folder.path().join(name)).unwrap().count();
    assert_eq!((kept("evidence"), kept("unproven")), (2, 2), "each checkpoint once");
}

#[test]
fn an_empty_log_has_one_root() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::of(&["a"]);
    let witness = witness(&log, &folder.path().join("cosigned.json"));
    let at = jiff::Timestamp::now();
    let of_nothing = |root| {
        let checkpoint = SignedCheckpoint::sign(&log.signer, 0, root).unwrap();
        witness.add(&Request { before: 0, consistency: vec![], checkpoint }.to_bytes(), at).status
    };
    assert_eq!(of_nothing(log.leaves[0]), 422);
    assert_eq!(of_nothing(Tree::default().root(0).unwrap()), 200);
    assert_eq!(witness.add(&log.request(0, 1).to_bytes(), at).status, 200);
}

#[test]
fn a_ledger_that_is_damaged_cosigns_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cosigned.json");
    for text in ["", "[]", r#"{"log.example.invalid":{"size":1,"root":"x"}}"#, r#"{"log.example.invalid":{"size":1}}"#]
    {
        std::fs::write(&file, text).unwrap();
        let cosigner = Cosigner::parse(&Cosigner::draw("w").unwrap()).unwrap();
        assert!(Witness::open(vec![], cosigner, &file).is_err(), "{text}");
    }
}

#[test]
fn of_requests_at_once_one_line_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (log, fork) = (Log::of(&["a", "b", "c", "d", "e"]), Log::of(&["a", "x", "y", "z", "q"]));
    let witness = witness(&log, &folder.path().join("cosigned.json"));
    let (own, other) = (log.request(0, 4).to_bytes(), fork.request(0, 4).to_bytes());
    let at = jiff::Timestamp::now();
    let cosigned = std::thread::scope(|scope| {
        let all: Vec<_> = (0..16)
            .map(|turn| {
                let request = if turn % 2 == 0 { &own } else { &other };
                let witness = &witness;
                scope.spawn(move || (turn % 2, witness.add(request, at).status))
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).filter(|(_, status)| *status == 200).collect::<Vec<_>>()
    });
    assert_eq!(cosigned.len(), 1, "{cosigned:?}");
}
