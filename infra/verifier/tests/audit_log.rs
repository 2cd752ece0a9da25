//! The monitor, as a person uses it: what it tells, where it goes on, and each way in which a log can lie to it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde_json::Value;
use xinzheng_tlog::{
    Cosigner, Digest, Fact, Frontier, Hash, LogSigner, Policy, Request, Resource, SignedCheckpoint, TILE, bundle,
    decide, record_hash,
};

const ORIGIN: &str = "credit.example.invalid/log";

fn at() -> Timestamp {
    "2026-11-29T03:00:00Z".parse().unwrap()
}

fn issued(number: usize) -> Vec<u8> {
    let digest = Digest::of(&number.to_be_bytes());
    Fact::ReportIssued { number: format!("CZXY-20261129-{number:08}"), content: digest, file: digest, at: at() }
        .entry()
        .unwrap()
}

fn withdrawn(number: usize) -> Vec<u8> {
    Fact::ReportWithdrawn { number: format!("CZXY-20261129-{number:08}"), at: at() }.entry().unwrap()
}

/// A log that is served, and can be made to lie.
struct Log {
    signer: LogSigner,
    witness: Cosigner,
    entries: Vec<Vec<u8>>,
    frontier: Frontier,
    published: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    address: String,
    runtime: tokio::runtime::Runtime,
}

impl Log {
    fn serve() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let published: Arc<Mutex<BTreeMap<String, Vec<u8>>>> = Arc::default();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = format!("http://{}/log", listener.local_addr().unwrap());
        let served = Arc::clone(&published);
        let router = axum::Router::new().fallback(move |request: axum::extract::Request| {
            let path = request.uri().path().trim_start_matches("/log/").to_owned();
            let found = served.lock().unwrap().get(&path).cloned();
            async move { found.ok_or(axum::http::StatusCode::NOT_FOUND) }
        });
        runtime.spawn(async move { axum::serve(listener, router).await });
        let signer = LogSigner::of(ORIGIN, &[7; 32]).unwrap();
        let witness = Cosigner::parse(&Cosigner::draw("w.example.invalid").unwrap()).unwrap();
        let log = Self { signer, witness, entries: vec![], frontier: Frontier::empty(), published, address, runtime };
        let policy = Policy::written(log.signer.key(), &log.address, &[log.witness.key().clone()], 1);
        log.put("policy", policy.into_bytes());
        log
    }

    fn put(&self, path: &str, bytes: Vec<u8>) {
        self.published.lock().unwrap().insert(path.to_owned(), bytes);
    }

    fn get(&self, path: &str) -> Vec<u8> {
        self.published.lock().unwrap()[path].clone()
    }

    /// Adds entries and publishes what is new; the checkpoint is cosigned.
    fn grow(&mut self, entries: impl IntoIterator<Item = Vec<u8>>) {
        let before = self.entries.len();
        self.entries.extend(entries);
        let leaves: Vec<Hash> = self.entries[before..].iter().map(|entry| record_hash(entry)).collect();
        for (tile, bytes) in self.frontier.append(&leaves).unwrap().tiles {
            self.put(&Resource::from(tile).path(), bytes);
        }
        let first = before / TILE as usize;
        for (number, entries) in self.entries.chunks(TILE as usize).enumerate().skip(first) {
            let place = Resource::entries(number as u64, entries.len() as u64);
            self.put(&place.path(), bundle(entries.iter().map(Vec::as_slice)).unwrap());
        }
        self.publish(true);
    }

    fn publish(&self, cosigned: bool) {
        let checkpoint = SignedCheckpoint::sign(&self.signer, self.frontier.size(), self.frontier.root()).unwrap();
        let request = Request { before: 0, consistency: vec![], checkpoint };
        let (lines, _) = decide(&request, self.signer.key(), None, &self.witness, at()).unwrap();
        let signed = request.checkpoint.cosigned(self.witness.key(), &lines).unwrap();
        if cosigned {
            self.put("checkpoint", signed.to_bytes());
            self.put("cosigned", signed.to_bytes());
        } else {
            self.put("checkpoint", request.checkpoint.to_bytes());
        }
    }

    /// Puts other text of the same length in the place of some.
    fn rewrite(&self, path: &str, from: &str, to: &str) {
        let bytes = self.get(path);
        let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        self.put(path, [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat());
    }

    /// Another log of the same key, that shows these entries in its place.
    fn shows(&self, other: &Self) {
        *self.published.lock().unwrap() = other.published.lock().unwrap().clone();
    }

    fn audit(&self, folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
        // The server goes on while the command runs.
        let _guard = self.runtime.enter();
        let mut command = Command::new(env!("CARGO_BIN_EXE_xinzheng-audit-log"));
        let Output { status, stdout, stderr } =
            command.arg(&self.address).args(arguments).current_dir(folder).output().unwrap();
        (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
    }
}

#[test]
fn it_tells_what_changed_and_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::serve();
    log.grow((0..300).map(issued));
    log.grow([withdrawn(7)]);
    let (code, printed, told) = log.audit(folder.path(), &[]);
    assert_eq!(code, Some(0), "{told}");
    let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1, "{printed}");
    assert_eq!((&lines[0]["index"], &lines[0]["fact"]), (&300.into(), &"report-withdrawn".into()));
    assert!(told.contains("301 entries, 301 of them new") && told.contains("w.example.invalid"), "{told}");
    assert!(told.contains("--log pins others"), "{told}");

    let (code, printed, told) = log.audit(folder.path(), &[]);
    assert_eq!((code, printed.as_str()), (Some(0), ""), "{told}");
    assert!(told.contains("0 of them new") && !told.contains("pins others"), "{told}");

    log.grow((301..900).map(issued).chain([withdrawn(8)]));
    let (code, printed, told) = log.audit(folder.path(), &["--all", "--format", "csv"]);
    assert_eq!(code, Some(0), "{told}");
    let mut rows = csv::Reader::from_reader(printed.strip_prefix('\u{feff}').unwrap().as_bytes());
    let rows: Vec<_> = rows.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 600);
    assert_eq!((&rows[0][0], &rows[0][4]), ("301", "CZXY-20261129-00000301"));
    assert_eq!(&rows[599][3], "收回报告");
}

/// How many files of evidence are beside the state.
fn evidence(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    files.filter(|name| name.contains("evidence")).count()
}

#[test]
fn what_cannot_be_read_or_is_not_cosigned_is_no_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::serve();
    log.grow((0..300).map(issued));
    let cosigned = log.get("cosigned");
    log.grow((300..400).map(issued));
    assert_eq!(log.audit(folder.path(), &[]).0, Some(0));
    // A checkpoint that is newer, and what witnesses have cosigned older than what was seen.
    let leaves: Vec<Hash> = (400..410).map(|number| record_hash(&issued(number))).collect();
    log.frontier.append(&leaves).unwrap();
    log.publish(false);
    log.put("cosigned", cosigned);
    let (code, _, told) = log.audit(folder.path(), &[]);
    assert_eq!((code, told.contains("have not cosigned")), (Some(2), true), "{told}");
    // Tiles that are not there.
    log.publish(true);
    let (code, _, told) = log.audit(folder.path(), &[]);
    assert_eq!((code, told.contains("is not there")), (Some(2), true), "{told}");
    assert_eq!(evidence(folder.path()), 0);
}

#[test]
fn each_lie_is_noticed() {
    type Lie = fn(&mut Log, &Log);
    let lies: [(&str, Lie, &str); 12] = [
        (
            "a rewritten leaf",
            |log, _| {
                log.grow([issued(1000)]);
                log.rewrite("tile/entries/001.p/145", "CZXY-20261129-00001000", "CZXY-20261129-99999999");
            },
            "not those that the checkpoint of 401 commits to",
        ),
        (
            "a dropped entry",
            |log, _| {
                log.grow([issued(1000), issued(1001)]);
                let entries = [&log.entries[256..401], &log.entries[402..]].concat();
                let path = Resource::entries(1, 146).path();
                log.put(&path, bundle(entries.iter().map(Vec::as_slice)).unwrap());
            },
            "commits to",
        ),
        ("a fork of the same size", |log, fork| log.shows(fork), "does not go on from that of 400"),
        ("a longer fork", |log, fork| log.shows(fork), "does not go on from that of 400"),
        ("a head that was set back", |log, fork| log.shows(fork), "was set back: it had 400 entries, and has 399"),
        (
            "an entry that is no fact",
            |log, _| log.grow([br#"{"fact":"report-issued","subject":"x"}"#.to_vec()]),
            "1 no facts",
        ),
        (
            "an entry twice over, in another form",
            |log, _| {
                let entry = String::from_utf8(issued(5)).unwrap().replace(":\"CZXY", ": \"CZXY");
                log.grow([entry.into_bytes()]);
            },
            "1 no facts",
        ),
        (
            "another key",
            |log, _| {
                let other = LogSigner::of(ORIGIN, &[8; 32]).unwrap();
                let checkpoint = SignedCheckpoint::sign(&other, 400, log.frontier.root()).unwrap();
                log.put("checkpoint", checkpoint.to_bytes());
            },
            "not signed by the log",
        ),
        (
            "a tile that is another's",
            |log, _| {
                log.grow([issued(1000)]);
                let mut tile = log.get("tile/1/000.p/1");
                tile[0] ^= 1;
                log.put("tile/1/000.p/1", tile);
            },
            "the tiles are not those of the root",
        ),
        (
            "a full tile that is another's",
            |log, _| {
                log.grow((0..200).map(|number| issued(1000 + number)));
                let mut tile = log.get("tile/0/001");
                tile[32 * 200] ^= 1;
                log.put("tile/0/001", tile);
            },
            "the tiles are not those of the root",
        ),
        (
            "an entry of before, in a bundle that was read",
            |log, _| {
                log.grow([issued(1000)]);
                log.rewrite("tile/entries/001.p/145", "CZXY-20261129-00000300", "CZXY-20261129-99999999");
            },
            "the entries from 256 on are not those",
        ),
        (
            "more entries than a bundle is to have",
            |log, _| {
                log.grow([issued(1000)]);
                let entries: Vec<&[u8]> = log.entries[256..].iter().map(Vec::as_slice).collect();
                let more = issued(1001);
                log.put("tile/entries/001.p/145", bundle(entries.into_iter().chain([more.as_slice()])).unwrap());
            },
            "the entries from 256 on are not those",
        ),
    ];
    for (what, lie, told) in lies {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Log::serve();
        log.grow((0..300).map(issued));
        log.grow((300..400).map(issued));
        let (code, _, said) = log.audit(folder.path(), &[]);
        assert_eq!(code, Some(0), "{what}: {said}");
        let fork = Log { witness: Cosigner::parse(&Cosigner::draw("x").unwrap()).unwrap(), ..Log::serve() };
        let mut fork = Log { signer: LogSigner::of(ORIGIN, &[7; 32]).unwrap(), ..fork };
        fork.witness = std::mem::replace(&mut log.witness, fork.witness);
        fork.grow((0..300).map(issued));
        match what {
            "a fork of the same size" => fork.grow((2000..2100).map(issued)),
            "a longer fork" => fork.grow((2000..2200).map(issued)),
            _ => fork.grow((300..399).map(issued)),
        }
        std::mem::swap(&mut fork.witness, &mut log.witness);
        fork.put("policy", log.get("policy"));
        lie(&mut log, &fork);
        let (code, printed, said) = log.audit(folder.path(), &[]);
        assert_eq!(code, Some(1), "{what}: {printed} {said}");
        assert!(said.contains(told), "{what}: {said}");
        // Seen again, it is noticed again, and what contradicts what was seen is kept.
        if told != "1 no facts" {
            assert_eq!(log.audit(folder.path(), &[]).0, Some(1), "{what}");
        }
        let is_contradiction = said.contains("does not go on") || said.contains("was set back");
        assert_eq!(evidence(folder.path()) == 1, is_contradiction, "{what}");
        if what != "an entry that is no fact" && what != "an entry twice over, in another form" {
            assert_eq!(printed, "", "{what}: nothing is told that is not known to hold");
        }
    }
}

#[test]
fn what_is_not_witnessed_yet_is_not_relied_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::serve();
    log.grow((0..10).map(issued));
    let leaves: Vec<Hash> = (10..20).map(|number| record_hash(&issued(number))).collect();
    for (tile, bytes) in log.frontier.append(&leaves).unwrap().tiles {
        log.put(&Resource::from(tile).path(), bytes);
    }
    log.publish(false);
    let (code, _, told) = log.audit(folder.path(), &[]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains(": 10 entries"), "{told}");
    log.published.lock().unwrap().remove("cosigned");
    let (code, _, told) = log.audit(folder.path(), &[]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("have not cosigned"), "{told}");
    // Whom to trust can be pinned: then nothing that the log says of itself counts.
    let pinned = Policy::written(log.signer.key(), &log.address, &[], 0);
    std::fs::write(folder.path().join("pinned"), pinned).unwrap();
    std::fs::write(folder.path().join("none"), "quorum\n").unwrap();
    for (arguments, code) in [
        (vec!["--log", "pinned", "--state", "other.json"], Some(2)),
        (vec!["--log", "none"], Some(2)),
        (vec!["--log", "absent"], Some(2)),
        (vec!["--state", "/"], Some(2)),
    ] {
        let (ended, _, told) = log.audit(folder.path(), &arguments);
        assert_eq!(ended, code, "{arguments:?}: {told}");
    }
}
